//! What happened in many days, counted: a simulation in which nothing goes wrong shows nothing.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use entity::lease::LeaseState;

use crate::world::World;

/// Days from which each of `EXPECTED` must have happened at least once.
const MANY: usize = 1000;

const EXPECTED: &[&str] = &[
    "kill",
    "fault",
    "late fault",
    "deed: health",
    "deed: SLAVE job cancelled",
    "deed: upgrade",
    "deed: own job",
    "lease released",
    "lease skipped",
    "lease retaken",
    "why: ACQUIRED",
    "why: OPENED",
    "why: RESTORED",
    "why: OWNER_CHANGED",
    "why: DISPATCHER_LOST",
    "why: DISPATCHER_MISSING",
    "why: HEALTH_NOT_LENT",
    "why: PLAN_DONE",
    "why: VERSION_MOVED",
    "why: WINDOW_ENDS",
    "why: UNANSWERED",
    "why: CREDENTIAL_REFUSED",
    "why: JOB_FINISHED",
];

#[derive(Debug, Default)]
pub(crate) struct Exercised {
    days: usize,
    counts: BTreeMap<String, usize>,
}

impl Exercised {
    pub(crate) fn note(&mut self, what: &str, times: usize) {
        *self.counts.entry(what.to_owned()).or_default() += times;
    }

    /// What the rows of a day tell.
    pub(crate) async fn day(&mut self, world: &World) -> Result<()> {
        self.days += 1;
        for lease in world.leases().await? {
            match lease.state {
                LeaseState::Released => self.note("lease released", 1),
                LeaseState::Skipped => self.note("lease skipped", 1),
                LeaseState::Planned
                | LeaseState::Acquiring
                | LeaseState::Held
                | LeaseState::Releasing
                | LeaseState::Stuck => self.note("lease open at the end", 1),
            }
            self.note("lease retaken", usize::from(lease.retakes > 0));
        }
        for row in world.trail().await? {
            self.note(&format!("why: {}", row.code), 1);
        }
        Ok(())
    }

    /// What should have happened in so many days and did not.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let happened = |what: &&&str| self.counts.get(**what).is_some_and(|count| *count > 0);
        if self.days < MANY {
            return Vec::new();
        }
        let missing = EXPECTED.iter().filter(|what| !happened(what));
        missing.copied().collect()
    }
}

impl fmt::Display for Exercised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} days", self.days)?;
        for (what, count) in &self.counts {
            write!(f, "; {what} {count}")?;
        }
        Ok(())
    }
}
