//! One row per LAVA job; it links all other objects.

use sea_orm::entity::prelude::*;

use crate::{device::DeviceId, device_type::DeviceTypeId, source::SourceId, version::VersionId};

crate::id!(JobId);

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum JobType {
    /// A job on a real device.
    #[sea_orm(string_value = "FED")]
    Fed,
    /// A dispatcher in a remote lab.
    #[sea_orm(string_value = "SLAVE")]
    Slave,
    /// meta-lava's tests.
    #[sea_orm(string_value = "META")]
    Meta,
    /// Packaging tests.
    #[sea_orm(string_value = "PACKAGE")]
    Package,
}

/// LAVA's state of a job. Its order is the order in which a job passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum JobState {
    Submitted = 0,
    Scheduling = 1,
    Scheduled = 2,
    Running = 3,
    Canceling = 4,
    Finished = 5,
}

/// LAVA's health of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum JobHealth {
    Unknown = 0,
    Complete = 1,
    Incomplete = 2,
    Canceled = 3,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: JobId,
    pub source_id: SourceId,
    /// The job's id at its source.
    pub external_id: String,
    /// A reinstalled server counts again from 1; the submit time tells its jobs apart.
    pub submitted_at: DateTimeUtc,
    pub job_type: JobType,
    pub description: String,
    pub version_id: Option<VersionId>,
    pub device_type_id: Option<DeviceTypeId>,
    pub device_id: Option<DeviceId>,
    pub state: JobState,
    pub health: JobHealth,
    pub started_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    /// LAVA's error type of the job, such as `Infrastructure`.
    pub error_type: Option<String>,
    pub error_message: Option<String>,
    pub failing_action: Option<String>,
    /// Line of the job's log at which the failing action ended.
    pub log_line: Option<i32>,
    /// Where a person can look at the job.
    pub url: Option<String>,
    pub created_at: DateTimeUtc,
    /// The event that last changed the job.
    pub event_no: i64,
    /// When a notification first told of it, and when lavafed first fetched it.
    pub callback_at: Option<DateTimeUtc>,
    pub poll_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
