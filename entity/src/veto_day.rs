//! A day on which a lab does not lend: no window opens on it.

use sea_orm::entity::prelude::*;

use crate::lab::LabId;

crate::id!(VetoDayId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "veto_day")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: VetoDayId,
    pub lab_id: LabId,
    /// In the lab's time zone, the day on which the window would open.
    pub day: Date,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
