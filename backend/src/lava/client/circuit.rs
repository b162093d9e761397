//! The circuit of one server: after some failures in a row nothing is sent for
//! a while, then one call tries. Decides by the time it is given; must not know
//! what is called.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Failures in a row that open the circuit.
const OPENS_AFTER: u32 = 5;
/// The first pause is up to a second, each further one up to twice as long.
const SHORTEST: TimeDelta = TimeDelta::seconds(1);
const LONGEST: TimeDelta = TimeDelta::seconds(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls are sent.
    Closed,
    /// Calls fail at once.
    Open { until: DateTime<Utc> },
    /// One call tries whether the server is back, the others fail at once.
    HalfOpen,
}

/// Shared by all clones of a client.
#[derive(Clone, Debug)]
pub(super) struct Circuit(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    failures: u32,
    /// How often it opened since it was closed last.
    opened: u32,
    until: Option<DateTime<Utc>>,
    trying: bool,
    dice: StdRng,
}

/// Leave to send one call. Dropped without a word, the call told nothing.
#[derive(Debug)]
pub(super) struct Leave {
    circuit: Circuit,
    trial: bool,
}

impl Circuit {
    pub(super) fn new(dice: StdRng) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            failures: 0,
            opened: 0,
            until: None,
            trying: false,
            dice,
        })))
    }

    pub(super) fn seeded(seed: u64) -> Self {
        Self::new(StdRng::seed_from_u64(seed))
    }

    pub(super) fn state(&self, now: DateTime<Utc>) -> CircuitState {
        self.lock().state(now)
    }

    /// Err: the state that forbids to send.
    pub(super) fn enter(&self, now: DateTime<Utc>) -> Result<Leave, CircuitState> {
        let mut inner = self.lock();
        let trial = match inner.state(now) {
            CircuitState::Closed => false,
            state @ CircuitState::Open { .. } => return Err(state),
            state @ CircuitState::HalfOpen if inner.trying => return Err(state),
            CircuitState::HalfOpen => {
                inner.trying = true;
                true
            }
        };
        Ok(Leave {
            circuit: self.clone(),
            trial,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn state(&self, now: DateTime<Utc>) -> CircuitState {
        match self.until {
            None => CircuitState::Closed,
            // a clock that was set back must not lengthen the pause
            Some(until) if now < until && until - now <= LONGEST => CircuitState::Open { until },
            Some(_) => CircuitState::HalfOpen,
        }
    }

    fn open(&mut self, now: DateTime<Utc>) {
        let doubled = SHORTEST * 2_i32.saturating_pow(self.opened.min(5));
        let most = doubled.min(LONGEST).num_milliseconds();
        let pause = self.dice.random_range(0..=most);
        self.opened = self.opened.saturating_add(1);
        self.until = Some(now + TimeDelta::milliseconds(pause));
    }
}

impl Leave {
    /// The server answered.
    pub(super) fn answered(self) {
        let mut inner = self.circuit.lock();
        inner.failures = 0;
        inner.opened = 0;
        inner.until = None;
    }

    /// The server was not reached or did not answer.
    pub(super) fn failed(self, now: DateTime<Utc>) {
        let mut inner = self.circuit.lock();
        inner.failures = inner.failures.saturating_add(1);
        let closed = inner.until.is_none();
        if self.trial || (closed && inner.failures >= OPENS_AFTER) {
            inner.open(now);
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.trial {
            self.circuit.lock().trying = false;
        }
    }
}

#[cfg(test)]
mod tests;
