//! One job of the server. Must not know how it is scheduled.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    definition::Definition,
    result::{Results, Story},
    words::{JobHealth, JobState},
};

/// A job as the server has it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: u32,
    pub submitter: String,
    pub health_check: bool,
    pub device_type: String,
    pub device: Option<String>,
    pub tags: Vec<u32>,
    pub submit_time: DateTime<Utc>,
    pub start_time: Option<DateTime<Utc>>,
    pub end_time: Option<DateTime<Utc>>,
    pub state: JobState,
    pub health: JobHealth,
    pub priority: u8,
    pub definition: Arc<Definition>,
    pub token: String,
    /// As LAVA writes it.
    pub text: Arc<str>,
    /// As it was submitted.
    pub original: Arc<str>,
    pub(crate) scheduled_at: Option<DateTime<Utc>>,
    /// What will become of it while its dispatcher lives.
    pub(crate) plan: Option<Plan>,
    /// When its dispatcher has canceled it.
    pub(crate) canceled_at: Option<DateTime<Utc>>,
    /// The worker that runs it.
    pub(crate) worker: Option<String>,
    pub(crate) results: Results,
    /// URLs of its callbacks: filled once, at the first event.
    pub(crate) urls: Vec<Option<String>>,
}

/// How a running job is going to end.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) at: DateTime<Utc>,
    pub(crate) health: JobHealth,
    pub(crate) infrastructure: bool,
    pub(crate) story: Story,
}

impl Job {
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state == JobState::Finished
    }
}
