//! One step of one lease. Pure: facts of the row, what the servers show now,
//! and `now` go in. Must not know how a step is done.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    device_health::DeviceHealth,
    lease::{self, LeaseState},
};

use super::{
    RETAKES, Timing,
    reason::{Code, Reason},
};

/// What the servers show of a lease's device now.
#[derive(Clone, Debug)]
pub struct Seen {
    pub lab: LabSight,
    pub federated: FederatedSight,
    pub dispatcher: DispatcherSight,
    pub jobs: JobsSight,
    /// Our last write for this lease was refused with 403.
    pub denied: Option<String>,
    /// The federated server refused what has to be in place there.
    pub unprepared: Option<String>,
    /// Why the lease is to end now.
    pub stop: Option<Reason>,
}

/// The device in its lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabSight {
    /// The lab could not be asked, or answered nonsense.
    Unseen,
    /// The lab has no such device.
    Gone,
    There {
        health: DeviceHealth,
        idle: bool,
        /// A job of the lab ended on it since we saw it idle.
        lab_job_ended: bool,
    },
}

/// The device at the federated server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FederatedSight {
    Unseen,
    Absent,
    There(DeviceHealth),
}

/// The SLAVE job that reaches the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatcherSight {
    Coming,
    Online,
    /// Not there, and not coming back in time.
    Lost,
    /// Its job is finished: it drives nothing any more.
    Over,
}

/// The jobs on the device at the federated server, health checks included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobsSight {
    Unseen,
    Unfinished,
    Over,
    /// LAVA's own time-outs have passed for whatever may still run.
    TimedOut,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Wait,
    Move { to: LeaseState, why: Reason },
    Note(Fact),
    Do(Act),
}

/// What is kept of what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The lab shows our Maintenance.
    Taken,
    /// It shows Maintenance and Idle.
    Idle,
    /// The federated server shows it closed, or does not have it.
    Closed,
}

/// A write to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Set Maintenance in the lab.
    Take,
    /// Put device-type, tag, device and dictionary in place, the device closed.
    Prepare,
    /// Let the federated server run jobs on it.
    Open,
    /// Let it run no more.
    Close,
    CancelJobs,
    /// Set the saved health in the lab.
    Restore(DeviceHealth),
}

/// The next step of a lease.
#[must_use]
pub fn step(lease: &lease::Model, seen: &Seen, timing: &Timing, now: DateTime<Utc>) -> Step {
    match lease.state {
        LeaseState::Planned => planned(seen),
        LeaseState::Acquiring => acquiring(lease, seen, timing, now),
        LeaseState::Held => held(lease, seen),
        LeaseState::Releasing | LeaseState::Stuck => releasing(lease, seen, now),
        LeaseState::Released | LeaseState::Skipped => Step::Wait,
    }
}

/// Whether a device of that health is borrowed.
#[must_use]
pub fn is_lent(health: DeviceHealth) -> bool {
    match health {
        DeviceHealth::Good | DeviceHealth::Unknown => true,
        DeviceHealth::Looping
        | DeviceHealth::Bad
        | DeviceHealth::Maintenance
        | DeviceHealth::Retired => false,
    }
}

fn moved(to: LeaseState, code: Code, sentence: impl Into<String>) -> Step {
    Step::Move {
        to,
        why: Reason::new(code, sentence),
    }
}

fn release(code: Code, sentence: impl Into<String>) -> Step {
    moved(LeaseState::Releasing, code, sentence)
}

fn planned(seen: &Seen) -> Step {
    let skip = |code, sentence: String| moved(LeaseState::Skipped, code, sentence);
    if let Some(why) = &seen.stop {
        return Step::Move {
            to: LeaseState::Skipped,
            why: why.clone(),
        };
    }
    match seen.dispatcher {
        DispatcherSight::Coming => return Step::Wait,
        DispatcherSight::Lost | DispatcherSight::Over => {
            return skip(
                Code::DispatcherMissing,
                "The lab's docker device brought no dispatcher that could reach it.".to_owned(),
            );
        }
        DispatcherSight::Online => {}
    }
    match seen.lab {
        LabSight::Unseen => Step::Wait,
        LabSight::Gone => skip(Code::DeviceGone, "The lab has no such device.".to_owned()),
        LabSight::There { health, .. } if is_lent(health) => moved(
            LeaseState::Acquiring,
            Code::Acquired,
            format!(
                "Its dispatcher is online; the lab shows it {}.",
                health.as_str()
            ),
        ),
        LabSight::There { health, .. } => skip(
            Code::HealthNotLent,
            format!(
                "The lab shows it {}; only Good and Unknown devices are borrowed.",
                health.as_str()
            ),
        ),
    }
}

/// What ends a lease whose device is ours or about to be.
fn interrupted(seen: &Seen) -> Option<Step> {
    if let Some(why) = &seen.stop {
        return Some(Step::Move {
            to: LeaseState::Releasing,
            why: why.clone(),
        });
    }
    match seen.dispatcher {
        DispatcherSight::Lost | DispatcherSight::Over => Some(release(
            Code::DispatcherLost,
            "The dispatcher that reaches it is gone.",
        )),
        DispatcherSight::Coming | DispatcherSight::Online => None,
    }
}

fn acquiring(lease: &lease::Model, seen: &Seen, timing: &Timing, now: DateTime<Utc>) -> Step {
    if let Some(step) = interrupted(seen) {
        return step;
    }
    if let Some(sentence) = &seen.denied {
        return release(Code::CredentialRefused, sentence.clone());
    }
    let (health, idle, lab_job_ended) = match seen.lab {
        LabSight::Unseen => return Step::Wait,
        LabSight::Gone => return release(Code::DeviceGone, "The lab has no such device any more."),
        LabSight::There {
            health,
            idle,
            lab_job_ended,
        } => (health, idle, lab_job_ended),
    };
    let ours = lease.asked_at.is_some();
    match health {
        DeviceHealth::Maintenance if !ours => {
            release(Code::OwnerChanged, "The owner set it to Maintenance.")
        }
        DeviceHealth::Maintenance => ours_in_maintenance(lease, seen, idle, timing, now),
        DeviceHealth::Good | DeviceHealth::Unknown if lease.taken_at.is_none() => {
            Step::Do(Act::Take)
        }
        DeviceHealth::Unknown if lease.idle_at.is_none() || lab_job_ended => retake(lease),
        DeviceHealth::Good
        | DeviceHealth::Unknown
        | DeviceHealth::Looping
        | DeviceHealth::Bad
        | DeviceHealth::Retired => owner_changed(health),
    }
}

fn retake(lease: &lease::Model) -> Step {
    if lease.retakes < RETAKES {
        Step::Do(Act::Take)
    } else {
        release(
            Code::TakenBack,
            format!("LAVA opened it again {RETAKES} times after jobs of the lab failed on it."),
        )
    }
}

fn owner_changed(health: DeviceHealth) -> Step {
    release(
        Code::OwnerChanged,
        format!("The owner set it to {}.", health.as_str()),
    )
}

/// The lab shows Maintenance, and we asked for it.
fn ours_in_maintenance(
    lease: &lease::Model,
    seen: &Seen,
    idle: bool,
    timing: &Timing,
    now: DateTime<Utc>,
) -> Step {
    let Some(taken_at) = lease.taken_at else {
        return Step::Note(Fact::Taken);
    };
    if !idle {
        return if now - taken_at > timing.idle_patience {
            release(
                Code::NeverIdle,
                format!(
                    "The lab's own job still ran on it after {} minutes.",
                    timing.idle_patience.num_minutes()
                ),
            )
        } else {
            Step::Wait
        };
    }
    let Some(idle_at) = lease.idle_at else {
        return Step::Note(Fact::Idle);
    };
    if let Some(sentence) = &seen.unprepared {
        return release(Code::PrepareFailed, sentence.clone());
    }
    if let (Some(_), FederatedSight::There(DeviceHealth::Good | DeviceHealth::Unknown)) =
        (lease.opened_at, seen.federated)
    {
        return moved(
            LeaseState::Held,
            Code::Opened,
            "It is open at the federated server.",
        );
    }
    if now - idle_at > timing.prepare_patience {
        return release(
            Code::FederatedUnreachable,
            "The federated server did not take it in time.",
        );
    }
    if lease.prepared_at.is_none() {
        Step::Do(Act::Prepare)
    } else {
        Step::Do(Act::Open)
    }
}

fn held(lease: &lease::Model, seen: &Seen) -> Step {
    if let Some(step) = interrupted(seen) {
        return step;
    }
    if let Some(sentence) = &seen.denied {
        return release(Code::CredentialRefused, sentence.clone());
    }
    match seen.lab {
        LabSight::Unseen => {}
        LabSight::Gone => return release(Code::DeviceGone, "The lab has no such device any more."),
        LabSight::There {
            health: DeviceHealth::Maintenance,
            idle,
            ..
        } => {
            if lease.taken_at.is_none() {
                return Step::Note(Fact::Taken);
            }
            if idle && lease.idle_at.is_none() {
                return Step::Note(Fact::Idle);
            }
        }
        // A job of the lab may begin any moment: two servers must not drive one device.
        LabSight::There { idle: false, .. } => {
            return release(Code::TakenBack, "A job of the lab runs on it.");
        }
        LabSight::There {
            health: DeviceHealth::Good | DeviceHealth::Unknown,
            ..
        } if lease.taken_at.is_none() => return Step::Do(Act::Take),
        LabSight::There {
            health: DeviceHealth::Unknown,
            lab_job_ended: true,
            ..
        } => return retake(lease),
        LabSight::There { health, .. } => return owner_changed(health),
    }
    match seen.federated {
        FederatedSight::Unseen
        | FederatedSight::There(DeviceHealth::Good | DeviceHealth::Unknown) => Step::Wait,
        FederatedSight::Absent => release(Code::FederatedChanged, "The federated server lost it."),
        FederatedSight::There(health) => release(
            Code::FederatedChanged,
            format!(
                "The federated server shows it {}. Bad means that its dictionary is not valid there.",
                health.as_str()
            ),
        ),
    }
}

fn releasing(lease: &lease::Model, seen: &Seen, now: DateTime<Utc>) -> Step {
    if let Some(step) = closing(lease, seen, now) {
        return step;
    }
    let Some(saved) = lease.saved_health.filter(|_| lease.asked_at.is_some()) else {
        return moved(
            LeaseState::Released,
            Code::NotTaken,
            "It was never taken from the lab.",
        );
    };
    let health = match seen.lab {
        LabSight::Unseen => return denied(lease, seen).unwrap_or(Step::Wait),
        LabSight::Gone => {
            return moved(
                LeaseState::Released,
                Code::DeviceGone,
                "The lab has no such device any more.",
            );
        }
        LabSight::There { health, .. } => health,
    };
    if health == DeviceHealth::Maintenance {
        return in_maintenance(lease, seen, saved);
    }
    if may_still_arrive(lease, now) {
        return Step::Wait;
    }
    let end = |code, sentence: String| moved(LeaseState::Released, code, sentence);
    if lease.restored_at.is_some() {
        return end(
            Code::Restored,
            format!("It was set back to {}.", saved.as_str()),
        );
    }
    if lease.taken_at.is_none() && health == saved {
        return end(
            Code::NotTaken,
            format!("The lab shows it {}, as it was.", health.as_str()),
        );
    }
    end(
        Code::OwnerChanged,
        format!(
            "The lab shows it {}: changed meanwhile, and left so.",
            health.as_str()
        ),
    )
}

fn in_maintenance(lease: &lease::Model, seen: &Seen, saved: DeviceHealth) -> Step {
    if lease.keep_in_maintenance {
        return moved(
            LeaseState::Released,
            Code::KeptInMaintenance,
            "It is left in Maintenance, as its owner asked.",
        );
    }
    if lease.taken_at.is_none() {
        return Step::Note(Fact::Taken);
    }
    denied(lease, seen).unwrap_or(Step::Do(Act::Restore(saved)))
}

/// A refused credential waits for a person, and is tried again all the same: by
/// who drives, when it forgets the refusal.
fn denied(lease: &lease::Model, seen: &Seen) -> Option<Step> {
    let sentence = seen.denied.as_ref()?;
    Some(if lease.state == LeaseState::Stuck {
        Step::Wait
    } else {
        moved(LeaseState::Stuck, Code::CredentialRefused, sentence.clone())
    })
}

/// Whether a call without an answer may still take effect.
fn may_still_arrive(lease: &lease::Model, now: DateTime<Utc>) -> bool {
    lease.unsettled_until.is_some_and(|until| now < until)
}

/// What is to be done before the federated server can drive it no more; None when that is so.
fn closing(lease: &lease::Model, seen: &Seen, now: DateTime<Utc>) -> Option<Step> {
    lease.opened_at?;
    match (lease.closed_at, seen.federated) {
        (None, FederatedSight::There(DeviceHealth::Good | DeviceHealth::Unknown)) => {
            return Some(Step::Do(Act::Close));
        }
        (None, FederatedSight::Absent | FederatedSight::There(_)) => {
            return Some(Step::Note(Fact::Closed));
        }
        // LAVA opens it again when a job on it ends with an infrastructure error
        (Some(_), FederatedSight::There(DeviceHealth::Good | DeviceHealth::Unknown))
            if seen.dispatcher != DispatcherSight::Over =>
        {
            return Some(Step::Do(Act::Close));
        }
        (None, FederatedSight::Unseen) | (Some(_), _) => {}
    }
    match (seen.dispatcher, seen.jobs) {
        (DispatcherSight::Over, _) | (_, JobsSight::TimedOut) => {}
        (_, JobsSight::Over) if lease.closed_at.is_some() => {}
        (_, JobsSight::Unfinished) if lease.closed_at.is_some() => {
            return Some(Step::Do(Act::CancelJobs));
        }
        (_, JobsSight::Over | JobsSight::Unfinished | JobsSight::Unseen) => {
            return Some(Step::Wait);
        }
    }
    // it may be an opening: only what cannot be opened behind our back is given back
    may_still_arrive(lease, now).then_some(Step::Wait)
}

/// How long the end of a lease may be waited for after a call without an answer:
/// longer than anything between us and a server holds on to it.
pub const SETTLE: TimeDelta = TimeDelta::seconds(75);

#[cfg(test)]
mod tests;
