//! LAVA's notification: the body of a callback, JSON or urlencoded, of any
//! release from 2023.01 on. Must not know what becomes of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};
use entity::job::{JobHealth, JobState};
use serde_json::Value;

use super::{
    client::Job,
    definition::{self, Definition},
    results::{self, Results},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationFormat {
    Json,
    Urlencoded,
}

/// Where in a notification what could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Unreadable {
    pub place: String,
    pub reason: String,
}

impl Unreadable {
    pub(crate) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Notification {
    /// The job's id at its server.
    pub external_id: String,
    pub submitted_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    /// 2023.01 never tells it.
    pub ended_at: Option<DateTime<Utc>>,
    pub state: JobState,
    pub health: JobHealth,
    pub description: String,
    pub actual_device: Option<String>,
    pub definition: Result<Definition, Unreadable>,
    /// None: the dataset or the format of this notification carries none.
    pub results: Result<Option<Results>, Unreadable>,
    /// Where the failing action ended in the log; the log itself is not kept.
    log_line: Option<i32>,
}

/// What a job's row says of how the job failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    pub error_type: Option<String>,
    pub error_message: Option<String>,
    pub failing_action: Option<String>,
    /// As LAVA numbers them: the first line is 0.
    pub log_line: Option<i32>,
}

impl Notification {
    /// What a fetched job says, in the form of a notification; without results
    /// it tells state and health only.
    #[must_use]
    pub fn fetched(
        job: &Job,
        definition: Result<Definition, Unreadable>,
        results: Option<Results>,
    ) -> Self {
        Self {
            external_id: job.id.as_str().to_owned(),
            submitted_at: job.submitted_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            state: job.state,
            health: job.health,
            description: job.description.clone(),
            actual_device: job.actual_device.clone(),
            definition,
            results: Ok(results),
            log_line: None,
        }
    }

    /// The definition of a fetched job.
    pub fn read_definition(job: &Job) -> Result<Definition, Unreadable> {
        definition::parse(&job.definition)
            .map_err(|error| place_in("definition", error.line, error.column, error.reason))
    }

    /// How the job failed, as far as this notification tells.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        let results = self.results.as_ref().ok()?.as_ref()?;
        match self.health {
            JobHealth::Incomplete | JobHealth::Canceled => {}
            JobHealth::Complete | JobHealth::Unknown => return None,
        }
        let error = results.job_error();
        let step = if results.validate_failed() {
            Some("validate".to_owned())
        } else {
            results.failing_action().map(|action| action.name)
        };
        Some(Failure {
            error_type: error.error_type,
            error_message: error.message,
            failing_action: step,
            log_line: self.log_line,
        })
    }
}

/// Whether the body is a notification at all: cheap, for the door.
pub fn check_envelope(format: NotificationFormat, body: &[u8]) -> Result<(), Unreadable> {
    let fields = match format {
        NotificationFormat::Json => Fields::read_envelope(body)?,
        NotificationFormat::Urlencoded => Fields::read(format, body)?,
    };
    fields.external_id()?;
    fields.state()?;
    fields.health()?;
    fields.submitted_at()?;
    Ok(())
}

/// What the door looks at; everything else is skipped, not kept.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Envelope {
    id: Value,
    state: Value,
    health: Value,
    submit_time: Value,
}

/// Reads all of a notification. Only the envelope can make it fail: what is
/// wrong in definition or results is told there, the rest stays usable.
pub fn parse(format: NotificationFormat, body: &[u8]) -> Result<Notification, Unreadable> {
    let fields = Fields::read(format, body)?;
    let results = match format {
        NotificationFormat::Json => fields.results(),
        // names of suites at most
        NotificationFormat::Urlencoded => Ok(None),
    };
    let failing = results
        .as_ref()
        .ok()
        .and_then(|results| results.as_ref())
        .and_then(Results::failing_action);
    let log_line = failing.and_then(|failing| {
        let log = fields.text("log")?;
        line_of_end(&log, &failing.level, &failing.name)
    });
    Ok(Notification {
        external_id: fields.external_id()?,
        submitted_at: fields.submitted_at()?,
        started_at: fields.time("start_time").ok().flatten(),
        ended_at: fields.time("end_time").ok().flatten(),
        state: fields.state()?,
        health: fields.health()?,
        description: fields.text("description").unwrap_or_default(),
        actual_device: fields.text("actual_device_id").filter(|name| is_told(name)),
        definition: fields.definition(),
        results,
        log_line,
    })
}

/// The fields of either format; those of an urlencoded body are all texts.
struct Fields(BTreeMap<String, Value>);

impl Fields {
    fn read(format: NotificationFormat, body: &[u8]) -> Result<Self, Unreadable> {
        match format {
            NotificationFormat::Json => match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => Ok(Self(fields.into_iter().collect())),
                Ok(_) => Err(Unreadable::new("body", "it is JSON, but no object")),
                Err(error) => Err(not_json(&error)),
            },
            NotificationFormat::Urlencoded => Ok(Self(
                form_urlencoded::parse(body)
                    .map(|(key, value)| (key.into_owned(), Value::String(value.into_owned())))
                    .collect(),
            )),
        }
    }

    fn read_envelope(body: &[u8]) -> Result<Self, Unreadable> {
        // a list would be taken for the fields in turn
        if !body.trim_ascii_start().starts_with(b"{") {
            return Self::read(NotificationFormat::Json, body);
        }
        let told: Envelope = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
        let fields = [
            ("id", told.id),
            ("state", told.state),
            ("health", told.health),
            ("submit_time", told.submit_time),
        ];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
        Ok(Self(
            fields.map(|(key, value)| (key.to_owned(), value)).collect(),
        ))
    }

    fn text(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn external_id(&self) -> Result<String, Unreadable> {
        const LONGEST: usize = 64;
        let id = self
            .text("id")
            .filter(|id| is_told(id))
            .ok_or_else(|| Unreadable::new("id", "it is missing"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if id.len() > LONGEST || !id.chars().all(plain) {
            return Err(Unreadable::new("id", "it is not the id of a job"));
        }
        Ok(id)
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }

    fn state(&self) -> Result<JobState, Unreadable> {
        match self.number("state") {
            Some(0) => Ok(JobState::Submitted),
            Some(1) => Ok(JobState::Scheduling),
            Some(2) => Ok(JobState::Scheduled),
            Some(3) => Ok(JobState::Running),
            Some(4) => Ok(JobState::Canceling),
            Some(5) => Ok(JobState::Finished),
            Some(_) | None => Err(self.no_member("state", "0 (Submitted) to 5 (Finished)")),
        }
    }

    fn health(&self) -> Result<JobHealth, Unreadable> {
        match self.number("health") {
            Some(0) => Ok(JobHealth::Unknown),
            Some(1) => Ok(JobHealth::Complete),
            Some(2) => Ok(JobHealth::Incomplete),
            Some(3) => Ok(JobHealth::Canceled),
            Some(_) | None => Err(self.no_member("health", "0 (Unknown) to 3 (Canceled)")),
        }
    }

    fn no_member(&self, key: &str, members: &str) -> Unreadable {
        let reason = if self.0.contains_key(key) {
            format!("it is none of {members}")
        } else {
            "it is missing".to_owned()
        };
        Unreadable::new(key, reason)
    }

    fn submitted_at(&self) -> Result<DateTime<Utc>, Unreadable> {
        self.time("submit_time")?
            .ok_or_else(|| Unreadable::new("submit_time", "it is missing"))
    }

    /// A time, or the text `None` for none.
    fn time(&self, key: &str) -> Result<Option<DateTime<Utc>>, Unreadable> {
        let Some(text) = self.text(key).filter(|text| is_told(text)) else {
            return Ok(None);
        };
        let zoned = text.parse::<DateTime<Utc>>();
        let naive = || {
            text.parse::<NaiveDateTime>()
                .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f"))
        };
        zoned
            .or_else(|_| naive().map(|time| time.and_utc()))
            .ok()
            .filter(is_of_a_calendar)
            .map(Some)
            .ok_or_else(|| {
                Unreadable::new(
                    key,
                    "it is not a time such as 2026-11-22 09:38:24.576831+00:00",
                )
            })
    }

    fn definition(&self) -> Result<Definition, Unreadable> {
        let text = self
            .text("definition")
            .ok_or_else(|| Unreadable::new("definition", "it is missing"))?;
        definition::parse(&text)
            .map_err(|error| place_in("definition", error.line, error.column, error.reason))
    }

    fn results(&self) -> Result<Option<Results>, Unreadable> {
        let suites = match self.0.get("results") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(suites)) => suites,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                return Err(Unreadable::new("results", "it is no map of suites"));
            }
        };
        let mut read = Results::default();
        for (name, suite) in suites {
            let place = format!("results, suite {}", shorten(name));
            let Value::String(text) = suite else {
                return Err(Unreadable::new(place, "it is no YAML text"));
            };
            let cases = results::parse_suite(text)
                .map_err(|error| place_in(&place, error.line, error.column, error.reason))?;
            read.suites.insert(name.clone(), cases);
        }
        Ok(Some(read))
    }
}

/// Where a body stops being JSON.
pub(crate) fn not_json(error: &serde_json::Error) -> Unreadable {
    Unreadable::new(
        format!("line {}, column {}", error.line(), error.column()),
        format!("the body is not JSON: {error}"),
    )
}

fn place_in(place: &str, line: usize, column: usize, reason: String) -> Unreadable {
    Unreadable::new(format!("{place}, line {line}, column {column}"), reason)
}

fn shorten(name: &str) -> String {
    name.chars().take(100).collect()
}

/// Whether the year has four digits: SQLite compares times as texts, and
/// PostgreSQL's own end somewhere.
#[must_use]
pub fn is_of_a_calendar(time: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

/// LAVA writes the text `None` where there is nothing.
fn is_told(text: &str) -> bool {
    !text.is_empty() && text != "None"
}

/// The last line of a log on which a step ended. Each line is a flow map whose
/// `msg` is such as `end: 2.2.1 login-action (duration 00:00:07) [common]`.
fn line_of_end(log: &str, level: &str, name: &str) -> Option<i32> {
    let end = format!("\"end: {level} {name} (duration ");
    let line = log
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(&end))
        .last()?
        .0;
    i32::try_from(line).ok()
}

#[cfg(test)]
mod tests;
