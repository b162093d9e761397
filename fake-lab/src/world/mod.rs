//! What a LAVA server knows: users, devices, workers, tags, jobs, and the one
//! place that changes a health and writes it into the journal. Must not know
//! HTTP.

mod cancel;
mod change;
mod job;
mod ping;
mod round;
mod step;
mod submit;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

pub use self::job::Job;
pub(crate) use self::submit::SubmitError;
use crate::{
    callback::Callback,
    fault::{Call, Fault, Pending},
    journal::{Change, Entry, Via},
    result::Counters,
    script::{Script, Start},
    words::{DeviceHealth, DeviceState, JobState, Release, WorkerHealth, WorkerState},
};

/// Who LAVA says it was when it acts by itself.
pub(crate) const LAVA_HEALTH: &str = "lava-health";

/// How fast a server and its dispatchers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two looks of the scheduler; nought: it looks at once.
    pub scheduler: TimeDelta,
    pub ping: TimeDelta,
    pub offline_after: TimeDelta,
    /// The end of a job is noticed at most so late, in seconds.
    pub end_noticed: i64,
    /// From cancel to Finished, in seconds, least and most.
    pub cancel: (i64, i64),
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            scheduler: TimeDelta::seconds(20),
            ping: TimeDelta::seconds(20),
            offline_after: TimeDelta::seconds(60),
            end_noticed: 5,
            cancel: (3, 25),
        }
    }
}

/// What a user may do, beside looking and submitting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    pub superuser: bool,
    pub add_device: bool,
    pub change_device: bool,
    pub add_worker: bool,
    pub change_worker: bool,
    pub add_tag: bool,
    pub change_testjob: bool,
    pub add_devicetype: bool,
    /// Devices whose `change_device` the user's group has.
    pub devices: BTreeSet<String>,
}

impl Rights {
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn superuser() -> Self {
        Self {
            superuser: true,
            ..Self::every_model()
        }
    }

    /// The least that a remote lab has to grant for REST.
    #[must_use]
    pub fn add_and_change_device() -> Self {
        Self {
            add_device: true,
            change_device: true,
            ..Self::default()
        }
    }

    /// The least that a remote lab has to grant for XML-RPC.
    #[must_use]
    pub fn of_devices(devices: &[&str]) -> Self {
        Self {
            devices: devices.iter().map(|name| (*name).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Every model permission, but no superuser.
    #[must_use]
    pub fn every_model() -> Self {
        Self {
            superuser: false,
            add_device: true,
            change_device: true,
            add_worker: true,
            change_worker: true,
            add_tag: true,
            change_testjob: true,
            add_devicetype: true,
            devices: BTreeSet::new(),
        }
    }

    pub(crate) fn may_change(&self, device: &str) -> bool {
        self.superuser || self.change_device || self.devices.contains(device)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) rights: Rights,
    /// Secret and description.
    pub(crate) tokens: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct DeviceType {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) health_frequency: i64,
    pub(crate) disable_health_check: bool,
    pub(crate) display: bool,
    pub(crate) health_check: Option<String>,
    pub(crate) template: Option<String>,
}

impl DeviceType {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: None,
            health_frequency: 24,
            disable_health_check: false,
            display: true,
            health_check: None,
            template: None,
        }
    }
}

/// A device as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub hostname: String,
    pub device_type: String,
    pub worker: Option<String>,
    pub health: DeviceHealth,
    pub state: DeviceState,
    pub description: Option<String>,
    pub tags: Vec<u32>,
    pub dictionary: Option<String>,
    pub last_health_report_job: Option<u32>,
}

/// A worker as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    pub hostname: String,
    pub health: WorkerHealth,
    pub state: WorkerState,
    pub description: Option<String>,
    pub version: Option<String>,
    pub last_ping: DateTime<Utc>,
    pub job_limit: u32,
    pub token: String,
    pub(crate) config: Option<String>,
    pub(crate) env: Option<String>,
    pub(crate) process: Option<Process>,
}

/// The dispatcher that pings as a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) version: String,
    pub(crate) token: String,
    pub(crate) since: DateTime<Utc>,
    /// The first ping from then on tells the server something new.
    pub(crate) tells: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

/// A permission on one device, as `permissions/devices/` lists it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: u32,
    pub(crate) group: String,
    pub(crate) device: String,
}

type ScriptFn = Box<dyn FnMut(&Start<'_>) -> Option<Script> + Send>;
type FaultFn = Box<dyn FnMut(&Call) -> Fault + Send>;

pub(crate) struct World {
    pub(crate) release: Release,
    pub(crate) version: String,
    pub(crate) now: DateTime<Utc>,
    /// How far the server's clock is off.
    pub(crate) clock: TimeDelta,
    pub(crate) timing: Timing,
    pub(crate) started: DateTime<Utc>,
    pub(crate) users: Vec<User>,
    pub(crate) types: BTreeMap<String, DeviceType>,
    pub(crate) templates: BTreeSet<String>,
    pub(crate) devices: BTreeMap<String, Device>,
    pub(crate) workers: BTreeMap<String, Worker>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) jobs: BTreeMap<u32, Job>,
    /// The unfinished ones, by id.
    pub(crate) open: Vec<u32>,
    pub(crate) last_job: u32,
    pub(crate) counters: Counters,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) script: Option<ScriptFn>,
    pub(crate) fault: Option<FaultFn>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) journal: Vec<Entry>,
    pub(crate) calls: Vec<Call>,
    pub(crate) unexpected: Vec<Call>,
    pub(crate) callbacks: Vec<Callback>,
    /// The scheduler has something to look at since then.
    pub(crate) stirred: Option<DateTime<Utc>>,
}

/// Templates that every LAVA ships, as far as they matter here.
const SHIPPED: &[&str] = &[
    "beaglebone-black",
    "bcm2711-rpi-4-b",
    "docker",
    "hi6220-hikey",
    "imx8mq-evk",
    "juno-r2",
    "qemu",
    "rk3399-rock-pi-4b",
    "x86",
];

impl World {
    pub(crate) fn new(release: Release, start: DateTime<Utc>) -> Self {
        Self {
            release,
            version: release.version().to_owned(),
            now: start,
            clock: TimeDelta::zero(),
            timing: Timing::default(),
            started: start,
            users: Vec::new(),
            types: BTreeMap::new(),
            templates: SHIPPED.iter().map(|name| (*name).to_owned()).collect(),
            devices: BTreeMap::new(),
            workers: BTreeMap::new(),
            tags: Vec::new(),
            grants: Vec::new(),
            jobs: BTreeMap::new(),
            open: Vec::new(),
            last_job: 0,
            counters: Counters::default(),
            rng: ChaCha8Rng::seed_from_u64(0),
            script: None,
            fault: None,
            pending: Vec::new(),
            journal: Vec::new(),
            calls: Vec::new(),
            unexpected: Vec::new(),
            callbacks: Vec::new(),
            stirred: None,
        }
    }

    /// The scheduler gets something to look at.
    pub(crate) fn stir(&mut self) {
        self.stirred.get_or_insert(self.now);
    }

    pub(crate) fn note(&mut self, by: &By, change: Change) {
        self.journal.push(Entry {
            at: self.now,
            user: by.user.clone(),
            via: by.via.clone(),
            change,
        });
    }

    /// What the server's own clock makes of a time.
    pub(crate) fn shown(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        at + self.clock
    }

    /// A secret that looks like LAVA's.
    pub(crate) fn secret(&mut self, length: usize) -> String {
        use rand::Rng as _;
        let pool = rand::distr::Alphanumeric;
        (0..length)
            .map(|_| char::from(self.rng.sample(pool)))
            .collect()
    }

    /// The one place where the health of a device changes.
    pub(crate) fn set_device_health(
        &mut self,
        by: &By,
        hostname: &str,
        after: DeviceHealth,
        reason: Option<&str>,
    ) {
        let Some(device) = self.devices.get_mut(hostname) else {
            return;
        };
        let before = device.health;
        if before == after {
            return;
        }
        device.health = after;
        self.note(
            by,
            Change::DeviceHealth {
                device: hostname.to_owned(),
                before,
                after,
                reason: reason.map(str::to_owned),
            },
        );
        self.stir();
        if after == DeviceHealth::Retired && self.release == Release::V2026_10 {
            let held = |job: &&Job| job.device.as_deref() == Some(hostname);
            let running = self.open.iter().filter_map(|id| self.jobs.get(id));
            let ids: Vec<u32> = running.filter(held).map(|job| job.id).collect();
            for id in ids {
                self.cancel(by, id);
            }
        }
    }

    pub(crate) fn set_worker_health(&mut self, by: &By, hostname: &str, after: WorkerHealth) {
        let Some(worker) = self.workers.get_mut(hostname) else {
            return;
        };
        let before = worker.health;
        worker.health = after;
        if before != after {
            self.note(
                by,
                Change::WorkerHealth {
                    worker: hostname.to_owned(),
                    before,
                    after,
                },
            );
        }
        self.stir();
        let (from, to, reason): (&[DeviceHealth], _, _) = match after {
            WorkerHealth::Active if before != WorkerHealth::Retired => (
                &[DeviceHealth::Good],
                DeviceHealth::Unknown,
                "worker going active",
            ),
            WorkerHealth::Retired => (
                &[
                    DeviceHealth::Good,
                    DeviceHealth::Unknown,
                    DeviceHealth::Looping,
                    DeviceHealth::Maintenance,
                ],
                DeviceHealth::Retired,
                "worker going retired",
            ),
            WorkerHealth::Active | WorkerHealth::Maintenance => return,
        };
        let own = |device: &&Device| {
            device.worker.as_deref() == Some(hostname) && from.contains(&device.health)
        };
        let found = self.devices.values().filter(own);
        let names: Vec<String> = found.map(|device| device.hostname.clone()).collect();
        for name in names {
            self.set_device_health(by, &name, to, Some(reason));
        }
    }

    /// The job that holds a device.
    pub(crate) fn job_on(&self, hostname: &str) -> Option<&Job> {
        self.open
            .iter()
            .filter_map(|id| self.jobs.get(id))
            .find(|job| job.device.as_deref() == Some(hostname) && job.state != JobState::Submitted)
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// Whether LAVA could use a dictionary: it extends a template this server has.
    pub(crate) fn dictionary_error(&self, text: &str) -> Option<String> {
        let Some((_, rest)) = text.split_once("extends") else {
            return Some("no template is extended".to_owned());
        };
        let rest = rest.trim_start();
        let mut parts = rest.split(['\'', '"']);
        let template = match (parts.next(), parts.next()) {
            (Some(""), Some(name)) => name,
            _ => return Some("no template is extended".to_owned()),
        };
        let known = template
            .strip_suffix(".jinja2")
            .is_some_and(|name| name == "base" || self.templates.contains(name));
        (!known).then(|| template.to_owned())
    }
}

/// Who does something, and by which way.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) user: String,
    pub(crate) via: Via,
}

impl By {
    pub(crate) fn lava() -> Self {
        Self {
            user: LAVA_HEALTH.to_owned(),
            via: Via::Lava,
        }
    }

    pub(crate) fn owner(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            via: Via::Owner,
        }
    }
}
