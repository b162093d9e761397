//! Reading jobs.

use entity::{
    cell::Place,
    device, feature,
    job::{self, JobHealth, JobId, JobState, JobType},
    job_feature,
    source::SourceId,
    verdict,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, sea_query::Query,
};

use crate::error::Result;

/// Which jobs to list; what is None does not matter.
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
    let mut latest = std::collections::BTreeMap::new();
    for row in rows {
        latest.insert((row.job_id, row.feature_id), row);
    }
    let ids: std::collections::BTreeSet<_> = latest.keys().map(|(_, feature)| *feature).collect();
    let features: std::collections::HashMap<_, _> = feature::Entity::find()
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
    let mut select = verdict::Entity::find()
        .find_also_related(job::Entity)
        .filter(verdict::Column::VersionId.eq(place.version))
        .filter(verdict::Column::FeatureId.eq(place.feature))
        .filter(verdict::Column::EventNo.lte(as_of));
    if let Some(device_type) = place.device_type {
        select = select.filter(verdict::Column::DeviceTypeId.eq(device_type));
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
