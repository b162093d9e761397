//! One capability of LAVA. Its name begins with what it belongs to:
//! `generic.notifications`, `deploy.tftp`, `boot.u-boot`, `test.shell`.

use sea_orm::entity::prelude::*;

crate::id!(FeatureId);

/// The action of LAVA a device feature belongs to, in the order of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum FeatureAction {
    #[sea_orm(string_value = "deploy")]
    Deploy,
    #[sea_orm(string_value = "boot")]
    Boot,
    #[sea_orm(string_value = "test")]
    Test,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feature")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: FeatureId,
    #[sea_orm(unique)]
    pub name: String,
    /// None: a generic feature, which has no device-type.
    pub action: Option<FeatureAction>,
    pub description: String,
    pub created_at: DateTimeUtc,
    /// The event that made it known.
    pub event_no: i64,
}

impl Model {
    #[must_use]
    pub fn is_generic(&self) -> bool {
        self.action.is_none()
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
