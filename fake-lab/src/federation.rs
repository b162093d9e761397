//! Several labs and the federated server in lockstep, with the one link that
//! ties them: a dispatcher job that runs in a lab is a worker of the federated
//! server. Must not know why it was submitted.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    FakeLava,
    definition::{ActionKind, Definition},
    words::JobState,
    world::Job,
};

/// The dispatcher that a job runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatcher {
    /// Its name on the federated server.
    pub worker: String,
    /// The worker's token there.
    pub token: String,
    /// None: the version the federated server has when it starts.
    pub version: Option<String>,
}

/// Reads from a job's definition which dispatcher it runs, if any.
pub type ReadDispatcher = Box<dyn Fn(&Definition) -> Option<Dispatcher> + Send>;

pub struct Federation {
    labs: Vec<FakeLava>,
    federated: FakeLava,
    read: ReadDispatcher,
    /// From Running in the lab to the first ping.
    boot: TimeDelta,
    links: Vec<Link>,
}

/// A dispatcher job that runs.
struct Link {
    lab: usize,
    job: u32,
    dispatcher: Dispatcher,
    starts: DateTime<Utc>,
    started: bool,
}

impl Federation {
    /// By default a job names its worker in its metadata, see [`by_metadata`].
    #[must_use]
    pub fn new(federated: FakeLava, labs: Vec<FakeLava>) -> Self {
        Self {
            labs,
            federated,
            read: Box::new(by_metadata),
            boot: TimeDelta::seconds(15),
            links: Vec::new(),
        }
    }

    #[must_use]
    pub fn boot_delay(mut self, boot: TimeDelta) -> Self {
        self.boot = boot;
        self
    }

    #[must_use]
    pub fn dispatchers(
        mut self,
        read: impl Fn(&Definition) -> Option<Dispatcher> + Send + 'static,
    ) -> Self {
        self.read = Box::new(read);
        self
    }

    #[must_use]
    pub fn federated(&self) -> &FakeLava {
        &self.federated
    }

    #[must_use]
    pub fn labs(&self) -> &[FakeLava] {
        &self.labs
    }

    /// The next instant at which anything happens by itself anywhere.
    pub fn next_event(&mut self) -> Option<DateTime<Utc>> {
        self.follow();
        let servers = self.labs.iter().chain([&self.federated]);
        let events = servers.filter_map(FakeLava::next_event);
        let waiting = self.links.iter().filter(|link| !link.started);
        events.chain(waiting.map(|link| link.starts)).min()
    }

    /// Lets everything happen on all servers, in the order in which it is due.
    pub fn advance(&mut self, to: DateTime<Utc>) {
        while let Some(at) = self.next_event().filter(|at| *at <= to) {
            self.all_advance(at);
            self.follow();
        }
        self.all_advance(to);
        self.follow();
    }

    fn all_advance(&self, to: DateTime<Utc>) {
        for server in self.labs.iter().chain([&self.federated]) {
            server.advance(to);
        }
    }

    /// Starts and stops federated dispatchers as their jobs in the labs do.
    fn follow(&mut self) {
        let now = self.federated.now();
        for (lab, server) in self.labs.iter().enumerate() {
            let world = server.world();
            let open = world.open.iter().filter_map(|id| world.jobs.get(id));
            for job in open.filter(|job| job.state == JobState::Running) {
                let known = self
                    .links
                    .iter()
                    .any(|link| link.lab == lab && link.job == job.id);
                let (false, Some(start)) = (known, job.start_time) else {
                    continue;
                };
                if let Some(dispatcher) = (self.read)(&job.definition) {
                    self.links.push(Link {
                        lab,
                        job: job.id,
                        dispatcher,
                        starts: start + self.boot,
                        started: false,
                    });
                }
            }
        }
        let (labs, federated) = (&self.labs, &self.federated);
        self.links.retain_mut(|link| {
            let alive = labs.get(link.lab).is_some_and(|lab| runs(lab, link.job));
            if !alive {
                if link.started {
                    federated.stop_dispatcher(&link.dispatcher.worker);
                }
                return false;
            }
            if !link.started && link.starts <= now {
                link.started = true;
                let dispatcher = &link.dispatcher;
                let version = dispatcher.version.clone();
                let version = version.unwrap_or_else(|| federated.version());
                federated.start_dispatcher(&dispatcher.worker, &version, &dispatcher.token);
            }
            true
        });
    }
}

/// Whether the container of a job is still there.
fn runs(lab: &FakeLava, id: u32) -> bool {
    let world = lab.world();
    let held = |job: &&Job| world.is_held(job);
    let job = world.jobs.get(&id).filter(held);
    job.is_some_and(|job| matches!(job.state, JobState::Running | JobState::Canceling))
}

/// The worker is `lavafed.worker` of the metadata, its token the secret
/// `WORKER_TOKEN`, its version `lavafed.dispatcher` of the metadata or the tag of
/// the image.
#[must_use]
pub fn by_metadata(definition: &Definition) -> Option<Dispatcher> {
    let worker = definition.metadata("lavafed.worker")?;
    let mut deploys = definition
        .actions
        .iter()
        .filter(|action| action.kind == ActionKind::Deploy);
    let image = deploys.find_map(|action| action.image.as_deref());
    let tag = image.and_then(|image| image.rsplit_once(':'));
    let tag = tag.map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
    let version = definition.metadata("lavafed.dispatcher").or(tag);
    Some(Dispatcher {
        worker: worker.to_owned(),
        token: definition
            .secret("WORKER_TOKEN")
            .unwrap_or_default()
            .to_owned(),
        version: version.map(str::to_owned),
    })
}
