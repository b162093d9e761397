//! The journal of a server: every write that changed something, in order.
//! Must not know the API by which it was asked for.

use chrono::{DateTime, Utc};

use crate::words::{DeviceHealth, JobState, WorkerHealth, WorkerState};

/// One effective write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// By the true clock, whatever the server's own one says.
    pub at: DateTime<Utc>,
    /// A user's name; `lava-health` for what LAVA does by itself.
    pub user: String,
    pub via: Via,
    pub change: Change,
}

/// By which way a write came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    Rest {
        method: String,
        path: String,
    },
    XmlRpc {
        method: String,
    },
    /// A person in the lab, by the web pages or a shell.
    Owner,
    /// LAVA itself.
    Lava,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    DeviceHealth {
        device: String,
        before: DeviceHealth,
        after: DeviceHealth,
        reason: Option<String>,
    },
    DeviceCreated {
        device: String,
        health: DeviceHealth,
    },
    DeviceDeleted {
        device: String,
    },
    /// A field other than health.
    DeviceField {
        device: String,
        field: &'static str,
        before: Option<String>,
        after: Option<String>,
    },
    Dictionary {
        device: String,
    },
    DeviceTypeCreated {
        device_type: String,
    },
    DeviceTypeChanged {
        device_type: String,
    },
    Template {
        device_type: String,
    },
    HealthCheck {
        device_type: String,
    },
    WorkerCreated {
        worker: String,
    },
    WorkerHealth {
        worker: String,
        before: WorkerHealth,
        after: WorkerHealth,
    },
    WorkerState {
        worker: String,
        after: WorkerState,
        version: Option<String>,
    },
    WorkerChanged {
        worker: String,
        field: &'static str,
    },
    TagCreated {
        tag: String,
    },
    Permission {
        user: String,
        device: String,
    },
    JobSubmitted {
        job: u32,
        device_type: String,
    },
    JobCanceled {
        job: u32,
        before: JobState,
    },
    /// What LAVA does with a job by itself.
    JobState {
        job: u32,
        after: JobState,
        device: Option<String>,
    },
    JobDeleted {
        job: u32,
    },
}
