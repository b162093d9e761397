//! Recording what is told of a job. `record` is the only writer of results:
//! jobs, verdicts, cells, their changes and folds, and the event that tells of
//! them. It works in the caller's transaction, so that many jobs share one
//! commit, and never reads a clock.
//!
//! A report may be late, repeated or poorer than what is known. So the state of
//! a job only moves forward, a known value is never replaced by a missing one,
//! and a cell is computed from all its verdicts in the order the jobs were
//! submitted, whatever the order in which they are told.

mod batch;
mod names;
mod query;
mod rollup_rows;

use chrono::{DateTime, Utc};
use entity::{
    job::{JobHealth, JobId, JobState, JobType},
    source::SourceId,
};

pub use batch::Batch;
pub(crate) use names::{make_device_type, make_version};
pub use query::{
    JobFilter, JobNames, attempts_of_cell, attempts_on, by_word, count, features, filter, find,
    labs_of_cell, labs_of_versions, latest_verdicts, page,
};

use crate::verdict::FeatureVerdict;

/// How lavafed learned of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// LAVA notified, or somebody reported.
    ByReport,
    /// lavafed asked the source.
    ByFetch,
}

/// What a source tells of one of its jobs.
#[derive(Clone, Debug)]
pub struct JobReport {
    pub told: Told,
    pub source: SourceId,
    pub external_id: String,
    pub submitted_at: DateTime<Utc>,
    pub job_type: JobType,
    pub description: String,
    pub version: Option<String>,
    pub device_type: Option<String>,
    /// The device's name at the source.
    pub device: Option<String>,
    pub state: JobState,
    pub health: JobHealth,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub error_type: Option<String>,
    pub error_message: Option<String>,
    pub failing_action: Option<String>,
    pub log_line: Option<i32>,
    pub url: Option<String>,
    /// Names of the features the job exercises.
    pub features: Vec<String>,
    /// None: the report says nothing of verdicts.
    pub verdicts: Option<Vec<FeatureVerdict>>,
}

/// Lengths of the columns, in characters; PostgreSQL holds texts to them.
const ERROR_TYPE: usize = 64;
const FAILING_ACTION: usize = 200;

impl JobReport {
    /// As every database can hold it, whatever bytes the source sent.
    #[must_use]
    pub fn storable(mut self) -> Self {
        let cut = |text: String, length| storable_text(&text).chars().take(length).collect();
        let whole = |text: String| storable_text(&text);
        self.description = storable_text(&self.description);
        self.error_type = self.error_type.map(|text| cut(text, ERROR_TYPE));
        self.error_message = self.error_message.map(whole);
        self.failing_action = self.failing_action.map(|text| cut(text, FAILING_ACTION));
        self.url = self.url.map(whole);
        for said in self.verdicts.iter_mut().flatten() {
            said.message = said.message.take().map(whole);
        }
        self
    }
}

/// PostgreSQL's texts hold no NUL.
pub(crate) fn storable_text(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

impl JobReport {
    /// The features it names, as exercised or in a verdict.
    fn named_features(&self) -> impl Iterator<Item = &String> {
        let judged = self.verdicts.iter().flatten();
        self.features
            .iter()
            .chain(judged.map(|verdict| &verdict.feature))
    }
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub job: JobId,
    /// The event that tells of it; None when it changed nothing.
    pub event: Option<i64>,
    /// It told of a state the job had left behind.
    pub late: bool,
    /// Features it names that nobody declared: they do not count.
    pub undeclared: Vec<String>,
}
