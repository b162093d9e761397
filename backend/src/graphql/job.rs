//! Jobs, and the mutation that reports them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{feature, job, receipt::ReceiptState, source, verdict};

use super::{
    connection::{List, connection},
    context::{self, Window},
    device::Device,
    device_type::DeviceType,
    error::{UserError, UserErrorCode, split},
    feature::Feature,
    lab::Lab,
    lease::Lease,
    loader::{SubmittedAs, present, row},
    node::{self, Kind},
    receipt::Receipt,
    scalar::{EventNumber, JobHealth, JobProvenance, JobState, JobType, Verdict},
    version::Version,
};
use crate::{
    auth,
    lava::notification::NotificationFormat,
    service::{
        self, ingest,
        job::JobNames,
        receipt::{PlainResult, PlainVerdict},
    },
};

/// Where jobs come from: the federated server, CI or a lab.
pub(super) struct Source(pub(super) source::Model);

#[Object]
impl Source {
    /// `federated`, `ci` or `lab:NAME`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn lab(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Lab>> {
        match self.0.lab_id {
            Some(id) => Ok(row!(ctx, id)?.map(Lab)),
            None => Ok(None),
        }
    }
}

/// One LAVA job, or what CI counts as one.
pub(super) struct Job(pub(super) job::Model);

impl From<job::Model> for Job {
    fn from(row: job::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Job {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Job, self.0.id.0)
    }

    async fn source(&self, ctx: &Context<'_>) -> async_graphql::Result<Source> {
        Ok(Source(present(row!(ctx, self.0.source_id)?)?))
    }

    /// The job's id at its source.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    async fn submitted_at(&self) -> DateTime<Utc> {
        self.0.submitted_at
    }

    async fn r#type(&self) -> JobType {
        self.0.job_type.into()
    }

    async fn description(&self) -> &str {
        &self.0.description
    }

    async fn version(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Version>> {
        match self.0.version_id {
            Some(id) => Ok(row!(ctx, id)?.map(Version)),
            None => Ok(None),
        }
    }

    async fn device_type(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DeviceType>> {
        match self.0.device_type_id {
            Some(id) => Ok(row!(ctx, id)?.map(DeviceType)),
            None => Ok(None),
        }
    }

    async fn device(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Device>> {
        match self.0.device_id {
            Some(id) => Ok(row!(ctx, id)?.map(Device)),
            None => Ok(None),
        }
    }

    async fn state(&self) -> JobState {
        self.0.state.into()
    }

    async fn health(&self) -> JobHealth {
        self.0.health.into()
    }

    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// LAVA 2023.01 does not tell it.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// LAVA's error type of a job that failed, such as Infrastructure.
    async fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    async fn error_message(&self) -> Option<&str> {
        self.0.error_message.as_deref()
    }

    async fn failing_action(&self) -> Option<&str> {
        self.0.failing_action.as_deref()
    }

    /// Line of LAVA's log at which the failing action ended; the first is 0.
    async fn log_line(&self) -> Option<i32> {
        self.0.log_line
    }

    /// Where a person can look at the job.
    async fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The declared features it exercises.
    async fn features(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Feature>> {
        let db = context::app(ctx)?.db.read();
        Ok(service::job::features(db, self.0.id)
            .await?
            .into_iter()
            .map(Feature)
            .collect())
    }

    /// What it says of them.
    async fn verdicts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<JobVerdict>> {
        let db = context::app(ctx)?.db.read();
        let rows = service::job::latest_verdicts(db, &[self.0.id]).await?;
        Ok(rows
            .into_iter()
            .map(|(said, feature)| JobVerdict { said, feature })
            .collect())
    }

    /// The notifications that told of it, oldest first.
    async fn receipts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Receipt>> {
        let db = context::app(ctx)?.db.read();
        Ok(service::receipt::of_job(db, self.0.id)
            .await?
            .into_iter()
            .map(Receipt)
            .collect())
    }

    /// How it became known: null for a job that was so before this was noted.
    async fn provenance(&self) -> Option<JobProvenance> {
        match (self.0.callback_at, self.0.poll_at) {
            (Some(_), Some(_)) => Some(JobProvenance::Both),
            (Some(_), None) => Some(JobProvenance::Callback),
            (None, Some(_)) => Some(JobProvenance::Poll),
            (None, None) => None,
        }
    }

    /// The lease it ran in; null for a job that lavafed did not submit for one.
    async fn lease(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Lease>> {
        let submitted: Option<entity::submission::Model> = row!(ctx, SubmittedAs(self.0.id))?;
        match submitted.and_then(|row| row.lease_id) {
            Some(id) => Ok(row!(ctx, id)?.map(Lease)),
            None => Ok(None),
        }
    }

    /// The event that last changed it.
    async fn event(&self) -> EventNumber {
        EventNumber(self.0.event_no)
    }
}

/// What a job says of a feature.
pub(super) struct JobVerdict {
    said: verdict::Model,
    feature: feature::Model,
}

#[Object]
impl JobVerdict {
    async fn feature(&self) -> Feature {
        Feature(self.feature.clone())
    }

    async fn verdict(&self) -> Verdict {
        self.said.verdict.into()
    }

    /// Why; null for a pass.
    async fn message(&self) -> Option<&str> {
        self.said.message.as_deref()
    }

    async fn event(&self) -> EventNumber {
        EventNumber(self.said.event_no)
    }
}

#[derive(Default)]
pub(super) struct JobQuery;

#[Object]
impl JobQuery {
    /// By natural key; without a submit time the newest of that id.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "federated, ci or lab:NAME")] source: String,
        external_id: String,
        submitted_at: Option<DateTime<Utc>>,
    ) -> async_graphql::Result<Option<Job>> {
        let db = context::app(ctx)?.db.read();
        let source = auth::source_named(db, &source)
            .await
            .map_err(|error| error.at("source"))?;
        Ok(
            service::job::find(db, source.id, &external_id, submitted_at)
                .await?
                .map(Job),
        )
    }

    /// Newest first.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        version: Option<String>,
        feature: Option<String>,
        device_type: Option<String>,
        lab: Option<String>,
        r#type: Option<JobType>,
        state: Option<JobState>,
        health: Option<JobHealth>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Job>> {
        let db = context::app(ctx)?.db.read();
        let names = JobNames {
            version,
            feature,
            device_type,
            lab,
            job_type: r#type.map(Into::into),
            state: state.map(Into::into),
            health: health.map(Into::into),
        };
        let filter = service::job::filter(db, &names).await?;
        let total = if context::wants_total(ctx) {
            service::job::count(db, &filter).await?
        } else {
            0
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        Ok(connection(
            service::job::page(db, &filter, &window).await?,
            total,
        ))
    }
}

/// What a plain result says of a feature.
#[derive(InputObject)]
pub(super) struct PlainVerdictInput {
    feature: String,
    verdict: Verdict,
    /// Why; shown to readers.
    message: Option<String>,
}

/// A result told without LAVA's notification.
#[derive(InputObject)]
pub(super) struct PlainResultInput {
    /// The job's id at its source: 1 to 200 characters.
    external_id: String,
    /// With the id it tells jobs apart when the source counts anew.
    submitted_at: DateTime<Utc>,
    r#type: JobType,
    /// The version of LAVA under test.
    version: String,
    /// Needed for features of devices.
    device_type: Option<String>,
    /// Its name at the source; of FED jobs only.
    device: Option<String>,
    state: JobState,
    health: JobHealth,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    description: Option<String>,
    /// Where a person can look at the job.
    url: Option<String>,
    error_type: Option<String>,
    error_message: Option<String>,
    /// Count once the state is FINISHED.
    verdicts: Vec<PlainVerdictInput>,
}

/// Exactly one of the two.
#[derive(InputObject)]
pub(super) struct ReportJobInput {
    /// LAVA's notification: the JSON text as LAVA sends it. At most 256 KiB with
    /// the document; larger ones go to /api/lava/callback.
    notification: Option<String>,
    result: Option<PlainResultInput>,
}

#[derive(SimpleObject)]
pub(super) struct ReportJobPayload {
    /// The notification as it is kept; null when it was not.
    receipt: Option<Receipt>,
    job: Option<Job>,
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct JobMutation;

#[Object]
impl JobMutation {
    /// Reports a job and waits until it counts. Scope report.
    async fn report_job(
        &self,
        ctx: &Context<'_>,
        input: ReportJobInput,
    ) -> async_graphql::Result<ReportJobPayload> {
        let (stored, errors) = split(receive(ctx, input).await?)?;
        let Some(stored) = stored else {
            return Ok(ReportJobPayload {
                receipt: None,
                job: None,
                errors,
            });
        };
        let app = context::app(ctx)?;
        let row = ingest::wait_applied(app, stored.id).await?;
        let job = match row.job_id {
            Some(id) => row!(ctx, id)?.map(Job),
            None => None,
        };
        let errors = complaint(&row).into_iter().collect();
        Ok(ReportJobPayload {
            receipt: Some(Receipt(row)),
            job,
            errors,
        })
    }
}

async fn receive(
    ctx: &Context<'_>,
    input: ReportJobInput,
) -> async_graphql::Result<crate::error::Result<ingest::Stored>> {
    let app = context::app(ctx)?;
    let caller = ctx.data::<super::Caller>()?;
    let (actor, credential) = (&caller.actor, caller.credential.clone());
    Ok(match (input.notification, input.result) {
        (Some(text), None) => {
            let format = NotificationFormat::Json;
            ingest::receive_notification(app, actor, credential, format, text.into(), Utc::now())
                .await
        }
        (None, Some(result)) => {
            ingest::receive_result(
                app,
                actor,
                credential.as_deref(),
                &plain(result),
                Utc::now(),
            )
            .await
        }
        (Some(_), Some(_)) | (None, None) => Err(crate::error::Error::input(
            "input",
            "Give either notification or result.",
        )),
    })
}

fn plain(input: PlainResultInput) -> PlainResult {
    PlainResult {
        external_id: input.external_id,
        submitted_at: input.submitted_at,
        job_type: input.r#type.into(),
        version: input.version,
        device_type: input.device_type,
        device: input.device,
        state: input.state.into(),
        health: input.health.into(),
        started_at: input.started_at,
        ended_at: input.ended_at,
        description: input.description,
        url: input.url,
        error_type: input.error_type,
        error_message: input.error_message,
        verdicts: input
            .verdicts
            .into_iter()
            .map(|said| PlainVerdict {
                feature: said.feature,
                verdict: said.verdict.into(),
                message: said.message,
            })
            .collect(),
    }
}

/// What a receipt's fate means to who reported it.
fn complaint(row: &entity::receipt::Model) -> Option<UserError> {
    match row.state {
        ReceiptState::Pending | ReceiptState::Accepted | ReceiptState::Late => return None,
        ReceiptState::Partial | ReceiptState::Refused | ReceiptState::Invalid => {}
    }
    Some(UserError {
        code: UserErrorCode::of_stored(row.code.as_deref()),
        message: row.message.clone().unwrap_or_default(),
        path: Vec::new(),
    })
}
