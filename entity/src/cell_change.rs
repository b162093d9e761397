//! A cell as it was left by an event. Append-only; the newest row at or before
//! an event shows the cell as of that event.

use sea_orm::entity::prelude::*;

use crate::{
    cell::RealVerdict, device_type::DeviceTypeId, feature::FeatureId, job::JobId,
    version::VersionId,
};

crate::id!(CellChangeId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cell_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CellChangeId,
    pub event_no: i64,
    pub version_id: VersionId,
    pub feature_id: FeatureId,
    pub device_type_id: Option<DeviceTypeId>,
    pub latest: Option<RealVerdict>,
    pub passes: i32,
    pub fails: i32,
    pub infras: i32,
    pub not_reached: i32,
    pub last_job_id: JobId,
    pub last_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
