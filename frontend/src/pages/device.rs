//! `/devices/:lab/:hostname`: one device and all it was lent for.
//!
//! Must not know HTTP.

use yew::{Html, Properties, component, html, use_effect_with};

use super::not_found::unknown;
use crate::api::lab;
use crate::components::faces::faced;
use crate::components::lab::{cut, history};
use crate::components::lending::{badges, giving};
use crate::components::link::link;
use crate::components::table::or_dash;
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::contribution::DeviceDetail;
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct DeviceProps {
    pub lab: String,
    pub hostname: String,
}

#[component]
pub(crate) fn DevicePage(props: &DeviceProps) -> Html {
    use_effect_with(props.hostname.clone(), |name| super::title(name));
    let (lab, hostname) = (props.lab.clone(), props.hostname.clone());
    let key = Some(vec![Some(lab.clone()), Some(hostname.clone())]);
    let stamp = use_stamp();
    let loaded = use_load(key, stamp, move || {
        lab::of_device(lab.clone(), hostname.clone())
    });
    let of = props.lab.clone();
    html! {
        <div class="page">
            { faced(&loaded, "The device could not be loaded", |detail| page(detail, &of)) }
        </div>
    }
}

fn page(detail: &Option<DeviceDetail>, lab: &str) -> Html {
    let Some(detail) = detail else {
        return unknown(
            "This device is not known",
            "It may have been removed, or the link was cut short.",
        );
    };
    let device = &detail.device;
    let now = detail.leases.first().filter(|lease| lease.state.is_open());
    html! {
        <>
        <div class="lead">
            <h1><bdi>{ &device.hostname }</bdi>{ " of " }{ link(&Route::lab(lab), html! { <bdi>{ lab.to_owned() }</bdi> }) }</h1>
            { now.map(badges) }
        </div>
        { now.map(giving) }
        <section class="box lab">
            <h2>{ "What it is" }</h2>
            <dl class="kv">
                <dt>{ "Device-type" }</dt><dd><bdi>{ &device.device_type }</bdi></dd>
                <dt>{ "Lent" }</dt>
                <dd>{ if device.lendable { "yes, in its lab's window" } else { "no" } }</dd>
                <dt>{ "Reached by" }</dt>
                <dd><bdi>{ device.docker_device.clone().unwrap_or_else(|| "no docker device: without one it cannot be lent".to_owned()) }</bdi></dd>
                <dt>{ "Called" }</dt>
                <dd><bdi>{ or_dash(device.federated_name.clone()) }</bdi>{ " on the federated server" }</dd>
                <dt>{ "Dictionary" }</dt><dd>{ detail.dictionary }</dd>
            </dl>
        </section>
        <section class="box lab">
            <h2>{ "What it was lent for" }</h2>
            if detail.leases.is_empty() {
                <p class="muted">{ "It was not lent yet." }</p>
            } else {
                { history(&detail.leases) }
                { cut(detail.leases.len(), detail.total) }
            }
        </section>
        </>
    }
}
