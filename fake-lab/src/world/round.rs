//! One look of the scheduler: health checks first, then jobs by priority.
//! Must not know when it is called.

use chrono::{DateTime, TimeDelta, Utc};
use rand::seq::SliceRandom as _;

use super::{By, Device, LAVA_HEALTH, World};
use crate::{
    definition::Definition,
    journal::Via,
    words::{DeviceHealth, DeviceState, JobState, WorkerHealth, WorkerState},
};

impl World {
    pub(super) fn round(&mut self) {
        self.stirred = None;
        let idle: Vec<String> = self
            .devices
            .values()
            .filter(|device| self.is_reachable(device))
            .map(|device| device.hostname.clone())
            .collect();
        let mut free = Vec::new();
        for hostname in idle {
            if !self.check_health(&hostname) {
                free.push(hostname);
            }
        }
        // LAVA shuffles too: else the first device would get all the work
        free.shuffle(&mut self.rng);
        for hostname in free {
            self.schedule_for(&hostname);
        }
    }

    /// Idle, and on a worker that is Online and Active.
    fn is_reachable(&self, device: &Device) -> bool {
        let usable = matches!(
            device.health,
            DeviceHealth::Good | DeviceHealth::Unknown | DeviceHealth::Looping
        );
        let worker = device
            .worker
            .as_deref()
            .and_then(|name| self.workers.get(name));
        usable
            && device.state == DeviceState::Idle
            && worker.is_some_and(|worker| {
                worker.state == WorkerState::Online && worker.health == WorkerHealth::Active
            })
    }

    /// When the health of a device has to be checked; nothing without a health check.
    pub(super) fn check_due(&self, device: &Device) -> Option<DateTime<Utc>> {
        let kind = self.types.get(&device.device_type)?;
        if kind.disable_health_check || kind.health_check.is_none() || !self.is_reachable(device) {
            return None;
        }
        if device.health != DeviceHealth::Good {
            return Some(self.now);
        }
        let last = device
            .last_health_report_job
            .and_then(|id| self.jobs.get(&id));
        Some(last.map_or(self.now, |job| {
            job.submit_time + TimeDelta::hours(kind.health_frequency)
        }))
    }

    /// Schedules a health check if one is due; true when the device is not for other jobs.
    fn check_health(&mut self, hostname: &str) -> bool {
        let Some(device) = self.devices.get(hostname) else {
            return true;
        };
        if self.check_due(device).is_none_or(|at| at > self.now) {
            return device.health == DeviceHealth::Looping;
        }
        let kind = self.types.get(&device.device_type);
        let Some(text) = kind.and_then(|kind| kind.health_check.clone()) else {
            return false;
        };
        if self.is_invalid(hostname) {
            return true;
        }
        let Ok(mut definition) = Definition::read(&text, self.release) else {
            self.set_device_health(
                &By::lava(),
                hostname,
                DeviceHealth::Bad,
                Some("Invalid health check"),
            );
            return true;
        };
        if let Some(device) = self.devices.get(hostname) {
            definition.device_type.clone_from(&device.device_type);
        }
        let by = By {
            user: LAVA_HEALTH.to_owned(),
            via: Via::Lava,
        };
        let id = self.create_job(&by, definition, &text, Vec::new());
        if let Some(job) = self.jobs.get_mut(&id) {
            job.health_check = true;
        }
        self.reserve(id, hostname);
        true
    }

    /// A device whose dictionary cannot be used turns Bad.
    fn is_invalid(&mut self, hostname: &str) -> bool {
        let dictionary = self
            .devices
            .get(hostname)
            .and_then(|device| device.dictionary.as_deref());
        let valid = dictionary.is_some_and(|text| self.dictionary_error(text).is_none());
        if !valid {
            self.set_device_health(
                &By::lava(),
                hostname,
                DeviceHealth::Bad,
                Some("Invalid device configuration"),
            );
        }
        !valid
    }

    fn schedule_for(&mut self, hostname: &str) {
        if self.is_invalid(hostname) {
            return;
        }
        let Some(device) = self.devices.get(hostname) else {
            return;
        };
        let busy = self.busy(device.worker.as_deref());
        let limit = device
            .worker
            .as_deref()
            .and_then(|name| self.workers.get(name))
            .map_or(0, |worker| worker.job_limit);
        if limit > 0 && busy >= limit {
            return;
        }
        let best = self
            .open
            .iter()
            .filter_map(|id| self.jobs.get(id))
            .filter(|job| {
                job.state == JobState::Submitted
                    && job.device_type == device.device_type
                    && job
                        .definition
                        .device
                        .as_deref()
                        .is_none_or(|name| name == hostname)
                    && job.tags.iter().all(|tag| device.tags.contains(tag))
            })
            .min_by_key(|job| (std::cmp::Reverse(job.priority), job.submit_time, job.id))
            .map(|job| job.id);
        if let Some(id) = best {
            self.reserve(id, hostname);
        }
    }

    fn busy(&self, worker: Option<&str>) -> u32 {
        let busy = self.devices.values().filter(|device| {
            device.worker.as_deref() == worker && device.state != DeviceState::Idle
        });
        u32::try_from(busy.count()).unwrap_or(u32::MAX)
    }
}
