//! A small mark that says how fresh the page is.
//!
//! Must not know how the connection works.

use yew::{Html, html};

use super::symbol::{Glyph, glyph};
use crate::hooks::live::{Live, Standing};
use crate::model::time;

pub(crate) fn connection(live: &Live, now: f64) -> Html {
    let wait = |retry_at: f64| ((retry_at - now) / 1_000.0).ceil().max(0.0) as i32;
    let (class, sign, short, long) = match live.standing {
        Standing::Connecting => (
            "live again",
            Glyph::Half,
            "Connecting".to_owned(),
            "Connecting to the server".to_owned(),
        ),
        Standing::Live => (
            "live ok",
            Glyph::Disc,
            "Live".to_owned(),
            format!("Changes appear at once. Event {}.", live.latest),
        ),
        Standing::Reconnecting { since, retry_at } => (
            "live again",
            Glyph::Half,
            format!("Reconnecting in {} s", wait(retry_at)),
            format!("The connection was lost {}.", time::ago(now, since)),
        ),
        Standing::Offline { since, retry_at } => (
            "live off",
            Glyph::Close,
            format!("Offline, shows {}", time::span(now - since)) + " old data",
            format!(
                "What you see is as of event {}. Trying again in {} s.",
                live.latest,
                wait(retry_at)
            ),
        ),
    };
    html! {
        <span {class} title={long}>{ glyph(sign) }<span>{ short }</span></span>
    }
}
