//! `/`: versions × features, newest version first.
//!
//! Must not know how the grid is drawn or kept fresh.

use std::rc::Rc;

use yew::{Callback, Html, component, html, use_effect_with, use_memo, use_node_ref};

use super::workbench::Workbench;
use crate::api::read;
use crate::components::chips::{self, Counted};
use crate::components::controls::{self, Choice, Search, choice, search};
use crate::components::faces::{FailedFace, face, skeleton};
use crate::components::link::link;
use crate::components::when::when;
use crate::hooks::address::{Address, use_asked};
use crate::hooks::clock::use_now;
use crate::hooks::grid::{LiveGrid, use_grid};
use crate::hooks::kept::bound;
use crate::hooks::load::use_load;
use crate::hooks::place;
use crate::model::address::{Asked, Density, Filter};
use crate::model::answer::{Standing, answer};
use crate::model::grid::{Grid, GridRow};
use crate::model::question::Question;
use crate::model::view::{self, View};
use crate::route::Route;

#[component]
pub(crate) fn VersionsPage() -> Html {
    let (asked, address) = use_asked(&Route::Versions);
    use_effect_with((), |()| super::title("Grid"));
    let question = Question::Versions {
        device_type: asked.on.clone(),
    };
    let live = use_grid(&question);
    let types = use_load(Some(Vec::new()), 0, read::device_types);
    let types = types.data.clone().unwrap_or_default();
    let search_field = use_node_ref();
    // The times of the page are told anew.
    use_now(30_000);
    let grid = live.state.grid.clone();
    let view = use_memo((grid.clone(), Rc::clone(&asked)), |(grid, asked)| {
        grid.as_ref()
            .map_or_else(View::default, |grid| view::versions_view(grid, asked))
    });
    let density = asked.density.unwrap_or(Density::Roomy);
    let on_row = bound(grid.clone(), |row: usize, grid| {
        if let Some(row) = grid.as_ref().and_then(|grid| grid.rows.get(row)) {
            place::push(&Route::version(&row.header.name), "");
        }
    });
    let change = Change {
        asked: Rc::clone(&asked),
        address: address.clone(),
    };
    html! {
        <div class="page fill">
            <div class="lead">
                <h1 class="vh">{ "Versions and features" }</h1>
                <div class="said">{ lead(grid.as_deref()) }</div>
                <div class="tools">
                    { search(&Search {
                        hint: "Version or feature",
                        value: asked.search.clone(),
                        field: search_field.clone(),
                        on_search: change.search(),
                    }) }
                    { controls::density(density, &change.density()) }
                </div>
            </div>
            <div class="bar">
                { counts(grid.as_deref(), &change) }
                { choice(&Choice {
                    label: "Device-types",
                    options: type_options(&types, &asked),
                    value: asked.on.clone().unwrap_or_default(),
                    on_choose: change.on(),
                }) }
            </div>
            { match grid {
                Some(grid) if grid.rows.is_empty() => empty(),
                Some(grid) => html! {
                    <Workbench label="Worst verdict of each feature, newest version first"
                        {question} advice={advice(&types, &change)} asked={Rc::clone(&asked)}
                        {address} live={live.clone()} {grid} {view} {density} {search_field}
                        {on_row} />
                },
                None => waiting(&live),
            } }
        </div>
    }
}

/// What stands where the grid will be.
pub(super) fn waiting(live: &LiveGrid) -> Html {
    match &live.state.failed {
        Some(failed) => html! {
            <div class="box">
                <FailedFace what="The grid could not be loaded" failed={failed.clone()}
                    retry={live.retry.clone()} />
            </div>
        },
        None => skeleton(),
    }
}

fn empty() -> Html {
    html! {
        <div class="box">
            { face("No version has been tested yet", html! { <>
                <p>
                    { "A version appears with the first result that names it. Make a token with " }
                    <code>{ "lavafed token create --description ci --scope report --for federated" }</code>
                    { " and let LAVA send its notifications to " }
                    <code>{ "/api/lava/callback" }</code>
                    { ", or report by the mutation " }<code>{ "reportJob" }</code>{ "." }
                </p>
                <div class="bar">
                    <a class="btn primary" href="/graphql">{ "Open the API" }</a>
                </div>
            </> }) }
        </div>
    }
}

fn lead(grid: Option<&Grid>) -> Html {
    let Some(row) = grid.and_then(view::lead_row) else {
        return html! { <p class="sentence" aria-hidden="true">{ "\u{a0}" }</p> };
    };
    let Some(summary) = &row.header.summary else {
        return html! { <p class="sentence">{ version_link(row) }</p> };
    };
    let said = answer(summary);
    html! {
        <>
        <p class="sentence">
            { version_link(row) }{ " is " }{ standing(said.standing) }{ ": " }{ said.because }
        </p>
        <p class="muted">
            { said.coverage }
            if let Some(last) = &summary.last_at {
                { ", last result " }{ when(last) }
            }
        </p>
        </>
    }
}

/// Red is used once on a page: here.
pub(super) fn standing(standing: Standing) -> Html {
    let class = match standing {
        Standing::NotReady => Some("bad"),
        Standing::Ready | Standing::Untested => None,
    };
    html! { <span {class}>{ standing.words() }</span> }
}

fn version_link(row: &GridRow) -> Html {
    html! {
        { link(&Route::version(&row.header.name), row.header.name.to_string()) }
    }
}

fn counts(grid: Option<&Grid>, change: &Change) -> Html {
    let row = grid.and_then(view::lead_row);
    match row.and_then(|row| Some((row, row.header.summary.as_deref()?))) {
        Some((row, summary)) => chips::chips(&Counted {
            label: format!("Filter by result of {}", row.header.name),
            summary: summary.clone(),
            pressed: change.asked.filter.clone(),
            on_press: change.filter(),
        }),
        None => html! { <div class="chips"></div> },
    }
}

fn type_options(types: &[String], asked: &Asked) -> Vec<(String, String)> {
    let all = if types.is_empty() {
        "all, folded".to_owned()
    } else {
        format!("all {}, folded", types.len())
    };
    let unlisted = asked.on.iter().filter(|on| !types.contains(on));
    std::iter::once((String::new(), all))
        .chain(
            types
                .iter()
                .chain(unlisted)
                .map(|name| (name.clone(), name.clone())),
        )
        .collect()
}

/// A device-type is not on this grid's axes, but it can be asked for.
fn advice(types: &[String], change: &Change) -> Html {
    let word = change.asked.search.trim().to_ascii_lowercase();
    let Some(name) = types
        .iter()
        .find(|name| !word.is_empty() && name.to_ascii_lowercase().contains(&word))
    else {
        return Html::default();
    };
    let (name, change) = (name.clone(), change.clone());
    html! {
        <p>
            { format!("{name} is a device-type. ") }
            <button class="link" type="button" onclick={Callback::from({
                let name = name.clone();
                move |_: yew::MouseEvent| {
                    change.address.push(&Asked {
                        on: Some(name.clone()),
                        search: String::new(),
                        ..(*change.asked).clone()
                    });
                }
            })}>{ format!("Show only {name}") }</button>
        </p>
    }
}

/// The controls' effects on the address; shared by both grid pages.
#[derive(Clone, PartialEq)]
pub(super) struct Change {
    pub asked: Rc<Asked>,
    pub address: Address,
}

impl Change {
    pub(super) fn search(&self) -> Callback<String> {
        let change = self.clone();
        Callback::from(move |search: String| {
            change.address.replace(&Asked {
                search,
                ..(*change.asked).clone()
            });
        })
    }

    pub(super) fn density(&self) -> Callback<Density> {
        let change = self.clone();
        Callback::from(move |density: Density| {
            change.address.replace(&Asked {
                density: Some(density),
                ..(*change.asked).clone()
            });
        })
    }

    pub(super) fn filter(&self) -> Callback<Filter> {
        let change = self.clone();
        Callback::from(move |filter: Filter| {
            change.address.push(&change.asked.toggled(filter));
        })
    }

    pub(super) fn on(&self) -> Callback<Option<String>> {
        let change = self.clone();
        Callback::from(move |on: Option<String>| {
            change.address.push(&Asked {
                on,
                cell: None,
                ..(*change.asked).clone()
            });
        })
    }

    pub(super) fn baseline(&self) -> Callback<Option<String>> {
        let change = self.clone();
        Callback::from(move |baseline: Option<String>| {
            change.address.push(&Asked {
                baseline,
                ..(*change.asked).clone()
            });
        })
    }
}
