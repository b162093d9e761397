//! A JWT we issued: what is needed to recognise, list and revoke it.

use sea_orm::entity::prelude::*;

use crate::source::SourceId;

crate::id!(TokenId);

/// What a token allows. Every scope includes reading; `admin` includes all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Scope {
    #[sea_orm(string_value = "read")]
    Read,
    #[sea_orm(string_value = "report")]
    Report,
    #[sea_orm(string_value = "lend")]
    Lend,
    #[sea_orm(string_value = "admin")]
    Admin,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TokenId,
    /// The JWT's `jti`.
    #[sea_orm(unique)]
    pub jti: String,
    pub description: String,
    pub scope: Scope,
    /// Whom it speaks for; None for `read` and `admin`.
    pub source_id: Option<SourceId>,
    pub created_at: DateTimeUtc,
    pub expires_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    /// Kept to the minute.
    pub last_used_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
