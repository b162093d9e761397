//! While the demo is shown, its labs go on testing the newest version: every
//! few seconds a job ends and another begins. Recorded by the use case that
//! records real jobs. What a job says is what the script says, so the picture
//! stays that of a release manager's day however long it is shown; jobs that
//! somebody else reported are left alone.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::job::{self, JobHealth, JobState, JobType};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    Select,
};
use tokio::time::MissedTickBehavior;

use super::{
    device_types::{DEVICE_TYPES, DeviceType, Template},
    labs,
    outcome::{self, Exercise, Luck},
    plan,
    schedule::{self, From, Job},
    script::{self, Hole, Script},
    versions,
    write::{self, Sources},
};
use crate::{app::App, error::Result, service::version};

const TICK: Duration = Duration::from_secs(20);
/// After so many ticks only each third one counts: who looks that long needs less.
const LIVELY: u64 = 540;
/// Jobs that run at a time, as many as run at the end of the history.
const AT_ONCE: usize = 2;
/// A job that has run so long is lost and stays so.
const LOST: TimeDelta = TimeDelta::hours(12);
const INFRA: u32 = 3;

/// Goes on until it is dropped.
pub async fn go_on(app: Arc<App>) {
    let script = Script::new();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // the first tick comes at once
    ticks.tick().await;
    for tick in 0_u64.. {
        ticks.tick().await;
        if tick > LIVELY && !tick.is_multiple_of(3) {
            continue;
        }
        if let Err(error) = step(&app, &script, Utc::now()).await {
            tracing::warn!(
                code = error.code.as_str(),
                "the demo stands still for now: {error}"
            );
        }
    }
}

/// Ends the job that has run longest, if enough run, and begins the next.
pub(super) async fn step(app: &App, script: &Script, now: DateTime<Utc>) -> Result<()> {
    let db = app.db.read();
    let name = versions::newest_name();
    let Some(version) = version::find(db, name).await? else {
        return Ok(());
    };
    let sources = Sources::read(db).await?;
    let ours = job::Entity::find()
        .filter(job::Column::SourceId.eq(sources.id(From::Federated)?))
        .filter(job::Column::VersionId.eq(version.id))
        .filter(job::Column::Url.starts_with(write::url(From::Federated, "")));
    let running = ours
        .clone()
        .filter(job::Column::State.lt(JobState::Finished))
        .filter(job::Column::SubmittedAt.gt(now - LOST))
        .order_by_asc(job::Column::Id)
        .all(db)
        .await?;
    let mut told = Vec::new();
    let oldest = running
        .iter()
        .find_map(|row| Some((row, candidate_of(row)?)))
        .filter(|_| running.len() >= AT_ONCE);
    if let Some((row, candidate)) = oldest {
        let job = ended(script, row, &candidate, now);
        told.push((sources.report(&job, name, &row.external_id)?, now));
    }
    let id = next_id(app, &ours).await?;
    if let Some(candidate) = next(app, &ours, id).await? {
        let job = begun(&candidate, id, now);
        told.push((sources.report(&job, name, &id.to_string())?, now));
    }
    write::record(app, &told).await
}

/// A job that can be run for the newest version.
struct Candidate {
    device_type: &'static DeviceType,
    template: &'static Template,
    exercise: Exercise,
    hole: Option<Hole>,
}

fn candidates() -> Vec<Candidate> {
    let place = versions::at(12, 0);
    let mut candidates = Vec::new();
    for device_type in &DEVICE_TYPES {
        if place >= plan::withdrawn(device_type.name) {
            continue;
        }
        for (nth, template) in device_type.jobs.iter().enumerate() {
            if let Some(exercise) = schedule::exercise(place, device_type, template) {
                candidates.push(Candidate {
                    device_type,
                    template,
                    exercise,
                    hole: script::hole(device_type.name, nth),
                });
            }
        }
    }
    candidates
}

fn candidate_of(row: &job::Model) -> Option<Candidate> {
    candidates()
        .into_iter()
        .find(|candidate| schedule::describe(&candidate.exercise) == row.description)
}

/// What was never tried comes first, then one after the other.
async fn next(app: &App, ours: &Select<job::Entity>, id: u32) -> Result<Option<Candidate>> {
    let mut candidates = candidates();
    candidates.retain(|candidate| candidate.hole != Some(Hole::Lost));
    for (place, candidate) in candidates.iter().enumerate() {
        if candidate.hole != Some(Hole::Planned) {
            continue;
        }
        let tried = ours
            .clone()
            .filter(job::Column::Description.eq(schedule::describe(&candidate.exercise)))
            .count(app.db.read())
            .await?;
        if tried == 0 {
            return Ok(Some(candidates.swap_remove(place)));
        }
    }
    let turn = usize::try_from(id)
        .unwrap_or_default()
        .wrapping_mul(29)
        .checked_rem(candidates.len());
    Ok(turn.map(|turn| candidates.swap_remove(turn)))
}

async fn next_id(app: &App, ours: &Select<job::Entity>) -> Result<u32> {
    let newest = ours
        .clone()
        .order_by_desc(job::Column::Id)
        .one(app.db.read())
        .await?;
    let newest = newest.and_then(|row| row.external_id.parse::<u32>().ok());
    Ok(newest.unwrap_or_default() + 1)
}

/// A job is first heard of when it has run for a while.
fn begun(candidate: &Candidate, id: u32, now: DateTime<Utc>) -> Job {
    let mut rng = ChaCha8Rng::seed_from_u64(id.into());
    let stands = labs::with(candidate.device_type.name);
    let turn = usize::try_from(id)
        .unwrap_or_default()
        .checked_rem(stands.len());
    let device = turn.and_then(|turn| stands.get(turn)).map(|(lab, count)| {
        let number = rng.random_range(1..=*count);
        labs::federated_name(lab.name, candidate.device_type.name, number)
    });
    let minutes = i64::from(candidate.template.minutes);
    let started_at = now - TimeDelta::seconds(minutes * 60 * 4 / 5);
    Job {
        from: From::Federated,
        job_type: JobType::Fed,
        description: schedule::describe(&candidate.exercise),
        device_type: Some(candidate.device_type.name),
        device,
        submitted_at: started_at - TimeDelta::seconds(rng.random_range(5..60)),
        started_at,
        state: JobState::Running,
        health: JobHealth::Unknown,
        ended_at: None,
        features: candidate.exercise.features.clone(),
        ending: None,
    }
}

fn ended(script: &Script, row: &job::Model, candidate: &Candidate, now: DateTime<Utc>) -> Job {
    let id: u64 = row.external_id.parse().unwrap_or_default();
    let mut rng = ChaCha8Rng::seed_from_u64(id ^ 0xe4d);
    let luck = if candidate.hole == Some(Hole::Infra) {
        Luck::Down
    } else {
        Luck::Open {
            infra_percent: INFRA,
        }
    };
    let ending = outcome::end(script, &candidate.exercise, luck, &mut rng);
    Job {
        from: From::Federated,
        job_type: JobType::Fed,
        description: row.description.clone(),
        device_type: Some(candidate.device_type.name),
        device: None,
        submitted_at: row.submitted_at,
        started_at: row.started_at.unwrap_or(row.submitted_at),
        state: JobState::Finished,
        health: ending.health,
        ended_at: Some(now),
        features: candidate.exercise.features.clone(),
        ending: Some(ending),
    }
}
