//! The grid as a table in Markdown, to be pasted where people talk.
//!
//! Must not know where it is copied to.

use super::grid::{Grid, GridCell};
use super::verdict::{CellVerdict, Shown};
use super::view::View;

/// A title that leads to the page, and what is seen of its grid.
pub(crate) fn table(title: &str, link: &str, corner: &str, grid: &Grid, view: &View) -> String {
    let mut text = format!("[{}]({link})\n\n| {corner} |", escaped(title));
    for column in view.columns.iter() {
        if let Some(header) = grid.columns.get(column.index) {
            text.push_str(&format!(" {} |", escaped(&header.name)));
        }
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(view.columns.len()));
    for entry in view.rows.iter() {
        let Some(row) = grid.rows.get(entry.index) else {
            continue;
        };
        text.push_str(&format!("\n| {} |", escaped(&row.header.name)));
        for column in view.columns.iter() {
            if let Some(cell) = grid.cell(entry.index, column.index) {
                text.push_str(&format!(" {} |", words(cell)));
            }
        }
    }
    text.push('\n');
    text
}

fn words(cell: GridCell) -> String {
    let word = match cell.shown {
        Shown::Own(CellVerdict::NotApplicable) => "",
        Shown::Own(CellVerdict::Fail) => "**fail**",
        Shown::Own(_) | Shown::CarriedFail | Shown::CarriedPass => cell.shown.word(),
    };
    let mark = cell
        .change
        .and_then(|change| Some((change, change.mark()?)));
    match (mark, cell.counts.filter(|counts| counts.total > 1)) {
        (Some((change, _)), _) => format!("{word} ({})", change.word()),
        (None, Some(counts)) => format!("{word} {}/{}", counts.passed, counts.total),
        (None, None) => word.to_owned(),
    }
}

/// Names of others stay text.
fn escaped(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for sign in name.chars() {
        if "\\|[]<>*_`#".contains(sign) {
            safe.push('\\');
        }
        safe.push(sign);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::address::Asked;
    use super::super::grid::tests::grid;
    use super::super::view::version_view;
    use super::*;

    #[test]
    fn what_is_seen_becomes_a_table() {
        let grid = grid(
            &["x15", "q|emu"],
            &[("boot.u_boot", "F-", "R."), ("test.shell", "PL", "..")],
        );
        let view = version_view(&grid, &Asked::default());
        assert_eq!(
            table("2026.11", "http://x/", "Feature", &grid, &view),
            "[2026.11](http://x/)\n\n| Feature | x15 | q\\|emu |\n|---|---|---|\n\
             | boot.u\\_boot | **fail** (regression) |  |\n| test.shell | pass | planned |\n"
        );
    }
}
