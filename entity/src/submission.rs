//! A job of ours on its way into a LAVA server: the intent is here before the
//! job is there, and names it so that it is found again.

use sea_orm::entity::prelude::*;

use crate::{
    job::{JobId, JobType},
    lease::LeaseId,
    round::RoundId,
    source::SourceId,
    token::TokenId,
};

crate::id!(SubmissionId);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum SubmissionState {
    /// Wanted; nothing was sent.
    #[sea_orm(string_value = "planned")]
    Planned,
    /// Sent, or about to be; whether LAVA has it is to be looked up.
    #[sea_orm(string_value = "submitting")]
    Submitting,
    /// LAVA has it.
    #[sea_orm(string_value = "submitted")]
    Submitted,
    /// Its end is asked for.
    #[sea_orm(string_value = "canceling")]
    Canceling,
    /// Finished in LAVA, or never there.
    #[sea_orm(string_value = "over")]
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SubmissionId,
    pub round_id: RoundId,
    /// The lease whose device a FED job is for; None for a SLAVE job.
    pub lease_id: Option<LeaseId>,
    /// Where it is submitted: the federated server, or the lab.
    pub source_id: SourceId,
    /// FED or SLAVE.
    pub job_type: JobType,
    /// The name the job has in LAVA, unique to it: by this it is found again.
    #[sea_orm(unique)]
    pub name: String,
    /// The lab's docker device a SLAVE job is for, and the worker it becomes.
    pub docker_device: Option<String>,
    pub worker: Option<String>,
    /// The job template of a FED job.
    pub template: Option<String>,
    /// 1, or 2 for the one repetition of a failed or infra job.
    pub attempt: i32,
    pub state: SubmissionState,
    /// Why it is in its state: a stable code and a sentence.
    pub code: String,
    pub reason: String,
    /// LAVA's id of the job.
    pub external_id: Option<String>,
    pub job_id: Option<JobId>,
    /// The token its callback carries; good until the job ends.
    pub token_id: Option<TokenId>,
    pub planned_at: DateTimeUtc,
    /// When it was last about to be sent.
    pub asked_at: Option<DateTimeUtc>,
    /// When LAVA was known to have it.
    pub submitted_at: Option<DateTimeUtc>,
    /// The worker's last ping before a SLAVE job was sent: only a later one is its own.
    pub pinged_at: Option<DateTimeUtc>,
    /// When the dispatcher was first online with the server's version.
    pub online_at: Option<DateTimeUtc>,
    pub cancel_at: Option<DateTimeUtc>,
    /// When the dispatcher, once online, was found gone.
    pub lost_at: Option<DateTimeUtc>,
    pub over_at: Option<DateTimeUtc>,
    /// When LAVA last told of it.
    pub seen_at: Option<DateTimeUtc>,
    /// When LAVA itself ends it at the latest.
    pub times_out_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
