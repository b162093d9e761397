//! What a job says of a feature. Append-only: a later row of the same job and
//! feature supersedes the earlier one.

use sea_orm::entity::prelude::*;

use crate::{device_type::DeviceTypeId, feature::FeatureId, job::JobId, version::VersionId};

crate::id!(VerdictId);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Verdict {
    #[sea_orm(string_value = "pass")]
    Pass,
    #[sea_orm(string_value = "fail")]
    Fail,
    /// The lab or its infrastructure failed: says nothing of the feature.
    #[sea_orm(string_value = "infra")]
    Infra,
    /// The job ended before it came to the feature.
    #[sea_orm(string_value = "not_reached")]
    NotReached,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "verdict")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: VerdictId,
    pub event_no: i64,
    pub job_id: JobId,
    pub feature_id: FeatureId,
    pub version_id: VersionId,
    pub device_type_id: Option<DeviceTypeId>,
    pub verdict: Verdict,
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::job::Entity",
        from = "Column::JobId",
        to = "super::job::Column::Id"
    )]
    Job,
}

impl Related<super::job::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Job.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
