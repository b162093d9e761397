//! One notification as it arrived, scrubbed of secrets, and its fate.

use sea_orm::entity::prelude::*;

use crate::{job::JobId, source::SourceId, token::TokenId};

crate::id!(ReceiptId);

/// How the notification came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum ReceiptFormat {
    /// LAVA's notification as JSON.
    #[sea_orm(string_value = "json")]
    Json,
    /// LAVA's notification, urlencoded: names of results only.
    #[sea_orm(string_value = "urlencoded")]
    Urlencoded,
    /// A plain result, given to `reportJob`.
    #[sea_orm(string_value = "result")]
    Result,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum ReceiptState {
    /// Stored, not yet applied.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Everything in it counts.
    #[sea_orm(string_value = "accepted")]
    Accepted,
    /// The job is recorded, but something in it does not count; replay may change that.
    #[sea_orm(string_value = "partial")]
    Partial,
    /// Older than what is known of the job: it changed nothing.
    #[sea_orm(string_value = "late")]
    Late,
    /// Readable, but nothing lavafed can record; replay may change that.
    #[sea_orm(string_value = "refused")]
    Refused,
    /// Not readable; `message` says where and why.
    #[sea_orm(string_value = "invalid")]
    Invalid,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ReceiptId,
    pub source_id: SourceId,
    pub token_id: TokenId,
    pub received_at: DateTimeUtc,
    pub format: ReceiptFormat,
    /// SHA-256 of the scrubbed body; with the source it recognises a repetition.
    pub hash: String,
    /// The scrubbed body.
    #[sea_orm(column_type = "Blob")]
    pub body: Vec<u8>,
    /// How often the same notification came.
    pub deliveries: i32,
    pub state: ReceiptState,
    /// Why it is not accepted: a stable code and a sentence.
    pub code: Option<String>,
    pub message: Option<String>,
    pub job_id: Option<JobId>,
    pub applied_at: Option<DateTimeUtc>,
    /// How often applying it failed for a reason of ours.
    pub failures: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
