//! Virtual time: what happens next, and doing it. Must not sleep or read a
//! clock.

use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;

use super::{By, Job, World, job::Plan};
use crate::{
    callback,
    definition::{ActionKind, Definition},
    journal::Change,
    result::{self, Story},
    script::{self, Case, Outcome, Script, Stage, Start},
    words::{CaseResult, DeviceHealth, DeviceState, ErrorType, JobHealth, JobState},
};

impl World {
    /// When something will happen by itself.
    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        let round = self.stirred.map(|since| self.round_at(since));
        let jobs = self.open.iter().filter_map(|id| self.jobs.get(id));
        let jobs = jobs.filter_map(|job| self.job_due(job));
        let workers = self.workers.values();
        let workers = workers.filter_map(|worker| self.worker_due(worker));
        let checks = self
            .devices
            .values()
            .filter_map(|device| self.check_due(device))
            .filter(|at| *at > self.now);
        let pending = self.pending.iter().map(|pending| pending.at);
        let first = round
            .into_iter()
            .chain(jobs)
            .chain(workers)
            .chain(checks)
            .chain(pending)
            .min();
        first.map(|at| at.max(self.now))
    }

    /// Does all that is due up to an instant, in order.
    pub(crate) fn advance(&mut self, to: DateTime<Utc>) {
        while let Some(at) = self.next_at().filter(|at| *at <= to) {
            self.now = at;
            self.step();
        }
        self.now = self.now.max(to);
    }

    fn round_at(&self, since: DateTime<Utc>) -> DateTime<Utc> {
        let period = self.timing.scheduler.num_microseconds().unwrap_or(0);
        let gone = (since - self.started).num_microseconds().unwrap_or(0);
        if period <= 0 {
            return since;
        }
        let rest = gone.rem_euclid(period);
        since + TimeDelta::microseconds(if rest == 0 { 0 } else { period - rest })
    }

    fn job_due(&self, job: &Job) -> Option<DateTime<Utc>> {
        match job.state {
            JobState::Scheduled => self.start_due(job),
            JobState::Running if self.is_held(job) => job.plan.as_ref().map(|plan| plan.at),
            JobState::Canceling => job.canceled_at,
            JobState::Submitted | JobState::Scheduling | JobState::Running | JobState::Finished => {
                None
            }
        }
    }

    fn step(&mut self) {
        let now = self.now;
        let due = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
        for pending in self
            .pending
            .extract_if(.., |pending| pending.at <= now)
            .collect::<Vec<_>>()
        {
            pending.apply(self);
        }
        let workers: Vec<String> = self
            .workers
            .values()
            .filter(|worker| due(self.worker_due(worker)))
            .map(|worker| worker.hostname.clone())
            .collect();
        for hostname in workers {
            self.worker_changes(&hostname);
        }
        let jobs: Vec<u32> = self
            .open
            .iter()
            .filter_map(|id| self.jobs.get(id))
            .filter(|job| due(self.job_due(job)))
            .map(|job| job.id)
            .collect();
        for id in jobs {
            self.job_goes_on(id);
        }
        let check = |world: &Self| {
            let mut dues = world.devices.values().filter_map(|d| world.check_due(d));
            dues.any(|at| at <= now)
        };
        if due(self.stirred.map(|since| self.round_at(since)))
            || (self.stirred.is_none() && check(self))
        {
            self.round();
        }
    }

    fn job_goes_on(&mut self, id: u32) {
        let Some(job) = self.jobs.get(&id) else {
            return;
        };
        match job.state {
            JobState::Scheduled => self.start(id),
            JobState::Running => {
                if let Some(plan) = job.plan.clone() {
                    self.finish(id, plan.health, plan.infrastructure, &plan.story);
                }
            }
            JobState::Canceling => {
                let lost = job.start_time.is_some() && !self.is_held(job);
                let story = canceled(&job.definition, job.start_time.is_some());
                self.finish(id, JobHealth::Canceled, lost, &story);
            }
            JobState::Submitted | JobState::Scheduling | JobState::Finished => {}
        }
    }

    fn start(&mut self, id: u32) {
        let now = self.now;
        let Some(job) = self.jobs.get(&id) else {
            return;
        };
        let hostname = job.device.clone().unwrap_or_default();
        let definition = job.definition.clone();
        let worker = self.worker_of(job).map(|worker| worker.hostname.clone());
        let start = Start {
            id,
            device: &hostname,
            health_check: job.health_check,
            definition: &definition,
        };
        let own = self.script.as_mut().and_then(|script| script(&start));
        let script = match own {
            Some(script) => script,
            None => script::default(&start, &mut self.rng),
        };
        let noticed = self
            .rng
            .random_range(0..=self.timing.end_noticed.max(0) * 1000);
        let plan = plan(&definition, &script, now, TimeDelta::milliseconds(noticed));
        if let Some(job) = self.jobs.get_mut(&id) {
            job.state = JobState::Running;
            job.start_time = Some(now);
            job.worker = worker;
            job.plan = Some(plan);
        }
        if let Some(device) = self.devices.get_mut(&hostname) {
            device.state = DeviceState::Running;
        }
        self.note(
            &By::lava(),
            Change::JobState {
                job: id,
                after: JobState::Running,
                device: Some(hostname),
            },
        );
        callback::send(self, id);
    }

    pub(super) fn finish(
        &mut self,
        id: u32,
        health: JobHealth,
        infrastructure: bool,
        story: &Story,
    ) {
        let now = self.now;
        let Some(job) = self.jobs.get(&id) else {
            return;
        };
        let definition = job.definition.clone();
        let results = result::record(id, &definition, story, now, &mut self.counters);
        let Some(job) = self.jobs.get_mut(&id) else {
            return;
        };
        job.state = JobState::Finished;
        job.health = health;
        job.end_time = Some(now);
        job.start_time = job.start_time.or(Some(now));
        job.results = results;
        let (device, health_check) = (job.device.clone(), job.health_check);
        self.open.retain(|open| *open != id);
        self.note(
            &By::lava(),
            Change::JobState {
                job: id,
                after: JobState::Finished,
                device: device.clone(),
            },
        );
        if let Some(hostname) = device {
            self.release_device(
                &hostname,
                id,
                health_check.then_some(health),
                infrastructure,
            );
        }
        callback::send(self, id);
        self.stir();
    }

    /// The device is free again, and its health is what the job says of it.
    fn release_device(
        &mut self,
        hostname: &str,
        job: u32,
        checked: Option<JobHealth>,
        infrastructure: bool,
    ) {
        let Some(device) = self.devices.get_mut(hostname) else {
            return;
        };
        device.state = DeviceState::Idle;
        if let Some(health) = checked {
            device.last_health_report_job = Some(job);
            let open = matches!(
                device.health,
                DeviceHealth::Good | DeviceHealth::Unknown | DeviceHealth::Bad
            );
            if open {
                let (after, word) = match health {
                    JobHealth::Complete => (DeviceHealth::Good, "completed"),
                    JobHealth::Incomplete | JobHealth::Unknown => (DeviceHealth::Bad, "failed"),
                    JobHealth::Canceled => (DeviceHealth::Bad, "canceled"),
                };
                let reason = format!("health-check [{job}] {word}");
                self.set_device_health(&By::lava(), hostname, after, Some(&reason));
            }
        } else if infrastructure {
            let reason = format!("Infrastructure error after {job}");
            self.set_device_health(&By::lava(), hostname, DeviceHealth::Unknown, Some(&reason));
        }
    }
}

/// When and how a job that starts now will end.
fn plan(definition: &Definition, script: &Script, now: DateTime<Utc>, noticed: TimeDelta) -> Plan {
    let last = definition.actions.len().checked_sub(1);
    let hangs = script.outcome == Outcome::Hang || script.duration > definition.timeout;
    if hangs {
        let seconds = definition.timeout.num_seconds();
        let message = format!("Job timed out after {seconds} seconds");
        let story = broken(
            last,
            ErrorType::Job,
            message,
            script::inline_cases(definition),
        );
        return Plan {
            at: now + definition.timeout,
            health: JobHealth::Incomplete,
            infrastructure: false,
            story,
        };
    }
    let stage = |wanted: ActionKind| {
        let found = definition
            .actions
            .iter()
            .position(|action| action.kind == wanted);
        found.or(last)
    };
    let inline = || script::inline_cases(definition);
    let (health, infrastructure, story) = match &script.outcome {
        Outcome::Complete { results } => {
            let cases = if results.is_empty() {
                inline()
            } else {
                results.clone()
            };
            (JobHealth::Complete, false, complete(cases))
        }
        Outcome::Fail { case } => {
            let mut cases = inline();
            match cases.iter_mut().find(|own| own.name == *case) {
                Some(own) => own.result = CaseResult::Fail,
                None => cases.push(Case::new(case, CaseResult::Fail)),
            }
            (JobHealth::Complete, false, complete(cases))
        }
        Outcome::Incomplete {
            error_type,
            stage: at,
            message,
        } => {
            let mut story = match at {
                Stage::Validate => broken(None, *error_type, message.clone(), Vec::new()),
                Stage::Deploy => broken(
                    stage(ActionKind::Deploy),
                    *error_type,
                    message.clone(),
                    Vec::new(),
                ),
                Stage::Boot => broken(
                    stage(ActionKind::Boot),
                    *error_type,
                    message.clone(),
                    Vec::new(),
                ),
                Stage::Test => broken(
                    stage(ActionKind::Test),
                    *error_type,
                    message.clone(),
                    inline(),
                ),
            };
            story.validated = Some(*at != Stage::Validate);
            (
                JobHealth::Incomplete,
                *error_type == ErrorType::Infrastructure,
                story,
            )
        }
        Outcome::Infrastructure => {
            let message = "Connection closed".to_owned();
            let story = broken(
                stage(ActionKind::Deploy),
                ErrorType::Infrastructure,
                message,
                Vec::new(),
            );
            (JobHealth::Incomplete, true, story)
        }
        Outcome::Hang | Outcome::Canceled => {
            (JobHealth::Canceled, false, canceled(definition, true))
        }
    };
    Plan {
        at: now + script.duration + noticed,
        health,
        infrastructure,
        story,
    }
}

fn complete(cases: Vec<Case>) -> Story {
    Story {
        validated: Some(true),
        broken: None,
        error: None,
        cases,
    }
}

fn broken(at: Option<usize>, kind: ErrorType, message: String, cases: Vec<Case>) -> Story {
    Story {
        validated: Some(true),
        broken: at,
        error: Some((kind, message)),
        cases,
    }
}

fn canceled(definition: &Definition, started: bool) -> Story {
    if !started {
        return Story::default();
    }
    let last = definition.actions.len().checked_sub(1);
    let message = "The job was canceled".to_owned();
    broken(last, ErrorType::Canceled, message, Vec::new())
}
