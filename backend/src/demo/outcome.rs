//! How one job of the demo ends, told as LAVA tells it: a broken deploy or boot
//! ends the job there, a broken test is a failed case of a complete job. Pure
//! but for the luck it is given; must not know when or where the job runs.

use entity::{job::JobHealth, verdict::Verdict};
use rand::{Rng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use super::script::{Script, flakiness};
use crate::verdict::FeatureVerdict;

/// What a job exercises, in its order.
#[derive(Clone, Debug)]
pub(super) struct Exercise {
    /// The version's place among the demo's.
    pub(super) version: usize,
    /// Empty for jobs of CI.
    pub(super) device_type: &'static str,
    pub(super) features: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Luck {
    /// What is flaky may fail, and so may the lab.
    Open { infra_percent: u32 },
    /// Only what is broken fails.
    Fair,
    /// The lab is down.
    Down,
}

#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) health: JobHealth,
    pub(super) error: Option<JobError>,
    pub(super) verdicts: Vec<FeatureVerdict>,
}

#[derive(Clone, Debug)]
pub(super) struct JobError {
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) action: &'static str,
    level: &'static str,
    pub(super) log_line: i32,
}

impl Ending {
    /// Neither a fault of LAVA nor one of the lab.
    pub(super) fn is_good(&self) -> bool {
        self.verdicts
            .iter()
            .all(|said| said.verdict == Verdict::Pass)
    }

    /// How much of its usual time the job took, in hundredths.
    pub(super) fn share_of_time(&self) -> i64 {
        match &self.error {
            None => 100,
            Some(error) if error.kind == "Infrastructure" => 25,
            Some(_) => 70,
        }
    }
}

pub(super) fn end(script: &Script, job: &Exercise, luck: Luck, rng: &mut ChaCha8Rng) -> Ending {
    let lab_fails = match luck {
        Luck::Down => true,
        Luck::Open { infra_percent } => rng.random_range(0..100) < infra_percent,
        Luck::Fair => false,
    };
    if lab_fails && !job.device_type.is_empty() {
        return infrastructure(job, rng);
    }
    let mut verdicts = Vec::with_capacity(job.features.len());
    let mut broke: Option<(JobError, String)> = None;
    for feature in &job.features {
        if let Some((_, why)) = &broke {
            let why = format!("the job ended before: {why}");
            verdicts.push(said(feature, Verdict::NotReached, Some(why)));
            continue;
        }
        if !fails(script, job, feature, luck, rng) {
            verdicts.push(said(feature, Verdict::Pass, None));
            continue;
        }
        let why = match job_error(feature, rng) {
            Some(error) => {
                let why = error.sentence();
                broke = Some((error, why.clone()));
                why
            }
            None => failed_case(feature),
        };
        verdicts.push(said(feature, Verdict::Fail, Some(why)));
    }
    Ending {
        health: if broke.is_some() {
            JobHealth::Incomplete
        } else {
            JobHealth::Complete
        },
        error: broke.map(|(error, _)| error),
        verdicts,
    }
}

fn fails(script: &Script, job: &Exercise, feature: &str, luck: Luck, rng: &mut ChaCha8Rng) -> bool {
    let flaky = flakiness(job.version, feature, job.device_type);
    let unlucky = match luck {
        Luck::Open { .. } if flaky > 0 => rng.random_range(0..100) < flaky,
        Luck::Open { .. } | Luck::Fair | Luck::Down => false,
    };
    unlucky || script.is_broken(job.version, feature, job.device_type)
}

fn said(feature: &str, verdict: Verdict, message: Option<String>) -> FeatureVerdict {
    FeatureVerdict {
        feature: feature.to_owned(),
        verdict,
        message,
    }
}

fn infrastructure(job: &Exercise, rng: &mut ChaCha8Rng) -> Ending {
    const REASONS: [(&str, &str, &str); 5] = [
        (
            "reset-device",
            "2.4.1",
            "Command 'snmp_pdu_control' returned 1: no answer from the power distribution unit",
        ),
        ("connect-device", "2.2.1", "Connection closed"),
        (
            "http-download",
            "1.1.1",
            "Unable to download 'http://images.example.org/rootfs.ext4.xz': 503 Service Unavailable",
        ),
        (
            "http-download",
            "1.2.1",
            "Unable to get 'http://images.example.org/Image': HTTPConnectionPool: Read timed out.",
        ),
        (
            "lava-create-overlay",
            "1.4.2",
            "Unable to create lava overlay tarball",
        ),
    ];
    let (action, level, message) =
        REASONS
            .choose(rng)
            .copied()
            .unwrap_or(("connect-device", "2.2.1", "Connection closed"));
    let error = JobError {
        kind: "Infrastructure",
        message: message.to_owned(),
        action,
        level,
        log_line: rng.random_range(40..260),
    };
    let why = format!("{}: {}", error.kind, error.message);
    Ending {
        health: JobHealth::Incomplete,
        verdicts: job
            .features
            .iter()
            .map(|feature| said(feature, Verdict::Infra, Some(why.clone())))
            .collect(),
        error: Some(error),
    }
}

impl JobError {
    fn sentence(&self) -> String {
        format!(
            "{} {}: {}: {}",
            self.level, self.action, self.kind, self.message
        )
    }
}

/// How LAVA words the failure of a deploy or boot; None for what fails as a
/// case of a job that goes on.
fn job_error(feature: &str, rng: &mut ChaCha8Rng) -> Option<JobError> {
    let (stage, _) = feature.split_once('.')?;
    let (action, level, kind, message) = match (stage, feature) {
        (_, "boot.fastboot") => (
            "fastboot-boot",
            "2.3.1",
            "Job",
            "Unable to boot with fastboot: FAILED (remote: 'Device does not match serial')",
        ),
        (_, "boot.u-boot" | "boot.grub" | "boot.barebox" | "boot.ipxe" | "boot.depthcharge") => (
            "bootloader-commands",
            "2.4.3",
            "Job",
            "bootloader-commands timed out after 180 seconds",
        ),
        (_, "boot.bootloader") => (
            "bootloader-interrupt",
            "2.4.2",
            "Job",
            "bootloader-interrupt timed out after 30 seconds",
        ),
        (_, "boot.uuu" | "boot.qdl") => (
            "check-serial-availability",
            "2.1.1",
            "Bug",
            "'NoneType' object has no attribute 'group'",
        ),
        ("boot", _) => (
            "auto-login-action",
            "2.3.2",
            "Job",
            "auto-login-action timed out after 120 seconds",
        ),
        (_, "deploy.nbd") => (
            "xnbd-server-deploy",
            "1.5",
            "Job",
            "nbd-server: Error: Socket failed: Address already in use",
        ),
        (_, "deploy.fastboot") => (
            "fastboot-flash-action",
            "1.3.2",
            "Job",
            "fastboot-flash-action timed out after 600 seconds",
        ),
        (_, "deploy.overlay") => (
            "compress-overlay",
            "1.4.4",
            "Bug",
            "can only concatenate str (not \"NoneType\") to str",
        ),
        (_, "deploy.usb" | "deploy.sata" | "deploy.sd") => (
            "dd-image",
            "1.6.3",
            "Job",
            "Unable to find disk by id usb-SanDisk_Ultra_20060775320F43006019-0:0",
        ),
        ("deploy", _) => (
            "download-retry",
            "1.1",
            "Job",
            "download-retry timed out after 300 seconds",
        ),
        _ => return None,
    };
    Some(JobError {
        kind,
        message: message.to_owned(),
        action,
        level,
        log_line: rng.random_range(300..2400),
    })
}

/// The failed case a test or generic feature is mapped to.
fn failed_case(feature: &str) -> String {
    let (stage, name) = feature.split_once('.').unwrap_or(("test", feature));
    if stage == "generic" {
        return format!("meta-lava/{name}: fail");
    }
    format!("0_{name}-tests/{name}-basic: fail")
}
