//! Where rows and columns lie, and which of them are in sight.
//!
//! Must not know the DOM: pixels in, pixels and ranges out. The measures are
//! those of `style.css`, said a second time here because what is not rendered
//! cannot be measured.

use std::ops::Range;

use super::address::Density;
use super::view::View;

/// The grids differ in the width of their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Versions,
    /// Versions × device-types.
    Feature,
    Version,
}

/// Sizes in pixels, lines between cells included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measures {
    pub row: u32,
    pub column: u32,
    /// Above a row that begins a group.
    pub seam: u32,
    /// Before a column that begins a group.
    pub gap: u32,
}

/// The place of one row or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where the air before it begins.
    pub from: u32,
    /// Where it begins itself.
    pub at: u32,
    pub end: u32,
}

/// Where everything in a view lies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub rows: Vec<Place>,
    pub columns: Vec<Place>,
    pub measures: Measures,
}

/// The rows and columns in sight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

/// What of the plan the reader looks at: scrolled so far, and so much room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Port {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// Columns up to which all are rendered.
const ALL_COLUMNS: usize = 60;
/// Columns that come into sight together: a frame's work.
const COLUMN_STEP: usize = 4;

/// Pixels of rows and columns rendered beyond what is in sight.
const OVERSCAN: u32 = 240;
/// Rows that are rendered ahead at once, on either side: a frame's work.
const ROW_STEP: usize = 4;

pub(crate) fn measures(shape: Shape, density: Density) -> Measures {
    let (row, column, gap) = match (shape, density) {
        (Shape::Versions | Shape::Feature, Density::Roomy) => (36, 33, 8),
        (Shape::Versions | Shape::Feature, Density::Compact) => (24, 24, 8),
        (Shape::Version, Density::Roomy) => (36, 36, 8),
        (Shape::Version, Density::Compact) => (24, 33, 8),
        (Shape::Versions | Shape::Feature | Shape::Version, Density::Strip) => (12, 12, 4),
    };
    let seam = match (shape, density) {
        (Shape::Versions | Shape::Feature, Density::Roomy | Density::Compact) => 4,
        (Shape::Version, Density::Roomy | Density::Compact) => 8,
        (Shape::Versions | Shape::Feature | Shape::Version, Density::Strip) => 4,
    };
    Measures {
        row,
        column,
        seam,
        gap,
    }
}

pub(crate) fn plan(view: &View, shape: Shape, density: Density) -> Plan {
    let measures = measures(shape, density);
    Plan {
        rows: places(
            measures.row,
            measures.seam,
            view.rows.iter().map(|row| row.seam),
        ),
        columns: places(
            measures.column,
            measures.gap,
            view.columns.iter().map(|column| column.group.is_some()),
        ),
        measures,
    }
}

/// What to draw next. What is in sight is drawn at once, and what lies beyond
/// ahead of its need, rows first, a few at a time.
pub(crate) fn sight(plan: &Plan, port: Port, drawn: &Sight) -> Sight {
    let rows = |beyond| window(&plan.rows, port.top, port.height, beyond);
    let ahead = rows(OVERSCAN);
    let rows = toward(&drawn.rows, rows(0), &ahead);
    let columns = columns(plan, port, 0);
    let columns = if !covers(&drawn.columns, &columns) {
        columns
    } else if rows == ahead {
        self::columns(plan, port, OVERSCAN)
    } else {
        drawn.columns.start..drawn.columns.end.min(plan.columns.len())
    };
    Sight { rows, columns }
}

/// The columns in sight as they come and go together.
pub(crate) fn chunks(columns: &Range<usize>, count: usize) -> impl Iterator<Item = Range<usize>> {
    let end = columns.end;
    let step = if count <= ALL_COLUMNS {
        ALL_COLUMNS
    } else {
        COLUMN_STEP
    };
    let starts = columns.clone().step_by(step);
    starts.map(move |start| start..(start + step).min(end))
}

/// Cells that are put on paper at most.
const PRINTED: usize = 20_000;

/// All there is, as far as that can be drawn at once.
pub(crate) fn whole(plan: &Plan) -> Sight {
    let columns = plan.columns.len();
    let rows = PRINTED / columns.max(1);
    Sight {
        rows: 0..plan.rows.len().min(rows),
        columns: 0..columns,
    }
}

fn columns(plan: &Plan, port: Port, beyond: u32) -> Range<usize> {
    let count = plan.columns.len();
    if count <= ALL_COLUMNS {
        return 0..count;
    }
    let shown = window(&plan.columns, port.left, port.width, beyond);
    in_steps(shown, COLUMN_STEP, count)
}

fn covers(drawn: &Range<usize>, needed: &Range<usize>) -> bool {
    drawn.start <= needed.start && needed.end <= drawn.end
}

fn toward(drawn: &Range<usize>, needed: Range<usize>, ahead: &Range<usize>) -> Range<usize> {
    if !covers(drawn, &needed) {
        return needed;
    }
    drawn.start.saturating_sub(ROW_STEP).max(ahead.start)..(drawn.end + ROW_STEP).min(ahead.end)
}

/// Widens a range to whole steps: when the columns in sight change, every row
/// is drawn anew, so that should be seldom.
fn in_steps(range: Range<usize>, step: usize, count: usize) -> Range<usize> {
    let start = range.start - range.start % step;
    let end = range.end.next_multiple_of(step).min(count);
    start..end.max(start)
}

/// Lays out items of one size, some with air before them.
pub(crate) fn places(size: u32, air: u32, begins: impl Iterator<Item = bool>) -> Vec<Place> {
    let mut from = 0;
    begins
        .map(|begins| {
            let at = if begins { from + air } else { from };
            let place = Place {
                from,
                at,
                end: at + size,
            };
            from = place.end;
            place
        })
        .collect()
}

/// The sizes of all there is, which the style sheet asks for.
pub(crate) fn sizes(plan: &Plan) -> String {
    format!(
        "--body-width:{}px;--body-height:{}px",
        length(&plan.columns),
        length(&plan.rows),
    )
}

/// Pixels of the columns left out before those in sight.
pub(crate) fn skipped(plan: &Plan, columns: &Range<usize>) -> u32 {
    plan.columns
        .get(columns.start)
        .map_or(0, |place| place.from)
}

pub(crate) fn length(places: &[Place]) -> u32 {
    places.last().map_or(0, |last| last.end)
}

/// The items between `from` and `from + extent`, and those so far beyond.
pub(crate) fn window(places: &[Place], from: u32, extent: u32, beyond: u32) -> Range<usize> {
    let low = from.saturating_sub(beyond);
    let high = from.saturating_add(extent).saturating_add(beyond);
    let first = places.partition_point(|place| place.end <= low);
    let last = places.partition_point(|place| place.from < high);
    first..last.max(first)
}

/// A place that is brought in sight is not put at the very edge.
const MARGIN: u32 = 24;

/// How far to scroll so that a place is in sight in `room` pixels; the present
/// position when it is already.
pub(crate) fn reveal(place: Place, scrolled: u32, room: u32) -> u32 {
    let (from, end) = (place.from.saturating_sub(MARGIN), place.end + MARGIN);
    if from < scrolled {
        from
    } else if end > scrolled + room {
        end.saturating_sub(room)
    } else {
        scrolled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Place> {
        places(36, 4, (0..1000).map(|row| row > 0 && row % 10 == 0))
    }

    #[test]
    fn air_moves_what_follows() {
        let laid = places(10, 4, [false, true, false].into_iter());
        let at: Vec<u32> = laid.iter().map(|place| place.at).collect();
        assert_eq!(at, [0, 14, 24]);
        assert_eq!(length(&laid), 34);
    }

    #[test]
    fn only_what_is_in_sight_is_rendered() {
        let laid = sample();
        let shown = window(&laid, 10_000, 700, OVERSCAN);
        assert!(shown.len() < 40, "{shown:?}");
        let in_sight = |place: &Place| place.end > 10_000 && place.from < 10_700;
        for (index, place) in laid.iter().enumerate() {
            assert!(!in_sight(place) || shown.contains(&index), "{index}");
        }
        assert_eq!(window(&laid, 0, 0, 0).start, 0);
        assert_eq!(window(&[], 100, 100, 0), 0..0);
    }

    #[test]
    fn what_is_in_sight_comes_first_and_the_rest_a_few_rows_at_a_time() {
        let plan = Plan {
            rows: sample(),
            columns: places(33, 8, (0..100).map(|_| false)),
            measures: measures(Shape::Versions, Density::Roomy),
        };
        let port = Port {
            top: 10_000,
            height: 360,
            width: 330,
            ..Port::default()
        };
        let first = sight(&plan, port, &Sight::default());
        assert_eq!(first.rows, window(&plan.rows, 10_000, 360, 0));
        assert_eq!(first.columns, 0..12, "in whole steps");
        let mut drawn = first.clone();
        for step in 0.. {
            let next = sight(&plan, port, &drawn);
            assert!(covers(&next.rows, &first.rows) && covers(&next.columns, &first.columns));
            assert!(
                next.rows.len() <= drawn.rows.len() + 2 * ROW_STEP,
                "{next:?}"
            );
            if next == drawn {
                break;
            }
            assert!(step < 10, "{next:?} after {drawn:?}");
            drawn = next;
        }
        assert_eq!(drawn.rows, window(&plan.rows, 10_000, 360, OVERSCAN));
        assert_eq!(drawn.columns, 0..20);
        // a leap: what was drawn is of no use
        let elsewhere = Port {
            top: 30_000,
            ..port
        };
        let leapt = sight(&plan, elsewhere, &drawn);
        assert_eq!(leapt.rows, window(&plan.rows, 30_000, 360, 0));
        let paper = whole(&plan);
        assert_eq!((paper.rows, paper.columns), (0..200, 0..100));
        // fewer rows and columns than were drawn
        let small = Plan {
            rows: sample().into_iter().take(5).collect(),
            columns: places(33, 8, (0..3).map(|_| false)),
            ..plan
        };
        let top = Port { top: 0, ..port };
        let shrunk = sight(&small, top, &leapt);
        assert_eq!((shrunk.rows, shrunk.columns), (0..5, 0..3));
    }

    #[test]
    fn columns_come_in_steps() {
        assert_eq!(in_steps(9..17, 8, 100), 8..24);
        assert_eq!(in_steps(96..99, 8, 99), 96..99);
        assert_eq!(in_steps(0..0, 8, 0), 0..0);
    }

    #[test]
    fn chunks_stay_the_same_while_the_reader_scrolls() {
        let at = |columns: Range<usize>, count| chunks(&columns, count).collect::<Vec<_>>();
        assert_eq!(at(0..10, 300), [0..4, 4..8, 8..10]);
        assert_eq!(at(4..12, 300), [4..8, 8..12]);
        assert_eq!(at(0..20, 20).len(), 1, "all are always drawn");
        assert!(at(0..0, 0).is_empty());
    }

    #[test]
    fn scrolling_goes_no_further_than_needed() {
        let place = Place {
            from: 400,
            at: 404,
            end: 440,
        };
        assert_eq!(reveal(place, 500, 200), 376);
        assert_eq!(reveal(place, 0, 200), 264);
        assert_eq!(reveal(place, 300, 200), 300);
    }
}
