//! An in-memory LAVA server for tests, simulations and the demo. It plays a
//! remote lab or the federated server, in the words of 2023.01 or 2026.10.
//!
//! * [`FakeLava`] is a cheap handle on one world. Its owner's side adds users,
//!   devices, workers, acts as the people of the lab, and looks at the journal.
//! * Time is virtual: [`FakeLava::advance`] runs scheduler, dispatchers and
//!   jobs up to an instant; [`FakeLava::next_event`] says when something will
//!   happen by itself. Nothing sleeps, nothing reads a clock, and the same seed
//!   gives the same world.
//! * Two doors lead to the same world: [`FakeLava::service`] within the process
//!   and [`FakeLava::serve`] on a socket. [`Fault`]s go wrong at both.
//! * [`Federation`] steps several labs and the federated server in lockstep and
//!   lets the dispatcher jobs of the labs ping as the federated workers.
//! * Callbacks are handed over as values by [`FakeLava::take_callbacks`].
//!
//! Must not know lavafed: what it says is checked against recordings of real
//! servers, not against what its client expects.

mod callback;
mod definition;
mod door;
mod fault;
mod federation;
mod journal;
mod rest;
mod result;
mod script;
mod setup;
mod socket;
mod time;
mod words;
mod world;
mod yaml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use self::world::World;
pub use self::{
    callback::Callback,
    definition::{Action, ActionKind, Definition, InlineTest},
    door::{Delay, Door, DoorError, DoorErrorKind},
    fault::{Applied, Call, Fault},
    federation::{Dispatcher, Federation, ReadDispatcher, by_metadata},
    journal::{Change, Entry, Via},
    script::{Case, Outcome, Script, Stage, Start},
    words::{
        CaseResult, DeviceHealth, DeviceState, ErrorType, JobHealth, JobState, Release,
        WorkerHealth, WorkerState,
    },
    world::{Device, Job, Rights, Timing, Worker},
};

/// One server; a clone is the same server.
#[derive(Clone)]
pub struct FakeLava {
    world: Arc<Mutex<World>>,
}

impl FakeLava {
    #[must_use]
    pub fn new(release: Release, start: DateTime<Utc>) -> Self {
        Self {
            world: Arc::new(Mutex::new(World::new(release, start))),
        }
    }

    /// Lets everything happen that is due up to an instant.
    pub fn advance(&self, to: DateTime<Utc>) {
        self.world().advance(to);
    }

    /// When something will happen by itself; nothing if only a call can change anything.
    #[must_use]
    pub fn next_event(&self) -> Option<DateTime<Utc>> {
        self.world().next_at()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
