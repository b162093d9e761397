//! What a person has to know, on every page for as long as it lasts.
//!
//! Must not know what page it stands on. Its times are told exactly: a live
//! region whose words change each minute would be read out each minute.

use yew::{Html, component, html};

use super::link::link;
use super::symbol::{Glyph, glyph};
use crate::api::lending;
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::answer::plural;
use crate::model::lending::Alert;
use crate::model::time;
use crate::route::Route;

#[component]
pub(crate) fn Alerts() -> Html {
    let stamp = use_stamp();
    let loaded = use_load(Some(Vec::new()), stamp, lending::alerts);
    let alerts = loaded.data.as_deref().map_or(&[][..], Vec::as_slice);
    let (first, more) = alerts
        .split_first()
        .map_or((None, alerts), |(first, more)| (Some(first), more));
    let count = u32::try_from(more.len()).unwrap_or(u32::MAX);
    html! {
        <div class="alerts" role="region" aria-label="Alerts" aria-live="polite">
            { first.map(banner) }
            if !more.is_empty() {
                <details>
                    <summary>{ plural(count, "more alert") }</summary>
                    { for more.iter().map(banner) }
                </details>
            }
        </div>
    }
}

fn banner(alert: &Alert) -> Html {
    let place = alert.lab.as_ref().map(|lab| format!("{lab}, "));
    let since = format!("since {}", time::utc(&alert.since));
    html! {
        <div class="banner">
            { glyph(Glyph::Bolt) }
            <span>
                <b>{ &alert.sentence }</b>
                <span class="muted small">{ " " }{ place }{ since }</span>
            </span>
            if let Some((id, number)) = &alert.lease {
                { link(&Route::lease(id), format!("Lease {number}")) }
            }
        </div>
    }
}
