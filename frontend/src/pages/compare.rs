//! `/compare/:base/:head`: what changed from one version to another, summed and
//! cell by cell.
//!
//! Must not know how a cell is drawn.

use std::rc::Rc;

use yew::{Callback, Html, MouseEvent, Properties, component, html, use_effect_with};

use super::not_found::unknown;
use super::versions::{Change, then};
use crate::api;
use crate::api::read::{self, Versions};
use crate::components::changes;
use crate::components::controls::{Choice, choice};
use crate::components::faces::{FailedFace, face, skeleton};
use crate::components::link::link;
use crate::hooks::address::use_asked;
use crate::hooks::live::use_live;
use crate::hooks::load::use_load;
use crate::hooks::place;
use crate::model::address::Filter;
use crate::model::change::ChangeClass;
use crate::model::release::{self, Changed};
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct CompareProps {
    pub base: String,
    pub head: String,
}

/// What is shown unless the reader says otherwise.
const FIRST: [Filter; 2] = [
    Filter::Change(ChangeClass::Regression),
    Filter::Change(ChangeClass::Fixed),
];

#[component]
pub(crate) fn ComparePage(props: &CompareProps) -> Html {
    let (base, head) = (props.base.clone(), props.head.clone());
    let (asked, address) = use_asked(&Route::compare(&base, &head));
    use_effect_with(format!("{base} and {head}"), |title| super::title(title));
    let live = use_live();
    let key = vec![
        Some(base.clone()),
        Some(head.clone()),
        asked.at.map(|at| at.to_string()),
    ];
    let at = asked.at;
    // what is as of an event does not change
    let stamp = match at {
        Some(_) => 0,
        None => live.latest + i64::from(live.epoch),
    };
    let loaded = use_load(Some(key), stamp, {
        let (base, head) = (base.clone(), head.clone());
        move || api::release::compare(base.clone(), head.clone(), at)
    });
    let names = use_load(Some(Vec::new()), 0, read::versions).data;
    let change = Change {
        asked: Rc::clone(&asked),
        address,
    };
    if let Some(failed) = loaded
        .failed
        .as_ref()
        .filter(|failed| failed.failure.is_of_question())
    {
        let title = format!("{base} and {head} cannot be compared");
        return html! {
            <div class="page">{ then(&change) }{ unknown(&title, &failed.failure.sentence) }</div>
        };
    }
    let of = changes::Of {
        version: head.clone(),
        baseline: Some(base.clone()),
        at: asked.at,
    };
    html! {
        <div class="page">
            <h1 class="sentence">
                { "From " }{ link(&Route::version(&base), base.clone()) }
                { " to " }{ link(&Route::version(&head), head.clone()) }
            </h1>
            { then(&change) }
            <div class="bar">
                { version_choice("Before", names.as_deref(), &base, {
                    let head = head.clone();
                    Callback::from(move |base: String| place::push(&Route::compare(&base, &head), ""))
                }) }
                { version_choice("After", names.as_deref(), &head, {
                    let base = base.clone();
                    Callback::from(move |head: String| place::push(&Route::compare(&base, &head), ""))
                }) }
            </div>
            if let Some(failed) = loaded.failed.clone() {
                <FailedFace what="The comparison could not be read." {failed}
                    retry={loaded.retry.clone()} kept={loaded.data.is_some()} />
            }
            { match loaded.data.as_deref() {
                Some((_, all)) => body(&of, all, &change),
                None => skeleton(),
            } }
        </div>
    }
}

fn body(of: &changes::Of, all: &[Changed], change: &Change) -> Html {
    if all.is_empty() {
        return html! {
            <div class="box">
                { face("Nothing changed", html! { <p>{ "Every cell that both have a verdict of shows the same." }</p> }) }
            </div>
        };
    }
    let pressed = if change.asked.filter.is_empty() {
        &FIRST[..]
    } else {
        &change.asked.filter
    };
    let shown: Vec<Changed> = all
        .iter()
        .filter(|one| pressed.contains(&Filter::Change(one.class)))
        .cloned()
        .collect();
    html! {
        <>
            { matrix(all) }
            <div class="chips" role="group" aria-label="Filter by change">
                { for release::classes(all).into_iter().map(|(class, count)| {
                    let filter = Filter::Change(class);
                    let on = pressed.contains(&filter);
                    let next = toggled(pressed, filter);
                    let change = change.clone();
                    let onclick = Callback::from(move |_: MouseEvent| change.show(&next));
                    html! {
                        <button class="chip" type="button" aria-pressed={on.to_string()} {onclick}>
                            if class.mark().is_some() {
                                { changes::class(class) }
                            } else {
                                { class.word() }
                            }
                            <b>{ count }</b>
                        </button>
                    }
                }) }
            </div>
            if shown.is_empty() {
                <div class="box">
                    { face("None of the chosen changes", html! { <p>{ "Press another count above." }</p> }) }
                </div>
            } else {
                { changes::changes(of, &shown, u32::try_from(shown.len()).unwrap_or_default()) }
            }
        </>
    }
}

fn toggled(pressed: &[Filter], filter: Filter) -> Vec<Filter> {
    let mut next: Vec<Filter> = pressed.to_vec();
    if next.contains(&filter) {
        next.retain(|one| *one != filter);
    } else {
        next.push(filter);
    }
    next
}

/// How many cells of each group changed in which way.
fn matrix(all: &[Changed]) -> Html {
    let classes = release::classes(all);
    html! {
        <div class="scroll" tabindex="0">
            <table class="tbl sums">
                <caption class="vh">{ "Changed cells by group of features" }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Features" }</th>
                        { for classes.iter().map(|(class, _)| html! { <th class="num" scope="col">{ class.word() }</th> }) }
                    </tr>
                </thead>
                <tbody>
                    { for release::matrix(all).into_iter().map(|(group, counts)| html! {
                        <tr>
                            <th scope="row">{ group }</th>
                            { for classes.iter().map(|(class, _)| {
                                let count = counts.iter().find(|(of, _)| of == class).map_or(0, |(_, count)| *count);
                                let class = if count == 0 { "num dim" } else { "num" };
                                html! { <td {class}>{ count }</td> }
                            }) }
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

fn version_choice(
    label: &'static str,
    names: Option<&Versions>,
    chosen: &str,
    go: Callback<String>,
) -> Html {
    let mut options: Vec<String> = vec![chosen.to_owned()];
    if let Some(names) = names {
        for version in names.releases.iter().chain(&names.newest) {
            if !options.contains(&version.name) {
                options.push(version.name.clone());
            }
        }
    }
    choice(&Choice {
        label,
        options: options
            .into_iter()
            .map(|name| (name.clone(), name))
            .collect(),
        value: chosen.to_owned(),
        on_choose: Callback::from(move |name: Option<String>| {
            if let Some(name) = name {
                go.emit(name);
            }
        }),
    })
}
