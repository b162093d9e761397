//! `/leases/:id`: one lease, and its trail: what was decided, done and found.
//!
//! Must not know the other leases.

use yew::{Html, Properties, component, html, use_effect_with};

use super::not_found::unknown;
use crate::api::lending;
use crate::components::faces::faced;
use crate::components::jobs::took;
use crate::components::lending::{badges, giving};
use crate::components::link::link;
use crate::components::table::{el, or_dash, table, text};
use crate::components::when::when;
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::lending::{Entry, LeaseJob, Trail};
use crate::model::time;
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct LeaseProps {
    pub id: String,
}

#[component]
pub(crate) fn LeasePage(props: &LeaseProps) -> Html {
    let id = props.id.clone();
    let key = Some(vec![Some(id.clone())]);
    let stamp = use_stamp();
    let loaded = use_load(key, stamp, move || lending::trail(id.clone()));
    let number = loaded.data.as_deref().and_then(Option::as_ref);
    let number = number.map_or(0, |trail| trail.lease.number);
    use_effect_with(number, |number| super::title(&format!("Lease {number}")));
    html! { <div class="page">{ faced(&loaded, "The lease could not be loaded", |trail| page(trail)) }</div> }
}

fn page(trail: &Option<Trail>) -> Html {
    let Some(trail) = trail else {
        return unknown(
            "This lease is not known",
            "It may have been removed, or the link was cut short.",
        );
    };
    let lease = &trail.lease;
    let title = format!("{} of {}, lease {} ", lease.device, lease.lab, lease.number);
    let facts = format!(
        "Health found {}, left {}, held {}, to be back by {}.",
        or_dash(lease.saved_health()),
        or_dash(lease.left_health()),
        or_dash(lease.held()),
        time::utc(&lease.ends_at)
    );
    let mut parts = vec![
        link(&Route::Leases, "All leases"),
        el("h1", "", vec![text(&title), badges(lease)]),
        el("p", "", vec![text(&lease.reason)]),
        el("p", "muted", vec![text(&facts)]),
        giving(lease),
    ];
    if !lease.jobs.is_empty() {
        parts.push(el(
            "section",
            "box lab",
            vec![el("h2", "", vec![text("Jobs")]), jobs(&lease.jobs)],
        ));
    }
    if usize::try_from(trail.total).is_ok_and(|total| total > trail.entries.len()) {
        let said = format!(
            "The last {} of {} entries are shown.",
            trail.entries.len(),
            trail.total
        );
        parts.push(el("p", "muted", vec![text(&said)]));
    }
    parts.push(el(
        "section",
        "box lab",
        vec![
            el("h2", "", vec![text("Trail")]),
            table(
                &["Time", "What", "From \u{2192} to", "Because", "By"],
                trail.entries.iter().map(row).collect(),
            ),
        ],
    ));
    el("div", "labs", parts)
}

fn jobs(jobs: &[LeaseJob]) -> Html {
    let row = |job: &LeaseJob| {
        vec![
            match &job.id {
                Some(id) => link(&Route::job(id), job.number.clone()),
                None => text(&job.number),
            },
            text(&job.name),
            text(job.look.word()),
            job.from.as_deref().map_or_else(|| text("\u{2013}"), when),
            text(&took(job.from.as_deref(), job.to.as_deref())),
        ]
    };
    table(
        &["Job", "Name", "Outcome", "Started", "Took"],
        jobs.iter().map(row).collect(),
    )
}

fn row(entry: &Entry) -> Vec<Html> {
    // The second matters where a server acts faster than a person reads.
    let at = match (entry.at.get(..10), entry.at.get(11..19)) {
        (Some(day), Some(second)) => format!("{day} {second} UTC"),
        _ => entry.at.clone(),
    };
    let moved = match (&entry.before, &entry.after) {
        (None, None) => or_dash(None),
        (before, after) => format!(
            "{} \u{2192} {}",
            or_dash(before.clone()),
            or_dash(after.clone())
        ),
    };
    vec![
        text(&at),
        text(&format!("{}, {}", entry.action, entry.kind)),
        text(&moved),
        text(&entry.sentence),
        text(&entry.actor),
    ]
}
