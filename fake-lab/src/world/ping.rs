//! Workers and the dispatchers that ping as them. Pings are not events: when
//! the last one was and when the next one will be is computed. Must not know
//! where a dispatcher runs.

use chrono::{DateTime, TimeDelta, Utc};

use super::{By, Job, Process, Worker, World};
use crate::{
    journal::Change,
    words::{JobState, WorkerState},
};

impl World {
    /// A dispatcher begins to ping.
    pub(crate) fn start_dispatcher(&mut self, hostname: &str, version: &str, token: &str) {
        let now = self.now;
        let Some(worker) = self.workers.get_mut(hostname) else {
            return;
        };
        worker.process = Some(Process {
            version: version.to_owned(),
            token: token.to_owned(),
            since: now,
            tells: Some(now),
        });
    }

    /// A dispatcher dies: its jobs stay as they are.
    pub(crate) fn stop_dispatcher(&mut self, hostname: &str) {
        let (now, every) = (self.now, self.timing.ping);
        let Some(worker) = self.workers.get_mut(hostname) else {
            return;
        };
        if worker.state == WorkerState::Online {
            worker.last_ping = seen_ping(worker, now, every);
        }
        worker.process = None;
        for id in &self.open {
            let Some(job) = self.jobs.get_mut(id) else {
                continue;
            };
            if job.worker.as_deref() == Some(hostname) {
                job.canceled_at = None;
            }
        }
    }

    /// Another version is installed; the dispatchers learn it by their next ping.
    pub(crate) fn upgrade(&mut self, version: &str) {
        let (now, every) = (self.now, self.timing.ping);
        version.clone_into(&mut self.version);
        for worker in self.workers.values_mut() {
            let seen = seen_ping(worker, now, every);
            if worker.state == WorkerState::Online {
                worker.last_ping = seen;
            }
            if let Some(process) = &mut worker.process {
                process.tells = Some(now);
            }
        }
    }

    /// When a worker changes by itself.
    pub(super) fn worker_due(&self, worker: &Worker) -> Option<DateTime<Utc>> {
        let every = self.timing.ping;
        if let Some(process) = &worker.process {
            if let Some(from) = process.tells {
                return Some(grid(process.since, every, from));
            }
            if self.is_accepted(worker, process) {
                return None;
            }
        }
        (worker.state == WorkerState::Online).then(|| worker.last_ping + self.timing.offline_after)
    }

    pub(super) fn worker_changes(&mut self, hostname: &str) {
        let Some(worker) = self.workers.get(hostname) else {
            return;
        };
        let Some(process) = worker.process.clone().filter(|own| own.tells.is_some()) else {
            self.set_worker_state(hostname, WorkerState::Offline, None);
            return;
        };
        let authentic = process.token == worker.token;
        if let Some(worker) = self.workers.get_mut(hostname)
            && let Some(process) = &mut worker.process
        {
            process.tells = None;
        }
        if authentic {
            self.ping(hostname, &process.version);
            let canceling: Vec<u32> = self.open.clone();
            for id in canceling {
                self.reach_dispatcher(id);
            }
        }
    }

    /// One ping with the right token: a wrong version takes the worker offline.
    pub(crate) fn ping(&mut self, hostname: &str, version: &str) -> bool {
        let (now, fits) = (self.now, version == self.version);
        let Some(worker) = self.workers.get_mut(hostname) else {
            return false;
        };
        worker.version = Some(version.to_owned());
        if fits {
            worker.last_ping = now;
        }
        let state = if fits {
            WorkerState::Online
        } else {
            WorkerState::Offline
        };
        self.set_worker_state(hostname, state, Some(version));
        fits
    }

    fn set_worker_state(&mut self, hostname: &str, state: WorkerState, version: Option<&str>) {
        let Some(worker) = self.workers.get_mut(hostname) else {
            return;
        };
        if worker.state == state {
            return;
        }
        worker.state = state;
        self.note(
            &By::lava(),
            Change::WorkerState {
                worker: hostname.to_owned(),
                after: state,
                version: version.map(str::to_owned),
            },
        );
        self.stir();
    }

    fn is_accepted(&self, worker: &Worker, process: &Process) -> bool {
        process.version == self.version && process.token == worker.token
    }

    /// The worker that has a job's device now.
    pub(super) fn worker_of(&self, job: &Job) -> Option<&Worker> {
        let device = self.devices.get(job.device.as_deref()?)?;
        self.workers.get(device.worker.as_deref()?)
    }

    /// Whether the dispatcher that started a job still has it.
    pub(crate) fn is_held(&self, job: &Job) -> bool {
        let worker = job
            .worker
            .as_deref()
            .and_then(|name| self.workers.get(name));
        let process = worker.and_then(|worker| worker.process.as_ref());
        let same =
            self.worker_of(job).map(|worker| worker.hostname.as_str()) == job.worker.as_deref();
        same && process
            .is_some_and(|process| job.start_time.is_some_and(|start| process.since <= start))
    }

    /// When the dispatcher asks for a scheduled job.
    pub(super) fn start_due(&self, job: &Job) -> Option<DateTime<Utc>> {
        let worker = self.worker_of(job)?;
        let process = worker.process.as_ref()?;
        let after = job.scheduled_at?.max(process.since) + TimeDelta::microseconds(1);
        (self.is_accepted(worker, process) && job.state == JobState::Scheduled)
            .then(|| grid(process.since, self.timing.ping, after))
    }

    /// The last ping as the server has it now.
    pub(crate) fn last_ping(&self, worker: &Worker) -> DateTime<Utc> {
        let accepted = worker
            .process
            .as_ref()
            .is_some_and(|process| self.is_accepted(worker, process));
        if accepted {
            seen_ping(worker, self.now, self.timing.ping)
        } else {
            worker.last_ping
        }
    }
}

/// The first ping at or after an instant.
fn grid(since: DateTime<Utc>, every: TimeDelta, at: DateTime<Utc>) -> DateTime<Utc> {
    let (step, gone) = (micros(every).max(1), micros(at - since));
    if gone <= 0 {
        return since;
    }
    since
        + TimeDelta::microseconds(
            gone.div_euclid(step) * step + if gone % step == 0 { 0 } else { step },
        )
}

/// The last ping at or before an instant.
fn seen_ping(worker: &Worker, at: DateTime<Utc>, every: TimeDelta) -> DateTime<Utc> {
    match &worker.process {
        Some(process) => {
            let (step, gone) = (micros(every).max(1), micros(at - process.since));
            process.since + TimeDelta::microseconds(gone.max(0).div_euclid(step) * step)
        }
        None => worker.last_ping,
    }
}

fn micros(delta: TimeDelta) -> i64 {
    delta.num_microseconds().unwrap_or(i64::MAX)
}
