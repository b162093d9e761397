//! Jobs: submitted, found, canceled, and their results. Must not know what a
//! job is for.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::job::{JobHealth, JobState};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    CallError, CallFailure, Client,
    answer::aside,
    call::{Ask, path},
};
use crate::lava::results::{self, Results};

/// LAVA's id of a job; a text, so that nobody counts with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct JobNumber(String);

impl JobNumber {
    /// None for what is no id of a job.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const LONGEST: usize = 64;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_id = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.len() <= LONGEST
            && text.chars().all(plain);
        is_id.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for JobNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<serde_json::Value> for JobNumber {
    type Error = String;

    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let text = match &value {
            serde_json::Value::Number(number) => number.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        Self::parse(&text).ok_or_else(|| "it is not the id of a job".to_owned())
    }
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Fields")]
pub struct Job {
    pub id: JobNumber,
    pub submitted_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub state: JobState,
    pub health: JobHealth,
    /// The `job_name` of the definition.
    pub description: String,
    /// May hold tokens and passwords; Debug leaves it out.
    pub definition: String,
    pub submitter: String,
    pub requested_device_type: Option<String>,
    pub actual_device: Option<String>,
    pub failure_comment: Option<String>,
    pub health_check: bool,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.id)
            .field("submitted_at", &self.submitted_at)
            .field("state", &self.state)
            .field("health", &self.health)
            .field("description", &self.description)
            .field("actual_device", &self.actual_device)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Submits a definition that makes one job.
    pub async fn submit(&self, definition: &str) -> Result<JobNumber, CallError> {
        let path = path(&["jobs"])?;
        let ask = Ask::json(Method::POST, path, &Submission { definition })?;
        let told: Submitted = self.fetch(ask).await?;
        match <[JobNumber; 1]>::try_from(told.job_ids) {
            Ok([id]) => Ok(id),
            Err(ids) => {
                let ids: Vec<_> = ids.iter().map(JobNumber::as_str).collect();
                Err(CallError::garbled(format!(
                    "{} made {} jobs ({}) of a definition meant for one; cancel them, and submit \
                     definitions without multinode",
                    self.base,
                    ids.len(),
                    ids.join(", ")
                )))
            }
        }
    }

    pub async fn job(&self, id: &JobNumber) -> Result<Option<Job>, CallError> {
        self.find(Ask::get(path(&["jobs", id.as_str()])?)).await
    }

    /// The jobs of this very description submitted after a time, newest first:
    /// finds the job whose submission was not answered.
    pub async fn jobs_since(
        &self,
        since: DateTime<Utc>,
        description: &str,
    ) -> Result<Vec<Job>, CallError> {
        let time = since.to_rfc3339_opts(SecondsFormat::Micros, true);
        // 2023.01 lists the oldest first unless told; filters that a release
        // does not know are ignored, so nothing here relies on them
        let filter = [
            ("ordering", "-id"),
            ("submit_time__gt", time.as_str()),
            ("description", description),
        ];
        let older = |job: &Job| job.submitted_at <= since;
        let mut jobs: Vec<Job> = self.list_until("jobs", &filter, older).await?;
        jobs.retain(|job| !older(job) && job.description == description);
        Ok(jobs)
    }

    /// The unfinished jobs of a device, health checks too.
    pub async fn jobs_on(&self, device_hostname: &str) -> Result<Vec<Job>, CallError> {
        let mut found: Vec<Job> = Vec::new();
        // in the order in which a job passes them: what moves on meanwhile is
        // met again, not missed
        for state in ["Scheduling", "Scheduled", "Running", "Canceling"] {
            let filter = [
                ("ordering", "-id"),
                ("actual_device", device_hostname),
                ("state", state),
            ];
            let jobs: Vec<Job> = self.list("jobs", &filter).await?;
            for job in jobs {
                let here = job.actual_device.as_deref() == Some(device_hostname);
                let known = found.iter().any(|other| other.id == job.id);
                if here && job.state != JobState::Finished && !known {
                    found.push(job);
                }
            }
        }
        Ok(found)
    }

    /// The job that was given the device last, finished or not.
    ///
    /// # Errors
    /// As every call.
    pub async fn latest_job_on(&self, device_hostname: &str) -> Result<Option<Job>, CallError> {
        let filter = [("ordering", "-id"), ("actual_device", device_hostname)];
        let jobs: Vec<Job> = self.list_until("jobs", &filter, |_| true).await?;
        let here = |job: &Job| job.actual_device.as_deref() == Some(device_hostname);
        Ok(jobs.into_iter().find(here))
    }

    /// Asks LAVA to end a job; a finished one is left as it is. The job is over
    /// when `job` says so, seconds later.
    pub async fn cancel(&self, id: &JobNumber) -> Result<(), CallError> {
        let path = path(&["jobs", id.as_str(), "cancel"])?;
        let by_get = self.cancels_by_get();
        for by_get in [by_get, !by_get] {
            let method = if by_get { Method::GET } else { Method::POST };
            let answer = self.call(&Ask::bare(method, path.clone())).await?;
            if answer.status == StatusCode::METHOD_NOT_ALLOWED {
                continue;
            }
            answer.applied()?;
            self.remember_cancel_by_get(by_get);
            return Ok(());
        }
        Err(CallError::new(
            CallFailure::Refused,
            format!(
                "{}{path}: LAVA cancels neither by POST nor by GET; is this a LAVA server from \
                 2023.01 on?",
                self.base
            ),
        ))
    }

    /// All results of a job; none at all when LAVA has none.
    pub async fn results(&self, id: &JobNumber) -> Result<Results, CallError> {
        let ask = Ask::get(path(&["jobs", id.as_str(), "yaml"])?);
        let answer = self.call(&ask).await?;
        let place = answer.place.clone();
        let text = answer.text()?;
        let read = aside(text.len(), move || results::parse_all(&text)).await?;
        read.map_err(|error| {
            CallError::garbled(format!("{place}: the results are not LAVA's: {error}"))
        })
    }
}

#[derive(Deserialize)]
struct Fields {
    id: JobNumber,
    submit_time: DateTime<Utc>,
    start_time: Option<DateTime<Utc>>,
    end_time: Option<DateTime<Utc>>,
    state: State,
    health: Health,
    description: Option<String>,
    definition: Option<String>,
    submitter: String,
    requested_device_type: Option<String>,
    actual_device: Option<String>,
    failure_comment: Option<String>,
    #[serde(default)]
    health_check: bool,
}

/// LAVA's spelling of `JobState`.
#[derive(Deserialize)]
enum State {
    Submitted,
    Scheduling,
    Scheduled,
    Running,
    Canceling,
    Finished,
}

/// LAVA's spelling of `JobHealth`.
#[derive(Deserialize)]
enum Health {
    Unknown,
    Complete,
    Incomplete,
    Canceled,
}

impl From<Fields> for Job {
    fn from(fields: Fields) -> Self {
        Self {
            id: fields.id,
            submitted_at: fields.submit_time,
            started_at: fields.start_time,
            ended_at: fields.end_time,
            state: match fields.state {
                State::Submitted => JobState::Submitted,
                State::Scheduling => JobState::Scheduling,
                State::Scheduled => JobState::Scheduled,
                State::Running => JobState::Running,
                State::Canceling => JobState::Canceling,
                State::Finished => JobState::Finished,
            },
            health: match fields.health {
                Health::Unknown => JobHealth::Unknown,
                Health::Complete => JobHealth::Complete,
                Health::Incomplete => JobHealth::Incomplete,
                Health::Canceled => JobHealth::Canceled,
            },
            description: fields.description.unwrap_or_default(),
            definition: fields.definition.unwrap_or_default(),
            submitter: fields.submitter,
            requested_device_type: fields.requested_device_type,
            actual_device: fields.actual_device,
            failure_comment: fields.failure_comment,
            health_check: fields.health_check,
        }
    }
}

#[derive(Serialize)]
struct Submission<'a> {
    definition: &'a str,
}

#[derive(Deserialize)]
struct Submitted {
    job_ids: Vec<JobNumber>,
}
