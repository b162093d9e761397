//! Drives the labs: reads rows, looks at the servers, asks `lease` what is next,
//! and does it. All that may happen is said in `lease`; here is how it is done.
//! Must not decide what `lease` decides.
//!
//! One task per lab, one replica per lab (`seat`). A task goes round:
//!
//! ```text
//!  tick ─► round        begins, closes, ends
//!       ─► dispatchers  one SLAVE job per docker device
//!       ─► leases       one step each, by what both servers show now
//!       ─► jobs         FED jobs: chosen, submitted, polled, recorded
//!       ─► alerts       what a person has to know
//! ```
//!
//! Every write to a server goes through [`Tick::write`]: its intent is committed,
//! the call is made, its outcome is committed. After a crash an intent without an
//! outcome is taken for a call that may still arrive.

mod alerts;
mod contact;
mod dispatchers;
mod docker;
pub mod doctor;
mod federated;
mod jobs;
mod known;
mod leases;
mod recover;
mod result;
mod rounds;
pub mod seat;
pub mod servers;
mod standing;
mod submissions;
mod tick;
mod webhook;
mod work;

pub use tick::{Pace, tick};
pub use work::run;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{job::JobState, lease::LeaseId, source, submission::SubmissionId};

use crate::lava::definition::Definition;
use known::Known;

/// What a driver remembers of a lab between ticks. Losing it costs a call or two.
#[derive(Debug, Default)]
pub struct Memory {
    /// Leases whose last write the lab refused with 403, and when.
    denied: HashMap<LeaseId, (DateTime<Utc>, String)>,
    /// Leases the federated server will not take, and why.
    unprepared: HashMap<LeaseId, String>,
    /// Submissions a server will not take, and why.
    refused: HashMap<SubmissionId, String>,
    /// The state of each job as it was last recorded.
    told: HashMap<SubmissionId, JobState>,
    /// What each job's definition says, beside its text.
    read: HashMap<SubmissionId, (String, Definition)>,
    /// The federated server's version, and when it told it.
    version_told: Option<(DateTime<Utc>, String)>,
    /// When each dispatcher that is well was last looked at.
    looked_at: HashMap<SubmissionId, DateTime<Utc>>,
    /// When each job was last asked to end.
    canceled: HashMap<String, DateTime<Utc>>,
    /// When the lab was last asked how it does.
    probed_at: Option<DateTime<Utc>>,
    /// When strays were last looked for.
    swept_at: Option<DateTime<Utc>>,
    /// Why the last round was not begun, to say it once.
    said: Option<String>,
    recovered: Option<i64>,
    /// Of the lab and of the federated server.
    sources: Option<(source::Model, source::Model)>,
    known: Option<Known>,
}

impl Memory {
    /// What was known of a round's leases and jobs is of no more use once it is over.
    fn forget_round(&mut self) {
        self.denied.clear();
        self.unprepared.clear();
        self.refused.clear();
        self.told.clear();
        self.read.clear();
        self.looked_at.clear();
        self.canceled.clear();
    }
}
