//! Rows by their ids, many at once.

use std::collections::HashMap;

use entity::{
    device, device_type, feature, job, lab, lab_driver, lease, plan, receipt, round, source,
    submission, token, version, veto_day, waiver,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use crate::{app::App, error::Result};

macro_rules! by_ids {
    ($name:ident, $table:ident, $id:ty) => {
        /// # Errors
        /// When the database fails.
        pub async fn $name(app: &App, ids: &[$id]) -> Result<HashMap<$id, $table::Model>> {
            let rows = $table::Entity::find()
                .filter($table::Column::Id.is_in(ids.iter().copied()))
                .all(app.db.read())
                .await?;
            Ok(rows.into_iter().map(|row| (row.id, row)).collect())
        }
    };
}

by_ids!(versions, version, version::VersionId);
by_ids!(labs, lab, lab::LabId);
by_ids!(device_types, device_type, device_type::DeviceTypeId);
by_ids!(devices, device, device::DeviceId);
by_ids!(features, feature, feature::FeatureId);
by_ids!(sources, source, source::SourceId);
by_ids!(jobs, job, job::JobId);
by_ids!(receipts, receipt, receipt::ReceiptId);
by_ids!(tokens, token, token::TokenId);
by_ids!(plan_entries, plan, entity::plan::PlanId);
by_ids!(rounds, round, round::RoundId);
by_ids!(waivers, waiver, waiver::WaiverId);
by_ids!(leases, lease, lease::LeaseId);

/// The jobs of leases, each in the order they were planned.
///
/// # Errors
/// When the database fails.
pub async fn jobs_of_leases(
    app: &App,
    ids: &[lease::LeaseId],
) -> Result<HashMap<lease::LeaseId, Vec<submission::Model>>> {
    let rows = submission::Entity::find()
        .filter(submission::Column::LeaseId.is_in(ids.iter().copied()))
        .order_by_asc(submission::Column::Id)
        .all(app.db.read())
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        if let Some(id) = row.lease_id {
            found.entry(id).or_default().push(row);
        }
    }
    Ok(found)
}

/// The submissions that became these jobs.
///
/// # Errors
/// When the database fails.
pub async fn submissions_of_jobs(
    app: &App,
    ids: &[job::JobId],
) -> Result<HashMap<job::JobId, submission::Model>> {
    let rows = submission::Entity::find()
        .filter(submission::Column::JobId.is_in(ids.iter().copied()))
        .all(app.db.read())
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.job_id.map(|id| (id, row)))
        .collect())
}

/// The open leases of devices.
///
/// # Errors
/// When the database fails.
pub async fn open_leases(
    app: &App,
    ids: &[device::DeviceId],
) -> Result<HashMap<device::DeviceId, lease::Model>> {
    let rows = lease::Entity::open()
        .filter(lease::Column::DeviceId.is_in(ids.iter().copied()))
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| (row.device_id, row)).collect())
}

/// Who drives labs, and how these answer.
///
/// # Errors
/// When the database fails.
pub async fn drivers(
    app: &App,
    ids: &[lab::LabId],
) -> Result<HashMap<lab::LabId, lab_driver::Model>> {
    let rows = lab_driver::Entity::find()
        .filter(lab_driver::Column::LabId.is_in(ids.iter().copied()))
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| (row.lab_id, row)).collect())
}

/// The days off of labs.
///
/// # Errors
/// When the database fails.
pub async fn days_off(
    app: &App,
    ids: &[lab::LabId],
) -> Result<HashMap<lab::LabId, Vec<chrono::NaiveDate>>> {
    let rows = veto_day::Entity::find()
        .filter(veto_day::Column::LabId.is_in(ids.iter().copied()))
        .order_by_asc(veto_day::Column::Day)
        .all(app.db.read())
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.lab_id).or_default().push(row.day);
    }
    Ok(found)
}
