//! How what is lent looks: the state of a lease, its row, its lab.
//!
//! Elements are made by one function: written out, they would weigh more than
//! all they say. Must not know where leases come from.

use yew::{Html, html};

use super::giving::GiveBack;
use super::link::link;
use super::symbol::{Glyph, glyph};
use super::when::when;
use crate::hooks::clock;
use crate::model::lending::{Lab, Lease, LeaseState};
use crate::model::time;
use crate::route::Route;

/// An element with a class and what is in it.
#[inline(never)]
pub(crate) fn el(tag: &'static str, class: &'static str, parts: Vec<Html>) -> Html {
    html! { <@{tag} {class}>{ for parts }</@> }
}

#[inline(never)]
pub(crate) fn text(said: &str) -> Html {
    html! { { said } }
}

/// A table whose rows become blocks on a phone, each cell under its heading.
#[inline(never)]
pub(crate) fn table(headings: &[&'static str], rows: Vec<Vec<Html>>) -> Html {
    let cell = |(heading, cell): (&&'static str, Html)| {
        html! { <td data-h={*heading}><div>{ cell }</div></td> }
    };
    html! {
        <table class="tbl lends">
            <thead><tr>
                { for headings.iter().map(|heading| html! { <th scope="col">{ *heading }</th> }) }
            </tr></thead>
            <tbody>
                { for rows.into_iter().map(|row| {
                    let cells = headings.iter().zip(row).map(cell).collect();
                    el("tr", "", cells)
                }) }
            </tbody>
        </table>
    }
}

pub(crate) fn section(lab: &Lab) -> Html {
    let (reach, bad) = lab.reach();
    let edge = lab.open_until.as_ref().or(lab.opens_at.as_ref());
    let left = edge
        .and_then(|at| clock::millis(at))
        .map(|at| (at - clock::now()).abs());
    let dots = |parts: Vec<String>| parts.join(" \u{b7} ");
    let said = std::iter::once(lab.window()).chain(lab.standing(left));
    let mut parts = vec![
        el("h2", "", vec![text(&lab.name)]),
        el("p", "", vec![text(&dots(said.collect()))]),
        el(
            "p",
            if bad { "bad" } else { "muted" },
            vec![text(&dots(vec![reach, lab.driven()]))],
        ),
    ];
    if let Some(round) = &lab.round {
        let why = round.reason.as_deref().unwrap_or_default();
        let said = format!(" is tested, its round is {}. {why}", round.state);
        let version = link(&Route::version(&round.version), round.version.clone());
        parts.push(el("p", "", vec![version, text(&said)]));
    }
    parts.push(if lab.current.is_empty() {
        el("p", "muted", vec![text("Nothing of it is lent now.")])
    } else {
        leases(&lab.current)
    });
    if !lab.ended.is_empty() {
        let title = format!("{} recently over", lab.ended.len());
        parts.push(el(
            "details",
            "",
            vec![el("summary", "", vec![text(&title)]), leases(&lab.ended)],
        ));
    }
    el("section", "box lab", parts)
}

fn leases(leases: &[Lease]) -> Html {
    let row = |lease: &Lease| {
        vec![
            el(
                "span",
                "",
                vec![
                    link(&Route::lease(&lease.id), lease.device.clone()),
                    el("span", "under small dim", vec![text(&lease.device_type)]),
                    giving(lease),
                ],
            ),
            badges(lease),
            when(&lease.since),
            text(&lease.reason),
            text(&or_dash(lease.saved_health())),
            text(&or_dash(lease.held())),
        ]
    };
    table(
        &[
            "Device",
            "State",
            "Since",
            "Because",
            "Saved health",
            "Held",
        ],
        leases.iter().map(row).collect(),
    )
}

/// How an owner gets it back while it is lent.
pub(crate) fn giving(lease: &Lease) -> Html {
    if !lease.state.is_open() {
        return Html::default();
    }
    html! {
        <GiveBack key={lease.id.clone()} id={lease.id.clone()} lab={lease.lab.clone()}
            device={lease.device.clone()} />
    }
}

pub(crate) fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "\u{2013}".to_owned())
}

/// The state by sign and word, and how long it is overdue.
pub(crate) fn badges(lease: &Lease) -> Html {
    let (sign, class) = match lease.state {
        LeaseState::Planned => (Glyph::Point, "badge soft"),
        LeaseState::Acquiring => (Glyph::Half, "badge soft"),
        LeaseState::Held => (Glyph::Disc, "badge held"),
        LeaseState::Releasing => (Glyph::Ring, "badge held"),
        LeaseState::Stuck => (Glyph::Cross, "badge bad"),
        LeaseState::Released => (Glyph::Check, "badge"),
        LeaseState::Skipped => (Glyph::Dash, "badge soft"),
    };
    let mut parts = vec![el(
        "span",
        class,
        vec![glyph(sign), text(lease.state.word())],
    )];
    if lease.overdue {
        let late = clock::millis(&lease.ends_at).map(|end| time::span(clock::now() - end));
        let said = format!("overdue by {}", late.unwrap_or_default());
        parts.push(el(
            "span",
            "badge v-fail",
            vec![glyph(Glyph::Bolt), text(&said)],
        ));
    }
    el("span", "badges", parts)
}
