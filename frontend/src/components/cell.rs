//! One cell of the grid.
//!
//! A function and not a component: a thousand of them are on screen. Must not
//! know what happens when it is used; the grid hears that for all of them.

use yew::{Html, classes, html};

use super::symbol::{class_of, glyph, glyph_of, mark};
use crate::model::address::Density;
use crate::model::grid::GridCell;
use crate::model::label;
use crate::model::verdict::{CellVerdict, Shown};

/// Where and how a cell is drawn.
pub(crate) struct Drawn<'a> {
    pub row_name: &'a str,
    pub column_name: &'a str,
    /// Place in the view; columns of cells begin at 1.
    pub column: usize,
    pub begins_group: bool,
    pub selected: bool,
    pub tab_stop: bool,
    /// Number of the reading that changed it, if it was the last one.
    pub fresh: Option<u32>,
    pub density: Density,
}

pub(crate) fn draw(cell: GridCell, drawn: &Drawn<'_>) -> Html {
    let strip = drawn.density == Density::Strip;
    let quiet = strip
        && matches!(
            cell.shown,
            Shown::Own(CellVerdict::Pass | CellVerdict::PassSoFar)
        );
    // Most cells of a version: the style sheet draws their dash.
    let is_na = cell.shown == Shown::Own(CellVerdict::NotApplicable);
    let marked = cell.change.and_then(|change| change.mark());
    // The same animation twice in a row only runs again under another name.
    let fresh = drawn.fresh.map(|reading| {
        if reading % 2 == 0 {
            "fresh"
        } else {
            "fresh-again"
        }
    });
    let class = classes!(
        "c",
        class_of(cell.shown, cell.change),
        drawn.begins_group.then_some("gs"),
        drawn.selected.then_some("sel"),
        marked.map(|_| "has-m"),
        fresh,
    );
    let number = label::number(cell).filter(|_| drawn.density == Density::Roomy);
    let full = cell
        .counts
        .is_some_and(|counts| counts.passed == counts.total);
    html! {
        <div role="gridcell" {class} aria-colindex={(drawn.column + 1).to_string()}
            aria-selected={drawn.selected.then_some("true")}
            aria-label={label::cell(drawn.row_name, drawn.column_name, cell)}
            tabindex={if drawn.tab_stop { "0" } else { "-1" }}>
            if !(quiet || strip && marked.is_some() || is_na) {
                { glyph(glyph_of(cell.shown)) }
            }
            if let Some(number) = number {
                <span class={if full { "n all" } else { "n" }}>{ number }</span>
            }
            { mark(cell.change) }
        </div>
    }
}
