//! How a call to a LAVA server fails, in the terms in which the caller decides
//! what to do next. Must not know what the call was for.

use std::time::Duration;

/// A call that did not do what it should, in one sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct CallError {
    pub kind: CallFailure,
    /// What is wrong, where, and what to do; holds no secret.
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallFailure {
    /// No byte reached the server: surely not applied.
    NotSent,
    /// The server got the call, or may have, and did not answer it in full, or
    /// answered 5xx: applied or not, nobody knows.
    Unanswered,
    /// 429: the server asks for patience. Applied or not, nobody knows.
    Busy { retry_after: Option<Duration> },
    /// 401 or 403: the credential is wrong, or may not do this.
    Denied,
    /// LAVA read the call and says why it will not do it: surely not applied.
    Refused,
    /// 404 for what a write is about: surely not applied.
    Missing,
    /// An answer that is none of LAVA's: a page, a redirection, wrong JSON, too
    /// large. Applied or not, nobody knows.
    Garbled,
}

impl CallFailure {
    /// Whether a write that failed so surely changed nothing.
    #[must_use]
    pub fn surely_not_applied(&self) -> bool {
        match self {
            Self::NotSent | Self::Denied | Self::Refused | Self::Missing => true,
            Self::Unanswered | Self::Busy { .. } | Self::Garbled => false,
        }
    }
}

impl CallError {
    pub(super) fn new(kind: CallFailure, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
        }
    }

    /// A call that was not made, and why.
    #[must_use]
    pub fn not_sent(sentence: impl Into<String>) -> Self {
        Self::new(CallFailure::NotSent, sentence)
    }

    /// A call that need not be made: what it would ask for is known to be wrong.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::new(CallFailure::Refused, sentence)
    }

    pub(super) fn garbled(sentence: impl Into<String>) -> Self {
        Self::new(CallFailure::Garbled, sentence)
    }
}
