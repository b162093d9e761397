//! Notification callbacks: what LAVA would send, ready to be sent. Must not
//! send anything.

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    definition::Wanted,
    result, time,
    words::{JobHealth, JobState, Release},
    world::{Job, World},
};

/// One request LAVA makes: once, whatever the answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    pub job: u32,
    pub state: JobState,
    pub url: String,
    pub method: &'static str,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Files the callbacks of a job for what just happened to it.
pub(crate) fn send(world: &mut World, id: u32) {
    let Some(job) = world.jobs.get(&id) else {
        return;
    };
    let definition = job.definition.clone();
    let Some(notify) = &definition.notify else {
        return;
    };
    let wants = matches!(
        (notify.criteria.as_str(), job.state, job.health),
        ("all", _, _)
            | ("running", JobState::Running, _)
            | ("finished", JobState::Finished, _)
            | ("complete", JobState::Finished, JobHealth::Complete)
            | ("incomplete", JobState::Finished, JobHealth::Incomplete)
            | ("canceled", JobState::Finished, JobHealth::Canceled)
    );
    if !wants {
        return;
    }
    for (nth, wanted) in notify.callbacks.iter().enumerate() {
        let Some(job) = world.jobs.get(&id) else {
            return;
        };
        let filled = job.urls.get(nth).cloned().flatten();
        let url = filled.unwrap_or_else(|| fill(&wanted.url, job));
        let callback = callback(world, job, wanted, url.clone());
        world.callbacks.push(callback);
        if let Some(job) = world.jobs.get_mut(&id)
            && let Some(place) = job.urls.get_mut(nth)
        {
            *place = Some(url);
        }
    }
}

fn fill(url: &str, job: &Job) -> String {
    let (status, word) = status(job);
    url.replace("{ID}", &job.id.to_string())
        .replace("{STATUS}", &status.to_string())
        .replace("{STATUS_STRING}", word)
        .replace("{STATE}", &job.state.number().to_string())
        .replace("{STATE_STRING}", job.state.as_str())
        .replace("{HEALTH}", &job.health.number().to_string())
        .replace("{HEALTH_STRING}", job.health.as_str())
        .replace("{DESCRIPTION}", &job.definition.job_name)
        .replace("{DEVICE_ID}", job.device.as_deref().unwrap_or_default())
}

/// The one number callbacks have for state and health.
fn status(job: &Job) -> (u8, &'static str) {
    match (job.state, job.health) {
        (JobState::Submitted | JobState::Scheduling | JobState::Scheduled, _) => (0, "submitted"),
        (JobState::Running, _) => (1, "running"),
        (JobState::Canceling, _) => (5, "canceling"),
        (JobState::Finished, JobHealth::Complete) => (2, "complete"),
        (JobState::Finished, JobHealth::Canceled) => (4, "canceled"),
        (JobState::Finished, JobHealth::Incomplete | JobHealth::Unknown) => (3, "incomplete"),
    }
}

fn callback(world: &World, job: &Job, wanted: &Wanted, url: String) -> Callback {
    let agent = match world.release {
        Release::V2023_01 => "python-requests/2.28.1",
        Release::V2026_10 => "python-requests/2.32.3",
    };
    let mut headers = vec![
        ("User-Agent".to_owned(), agent.to_owned()),
        ("Accept".to_owned(), "*/*".to_owned()),
    ];
    // the description of one of the submitter's API tokens stands for its secret
    let secret = wanted.token.as_ref().map(|token| {
        let tokens = world
            .user(&job.submitter)
            .map(|user| user.tokens.as_slice());
        let own = tokens.unwrap_or(&[]);
        own.iter()
            .find(|(_, description)| description == token)
            .map_or_else(|| token.clone(), |(secret, _)| secret.clone())
    });
    if let Some(secret) = &secret {
        headers.push((wanted.header.clone(), secret.clone()));
    }
    let body = if wanted.post {
        let payload = Payload::new(world, job, wanted, secret);
        let (kind, body) = if wanted.json {
            ("application/json", payload.json())
        } else {
            ("application/x-www-form-urlencoded", payload.form())
        };
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
        body
    } else {
        Bytes::new()
    };
    Callback {
        job: job.id,
        state: job.state,
        url,
        method: if wanted.post { "POST" } else { "GET" },
        headers,
        body,
    }
}

#[derive(Serialize)]
struct Payload {
    id: u32,
    status: u8,
    status_string: &'static str,
    state: u8,
    state_string: &'static str,
    health: u8,
    health_string: &'static str,
    submit_time: String,
    start_time: String,
    end_time: String,
    submitter_username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitter_email: Option<String>,
    failure_comment: Option<String>,
    priority: u8,
    description: String,
    actual_device_id: Option<String>,
    definition: String,
    metadata: Vec<Single>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health_check: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_map")]
    results: Option<Vec<(String, String)>>,
}

/// A map of one pair.
struct Single(String, String);

impl Serialize for Single {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&self.0, &self.1)?;
        map.end()
    }
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn as_map<S: Serializer>(
    pairs: &Option<Vec<(String, String)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (key, value) in pairs.iter().flatten() {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

impl Payload {
    fn new(world: &World, job: &Job, wanted: &Wanted, token: Option<String>) -> Self {
        let old = world.release == Release::V2023_01;
        let (status, status_string) = status(job);
        let text = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map_or_else(|| "None".to_owned(), |at| time::spaced(world.shown(at)))
        };
        let running = job.state == JobState::Running;
        let mut metadata = job.definition.metadata.clone();
        metadata.sort();
        Self {
            id: job.id,
            status,
            status_string,
            state: job.state.number(),
            state_string: job.state.as_str(),
            health: job.health.number(),
            health_string: job.health.as_str(),
            submit_time: text(Some(job.submit_time)),
            // 2023.01 sends it before it is set, and the end not at all
            start_time: text(job.start_time.filter(|start| {
                // a job that never started gets its start when it ends, after 2023.01 has told
                !(old && (running || job.end_time == Some(*start)))
            })),
            end_time: text(job.end_time.filter(|_| !old)),
            submitter_username: job.submitter.clone(),
            submitter_email: (!old).then(|| format!("{}@example.com", job.submitter)),
            failure_comment: None,
            priority: job.priority,
            description: job.definition.job_name.clone(),
            actual_device_id: job.device.clone(),
            definition: job.text.to_string(),
            metadata: if old {
                Vec::new()
            } else {
                metadata
                    .into_iter()
                    .map(|(key, value)| Single(key, value))
                    .collect()
            },
            health_check: (!old).then_some(job.health_check),
            token: token.filter(|_| old),
            log: matches!(wanted.dataset.as_str(), "logs" | "all")
                .then(|| world.log(job))
                .flatten(),
            results: matches!(wanted.dataset.as_str(), "results" | "all")
                .then(|| results(job, world.release)),
        }
    }

    fn json(&self) -> Bytes {
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// As Python's `requests` encodes it: nulls and the inside of maps and lists are lost.
    fn form(&self) -> Bytes {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("id", &self.id.to_string())
            .append_pair("status", &self.status.to_string())
            .append_pair("status_string", self.status_string)
            .append_pair("state", &self.state.to_string())
            .append_pair("state_string", self.state_string)
            .append_pair("health", &self.health.to_string())
            .append_pair("health_string", self.health_string)
            .append_pair("submit_time", &self.submit_time)
            .append_pair("start_time", &self.start_time)
            .append_pair("end_time", &self.end_time)
            .append_pair("submitter_username", &self.submitter_username);
        if let Some(email) = &self.submitter_email {
            form.append_pair("submitter_email", email);
        }
        form.append_pair("priority", &self.priority.to_string())
            .append_pair("description", &self.description);
        if let Some(device) = &self.actual_device_id {
            form.append_pair("actual_device_id", device);
        }
        form.append_pair("definition", &self.definition);
        for Single(key, _) in &self.metadata {
            form.append_pair("metadata", key);
        }
        if let Some(check) = self.health_check {
            form.append_pair("health_check", if check { "True" } else { "False" });
        }
        if let Some(token) = &self.token {
            form.append_pair("token", token);
        }
        if let Some(log) = &self.log {
            form.append_pair("log", log);
        }
        for (suite, _) in self.results.iter().flatten() {
            form.append_pair("results", suite);
        }
        form.finish().into()
    }
}

fn results(job: &Job, release: Release) -> Vec<(String, String)> {
    let suites = job.results.suites(release);
    let own = suites.iter().map(|suite| {
        let text = result::export(&job.results.of_suite(suite.id), job.id, release);
        (suite.name.clone(), text)
    });
    own.collect()
}
