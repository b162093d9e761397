//! Copying, for who shows a page to others.
//!
//! Must not know what is copied.

use wasm_bindgen_futures::JsFuture;
use yew::platform::spawn_local;

/// Copies a text, and tells when that is done.
pub(crate) fn copy(text: &str, done: impl FnOnce() + 'static) {
    let Some(clipboard) = web_sys::window().map(|window| window.navigator().clipboard()) else {
        return;
    };
    let written = clipboard.write_text(text);
    spawn_local(async move {
        // A browser may refuse; then nothing is said to be copied.
        if JsFuture::from(written).await.is_ok() {
            done();
        }
    });
}

/// The whole address of a path and its query.
pub(crate) fn absolute(path: &str, query: &str) -> String {
    let origin = web_sys::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{origin}{path}{mark}{query}")
}
