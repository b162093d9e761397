//! The grid: draws what is in sight and lets one move through it.
//!
//! Must not know which question its grid answers beyond its shape, nor where
//! the data came from.

use std::rc::Rc;

use yew::{
    Callback, Html, Properties, classes, component, html, use_effect_with, use_memo, use_node_ref,
    use_state, use_state_eq,
};

use super::card::Card;
use super::grid_input::{Doors, grid_keys, use_page_keys, use_pointer};
use super::head::{Head, head};
use super::row::Row;
use crate::hooks::focus;
use crate::hooks::kept::bound;
use crate::hooks::sight::{use_focus, use_keep_in_sight, use_sight};
use crate::model::address::Density;
use crate::model::diff::Updated;
use crate::model::grid::Grid;
use crate::model::layout::{self, Shape};
use crate::model::moves::{self, Spot};
use crate::model::question::Question;
use crate::model::view::View;

#[derive(PartialEq, Properties)]
pub(crate) struct GridViewProps {
    pub label: String,
    pub question: Question,
    pub density: Density,
    pub grid: Rc<Grid>,
    pub view: Rc<View>,
    /// The cell whose panel is open.
    pub selected: Option<Spot>,
    pub updates: Rc<[Updated]>,
    pub reading: u32,
    /// Rises when the focus is to come back from the panel.
    pub refocus: u32,
    /// A spot, and whether it was opened by a key.
    pub on_open: Callback<(Spot, bool)>,
    pub on_fold: Callback<usize>,
    pub on_near_end: Callback<()>,
}

/// Rows from the end at which more are asked for.
const NEAR_END: usize = 20;

#[component]
pub(crate) fn GridView(props: &GridViewProps) -> Html {
    let shape = props.question.shape();
    let region = use_node_ref();
    let plan = use_memo(
        (Rc::clone(&props.view), shape, props.density),
        |(view, shape, density)| layout::plan(view, *shape, *density),
    );
    let active = use_state_eq(Spot::default);
    let card = use_state_eq(|| None::<Spot>);
    let spot = moves::clamp(&props.view, *active);
    // First what has the focus comes into sight, so that it is drawn on.
    use_focus(&region, &plan, spot);
    let sight = use_sight(&region, &plan);
    use_keep_in_sight(&region, &plan, props.selected);

    let nudge = use_state(|| ());
    let go = bound(
        (active.setter(), card.setter(), nudge.setter()),
        |spot: Spot, (active, card, nudge)| {
            focus::wish_for_grid(true);
            active.set(spot);
            card.set((spot.column > 0).then_some(spot));
            // The same place again changes no state, but the wish needs a
            // rendering.
            nudge.set(());
        },
    );
    use_effect_with(props.refocus, {
        let (go, selected) = (go.clone(), spot);
        move |refocus| {
            if *refocus > 0 {
                go.emit(selected);
            }
        }
    });
    let doors = Doors {
        density: props.density,
        open: props.on_open.clone(),
        fold: props.on_fold.clone(),
    };
    let pointer = use_pointer(&doors, &active.setter(), &card.setter());
    let on_key = grid_keys(
        &doors,
        &props.view,
        spot,
        &go,
        (card.is_some(), card.setter()),
    );
    use_page_keys(&props.grid, &props.view, spot, &go);
    let on_near_end = props.on_near_end.clone();
    let near_end = props.grid.has_next && sight.rows.end + NEAR_END >= props.view.rows.len();
    use_effect_with((near_end, props.grid.rows.len()), move |(near_end, _)| {
        if *near_end {
            on_near_end.emit(());
        }
    });
    let fresh = use_memo(
        (
            Rc::clone(&props.updates),
            Rc::clone(&props.grid),
            Rc::clone(&props.view),
        ),
        |(updates, grid, view)| fresh_spots(updates, grid, view),
    );

    let lit = (*card).or(props.selected);
    let tab_column = match spot.column.checked_sub(1) {
        Some(column) if sight.columns.contains(&column) => spot.column,
        _ => 0,
    };
    let skipped = layout::skipped(&plan, &sight.columns);
    let rows = moves::drawn_rows(&props.view, &sight.rows, spot);
    html! {
        <>
        <div class="region" ref={region.clone()} onmouseleave={pointer.leave}>
            <div class={classes!("grid", shape_class(shape), density_class(props.density))}
                ~style={layout::sizes(&plan)}
                role="grid" aria-label={props.label.clone()} aria-readonly="true"
                aria-rowcount={(props.grid.total_rows + 1).to_string()}
                aria-colcount={(props.view.columns.len() + 1).to_string()}
                onkeydown={on_key} onclick={pointer.click} onmouseover={pointer.over}
                onfocusin={pointer.focus}>
                { head(&Head {
                    shape,
                    grid: Rc::clone(&props.grid),
                    view: Rc::clone(&props.view),
                    columns: sight.columns.clone(),
                    skipped,
                    lit: lit.map(|spot| spot.column),
                }) }
                <div class="body" role="rowgroup">
                    { for rows.into_iter().filter_map(|row| {
                        let entry = *props.view.rows.get(row)?;
                        Some(html! {
                            <Row key={entry.index} {shape} density={props.density}
                                grid={Rc::clone(&props.grid)} view={Rc::clone(&props.view)}
                                fresh={fresh_of(&fresh, row)}
                                reading={props.reading} {entry} {row} top={plan.rows.get(row)?.at}
                                columns={sight.columns.clone()} {skipped}
                                selected={at_row(props.selected, row)}
                                tab_stop={(spot.row == row).then_some(tab_column)}
                                lit={lit.is_some_and(|spot| spot.row == row)} />
                        })
                    }) }
                </div>
            </div>
        </div>
        if let Some(spot) = (*card).filter(|spot| props.selected != Some(*spot)) {
            <Card {region} question={props.question.clone()} grid={Rc::clone(&props.grid)}
                view={Rc::clone(&props.view)} {spot}
                on_enter={pointer.stay} on_leave={pointer.dismiss} />
        }
        </>
    }
}

fn at_row(spot: Option<Spot>, row: usize) -> Option<usize> {
    spot.filter(|spot| spot.row == row).map(|spot| spot.column)
}

fn shape_class(shape: Shape) -> &'static str {
    match shape {
        Shape::Versions | Shape::Feature => "of-versions",
        Shape::Version => "of-version",
    }
}

fn density_class(density: Density) -> &'static str {
    match density {
        Density::Roomy => "d36",
        Density::Compact => "d24",
        Density::Strip => "d12",
    }
}

/// Rows and columns of the view that changed in the last reading.
fn fresh_spots(updates: &[Updated], grid: &Grid, view: &View) -> Vec<Spot> {
    updates
        .iter()
        .filter_map(|update| view.find(grid, &update.row, Some(&update.column)))
        .collect()
}

fn fresh_of(fresh: &[Spot], row: usize) -> Rc<[usize]> {
    fresh
        .iter()
        .filter(|spot| spot.row == row)
        .map(|spot| spot.column)
        .collect()
}
