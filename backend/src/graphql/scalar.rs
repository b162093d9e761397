//! Scalars, and the enums of the rows as GraphQL has them. `remote` makes a new
//! variant of a row not compile until the API says it.

use async_graphql::{Enum, InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// Number of an event; numbers rise in the order of commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventNumber(pub i64);

#[Scalar]
impl ScalarType for EventNumber {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) if number.as_i64().is_some() => {
                Ok(Self(number.as_i64().unwrap_or_default()))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// Releases carry a plain version number, development versions the distance to
/// the release before them.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::version::VersionKind")]
pub(super) enum VersionKind {
    Release,
    Development,
}

/// The action of LAVA that a feature of devices belongs to.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::feature::FeatureAction")]
pub(super) enum FeatureAction {
    Deploy,
    Boot,
    Test,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeatureKind {
    /// Of LAVA itself; has no device-type.
    Generic,
    /// Of devices; relevant per device-type.
    Device,
}

/// What a job is for.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::job::JobType")]
pub(super) enum JobType {
    /// A job on a real device.
    Fed,
    /// A dispatcher in a remote lab.
    Slave,
    /// meta-lava's tests.
    Meta,
    /// Packaging tests.
    Package,
}

/// LAVA's state of a job.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::job::JobState")]
pub(super) enum JobState {
    Submitted,
    Scheduling,
    Scheduled,
    Running,
    Canceling,
    Finished,
}

/// LAVA's health of a job.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::job::JobHealth")]
pub(super) enum JobHealth {
    Unknown,
    Complete,
    Incomplete,
    Canceled,
}

/// Who or what a failure most likely comes from.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::blame::Suspect")]
pub(super) enum Suspect {
    /// The version of LAVA under test.
    Lava,
    /// LAVA on this device-type alone, or the device-type itself.
    DeviceType,
    Lab,
    /// It passes and fails in the same place.
    Unsteady,
    /// Too little is known.
    Unknown,
}

/// What a job says of a feature.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::verdict::Verdict")]
pub(super) enum Verdict {
    Pass,
    Fail,
    /// The lab or its infrastructure failed: no verdict on the feature.
    Infra,
    /// The job ended before it came to the feature.
    NotReached,
}

/// What a place of the grid shows.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::service::grid::CellVerdict")]
pub(super) enum CellVerdict {
    Pass,
    /// A fold without a failure, but with holes.
    PassSoFar,
    Fail,
    /// Passed and failed within the version.
    Flaky,
    Infra,
    Running,
    Planned,
    NotReached,
    NotApplicable,
}

/// Why an expected cell has no verdict.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::service::grid::cell::HoleReason")]
pub(super) enum HoleReason {
    Planned,
    NoDeviceLent,
    InfraFailed,
    JobNeverReported,
    NotReached,
    /// Of a picture of the past: what ran and what was lent then is not kept.
    NotKnown,
}

/// How a cell changed between two versions; own verdicts only.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::change::Change", name = "ChangeClass")]
pub(super) enum ChangeClass {
    /// Passed, fails.
    Regression,
    /// Had no verdict, fails.
    NewFailure,
    /// Failed, passes.
    Fixed,
    StillFailing,
    /// Passed and failed within one of the versions: no change can be told.
    Flaky,
    /// Had a verdict; has none and is not expected any more.
    Gone,
    /// Was expected or tried without a verdict, passes.
    NewPass,
    /// Was not known, passes.
    Appeared,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::service::grid::Axis")]
pub(super) enum GridAxis {
    Version,
    Feature,
    DeviceType,
}

/// What a token allows. Every scope includes reading.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::token::Scope")]
pub(super) enum Scope {
    Read,
    /// Reports results for whom it speaks.
    Report,
    /// Lends and takes back the devices of a lab.
    Lend,
    /// Includes all others.
    Admin,
}

/// How a notification came.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::receipt::ReceiptFormat")]
pub(super) enum ReceiptFormat {
    /// LAVA's notification as JSON.
    Json,
    /// LAVA's notification, urlencoded: sets state and health only.
    Urlencoded,
    /// A plain result.
    Result,
}

/// The fate of a notification.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::receipt::ReceiptState")]
pub(super) enum ReceiptState {
    /// Stored, not yet applied.
    Pending,
    /// Everything in it counts.
    Accepted,
    /// The job is recorded, but something in it does not count.
    Partial,
    /// Older than what was known: it changed nothing.
    Late,
    /// Readable, but nothing lavafed can record.
    Refused,
    /// Not readable; the message says where and why.
    Invalid,
}

/// LAVA's health of a device.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::device_health::DeviceHealth")]
pub(super) enum DeviceHealth {
    /// Jobs run on it.
    Good,
    /// Jobs run on it; LAVA sets it after an infrastructure error.
    Unknown,
    /// Its health check runs again and again.
    Looping,
    /// Its health check failed: no jobs run.
    Bad,
    /// Somebody works on it: no new jobs run.
    Maintenance,
    /// It is gone.
    Retired,
}

/// How the health of devices is set in a lab.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::lab::Door")]
pub(super) enum LabDoor {
    /// By LAVA's REST API: the API token's user may add and change all devices.
    Rest,
    /// By XML-RPC: permission to change the lent devices suffices.
    XmlRpc,
}

/// How far a lease is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::lease::LeaseState")]
pub(super) enum LeaseState {
    /// Wanted; the lab has not been touched.
    Planned,
    /// The health found is saved; the device is being taken.
    Acquiring,
    /// The federated server may drive it.
    Held,
    /// Being given back.
    Releasing,
    /// Cannot be given back until a person acts; tried again all the same.
    Stuck,
    /// Given back.
    Released,
    /// Never taken.
    Skipped,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::round::RoundState")]
pub(super) enum RoundState {
    /// Devices are acquired and tested.
    Open,
    /// Everything is given back.
    Closing,
    /// All its leases and jobs are over.
    Ended,
}

/// How far a job of lavafed's own is on its way into a LAVA server.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::submission::SubmissionState")]
pub(super) enum SubmissionState {
    /// Wanted; nothing was sent.
    Planned,
    /// Sent, or about to be.
    Submitting,
    /// LAVA has it.
    Submitted,
    /// Its end is asked for.
    Canceling,
    /// Finished in LAVA, or never there.
    Over,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::trail::TrailKind")]
pub(super) enum TrailKind {
    /// A lease or job changed its state.
    Transition,
    /// A write to a LAVA server is about to be sent.
    Intent,
    /// What became of the intent before it.
    Outcome,
    /// Something was asked, or seen in a LAVA server.
    Note,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "entity::alert::AlertKind")]
pub(super) enum AlertKind {
    /// A device is not back although its window is over.
    Overdue,
    /// A device cannot be given back until a person acts.
    Stuck,
    /// A lab does not answer.
    LabUnreachable,
    /// A lab refuses its API token, or what it may do.
    CredentialRefused,
    /// The federated server does not answer.
    FederatedUnreachable,
}

/// By which way lavafed came to know a job.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobProvenance {
    /// A notification told of it.
    Callback,
    /// lavafed asked for it.
    Poll,
    /// Both.
    Both,
}
