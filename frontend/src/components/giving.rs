//! An owner wants a device back while it is lent.
//!
//! Must not know what follows from it: the page hears that by its connection.

use yew::{Callback, Html, Properties, component, html};

use super::deed::{Do, Entered};
use crate::api::deed::Deed;
use crate::hooks::live::use_live;

#[derive(PartialEq, Properties)]
pub(crate) struct GiveBackProps {
    pub id: String,
    pub lab: String,
    pub device: String,
}

/// Nothing for a reader who may not.
#[component]
pub(crate) fn GiveBack(props: &GiveBackProps) -> Html {
    let live = use_live();
    let may = live
        .server
        .as_ref()
        .and_then(|server| server.viewer.as_ref());
    if !may.is_some_and(|viewer| viewer.may_lend(&props.lab)) {
        return Html::default();
    }
    let lease = props.id.clone();
    let deed = Callback::from(move |entered: Entered| {
        Some(Deed::GiveBack {
            lease: lease.clone(),
            keep: entered.get("keep").is_some(),
        })
    });
    let about = format!(
        "What {} runs for the federation is cancelled, and its lab has it back within a minute or two.",
        props.device
    );
    html! {
        <Do label="Give back now" of={props.device.clone()} {about} {deed}
            confirm="Give it back" done="Asked for. lavafed ends what runs on it first.">
            <label><input type="checkbox" name="keep" />{ " Leave it in Maintenance" }</label>
        </Do>
    }
}
