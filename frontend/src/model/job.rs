//! One job with its verdicts and where they came from.
//!
//! Must not know how it was fetched.

use serde::{Deserialize, Serialize};

use super::cell::JobError;
use super::verdict::Verdict;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum JobType {
    Fed,
    Slave,
    Meta,
    Package,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum JobState {
    Submitted,
    Scheduling,
    Scheduled,
    Running,
    Canceling,
    Finished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum JobHealth {
    Unknown,
    Complete,
    Incomplete,
    Canceled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ReceiptFormat {
    Json,
    Urlencoded,
    Result,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ReceiptState {
    Pending,
    Accepted,
    Partial,
    Late,
    Refused,
    Invalid,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobDetail {
    pub id: String,
    pub external_id: String,
    pub kind: JobType,
    pub description: String,
    pub state: JobState,
    pub health: JobHealth,
    pub submitted_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub error: JobError,
    pub url: Option<String>,
    pub event: i64,
    pub source: String,
    pub lab: Option<String>,
    pub version: Option<String>,
    pub device_type: Option<String>,
    pub device: Option<String>,
    /// Features it exercises, those without a verdict included.
    pub features: Vec<String>,
    pub verdicts: Vec<JobVerdict>,
    pub receipts: Vec<Receipt>,
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobRow {
    pub id: String,
    pub external_id: String,
    pub source: String,
    pub kind: JobType,
    pub state: JobState,
    pub health: JobHealth,
    pub error: Option<String>,
    pub submitted_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub version: Option<String>,
    pub device_type: Option<String>,
    pub device: Option<String>,
    pub lab: Option<String>,
}

/// Names by which jobs can be narrowed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct JobNames {
    pub versions: Vec<String>,
    pub features: Vec<String>,
    pub device_types: Vec<String>,
    pub labs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobVerdict {
    pub feature: String,
    pub verdict: Verdict,
    pub message: Option<String>,
}

/// One notification as it arrived, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Receipt {
    pub id: String,
    pub received_at: String,
    pub source: String,
    pub format: ReceiptFormat,
    pub deliveries: i64,
    pub state: ReceiptState,
    pub code: Option<String>,
    pub message: Option<String>,
    pub applied_at: Option<String>,
    /// The id and the number of the job it tells of, in a list of all.
    pub job: Option<(String, String)>,
}

/// How a job ended, or how far it is, in LAVA's own spelling.
pub(crate) fn outcome(state: JobState, health: JobHealth) -> &'static str {
    match health {
        JobHealth::Unknown => state.word(),
        JobHealth::Complete | JobHealth::Incomplete | JobHealth::Canceled => health.word(),
    }
}

impl JobType {
    pub(crate) const ALL: [Self; 4] = [Self::Fed, Self::Slave, Self::Meta, Self::Package];

    /// As the contract spells it; `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.word().eq_ignore_ascii_case(word))
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fed => "FED",
            Self::Slave => "SLAVE",
            Self::Meta => "META",
            Self::Package => "PACKAGE",
        }
    }
}

impl JobState {
    pub(crate) const ALL: [Self; 6] = [
        Self::Submitted,
        Self::Scheduling,
        Self::Scheduled,
        Self::Running,
        Self::Canceling,
        Self::Finished,
    ];

    /// As the contract spells it; `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.word().eq_ignore_ascii_case(word))
    }

    /// LAVA's own spelling.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Submitted => "Submitted",
            Self::Scheduling => "Scheduling",
            Self::Scheduled => "Scheduled",
            Self::Running => "Running",
            Self::Canceling => "Canceling",
            Self::Finished => "Finished",
        }
    }
}

impl JobHealth {
    pub(crate) const ALL: [Self; 4] = [
        Self::Unknown,
        Self::Complete,
        Self::Incomplete,
        Self::Canceled,
    ];

    /// As the contract spells it; `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.word().eq_ignore_ascii_case(word))
    }

    /// LAVA's own spelling.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Complete => "Complete",
            Self::Incomplete => "Incomplete",
            Self::Canceled => "Canceled",
        }
    }
}

impl ReceiptFormat {
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "JSON" => Self::Json,
            "URLENCODED" => Self::Urlencoded,
            "RESULT" => Self::Result,
            _ => return None,
        })
    }

    /// The channel by which the result came.
    pub(crate) fn channel(self) -> &'static str {
        match self {
            Self::Json => "callback, JSON",
            Self::Urlencoded => "callback, urlencoded",
            Self::Result => "reportJob, plain result",
        }
    }
}

impl ReceiptState {
    /// What counts in full, or came too late, stays as it is.
    pub(crate) fn may_be_replayed(self) -> bool {
        match self {
            Self::Partial | Self::Refused | Self::Invalid => true,
            Self::Pending | Self::Accepted | Self::Late => false,
        }
    }

    pub(crate) const ALL: [Self; 6] = [
        Self::Accepted,
        Self::Partial,
        Self::Late,
        Self::Refused,
        Self::Invalid,
        Self::Pending,
    ];

    /// As the contract spells it; `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.word().eq_ignore_ascii_case(word))
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Partial => "partial",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Pending => "stored, not yet applied",
            Self::Accepted => "applied in full",
            Self::Partial => "applied, but something in it was not counted",
            Self::Late => "stored, but newer news had been applied already",
            Self::Refused => "not applied",
            Self::Invalid => "could not be read",
        }
    }
}
