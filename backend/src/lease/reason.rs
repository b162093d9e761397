//! Why something is as it is: a stable code for scripts and a sentence for
//! people. Must know nothing of when a reason applies.

use std::fmt;

/// A code and its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: Code,
    pub sentence: String,
}

impl Reason {
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.sentence)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The codes of reasons; scripts may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The code of that spelling.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }
        }
    };
}

codes! {
    // on the way in
    Planned = "PLANNED",
    Acquired = "ACQUIRED",
    Opened = "OPENED",
    // why a device is not taken
    /// It was Bad, Looping, in Maintenance or Retired already.
    HealthNotLent = "HEALTH_NOT_LENT",
    NoDockerDevice = "NO_DOCKER_DEVICE",
    NoDictionary = "NO_DICTIONARY",
    NothingPlanned = "NOTHING_PLANNED",
    AlreadyLeased = "ALREADY_LEASED",
    DispatcherMissing = "DISPATCHER_MISSING",
    WindowTooShort = "WINDOW_TOO_SHORT",
    // why a lease ends
    WindowEnds = "WINDOW_ENDS",
    PlanDone = "PLAN_DONE",
    OwnerAsked = "OWNER_ASKED",
    OwnerChanged = "OWNER_CHANGED",
    LabPaused = "LAB_PAUSED",
    VersionMoved = "VERSION_MOVED",
    DispatcherLost = "DISPATCHER_LOST",
    NeverIdle = "NEVER_IDLE",
    TakenBack = "TAKEN_BACK",
    DeviceGone = "DEVICE_GONE",
    PrepareFailed = "PREPARE_FAILED",
    FederatedUnreachable = "FEDERATED_UNREACHABLE",
    FederatedChanged = "FEDERATED_CHANGED",
    LabChanged = "LAB_CHANGED",
    // how it ended
    NotTaken = "NOT_TAKEN",
    Restored = "RESTORED",
    KeptInMaintenance = "KEPT_IN_MAINTENANCE",
    CredentialRefused = "CREDENTIAL_REFUSED",
    CredentialWorks = "CREDENTIAL_WORKS",
    // rounds and jobs
    RoundDone = "ROUND_DONE",
    Submitted = "SUBMITTED",
    Online = "ONLINE",
    SubmissionRefused = "SUBMISSION_REFUSED",
    VersionMismatch = "VERSION_MISMATCH",
    NeverOnline = "NEVER_ONLINE",
    NoLongerNeeded = "NO_LONGER_NEEDED",
    JobFinished = "JOB_FINISHED",
    JobVanished = "JOB_VANISHED",
    TimedOut = "TIMED_OUT",
    TemplateFailed = "TEMPLATE_FAILED",
    // calls
    /// An intent: the call is about to be made.
    Sending = "SENDING",
    Done = "DONE",
    NotSent = "NOT_SENT",
    Unanswered = "UNANSWERED",
    Refused = "REFUSED",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_spelled_once() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(code.as_str().len() <= 64);
        }
        assert_eq!(Code::parse("planned"), None);
    }
}
