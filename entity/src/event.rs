//! What happened, numbered in the order of commit. Subscribers read these rows.

use sea_orm::entity::prelude::*;

use crate::{job::JobId, lease::LeaseId, version::VersionId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum EventKind {
    /// A job was seen for the first time, or changed.
    #[sea_orm(string_value = "job_recorded")]
    JobRecorded,
    /// A version, feature, device-type, device, lab or the plan changed, or an
    /// alert began or ended.
    #[sea_orm(string_value = "catalog_changed")]
    CatalogChanged,
    #[sea_orm(string_value = "token_revoked")]
    TokenRevoked,
    /// A lease was planned, or changed.
    #[sea_orm(string_value = "lease_changed")]
    LeaseChanged,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    pub kind: EventKind,
    pub at: DateTimeUtc,
    pub job_id: Option<JobId>,
    pub version_id: Option<VersionId>,
    pub lease_id: Option<LeaseId>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
