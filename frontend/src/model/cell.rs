//! One cell in full: why it says what it says.
//!
//! Must not know how it was fetched or where it is shown.

use std::rc::Rc;

use super::change::ChangeClass;
use super::verdict::{CellVerdict, Verdict};

/// Which cell: without a device-type the fold over all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CellKey {
    pub version: String,
    pub feature: String,
    pub device_type: Option<String>,
    pub baseline: Option<String>,
    /// As of this event, instead of now.
    pub at: Option<i64>,
}

/// Why an expected cell has no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoleReason {
    Planned,
    NoDeviceLent,
    InfraFailed,
    JobNeverReported,
    NotReached,
    NotKnown,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CellDetail {
    pub event: i64,
    pub version: String,
    pub feature: String,
    pub feature_description: String,
    pub device_type: Option<String>,
    pub verdict: CellVerdict,
    pub change: Option<ChangeClass>,
    pub baseline: Option<String>,
    pub passed: u32,
    pub total: u32,
    pub attempts: u32,
    pub passes: u32,
    pub fails: u32,
    pub infras: u32,
    pub not_reached: u32,
    pub last_at: Option<String>,
    pub reason: Option<HoleReason>,
    pub reason_text: Option<String>,
    /// Is it LAVA, the device-type or the lab? Nothing when nothing failed.
    pub blame: Option<String>,
    pub carried: Option<Carried>,
    pub failing_since: Option<String>,
    pub failing_versions: u32,
    pub last_passing: Option<String>,
    pub parts: Vec<Part>,
    pub recent: Vec<Attempt>,
    pub history: Vec<HistoryPoint>,
    pub labs: Vec<LabCount>,
}

/// A verdict of an older version, shown where this one has none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Carried {
    pub version: String,
    pub verdict: Verdict,
    pub at: String,
    pub stale: bool,
}

/// One of the cells a fold stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub device_type: String,
    pub verdict: CellVerdict,
    pub change: Option<ChangeClass>,
    pub reason_text: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attempt {
    pub verdict: Verdict,
    pub message: Option<String>,
    pub job_id: String,
    pub external_id: String,
    pub submitted_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub error: JobError,
    pub url: Option<String>,
    pub device_type: Option<String>,
    pub device: Option<String>,
    /// The lab, or the source when the device is not a lab's.
    pub place: String,
}

/// What LAVA says of a job that did not end well.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct JobError {
    pub kind: Option<String>,
    pub message: Option<String>,
    pub failing_action: Option<String>,
    pub log_line: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HistoryPoint {
    pub version: Rc<str>,
    pub verdict: CellVerdict,
}

/// `lab` is `None` for a device of the federated server itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabCount {
    pub lab: Option<String>,
    pub attempts: u32,
    pub passes: u32,
    pub fails: u32,
    pub infras: u32,
}

impl HoleReason {
    /// `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "PLANNED" => Self::Planned,
            "NO_DEVICE_LENT" => Self::NoDeviceLent,
            "INFRA_FAILED" => Self::InfraFailed,
            "JOB_NEVER_REPORTED" => Self::JobNeverReported,
            "NOT_REACHED" => Self::NotReached,
            "NOT_KNOWN" => Self::NotKnown,
            _ => return None,
        })
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::NoDeviceLent => "no device lent",
            Self::InfraFailed => "infra failed",
            Self::JobNeverReported => "job never reported",
            Self::NotReached => "not reached",
            Self::NotKnown => "not known as of then",
        }
    }
}

impl JobError {
    pub(crate) fn is_empty(&self) -> bool {
        self.kind.is_none() && self.message.is_none() && self.failing_action.is_none()
    }
}

impl CellDetail {
    /// The newest attempt that says why the feature fails.
    pub(crate) fn failing_attempt(&self) -> Option<&Attempt> {
        self.recent.iter().find(|attempt| {
            attempt.verdict == Verdict::Fail
                && (!attempt.error.is_empty() || attempt.message.is_some())
        })
    }

    /// The parts that fail, by name.
    pub(crate) fn failing_parts(&self) -> Vec<&str> {
        self.parts
            .iter()
            .filter(|part| part.verdict == CellVerdict::Fail)
            .map(|part| part.device_type.as_str())
            .collect()
    }
}

impl Attempt {
    /// Where the log of this attempt says what went wrong.
    pub(crate) fn log_url(&self) -> Option<String> {
        log_url(self.url.as_deref()?, self.error.log_line?)
    }
}

/// LAVA's page of a job has an anchor for each line of its log.
pub(crate) fn log_url(job: &str, line: i64) -> Option<String> {
    is_web(job).then(|| format!("{}#L{line}", job.trim_end_matches('#')))
}

/// Only such a link is made one: what a source reports is not to be trusted
/// with `javascript:`.
pub(crate) fn is_web(url: &str) -> bool {
    let lower = url.trim_start().to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_the_web_are_links() {
        for (url, expected) in [
            ("https://lava.example/scheduler/job/1", true),
            ("HTTP://x", true),
            ("javascript:alert(1)", false),
            ("", false),
        ] {
            assert_eq!(is_web(url), expected, "{url}");
        }
        assert_eq!(
            log_url("https://lava/scheduler/job/1", 1186).as_deref(),
            Some("https://lava/scheduler/job/1#L1186")
        );
        assert_eq!(log_url("javascript:x", 1), None);
    }
}
