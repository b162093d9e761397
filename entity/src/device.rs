//! A device of a lab, or one that stands at the federated server itself.

use sea_orm::entity::prelude::*;

use crate::{device_type::DeviceTypeId, lab::LabId};

crate::id!(DeviceId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeviceId,
    /// LAVA's key of the device in its lab; unique per lab.
    pub hostname: String,
    /// None: the device belongs to the federated server, nobody lends it.
    pub lab_id: Option<LabId>,
    pub device_type_id: DeviceTypeId,
    /// Its name on the federated server; looked up, never parsed.
    #[sea_orm(unique)]
    pub federated_name: Option<String>,
    pub lendable: bool,
    pub created_at: DateTimeUtc,
    /// Hostname of the lab's docker device that reaches it: USB and serial belong to one host.
    pub docker_device: Option<String>,
    /// Its dictionary for the federated server, in the owner's words.
    pub dictionary: Option<String>,
    /// The owner lets the lab's own dictionary be shown there when there is no other.
    pub share_dictionary: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::lab::Entity",
        from = "Column::LabId",
        to = "super::lab::Column::Id"
    )]
    Lab,
    #[sea_orm(
        belongs_to = "super::device_type::Entity",
        from = "Column::DeviceTypeId",
        to = "super::device_type::Column::Id"
    )]
    DeviceType,
}

impl ActiveModelBehavior for ActiveModel {}
