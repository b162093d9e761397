//! The definition of a SLAVE job: a container in a lab that runs a dispatcher
//! for the federated server. Must not know which devices it will drive.

use std::{collections::BTreeMap, fmt};

use chrono::TimeDelta;
use minijinja::Value;

use super::{
    Callback, JobText, LATENESS, Problem,
    library::{Library, Told},
    ours::{self, Dataset, Ours, Visibility},
    tree,
};
use crate::{lava::version::Version, lease::SLAVE_GRACE};

/// What is known of a SLAVE job before it is submitted.
#[derive(Clone, Copy)]
pub struct SlaveJob<'a> {
    /// The name of the submission, unique to it.
    pub name: &'a str,
    /// The device-type that the lab's docker devices have.
    pub device_type: &'a str,
    /// Tags that only the wanted docker device has; none: any of that type will do.
    pub docker_tags: &'a [&'a str],
    /// The wanted docker device, where `names_a_device` says that the lab's LAVA
    /// lets a job name it.
    pub docker_device: Option<&'a str>,
    pub lab: &'a str,
    /// The version of the federated server, which the dispatcher must have.
    pub version: &'a str,
    /// The name of the worker on the federated server, and its token there.
    pub worker: &'a str,
    pub worker_token: &'a str,
    /// The federated server, as the lab reaches it.
    pub url: &'a str,
    /// How long it may wait for the docker device.
    pub patience: TimeDelta,
    /// The time until the window ends.
    pub left: TimeDelta,
    pub callback: Callback<'a>,
}

impl fmt::Debug for SlaveJob<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlaveJob")
            .field("name", &self.name)
            .field("docker_tags", &self.docker_tags)
            .field("docker_device", &self.docker_device)
            .field("lab", &self.lab)
            .field("version", &self.version)
            .field("worker", &self.worker)
            .field("url", &self.url)
            .field("patience", &self.patience)
            .field("left", &self.left)
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}

/// The first release that is known to take `device` in a job; others refuse it.
const NAMES_A_DEVICE: i64 = 202_610_000_000_000;

/// Whether a job may name its device at a LAVA server of this version.
#[must_use]
pub const fn names_a_device(lab: &Version) -> bool {
    lab.ordinal >= NAMES_A_DEVICE
}

/// Writes the definition. Should we be dead, LAVA ends the job when the window
/// and a grace are over, or does not begin it when nobody waits for it any more.
pub fn definition(library: &Library, job: &SlaveJob<'_>) -> Result<JobText, Problem> {
    // LAVA writes it into a file that a shell reads
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=:".contains(c);
    if job.worker_token.is_empty() || !job.worker_token.chars().all(plain) {
        return Err(Problem {
            file: job.worker.to_owned(),
            line: None,
            sentence: "the worker's token has characters that none of LAVA has: read it again from the federated server".to_owned(),
        });
    }
    let image = image(library, job.version)?;
    let runs = minutes(job.left.max(TimeDelta::zero()) + SLAVE_GRACE);
    let queue = minutes(job.patience.max(TimeDelta::minutes(1)));
    let mut page = library.slave_page(told(job, image, runs.num_minutes()))?;
    if let Some(device) = job.docker_device {
        tree::set(&mut page.root, "device", tree::text(device));
    }
    let secrets = tree::map([("WORKER_TOKEN", tree::text(job.worker_token))]);
    tree::set(&mut page.root, "secrets", secrets);
    ours::add(
        &mut page.root,
        Ours {
            name: job.name,
            visibility: Visibility::Personal,
            tags: job.docker_tags,
            queue,
            job: runs,
            dataset: Dataset::Minimal,
            callback: job.callback,
            metadata: vec![
                ("lavafed.type", "SLAVE".to_owned()),
                ("lavafed.version", job.version.to_owned()),
                ("lavafed.submission", job.name.to_owned()),
                ("lavafed.worker", job.worker.to_owned()),
                ("lavafed.lab", job.lab.to_owned()),
            ],
        },
    );
    Ok(JobText {
        text: page.root.to_string(),
        ends_within: queue + runs + LATENESS,
    })
}

/// The dispatcher's image for a version.
pub(super) fn image(library: &Library, version: &str) -> Result<Value, Problem> {
    const SETTING: &str = "dispatcher_image";
    let settings = library.settings();
    let name = library.setting(SETTING, &settings.dispatcher_image, version)?;
    if !is_image(&name) {
        return Err(Problem {
            file: SETTING.to_owned(),
            line: None,
            sentence: format!(
                "\"{name}\" is no name of a container image that LAVA takes: it is HOST/NAME:TAG of lower case letters, digits and . _ - / :"
            ),
        });
    }
    Ok(if settings.dispatcher_image_local {
        Value::from(BTreeMap::from([
            ("name", Value::from(name)),
            ("local", Value::from(true)),
        ]))
    } else {
        Value::from(name)
    })
}

/// As LAVA's schema has it; it goes into a command line there.
fn is_image(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let (rest, tag) = match name.rsplit_once(':') {
        Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag)),
        Some(_) | None => (name, None),
    };
    let is_name = rest.len() > 1
        && rest.starts_with(plain)
        && rest.ends_with(plain)
        && rest.chars().all(|c| plain(c) || "._/:-".contains(c));
    let is_tag = |tag: &str| {
        tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && tag
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    is_name && tag.is_none_or(is_tag)
}

/// Whole minutes, and one more for what is left of them.
fn minutes(time: TimeDelta) -> TimeDelta {
    TimeDelta::minutes((time.num_seconds() + 59) / 60)
}

fn told(job: &SlaveJob<'_>, image: Value, minutes: i64) -> Told<'static> {
    BTreeMap::from([
        ("device_type", Value::from(job.device_type)),
        ("version", Value::from(job.version)),
        ("lab", Value::from(job.lab)),
        ("minutes", Value::from(minutes)),
        ("image", image),
        ("worker", Value::from(job.worker)),
        (
            "url",
            Value::from(format!("{}/", job.url.trim_end_matches('/'))),
        ),
    ])
}

/// Values to try the template with.
pub(super) fn sample() -> Told<'static> {
    let job = SlaveJob {
        name: "sample",
        device_type: "docker",
        docker_tags: &[],
        docker_device: None,
        lab: "sample-lab",
        version: "2026.10",
        worker: "sample-worker",
        worker_token: "",
        url: "https://lava.example.org",
        patience: TimeDelta::minutes(15),
        left: TimeDelta::hours(1),
        callback: Callback { url: "", token: "" },
    };
    told(&job, Value::from("sample/image:1"), 60)
}
