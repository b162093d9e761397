//! One step of one SLAVE job: the container in a lab that runs a dispatcher for
//! the federated server. Pure, as `state` is; must not know how a step is done.

use chrono::{DateTime, Utc};
use entity::{
    job::JobState,
    submission::{self, SubmissionState},
};

use super::{
    JOBS_PATIENCE, OFFLINE_PATIENCE, Timing,
    reason::{Code, Reason},
    state::DispatcherSight,
    submission::{Fact, JobSight, Step, canceling, over, unsent},
};

/// What the servers show of a SLAVE job now.
#[derive(Clone, Debug)]
pub struct Seen {
    pub job: JobSight,
    pub worker: WorkerSight,
    /// The federated server's version, once it is known.
    pub version: Option<String>,
    /// The lab refused the submission for good, in its own words.
    pub refused: Option<String>,
    /// Leases still need it.
    pub needed: bool,
    /// Since when all leases that are left on it wait for jobs of theirs to end.
    pub waited_since: Option<DateTime<Utc>>,
    /// Why it is to end whether it is needed or not.
    pub stop: Option<Reason>,
}

/// The dispatcher at the federated server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerSight {
    Unseen,
    Absent,
    There {
        online: bool,
        version: Option<String>,
        last_ping: Option<DateTime<Utc>>,
    },
}

/// The next step of a SLAVE job.
#[must_use]
pub fn step(row: &submission::Model, seen: &Seen, timing: &Timing, now: DateTime<Utc>) -> Step {
    match row.state {
        SubmissionState::Planned | SubmissionState::Submitting => unsent(
            row,
            seen.job,
            seen.refused.as_deref(),
            unwanted(seen, now),
            now,
        ),
        SubmissionState::Submitted => submitted(row, seen, timing, now),
        SubmissionState::Canceling => canceling(row, seen.job, now),
        SubmissionState::Over => Step::Wait,
    }
}

/// What a lease sees of its dispatcher.
#[must_use]
pub fn sight(row: Option<&submission::Model>, now: DateTime<Utc>) -> DispatcherSight {
    let Some(row) = row else {
        return DispatcherSight::Over;
    };
    match row.state {
        SubmissionState::Over => DispatcherSight::Over,
        SubmissionState::Canceling => DispatcherSight::Lost,
        SubmissionState::Planned | SubmissionState::Submitting => DispatcherSight::Coming,
        SubmissionState::Submitted => match (row.online_at, row.lost_at) {
            (None, _) => DispatcherSight::Coming,
            (Some(_), Some(lost)) if now - lost > OFFLINE_PATIENCE => DispatcherSight::Lost,
            (Some(_), Some(_) | None) => DispatcherSight::Online,
        },
    }
}

fn cancel(code: Code, sentence: impl Into<String>) -> Step {
    Step::Move {
        to: SubmissionState::Canceling,
        why: Reason::new(code, sentence),
    }
}

/// Why it is not wanted any more.
fn unwanted(seen: &Seen, now: DateTime<Utc>) -> Option<Reason> {
    if !seen.needed {
        return Some(Reason::new(
            Code::NoLongerNeeded,
            "No device needs it any more.",
        ));
    }
    if seen.waited_since.is_some_and(|at| now - at > JOBS_PATIENCE) {
        return Some(Reason::new(
            Code::NoLongerNeeded,
            "Jobs that are to end do not; without it they drive nothing.",
        ));
    }
    seen.stop.clone()
}

fn submitted(row: &submission::Model, seen: &Seen, timing: &Timing, now: DateTime<Utc>) -> Step {
    match seen.job {
        JobSight::There(JobState::Finished) => {
            return over(Code::JobFinished, "The lab's job is finished.");
        }
        JobSight::Absent => return over(Code::JobVanished, "The lab has no such job any more."),
        JobSight::Unseen | JobSight::There(_) => {}
    }
    if let Some(why) = unwanted(seen, now) {
        return Step::Move {
            to: SubmissionState::Canceling,
            why,
        };
    }
    match (row.online_at, online(row, seen)) {
        (_, None) => waiting(row, seen, timing, now),
        (None, Some(true)) => Step::Note(Fact::Online),
        (None, Some(false)) => waiting(row, seen, timing, now),
        (Some(_), Some(true)) if row.lost_at.is_some() => Step::Note(Fact::Back),
        (Some(_), Some(true)) => Step::Wait,
        (Some(_), Some(false)) => match row.lost_at {
            None => Step::Note(Fact::Offline),
            Some(lost) if now - lost > OFFLINE_PATIENCE => {
                cancel(Code::DispatcherLost, "Its worker is offline.")
            }
            Some(_) => Step::Wait,
        },
    }
}

/// Whether the worker is there, and of this very job; None when it was not seen.
fn online(row: &submission::Model, seen: &Seen) -> Option<bool> {
    match &seen.worker {
        WorkerSight::Unseen => None,
        WorkerSight::Absent => Some(false),
        WorkerSight::There {
            online,
            version,
            last_ping,
        } => {
            let same = version.is_none() || *version == seen.version;
            let fresh = match (row.pinged_at, last_ping) {
                (Some(before), Some(ping)) => *ping > before,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            Some(*online && same && fresh)
        }
    }
}

fn waiting(row: &submission::Model, seen: &Seen, timing: &Timing, now: DateTime<Utc>) -> Step {
    if row.online_at.is_some() {
        return Step::Wait;
    }
    let since = row.submitted_at.unwrap_or(row.planned_at);
    if now - since <= timing.dispatcher_patience {
        return Step::Wait;
    }
    match (&seen.worker, &seen.version) {
        (
            WorkerSight::There {
                version: Some(theirs),
                ..
            },
            Some(ours),
        ) if theirs != ours => cancel(
            Code::VersionMismatch,
            format!(
                "The dispatcher is of version {theirs}, the federated server of {ours}: they must be equal. Check the dispatcher image."
            ),
        ),
        _ => cancel(
            Code::NeverOnline,
            format!(
                "No worker came online within {} minutes. Check that the lab's docker device is free and that it reaches the federated server.",
                timing.dispatcher_patience.num_minutes()
            ),
        ),
    }
}
