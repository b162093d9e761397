//! What the demo expects to be tested from which version on, and until which.
//! Must not know how that went.

use super::{device_types::DeviceType, versions::at};

/// Generic features and the jobs of CI that exercise them; the last two are
/// packaging tests.
pub(super) const CI_JOBS: [(&str, u32, &str); 5] = [
    (
        "meta-lava: scheduling",
        24,
        "generic.health-checks generic.multinode generic.scheduler generic.device-tags \
         generic.worker-registration",
    ),
    (
        "meta-lava: interfaces",
        17,
        "generic.rest-api generic.xmlrpc generic.lavacli generic.job-validation \
         generic.results-export generic.authorization generic.remote-artifact-tokens",
    ),
    (
        "meta-lava: server",
        19,
        "generic.web-ui generic.notifications generic.event-stream generic.queries \
         generic.ldap-login",
    ),
    (
        "packaging: Debian 12 and 13",
        31,
        "generic.debian-install generic.debian-upgrade",
    ),
    ("packaging: containers", 22, "generic.docker-images"),
];

/// How many of `CI_JOBS` are META.
pub(super) const META_JOBS: usize = 3;

/// The versions in which a feature is expected: from, and until.
pub(super) fn lifetime(feature: &str, device_type: &str) -> (usize, usize) {
    let from = match (feature, device_type) {
        ("test.services", "rk3399-rock-pi-4b") => at(11, 2),
        ("generic.remote-artifact-tokens", _) => at(3, 0),
        ("test.services", _) => at(2, 3),
        ("deploy.usbg-ms", _) => at(4, 2),
        (_, "qcs6490-rb3gen2") => at(6, 1),
        ("deploy.uboot-ums", _) => at(1, 1),
        (_, "arduino101" | "disco-l475-iot1") => at(0, 3),
        _ => 0,
    };
    let until = match (feature, device_type) {
        ("deploy.sd", _) => at(8, 0),
        ("test.definition-url", "hi6220-hikey") => at(9, 0),
        _ => usize::MAX,
    };
    (from, until)
}

/// From this version on nobody lends the device-type any more.
pub(super) fn withdrawn(device_type: &str) -> usize {
    if device_type == "r8a7795-salvator-x" {
        at(10, 2)
    } else {
        usize::MAX
    }
}

pub(super) fn is_expected(version: usize, feature: &str, device_type: &str) -> bool {
    let (from, until) = lifetime(feature, device_type);
    (from..until).contains(&version)
}

/// All cells of a device-type, each once.
pub(super) fn features_of(device_type: &DeviceType) -> Vec<&'static str> {
    let mut features: Vec<_> = device_type
        .jobs
        .iter()
        .flat_map(super::device_types::Template::features)
        .collect();
    features.sort_unstable();
    features.dedup();
    features
}
