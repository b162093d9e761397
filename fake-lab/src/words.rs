//! LAVA's own words, with the names and numbers its API shows. Must not know
//! what follows from them.

/// An enumeration of LAVA: the name is what REST shows, the number what a
/// callback carries.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number),+ }
            }

            /// By the exact name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words!(DeviceHealth { Good = 0, Unknown = 1, Looping = 2, Bad = 3, Maintenance = 4, Retired = 5 });
words!(DeviceState { Idle = 0, Reserved = 1, Running = 2 });
words!(WorkerHealth { Active = 0, Maintenance = 1, Retired = 2 });
words!(WorkerState { Online = 0, Offline = 1 });
words!(JobState {
    Submitted = 0,
    Scheduling = 1,
    Scheduled = 2,
    Running = 3,
    Canceling = 4,
    Finished = 5,
});
words!(JobHealth { Unknown = 0, Complete = 1, Incomplete = 2, Canceled = 3 });

/// Which LAVA the fake speaks as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    V2023_01,
    V2026_10,
}

impl Release {
    /// What `system/version/` says before an upgrade.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::V2023_01 => "2023.01",
            Self::V2026_10 => "2026.10",
        }
    }
}

/// The type of the error that ended a job, as LAVA writes it in the case `job`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    Bug,
    Canceled,
    Configuration,
    Infrastructure,
    Job,
    LavaTimeout,
    Test,
}

impl ErrorType {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bug => "Bug",
            Self::Canceled => "Canceled",
            Self::Configuration => "Configuration",
            Self::Infrastructure => "Infrastructure",
            Self::Job => "Job",
            Self::LavaTimeout => "LAVATimeout",
            Self::Test => "Test",
        }
    }
}

/// The result of one test case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseResult {
    Pass,
    Fail,
    Skip,
    Unknown,
}

impl CaseResult {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Unknown => "unknown",
        }
    }
}
