//! Which replica drives a lab, and how the lab answers. The fence rises with
//! each change of holder; times are those of the database's clock.

use sea_orm::entity::prelude::*;

use crate::lab::LabId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lab_driver")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub lab_id: LabId,
    /// The replica; None: nobody.
    pub holder: Option<String>,
    pub fence: i64,
    pub heartbeat_at: DateTimeUtc,
    /// When the lab last answered as it should.
    pub contacted_at: Option<DateTimeUtc>,
    /// Since when it does not.
    pub failing_since: Option<DateTimeUtc>,
    pub failure_code: Option<String>,
    pub failure: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
