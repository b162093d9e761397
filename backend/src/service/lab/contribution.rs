//! What labs gave lately: device-hours, jobs, and the regressions they found.
//! Must not change anything.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    device, job,
    lab::LabId,
    lease::{self, LeaseState},
};
use query::{Expression, Query, Term};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, JoinType, QueryFilter as _, QuerySelect as _,
};

use tokio::sync::Mutex;

use crate::{
    app::App,
    error::Result,
    service::{grid::search::Search, lease as leases},
};

/// How far back is looked.
pub const DAYS: i64 = 30;
/// How many times a few versions are read to find regressions.
const STEPS: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contribution {
    /// How long its devices were ours.
    pub held_seconds: i64,
    /// Jobs that ran on its devices.
    pub jobs: i64,
    /// Features that broke on a device-type, each counted once, and that it tried.
    pub regressions: i64,
}

/// Of many labs at once.
///
/// # Errors
/// When the database fails.
pub async fn of_labs(
    app: &Arc<App>,
    labs: &[LabId],
    now: DateTime<Utc>,
) -> Result<HashMap<LabId, Contribution>> {
    let since = now - TimeDelta::days(DAYS);
    let mut found: HashMap<_, _> = labs
        .iter()
        .map(|lab| (*lab, Contribution::default()))
        .collect();
    for lease in held(app, labs, since).await? {
        if let Some(lab) = found.get_mut(&lease.lab_id) {
            let before = lease.taken_at.map_or(0, |at| (since - at).num_seconds());
            let held = leases::held_seconds(&lease, now).unwrap_or_default();
            lab.held_seconds += (held - before.max(0)).max(0);
        }
    }
    for (lab, jobs) in jobs(app, labs, since).await? {
        if let Some(lab) = found.get_mut(&lab) {
            lab.jobs = jobs;
        }
    }
    for (lab, count) in regressions(app, since, now).await? {
        if let Some(lab) = found.get_mut(&lab) {
            lab.regressions = count;
        }
    }
    Ok(found)
}

/// Counted anew at most this often: many versions are read for it.
const KEPT_FOR: TimeDelta = TimeDelta::seconds(60);

/// The regressions of each lab as they were last counted, as of which event, and when.
#[derive(Debug, Default)]
pub struct Regressions(Mutex<Option<Counted>>);

#[derive(Debug)]
struct Counted {
    as_of: i64,
    at: DateTime<Utc>,
    of_labs: HashMap<LabId, i64>,
}

async fn regressions(
    app: &Arc<App>,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<HashMap<LabId, i64>> {
    let event = app.head.current();
    // whoever asks meanwhile waits, and counts nothing
    let mut kept = app.regressions.0.lock().await;
    if let Some(last) = kept.as_ref()
        && (last.as_of == event || (last.at <= now && now - last.at < KEPT_FOR))
    {
        return Ok(last.of_labs.clone());
    }
    let of_labs = count_regressions(app, since, now).await?;
    *kept = Some(Counted {
        as_of: event,
        at: now,
        of_labs: of_labs.clone(),
    });
    Ok(of_labs)
}

async fn count_regressions(
    app: &Arc<App>,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<HashMap<LabId, i64>> {
    let regressions = Query(Some(Expression::Term(Term::Change(vec![
        query::Change::Regression,
    ]))));
    let mut search = Search::open(app, regressions, None, true, now).await?;
    // one that lasts over many versions was found once
    let mut places = HashSet::new();
    for _ in 0..STEPS {
        let Some(cells) = search.next().await? else {
            break;
        };
        let lately = cells
            .iter()
            .filter(|cell| cell.last_at.is_some_and(|at| at >= since));
        for cell in lately {
            let device_type = cell.device_type.as_ref().map(|row| row.id);
            places.extend(
                cell.labs
                    .iter()
                    .map(|lab| (lab.id, cell.feature.id, device_type)),
            );
        }
    }
    let mut counts = HashMap::new();
    for (lab, ..) in places {
        *counts.entry(lab).or_default() += 1;
    }
    Ok(counts)
}

/// The leases that were ours within the time.
async fn held(app: &App, labs: &[LabId], since: DateTime<Utc>) -> Result<Vec<lease::Model>> {
    let lately = Condition::any()
        .add(lease::Column::EndedAt.gte(since))
        .add(lease::Column::EndedAt.is_null());
    Ok(lease::Entity::find()
        .filter(lease::Column::LabId.is_in(labs.iter().copied()))
        .filter(lease::Column::State.ne(LeaseState::Skipped))
        .filter(lease::Column::TakenAt.is_not_null())
        .filter(lately)
        .all(app.db.read())
        .await?)
}

async fn jobs(app: &App, labs: &[LabId], since: DateTime<Utc>) -> Result<Vec<(LabId, i64)>> {
    let device = job::Entity::belongs_to(device::Entity)
        .from(job::Column::DeviceId)
        .to(device::Column::Id);
    Ok(job::Entity::find()
        .select_only()
        .column(device::Column::LabId)
        .column_as(job::Column::Id.count(), "jobs")
        .join(JoinType::InnerJoin, device.into())
        .filter(device::Column::LabId.is_in(labs.iter().copied()))
        .filter(job::Column::SubmittedAt.gte(since))
        .group_by(device::Column::LabId)
        .into_tuple()
        .all(app.db.read())
        .await?)
}
