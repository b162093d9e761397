//! Links within the page are plain anchors; here one listener follows them
//! without loading anything.
//!
//! Must not know the pages. A click with a modifier, or on a link that leads
//! out of the page or its bundle, is the browser's.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};
use yew::{hook, use_effect_with};

use super::{live, place};
use crate::route::Route;

#[hook]
pub(crate) fn use_links() {
    use_effect_with((), |()| {
        let listener = web_sys::window().map(|window| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "click", options, move |event| {
                if let Some(click) = event.dyn_ref::<MouseEvent>()
                    && follow(click).is_some()
                {
                    event.prevent_default();
                }
            })
        });
        move || drop(listener)
    });
}

fn follow(click: &MouseEvent) -> Option<()> {
    let modified = click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key();
    if click.default_prevented() || click.button() != 0 || modified {
        return None;
    }
    let target = click.target()?.dyn_into::<Element>().ok()?;
    let href = target
        .closest("a[href^='/']")
        .ok()??
        .get_attribute("href")?;
    let (path, query) = href.split_once('?').unwrap_or((&href, ""));
    let route = Route::of(path);
    // While the server cannot be reached the browser would show its own page in place of this one.
    if route == Route::NotFound || place::is_elsewhere(&route) && !live::is_lost() {
        return None;
    }
    place::push(&route, query);
    Some(())
}
