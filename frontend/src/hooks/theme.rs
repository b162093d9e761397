//! Light, dark, or as the system has it; kept in the browser.
//!
//! `theme.js` sets it before the first paint; this changes it.

use super::kept::bound;
use yew::{Callback, hook, use_state};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Auto,
    Light,
    Dark,
}

const KEY: &str = "lavafed.theme";

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

#[hook]
pub(crate) fn use_theme() -> (Theme, Callback<Theme>) {
    let theme = use_state(stored);
    let choose = bound(theme.setter(), |theme: Theme, setter| {
        apply(theme);
        setter.set(theme);
    });
    (*theme, choose)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn stored() -> Theme {
    let word = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    Theme::ALL
        .into_iter()
        .find(|theme| Some(theme.word()) == word.as_deref())
        .unwrap_or(Theme::Auto)
}

/// A browser that keeps nothing still shows the theme until it is closed.
fn apply(theme: Theme) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        let outcome = match theme {
            Theme::Auto => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.word()),
        };
        drop(outcome);
    }
    if let Some(storage) = storage() {
        drop(storage.set_item(KEY, theme.word()));
    }
}
