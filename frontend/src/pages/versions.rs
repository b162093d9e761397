//! `/`: versions × features, newest version first; and the same history of one
//! feature (`/features/:name`) or one device-type (`/device-types/:name`).
//!
//! Must not know how the grid is drawn or kept fresh.

use std::rc::Rc;

use yew::{
    Callback, Html, MouseEvent, Properties, component, html, use_effect_with, use_memo,
    use_node_ref,
};

use super::not_found::unknown;
use super::workbench::Workbench;
use crate::api::http::Failure;
use crate::api::read;
use crate::components::chips::{self, Counted};
use crate::components::controls::{self, Choice, choice};
use crate::components::faces::{FailedFace, face, skeleton};
use crate::components::link::link;
use crate::components::search::SearchBox;
use crate::components::share::Share;
use crate::components::when::when;
use crate::hooks::address::{Address, use_asked};
use crate::hooks::clock::use_now;
use crate::hooks::first;
use crate::hooks::grid::{LiveGrid, use_grid};
use crate::hooks::kept::bound;
use crate::hooks::load::use_load;
use crate::hooks::place;
use crate::model::address::{Asked, Density, Filter, List};
use crate::model::answer::{answer, coverage};
use crate::model::grid::{Grid, Header};
use crate::model::layout::Shape;
use crate::model::names;
use crate::model::question::{Of, Question};
use crate::model::search::{self, Names};
use crate::model::view::{self, View};
use crate::route::Route;

/// From which side the versions are looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Side {
    All,
    Feature(String),
    DeviceType(String),
}

impl Side {
    fn route(&self) -> Route {
        match self {
            Self::All => Route::Versions,
            Self::Feature(name) => Route::feature(name),
            Self::DeviceType(name) => Route::device_type(name),
        }
    }

    /// The name it is about.
    fn name(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Feature(name) | Self::DeviceType(name) => Some(name),
        }
    }

    fn of(&self, asked: &Asked) -> Of {
        match self {
            Self::All => Of::Versions {
                device_type: asked.on.clone(),
            },
            Self::Feature(name) => Of::Feature { name: name.clone() },
            Self::DeviceType(name) => Of::Versions {
                device_type: Some(name.clone()),
            },
        }
    }

    fn heading(&self) -> String {
        match self {
            Self::All => "Versions and features".to_owned(),
            Self::Feature(name) => format!("{name} over the versions"),
            Self::DeviceType(name) => format!("{name} over the versions"),
        }
    }

    fn label(&self) -> String {
        match self {
            Self::All => "Worst verdict of each feature, newest version first".to_owned(),
            Self::Feature(name) => format!("{name} on each device-type, newest version first"),
            Self::DeviceType(name) => format!("Features of {name}, newest version first"),
        }
    }

    /// The terms of a query that finds no more than this page has.
    fn terms<'a>(&'a self, asked: &'a Asked) -> Vec<(&'static str, &'a str)> {
        match self {
            Self::All => asked
                .on
                .iter()
                .map(|on| ("device-type", on.as_str()))
                .collect(),
            Self::Feature(name) => vec![("feature", name)],
            Self::DeviceType(name) => vec![("device-type", name)],
        }
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct VersionsProps {
    pub side: Side,
}

#[component]
pub(crate) fn VersionsPage(props: &VersionsProps) -> Html {
    let side = &props.side;
    let (asked, address) = use_asked(&side.route());
    use_effect_with(side.name().unwrap_or("Grid").to_owned(), |title| {
        super::title(title);
    });
    let question = Question {
        of: side.of(&asked),
        query: search::query(&asked.search),
        at: asked.at,
    };
    let live = use_grid(&question);
    let types = use_load(Some(Vec::new()), 0, read::device_types);
    let types = types.data.clone().unwrap_or_default();
    let search_field = use_node_ref();
    // The times of the page are told anew.
    use_now(30_000);
    let grid = live.state.grid.clone();
    let grouped = question.shape() != Shape::Feature;
    let history = *side != Side::All;
    let view = use_memo((grid.clone(), Rc::clone(&asked)), |(grid, asked)| {
        grid.as_ref().map_or_else(View::default, |grid| {
            if history {
                view::history_view(grid, asked, grouped)
            } else {
                view::versions_view(grid, asked)
            }
        })
    });
    let names = use_memo((grid.clone(), Rc::clone(&types)), |(grid, types)| {
        names_of(grid.as_deref(), types)
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
    if let Some(name) = side.name().filter(|_| is_unknown(&live)) {
        return missing(name, &change);
    }
    html! {
        <div class="page fill">
            <div class="lead">
                <h1 class="vh">{ side.heading() }</h1>
                <div class="said">{ lead(side, grid.as_deref()) }</div>
                <div class="tools">
                    <SearchBox hint="Version or feature" value={asked.search.clone()} names={names}
                        failure={failure(&live)} on_search={change.search()}
                        field={search_field.clone()} />
                    { controls::density(density, &change.density()) }
                    <Share title={side.heading()} corner="Version" asked={Rc::clone(&asked)}
                        address={address.clone()} grid={grid.clone()} view={Rc::clone(&view)}
                        query={search::shown(&asked, &side.terms(&asked))} />
                </div>
            </div>
            { then(&change) }
            if *side == Side::All {
                <div class="bar">
                    { counts(grid.as_deref(), &change) }
                    { choice(&Choice {
                        label: "Device-types",
                        options: type_options(&types, &asked),
                        value: asked.on.clone().unwrap_or_default(),
                        on_choose: change.on(),
                    }) }
                </div>
            }
            { match grid {
                Some(grid) if grid.rows.is_empty() && question.query.is_none() => empty(),
                Some(grid) => html! {
                    <Workbench label={side.label()} {question} advice={advice(&types, &change)}
                        asked={Rc::clone(&asked)} {address} live={live.clone()} {grid} {view}
                        {density} {search_field} {on_row} />
                },
                None => waiting(&live),
            } }
        </div>
    }
}

fn is_unknown(live: &LiveGrid) -> bool {
    let failed = live.state.failed.as_ref();
    failed.is_some_and(|failed| failed.failure.is_missing())
}

/// What an address names is not there, or was not yet, and the way on.
pub(super) fn missing(name: &str, change: &Change) -> Html {
    let (was, because) = match change.asked.at {
        Some(_) => (
            "was not known then",
            "The link is of an event before it was first reported.",
        ),
        None => (
            "is not known",
            "No result of it has been reported, or the link was cut short.",
        ),
    };
    html! { <div class="page">{ then(change) }{ unknown(&format!("{name} {was}"), because) }</div> }
}

/// What the server could not read of a query.
pub(super) fn failure(live: &LiveGrid) -> Option<Failure> {
    let failed = live.state.failed.as_ref()?;
    Some(failed.failure.clone())
}

/// The names that can be asked for by a query.
pub(super) fn names_of(grid: Option<&Grid>, device_types: &[String]) -> Names {
    let Some(grid) = grid else {
        return Names::default();
    };
    let rows = || grid.rows.iter().map(|row| &row.header);
    let all = || rows().chain(grid.columns.iter());
    let is_feature = |header: &&Header| header.action.is_some() || names::is_generic(&header.name);
    Names {
        versions: rows()
            .filter(|header| header.kind.is_some())
            .map(|header| header.name.to_string())
            .collect(),
        features: all()
            .filter(is_feature)
            .map(|header| header.name.to_string())
            .collect(),
        device_types: device_types.to_vec(),
    }
}

/// That this is not now, and the way back.
pub(super) fn then(change: &Change) -> Html {
    let Some(event) = change.asked.at else {
        return Html::default();
    };
    let change = change.clone();
    let now = Callback::from(move |_: MouseEvent| {
        change.address.push(&Asked {
            at: None,
            ..(*change.asked).clone()
        });
    });
    html! {
        <div class="banner" role="note">
            <span>{ format!("As of event {event}: what came later is not shown, and this page never changes.") }</span>
            <button class="btn" type="button" onclick={now}>{ "Show what is known now" }</button>
        </div>
    }
}

/// What stands where the grid will be.
pub(super) fn waiting(live: &LiveGrid) -> Html {
    match &live.state.failed {
        Some(failed) if failed.failure.place.is_some() => html! {
            <div class="box">
                { face("This query cannot be read", html! { <p>{ &failed.failure.sentence }</p> }) }
            </div>
        },
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

fn lead(side: &Side, grid: Option<&Grid>) -> Html {
    if let Some(said) = grid.and_then(|grid| grid.sentence.as_deref().or(side.name())) {
        return html! { <p class="sentence">{ said }</p> };
    }
    let row = grid.and_then(view::lead_row);
    let Some((row, summary)) = row.and_then(|row| Some((row, row.header.summary.as_deref()?)))
    else {
        // A line for what is known, as there will be where the sentence is a version's.
        let rest = matches!(side, Side::All).then(|| html! { <p class="muted">{ "\u{a0}" }</p> });
        return html! { <>{ first::said() }{ rest }</> };
    };
    html! {
        <>
        { sentence(&row.header.name, &summary.sentence, true) }
        <p class="muted">
            { coverage(summary) }
            if let Some(last) = &summary.last_at {
                { ", last result " }{ when(last) }
            }
        </p>
        </>
    }
}

/// Red is used once on a page: here.
pub(super) fn sentence(version: &str, sentence: &str, linked: bool) -> Html {
    let Some(said) = answer(version, sentence) else {
        return html! { <p class="sentence">{ sentence }</p> };
    };
    html! {
        <p class="sentence">
            if linked {
                { link(&Route::version(version), version.to_owned()) }
            } else {
                { version }
            }
            { said.before }<span class="bad">{ said.loud }</span>{ said.after }
        </p>
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
                move |_: MouseEvent| {
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

    /// Filters by these and no others.
    pub(super) fn show(&self, filter: &[Filter]) {
        self.address.push(&Asked {
            filter: filter.to_vec(),
            ..(*self.asked).clone()
        });
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

    pub(super) fn list(&self) -> Callback<String> {
        let change = self.clone();
        Callback::from(move |word: String| {
            change.address.push(&Asked {
                list: List::from_word(&word),
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
