//! A lab in sentences, and what was lent of it: shared by the pages of labs and
//! of devices.
//!
//! Must not know which page it stands on.

use yew::{Html, html};

use super::lending::badges;
use super::link::link;
use super::table::{or_dash, table, text};
use super::when::when;
use crate::hooks::clock;
use crate::hooks::zone::clock_of;
use crate::model::lab::Lab;
use crate::model::lending::Lease;
use crate::route::Route;

/// When it lends and how it answers.
pub(crate) fn facts(lab: &Lab) -> Html {
    let clock = clock_of(&lab.zone);
    let (reach, bad) = lab.reach(&clock);
    let edge = lab.open_until.as_ref().or(lab.opens_at.as_ref());
    let left = edge
        .and_then(|at| clock::millis(at))
        .map(|at| (at - clock::now()).abs());
    html! {
        <>
        <dt>{ "Window" }</dt><dd>{ lab.window() }</dd>
        <dt>{ "Now" }</dt><dd>{ or_dash(lab.standing(left, &clock)) }</dd>
        <dt>{ "Answers" }</dt><dd class={bad.then_some("bad")}>{ reach }</dd>
        </>
    }
}

/// Leases that were or are, newest first, with the health found and left.
pub(crate) fn history(leases: &[Lease]) -> Html {
    let row = |lease: &Lease| {
        vec![
            link(&Route::lease(&lease.id), format!("Lease {}", lease.number)),
            link(
                &Route::device(&lease.lab, &lease.device),
                html! { <bdi>{ &lease.device }</bdi> },
            ),
            badges(lease),
            when(&lease.planned_at),
            text(&or_dash(lease.held())),
            text(&or_dash(lease.saved_health())),
            text(&or_dash(lease.left_health())),
            html! { <bdi>{ &lease.reason }</bdi> },
        ]
    };
    table(
        &[
            "Lease",
            "Device",
            "State",
            "Wanted",
            "Held",
            "Health found",
            "Left",
            "Because",
        ],
        leases.iter().map(row).collect(),
    )
}

/// "The first 30 of 412 are shown."; nothing when all are.
pub(crate) fn cut(shown: usize, total: i64) -> Html {
    if usize::try_from(total).is_ok_and(|total| total <= shown) {
        return Html::default();
    }
    html! { <p class="muted">{ format!("The first {shown} of {total} are shown.") }</p> }
}
