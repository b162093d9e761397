//! The focus, when what had it goes away.
//!
//! Must not know why it goes.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::{NodeRef, hook, use_effect_with};

/// A part that had the focus when it goes leaves it to what it stood in, so that
/// a reader by keyboard need not begin at the top.
#[hook]
pub(crate) fn use_place(part: &NodeRef) {
    let part = part.clone();
    use_effect_with((), move |()| {
        move || {
            let document = web_sys::window().and_then(|window| window.document());
            let focused = document.and_then(|document| document.active_element());
            let has_it = part
                .get()
                .is_some_and(|part| part.contains(focused.as_deref().map(AsRef::<Node>::as_ref)));
            if has_it {
                let around = part.cast::<Element>();
                let around = around.and_then(|part| part.closest("td, section, #main").ok()?);
                if let Some(around) = around {
                    // Nothing else takes a focus that is not by keyboard.
                    drop(around.set_attribute("tabindex", "-1"));
                    give(Some(around));
                }
            }
        }
    });
}

thread_local! {
    static WISH: Cell<bool> = const { Cell::new(false) };
}

/// A reader goes to another page with a grid by key, and wants to go on by key.
pub(crate) fn wish_for_grid() {
    WISH.set(true);
}

/// Whether one did, who is there now.
pub(crate) fn is_wished_for_grid() -> bool {
    WISH.take()
}

/// To the first within a part that the selector finds.
pub(crate) fn first(part: &NodeRef, selector: &str) {
    let part = part.cast::<Element>();
    give(part.and_then(|part| part.query_selector(selector).ok()?));
}

fn give(element: Option<Element>) {
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // One that is gone takes no focus, and nothing is lost.
        drop(element.focus());
    }
}
