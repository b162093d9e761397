//! A kind of device. Results are relevant per device-type, never per device.

use sea_orm::entity::prelude::*;

crate::id!(DeviceTypeId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device_type")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeviceTypeId,
    #[sea_orm(unique)]
    pub name: String,
    pub created_at: DateTimeUtc,
    /// The event that made it known.
    pub event_no: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
