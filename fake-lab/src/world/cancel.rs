//! Canceling a job, and removing a device with its jobs. Must not know who may.

use chrono::TimeDelta;
use rand::Rng as _;

use super::{By, World};
use crate::{
    journal::Change,
    words::{JobHealth, JobState},
};

impl World {
    /// As LAVA's cancel signal: nothing happens to a job that is over or being canceled.
    pub(crate) fn cancel(&mut self, by: &By, id: u32) {
        let Some(before) = self.jobs.get(&id).map(|job| job.state) else {
            return;
        };
        if matches!(before, JobState::Canceling | JobState::Finished) {
            return;
        }
        self.note(by, Change::JobCanceled { job: id, before });
        if before == JobState::Submitted {
            self.finish(
                id,
                JobHealth::Canceled,
                false,
                &crate::result::Story::default(),
            );
            return;
        }
        if let Some(job) = self.jobs.get_mut(&id) {
            job.state = JobState::Canceling;
        }
        self.note(
            &By::lava(),
            Change::JobState {
                job: id,
                after: JobState::Canceling,
                device: None,
            },
        );
        self.reach_dispatcher(id);
    }

    /// A cancel that reaches a living dispatcher gets a time at which it is done.
    pub(super) fn reach_dispatcher(&mut self, id: u32) {
        let Some(job) = self.jobs.get(&id) else {
            return;
        };
        if job.state != JobState::Canceling || job.canceled_at.is_some() {
            return;
        }
        let worker = self.worker_of(job).map(|worker| worker.hostname.clone());
        let alive = worker
            .as_ref()
            .and_then(|name| self.workers.get(name))
            .is_some_and(|worker| worker.process.is_some());
        if !alive {
            return;
        }
        let (least, most) = self.timing.cancel;
        let wait = TimeDelta::seconds(self.rng.random_range(least..=most.max(least)));
        let at = self.now + wait;
        if let Some(job) = self.jobs.get_mut(&id) {
            job.canceled_at = Some(at);
        }
    }

    /// Cascades to the device's jobs, as LAVA does.
    pub(crate) fn delete_device(&mut self, by: &By, hostname: &str) {
        if self.devices.remove(hostname).is_none() {
            return;
        }
        let own: Vec<u32> = self
            .jobs
            .values()
            .filter(|job| job.device.as_deref() == Some(hostname))
            .map(|job| job.id)
            .collect();
        for id in own {
            self.jobs.remove(&id);
            self.open.retain(|open| *open != id);
            self.note(by, Change::JobDeleted { job: id });
        }
        self.note(
            by,
            Change::DeviceDeleted {
                device: hostname.to_owned(),
            },
        );
    }
}
