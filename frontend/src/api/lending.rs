//! What the labs lend, as the server tells it: asked for and read.
//!
//! Must not know how it is shown. Read member by member, see `json::Facts`.

use std::rc::Rc;

use super::http::{self, About, Failure};
use super::json::Facts;
use super::operations::{
    alerts as alerts_of, lease_trail, leases as leases_of, lending as lending_of,
};
use crate::model::lab::Lab;
use crate::model::lending::{
    Alert, Entry, Lease, LeaseJob, LeaseState, Lending, MOST, Round, Trail,
};
use crate::model::timeline::JobLook;

/// With the windows that are open at some time of the day from `from` to `to`,
/// and the leases that are not over or ended within it; whether that is all.
///
/// At first the newest lease of each device, which says how the device stands,
/// then all others; of what is known as a whole only what may have changed: what
/// is not over, or ended after `since`.
pub(crate) async fn lending(
    known: Option<Rc<Lending>>,
    (from, to): (String, String),
    since: String,
) -> Result<(Lending, bool), Failure> {
    let lending = match known {
        Some(known) if !known.is_whole => {
            let about = About::default().text("endedAfter", from);
            let about = about.flag("newest", false);
            known.with(more(&about, Vec::new(), None).await?)
        }
        known => {
            let about = About::default().text("endedAfter", since);
            let about = match &known {
                Some(_) => about,
                None => about.flag("newest", true),
            };
            let known = known.map(|known| known.since(&from));
            begun(about, (from, to), known.as_ref()).await?
        }
    };
    let is_whole = lending.is_whole;
    Ok((lending, is_whole))
}

/// `about` says which leases.
async fn begun(
    about: About,
    (from, to): (String, String),
    known: Option<&Lending>,
) -> Result<Lending, Failure> {
    let (query, name) = (lending_of::QUERY, lending_of::OPERATION_NAME);
    let all = about.clone().text("from", from).text("to", to);
    let data = http::ask_facts(query, name, all).await?;
    let (labs, rounds, leases, next) = read(data, |facts| {
        let rounds = nodes(facts, "rounds").into_iter();
        let rounds = rounds.map(|round| (name_of(&round, "lab"), self::round(&round)));
        let labs = nodes(facts, "labs").iter().map(lab).collect();
        let (leases, next) = page(facts);
        (labs, rounds.collect(), leases, next)
    })?;
    let leases = match next {
        Some(next) => more(&about, leases, Some(next)).await?,
        None => leases,
    };
    Ok(Lending::of(labs, rounds, leases, known))
}

/// All leases behind a cursor with those before it.
async fn more(
    about: &About,
    mut leases: Vec<Lease>,
    mut after: Option<String>,
) -> Result<Vec<Lease>, Failure> {
    let (query, name) = (leases_of::QUERY, leases_of::OPERATION_NAME);
    loop {
        let data = http::ask_facts(query, name, about.clone().text_if("after", after)).await?;
        let (page, next) = read(data, page)?;
        leases.extend(page);
        if next.is_none() || leases.len() >= MOST {
            return Ok(leases);
        }
        after = next;
    }
}

/// With the cursor of the next one.
fn page(facts: &Facts) -> (Vec<Lease>, Option<String>) {
    let info = facts.of("leases").of("pageInfo");
    let next = info.text_if("endCursor").filter(|_| info.is("hasNextPage"));
    (nodes(facts, "leases").iter().map(lease).collect(), next)
}

/// `None`: no such lease.
pub(crate) async fn trail(id: String) -> Result<Option<Trail>, Failure> {
    let (query, name) = (lease_trail::QUERY, lease_trail::OPERATION_NAME);
    let about = About::default().text("id", id);
    let data = match http::ask_facts(query, name, about).await {
        Ok(data) => data,
        // An address that was typed or cut: asking again would not help.
        Err(failure) if failure.code.as_deref() == Some("BAD_USER_INPUT") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    read(data, |facts| {
        let found = facts.of_if("lease")?;
        Some(Trail {
            lease: lease(&found),
            total: found.of("trail").number("totalCount"),
            entries: nodes(&found, "trail").iter().map(entry).collect(),
        })
    })
}

pub(crate) async fn alerts() -> Result<Vec<Alert>, Failure> {
    let (query, name) = (alerts_of::QUERY, alerts_of::OPERATION_NAME);
    let data = http::ask_facts(query, name, About::default()).await?;
    read(data, |facts| {
        let alert = |alert: &Facts| Alert {
            sentence: alert.text("sentence"),
            since: alert.text("since"),
            lab: alert.of_if("lab").map(|lab| lab.text("name")),
            lease: alert
                .of_if("lease")
                .map(|lease| (lease.text("id"), lease.number("number"))),
        };
        facts.list("alerts").iter().map(alert).collect()
    })
}

pub(super) fn read<T>(
    data: wasm_bindgen::JsValue,
    read: impl FnOnce(&Facts) -> T,
) -> Result<T, Failure> {
    Facts::read(data, read).map_err(|misfit| http::misunderstood(misfit.0))
}

pub(super) fn nodes(facts: &Facts, name: &'static str) -> Vec<Facts> {
    facts.of(name).list("nodes")
}

pub(super) fn name_of(facts: &Facts, name: &'static str) -> String {
    facts.of(name).text("name")
}

pub(super) fn lab(lab: &Facts) -> Lab {
    let (window, contact) = (lab.of("window"), lab.of("contact"));
    Lab {
        name: lab.text("name"),
        zone: lab.text("timeZone"),
        opens: lab.text("windowOpens"),
        minutes: lab.number("windowMinutes"),
        paused: lab.is("paused"),
        open_until: window.text_if("openUntil"),
        opens_at: window.text_if("opensAt"),
        reachable: contact.is_if("reachable"),
        contacted_at: contact.text_if("contactedAt"),
        failing_since: contact.text_if("failingSince"),
        failure: contact.text_if("failure"),
        driver: lab
            .of_if("driver")
            .and_then(|driver| driver.text_if("holder")),
        windows: lab
            .list_if("windows")
            .iter()
            .map(|span| (span.text("opensAt"), span.text("closesAt")))
            .collect(),
        round: None,
        current: Vec::new(),
        ended: Vec::new(),
    }
}

fn round(round: &Facts) -> Round {
    Round {
        version: name_of(round, "version"),
        state: round.text("state").to_ascii_lowercase(),
        reason: round.text_if("reason"),
    }
}

pub(super) fn lease(lease: &Facts) -> Lease {
    let device = lease.of("device");
    let state = LeaseState::read(&lease.text("state")).unwrap_or_else(|| {
        lease.miss("state");
        LeaseState::Planned
    });
    Lease {
        id: lease.text("id"),
        number: lease.number("number"),
        lab: name_of(lease, "lab"),
        device_type: name_of(&device, "deviceType"),
        device: device.text("hostname"),
        state,
        reason: lease.text("reason"),
        saved: lease.text_if("savedHealth"),
        held_seconds: lease.number_if("heldSeconds"),
        ends_at: lease.text("endsAt"),
        overdue: lease.is("overdue"),
        planned_at: lease.text("plannedAt"),
        asked_at: lease.text_if("askedAt"),
        taken_at: lease.text_if("takenAt"),
        opened_at: lease.text_if("openedAt"),
        ended_at: lease.text_if("endedAt"),
        restored: lease.text_if("restoredAt").is_some(),
        kept: lease.is_if("keepInMaintenance") == Some(true),
        jobs: lease.list_if("jobs").iter().filter_map(job).collect(),
    }
}

/// `None`: LAVA does not have it.
fn job(submission: &Facts) -> Option<LeaseJob> {
    let number = submission.text_if("externalId")?;
    let job = submission.of_if("job");
    let of_job = |name| job.as_ref().and_then(|job| job.text_if(name));
    let is_over = submission.text("state") == "OVER";
    let is_finished = of_job("state").as_deref() == Some("FINISHED");
    let look = match &job {
        // LAVA told of it no more
        Some(_) if is_over && !is_finished => JobLook::Canceled,
        Some(job) => JobLook::of(
            &job.text("state"),
            &job.text("health"),
            job.text_if("errorType").as_deref(),
        ),
        None if is_over => JobLook::Canceled,
        None => JobLook::Running,
    };
    Some(LeaseJob {
        id: of_job("id"),
        number,
        name: submission.text("name"),
        look,
        from: of_job("startedAt").or_else(|| submission.text_if("submittedAt")),
        to: of_job("endedAt").or_else(|| submission.text_if("overAt")),
    })
}

fn entry(entry: &Facts) -> Entry {
    Entry {
        at: entry.text("at"),
        kind: entry.text("kind").to_ascii_lowercase(),
        action: entry.text("action"),
        before: entry.text_if("before"),
        after: entry.text_if("after"),
        actor: entry.text("actor"),
        sentence: entry.text("sentence"),
    }
}
