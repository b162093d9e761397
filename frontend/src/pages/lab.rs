//! `/labs/:name`: one lab, its devices, and what was lent of it.
//!
//! Must not know HTTP.

use yew::{Html, Properties, component, html, use_effect_with};

use super::not_found::unknown;
use crate::api::lab;
use crate::components::faces::faced;
use crate::components::lab::{cut, facts, history};
use crate::components::lending::badges;
use crate::components::link::link;
use crate::components::table::{or_dash, table, text};
use crate::hooks::clock;
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::cell::is_web;
use crate::model::contribution::{Device, LabDetail};
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
    let stamp = use_stamp();
    let loaded = use_load(key, stamp, move || lab::detail(name.clone()));
    html! { <div class="page">{ faced(&loaded, "The lab could not be loaded", page) }</div> }
}

fn page(detail: &Option<LabDetail>) -> Html {
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
                <dt>{ "Days off" }</dt><dd>{ days_off(detail) }</dd>
                <dt>{ "Door" }</dt><dd>{ door(detail) }</dd>
                if let Some(round) = &lab.round {
                    <dt>{ "Round" }</dt><dd>{ &round.state }</dd>
                }
            </dl>
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

/// A lab's own day may be another one than here by a day at most.
fn days_off(detail: &LabDetail) -> String {
    const DAY: f64 = 86_400_000.0;
    let yesterday = clock::text(clock::now() - DAY);
    let days = detail.days_off_from(yesterday.get(..10).unwrap_or_default());
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
