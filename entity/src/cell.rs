//! The rollup of the verdicts of a version, a feature and a device-type (none
//! for a generic feature). Kept by the transaction that records a job.

use sea_orm::entity::prelude::*;

use crate::{device_type::DeviceTypeId, feature::FeatureId, job::JobId, version::VersionId};

crate::id!(CellId);

/// The latest real verdict of a cell: only pass and fail are real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum RealVerdict {
    #[sea_orm(string_value = "pass")]
    Pass,
    #[sea_orm(string_value = "fail")]
    Fail,
}

/// The place of a cell. Generic features have no device-type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub version: VersionId,
    pub feature: FeatureId,
    pub device_type: Option<DeviceTypeId>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cell")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CellId,
    pub version_id: VersionId,
    pub feature_id: FeatureId,
    pub device_type_id: Option<DeviceTypeId>,
    /// None while no job came to a real verdict.
    pub latest: Option<RealVerdict>,
    pub passes: i32,
    pub fails: i32,
    pub infras: i32,
    pub not_reached: i32,
    /// The job of the latest attempt, and when it ran.
    pub last_job_id: JobId,
    pub last_at: DateTimeUtc,
    /// The event that last changed the cell.
    pub event_no: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
