//! How what is lent looks: the state of a lease, its row, its lab.
//!
//! Must not know where leases come from.

use yew::{Html, html};

use super::giving::GiveBack;
use super::lease_row::{Overdue, row};
use super::link::link;
use super::symbol::{Glyph, glyph};
use super::table::{el, text};
use super::timeline::{Ground, axis, bare};
use crate::hooks::clock;
use crate::hooks::zone::clock_of;
use crate::model::lab::Lab;
use crate::model::lending::{DeviceRow, Lease, LeaseState, Round};
use crate::model::timeline::Day;
use crate::route::Route;

/// A lab with its day: what is lent of it, each device on its line.
pub(crate) fn section(lab: &Lab, rows: &[DeviceRow<'_>], day: Day) -> Html {
    let clock = clock_of(&lab.zone);
    let (reach, bad) = lab.reach(&clock);
    let edge = lab.open_until.as_ref().or(lab.opens_at.as_ref());
    let left = edge
        .and_then(|at| clock::millis(at))
        .map(|at| (at - day.now).abs());
    let said = std::iter::once(lab.window()).chain(lab.standing(left, &clock));
    let said: Vec<String> = said.collect();
    let ground = Ground::of(lab, day);
    let is_late = rows.iter().any(|row| row.shown.overdue);
    html! {
        <section key={lab.name.clone()} class={if is_late { "box day late" } else { "box day" }}>
            <header>
                <h2><bdi>{ &lab.name }</bdi></h2>
                <p>{ said.join(" \u{b7} ") }</p>
                <p class={if bad { "bad" } else { "muted" }}>{ reach }</p>
                { lab.round.as_ref().map(tested) }
            </header>
            <div class="hours">
                <span>{ "Device" }</span><span>{ "State and reason" }</span>
                { axis(&ground) }
            </div>
            if rows.is_empty() {
                <div class="lease none">
                    <p class="why muted">{ "Nothing of it is lent now." }</p>
                    { bare(&ground) }
                </div>
            } else {
                <ul>{ for rows.iter().map(|one| row(&ground, one)) }</ul>
            }
        </section>
    }
}

fn tested(round: &Round) -> Html {
    let why = round.reason.as_deref().unwrap_or_default();
    let said = format!(" is tested, its round is {}. {why}", round.state);
    html! {
        <p class="muted">{ link(&Route::version(&round.version), round.version.clone()) }{ said }</p>
    }
}

/// How an owner gets it back while it is lent.
pub(crate) fn giving(lease: &Lease) -> Html {
    if !lease.state.is_open() || lease.state == LeaseState::Releasing {
        return Html::default();
    }
    html! {
        <GiveBack key={lease.id.clone()} id={lease.id.clone()} lab={lease.lab.clone()}
            device={lease.device.clone()} />
    }
}

/// The state by sign and word, and how long it is overdue.
pub(crate) fn badges(lease: &Lease) -> Html {
    let (sign, class) = match lease.state {
        LeaseState::Planned => (Glyph::Point, "badge soft"),
        LeaseState::Acquiring => (Glyph::Half, "badge soft"),
        LeaseState::Held => (Glyph::Disc, "badge held"),
        LeaseState::Releasing => (Glyph::Ring, "badge held"),
        LeaseState::Stuck => (Glyph::Cross, "badge bad"),
        LeaseState::Released => (Glyph::Check, "badge"),
        LeaseState::Skipped => (Glyph::Dash, "badge soft"),
    };
    let mut parts = vec![el(
        "span",
        class,
        vec![glyph(sign), text(lease.state.word())],
    )];
    if lease.overdue {
        let late = html! { <Overdue ends_at={lease.ends_at.clone()} /> };
        let late = el("span", "", vec![text("overdue by "), late]);
        let said = vec![glyph(Glyph::Bolt), late];
        parts.push(el("span", "badge v-fail", said));
    }
    el("span", "badges", parts)
}
