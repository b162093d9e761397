//! A version of LAVA under test.

use sea_orm::entity::prelude::*;

crate::id!(VersionId);

/// A release carries a plain version number, a development version the
/// distance to the release before it and a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum VersionKind {
    #[sea_orm(string_value = "release")]
    Release,
    #[sea_orm(string_value = "development")]
    Development,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "version")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: VersionId,
    #[sea_orm(unique)]
    pub name: String,
    /// Orders as LAVA's versions do.
    pub ordinal: i64,
    pub kind: VersionKind,
    pub created_at: DateTimeUtc,
    /// The event that made the version known.
    pub event_no: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
