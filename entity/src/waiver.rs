//! Somebody takes responsibility for a cell that broke: its failure does not
//! keep the version from release, from one event until another. What was waived
//! stays, with who did it and who ended it.

use sea_orm::entity::prelude::*;

use crate::{device_type::DeviceTypeId, feature::FeatureId, version::VersionId};

crate::id!(WaiverId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waiver")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: WaiverId,
    pub version_id: VersionId,
    pub feature_id: FeatureId,
    pub device_type_id: Option<DeviceTypeId>,
    pub reason: String,
    /// Where it is followed up.
    pub url: String,
    /// When it ends by itself.
    pub ends_at: DateTimeUtc,
    pub from_event: i64,
    pub from_at: DateTimeUtc,
    /// `operator`, or `token:` and its description.
    pub waived_by: String,
    /// None while it is in force.
    pub until_event: Option<i64>,
    pub until_at: Option<DateTimeUtc>,
    /// `lavafed` when it ended by itself.
    pub ended_by: Option<String>,
}

impl Entity {
    /// Those in force.
    #[must_use]
    pub fn in_force() -> Select<Self> {
        use sea_orm::QueryFilter;
        Self::find().filter(Column::UntilEvent.is_null())
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
