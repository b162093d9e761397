//! Names with what repeats dimmed.
//!
//! Must not know where the name leads.

use yew::{Html, html};

use crate::model::names::{self, Parts};

pub(crate) fn version(name: &str) -> Html {
    parts(names::version_parts(name))
}

pub(crate) fn feature(name: &str) -> Html {
    parts(names::feature_parts(name))
}

fn parts(parts: Parts<'_>) -> Html {
    html! {
        <>
            if !parts.before.is_empty() {
                <span class="dim">{ parts.before.to_owned() }</span>
            }
            { parts.strong.to_owned() }
            if !parts.after.is_empty() {
                <span class="dim">{ parts.after.to_owned() }</span>
            }
        </>
    }
}
