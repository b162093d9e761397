//! `/versions/:name`: whether it can be released, why, and the features of the
//! version × the device-types, against a baseline.
//!
//! Must not know how the grid is drawn or kept fresh.

use std::rc::Rc;

use web_sys::KeyboardEvent;
use yew::{
    Callback, Html, MouseEvent, Properties, classes, component, hook, html, use_effect_with,
    use_memo, use_node_ref,
};

use super::not_found::unknown;
use super::versions::{Change, failure, missing, names_of, sentence, then, waiting};
use super::workbench::Workbench;
use crate::api;
use crate::api::read::{self, VersionHead, Versions};
use crate::components::changes;
use crate::components::chips::{self, Counted};
use crate::components::controls::{self, Choice, Segment, choice, segment};
use crate::components::faces::{FailedFace, skeleton};
use crate::components::link::link;
use crate::components::search::SearchBox;
use crate::components::share::Share;
use crate::components::symbol::{mark, swatch};
use crate::hooks::address::{Address, use_asked};
use crate::hooks::first;
use crate::hooks::focus;
use crate::hooks::grid::use_grid;
use crate::hooks::kept::{bound, use_kept};
use crate::hooks::keys::use_keys;
use crate::hooks::live::use_live;
use crate::hooks::load::{Loaded, use_load};
use crate::hooks::place;
use crate::model::address::{Asked, AskedCell, Density, List};
use crate::model::answer::coverage;
use crate::model::grid::{Grid, VersionKind};
use crate::model::names;
use crate::model::question::{Of, Question};
use crate::model::release::{self, Release};
use crate::model::search;
use crate::model::view::{self, View};
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct VersionProps {
    pub name: String,
}

#[component]
pub(crate) fn VersionPage(props: &VersionProps) -> Html {
    let (asked, address) = use_asked(&Route::version(&props.name));
    use_effect_with(props.name.clone(), |name| super::title(name));
    let (name, baseline) = (props.name.clone(), asked.baseline.clone());
    let question = Question {
        of: Of::Version {
            name: name.clone(),
            baseline: baseline.clone(),
        },
        query: search::query(&asked.search),
        at: asked.at,
    };
    let live = use_grid(&question);
    let grid = live.state.grid.clone();
    let latest = use_live().latest;
    // A grid that cannot be read says nothing of the rest.
    let fresh = grid.as_ref().filter(|_| live.state.failed.is_none());
    let event = asked
        .at
        .unwrap_or_else(|| fresh.map_or(latest, |grid| grid.event));
    let head = use_head(&name, baseline.as_deref(), asked.at, event);
    let known = head.data.as_deref().and_then(Option::as_ref);
    let release = use_release(&name, &asked, event);
    let names = use_load(Some(Vec::new()), 0, read::versions).data;
    use_version_keys(&name, names.clone());
    let search_field = use_node_ref();
    let drawn = use_kept(|| false);
    let view = use_memo((grid.clone(), Rc::clone(&asked)), |(grid, asked)| {
        grid.as_ref()
            .map_or_else(View::default, |grid| view::version_view(grid, asked))
    });
    let words = use_memo(grid.clone(), |grid| {
        let columns = grid.as_deref().map(|grid| &grid.columns);
        let types: Vec<String> = columns
            .into_iter()
            .flat_map(|columns| columns.iter())
            .map(|header| header.name.to_string())
            .collect();
        names_of(grid.as_deref(), &types)
    });
    let density = asked.density.unwrap_or(Density::Compact);
    let change = Change {
        asked: Rc::clone(&asked),
        address: address.clone(),
    };
    let open = opening(&asked, &address);
    let on_row = bound((grid.clone(), open.clone()), |row: usize, (grid, open)| {
        if let Some(row) = grid.as_ref().and_then(|grid| grid.rows.get(row)) {
            open.emit(row.header.name.to_string());
        }
    });
    // All at once, or what is above would push down what is below; another baseline takes nothing away again.
    if is_answered(&head) && is_answered(&release) {
        drawn.replace(true);
    }
    let may_draw = drawn.with(|drawn| *drawn);
    if head.data.as_deref().is_some_and(Option::is_none) {
        return missing(&name, &change);
    }
    let failures = [&head.failed, &release.failed];
    let wrong = failures.into_iter().flatten().map(|failed| &failed.failure);
    if let Some(wrong) = wrong
        .filter(|_| is_answered(&head))
        .find(|wrong| wrong.is_of_question())
    {
        if wrong.is_missing() && baseline.is_none() {
            return missing(&name, &change);
        }
        return not_so(&name, &wrong.sentence, &change);
    }
    let told = release.data.as_deref();
    html! {
        <div class="page fill">
            <div class="lead">
                <h1 class="vh">{ format!("Version {name}") }</h1>
                <div class="said">{ lead(known) }</div>
                <div class="tools">
                    <SearchBox hint="Feature or device-type" value={asked.search.clone()}
                        names={words} failure={failure(&live)} on_search={change.search()}
                        field={search_field.clone()} />
                    { controls::density(density, &change.density()) }
                    <Share title={name.clone()} corner="Feature" asked={Rc::clone(&asked)}
                        address={address.clone()} grid={grid.clone()} view={Rc::clone(&view)}
                        query={search::shown(&asked, &[("version", &name)])} />
                </div>
            </div>
            if may_draw {
                { below(known, told, &open) }
                { then(&change) }
                <div class="bar rows">
                    // They filter the grid, and nothing else.
                    if asked.list.is_none() {
                        { counts(known, &change) }
                    }
                    { lists(told, &change) }
                    { choice(&Choice {
                        label: "Baseline",
                        options: baselines(&name, names.as_deref(), known, &asked),
                        value: baseline.clone().unwrap_or_default(),
                        on_choose: change.baseline(),
                    }) }
                </div>
                if let Some(failed) = head.failed.clone().or_else(|| release.failed.clone()).filter(|_| grid.is_some()) {
                    <FailedFace what="What keeps it from release could not be read." {failed}
                        retry={if head.failed.is_some() { head.retry } else { release.retry.clone() }} kept=true />
                }
                if let Some(list) = asked.list {
                    { listed(list, told, changes::Of { version: name, baseline, at: asked.at }) }
                } else {
                    { generic(grid.as_deref(), &asked, &open) }
                    { match grid {
                        Some(grid) => html! {
                            <Workbench label={format!("Features of {name} on each device-type")} {question}
                                asked={Rc::clone(&asked)} {address} live={live.clone()} {grid} {view}
                                {density} {search_field} {on_row} />
                        },
                        None => waiting(&live),
                    } }
                }
            } else {
                { skeleton() }
            }
        </div>
    }
}

fn not_so(name: &str, because: &str, change: &Change) -> Html {
    let title = format!("{name} cannot be shown like this");
    html! { <div class="page">{ then(change) }{ unknown(&title, because) }</div> }
}

fn is_answered<T>(loaded: &Loaded<T>) -> bool {
    loaded.data.is_some() || loaded.failed.is_some()
}

#[hook]
fn use_head(
    name: &str,
    baseline: Option<&str>,
    at: Option<i64>,
    event: i64,
) -> Loaded<Option<VersionHead>> {
    let (name, baseline) = (name.to_owned(), baseline.map(str::to_owned));
    let at_text = at.map(|at| at.to_string());
    let key = vec![Some(name.clone()), baseline.clone(), at_text];
    use_load(Some(key), event, move || {
        let (name, baseline) = (name.clone(), baseline.clone());
        async move { read::version(&name, baseline.as_deref(), at).await }
    })
}

#[hook]
fn use_release(name: &str, asked: &Asked, event: i64) -> Loaded<Release> {
    let question = api::release::Asked {
        version: name.to_owned(),
        baseline: asked.baseline.clone(),
        at: asked.at,
    };
    let key = vec![
        Some(question.version.clone()),
        question.baseline.clone(),
        question.at.map(|at| at.to_string()),
    ];
    use_load(Some(key), event, move || {
        api::release::release(question.clone())
    })
}

fn counts(known: Option<&VersionHead>, change: &Change) -> Html {
    match known {
        Some(known) => chips::chips(&Counted {
            label: "Filter by result".to_owned(),
            summary: known.summary.clone(),
            pressed: change.asked.filter.clone(),
            on_press: change.filter(),
        }),
        None => html! { <div class="chips"></div> },
    }
}

/// The grid, or one of the lists behind the answer.
fn lists(told: Option<&Release>, change: &Change) -> Html {
    let part = |list: List, name: &str, count: Option<usize>| {
        let count = count.map_or_else(String::new, |count| count.to_string());
        (list.word(), format!("{name} {count}"))
    };
    let total = |count: u32| usize::try_from(count).ok();
    segment(&Segment {
        name: "list",
        label: "What is shown",
        parts: vec![
            (GRID, "Grid".to_owned()),
            part(
                List::Changes,
                "Changed",
                told.and_then(|told| total(told.changes.total)),
            ),
            part(
                List::Missing,
                "Missing",
                told.and_then(|told| total(told.missing.total)),
            ),
            part(List::Waivers, "Waived", told.map(|told| told.waivers.len())),
        ],
        value: change.asked.list.map_or(GRID, List::word),
        on_choose: change.list(),
    })
}

/// No list.
const GRID: &str = "grid";

fn listed(list: List, told: Option<&Release>, of: changes::Of) -> Html {
    match (told, list) {
        (None, _) => skeleton(),
        (Some(told), List::Changes) => {
            changes::changes(&of, &told.changes.read, told.changes.total)
        }
        (Some(told), List::Missing) => changes::missing(&of, &told.missing),
        (Some(told), List::Waivers) => changes::waivers(&of, &told.waivers),
    }
}

/// Opens the panel of a feature over all device-types.
fn opening(asked: &Rc<Asked>, address: &Address) -> Callback<String> {
    bound(
        (Rc::clone(asked), address.clone()),
        |feature: String, (asked, address)| {
            address.push(&Asked {
                cell: Some(AskedCell {
                    version: None,
                    feature,
                    device_type: None,
                }),
                ..(**asked).clone()
            });
        },
    )
}

/// `[` the version before, `]` the one after.
#[hook]
fn use_version_keys(name: &str, names: Option<Rc<Versions>>) {
    let on_key = bound(
        (name.to_owned(), names),
        |event: KeyboardEvent, (name, names)| {
            let Some(names) = names else { return };
            let at = names
                .newest
                .iter()
                .position(|version| version.name == *name);
            // Newest first: the version before is the next in the list.
            let to = match (event.key().as_str(), at) {
                ("[", Some(at)) => names.newest.get(at + 1),
                ("]", Some(at)) => at.checked_sub(1).and_then(|at| names.newest.get(at)),
                _ => None,
            };
            if let Some(version) = to {
                focus::wish_for_grid(true);
                place::push(&Route::version(&version.name), "");
            }
        },
    );
    use_keys(on_key);
}

fn lead(known: Option<&VersionHead>) -> Html {
    known.map_or_else(first::said, |known| {
        sentence(&known.name, &known.summary.sentence, false)
    })
}

/// Where most of it broke and since when, how much is known, what is missing.
fn below(known: Option<&VersionHead>, told: Option<&Release>, open: &Callback<String>) -> Html {
    let (Some(known), Some(told)) = (known, told) else {
        return html! { <p class="sub" aria-hidden="true">{ "\u{a0}" }</p> };
    };
    let holes = release::holes(told);
    html! {
        <p class="sub">
            if let Some(worst) = release::worst(told) {
                { worst.share }
                <button class="link" type="button" onclick={open.reform({
                    let feature = worst.feature.clone();
                    move |_: MouseEvent| feature.clone()
                })}>{ worst.feature }</button>
                if let Some(since) = worst.since {
                    { ", failing since " }{ link(&Route::version(&since), since.clone()) }
                }
                { ". " }
            }
            { coverage(&known.summary) }
            if !holes.is_empty() {
                { "; " }{ holes }
            }
            { "." }
        </p>
    }
}

fn baselines(
    name: &str,
    names: Option<&Versions>,
    known: Option<&VersionHead>,
    asked: &Asked,
) -> Vec<(String, String)> {
    let default = match known.and_then(|known| known.summary.baseline.as_deref()) {
        Some(baseline) if asked.baseline.is_none() => format!("{baseline}, last release"),
        Some(_) | None => "last release".to_owned(),
    };
    let mut all: Vec<String> = vec![];
    if let Some(names) = names {
        let releases = names.releases.iter();
        let others = names
            .newest
            .iter()
            .filter(|version| version.kind != VersionKind::Release);
        all.extend(releases.chain(others).map(|version| version.name.clone()));
    }
    all.extend(asked.baseline.clone());
    let mut options = vec![(String::new(), default)];
    for one in all {
        if one != name && !options.iter().any(|(value, _)| *value == one) {
            options.push((one.clone(), one));
        }
    }
    options
}

/// Generic features have no device-type: one row of names.
fn generic(grid: Option<&Grid>, asked: &Asked, open: &Callback<String>) -> Html {
    let Some(grid) = grid else {
        return Html::default();
    };
    let is_open = |name: &str| asked.cell.as_ref().is_some_and(|cell| cell.feature == name);
    let cells: Vec<Html> = grid
        .rows
        .iter()
        .filter(|row| row.header.action.is_none())
        .filter_map(|row| {
            let cell = row.header.folded;
            let matches = asked.filter.is_empty()
                || asked.filter.iter().any(|filter| filter.matches(cell.shown, cell.change));
            let name = row.header.name.to_string();
            matches.then(|| html! {
                <li>
                    <button type="button" class={classes!("generic", is_open(&name).then_some("on"))}
                        onclick={open.reform({
                            let name = name.clone();
                            move |_: MouseEvent| name.clone()
                        })}>
                        { swatch(cell.shown, cell.change) }
                        { names::short_feature(&name).to_owned() }
                        <span class="vh">{ format!(": {}", cell.shown.word()) }</span>
                        { mark(cell.change) }
                    </button>
                </li>
            })
        })
        .collect();
    if cells.is_empty() {
        return Html::default();
    }
    html! {
        <div class="generics">
            <h2>{ "generic" }</h2>
            <ul>{ for cells }</ul>
        </div>
    }
}
