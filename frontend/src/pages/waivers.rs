//! `/versions/:name/waivers`: what broke, and who takes responsibility for it.
//!
//! Must not know HTTP. Who may not waive sees what is waived; the server decides.

use yew::{Callback, Html, Properties, component, html, use_effect_with};

use super::not_found::unknown;
use crate::api::deed::{self, Deed};
use crate::components::deed::{Do, Entered};
use crate::components::faces::{face, faced};
use crate::components::lab::cut;
use crate::components::link::link;
use crate::components::table::{keyed, table, text};
use crate::components::when::when;
use crate::hooks::changes::use_changes;
use crate::hooks::clock;
use crate::hooks::live::use_live;
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::cell::is_web;
use crate::model::release::{Place, Terms};
use crate::model::time;
use crate::model::waiver::{Broken, Past, Waivers, end_of_day};
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct WaiversProps {
    pub name: String,
}

/// What the forms need.
#[derive(Clone, PartialEq)]
struct Hand {
    version: String,
    may: bool,
    changed: Callback<()>,
}

#[component]
pub(crate) fn WaiversPage(props: &WaiversProps) -> Html {
    let title = format!("Waivers of {}", props.name);
    use_effect_with(title, |title| super::title(title));
    let (changes, changed) = use_changes();
    let (name, stamp) = (props.name.clone(), use_stamp() + changes);
    let loaded = use_load(Some(vec![Some(name.clone())]), stamp, move || {
        deed::waivers(name.clone())
    });
    let is_missing = loaded
        .failed
        .as_ref()
        .is_some_and(|failed| failed.failure.is_missing());
    if is_missing {
        let title = format!("{} is not known", props.name);
        return html! { <div class="page">{ unknown(&title, "No result of it has been reported, or the link was cut short.") }</div> };
    }
    let viewer = use_live().server.and_then(|server| server.viewer.clone());
    let hand = Hand {
        version: props.name.clone(),
        may: viewer.is_some_and(|viewer| viewer.is_admin),
        changed,
    };
    html! {
        <div class="page">
            { faced(&loaded, "The waivers could not be loaded", |told| page(told, &hand)) }
        </div>
    }
}

fn page(told: &Waivers, hand: &Hand) -> Html {
    html! {
        <>
        <div class="lead">
            <h1>{ "Waivers of " }{ link(&Route::version(&hand.version), hand.version.clone()) }</h1>
            <span class="muted">{ &told.sentence }</span>
        </div>
        <section class="box lab">
            <h2>{ "What broke" }</h2>
            if told.broken.is_empty() {
                { face("Nothing broke", html! { <p>{ "Only a regression or a new failure can be waived." }</p> }) }
            } else {
                <p class="muted">
                    { "What is waived does not keep the version from release, until the waiver ends." }
                    if !hand.may {
                        { " An administrator waives: " }{ link(&Route::SignIn, "sign in") }{ "." }
                    }
                </p>
                { keyed(
                    &["Change", "Feature", "Failing since", "Because", "Waiver"],
                    told.broken.iter().map(|cell| (cell.place.said(), broken(cell, hand))).collect(),
                ) }
                { cut(told.broken.len(), told.breaks) }
            }
        </section>
        if !told.past.is_empty() {
            <section class="box lab">
                <h2>{ "Waivers there are and were" }</h2>
                { table(
                    &["Feature", "Because", "Waived", "Ends"],
                    told.past.iter().map(past).collect(),
                ) }
                { cut(told.past.len(), told.total) }
            </section>
        }
        </>
    }
}

fn broken(cell: &Broken, hand: &Hand) -> Vec<Html> {
    vec![
        text(cell.class.word()),
        text(&cell.place.said()),
        match &cell.since {
            Some(since) => link(&Route::version(since), since.clone()),
            None => text("\u{2013}"),
        },
        cell.waiver
            .as_ref()
            .map_or_else(|| text("not waived"), terms),
        if hand.may {
            forms(cell, hand)
        } else {
            text("\u{2013}")
        },
    ]
}

fn terms(terms: &Terms) -> Html {
    html! {
        <>
        if is_web(&terms.url) {
            <a href={terms.url.clone()} rel="noreferrer">{ &terms.reason }</a>
        } else {
            { &terms.reason }
        }
        { format!(", until {}", time::utc(&terms.until)) }
        </>
    }
}

fn forms(cell: &Broken, hand: &Hand) -> Html {
    let key = cell.place.said();
    match cell.waiver {
        Some(_) => {
            html! { <Do {key} label="Take back" of={format!("the waiver of {}", cell.place.said())}
            about="It counts again, and may keep the version from release."
            confirm="Take the waiver back" done="The waiver is taken back."
            deed={taking_back(cell.place.clone(), hand.version.clone())} changed={hand.changed.clone()} /> }
        }
        None => waiving(cell, hand),
    }
}

fn taking_back(place: Place, version: String) -> Callback<Entered, Option<Deed>> {
    Callback::from(move |_: Entered| {
        Some(Deed::Unwaive {
            version: version.clone(),
            place: place.clone(),
        })
    })
}

fn waiving(cell: &Broken, hand: &Hand) -> Html {
    let (place, version) = (cell.place.clone(), hand.version.clone());
    let deed = Callback::from(move |entered: Entered| {
        Some(Deed::Waive {
            version: version.clone(),
            place: place.clone(),
            terms: Terms {
                reason: entered.get("reason")?,
                url: entered.get("url")?,
                until: end_of_day(&entered.get("until")?),
            },
        })
    });
    let today = clock::text(clock::now());
    let today = today.get(..10).unwrap_or_default().to_owned();
    html! {
        <Do key={cell.place.said()} label="Waive" of={cell.place.said()}
            about={format!("{} does not keep {} from release until then. Your token's name stands beside it.", cell.place.said(), hand.version)}
            confirm="Waive it" done="It is waived." {deed} changed={hand.changed.clone()}>
            <label class="field">{ "Why" }
                <input type="text" name="reason" required=true maxlength="500" autocomplete="off" dir="auto" />
            </label>
            <label class="field">{ "Where it is followed up" }
                <input type="url" name="url" required=true maxlength="500" placeholder="https://\u{2026}" autocomplete="off" />
            </label>
            <label class="field">{ "Until the end of" }
                <input type="date" name="until" required=true min={today} />
            </label>
        </Do>
    }
}

fn past(waiver: &Past) -> Vec<Html> {
    vec![
        text(&waiver.place.said()),
        terms(&waiver.terms),
        html! { <>{ when(&waiver.at) }{ format!(" by {}", waiver.by) }</> },
        match &waiver.ended {
            Some((at, by)) => html! { <>{ "ended " }{ when(at) }{ format!(" by {by}") }</> },
            None => text("in force"),
        },
    ]
}
