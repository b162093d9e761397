//! Keys that work wherever one is on the page.
//!
//! Must not know what a key does.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::{Callback, NodeRef, hook, use_effect_with};

use super::kept::bound;

/// Hears every key that is not typed into a field.
#[hook]
pub(crate) fn use_keys(on_key: Callback<KeyboardEvent>) {
    use_effect_with(on_key, |on_key| {
        let on_key = on_key.clone();
        let listener = web_sys::window().map(|window| {
            let options = gloo_events::EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "keydown", options, move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                    && !is_typing(event)
                    && !event.alt_key()
                    && !event.meta_key()
                {
                    on_key.emit(event.clone());
                }
            })
        });
        move || drop(listener)
    });
}

/// `/` leads to the search field.
#[hook]
pub(crate) fn use_search_key(field: &NodeRef) {
    use_keys(bound(field.clone(), |event: KeyboardEvent, field| {
        if event.key() == "/" && !event.ctrl_key() {
            event.prevent_default();
            if let Some(field) = field.cast::<HtmlElement>() {
                drop(field.focus());
            }
        }
    }));
}

fn is_typing(event: &KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| {
            // A button of a choice takes no letters.
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                && element.get_attribute("type").as_deref() != Some("radio")
        })
}
