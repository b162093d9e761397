//! What is expected to be tested: a feature on a device-type (none for a
//! generic feature), from one event until another.

use sea_orm::entity::prelude::*;

use crate::{device_type::DeviceTypeId, feature::FeatureId};

crate::id!(PlanId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PlanId,
    pub feature_id: FeatureId,
    pub device_type_id: Option<DeviceTypeId>,
    pub from_event: i64,
    pub from_at: DateTimeUtc,
    /// None while the row is in force.
    pub until_event: Option<i64>,
    pub until_at: Option<DateTimeUtc>,
    /// The job template that exercises it; None: others report it.
    pub template: Option<String>,
}

impl Entity {
    /// The rows that were in force at an event.
    #[must_use]
    pub fn in_force_at(event: i64) -> Select<Self> {
        use sea_orm::{Condition, QueryFilter};
        Self::find().filter(Column::FromEvent.lte(event)).filter(
            Condition::any()
                .add(Column::UntilEvent.is_null())
                .add(Column::UntilEvent.gt(event)),
        )
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
