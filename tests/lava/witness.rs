//! Who looks on while a lab lends: a subscriber of its leases, the labs' own records, and what must hold of both. The
//! names I1 to I16 are those of ARCHITECTURE.md. Must not know what happens in a particular story.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use lavafed_tests::client;
use lavafed_tests::lava::wait::eventually;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::town::{Town, list, text};

/// The owner's word for what lavafed does is under this name in both servers.
const US: &str = "lavafed";

/// A subscriber of the lab's leases.
pub(crate) struct Witness {
    told: Arc<Mutex<Vec<Value>>>,
    listening: JoinHandle<Result<()>>,
}

impl Witness {
    pub(crate) async fn follow(app: &App) -> Result<Self> {
        let query = "subscription { deviceLeaseChanged(lab: \"north\", after: 0) { event
            lease { number } entries { kind action before after code sentence } } }";
        let mut stream = client::subscribe(app.request(), query).await?;
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let listening = tokio::spawn(async move {
            while let Some(answer) = stream.next().await {
                let mut answer = answer?;
                let change = answer.pointer_mut("/data/deviceLeaseChanged");
                let change = change.map(Value::take).context("no change is told")?;
                if let Ok(mut kept) = kept.lock() {
                    kept.push(change);
                }
            }
            Ok(())
        });
        Ok(Self { told, listening })
    }

    /// The subscriber was told each step that the trails have, in their order, once, and why.
    pub(crate) async fn saw_all(self, story: &Value) -> Result<usize> {
        let mut steps: Vec<Value> = Vec::new();
        for lease in list(story, "/leases/nodes") {
            let of_lease = list(lease, "/trail/nodes");
            steps.extend(
                of_lease
                    .iter()
                    .filter(|entry| entry["event"].is_number())
                    .cloned(),
            );
        }
        steps.sort_by_key(|entry| entry["event"].as_i64());
        let last = steps.last().and_then(|entry| entry["event"].as_i64());
        eventually(
            "the subscriber is told all",
            Duration::from_secs(10),
            || async {
                let told = self.told.lock().ok();
                let newest =
                    told.and_then(|told| told.last().and_then(|told| told["event"].as_i64()));
                Ok((newest >= last).then_some(()))
            },
        )
        .await?;
        self.listening.abort();
        let told = self
            .told
            .lock()
            .map(|told| told.clone())
            .unwrap_or_default();
        let numbers: Vec<_> = told.iter().map(|change| change["event"].as_i64()).collect();
        ensure!(
            numbers.is_sorted_by(|one, next| one < next),
            "out of order: {numbers:?}"
        );
        let seen: Vec<&Value> = told
            .iter()
            .flat_map(|change| list(change, "/entries"))
            .collect();
        ensure!(
            seen.len() == steps.len(),
            "{} steps were told, the trails have {}",
            seen.len(),
            steps.len()
        );
        for (seen, step) in seen.iter().zip(&steps) {
            for field in ["kind", "action", "before", "after", "code", "sentence"] {
                ensure!(seen[field] == step[field], "{seen} was told of {step}");
            }
            ensure!(
                !text(seen, "code").is_empty() && !text(seen, "sentence").is_empty(),
                "{seen}"
            );
        }
        Ok(seen.len())
    }
}

/// What must hold of every day, by what lavafed tells of it and by what the lab itself has written down.
pub(crate) fn invariants(town: &Town, story: &Value) -> Result<()> {
    for lease in list(story, "/leases/nodes") {
        of_lease(lease).with_context(|| format!("{lease:#}"))?;
    }
    one_call_at_a_time(story)?;
    the_lab_says_so(town, story)
}

fn of_lease(lease: &Value) -> Result<()> {
    let state = text(lease, "state");
    ensure!(
        matches!(state, "RELEASED" | "SKIPPED"),
        "I8: it is not over"
    );
    let saved = text(lease, "savedHealth");
    ensure!(
        matches!(saved, "" | "GOOD" | "UNKNOWN"),
        "I3: {saved} was saved"
    );
    let trail = list(lease, "/trail/nodes");
    let moves: Vec<_> = trail
        .iter()
        .filter(|entry| text(entry, "kind") == "TRANSITION" && entry["event"].is_number())
        .collect();
    for (one, next) in moves.iter().zip(moves.iter().skip(1)) {
        ensure!(
            text(one, "after") == text(next, "before"),
            "I16: {one} was followed by {next}"
        );
    }
    let last = moves.last().map_or("", |entry| text(entry, "after"));
    ensure!(
        last.eq_ignore_ascii_case(state),
        "I16: the trail ends in {last}"
    );
    let place = |wanted: &dyn Fn(&Value) -> bool| trail.iter().position(wanted);
    let saved_at = place(&|entry| text(entry, "after") == "acquiring");
    let written_at = place(&|entry| text(entry, "action") == "set_health");
    ensure!(
        written_at.is_none() || saved_at < written_at,
        "I2: written to before the health was saved"
    );
    // I6 and I9: one after the other, as far as it came, and within the window (I11)
    let order = [
        "askedAt",
        "takenAt",
        "idleAt",
        "preparedAt",
        "openedAt",
        "closedAt",
        "restoredAt",
        "endedAt",
        "endsAt",
    ];
    let times: Vec<_> = order
        .iter()
        .filter_map(|field| Some((field, lease.get(*field)?.as_str()?)))
        .map(|(field, at)| Ok((field, chrono::DateTime::parse_from_rfc3339(at)?)))
        .collect::<Result<_>>()?;
    ensure!(
        times.is_sorted_by_key(|(_, at)| *at),
        "I6, I9, I11: {times:?}"
    );
    if lease["openedAt"].is_string() {
        ensure!(
            lease["idleAt"].is_string(),
            "I6: it was opened and never idle"
        );
        ensure!(lease["closedAt"].is_string(), "I9: it was never closed");
    }
    Ok(())
}

/// I4: each intent has its outcome, and the next follows after.
fn one_call_at_a_time(story: &Value) -> Result<()> {
    let places = list(story, "/leases/nodes")
        .iter()
        .chain(list(story, "/rounds/nodes"));
    for place in places {
        let mut calls = list(place, "/trail/nodes")
            .iter()
            .filter(|entry| matches!(text(entry, "kind"), "INTENT" | "OUTCOME"));
        while let Some(intent) = calls.next() {
            ensure!(
                text(intent, "kind") == "INTENT",
                "I4: an outcome of nothing: {intent}"
            );
            let outcome = calls
                .next()
                .with_context(|| format!("I4: without an outcome: {intent}"))?;
            ensure!(
                text(outcome, "kind") == "OUTCOME"
                    && text(outcome, "action") == text(intent, "action"),
                "I4: {intent} became {outcome}"
            );
        }
    }
    Ok(())
}

/// I3, I9, I10: by the lab's own record each device was taken once for each lease that took it, from Good or Unknown,
/// and given back at most once, from Maintenance to what it was; nothing else was written.
fn the_lab_says_so(town: &Town, story: &Value) -> Result<()> {
    let mut takes: HashMap<&str, usize> = HashMap::new();
    let mut gives: HashMap<&str, usize> = HashMap::new();
    for lease in list(story, "/leases/nodes") {
        let name = lease
            .pointer("/device/hostname")
            .and_then(Value::as_str)
            .unwrap_or_default();
        *takes.entry(name).or_default() += usize::from(lease["takenAt"].is_string());
        *gives.entry(name).or_default() += usize::from(text(lease, "code") == "RESTORED");
    }
    let log = town.lab.device_log()?;
    let mut found: HashMap<&str, Option<&str>> = HashMap::new();
    for [user, device, message] in log.iter().filter(|[user, ..]| user == US) {
        let (before, after) = message
            .split_once(" → ")
            .with_context(|| format!("{user} did to {device}: {message}"))?;
        let after = after.split([' ', '(']).next().unwrap_or_default();
        if before == after {
            continue;
        }
        let saved = found.entry(device).or_default();
        let left = if after == "Maintenance" {
            ensure!(
                matches!(before, "Good" | "Unknown"),
                "I3: {device}: {message}"
            );
            *saved = Some(before);
            takes.get_mut(device.as_str())
        } else {
            ensure!(
                before == "Maintenance" && *saved == Some(after),
                "I9: {device}: {message}"
            );
            *saved = None;
            gives.get_mut(device.as_str())
        };
        let left = left.and_then(|count| count.checked_sub(1).map(|less| *count = less));
        left.with_context(|| format!("I10: too many writes to {device}: {log:?}"))?;
    }
    let missing = takes.values().chain(gives.values()).any(|count| *count > 0);
    ensure!(
        !missing,
        "the lab knows nothing of {takes:?} {gives:?}: {log:?}"
    );
    Ok(())
}
