//! Where a key leads from a cell: the grid's own keyboard.
//!
//! Must not know focus or events. Column 0 is the row's header; the cells
//! begin at 1.

use std::ops::Range;

use super::change::ChangeClass;
use super::grid::Grid;
use super::view::View;

/// A place in the view, not in the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub row: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    RowStart,
    RowEnd,
    First,
    Last,
}

const PAGE: usize = 10;

/// The step a key asks for; `None` for keys that are not about moving.
pub(crate) fn step(key: &str, control: bool) -> Option<Step> {
    Some(match (key, control) {
        ("ArrowUp" | "k", false) => Step::Up,
        ("ArrowDown" | "j", false) => Step::Down,
        ("ArrowLeft" | "h", false) => Step::Left,
        ("ArrowRight" | "l", false) => Step::Right,
        ("PageUp", false) => Step::PageUp,
        ("PageDown", false) => Step::PageDown,
        ("Home", false) => Step::RowStart,
        ("End", false) => Step::RowEnd,
        ("Home", true) => Step::First,
        ("End", true) => Step::Last,
        _ => return None,
    })
}

pub(crate) fn moved(view: &View, from: Spot, step: Step) -> Spot {
    let last_row = view.rows.len().saturating_sub(1);
    let last_column = view.columns.len();
    let Spot { row, column } = from;
    let to = match step {
        Step::Up => (row.saturating_sub(1), column),
        Step::Down => (row + 1, column),
        Step::Left => (row, column.saturating_sub(1)),
        Step::Right => (row, column + 1),
        Step::PageUp => (row.saturating_sub(PAGE), column),
        Step::PageDown => (row + PAGE, column),
        Step::RowStart => (row, 0),
        Step::RowEnd => (row, last_column),
        Step::First => (0, 0),
        Step::Last => (last_row, last_column),
    };
    clamp(
        view,
        Spot {
            row: to.0,
            column: to.1,
        },
    )
}

/// A view that became smaller keeps its place as well as it can.
pub(crate) fn clamp(view: &View, spot: Spot) -> Spot {
    Spot {
        row: spot.row.min(view.rows.len().saturating_sub(1)),
        column: spot.column.min(view.columns.len()),
    }
}

/// Rows to draw: those in sight, and the one that holds the tab stop, so that
/// focus survives scrolling.
pub(crate) fn drawn_rows(view: &View, sight: &Range<usize>, spot: Spot) -> Vec<usize> {
    let count = view.rows.len();
    let in_sight = sight.start.min(count)..sight.end.min(count);
    let before = (spot.row < in_sight.start).then_some(spot.row);
    let after = (spot.row >= in_sight.end && spot.row < count).then_some(spot.row);
    before.into_iter().chain(in_sight).chain(after).collect()
}

/// The next (or previous) regression in reading order, around the end.
pub(crate) fn regression(grid: &Grid, view: &View, from: Spot, forward: bool) -> Option<Spot> {
    let all: Vec<Spot> = view
        .rows
        .iter()
        .enumerate()
        .flat_map(|(row, entry)| {
            view.columns
                .iter()
                .enumerate()
                .filter(move |(_, column)| {
                    grid.cell(entry.index, column.index)
                        .is_some_and(|cell| cell.change == Some(ChangeClass::Regression))
                })
                .map(move |(column, _)| Spot {
                    row,
                    column: column + 1,
                })
        })
        .collect();
    let place = |spot: &Spot| (spot.row, spot.column);
    if forward {
        all.iter()
            .find(|spot| place(spot) > place(&from))
            .or(all.first())
            .copied()
    } else {
        all.iter()
            .rev()
            .find(|spot| place(spot) < place(&from))
            .or(all.last())
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::Asked;
    use super::super::grid::tests::grid;
    use super::super::view::versions_view;
    use super::*;

    fn spot(row: usize, column: usize) -> Spot {
        Spot { row, column }
    }

    #[test]
    fn the_edges_hold() {
        let grid = grid(
            &["boot.a", "boot.b"],
            &[("2026.11", "PP", ".."), ("2026.10", "PP", "..")],
        );
        let view = versions_view(&grid, &Asked::default());
        let cases = [
            (spot(0, 0), "ArrowUp", false, spot(0, 0)),
            (spot(0, 1), "j", false, spot(1, 1)),
            (spot(1, 2), "PageDown", false, spot(1, 2)),
            (spot(0, 2), "Home", false, spot(0, 0)),
            (spot(0, 0), "End", true, spot(1, 2)),
        ];
        for (from, key, control, expected) in cases {
            let step = step(key, control).unwrap();
            assert_eq!(moved(&view, from, step), expected, "{key}");
        }
        assert_eq!(step("x", false), None);
    }

    #[test]
    fn regressions_are_visited_around_the_end() {
        let grid = grid(
            &["boot.a", "boot.b"],
            &[("2026.11", "FP", "R."), ("2026.10", "PF", ".R")],
        );
        let view = versions_view(&grid, &Asked::default());
        let next = |from, forward| regression(&grid, &view, from, forward);
        assert_eq!(next(spot(0, 0), true), Some(spot(0, 1)));
        assert_eq!(next(spot(0, 1), true), Some(spot(1, 2)));
        assert_eq!(next(spot(1, 2), true), Some(spot(0, 1)));
        assert_eq!(next(spot(0, 1), false), Some(spot(1, 2)));
    }
}
