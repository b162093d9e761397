//! Reading jobs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
};

use entity::{
    cell::Place,
    device,
    device_type::DeviceTypeId,
    feature::{self, FeatureAction, FeatureId},
    job::{self, JobHealth, JobId, JobState, JobType},
    job_feature,
    lab::{self as lab_row, LabId},
    source::SourceId,
    verdict,
    version::VersionId,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, Iterable, JoinType,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, RelationTrait as _, Select,
    sea_query::Query,
};

use crate::{
    error::{Error, Result},
    service::{
        device_type, feature as features_service,
        grid::{cell::Attempts, slice::Spot},
        lab,
        page::{self, Page, Window},
        version,
    },
};

/// Which jobs to list, by names; what is None does not matter.
#[derive(Clone, Debug, Default)]
pub struct JobNames {
    pub version: Option<String>,
    pub feature: Option<String>,
    pub device_type: Option<String>,
    pub lab: Option<String>,
    pub job_type: Option<JobType>,
    pub state: Option<JobState>,
    pub health: Option<JobHealth>,
}

/// # Errors
/// `NOT_FOUND` for a name that is not known.
pub async fn filter(db: &impl ConnectionTrait, names: &JobNames) -> Result<JobFilter> {
    let mut filter = JobFilter {
        job_type: names.job_type,
        state: names.state,
        health: names.health,
        ..JobFilter::default()
    };
    if let Some(name) = &names.version {
        filter.version = Some(version::get(db, name).await?.id);
    }
    if let Some(name) = &names.feature {
        filter.feature = Some(features_service::get(db, name).await?.id);
    }
    if let Some(name) = &names.device_type {
        filter.device_type = Some(device_type::get(db, name).await?.id);
    }
    if let Some(name) = &names.lab {
        filter.lab = Some(lab::get(db, name).await?.id);
    }
    Ok(filter)
}

/// A type, state or health by its word, in whatever letters; None for no word.
///
/// # Errors
/// `NOT_FOUND` for a word that is none.
pub fn by_word<T: Iterable + Debug>(what: &str, word: Option<&str>) -> Result<Option<T>> {
    let Some(word) = word else {
        return Ok(None);
    };
    let is_it = |value: &T| format!("{value:?}").eq_ignore_ascii_case(word);
    let found = T::iter().find(is_it);
    found.map(Some).ok_or_else(|| Error::not_found(what, word))
}

/// Jobs, newest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &JobFilter,
    window: &Window,
) -> Result<Page<job::Model>> {
    page::by_id(db, filter.select(), job::Column::Id, true, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &JobFilter) -> Result<u64> {
    page::count(db, filter.select()).await
}

/// The declared features a job exercises, in their order.
///
/// # Errors
/// When the database fails.
pub async fn features(db: &impl ConnectionTrait, id: JobId) -> Result<Vec<feature::Model>> {
    let exercised = Query::select()
        .column(job_feature::Column::FeatureId)
        .from(job_feature::Entity)
        .and_where(job_feature::Column::JobId.eq(id))
        .take();
    let mut rows = feature::Entity::find()
        .filter(feature::Column::Id.in_subquery(exercised))
        .all(db)
        .await?;
    rows.sort_by(|a, b| (a.action, &a.name).cmp(&(b.action, &b.name)));
    Ok(rows)
}

/// Which jobs to list, by keys.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    pub version: Option<entity::version::VersionId>,
    pub feature: Option<entity::feature::FeatureId>,
    pub device_type: Option<entity::device_type::DeviceTypeId>,
    pub lab: Option<entity::lab::LabId>,
    pub job_type: Option<JobType>,
    pub state: Option<JobState>,
    pub health: Option<JobHealth>,
}

impl JobFilter {
    #[must_use]
    pub fn select(&self) -> Select<job::Entity> {
        let mut condition = Condition::all()
            .add_option(self.version.map(|id| job::Column::VersionId.eq(id)))
            .add_option(self.device_type.map(|id| job::Column::DeviceTypeId.eq(id)))
            .add_option(self.job_type.map(|value| job::Column::JobType.eq(value)))
            .add_option(self.state.map(|value| job::Column::State.eq(value)))
            .add_option(self.health.map(|value| job::Column::Health.eq(value)));
        if let Some(feature) = self.feature {
            let exercising = Query::select()
                .column(job_feature::Column::JobId)
                .from(job_feature::Entity)
                .and_where(job_feature::Column::FeatureId.eq(feature))
                .take();
            condition = condition.add(job::Column::Id.in_subquery(exercising));
        }
        if let Some(lab) = self.lab {
            let devices = Query::select()
                .column(device::Column::Id)
                .from(device::Entity)
                .and_where(device::Column::LabId.eq(lab))
                .take();
            condition = condition.add(job::Column::DeviceId.in_subquery(devices));
        }
        job::Entity::find().filter(condition)
    }
}

/// The job a source calls by an id; the newest one unless a submit time is given.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &impl ConnectionTrait,
    source: SourceId,
    external_id: &str,
    submitted_at: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<Option<job::Model>> {
    Ok(job::Entity::find()
        .filter(job::Column::SourceId.eq(source))
        .filter(job::Column::ExternalId.eq(external_id))
        .filter(Condition::all().add_option(submitted_at.map(|at| job::Column::SubmittedAt.eq(at))))
        .order_by_desc(job::Column::SubmittedAt)
        .one(db)
        .await?)
}

/// The last verdict of each feature of each of these jobs, with its feature.
///
/// # Errors
/// When the database fails.
pub async fn latest_verdicts(
    db: &impl ConnectionTrait,
    jobs: &[JobId],
) -> Result<Vec<(verdict::Model, feature::Model)>> {
    let rows = verdict::Entity::find()
        .filter(verdict::Column::JobId.is_in(jobs.iter().copied()))
        .order_by_asc(verdict::Column::EventNo)
        .all(db)
        .await?;
    let mut latest = BTreeMap::new();
    for row in rows {
        latest.insert((row.job_id, row.feature_id), row);
    }
    let ids: BTreeSet<_> = latest.keys().map(|(_, feature)| *feature).collect();
    let features: HashMap<_, _> = feature::Entity::find()
        .filter(feature::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    Ok(latest
        .into_values()
        .filter_map(|row| {
            features
                .get(&row.feature_id)
                .cloned()
                .map(|feature| (row, feature))
        })
        .collect())
}

/// The newest attempts at a cell as of an event: of each job the last it said.
///
/// # Errors
/// When the database fails.
pub async fn attempts_of_cell(
    db: &impl ConnectionTrait,
    place: &Place,
    as_of: i64,
    limit: u64,
) -> Result<Vec<(verdict::Model, job::Model)>> {
    let on = place.device_type.as_slice();
    attempts_on(db, place, (!on.is_empty()).then_some(on), as_of, limit).await
}

/// The same on some device-types of a place; None: on all there are.
///
/// # Errors
/// When the database fails.
pub async fn attempts_on(
    db: &impl ConnectionTrait,
    place: &Place,
    on: Option<&[DeviceTypeId]>,
    as_of: i64,
    limit: u64,
) -> Result<Vec<(verdict::Model, job::Model)>> {
    let mut select = verdict::Entity::find()
        .find_also_related(job::Entity)
        .filter(verdict::Column::VersionId.eq(place.version))
        .filter(verdict::Column::FeatureId.eq(place.feature))
        .filter(verdict::Column::EventNo.lte(as_of));
    if let Some(on) = on {
        select = select.filter(verdict::Column::DeviceTypeId.is_in(on.iter().copied()));
    }
    let rows = select
        .order_by_desc(job::Column::SubmittedAt)
        .order_by_desc(verdict::Column::EventNo)
        .limit(limit)
        .all(db)
        .await?;
    let mut seen = std::collections::HashSet::new();
    Ok(rows
        .into_iter()
        .filter_map(|(said, job)| job.map(|job| (said, job)))
        .filter(|(_, job)| seen.insert(job.id))
        .collect())
}

/// Which labs tried a cell, and how their attempts ended, as of an event.
///
/// # Errors
/// When the database fails.
pub async fn labs_of_cell(
    db: &impl ConnectionTrait,
    place: &Place,
    as_of: i64,
) -> Result<Vec<(Option<lab_row::Model>, Attempts)>> {
    let attempts = attempts_of_cell(db, place, as_of, u64::from(u16::MAX)).await?;
    let ids: BTreeSet<_> = attempts
        .iter()
        .filter_map(|(_, job)| job.device_id)
        .collect();
    let devices: HashMap<_, _> = device::Entity::find()
        .filter(device::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.lab_id))
        .collect();
    let mut counts: BTreeMap<_, Attempts> = BTreeMap::new();
    for (said, job) in &attempts {
        let lab = job
            .device_id
            .and_then(|id| devices.get(&id).copied().flatten());
        counts.entry(lab).or_default().count(said.verdict);
    }
    let labs = lab::all(db).await?;
    let named = |id| labs.iter().find(|row| Some(row.id) == id).cloned();
    Ok(counts
        .into_iter()
        .map(|(id, count)| (named(id), count))
        .collect())
}

/// A place of verdicts, the action of its feature, and a lab that tried it.
type Tried = (
    VersionId,
    FeatureId,
    Option<FeatureAction>,
    Option<DeviceTypeId>,
    LabId,
);

/// Which labs tried which cells of versions, as of an event.
///
/// # Errors
/// When the database fails.
pub async fn labs_of_versions(
    db: &impl ConnectionTrait,
    versions: &[VersionId],
    as_of: i64,
) -> Result<Vec<(VersionId, Spot, LabId)>> {
    let device = job::Entity::belongs_to(device::Entity)
        .from(job::Column::DeviceId)
        .to(device::Column::Id);
    let feature = verdict::Entity::belongs_to(feature::Entity)
        .from(verdict::Column::FeatureId)
        .to(feature::Column::Id);
    let rows: Vec<Tried> = verdict::Entity::find()
        .select_only()
        .column(verdict::Column::VersionId)
        .column(verdict::Column::FeatureId)
        .column(feature::Column::Action)
        .column(verdict::Column::DeviceTypeId)
        .column(device::Column::LabId)
        .join(JoinType::InnerJoin, verdict::Relation::Job.def())
        .join(JoinType::InnerJoin, device.into())
        .join(JoinType::InnerJoin, feature.into())
        .filter(verdict::Column::VersionId.is_in(versions.iter().copied()))
        .filter(verdict::Column::EventNo.lte(as_of))
        .filter(device::Column::LabId.is_not_null())
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(version, feature, action, device_type, lab)| {
            // A generic feature has one cell, on whatever its jobs ran.
            (
                version,
                (feature, device_type.filter(|_| action.is_some())),
                lab,
            )
        })
        .collect())
}
