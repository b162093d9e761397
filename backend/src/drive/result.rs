//! What is fetched of our own jobs, recorded by the use case that records all
//! jobs. The fetch wins over what a notification said.

use entity::{
    job::JobId,
    lease,
    submission::{self, SubmissionState},
    verdict::Verdict,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _,
};

use super::{known::Changed, submissions, tick::Tick};
use crate::{
    error::{Code as ErrorCode, Result},
    lava::{client::Job, notification::Notification, results::Results},
    lease::reason::{Code, Reason},
    service::{
        ingest::off_thread,
        job::{Batch, JobReport, Recorded, Told},
        receipt,
    },
};

/// Records how far a job is, if that is news.
pub(super) async fn record_state(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    job: &Job,
) -> Result<()> {
    let known = tick.memory.told.get(&row.id);
    if known == Some(&job.state) {
        return Ok(());
    }
    let told = told(tick, row, job, None);
    if let Some(report) = report(tick, row, told).await? {
        let (id, _) = record(tick, &report, row, None).await?;
        tracing::debug!(job.id = ?id, submission.id = %row.id, "recorded as {:?}", job.state);
    }
    tick.memory.told.insert(row.id, job.state);
    Ok(())
}

/// What a finished job says; nothing counts of one during which the version moved.
pub(super) async fn of_finished(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    job: &Job,
    results: Results,
    version_moved: bool,
) -> Result<Option<JobReport>> {
    let told = told(tick, row, job, Some(results));
    // it is asked for no more
    tick.memory.read.remove(&row.id);
    let mut report = report(tick, row, told).await?;
    if let (true, Some(report)) = (version_moved, &mut report) {
        for said in report.verdicts.iter_mut().flatten() {
            said.verdict = Verdict::Infra;
            said.message = Some("The version moved while the job ran.".to_owned());
        }
    }
    Ok(report)
}

/// Records it at once, and that the submission is over once nothing else of its name goes on.
pub(super) async fn record_finished(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    lease: &lease::Model,
    job: &Job,
    report: Option<JobReport>,
    over: bool,
) -> Result<()> {
    let why = why(job);
    match report {
        Some(report) => {
            record(tick, &report, row, over.then_some(&why)).await?;
        }
        None if over => return end(tick, row, lease, job).await,
        None => {}
    }
    tick.memory.told.insert(row.id, job.state);
    tracing::info!(
        lab.name = %tick.lab.name, lease.id = %lease.id, job = job.id.as_str(),
        "the job is finished: {:?}", job.health
    );
    Ok(())
}

/// What it says is recorded; nothing else of its name goes on any more.
pub(super) async fn end(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    lease: &lease::Model,
    job: &Job,
) -> Result<()> {
    let (over, facts) = (SubmissionState::Over, submission::ActiveModel::default());
    submissions::move_to(tick, row, over, &why(job), facts).await?;
    tracing::info!(lab.name = %tick.lab.name, lease.id = %lease.id, job = job.id.as_str(), "it leaves nothing behind");
    Ok(())
}

fn why(job: &Job) -> Reason {
    Reason::new(
        Code::JobFinished,
        format!("LAVA shows it {:?}.", job.health),
    )
}

/// What a fetched job says; its definition is read once, for it stays what it is.
fn told(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    job: &Job,
    results: Option<Results>,
) -> Notification {
    if let Some((text, definition)) = tick.memory.read.get(&row.id)
        && *text == job.definition
    {
        return Notification::fetched(job, Ok(definition.clone()), results);
    }
    let read = Notification::read_definition(job);
    if let Ok(definition) = &read {
        let known = (job.definition.clone(), definition.clone());
        tick.memory.read.insert(row.id, known);
    }
    Notification::fetched(job, read, results)
}

/// What is to be recorded; None when the job is no longer readable as ours.
async fn report(
    tick: &Tick<'_>,
    row: &submission::Model,
    told: Notification,
) -> Result<Option<JobReport>> {
    let source = row.source_id;
    let read = off_thread(tick.app, move || {
        receipt::report(source, told, Told::ByFetch)
    })
    .await?;
    let base = if row.lease_id.is_some() {
        tick.app.config.federation_url.clone()
    } else {
        tick.lab.url.clone()
    };
    Ok(match read {
        Ok(mut report) => {
            let base = base.unwrap_or_default();
            let number = &report.external_id;
            report.url = Some(format!(
                "{}/scheduler/job/{number}",
                base.trim_end_matches('/')
            ));
            Some(report)
        }
        Err(why) => {
            tracing::warn!(submission.id = %row.id, "the job cannot be recorded: {why}");
            None
        }
    })
}

/// One transaction: the job with all it says, and its submission.
async fn record(
    tick: &mut Tick<'_>,
    report: &JobReport,
    row: &submission::Model,
    over: Option<&Reason>,
) -> Result<(Option<JobId>, Option<i64>)> {
    let txn = tick.begin().await?;
    let mut batch = Batch::begin(&txn).await?;
    let recorded = match batch.record(report, tick.now).await {
        Ok(recorded) => Some(recorded),
        // The database ends a transaction in which it refused something.
        Err(error) if error.is_of_database() => return Err(error),
        Err(error) if matches!(error.code, ErrorCode::Internal | ErrorCode::Unavailable) => {
            return Err(error);
        }
        Err(error) => {
            tracing::warn!(submission.id = %row.id, "the job cannot be recorded: {error}");
            None
        }
    };
    let newest = batch.finish().await?;
    let job = recorded.map(|Recorded { job, .. }| job);
    let facts = submission::ActiveModel {
        job_id: job.map_or(NotSet, |job| Set(Some(job))),
        seen_at: Set(Some(tick.now)),
        ..Default::default()
    };
    match over {
        Some(why) => {
            submissions::move_in(tick, &txn, row, SubmissionState::Over, why, facts).await?;
        }
        None => {
            submission::Entity::update_many()
                .set(facts)
                .filter(submission::Column::Id.eq(row.id))
                .exec(&txn)
                .await?;
        }
    }
    let changed = match over {
        Some(_) => Changed::Submissions,
        // what is kept of one that goes on is asked for when it is over
        None => Changed::Nothing,
    };
    tick.commit(txn, changed, newest).await?;
    Ok((job, newest))
}
