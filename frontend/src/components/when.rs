//! A time as people read it, with the exact one at hand.
//!
//! As fresh as its last rendering. Must not know what happened then.

use yew::{Html, html};

use crate::hooks::clock;
use crate::model::time;

/// "3 h ago", the exact time on hovering.
pub(crate) fn when(at: &str) -> Html {
    let utc = time::utc(at);
    let said = ago(at).unwrap_or_else(|| utc.clone());
    html! { <time datetime={at.to_owned()} title={utc}>{ said }</time> }
}

/// "3 h ago (2026-11-21 04:31 UTC)".
pub(crate) fn when_exactly(at: &str) -> Html {
    let utc = time::utc(at);
    let said = match ago(at) {
        Some(ago) => format!("{ago} ({utc})"),
        None => utc,
    };
    html! { <time datetime={at.to_owned()}>{ said }</time> }
}

fn ago(at: &str) -> Option<String> {
    clock::millis(at).map(|then| time::ago(clock::now(), then))
}
