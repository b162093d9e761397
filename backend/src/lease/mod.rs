//! The promise to lab owners, as pure decisions: what is seen, and `now`, go in;
//! the next step comes out. Must know no database, no clock, no LAVA server;
//! `drive` sees, asks here, and does what is answered.
//!
//! # States of a lease
//!
//! ```text
//!              ┌─────────────────────────► skipped
//!              │ not lent today, dispatcher missing, window over
//!   planned ───┤
//!              │ dispatcher online, health is Good or Unknown: save it
//!              ▼
//!         acquiring ──────────────┐ owner changed it, never idle, …
//!              │ Maintenance,     │
//!              │ Idle, prepared   ▼            403          works again
//!            held ──────────► releasing ──────────► stuck ──────────┐
//!                                 │        ◄────────────────────────┘
//!                                 ▼
//!                             released
//! ```
//!
//! The driver of the lab moves them, one at a time, by compare-and-set under
//! its fence; others only *ask* (`release_asked`). Each transition carries a
//! code and a sentence, is a row of the trail, and an event.
//!
//! Within a state there are no further states, only facts with a time:
//! `saved_health`, `asked_at` (Maintenance may be ours from here), `taken_at`
//! (the lab said or showed it), `idle_at`, `opened_at` (the federated server may drive
//! it from here), `closed_at`. A step looks at facts and at what the servers
//! show *now*, and so is the same after a crash, a lost answer, or an answer
//! that comes twice.
//!
//! # What must hold
//!
//! - The health found is durable before Maintenance is set, and never changes.
//!   Only Good and Unknown are borrowed, so our own Maintenance cannot be saved.
//! - A device is opened at the federated server only after the lab showed
//!   Maintenance and Idle. The lab's own job is never cancelled.
//! - A device is given back only when the federated server can no longer drive
//!   it: it is closed there and its jobs are over, or its dispatcher is over, or
//!   LAVA's own time-outs have passed. An opening without an answer may arrive
//!   late: the device is held until it cannot any more, and looked at again.
//! - Before restoring, the lab is read. Only our Maintenance is replaced; what
//!   the owner set stays, and is recorded as the owner's change.
//! - No device is taken before its dispatcher is online with the server's
//!   version, before the window opens, or when what is left is not worth it.
//! - A lab that does not answer leaves its leases as they are; they are tried
//!   again for ever. Past the window they are overdue, which raises an alert.
//! - A refused credential leads to `stuck`, never to `released`.
//! - Whatever is about to be written to a server is in the trail before, and
//!   its outcome after. No call is made within a transaction.
//!
//! # Who drives
//!
//! One replica at a time, by a row per lab: holder, fence, heartbeat, all by the
//! database's clock. The holder beats every [`HEARTBEAT`] and sends nothing
//! when its last beat is older than [`SEND_WITHIN`]; a call takes 10 s at most;
//! another takes over after [`LOCK_DELAY`]. So no call of a predecessor is under
//! way when the successor begins. Every commit checks holder and fence.
//!
//! # Whose change was it?
//!
//! LAVA sets a device to Unknown when a job ends with an infrastructure error,
//! from Maintenance too. Until the lab has shown Idle under our Maintenance an
//! Unknown is taken for LAVA's doing; later only if a job of the lab ended on
//! the device meanwhile. Then it is taken again, [`RETAKES`] times at most.
//! Everything else is the owner's change, and wins.
//!
//! # Accepted races
//!
//! - An owner who sets Maintenance over our Maintenance looks like us. So
//!   releasing offers to keep it in Maintenance.
//! - A process stopped between its check and its send may write late. Its
//!   successor reads every device it holds at least once a minute and mends.
//!
//! # The walk of one day
//!
//! 1. The window opens: `round` starts one for the federated server's version,
//!    with a lease for each lendable device, or a skip with its reason.
//! 2. `dispatcher` wants one SLAVE job per docker device, and waits until its
//!    worker is online with that version.
//! 3. `state` takes each device, waits for Idle, has it prepared, opens it.
//! 4. `choose` picks one job after the other until the plan is done.
//! 5. The window nears its end, the version moves, the lab is paused, or the
//!    owner wants it back: `state` closes, waits for the jobs, restores.
//! 6. The SLAVE jobs are cancelled, the round ends.

pub mod choose;
pub mod dispatcher;
pub mod reason;
pub mod round;
pub mod state;
pub mod submission;

use chrono::TimeDelta;

pub use reason::Reason;

/// How often a driver tells that it lives.
pub const HEARTBEAT: TimeDelta = TimeDelta::seconds(2);
/// Age of the last heartbeat beyond which a driver sends nothing any more.
pub const SEND_WITHIN: TimeDelta = TimeDelta::seconds(4);
/// How long a driver must be silent before another takes its lab over: longer
/// than `SEND_WITHIN` and the longest call together.
pub const LOCK_DELAY: TimeDelta = TimeDelta::seconds(15);
/// How often a device that LAVA opened by itself is taken again.
pub const RETAKES: i32 = 3;
/// How long a device may run the lab's own job after it was taken.
pub const IDLE_PATIENCE: TimeDelta = TimeDelta::minutes(30);
/// How long a SLAVE job may take to bring its worker online.
pub const DISPATCHER_PATIENCE: TimeDelta = TimeDelta::minutes(15);
/// How long a dispatcher may be offline before it is given up; LAVA itself
/// needs 60 s to notice.
pub const OFFLINE_PATIENCE: TimeDelta = TimeDelta::seconds(90);
/// How long cancelled jobs of a closed device may take before its dispatcher is
/// ended as well.
pub const JOBS_PATIENCE: TimeDelta = TimeDelta::seconds(60);
/// Time before the window's end at which giving back begins.
pub const CLOSING: TimeDelta = TimeDelta::minutes(3);
/// Less than this left of a window is not worth a round or a device.
pub const WORTHWHILE: TimeDelta = TimeDelta::minutes(5);
/// How long LAVA keeps a SLAVE job beyond the window's end, should we be dead.
pub const SLAVE_GRACE: TimeDelta = TimeDelta::minutes(10);

/// The limits that an operator may set, and tests do.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub closing: TimeDelta,
    pub worthwhile: TimeDelta,
    pub idle_patience: TimeDelta,
    /// How long a device may wait in Maintenance for the federated server.
    pub prepare_patience: TimeDelta,
    pub dispatcher_patience: TimeDelta,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            closing: CLOSING,
            worthwhile: WORTHWHILE,
            idle_patience: IDLE_PATIENCE,
            prepare_patience: TimeDelta::minutes(10),
            dispatcher_patience: DISPATCHER_PATIENCE,
        }
    }
}
