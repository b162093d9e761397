//! `/labs/:name`: one lab, its devices, and what was lent of it.
//!
//! Must not know HTTP.

use yew::{Callback, Html, Properties, component, html, use_effect_with};

use super::not_found::unknown;
use crate::api::deed::Deed;
use crate::api::lab;
use crate::components::deed::{Do, Entered};
use crate::components::faces::faced;
use crate::components::lab::{cut, facts, history};
use crate::components::lending::badges;
use crate::components::link::link;
use crate::components::table::{or_dash, table, text};
use crate::hooks::changes::use_changes;
use crate::hooks::clock;
use crate::hooks::live::{use_live, use_stamp};
use crate::hooks::load::use_load;
use crate::hooks::zone::Zone;
use crate::model::cell::is_web;
use crate::model::contribution::{Device, LabDetail};
use crate::model::time;
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct LabProps {
    pub name: String,
}

#[component]
pub(crate) fn LabPage(props: &LabProps) -> Html {
    use_effect_with(props.name.clone(), |name| super::title(name));
    let name = props.name.clone();
    let key = Some(vec![Some(name.clone())]);
    let (changes, changed) = use_changes();
    let stamp = use_stamp() + changes;
    let loaded = use_load(key, stamp, move || lab::detail(name.clone()));
    let viewer = use_live().server.and_then(|server| server.viewer.clone());
    let viewer = viewer.filter(|viewer| viewer.may_lend(&props.name));
    let owner = viewer.map(|viewer| Owner {
        is_admin: viewer.is_admin,
        changed,
    });
    html! {
        <div class="page">
            { faced(&loaded, "The lab could not be loaded", |detail| page(detail, owner.as_ref())) }
        </div>
    }
}

/// Who may say what is lent.
struct Owner {
    is_admin: bool,
    changed: Callback<()>,
}

fn page(detail: &Option<LabDetail>, owner: Option<&Owner>) -> Html {
    let Some(detail) = detail else {
        return unknown(
            "This lab is not known",
            "It may have been removed, or the link was cut short.",
        );
    };
    let lab = &detail.lab;
    html! {
        <>
        <div class="lead">
            <h1><bdi>{ &lab.name }</bdi></h1>
            <span class="muted">{ detail.given.said() }{ " in 30 days" }</span>
            <div class="tools">
                if let Some(url) = detail.url.clone().filter(|url| is_web(url)) {
                    <a class="btn" href={url} rel="noreferrer">{ "Open its LAVA" }</a>
                }
                <a class="btn" href={format!("{}?lab={}", Route::Jobs.to_path(), urlencoding::encode(&lab.name))}>
                    { "Its jobs" }
                </a>
            </div>
        </div>
        <section class="box lab">
            <h2>{ "How it lends" }</h2>
            <dl class="kv">
                { facts(lab) }
                if owner.is_some_and(|owner| owner.is_admin) {
                    <dt>{ "Driver" }</dt><dd>{ lab.driven() }</dd>
                }
                <dt>{ "Days off" }</dt><dd>{ days_off(detail) }</dd>
                <dt>{ "Door" }</dt><dd>{ door(detail) }</dd>
                if let Some(round) = &lab.round {
                    <dt>{ "Round" }</dt><dd>{ &round.state }</dd>
                }
            </dl>
            if let Some(owner) = owner {
                <div class="bar deeds">{ pausing(detail, owner) }{ taking_off(detail, owner) }</div>
            }
        </section>
        <section class="box lab">
            <h2>{ "Devices" }</h2>
            if detail.devices.is_empty() {
                <p class="muted">
                    { "It has made none known yet: " }
                    <code>{ format!("lavafed device add --lab {} HOSTNAME", lab.name) }</code>
                </p>
            } else {
                { devices(detail) }
                { cut(detail.devices.len(), detail.devices_total) }
            }
        </section>
        <section class="box lab">
            <h2>{ "Lent lately" }</h2>
            if detail.leases.is_empty() {
                <p class="muted">{ "Nothing of it was lent yet." }</p>
            } else {
                { history(&detail.leases) }
                { cut(detail.leases.len(), detail.leases_total) }
            }
        </section>
        </>
    }
}

fn pausing(detail: &LabDetail, owner: &Owner) -> Html {
    let name = detail.lab.name.clone();
    let changed = owner.changed.clone();
    if detail.lab.paused {
        let deed = Callback::from(move |_: Entered| Some(Deed::Resume(name.clone())));
        return html! { <Do key="pausing" label="Resume" {deed} {changed}
        about="It lends again when its next window opens."
        confirm="Resume it" done="It lends again." /> };
    }
    let deed = Callback::from(move |_: Entered| Some(Deed::Pause(name.clone())));
    html! { <Do key="pausing" label="Pause" {deed} {changed}
    about="What runs of it is cancelled and its devices are given back now; nothing is borrowed until it is resumed."
    confirm="Pause it" done="It is paused." /> }
}

/// Days on which nothing is lent: one more, and each there is.
fn taking_off(detail: &LabDetail, owner: &Owner) -> Html {
    let lab = detail.lab.name.clone();
    let deed = Callback::from(move |entered: Entered| {
        Some(Deed::TakeOff {
            lab: lab.clone(),
            day: entered.get("day")?,
        })
    });
    let today = today(detail);
    let days = detail.days_off_from(&today);
    html! {
        <>
        <Do key="off" label="Take a day off" {deed} changed={owner.changed.clone()}
            about="No window of it opens on that day, in the lab's time."
            confirm="Take it off" done="It is a day off.">
            <label class="field">{ "Day" }
                <input type="date" name="day" required=true min={today.clone()} />
            </label>
        </Do>
        if !days.is_empty() {
            { lending_again(detail, &days, owner) }
        }
        </>
    }
}

fn lending_again(detail: &LabDetail, days: &[&str], owner: &Owner) -> Html {
    let lab = detail.lab.name.clone();
    let deed = Callback::from(move |entered: Entered| {
        Some(Deed::TakeBack {
            lab: lab.clone(),
            day: entered.get("day")?,
        })
    });
    html! {
        <Do key="on" label="Lend on a day off" {deed} changed={owner.changed.clone()}
            about="On that day it lends as on other days."
            confirm="Lend again" done="It is no day off any more.">
            <label class="field">{ "Day" }
                <select name="day">
                    { for days.iter().map(|day| html! { <option value={(*day).to_owned()}>{ *day }</option> }) }
                </select>
            </label>
        </Do>
    }
}

/// By the lab's own clock, as a form wants it.
fn today(detail: &LabDetail) -> String {
    let now = clock::now();
    let local = Zone::named(&detail.lab.zone).and_then(|zone| zone.local(now));
    time::date_there(
        now,
        local.as_ref().map(|local| local.day.as_str()),
        clock::text,
    )
}

fn days_off(detail: &LabDetail) -> String {
    let days = detail.days_off_from(&today(detail));
    if days.is_empty() {
        "none ahead".to_owned()
    } else {
        days.join(", ")
    }
}

fn door(detail: &LabDetail) -> String {
    let door = match detail.door.as_str() {
        "XML_RPC" => "XML-RPC",
        door => door,
    };
    let token = if detail.has_api_token {
        "with an API token"
    } else {
        "without an API token: nothing can be borrowed"
    };
    format!("{door}, {token}")
}

fn devices(detail: &LabDetail) -> Html {
    let row = |device: &Device| {
        let lease = device.lease.as_ref();
        vec![
            link(
                &Route::device(&detail.lab.name, &device.hostname),
                html! { <bdi>{ &device.hostname }</bdi> },
            ),
            html! { <bdi>{ &device.device_type }</bdi> },
            match lease {
                Some(lease) => badges(lease),
                None => text(device.standing()),
            },
            text(&or_dash(lease.and_then(|lease| lease.saved_health()))),
            html! { <bdi>{ or_dash(lease.map(|lease| lease.reason.clone())) }</bdi> },
        ]
    };
    table(
        &["Device", "Device-type", "State", "Health found", "Because"],
        detail.devices.iter().map(row).collect(),
    )
}
