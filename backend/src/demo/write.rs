//! Writes the demo's history: version by version, each version's jobs in one
//! transaction and in the order in which they ended, by the use case that
//! records real jobs. The clock is that of the history.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use entity::source::{self, SourceId};
use indicatif::ProgressBar;
use sea_orm::{ConnectionTrait, EntityTrait as _};

use super::{
    catalogue,
    schedule::{self, From, Job},
    script::Script,
    versions,
};
use crate::{
    app::App,
    error::{Error, Result},
    service::job::{Batch, JobReport, Told},
};

/// How long after a job's end it is told.
const DELAY: Duration = Duration::seconds(3);

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub versions: usize,
    pub jobs: usize,
    pub verdicts: usize,
}

/// Writes a year that ends at `end` into an empty database.
///
/// # Errors
/// When the database fails.
pub async fn history(app: &App, end: DateTime<Utc>, progress: &ProgressBar) -> Result<Written> {
    let versions = versions::all(end);
    progress.set_length(u64::try_from(versions.len()).unwrap_or_default());
    let script = Script::new();
    let begins = versions.first().map_or(end, |version| version.begins);
    let rows = catalogue::write(app, begins - Duration::hours(1)).await?;
    let sources = Sources::read(app.db.read()).await?;
    let mut numbers = Numbers::default();
    let mut written = Written::default();
    for (place, version) in versions.iter().enumerate() {
        catalogue::change(app, &rows, place, version).await?;
        let jobs = schedule::jobs_of(&script, &versions, place);
        let ids = numbers.give(&jobs);
        let reports: Vec<_> = jobs
            .iter()
            .zip(ids)
            .map(|(job, id)| {
                Ok((
                    sources.report(job, &version.name, &id)?,
                    job.told_at() + DELAY,
                ))
            })
            .collect::<Result<_>>()?;
        record(app, &reports).await?;
        written.versions += 1;
        written.jobs += reports.len();
        written.verdicts += reports
            .iter()
            .map(|(report, _)| report.verdicts.as_ref().map_or(0, Vec::len))
            .sum::<usize>();
        progress.set_message(version.name.clone());
        progress.inc(1);
    }
    Ok(written)
}

/// Records reports in one transaction, each at its time.
pub(super) async fn record(app: &App, reports: &[(JobReport, DateTime<Utc>)]) -> Result<()> {
    let txn = app.db.begin().await?;
    let mut batch = Batch::begin(&txn).await?;
    for (report, now) in reports {
        batch.record(report, *now).await?;
    }
    let newest = batch.finish().await?;
    txn.commit().await?;
    if let Some(newest) = newest {
        app.head.advance(newest);
    }
    Ok(())
}

/// The rows of those who report.
#[derive(Debug)]
pub(super) struct Sources(HashMap<String, SourceId>);

impl Sources {
    pub(super) async fn read(db: &impl ConnectionTrait) -> Result<Self> {
        let rows = source::Entity::find().all(db).await?;
        Ok(Self(
            rows.into_iter().map(|row| (row.name, row.id)).collect(),
        ))
    }

    pub(super) fn id(&self, from: From) -> Result<SourceId> {
        let name = match from {
            From::Federated => "federated".to_owned(),
            From::Ci => "ci".to_owned(),
            From::Lab(lab) => format!("lab:{lab}"),
        };
        self.0
            .get(&name)
            .copied()
            .ok_or_else(|| Error::not_found("source", &name))
    }

    /// What the source tells of a job.
    pub(super) fn report(&self, job: &Job, version: &str, id: &str) -> Result<JobReport> {
        let error = job.ending.as_ref().and_then(|ending| ending.error.as_ref());
        Ok(JobReport {
            told: Told::ByReport,
            source: self.id(job.from)?,
            external_id: id.to_owned(),
            submitted_at: job.submitted_at,
            job_type: job.job_type,
            description: job.description.clone(),
            version: Some(version.to_owned()),
            device_type: job.device_type.map(str::to_owned),
            device: job.device.clone(),
            state: job.state,
            health: job.health,
            started_at: Some(job.started_at),
            ended_at: job.ended_at,
            error_type: error.map(|error| error.kind.to_owned()),
            error_message: error.map(|error| error.message.clone()),
            failing_action: error.map(|error| error.action.to_owned()),
            log_line: error.map(|error| error.log_line),
            url: Some(url(job.from, id)),
            features: job.features.iter().map(|name| (*name).to_owned()).collect(),
            verdicts: job.ending.as_ref().map(|ending| ending.verdicts.clone()),
        })
    }
}

pub(super) fn url(from: From, id: &str) -> String {
    match from {
        From::Federated => format!("{}/scheduler/job/{id}", catalogue::url_of("federated")),
        From::Lab(lab) => format!("{}/scheduler/job/{id}", catalogue::url_of(lab)),
        From::Ci => format!("{}/jobs/{id}", catalogue::url_of("ci")),
    }
}

/// The ids that sources give their jobs: rising with the time of submission.
#[derive(Debug, Default)]
struct Numbers(HashMap<From, u32>);

impl Numbers {
    fn give(&mut self, jobs: &[Job]) -> Vec<String> {
        let mut order: Vec<_> = jobs.iter().enumerate().collect();
        order.sort_by_key(|(place, job)| (job.submitted_at, *place));
        let mut given: Vec<(usize, u32)> = Vec::with_capacity(jobs.len());
        for (place, job) in order {
            let last = self.0.entry(job.from).or_insert(first_id(job.from));
            // others submit jobs to the same servers
            *last += match job.from {
                From::Federated => 1,
                From::Ci => 37,
                From::Lab(_) => 211,
            };
            given.push((place, *last));
        }
        given.sort_unstable();
        given.into_iter().map(|(_, id)| id.to_string()).collect()
    }
}

fn first_id(from: From) -> u32 {
    match from {
        From::Federated => 40_000,
        From::Ci => 1_204_000,
        From::Lab(lab) => lab.bytes().map(u32::from).sum::<u32>() * 113,
    }
}
