//! What both grid pages are made of: the grid, its panel, its legend and the
//! address that remembers what is open.
//!
//! Must not know what stands above the grid.

use std::rc::Rc;

use web_sys::{HtmlElement, KeyboardEvent};
use yew::{
    Callback, Html, MouseEvent, NodeRef, Properties, UseStateSetter, classes, component, hook,
    html, use_effect_with, use_state,
};

use crate::components::faces::{FailedFace, face};
use crate::components::grid::GridView;
use crate::components::legend::legend;
use crate::components::panel::Panel;
use crate::hooks::address::Address;
use crate::hooks::announce::announce;
use crate::hooks::focus;
use crate::hooks::grid::LiveGrid;
use crate::hooks::kept::{bound, use_kept};
use crate::hooks::keys::use_keys;
use crate::hooks::place;
use crate::model::address::{Asked, AskedCell, Density};
use crate::model::diff;
use crate::model::grid::Grid;
use crate::model::moves::Spot;
use crate::model::question::Question;
use crate::model::search;
use crate::model::view::View;

#[derive(PartialEq, Properties)]
pub(crate) struct WorkbenchProps {
    pub label: String,
    pub question: Question,
    pub asked: Rc<Asked>,
    pub address: Address,
    pub live: LiveGrid,
    pub grid: Rc<Grid>,
    pub view: Rc<View>,
    pub density: Density,
    pub search_field: NodeRef,
    /// The header of a row of the grid was opened.
    pub on_row: Callback<usize>,
    /// What to try when nothing matches.
    #[prop_or_default]
    pub advice: Html,
}

#[component]
pub(crate) fn Workbench(props: &WorkbenchProps) -> Html {
    use_announcements(props);
    let opened = props
        .asked
        .cell
        .as_ref()
        .and_then(|cell| props.question.asked(cell));
    let selected = opened.as_ref().and_then(|(_, place)| {
        props
            .view
            .find(&props.grid, &place.row, place.column.as_deref())
    });
    let refocus = use_state(|| 0_u32);
    let by_key = use_state(|| 0_u32);
    let panel = use_panel(
        props,
        (*refocus, refocus.setter()),
        (*by_key, by_key.setter()),
    );
    use_bench_keys(props, &panel.close);
    let on_fold = bound(
        (
            Rc::clone(&props.asked),
            props.address.clone(),
            Rc::clone(&props.grid),
            Rc::clone(&props.view),
        ),
        |row: usize, (asked, address, grid, view)| {
            if let Some(next) = folded(asked, grid, view, row) {
                address.replace(&next);
            }
        },
    );
    let clear = {
        let (asked, address) = (Rc::clone(&props.asked), props.address.clone());
        Callback::from(move |_: MouseEvent| {
            address.push(&Asked {
                search: String::new(),
                filter: Vec::new(),
                ..(*asked).clone()
            });
        })
    };
    html! {
        <>
        // What is wrong with a query is said where it stands.
        if let Some(failed) = props.live.state.failed.as_ref().filter(|failed| failed.failure.place.is_none()) {
            <FailedFace what="The grid could not be read anew." failed={failed.clone()}
                retry={props.live.retry.clone()} kept=true />
        }
        <div class={classes!("split", opened.is_some().then_some("open"))}>
            <div class="stage">
                if props.view.is_empty() {
                    <div class="box">
                        { match nothing(&props.asked) {
                            Some(title) => face(&title, html! { <>
                                { props.advice.clone() }
                                <div class="bar">
                                    <button class="btn" type="button" onclick={clear}>{ "Clear the filters" }</button>
                                </div>
                            </> }),
                            None => untested(),
                        } }
                    </div>
                } else {
                    <GridView label={props.label.clone()} question={props.question.clone()}
                        density={props.density} grid={Rc::clone(&props.grid)}
                        view={Rc::clone(&props.view)} {selected}
                        updates={Rc::clone(&props.live.state.updates)}
                        reading={props.live.state.reading} refocus={*refocus}
                        on_open={panel.open} {on_fold} on_near_end={props.live.more.clone()} />
                    { legend(&props.grid, &props.view) }
                }
            </div>
            if let Some((cell, _)) = opened {
                <Panel {cell} stamp={props.grid.event} focus={*by_key}
                    on_close={panel.close} on_part={panel.part} />
            }
        </div>
        </>
    }
}

/// What was asked for and is not there; `None` when nothing was asked for.
fn nothing(asked: &Asked) -> Option<String> {
    let search = asked.search.trim();
    Some(match (search.is_empty(), asked.filter.is_empty()) {
        (true, true) => return None,
        (true, false) => "No cell matches these filters".to_owned(),
        (false, _) if search::query(search).is_some() => {
            format!("No cell is found by \u{201c}{search}\u{201d}")
        }
        (false, true) => format!("Nothing is called \u{201c}{search}\u{201d}"),
        (false, false) => format!("No cell matches \u{201c}{search}\u{201d} and these filters"),
    })
}

/// There are versions, or features, but nothing where they would meet.
fn untested() -> Html {
    face(
        "There is no cell to show yet",
        html! { <>
            <p>
                { "A cell appears when a job reports a feature on a device-type, or when the plan expects it. \
                   Say what is expected by the mutation " }
                <code>{ "expectFeature" }</code>
                { ", and let LAVA send its notifications to " }
                <code>{ "/api/lava/callback" }</code>
                { "." }
            </p>
            <div class="bar">
                <a class="btn primary" href="/graphql">{ "Open the API" }</a>
            </div>
        </> },
    )
}

fn folded(asked: &Asked, grid: &Grid, view: &View, row: usize) -> Option<Asked> {
    let entry = view.rows.get(row)?;
    entry.fold?;
    let name = grid.rows.get(entry.index)?.header.name.to_string();
    let mut next = asked.clone();
    if next.folds.contains(&name) {
        next.folds.retain(|release| *release != name);
    } else {
        next.folds.push(name);
    }
    Some(next)
}

/// What assistive tools hear when the grid was read again.
#[hook]
fn use_announcements(props: &WorkbenchProps) {
    let updates = Rc::clone(&props.live.state.updates);
    use_effect_with(props.live.state.reading, move |_| {
        if let Some(sentence) = diff::announcement(&updates) {
            announce(&sentence);
        }
    });
}

struct PanelDoors {
    open: Callback<(Spot, bool)>,
    close: Callback<()>,
    part: Callback<Option<String>>,
}

/// Opening is a step in the history, which Back undoes; going from cell to
/// cell is not. Closing what this page opened is going back.
#[hook]
fn use_panel(
    props: &WorkbenchProps,
    refocus: (u32, UseStateSetter<u32>),
    by_key: (u32, UseStateSetter<u32>),
) -> PanelDoors {
    let stepped = use_kept(|| false);
    let is_open = props.asked.cell.is_some();
    if !is_open {
        stepped.replace(false);
    }
    let show = bound(
        (
            Rc::clone(&props.asked),
            props.address.clone(),
            stepped.clone(),
        ),
        |cell: AskedCell, (asked, address, stepped)| {
            let next = Asked {
                cell: Some(cell),
                ..(**asked).clone()
            };
            if asked.cell.is_some() {
                address.replace(&next);
            } else {
                stepped.replace(true);
                address.push(&next);
            }
        },
    );
    let open = bound(
        (
            props.question.clone(),
            Rc::clone(&props.grid),
            Rc::clone(&props.view),
            props.on_row.clone(),
            show.clone(),
            by_key,
        ),
        |(spot, keyed): (Spot, bool), (question, grid, view, on_row, show, by_key)| {
            let Some(row) = view.rows.get(spot.row).map(|entry| entry.index) else {
                return;
            };
            let column = spot.column.checked_sub(1);
            let names = column.and_then(|column| {
                let column = view.columns.get(column)?.index;
                Some((
                    &grid.rows.get(row)?.header.name,
                    &grid.columns.get(column)?.name,
                ))
            });
            match names {
                None => on_row.emit(row),
                Some((row, column)) => show.emit(question.address(&question.key(row, column))),
            }
            if keyed {
                by_key.1.set(by_key.0.wrapping_add(1));
            }
        },
    );
    let close = bound(
        (
            Rc::clone(&props.asked),
            props.address.clone(),
            stepped,
            refocus,
        ),
        |(), (asked, address, stepped, refocus)| {
            if stepped.replace(false) {
                place::back();
            } else {
                address.replace(&Asked {
                    cell: None,
                    ..(**asked).clone()
                });
            }
            refocus.1.set(refocus.0.wrapping_add(1));
        },
    );
    let part = bound(
        (Rc::clone(&props.asked), show),
        |device_type: Option<String>, (asked, show)| {
            if let Some(cell) = asked.cell.clone() {
                show.emit(AskedCell {
                    device_type,
                    ..cell
                });
            }
        },
    );
    PanelDoors { open, close, part }
}

/// Keys of both pages: search, density, closing the panel.
#[hook]
fn use_bench_keys(props: &WorkbenchProps, close: &Callback<()>) {
    let on_key = bound(
        (
            Rc::clone(&props.asked),
            props.address.clone(),
            props.density,
            props.search_field.clone(),
            close.clone(),
        ),
        |event: KeyboardEvent, (asked, address, density, field, close)| {
            if event.default_prevented() || event.ctrl_key() {
                return;
            }
            match event.key().as_str() {
                "/" => {
                    event.prevent_default();
                    if let Some(field) = field.cast::<HtmlElement>() {
                        drop(field.focus());
                    }
                }
                "." => {
                    focus::keep_in_grid();
                    address.replace(&Asked {
                        density: Some(density.next()),
                        ..(**asked).clone()
                    });
                }
                "Escape" if asked.cell.is_some() => {
                    event.prevent_default();
                    close.emit(());
                }
                _ => {}
            }
        },
    );
    use_keys(on_key);
}
