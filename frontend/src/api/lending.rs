//! What the labs lend, as the server tells it: asked for and read.
//!
//! Must not know how it is shown. Read member by member, see `json::Facts`.

use super::http::{self, About, Failure};
use super::json::Facts;
use super::operations::{
    alerts as alerts_of, give_back as give_back_of, lease_trail, lending as lending_of,
};
use crate::model::lending::{Alert, Entry, Lab, Lease, LeaseState, Lending, Round, Trail};

pub(crate) async fn lending() -> Result<Lending, Failure> {
    let (query, name) = (lending_of::QUERY, lending_of::OPERATION_NAME);
    let data = http::ask_facts(query, name, About::default()).await?;
    read(data, |facts| {
        let leases = |name| nodes(facts, name).iter().map(lease).collect();
        let rounds = nodes(facts, "rounds")
            .iter()
            .map(|round| (name_of(round, "lab"), self::round(round)))
            .collect();
        let total = facts.of("current").number("totalCount");
        let labs = nodes(facts, "labs").iter().map(lab).collect();
        Lending::of(labs, rounds, leases("current"), leases("ended"), total)
    })
}

/// `None`: no such lease.
pub(crate) async fn trail(id: String) -> Result<Option<Trail>, Failure> {
    let (query, name) = (lease_trail::QUERY, lease_trail::OPERATION_NAME);
    let about = About {
        id: Some(id),
        keep: None,
        ..About::default()
    };
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

/// Wants a device back. `keep`: it stays in Maintenance.
pub(crate) async fn give_back(id: String, keep: bool) -> Result<(), Failure> {
    let (query, name) = (give_back_of::QUERY, give_back_of::OPERATION_NAME);
    let about = About {
        id: Some(id),
        keep: Some(keep),
        ..About::default()
    };
    let data = http::ask_facts(query, name, about).await?;
    let wrong = read(data, |facts| {
        let errors = facts.of("releaseDevice").list("errors");
        errors.first().map(|error| error.text("message"))
    })?;
    wrong.map_or(Ok(()), |sentence| Err(Failure::new(&sentence)))
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

fn read<T>(data: wasm_bindgen::JsValue, read: impl FnOnce(&Facts) -> T) -> Result<T, Failure> {
    Facts::read(data, read).map_err(|misfit| http::misunderstood(misfit.0))
}

fn nodes(facts: &Facts, name: &'static str) -> Vec<Facts> {
    facts.of(name).list("nodes")
}

fn name_of(facts: &Facts, name: &'static str) -> String {
    facts.of(name).text("name")
}

fn lab(lab: &Facts) -> Lab {
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

fn lease(lease: &Facts) -> Lease {
    let device = lease.of("device");
    let state = LeaseState::read(&lease.text("state")).unwrap_or_else(|| {
        lease.miss("state");
        LeaseState::Planned
    });
    let since = match state {
        LeaseState::Planned => None,
        LeaseState::Acquiring => lease.text_if("askedAt"),
        LeaseState::Held => lease.text_if("openedAt"),
        LeaseState::Releasing | LeaseState::Stuck => lease.text_if("releasingAt"),
        LeaseState::Released | LeaseState::Skipped => lease.text_if("endedAt"),
    };
    Lease {
        id: lease.text("id"),
        number: lease.number("number"),
        lab: name_of(lease, "lab"),
        device_type: name_of(&device, "deviceType"),
        device: device.text("hostname"),
        state,
        since: since.unwrap_or_else(|| lease.text("plannedAt")),
        reason: lease.text("reason"),
        saved: lease.text_if("savedHealth"),
        held_seconds: lease.number_if("heldSeconds"),
        ends_at: lease.text("endsAt"),
        overdue: lease.is("overdue"),
    }
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
