//! Neighbouring cells of a row that come and go together.
//!
//! A component, so that scrolling to the side draws only those that come into
//! sight. Must not know the rest of its row.

use std::ops::Range;
use std::rc::Rc;

use yew::{Html, Properties, component, html};

use super::cell::{self, Drawn};
use crate::model::address::Density;
use crate::model::grid::Grid;
use crate::model::view::View;

#[derive(PartialEq, Properties)]
pub(crate) struct ChunkProps {
    pub density: Density,
    pub grid: Rc<Grid>,
    pub view: Rc<View>,
    /// Place in the grid, whatever is in view.
    pub index: usize,
    pub columns: Range<usize>,
    /// Columns in the view, 0 being the header; `None` when they are elsewhere.
    pub selected: Option<usize>,
    pub tab_stop: Option<usize>,
    /// Columns in the view that the last reading changed.
    pub fresh: Rc<[usize]>,
    /// Of no matter where nothing is fresh, and 0 there.
    pub reading: u32,
}

#[component]
pub(crate) fn Chunk(props: &ChunkProps) -> Html {
    html! { <>{ for props.columns.clone().filter_map(|column| cell_at(props, column)) }</> }
}

fn cell_at(props: &ChunkProps, column: usize) -> Option<Html> {
    let row = props.grid.rows.get(props.index)?;
    let entry = props.view.columns.get(column)?;
    let header = props.grid.columns.get(entry.index)?;
    let cell = row.cells.get(entry.index).copied()?;
    Some(cell::draw(
        cell,
        &Drawn {
            row_name: &row.header.name,
            column_name: &header.name,
            column: column + 1,
            begins_group: entry.group.is_some(),
            selected: props.selected == Some(column + 1),
            tab_stop: props.tab_stop == Some(column + 1),
            fresh: props.fresh.contains(&(column + 1)).then_some(props.reading),
            density: props.density,
        },
    ))
}
