//! A cell in one sentence, for those who hear the grid.
//!
//! Must not know the DOM.

use super::grid::{Counts, GridCell, GridRow};
use super::summary::percent;

/// "boot.fastboot, 2026.11: fail, 2 of 5 pass, regression".
pub(crate) fn cell(row: &str, column: &str, cell: GridCell) -> String {
    let mut said = format!("{column}, {row}: {}", cell.shown.word());
    if let Some(Counts { passed, total }) = cell.counts.filter(|counts| counts.total > 1) {
        said.push_str(&format!(", {passed} of {total} pass"));
    }
    if let Some(change) = cell
        .change
        .filter(|change| change.word() != cell.shown.word())
    {
        said.push_str(", ");
        said.push_str(change.word());
    }
    said
}

/// What stands in a cell below its glyph: nothing for one, the total when all
/// pass, else how many do.
pub(crate) fn number(cell: GridCell) -> Option<String> {
    let Counts { passed, total } = cell.counts.filter(|counts| counts.total > 1)?;
    Some(if passed == total {
        total.to_string()
    } else {
        format!("{passed}/{total}")
    })
}

/// A version's row header in words.
pub(crate) fn version(row: &GridRow) -> String {
    let mut said = row.header.name.to_string();
    if let Some(summary) = &row.header.summary {
        said.push_str(&format!(
            ": {} regressions, {} fixed, {} % of cells tested",
            summary.regressions,
            summary.fixed,
            percent(summary.tested, summary.expected)
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::change::ChangeClass;
    use super::super::verdict::{CellVerdict, Shown};
    use super::*;

    fn folded(passed: u16, total: u16) -> GridCell {
        GridCell {
            shown: Shown::Own(CellVerdict::Fail),
            change: Some(ChangeClass::Regression),
            counts: Some(Counts { passed, total }),
        }
    }

    #[test]
    fn a_cell_is_a_sentence() {
        assert_eq!(
            cell("2026.11", "boot.fastboot", folded(2, 5)),
            "boot.fastboot, 2026.11: fail, 2 of 5 pass, regression"
        );
        assert_eq!(number(folded(2, 5)).as_deref(), Some("2/5"));
        assert_eq!(number(folded(5, 5)).as_deref(), Some("5"));
        assert_eq!(number(folded(1, 1)), None);
    }
}
