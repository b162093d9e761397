//! The grid as it arrives: headers and packed rows, unpacked once.
//!
//! Must not know which rows and columns are shown: that is `view`.

use std::rc::Rc;

use super::change::ChangeClass;
use super::summary::Summary;
use super::verdict::Shown;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FeatureAction {
    Deploy,
    Boot,
    Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VersionKind {
    Release,
    Development,
}

/// What a row or a column stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    pub name: Rc<str>,
    pub action: Option<FeatureAction>,
    pub kind: Option<VersionKind>,
    pub summary: Option<Rc<Summary>>,
    /// The cells behind this row or column, folded.
    pub folded: GridCell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GridCell {
    pub shown: Shown,
    pub change: Option<ChangeClass>,
    /// Set when the cell stands for several.
    pub counts: Option<Counts>,
}

/// Of the cells a cell stands for: how many pass, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub passed: u16,
    pub total: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GridRow {
    pub header: Header,
    pub cells: Rc<[GridCell]>,
}

#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub event: i64,
    /// How the one feature or device-type it is of stands.
    pub sentence: Option<String>,
    pub columns: Rc<[Header]>,
    pub rows: Rc<[GridRow]>,
    pub total_rows: usize,
    pub end_cursor: Option<String>,
    pub has_next: bool,
}

/// Two grids are equal when they share their rows: a page compares grids at
/// each rendering, and one of a thousand rows is never compared by its cells.
impl PartialEq for Grid {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.rows, &other.rows) && Rc::ptr_eq(&self.columns, &other.columns)
    }
}

impl VersionKind {
    /// The word of the contract; `None` for one this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "RELEASE" => Self::Release,
            "DEVELOPMENT" => Self::Development,
            _ => return None,
        })
    }
}

impl FeatureAction {
    /// The word of the contract; `None` for one this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "DEPLOY" => Self::Deploy,
            "BOOT" => Self::Boot,
            "TEST" => Self::Test,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Boot => "boot",
            Self::Test => "test",
        }
    }
}

impl Grid {
    pub(crate) fn cell(&self, row: usize, column: usize) -> Option<GridCell> {
        self.rows.get(row)?.cells.get(column).copied()
    }
}

/// A single cell from its letters.
pub(crate) fn unpack_one(
    verdict: &str,
    change: &str,
    passed: u16,
    total: u16,
) -> Result<GridCell, String> {
    let only = |letters: &str| letters.chars().next().unwrap_or(' ');
    Ok(GridCell {
        shown: verdict_of(only(verdict))?,
        change: change_of(only(change))?,
        counts: Some(Counts { passed, total }),
    })
}

/// Unpacks one row; an error names the place, since it means that server and
/// page are of different versions.
pub(crate) fn unpack(
    verdicts: &str,
    changes: &str,
    counts: &str,
    columns: usize,
) -> Result<Rc<[GridCell]>, String> {
    let verdicts: Vec<char> = verdicts.chars().collect();
    let changes: Vec<char> = changes.chars().collect();
    if verdicts.len() != columns || changes.len() != columns {
        return Err(format!(
            "a row has {} verdicts and {} changes for {columns} columns",
            verdicts.len(),
            changes.len()
        ));
    }
    let counts = unpack_counts(counts, columns)?;
    verdicts
        .into_iter()
        .zip(changes)
        .zip(counts)
        .map(|((verdict, change), counts)| {
            Ok(GridCell {
                shown: verdict_of(verdict)?,
                change: change_of(change)?,
                counts,
            })
        })
        .collect()
}

fn verdict_of(letter: char) -> Result<Shown, String> {
    Shown::from_letter(letter).ok_or_else(|| format!("unknown verdict letter '{letter}'"))
}

fn change_of(letter: char) -> Result<Option<ChangeClass>, String> {
    ChangeClass::from_letter(letter).ok_or_else(|| format!("unknown change letter '{letter}'"))
}

fn unpack_counts(packed: &str, columns: usize) -> Result<Vec<Option<Counts>>, String> {
    if packed.is_empty() {
        return Ok(vec![None; columns]);
    }
    let digits: Vec<u16> = packed
        .chars()
        .map(|digit| {
            digit
                .to_digit(36)
                .and_then(|value| u16::try_from(value).ok())
                .ok_or_else(|| format!("unknown count digit '{digit}'"))
        })
        .collect::<Result<_, _>>()?;
    if digits.len() != columns * 4 {
        return Err(format!(
            "a row has {} digits of counts for {columns} columns",
            digits.len()
        ));
    }
    Ok(digits
        .chunks_exact(4)
        .map(|four| match four {
            [p1, p0, t1, t0] => Some(Counts {
                passed: p1 * 36 + p0,
                total: t1 * 36 + t0,
            }),
            _ => None,
        })
        .collect())
}

/// Appends a page of rows to what is there; a page of another set of columns
/// replaces it, since the rows would not line up.
pub(crate) fn append(first: &Grid, next: Grid) -> Grid {
    let same_columns = first
        .columns
        .iter()
        .map(|header| &header.name)
        .eq(next.columns.iter().map(|header| &header.name));
    if !same_columns {
        return next;
    }
    let mut rows: Vec<GridRow> = first.rows.to_vec();
    for row in next.rows.iter() {
        if !rows.iter().any(|seen| seen.header.name == row.header.name) {
            rows.push(row.clone());
        }
    }
    Grid {
        event: first.event.min(next.event),
        sentence: first.sentence.clone(),
        rows: rows.into(),
        ..next
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::verdict::CellVerdict;
    use super::*;

    pub(crate) fn header(name: &str) -> Header {
        Header {
            name: name.into(),
            action: match name.split('.').next() {
                Some("deploy") => Some(FeatureAction::Deploy),
                Some("boot") => Some(FeatureAction::Boot),
                Some("test") => Some(FeatureAction::Test),
                _ => None,
            },
            kind: Some(if name.matches('.').count() > 1 {
                VersionKind::Development
            } else {
                VersionKind::Release
            }),
            summary: None,
            folded: unpack_one("F", "S", 1, 3).unwrap(),
        }
    }

    /// A grid from lines of name, verdicts and changes.
    pub(crate) fn grid(columns: &[&str], rows: &[(&str, &str, &str)]) -> Grid {
        Grid {
            event: 7,
            sentence: None,
            columns: columns.iter().map(|name| header(name)).collect(),
            rows: rows
                .iter()
                .map(|(name, verdicts, changes)| GridRow {
                    header: header(name),
                    cells: unpack(verdicts, changes, "", columns.len()).unwrap(),
                })
                .collect(),
            total_rows: rows.len(),
            end_cursor: None,
            has_next: false,
        }
    }

    #[test]
    fn a_row_unpacks_to_its_cells() {
        let cells = unpack("PFp", ".R.", "0305110z0000", 3).unwrap();
        assert_eq!(
            cells.first(),
            Some(&GridCell {
                shown: Shown::Own(CellVerdict::Pass),
                change: None,
                counts: Some(Counts {
                    passed: 3,
                    total: 5
                }),
            })
        );
        assert_eq!(
            cells.get(1).and_then(|cell| cell.counts),
            Some(Counts {
                passed: 37,
                total: 35
            })
        );
        assert_eq!(
            cells.get(1).and_then(|cell| cell.change),
            Some(ChangeClass::Regression)
        );
    }

    #[test]
    fn a_row_that_does_not_fit_says_where() {
        for (verdicts, changes, counts) in [
            ("PP", ".", ""),
            ("P", "..", ""),
            ("P?", "..", ""),
            ("PP", ".?", ""),
            ("PP", "..", "0305"),
            ("PP", "..", "0305030!"),
        ] {
            assert!(
                unpack(verdicts, changes, counts, 2).is_err(),
                "{verdicts} {changes} {counts}"
            );
        }
    }

    #[test]
    fn pages_append_without_repeating_a_row() {
        let first = grid(&["boot.a"], &[("2026.11", "P", "."), ("2026.10", "P", ".")]);
        let next = grid(&["boot.a"], &[("2026.10", "F", "."), ("2026.09", "P", ".")]);
        let both = append(&first, next);
        let names: Vec<&str> = both.rows.iter().map(|row| &*row.header.name).collect();
        assert_eq!(names, ["2026.11", "2026.10", "2026.09"]);

        let other = grid(&["boot.b"], &[("2026.08", "P", ".")]);
        assert_eq!(append(&both, other).rows.len(), 1);
    }
}
