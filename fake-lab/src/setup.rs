//! The owner's side of a fake: what stands in the lab, what its people do by
//! hand, and what they can look at. Must not know HTTP.

use chrono::{DateTime, TimeDelta, Utc};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

use crate::{
    FakeLava,
    callback::Callback,
    fault::{Call, Fault},
    journal::{Change, Entry},
    script::{Script, Start},
    words::{DeviceHealth, DeviceState, JobState, WorkerHealth},
    world::{By, Device, DeviceType, Job, Rights, Timing, User, Worker},
};

/// What stands in the lab.
impl FakeLava {
    pub fn set_timing(&self, timing: Timing) {
        self.world().timing = timing;
    }

    /// The same seed gives the same world.
    pub fn seed(&self, seed: u64) {
        self.world().rng = ChaCha8Rng::seed_from_u64(seed);
    }

    /// How far the server's own clock is off.
    pub fn set_clock_error(&self, error: TimeDelta) {
        self.world().clock = error;
    }

    /// Adds a user with an API token; the password is the name.
    pub fn add_user(&self, name: &str, token: &str, rights: Rights) {
        let mut world = self.world();
        let devices: Vec<String> = rights.devices.iter().cloned().collect();
        world.users.push(User {
            name: name.to_owned(),
            password: name.to_owned(),
            rights,
            tokens: vec![(token.to_owned(), String::new())],
        });
        for device in devices {
            world.grant(name, &device);
        }
    }

    /// Another token of a user. The description matters to callbacks.
    pub fn add_token(&self, user: &str, token: &str, description: &str) {
        let mut world = self.world();
        if let Some(user) = world.users.iter_mut().find(|own| own.name == user) {
            user.tokens.push((token.to_owned(), description.to_owned()));
        }
    }

    /// All tokens of a user stop working.
    pub fn revoke_tokens(&self, user: &str) {
        let mut world = self.world();
        if let Some(user) = world.users.iter_mut().find(|own| own.name == user) {
            user.tokens.clear();
        }
    }

    pub fn set_rights(&self, user: &str, rights: Rights) {
        let mut world = self.world();
        if let Some(user) = world.users.iter_mut().find(|own| own.name == user) {
            user.rights = rights;
        }
    }

    /// A device-type with a template of its name.
    pub fn add_device_type(&self, name: &str) {
        let mut world = self.world();
        world.types.insert(name.to_owned(), DeviceType::new(name));
        world.templates.insert(name.to_owned());
    }

    /// A template without a device-type, as LAVA ships many.
    pub fn add_template(&self, name: &str) {
        self.world().templates.insert(name.to_owned());
    }

    pub fn set_health_check(&self, device_type: &str, definition: &str, hours: i64) {
        let mut world = self.world();
        if let Some(kind) = world.types.get_mut(device_type) {
            kind.health_check = Some(definition.to_owned());
            kind.health_frequency = hours;
        }
        world.stir();
    }

    /// An idle device with a valid dictionary.
    pub fn add_device(
        &self,
        hostname: &str,
        device_type: &str,
        worker: &str,
        health: DeviceHealth,
    ) {
        let mut world = self.world();
        world.devices.insert(
            hostname.to_owned(),
            Device {
                hostname: hostname.to_owned(),
                device_type: device_type.to_owned(),
                worker: Some(worker.to_owned()),
                health,
                state: DeviceState::Idle,
                description: None,
                tags: Vec::new(),
                dictionary: Some(format!("{{% extends '{device_type}.jinja2' %}}\n")),
                last_health_report_job: None,
            },
        );
        world.stir();
    }

    pub fn set_dictionary(&self, hostname: &str, text: Option<&str>) {
        let mut world = self.world();
        if let Some(device) = world.devices.get_mut(hostname) {
            device.dictionary = text.map(str::to_owned);
        }
        world.stir();
    }

    /// Makes a tag if need be, and gives it to a device.
    pub fn tag_device(&self, hostname: &str, tag: &str) {
        let mut world = self.world();
        let id = world.add_tag(tag, None);
        if let Some(device) = world.devices.get_mut(hostname)
            && !device.tags.contains(&id)
        {
            device.tags.push(id);
        }
        world.stir();
    }

    /// A worker without a dispatcher; returns its token.
    pub fn add_worker(&self, hostname: &str) -> String {
        let mut world = self.world();
        let worker = world.new_worker(hostname, WorkerHealth::Active);
        let token = worker.token.clone();
        world.workers.insert(hostname.to_owned(), worker);
        token
    }

    /// A worker whose dispatcher of the server's version is at work.
    pub fn add_online_worker(&self, hostname: &str) -> String {
        let token = self.add_worker(hostname);
        let version = self.world().version.clone();
        self.start_dispatcher(hostname, &version, &token);
        let now = self.now();
        self.advance(now);
        token
    }

    /// A dispatcher begins to ping as a worker; it gets in with the right token and version.
    pub fn start_dispatcher(&self, worker: &str, version: &str, token: &str) {
        self.world().start_dispatcher(worker, version, token);
    }

    /// A dispatcher dies without a word.
    pub fn stop_dispatcher(&self, worker: &str) {
        self.world().stop_dispatcher(worker);
    }

    /// How jobs end; None leaves one to the default.
    pub fn set_script(&self, script: impl FnMut(&Start<'_>) -> Option<Script> + Send + 'static) {
        self.world().script = Some(Box::new(script));
    }

    /// What goes wrong, call by call.
    pub fn set_faults(&self, plan: impl FnMut(&Call) -> Fault + Send + 'static) {
        self.world().fault = Some(Box::new(plan));
    }

    /// These faults in turn, then none.
    pub fn queue_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut queue: std::collections::VecDeque<Fault> = faults.into_iter().collect();
        self.set_faults(move |_| queue.pop_front().unwrap_or_default());
    }

    pub fn clear_faults(&self) {
        self.world().fault = None;
    }
}

/// What the people of the lab do by hand.
impl FakeLava {
    /// Somebody changes the health of a device in the web pages.
    pub fn set_health(&self, user: &str, device: &str, health: DeviceHealth, reason: &str) {
        let by = By::owner(user);
        self.world()
            .set_device_health(&by, device, health, Some(reason));
    }

    pub fn set_worker_health(&self, user: &str, worker: &str, health: WorkerHealth) {
        self.world()
            .set_worker_health(&By::owner(user), worker, health);
    }

    pub fn cancel_job(&self, user: &str, job: u32) {
        self.world().cancel(&By::owner(user), job);
    }

    pub fn delete_device(&self, user: &str, device: &str) {
        self.world().delete_device(&By::owner(user), device);
    }

    /// Somebody submits a job; nothing if LAVA does not take it.
    pub fn submit(&self, user: &str, definition: &str) -> Option<u32> {
        self.world().submit(&By::owner(user), definition).ok()
    }

    /// Another version is installed while everything runs.
    pub fn upgrade(&self, version: &str) {
        self.world().upgrade(version);
    }
}

/// What can be looked at without asking the API.
impl FakeLava {
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.world().now
    }

    #[must_use]
    pub fn version(&self) -> String {
        self.world().version.clone()
    }

    #[must_use]
    pub fn device(&self, hostname: &str) -> Option<Device> {
        self.world().devices.get(hostname).cloned()
    }

    #[must_use]
    pub fn devices(&self) -> Vec<Device> {
        self.world().devices.values().cloned().collect()
    }

    #[must_use]
    pub fn worker(&self, hostname: &str) -> Option<Worker> {
        let world = self.world();
        let mut worker = world.workers.get(hostname)?.clone();
        worker.last_ping = world.last_ping(&worker);
        Some(worker)
    }

    #[must_use]
    pub fn job(&self, id: u32) -> Option<Job> {
        self.world().jobs.get(&id).cloned()
    }

    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.world().jobs.values().cloned().collect()
    }

    /// Jobs that are not Finished, oldest first.
    #[must_use]
    pub fn open_jobs(&self) -> Vec<Job> {
        let world = self.world();
        let jobs = world.open.iter().filter_map(|id| world.jobs.get(id));
        jobs.filter(|job| job.state != JobState::Finished)
            .cloned()
            .collect()
    }

    /// Every effective write so far.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.world().journal.clone()
    }

    /// The journal from an entry on, so that a watcher need not copy it all.
    #[must_use]
    pub fn journal_since(&self, first: usize) -> Vec<Entry> {
        self.world().journal.get(first..).unwrap_or(&[]).to_vec()
    }

    /// The changes of one device's health, in order.
    #[must_use]
    pub fn health_changes(&self, hostname: &str) -> Vec<Entry> {
        let world = self.world();
        let own = |entry: &&Entry| match &entry.change {
            Change::DeviceHealth { device, .. } => device == hostname,
            _ => false,
        };
        world.journal.iter().filter(own).cloned().collect()
    }

    /// Every call that reached the server or was meant to.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.world().calls.clone()
    }

    /// Calls that no route knew: a test that sees one has found a gap.
    #[must_use]
    pub fn unexpected_calls(&self) -> Vec<Call> {
        self.world().unexpected.clone()
    }

    /// The callbacks that LAVA would have sent since the last time.
    #[must_use]
    pub fn take_callbacks(&self) -> Vec<Callback> {
        std::mem::take(&mut self.world().callbacks)
    }
}
