//! Taking a job in: what LAVA checks before it gives it a number. Must not
//! know when the job will run.

use std::sync::Arc;

use super::{By, Job, World, job::Plan};
use crate::{
    definition::{Definition, Refused},
    journal::Change,
    result::Results,
    words::{DeviceHealth, DeviceState, JobHealth, JobState},
};

/// Why LAVA does not take a job.
#[derive(Clone, Debug)]
pub(crate) enum SubmitError {
    Data(Refused),
    UnknownTag(String),
    Unavailable(String),
}

impl World {
    pub(crate) fn submit(&mut self, by: &By, text: &str) -> Result<u32, SubmitError> {
        let definition = Definition::read(text, self.release).map_err(SubmitError::Data)?;
        let tags = self.find_device_for(&definition)?;
        let device_type = definition.device_type.clone();
        let id = self.create_job(by, definition, text, tags);
        self.note(
            by,
            Change::JobSubmitted {
                job: id,
                device_type,
            },
        );
        self.stir();
        Ok(id)
    }

    /// The ids of the tags, if some device could ever run the job.
    fn find_device_for(&self, definition: &Definition) -> Result<Vec<u32>, SubmitError> {
        let name = &definition.device_type;
        if !self.types.get(name).is_some_and(|found| found.display) {
            return Err(SubmitError::Unavailable(format!(
                "Device type '{name}' is unavailable."
            )));
        }
        if let Some(hostname) = &definition.device {
            let known = self.devices.get(hostname);
            let known = known.ok_or_else(|| {
                SubmitError::Unavailable(format!("Device '{hostname}' does not exist."))
            })?;
            if known.device_type != *name {
                return Err(SubmitError::Unavailable(format!(
                    "Device '{hostname}' is not of type '{name}'."
                )));
            }
        }
        let mut tags = Vec::new();
        for wanted in &definition.tags {
            match self.tags.iter().find(|tag| tag.name == *wanted) {
                Some(tag) => tags.push(tag.id),
                None => return Err(SubmitError::UnknownTag(wanted.clone())),
            }
        }
        let mut usable = self
            .devices
            .values()
            .filter(|device| device.device_type == *name && device.health != DeviceHealth::Retired)
            .peekable();
        if usable.peek().is_none() {
            return Err(SubmitError::Unavailable(format!(
                "No devices of type {name} are available."
            )));
        }
        if !usable.any(|device| tags.iter().all(|tag| device.tags.contains(tag))) {
            return Err(SubmitError::Unavailable(format!(
                "No devices of type {name} are available which have all of the tags '{}'.",
                definition.tags.join(", ")
            )));
        }
        Ok(tags)
    }

    pub(super) fn create_job(
        &mut self,
        by: &By,
        definition: Definition,
        original: &str,
        tags: Vec<u32>,
    ) -> u32 {
        self.last_job += 1;
        let id = self.last_job;
        let callbacks = definition
            .notify
            .as_ref()
            .map_or(0, |notify| notify.callbacks.len());
        let job = Job {
            id,
            submitter: by.user.clone(),
            health_check: false,
            device_type: definition.device_type.clone(),
            device: None,
            tags,
            submit_time: self.now,
            start_time: None,
            end_time: None,
            state: JobState::Submitted,
            health: JobHealth::Unknown,
            priority: definition.priority,
            token: self.secret(32),
            text: definition.text(self.release).into(),
            original: original.into(),
            definition: Arc::new(definition),
            scheduled_at: None,
            plan: None::<Plan>,
            canceled_at: None,
            worker: None,
            results: Results::default(),
            urls: vec![None; callbacks],
        };
        self.jobs.insert(id, job);
        self.open.push(id);
        id
    }

    /// Gives a job its device.
    pub(super) fn reserve(&mut self, id: u32, hostname: &str) {
        let now = self.now;
        let Some(device) = self.devices.get_mut(hostname) else {
            return;
        };
        device.state = DeviceState::Reserved;
        if let Some(job) = self.jobs.get_mut(&id) {
            job.device = Some(hostname.to_owned());
            job.state = JobState::Scheduled;
            job.scheduled_at = Some(now);
        }
        self.note(
            &By::lava(),
            Change::JobState {
                job: id,
                after: JobState::Scheduled,
                device: Some(hostname.to_owned()),
            },
        );
    }
}
