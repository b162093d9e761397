//! Where jobs come from: the federated server, CI, or a lab. A token speaks
//! for one source.

use sea_orm::entity::prelude::*;

use crate::lab::LabId;

crate::id!(SourceId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SourceId,
    /// `federated`, `ci` or `lab:NAME`.
    #[sea_orm(unique)]
    pub name: String,
    #[sea_orm(unique)]
    pub lab_id: Option<LabId>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
