//! What the server had written into the page before it was started.
//!
//! Must not know where the sentence stands.

use std::cell::{Cell, RefCell};

use yew::{Html, html};

thread_local! {
    /// The address it is about, and the sentence.
    static SAID: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    static EVENT: Cell<i64> = const { Cell::new(0) };
}

/// Called before the page is drawn, which takes the place of what is there.
pub(crate) fn keep() {
    let said = read();
    SAID.with(|kept| *kept.borrow_mut() = said);
    EVENT.set(written().unwrap_or_default());
}

/// How far the server had come when it wrote the page; 0 when it did not say.
pub(crate) fn event() -> i64 {
    EVENT.get()
}

fn written() -> Option<i64> {
    let document = web_sys::window()?.document()?;
    let event = document.query_selector("meta[name=event]").ok()??;
    event.get_attribute("content")?.parse().ok()
}

fn read() -> Option<(String, String)> {
    let document = web_sys::window()?.document()?;
    let sentence = document.query_selector(".sentence").ok()??;
    Some((address()?, sentence.text_content()?))
}

fn address() -> Option<String> {
    web_sys::window()?.location().href().ok()
}

/// The page's sentence until its own answer is there, so that a reader has it
/// from the first picture on.
pub(crate) fn said() -> Html {
    let here = address();
    let sentence = SAID.with(|kept| {
        let kept = kept.borrow();
        let kept = kept
            .as_ref()
            .filter(|(about, _)| Some(about) == here.as_ref());
        kept.map(|(_, sentence)| sentence.clone())
    });
    html! { <p class="sentence">{ sentence.unwrap_or_else(|| "\u{a0}".to_owned()) }</p> }
}
