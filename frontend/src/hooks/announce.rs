//! What assistive tools are told, politely.
//!
//! The place is part of the page from the start, since a live region that
//! comes with its text is not read. Must not know what there is to tell.

use yew::{Html, html};

const PLACE: &str = "told";

/// Where it is told; once on the page.
pub(crate) fn place() -> Html {
    html! { <p id={PLACE} class="vh" role="status" aria-live="polite"></p> }
}

pub(crate) fn announce(sentence: &str) {
    let place = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(PLACE));
    if let Some(place) = place {
        place.set_text_content(Some(sentence));
    }
}
