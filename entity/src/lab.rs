//! A remote LAVA instance that lends devices.

use sea_orm::entity::prelude::*;

crate::id!(LabId);

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
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
