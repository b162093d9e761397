//! Getting a job into a LAVA server exactly once, although a submission has no
//! key that would make it so: what was sent and not answered is looked up by its
//! name until it cannot arrive any more. Pure; the same for FED and SLAVE jobs.

use chrono::{DateTime, Utc};
use entity::{
    job::JobState,
    submission::{self, SubmissionState},
};

use super::{
    reason::{Code, Reason},
    state::SETTLE,
};

/// The job at its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobSight {
    Unseen,
    /// The server has no such job.
    Absent,
    There(JobState),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Wait,
    Move { to: SubmissionState, why: Reason },
    Note(Fact),
    Do(Act),
}

/// What is kept of what was seen of a dispatcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It is online with the server's version.
    Online,
    /// It was online and is not.
    Offline,
    /// It is online again.
    Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Submit,
    /// See whether the server has it after a submission without an answer.
    LookUp,
    Cancel,
}

pub(super) fn over(code: Code, sentence: impl Into<String>) -> Step {
    Step::Move {
        to: SubmissionState::Over,
        why: Reason::new(code, sentence),
    }
}

/// The next step of a job that no server is known to have. `job` is Absent only
/// when it was looked up just now and not found; `refused` is what the server
/// has against it, for good.
#[must_use]
pub fn unsent(
    row: &submission::Model,
    job: JobSight,
    refused: Option<&str>,
    unwanted: Option<Reason>,
    now: DateTime<Utc>,
) -> Step {
    if let Some(sentence) = refused {
        return over(Code::SubmissionRefused, sentence);
    }
    let Some(asked_at) = row.asked_at else {
        return match unwanted {
            Some(why) => over(why.code, why.sentence),
            None => Step::Do(Act::Submit),
        };
    };
    match job {
        JobSight::Unseen | JobSight::There(_) => Step::Do(Act::LookUp),
        // It was sent and not answered: it may arrive yet.
        JobSight::Absent if now - asked_at < SETTLE => Step::Wait,
        JobSight::Absent => match unwanted {
            Some(why) => over(why.code, why.sentence),
            None => Step::Do(Act::Submit),
        },
    }
}

/// The next step of a job that is to end.
#[must_use]
pub fn canceling(row: &submission::Model, job: JobSight, now: DateTime<Utc>) -> Step {
    match job {
        JobSight::There(JobState::Finished) => over(Code::JobFinished, "LAVA's job is finished."),
        JobSight::Absent => over(Code::JobVanished, "LAVA has no such job any more."),
        JobSight::Unseen | JobSight::There(_) if row.times_out_at.is_some_and(|end| now > end) => {
            over(
                Code::TimedOut,
                "LAVA's own time-out has passed; whatever it still shows, it drives nothing.",
            )
        }
        JobSight::There(JobState::Canceling) | JobSight::Unseen => Step::Wait,
        JobSight::There(
            JobState::Submitted | JobState::Scheduling | JobState::Scheduled | JobState::Running,
        ) => Step::Do(Act::Cancel),
    }
}
