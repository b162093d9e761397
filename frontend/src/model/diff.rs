//! What is new in a grid that was read again, and how it is announced.
//!
//! Must not know how the change is shown.

use std::rc::Rc;

use super::answer::plural;
use super::change::ChangeClass;
use super::grid::{Grid, GridCell, GridRow};

/// A cell that is not as it was, by the names of its row and column, which
/// outlive the order of the grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Updated {
    pub row: Rc<str>,
    pub column: Rc<str>,
    pub before: Option<GridCell>,
    pub after: GridCell,
}

impl Updated {
    fn became(&self, class: ChangeClass) -> bool {
        self.after.change == Some(class)
            && self.before.and_then(|before| before.change) != Some(class)
    }
}

/// Cells of `new` that differ from `old`. A row that was not there is not a
/// change of its cells but a longer grid, unless it says something already.
pub(crate) fn updates(old: &Grid, new: &Grid) -> Vec<Updated> {
    let mut found = Vec::new();
    let columns: Vec<Option<usize>> = new
        .columns
        .iter()
        .enumerate()
        .map(|(hint, header)| place(&old.columns, hint, |old| old.name == header.name))
        .collect();
    for (hint, row) in new.rows.iter().enumerate() {
        let same = |old: &GridRow| old.header.name == row.header.name;
        let Some(old_row) = place(&old.rows, hint, same) else {
            continue;
        };
        for ((header, after), column) in new.columns.iter().zip(row.cells.iter()).zip(&columns) {
            let before = column.and_then(|column| old.cell(old_row, column));
            if before != Some(*after) {
                found.push(Updated {
                    row: Rc::clone(&row.header.name),
                    column: Rc::clone(&header.name),
                    before,
                    after: *after,
                });
            }
        }
    }
    found
}

/// Where something stands; most often where it stood.
fn place<T>(all: &[T], hint: usize, is_it: impl Fn(&T) -> bool) -> Option<usize> {
    match all.get(hint) {
        Some(there) if is_it(there) => Some(hint),
        Some(_) | None => all.iter().position(is_it),
    }
}

/// "3 results updated, 1 regression on boot.fastboot, 2026.11".
pub(crate) fn announcement(updates: &[Updated]) -> Option<String> {
    if updates.is_empty() {
        return None;
    }
    let count = u32::try_from(updates.len()).unwrap_or(u32::MAX);
    let mut said = format!("{} updated", plural(count, "result"));
    for class in [
        ChangeClass::Regression,
        ChangeClass::NewFailure,
        ChangeClass::Fixed,
    ] {
        let of_class: Vec<&Updated> = updates
            .iter()
            .filter(|update| update.became(class))
            .collect();
        match of_class.as_slice() {
            [] => {}
            [one] => said.push_str(&format!(
                ", 1 {} on {}, {}",
                class.word(),
                one.column,
                one.row
            )),
            several => {
                let count = u32::try_from(several.len()).unwrap_or(u32::MAX);
                let words = match class {
                    ChangeClass::Fixed => format!("{count} fixed"),
                    ChangeClass::Regression
                    | ChangeClass::NewFailure
                    | ChangeClass::StillFailing
                    | ChangeClass::Flaky
                    | ChangeClass::NewPass
                    | ChangeClass::Appeared
                    | ChangeClass::Gone => plural(count, class.word()),
                };
                said.push_str(&format!(", {words}"));
            }
        }
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::super::grid::tests::grid;
    use super::*;

    #[test]
    fn cells_are_compared_by_name() {
        let old = grid(
            &["boot.a", "boot.b"],
            &[("2026.11", "PF", ".."), ("2026.10", "PP", "..")],
        );
        let new = grid(
            &["boot.b", "boot.a"],
            &[
                ("2026.12", "P-", ".."),
                ("2026.11", "FF", ".R"),
                ("2026.10", "PP", ".."),
            ],
        );
        let found = updates(&old, &new);
        assert_eq!(found.len(), 1);
        assert_eq!(
            announcement(&found).as_deref(),
            Some("1 result updated, 1 regression on boot.a, 2026.11")
        );
        assert_eq!(announcement(&updates(&new, &new)), None);
    }

    #[test]
    fn several_of_a_kind_are_counted() {
        let old = grid(&["boot.a", "boot.b"], &[("2026.11", "FP", "R.")]);
        let new = grid(&["boot.a", "boot.b"], &[("2026.11", "FF", "RR")]);
        let both = grid(&["boot.a", "boot.b"], &[("2026.11", "PP", "..")]);
        assert_eq!(
            announcement(&updates(&both, &new)).as_deref(),
            Some("2 results updated, 2 regressions")
        );
        assert_eq!(updates(&old, &new).len(), 1);
    }
}
