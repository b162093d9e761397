//! A remote LAVA instance that lends devices.

use sea_orm::entity::prelude::*;

crate::id!(LabId);

/// How the health of a device is set in the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Door {
    /// The token's user has the global permissions `add_device` and `change_device`.
    #[sea_orm(string_value = "rest")]
    Rest,
    /// `change_device` on the lent devices alone suffices.
    #[sea_orm(string_value = "xmlrpc")]
    XmlRpc,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lab")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LabId,
    #[sea_orm(unique)]
    pub name: String,
    pub url: Option<String>,
    /// A name of the IANA time zone database; the window is in its local time.
    pub time_zone: String,
    /// Minute of the local day at which the daily window opens.
    pub window_opens: i32,
    /// Length of the daily window in minutes; 0 while the lab lends nothing.
    pub window_minutes: i32,
    pub paused: bool,
    pub created_at: DateTimeUtc,
    pub door: Door,
    /// The user the API token belongs to; needed by the XML-RPC door.
    pub lava_user: Option<String>,
    /// The lab's API token, sealed; None: the lab cannot be driven.
    #[sea_orm(column_type = "Blob")]
    pub api_token: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
