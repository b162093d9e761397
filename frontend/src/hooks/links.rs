//! Links within the page are plain anchors; here one listener follows them
//! without loading anything.
//!
//! Must not know the pages. A click with a modifier, or on a link that leads
//! out of the page, is the browser's.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};
use yew::{hook, use_effect_with};
use yew_router::Routable;
use yew_router::hooks::use_navigator;
use yew_router::navigator::Navigator;
use yew_router::query::Raw;

use crate::route::Route;

#[hook]
pub(crate) fn use_links() {
    let navigator: Option<Navigator> = use_navigator();
    use_effect_with(navigator, |navigator| {
        let listener = navigator
            .clone()
            .zip(web_sys::window())
            .map(|(navigator, window)| {
                let options = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(&window, "click", options, move |event| {
                    if let Some(click) = event.dyn_ref::<MouseEvent>()
                        && follow(&navigator, click).is_some()
                    {
                        event.prevent_default();
                    }
                })
            });
        move || drop(listener)
    });
}

fn follow(navigator: &Navigator, click: &MouseEvent) -> Option<()> {
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
    match Route::recognize(path)? {
        Route::NotFound => None,
        route if query.is_empty() => {
            navigator.push(&route);
            Some(())
        }
        route => {
            let Ok(()) = navigator.push_with_query(&route, Raw(query.to_owned()));
            Some(())
        }
    }
}
