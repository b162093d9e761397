//! How the federated server answers this replica, whichever lab asked on its behalf. Must not know what follows from it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Stand>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stand {
    /// It was not asked yet.
    #[default]
    Unknown,
    Well,
    FailingSince(DateTime<Utc>),
}

impl Standing {
    pub(super) fn now(&self) -> Stand {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how a call went.
    pub(super) fn heard(&self, well: bool, now: DateTime<Utc>) {
        let mut stand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *stand = match (well, *stand) {
            (true, _) => Stand::Well,
            (false, Stand::FailingSince(since)) => Stand::FailingSince(since),
            (false, Stand::Unknown | Stand::Well) => Stand::FailingSince(now),
        };
    }
}
