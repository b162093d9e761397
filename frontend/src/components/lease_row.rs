//! One device of a lab and its day: state, reason, line, and the way to get it
//! back.
//!
//! Must not know the other devices.

use yew::{Html, Properties, component, html};

use super::lending::{badges, giving};
use super::link::link;
use super::timeline::{Ground, track};
use crate::hooks::clock::{self, use_now};
use crate::model::lending::{DeviceRow, Lease};
use crate::model::time;
use crate::route::Route;

pub(crate) fn row(ground: &Ground, row: &DeviceRow<'_>) -> Html {
    let lease = row.shown;
    html! {
        <li key={lease.device.clone()} class="lease">
            <div class="of">
                { link(&Route::lease(&lease.id), html! { <bdi>{ &lease.device }</bdi> }) }
                <bdi class="under small dim">{ &lease.device_type }</bdi>
            </div>
            <p class="why small">{ badges(lease) }{ " " }{ why(lease) }</p>
            { track(ground, row) }
            { giving(lease) }
        </li>
    }
}

fn why(lease: &Lease) -> Html {
    html! {
        <>
        <bdi>{ &lease.reason }</bdi>
        if let Some((id, number)) = lease.running().and_then(|job| Some((job.id.as_ref()?, &job.number))) {
            { " Job " }{ link(&Route::job(id), number) }{ " runs." }
        }
        </>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct OverdueProps {
    pub ends_at: String,
}

/// Counts each second by itself, so that the page need not.
#[component]
pub(crate) fn Overdue(props: &OverdueProps) -> Html {
    let now = use_now(1_000);
    let late = clock::millis(&props.ends_at).map_or(0.0, |end| now - end);
    html! { <span role="timer">{ time::clock(late) }</span> }
}
