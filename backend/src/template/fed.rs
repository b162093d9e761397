//! The definition of a FED job: a template on one held device. Must not know
//! why this template is the next one.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::lease::LeaseId;
use minijinja::Value;

use super::{
    Callback, JobText, LATENESS, Problem,
    library::{Library, Told, WAIT},
    ours::{self, Dataset, Ours, Visibility},
};
use crate::lava::feature::DeclaredFeature;

/// What is known of a job before it is submitted.
#[derive(Clone, Copy, Debug)]
pub struct FedJob<'a> {
    /// The name of the submission, unique to it.
    pub name: &'a str,
    pub device_type: &'a str,
    pub version: &'a str,
    /// The device's name on the federated server.
    pub device: &'a str,
    /// The LAVA tag that this device alone has there.
    pub tag: &'a str,
    pub lab: &'a str,
    pub lease: LeaseId,
    /// The time that is left for it, waiting included.
    pub left: TimeDelta,
    pub callback: Callback<'a>,
}

/// Writes the definition. Waiting and running, the job is over when its time is:
/// LAVA ends it before, by a time-out for each.
pub fn definition(library: &Library, template: &str, job: &FedJob<'_>) -> Result<JobText, Problem> {
    let facts = library.facts(template)?;
    let left = TimeDelta::minutes(job.left.num_minutes());
    if left < WAIT * 2 {
        let told = format!("{} seconds are too few for a job", job.left.num_seconds());
        return Err(library.wrong(template, told));
    }
    let told = told(
        job.device_type,
        job.version,
        job.device,
        job.lab,
        left.num_minutes(),
    );
    let mut page = library.fed_page(template, told)?;
    library.agrees(template, &page, job.device_type)?;
    let runs = facts.takes.min(left - WAIT);
    let queue = left - runs;
    ours::add(
        &mut page.root,
        Ours {
            name: job.name,
            visibility: Visibility::Public,
            tags: &[job.tag],
            queue,
            job: runs,
            dataset: Dataset::Results,
            callback: job.callback,
            metadata: vec![
                ("lavafed.type", "FED".to_owned()),
                ("lavafed.version", job.version.to_owned()),
                ("lavafed.features", list(&facts.features)),
                ("lavafed.submission", job.name.to_owned()),
                ("lavafed.lab", job.lab.to_owned()),
                ("lavafed.lease", job.lease.to_string()),
            ],
        },
    );
    Ok(JobText {
        text: page.root.to_string(),
        ends_within: left + LATENESS,
    })
}

/// What lavafed tells the template of a FED job.
pub(super) fn told(
    device_type: &str,
    version: &str,
    device: &str,
    lab: &str,
    minutes: i64,
) -> Told<'static> {
    BTreeMap::from([
        ("device_type", Value::from(device_type)),
        ("version", Value::from(version)),
        ("device", Value::from(device)),
        ("lab", Value::from(lab)),
        ("minutes", Value::from(minutes)),
    ])
}

/// Features as `lava::feature` reads them.
fn list(features: &[DeclaredFeature]) -> String {
    let words = features.iter().map(|feature| match &feature.mapped_to {
        Some(path) => format!("{}={path}", feature.name),
        None => feature.name.clone(),
    });
    words.collect::<Vec<_>>().join(" ")
}
