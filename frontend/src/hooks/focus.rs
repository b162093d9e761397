//! The focus, when what had it goes away.
//!
//! Must not know why it goes.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::{NodeRef, hook, use_effect, use_effect_with};

/// A part that had the focus when it goes leaves it to what it stood in, so that
/// a reader by keyboard need not begin at the top.
#[hook]
pub(crate) fn use_place(part: &NodeRef) {
    let part = part.clone();
    use_effect_with((), move |()| {
        move || {
            if focused_in(&part).is_some() {
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

/// What is moved within a part keeps the focus, which a browser takes from it.
#[hook]
pub(crate) fn use_hold(part: &NodeRef) {
    let held = focused_in(part);
    use_effect(move || {
        if held.as_ref().is_some_and(|held| held.is_connected()) && focused() != held {
            give(held);
        }
    });
}

fn focused() -> Option<Element> {
    web_sys::window()?.document()?.active_element()
}

/// What has the focus, if that is within a part.
fn focused_in(part: &NodeRef) -> Option<Element> {
    let focused = focused()?;
    part.get()?.contains(Some(&focused)).then_some(focused)
}

thread_local! {
    static WISH: Cell<bool> = const { Cell::new(false) };
}

/// A reader by key goes on by key when the grid is another, or drawn anew.
pub(crate) fn wish_for_grid(wish: bool) {
    WISH.set(wish);
}

pub(crate) fn is_wished_for_grid() -> bool {
    WISH.get()
}

/// What has the focus in the grid may go out of sight, and keeps it.
pub(crate) fn keep_in_grid() {
    let grid = focused().and_then(|focused| focused.closest(".grid").ok()?);
    WISH.set(WISH.get() || grid.is_some());
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
