//! Jobs of lavafed's own.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::submission;

use super::{
    job::Job,
    loader::row,
    scalar::{JobType, SubmissionState},
};

/// A job of lavafed's own on its way into a LAVA server.
pub(super) struct Submission(pub(super) submission::Model);

#[Object]
impl Submission {
    /// The name the job has in LAVA.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// FED, or SLAVE for the dispatcher in the lab.
    async fn r#type(&self) -> JobType {
        self.0.job_type.into()
    }

    /// The job template; null for a SLAVE job.
    async fn template(&self) -> Option<&str> {
        self.0.template.as_deref()
    }

    /// 1, or 2 for the one repetition of a job that failed.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// How far it is on its way.
    async fn state(&self) -> SubmissionState {
        self.0.state.into()
    }

    /// Why it is in its state: a stable code.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Why it is in its state: a sentence.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// LAVA's id of the job.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// What is known of the job by now.
    async fn job(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Job>> {
        match self.0.job_id {
            Some(id) => Ok(row!(ctx, id)?.map(Job)),
            None => Ok(None),
        }
    }

    /// The lab's docker device a SLAVE job runs on.
    async fn docker_device(&self) -> Option<&str> {
        self.0.docker_device.as_deref()
    }

    /// The worker at the federated server that a SLAVE job becomes.
    async fn worker(&self) -> Option<&str> {
        self.0.worker.as_deref()
    }

    /// When it was wanted.
    async fn planned_at(&self) -> DateTime<Utc> {
        self.0.planned_at
    }

    /// When LAVA was known to have it.
    async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.0.submitted_at
    }

    /// When the worker was online with the federated server's version.
    async fn online_at(&self) -> Option<DateTime<Utc>> {
        self.0.online_at
    }

    /// When it was finished in LAVA, or known not to be there.
    async fn over_at(&self) -> Option<DateTime<Utc>> {
        self.0.over_at
    }
}
