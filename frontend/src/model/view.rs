//! Which rows and columns of a grid are shown, in which order and groups.
//!
//! Must not know pixels: those are `layout`.

use std::rc::Rc;

use super::address::{Asked, Filter};
use super::grid::{FeatureAction, Grid, GridRow, Header, VersionKind};
use super::moves::Spot;
use super::names;
use super::search;
use super::verdict::{CellVerdict, Shown};

/// Indexes into the grid, so that a new grid of the same shape keeps it valid.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub columns: Rc<[ViewColumn]>,
    pub rows: Rc<[ViewRow]>,
}

/// As with grids: equal when shared.
impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.rows, &other.rows) && Rc::ptr_eq(&self.columns, &other.columns)
    }
}

impl View {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() || self.columns.is_empty()
    }

    /// Where a row and a column of these names stand; without a column the
    /// row's header.
    pub(crate) fn find(&self, grid: &Grid, row: &str, column: Option<&str>) -> Option<Spot> {
        let row = self.rows.iter().position(|entry| {
            grid.rows
                .get(entry.index)
                .is_some_and(|found| &*found.header.name == row)
        })?;
        let column = match column {
            None => 0,
            Some(column) => {
                1 + self.columns.iter().position(|entry| {
                    grid.columns
                        .get(entry.index)
                        .is_some_and(|found| &*found.name == column)
                })?
            }
        };
        Some(Spot { row, column })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewColumn {
    pub index: usize,
    /// The heading of the group that begins here.
    pub group: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewRow {
    pub index: usize,
    /// Begins a group, and has some air above.
    pub seam: bool,
    pub fold: Option<Fold>,
}

/// The development versions behind a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub versions: usize,
    pub open: bool,
}

/// Releases that are open unless the reader says otherwise.
const OPEN_RELEASES: usize = 3;

/// Versions × features: a filter keeps the features for which the version in
/// question matches, and all versions, so that one sees since when.
pub(crate) fn versions_view(grid: &Grid, asked: &Asked) -> View {
    let words = words(&asked.search);
    let lead = lead_row(grid);
    let matches_filter = |column: usize| {
        asked.filter.is_empty()
            || lead.is_some_and(|lead| {
                lead.cells
                    .get(column)
                    .is_some_and(|cell| any(&asked.filter, cell.shown, cell.change))
            })
    };
    let Some(split) = split_words(&words, &grid.columns, &grid.rows) else {
        return View::default();
    };
    let columns = group_columns(grid, |column, header| {
        split.keeps_column(&header.name) && matches_filter(column)
    });
    View {
        columns,
        rows: version_rows(grid, asked, &split),
    }
}

/// The history of one feature or device-type, as `versions_view`, but only with
/// columns in which something was ever tried or expected. Device-types have no
/// groups.
pub(crate) fn history_view(grid: &Grid, asked: &Asked, grouped: bool) -> View {
    let View { columns, rows } = versions_view(grid, asked);
    let is_used = |column: &&ViewColumn| {
        grid.rows.iter().any(|row| {
            let cell = row.cells.get(column.index);
            cell.is_some_and(|cell| cell.shown != Shown::Own(CellVerdict::NotApplicable))
        })
    };
    let mut before = None;
    let columns = columns
        .iter()
        .filter(is_used)
        .map(|column| {
            let action = grid.columns.get(column.index).map(|header| header.action);
            let begins = before != Some(action);
            before = Some(action);
            ViewColumn {
                index: column.index,
                group: (begins && grouped)
                    .then(|| action.flatten().map_or("generic", FeatureAction::word)),
            }
        })
        .collect();
    View { columns, rows }
}

fn version_rows(grid: &Grid, asked: &Asked, split: &Split) -> Rc<[ViewRow]> {
    if split.rows.is_empty() {
        fold_releases(grid, asked)
    } else {
        plain_rows(grid, |row| split.keeps_row(&row.header.name))
    }
}

/// Features × device-types of one version: a filter keeps the rows and columns
/// in which something matches.
pub(crate) fn version_view(grid: &Grid, asked: &Asked) -> View {
    let words = words(&asked.search);
    let Some(split) = split_words(&words, &grid.columns, &grid.rows) else {
        return View::default();
    };
    let matches = |row: &GridRow, column: usize| {
        asked.filter.is_empty()
            || row
                .cells
                .get(column)
                .is_some_and(|cell| any(&asked.filter, cell.shown, cell.change))
    };
    let is_shown = |row: &GridRow| row.header.action.is_some() && split.keeps_row(&row.header.name);
    let columns: Rc<[ViewColumn]> = grid
        .columns
        .iter()
        .enumerate()
        .filter(|(column, header)| {
            split.keeps_column(&header.name)
                && (asked.filter.is_empty()
                    || grid
                        .rows
                        .iter()
                        .any(|row| is_shown(row) && matches(row, *column)))
        })
        .map(|(index, _)| ViewColumn { index, group: None })
        .collect();
    let kept = in_groups(|action| {
        grid.rows
            .iter()
            .enumerate()
            .filter(|(_, row)| {
                row.header.action == action
                    && is_shown(row)
                    && columns.iter().any(|column| matches(row, column.index))
            })
            .map(|(index, _)| index)
            .collect()
    });
    let mut before = None;
    let rows = kept
        .into_iter()
        .map(|(action, index)| {
            let seam = before.is_some_and(|before| before != action);
            before = Some(action);
            ViewRow {
                index,
                seam,
                fold: None,
            }
        })
        .collect();
    View { columns, rows }
}

/// The newest version of which anything is known: the one in question.
pub(crate) fn lead_row(grid: &Grid) -> Option<&GridRow> {
    let is_tested = |row: &&GridRow| {
        row.header
            .summary
            .as_ref()
            .is_some_and(|summary| summary.tested > 0)
    };
    grid.rows
        .iter()
        .find(is_tested)
        .or_else(|| grid.rows.first())
}

fn any(
    filters: &[Filter],
    shown: super::verdict::Shown,
    change: Option<super::change::ChangeClass>,
) -> bool {
    filters.iter().any(|filter| filter.matches(shown, change))
}

/// Generic first, then as a device meets them; within a group the server's
/// order.
fn in_groups(
    of: impl Fn(Option<FeatureAction>) -> Vec<usize>,
) -> Vec<(Option<FeatureAction>, usize)> {
    use FeatureAction::{Boot, Deploy, Test};
    [None, Some(Deploy), Some(Boot), Some(Test)]
        .into_iter()
        .flat_map(|action| of(action).into_iter().map(move |index| (action, index)))
        .collect()
}

fn group_columns(grid: &Grid, keep: impl Fn(usize, &Header) -> bool) -> Rc<[ViewColumn]> {
    let kept = in_groups(|action| {
        grid.columns
            .iter()
            .enumerate()
            .filter(|(column, header)| header.action == action && keep(*column, header))
            .map(|(index, _)| index)
            .collect()
    });
    let mut before = None;
    kept.into_iter()
        .map(|(action, index)| {
            let begins = before != Some(action);
            before = Some(action);
            ViewColumn {
                index,
                group: begins.then(|| action.map_or("generic", FeatureAction::word)),
            }
        })
        .collect()
}

fn plain_rows(grid: &Grid, keep: impl Fn(&GridRow) -> bool) -> Rc<[ViewRow]> {
    grid.rows
        .iter()
        .enumerate()
        .filter(|(_, row)| keep(row))
        .map(|(index, _)| ViewRow {
            index,
            seam: false,
            fold: None,
        })
        .collect()
}

/// A release stands below its development versions, which are newer than it.
fn fold_releases(grid: &Grid, asked: &Asked) -> Rc<[ViewRow]> {
    let mut rows: Vec<ViewRow> = Vec::with_capacity(grid.rows.len());
    let mut series: Vec<ViewRow> = Vec::new();
    let mut releases = 0;
    let is_query = search::query(&asked.search).is_some();
    for (index, row) in grid.rows.iter().enumerate() {
        let begins = rows.last().is_some_and(|last| is_release(grid, last.index));
        let entry = ViewRow {
            index,
            seam: series.is_empty() && begins,
            fold: None,
        };
        if row.header.kind != Some(VersionKind::Release) {
            series.push(entry);
            continue;
        }
        releases += 1;
        let (own, others): (Vec<ViewRow>, Vec<ViewRow>) =
            std::mem::take(&mut series).into_iter().partition(|entry| {
                grid.rows.get(entry.index).is_some_and(|version| {
                    names::is_of_series(&version.header.name, &row.header.name)
                })
            });
        rows.extend(others);
        // What was asked for is not hidden.
        let by_default = releases <= OPEN_RELEASES || is_query;
        let toggled = asked
            .folds
            .iter()
            .any(|release| **release == *row.header.name);
        let open = by_default != toggled;
        let fold = (!own.is_empty()).then_some(Fold {
            versions: own.len(),
            open,
        });
        let seam = own.first().map_or(entry.seam, |first| first.seam && !open);
        if open {
            rows.extend(own);
        }
        rows.push(ViewRow { index, seam, fold });
    }
    rows.extend(series);
    rows.into()
}

fn is_release(grid: &Grid, row: usize) -> bool {
    grid.rows
        .get(row)
        .is_some_and(|row| row.header.kind == Some(VersionKind::Release))
}

/// The words of a search, told apart by the axis whose names they are in.
struct Split {
    columns: Vec<String>,
    rows: Vec<String>,
}

impl Split {
    fn keeps_column(&self, name: &str) -> bool {
        self.columns.is_empty() || contains_any(name, &self.columns)
    }

    fn keeps_row(&self, name: &str) -> bool {
        self.rows.is_empty() || contains_any(name, &self.rows)
    }
}

/// `None` when a word is in no name at all: then nothing matches.
fn split_words(words: &[String], columns: &[Header], rows: &[GridRow]) -> Option<Split> {
    let mut split = Split {
        columns: Vec::new(),
        rows: Vec::new(),
    };
    for word in words {
        let one = std::slice::from_ref(word);
        if rows.iter().any(|row| contains_any(&row.header.name, one)) {
            split.rows.push(word.clone());
        } else if columns.iter().any(|column| contains_any(&column.name, one)) {
            split.columns.push(word.clone());
        } else {
            return None;
        }
    }
    Some(split)
}

fn contains_any(name: &str, words: &[String]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// None of a query: what it finds is all there is in the grid.
fn words(search: &str) -> Vec<String> {
    if search::query(search).is_some() {
        return Vec::new();
    }
    search
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
