//! The audit trail of leases: what was decided, what was about to be done in a
//! LAVA server, and what came of it. Append-only.

use sea_orm::entity::prelude::*;

use crate::{lab::LabId, lease::LeaseId, round::RoundId, submission::SubmissionId};

crate::id!(TrailId);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum TrailKind {
    /// A row of ours changed its state.
    #[sea_orm(string_value = "transition")]
    Transition,
    /// A write to a LAVA server is about to be sent.
    #[sea_orm(string_value = "intent")]
    Intent,
    /// What became of the intent before it.
    #[sea_orm(string_value = "outcome")]
    Outcome,
    /// Something was asked of us, or seen in a LAVA server.
    #[sea_orm(string_value = "note")]
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trail")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TrailId,
    pub lab_id: LabId,
    pub round_id: Option<RoundId>,
    pub lease_id: Option<LeaseId>,
    pub submission_id: Option<SubmissionId>,
    pub at: DateTimeUtc,
    /// `lavafed`, `operator`, or `token:` and its description.
    pub actor: String,
    pub fence: i64,
    pub kind: TrailKind,
    /// What is done, such as `set_health`; `state` for a transition.
    pub action: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub code: String,
    pub sentence: String,
    /// The event that tells of it, if one does.
    pub event_no: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
