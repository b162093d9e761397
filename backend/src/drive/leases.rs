//! The leases of a round. `lease::state` says what is next; here both servers
//! are looked at, once a tick for all devices, and the step is done.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    device,
    device_health::DeviceHealth,
    lease::{self, LeaseId, LeaseState},
    round::RoundState,
    submission::SubmissionState,
    trail::TrailKind,
};
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::{
    federated,
    jobs::{self, Turn},
    known::{Changed, OnNow},
    rounds::dispatcher_of,
    submissions::cancel_job,
    tick::{Tick, outcome, sending},
};
use crate::{
    error::Result,
    lava::client::{CallError, CallFailure, Device, DeviceState, JobNumber},
    lease::{
        SLAVE_GRACE, dispatcher,
        reason::{Code, Reason},
        state::{Act, Fact, JobsSight, LabSight, SETTLE, Seen, Step, step},
    },
    service::transition::{self, Entry},
};

/// Steps of one lease within one tick; each but the last only moves rows.
const STEPS: usize = 6;
/// A refused credential is tried again after this.
const DENIED_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// What the lab shows of a device that is ours.
const OURS: DeviceHealth = DeviceHealth::Maintenance;

/// What is next for each held device, for who submits its jobs.
pub(super) type Turns = HashMap<LeaseId, Turn>;

pub(super) async fn step_all(tick: &mut Tick<'_>, on: &OnNow) -> Result<Turns> {
    let open: Vec<_> = on
        .leases
        .iter()
        .filter(|lease| !lease.state.is_final())
        .cloned()
        .collect();
    let shown = look(tick, &on.devices, &open).await;
    let mut turns = Turns::new();
    for lease in open {
        let Some(device) = on.devices.iter().find(|row| row.id == lease.device_id) else {
            continue;
        };
        let turn = jobs::turn(tick, on, &lease, device).await?;
        turns.insert(lease.id, turn.clone());
        step_one(tick, on, lease, device, &shown, &turn).await?;
    }
    Ok(turns)
}

/// What the servers show of all devices; None: not asked or not told.
struct Shown {
    lab: Option<Vec<Device>>,
    federated: Option<Vec<Device>>,
}

async fn look(tick: &mut Tick<'_>, devices: &[device::Model], open: &[lease::Model]) -> Shown {
    let mut shown = Shown {
        lab: None,
        federated: None,
    };
    if open.is_empty() {
        return shown;
    }
    if let Ok(client) = tick.remote.clone() {
        let names: Vec<_> = devices.iter().map(|row| row.hostname.as_str()).collect();
        let answer = client.devices_named(&names).await;
        tick.heard(&answer);
        shown.lab = answer.ok();
    }
    let opened = open.iter().any(|lease| lease.opened_at.is_some());
    if let (true, Ok(client)) = (opened, tick.federated.clone()) {
        let names: Vec<_> = devices
            .iter()
            .filter_map(|row| row.federated_name.as_deref())
            .collect();
        let answer = client.devices_named(&names).await;
        tick.heard_federated(&answer);
        shown.federated = answer.ok();
    }
    shown
}

async fn step_one(
    tick: &mut Tick<'_>,
    on: &OnNow,
    mut lease: lease::Model,
    device: &device::Model,
    shown: &Shown,
    turn: &Turn,
) -> Result<()> {
    for _ in 0..STEPS {
        let seen = see(tick, on, &lease, device, shown, turn).await?;
        match step(&lease, &seen, &tick.timing, tick.now) {
            Step::Wait => return Ok(()),
            Step::Note(fact) => keep(tick, &lease, fact).await?,
            Step::Move { to, why } => {
                tracing::info!(
                    lab.name = %tick.lab.name, device.hostname = %device.hostname,
                    lease.id = %lease.id, "lease {to:?}: {why}"
                );
                move_to(tick, &lease, to, &why, &seen).await?;
            }
            Step::Do(act) => return act_on(tick, on, &lease, device, act).await,
        }
        let found = lease::Entity::find_by_id(lease.id)
            .one(tick.app.db.read())
            .await?;
        lease = match found {
            Some(row) if !row.state.is_final() => row,
            Some(_) | None => return Ok(()),
        };
    }
    Ok(())
}

async fn see(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    device: &device::Model,
    shown: &Shown,
    turn: &Turn,
) -> Result<Seen> {
    let dispatcher = dispatcher_of(on, device.docker_device.as_deref());
    let denied = match tick.memory.denied.get(&lease.id) {
        Some((at, _)) if tick.now - *at > DENIED_AGAIN => {
            tick.memory.denied.remove(&lease.id);
            None
        }
        Some((_, sentence)) => Some(sentence.clone()),
        None => None,
    };
    let jobs = jobs_sight(tick, on, lease, device).await;
    let federated = if jobs == JobsSight::Over {
        // the last job may have opened it after all were looked at
        federated::sight(tick, device).await
    } else {
        federated::among(device, shown.federated.as_deref())
    };
    Ok(Seen {
        lab: lab_sight(tick, lease, device, shown).await,
        federated,
        dispatcher: dispatcher::sight(dispatcher, tick.now),
        jobs,
        denied,
        unprepared: tick.memory.unprepared.get(&lease.id).cloned(),
        stop: stop(on, lease, turn),
    })
}

/// Why the lease is to end now.
fn stop(on: &OnNow, lease: &lease::Model, turn: &Turn) -> Option<Reason> {
    if let Some(code) = &lease.release_asked {
        let sentence = lease.release_reason.clone().unwrap_or_default();
        return Some(Reason::new(
            Code::parse(code).unwrap_or(Code::OwnerAsked),
            sentence,
        ));
    }
    if on.round.state != RoundState::Open {
        let code = on.round.code.as_deref().and_then(Code::parse);
        return Some(Reason::new(
            code.unwrap_or(Code::WindowEnds),
            on.round.reason.clone().unwrap_or_default(),
        ));
    }
    match (lease.state, turn) {
        (LeaseState::Held, Turn::Done) => Some(Reason::new(
            Code::PlanDone,
            "Every job of the plan ran, or does not fit into what is left.",
        )),
        (
            LeaseState::Planned
            | LeaseState::Acquiring
            | LeaseState::Held
            | LeaseState::Releasing
            | LeaseState::Stuck
            | LeaseState::Released
            | LeaseState::Skipped,
            _,
        ) => None,
    }
}

async fn lab_sight(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    device: &device::Model,
    shown: &Shown,
) -> LabSight {
    let Some(devices) = &shown.lab else {
        return LabSight::Unseen;
    };
    let found = devices.iter().find(|row| row.hostname == device.hostname);
    let Some(found) = found else {
        return LabSight::Gone;
    };
    let idle = found.state == DeviceState::Idle;
    let opened = found.health == DeviceHealth::Unknown;
    let lab_job_ended = match (opened, lease.idle_at, tick.remote.clone()) {
        (true, Some(idle_at), Ok(client)) => {
            let answer = client.latest_job_on(&device.hostname).await;
            tick.heard(&answer);
            match answer {
                Ok(job) => job
                    .and_then(|job| job.ended_at)
                    .is_some_and(|ended| ended > idle_at),
                Err(_) => return LabSight::Unseen,
            }
        }
        _ => false,
    };
    LabSight::There {
        health: found.health,
        idle,
        lab_job_ended,
    }
}

/// The jobs on a device that is being given back; others are not asked for.
async fn jobs_sight(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    device: &device::Model,
) -> JobsSight {
    let releasing = matches!(lease.state, LeaseState::Releasing | LeaseState::Stuck);
    if !releasing || lease.closed_at.is_none() {
        return JobsSight::Unseen;
    }
    if tick.now > lease.ends_at + SLAVE_GRACE {
        return JobsSight::TimedOut;
    }
    let (Ok(client), Some(name)) = (tick.federated.clone(), device.federated_name.as_deref())
    else {
        return JobsSight::Unseen;
    };
    let ours = on.submissions.iter().any(|row| {
        row.lease_id == Some(lease.id)
            && matches!(
                row.state,
                SubmissionState::Submitted | SubmissionState::Canceling
            )
    });
    if ours {
        return JobsSight::Unfinished;
    }
    let answer = client.jobs_on(name).await;
    tick.heard_federated(&answer);
    match answer {
        Ok(jobs) if jobs.is_empty() => JobsSight::Over,
        Ok(_) => JobsSight::Unfinished,
        Err(_) => JobsSight::Unseen,
    }
}

async fn move_to(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    to: LeaseState,
    why: &Reason,
    seen: &Seen,
) -> Result<()> {
    let mut facts = lease::ActiveModel::default();
    if let (LeaseState::Acquiring, LabSight::There { health, .. }) = (to, seen.lab) {
        facts.saved_health = Set(Some(health));
    }
    let txn = tick.begin().await?;
    let event = transition::move_lease(&txn, lease, to, why, facts, tick.by(), tick.now).await?;
    tick.commit(txn, Changed::Leases, Some(event)).await
}

async fn keep(tick: &mut Tick<'_>, lease: &lease::Model, fact: Fact) -> Result<()> {
    let now = Set(Some(tick.now));
    let mut facts = lease::ActiveModel::default();
    let (action, code, sentence) = match fact {
        Fact::Taken => {
            facts.taken_at = now;
            (
                "taken",
                Code::Acquired,
                "The lab shows it in our Maintenance.",
            )
        }
        Fact::Idle => {
            facts.idle_at = now;
            ("idle", Code::Acquired, "The lab shows it idle: it is ours.")
        }
        Fact::Closed => {
            facts.closed_at = now;
            (
                "closed",
                Code::Done,
                "The federated server shows it closed.",
            )
        }
    };
    note(tick, lease, action, &Reason::new(code, sentence), facts).await
}

pub(super) async fn note(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    action: &str,
    why: &Reason,
    facts: lease::ActiveModel,
) -> Result<()> {
    let txn = tick.begin().await?;
    let entry = Entry::of_lease(lease, TrailKind::Note, action, why);
    let event = transition::note_lease(&txn, lease, facts, &entry, tick.by(), tick.now).await?;
    tick.commit(txn, Changed::Leases, Some(event)).await
}

async fn act_on(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    device: &device::Model,
    act: Act,
) -> Result<()> {
    match act {
        Act::Take => {
            let facts = lease::ActiveModel {
                asked_at: Set(Some(tick.now)),
                taken_at: Set(None),
                idle_at: Set(None),
                retakes: Set(lease.retakes + i32::from(lease.taken_at.is_some())),
                ..Default::default()
            };
            let reason = format!("lavafed borrows it until {}", clock(lease.ends_at));
            set_health(tick, lease, device, OURS, &reason, facts).await
        }
        Act::Restore(health) => {
            let facts = lease::ActiveModel {
                restored_at: Set(lease.restored_at.or(Some(tick.now))),
                ..Default::default()
            };
            let reason = "lavafed gives it back";
            set_health(tick, lease, device, health, reason, facts).await
        }
        Act::Prepare => federated::prepare(tick, on, lease, device).await,
        Act::Open => federated::open(tick, lease, device).await,
        Act::Close => federated::close(tick, lease, device).await,
        Act::CancelJobs => cancel_jobs(tick, on, lease, device).await,
    }
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Sets a health in the lab. What is not answered may still arrive: the lease
/// does not end before it cannot any more.
async fn set_health(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    device: &device::Model,
    health: DeviceHealth,
    reason: &str,
    facts: lease::ActiveModel,
) -> Result<()> {
    let Ok(client) = tick.remote.clone() else {
        return Ok(());
    };
    let why = sending(format!("Set {} to {}.", device.hostname, health.as_str()));
    let intent = Entry {
        after: Some(health.as_str()),
        ..Entry::of_lease(lease, TrailKind::Intent, "set_health", &why)
    };
    let call = client.set_health(&device.hostname, health, reason);
    let answer = write(tick, lease, &intent, facts, call).await?;
    tick.heard(&answer);
    match &answer {
        Err(error) if error.kind == CallFailure::Denied => {
            tick.memory
                .denied
                .insert(lease.id, (tick.now, error.sentence.clone()));
        }
        Ok(()) | Err(_) => {
            tick.memory.denied.remove(&lease.id);
        }
    }
    Ok(())
}

/// Whether a call decides who may drive a device: what of that may still arrive is waited for.
pub(super) fn hands_over(action: &str) -> bool {
    matches!(action, "set_health" | "open")
}

/// As `Tick::write`, with facts of the lease that are set by the intent, and what
/// the outcome leaves behind.
pub(super) async fn write(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    intent: &Entry<'_>,
    facts: lease::ActiveModel,
    call: impl Future<Output = Result<(), CallError>>,
) -> Result<Result<(), CallError>> {
    let txn = tick.begin().await?;
    let event = transition::note_lease(&txn, lease, facts, intent, tick.by(), tick.now).await?;
    tick.commit(txn, Changed::Leases, Some(event)).await?;
    tick.may_send()?;
    let answer = call.await;
    tick.now = tick.app.db.now().await?;
    let why = outcome(&answer);
    let mut facts = lease::ActiveModel::default();
    match &answer {
        // from here on any other health is somebody's change
        Ok(()) if intent.action == "set_health" && intent.after == Some(OURS.as_str()) => {
            facts.taken_at = Set(Some(tick.now));
        }
        Err(error) if hands_over(intent.action) && !error.kind.surely_not_applied() => {
            facts.unsettled_until = Set(Some(tick.now + SETTLE));
        }
        Ok(()) | Err(_) => {}
    }
    let entry = Entry {
        kind: TrailKind::Outcome,
        why: &why,
        ..*intent
    };
    let txn = tick.begin().await?;
    let event = transition::note_lease(&txn, lease, facts, &entry, tick.by(), tick.now).await?;
    tick.commit(txn, Changed::Leases, Some(event)).await?;
    Ok(answer)
}

async fn cancel_jobs(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    device: &device::Model,
) -> Result<()> {
    let (Ok(client), Some(name)) = (tick.federated.clone(), device.federated_name.as_deref())
    else {
        return Ok(());
    };
    let rows: Vec<_> = on
        .submissions
        .iter()
        .filter(|row| row.lease_id == Some(lease.id))
        .cloned()
        .collect();
    for row in &rows {
        let unfinished = matches!(
            row.state,
            SubmissionState::Submitted | SubmissionState::Canceling
        );
        if let (true, Some(number)) = (
            unfinished,
            row.external_id.as_deref().and_then(JobNumber::parse),
        ) && let Some(answer) = cancel_job(tick, row, &client, &number).await?
        {
            tick.heard_federated(&answer);
        }
    }
    // health checks, and whatever else somebody had run on it
    let answer = client.jobs_on(name).await;
    tick.heard_federated(&answer);
    for job in answer.unwrap_or_default() {
        let ours = rows
            .iter()
            .any(|row| row.external_id.as_deref() == Some(job.id.as_str()));
        if !ours {
            federated::cancel_stray(tick, lease, &client, &job.id).await?;
        }
    }
    Ok(())
}
