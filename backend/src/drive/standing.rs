//! How the federated server answers this replica, whichever lab asked on its behalf. Must not know what follows from it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// How it answered last, and when that was.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<(Stand, DateTime<Utc>)>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stand {
    /// It was not asked yet, or not for long.
    #[default]
    Unknown,
    Well,
    FailingSince(DateTime<Utc>),
}

impl Standing {
    /// What it is at this time, as far as it was asked within the time given before it.
    pub(super) fn at(&self, now: DateTime<Utc>, within: TimeDelta) -> Stand {
        let (stand, told) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now - told > within {
            Stand::Unknown
        } else {
            stand
        }
    }

    /// Notes how a call went.
    pub(super) fn heard(&self, well: bool, now: DateTime<Utc>) {
        let mut stand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stood = match (well, stand.0) {
            (true, _) => Stand::Well,
            (false, Stand::FailingSince(since)) => Stand::FailingSince(since),
            (false, Stand::Unknown | Stand::Well) => Stand::FailingSince(now),
        };
        *stand = (stood, now);
    }
}
