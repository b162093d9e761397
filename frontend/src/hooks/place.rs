//! Which page is asked for: the browser's address and its history.
//!
//! A hundred lines of our own, because the router of a library weighed as much
//! as three pages. Must not know what a page shows or what its query means.

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{Event, History, Window};
use yew::{
    ContextProvider, Html, Properties, component, hook, html, use_context, use_effect_with,
    use_state,
};

use super::announce::announce;
use super::live;
use crate::route::Route;

/// The address as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub route: Route,
    /// Without its question mark.
    pub query: String,
}

#[derive(PartialEq, Properties)]
pub(crate) struct PlacesProps {
    pub children: Html,
}

/// Tells all within where they are.
#[component]
pub(crate) fn Places(props: &PlacesProps) -> Html {
    let place = use_state(here);
    let setter = place.setter();
    use_effect_with((), move |()| {
        let listener = web_sys::window()
            .map(|window| EventListener::new(&window, MOVED, move |_| setter.set(here())));
        move || drop(listener)
    });
    html! {
        <ContextProvider<Place> context={(*place).clone()}>
            { props.children.clone() }
        </ContextProvider<Place>>
    }
}

#[hook]
pub(crate) fn use_place() -> Place {
    use_context().unwrap_or_default()
}

/// The other bundle has that page: the browser has to load it.
pub(crate) fn is_elsewhere(route: &Route) -> bool {
    here().route.bundle() != route.bundle()
}

/// A step that Back undoes.
pub(crate) fn push(route: &Route, query: &str) {
    step(route, query, true);
}

/// A change that is not worth a step.
pub(crate) fn replace(route: &Route, query: &str) {
    step(route, query, false);
}

pub(crate) fn back() {
    if let Some((_, history)) = browser() {
        // Only a page that is no longer shown may not do so.
        let _refused = history.back();
    }
}

/// What the browser says when somebody steps through the history, and what is
/// said here after a step of our own, which it keeps quiet about.
const MOVED: &str = "popstate";

fn step(route: &Route, query: &str, keep: bool) {
    let Some((window, history)) = browser() else {
        return;
    };
    let mut url = route.to_path();
    if !query.is_empty() {
        url.push('?');
        url.push_str(query);
    }
    if is_elsewhere(route) {
        if live::is_lost() {
            announce("The server cannot be reached, so this page stays.");
            return;
        }
        // Only a page that is no longer shown may not do so.
        let _refused = window.location().assign(&url);
        return;
    }
    let (state, url) = (JsValue::NULL, Some(url.as_str()));
    let done = if keep {
        history.push_state_with_url(&state, "", url)
    } else {
        history.replace_state_with_url(&state, "", url)
    };
    // A browser refuses steps that come by the hundred; then the page stays.
    if done.is_ok()
        && let Ok(event) = Event::new(MOVED)
    {
        let _heard = window.dispatch_event(&event);
    }
}

fn browser() -> Option<(Window, History)> {
    let window = web_sys::window()?;
    let history = window.history().ok()?;
    Some((window, history))
}

fn here() -> Place {
    let location = web_sys::window().map(|window| window.location());
    let part = |part: fn(&web_sys::Location) -> Result<String, JsValue>| {
        let text = location.as_ref().and_then(|location| part(location).ok());
        text.unwrap_or_default()
    };
    Place {
        route: Route::of(&part(web_sys::Location::pathname)),
        query: part(web_sys::Location::search)
            .trim_start_matches('?')
            .to_owned(),
    }
}
