//! An owner wants a device back: asked for in place, and confirmed there.
//!
//! Must not know what follows from it: the page hears that by its connection.

use web_sys::{HtmlInputElement, SubmitEvent};
use yew::platform::spawn_local;
use yew::{Html, NodeRef, Properties, component, html, use_node_ref, use_state};

use crate::api::lending;
use crate::hooks::announce::announce;
use crate::hooks::kept::bound;
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
    let asked = use_state(|| Ok(false));
    let keep: NodeRef = use_node_ref();
    let live = use_live();
    let may = live
        .server
        .as_ref()
        .and_then(|server| server.viewer.as_ref());
    if !may.is_some_and(|viewer| viewer.may_lend(&props.lab)) {
        return Html::default();
    }
    let needs = (props.id.clone(), keep.clone(), asked.setter());
    let onsubmit = bound(needs, |event: SubmitEvent, (id, keep, asked)| {
        event.prevent_default();
        let keep = keep.cast::<HtmlInputElement>();
        let keep = keep.is_some_and(|keep| keep.checked());
        let (id, asked) = (id.clone(), asked.clone());
        spawn_local(async move {
            let told = lending::give_back(id, keep).await;
            if told.is_ok() {
                announce("It is being given back.");
            }
            asked.set(told.map(|()| true));
        });
    });
    let said = match &*asked {
        Ok(false) => None,
        Ok(true) => Some(("muted", "Asked for. lavafed ends what runs on it first.")),
        Err(failure) => Some(("bad", failure.sentence.as_str())),
    };
    html! {
        <details class="give">
            <summary class="btn">{ "Give back now" }</summary>
            <form {onsubmit}>
                <p>{ format!(
                    "What {} runs for the federation is cancelled, and its lab has it back within a minute or two.",
                    props.device
                ) }</p>
                <label><input ref={keep} type="checkbox" />{ " Leave it in Maintenance" }</label>
                <button class="btn primary">{ "Give it back" }</button>
                if let Some((class, said)) = said {
                    <p {class} role="status">{ said.to_owned() }</p>
                }
            </form>
        </details>
    }
}
