//! Smaller changes that more than one door asks for. Must not know who may.

use super::{By, Grant, Job, Tag, Worker, World};
use crate::{
    journal::Change,
    words::{WorkerHealth, WorkerState},
};

impl World {
    pub(crate) fn new_worker(&mut self, hostname: &str, health: WorkerHealth) -> Worker {
        Worker {
            hostname: hostname.to_owned(),
            health,
            state: WorkerState::Offline,
            description: None,
            version: None,
            last_ping: self.now,
            job_limit: 0,
            token: self.secret(32),
            config: None,
            env: None,
            process: None,
        }
    }

    pub(crate) fn add_tag(&mut self, name: &str, description: Option<String>) -> u32 {
        if let Some(tag) = self.tags.iter().find(|tag| tag.name == name) {
            return tag.id;
        }
        let id = self.tags.iter().map(|tag| tag.id).max().unwrap_or(0) + 1;
        self.tags.push(Tag {
            id,
            name: name.to_owned(),
            description,
        });
        id
    }

    pub(crate) fn set_dictionary(&mut self, by: &By, hostname: &str, text: String) {
        let Some(device) = self.devices.get_mut(hostname) else {
            return;
        };
        if device.dictionary.as_ref() == Some(&text) {
            return;
        }
        device.dictionary = Some(text);
        let device = hostname.to_owned();
        self.note(by, Change::Dictionary { device });
        self.stir();
    }

    pub(crate) fn move_device(&mut self, by: &By, hostname: &str, worker: Option<String>) {
        let Some(device) = self.devices.get_mut(hostname) else {
            return;
        };
        if device.worker == worker {
            return;
        }
        let before = std::mem::replace(&mut device.worker, worker.clone());
        let change = Change::DeviceField {
            device: hostname.to_owned(),
            field: "worker_host",
            before,
            after: worker,
        };
        self.note(by, change);
        self.stir();
        self.device_moved(hostname);
    }

    /// The new worker reports the cancel of a job that its old one took along.
    pub(crate) fn device_moved(&mut self, hostname: &str) {
        let Some(id) = self.job_on(hostname).map(|job| job.id) else {
            return;
        };
        if let Some(job) = self.jobs.get_mut(&id) {
            job.canceled_at = None;
        }
        self.reach_dispatcher(id);
    }

    /// A group has the name of its only user here.
    pub(crate) fn grant(&mut self, group: &str, device: &str) -> Grant {
        let id = self.grants.iter().map(|grant| grant.id).max().unwrap_or(0) + 1;
        let grant = Grant {
            id,
            group: group.to_owned(),
            device: device.to_owned(),
        };
        if let Some(user) = self.users.iter_mut().find(|user| user.name == group) {
            user.rights.devices.insert(device.to_owned());
        }
        self.grants.push(grant.clone());
        grant
    }

    /// The log of a job that has started.
    pub(crate) fn log(&self, job: &Job) -> Option<String> {
        let start = job.start_time.filter(|_| job.worker.is_some())?;
        let line = |at: chrono::DateTime<chrono::Utc>, level: &str, text: &str| {
            let dt = self.shown(at).format("%Y-%m-%dT%H:%M:%S%.6f");
            let dt = match self.release {
                crate::words::Release::V2023_01 => dt.to_string(),
                crate::words::Release::V2026_10 => format!("{dt}+00:00"),
            };
            let msg = serde_json::Value::from(text);
            format!("- {{\"dt\": \"{dt}\", \"lvl\": \"{level}\", \"msg\": {msg}}}\n")
        };
        let version = format!("lava-dispatcher, installed at version: {}", self.version);
        let mut log = line(start, "info", &version) + &line(start, "info", "start: 0 validate");
        for case in &job.results.cases {
            let text = format!("{} {} {}", case.suite, case.name, case.result.as_str());
            log += &line(case.logged, "results", &text);
        }
        Some(log)
    }
}
