//! What goes wrong in the demo's year and when: faults of LAVA, flaky cells,
//! labs that fail, and what the version in test still lacks. Everything not
//! told here passes. Must not know how a job tells of it.

use std::collections::HashMap;

use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use super::{device_types::DEVICE_TYPES, versions::at};

/// A feature and the device-types; none means all, and a generic feature.
type Where = (&'static str, &'static [&'static str]);

/// In which versions a feature is broken, and on what.
#[derive(Clone, Debug)]
struct Fault {
    on: Vec<&'static str>,
    from: usize,
    until: usize,
}

/// Why a job of the version in test brought no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hole {
    /// Not yet submitted.
    Planned,
    Running,
    /// Submitted more than a day ago and never heard of again.
    Lost,
    /// The lab failed each time.
    Infra,
}

#[derive(Debug)]
pub(super) struct Script {
    faults: HashMap<&'static str, Vec<Fault>>,
}

const EVER: usize = usize::MAX;
const SMALL_FAULTS: usize = 26;

/// Cells that now and then fail without a reason, and in how many of a hundred jobs.
const FLAKY: [(&str, &str, u32); 12] = [
    ("test.interactive", "beaglebone-black", 40),
    ("test.interactive", "bcm2711-rpi-4-b", 22),
    ("test.interactive", "qemu", 8),
    ("boot.bootloader", "stm32mp157c-dk2", 25),
    ("boot.bootloader", "juno-uboot", 18),
    ("test.monitors", "disco-l475-iot1", 12),
    ("deploy.uuu", "imx8mm-evk", 10),
    ("boot.kexec", "meson-g12b-odroid-n2", 12),
    ("test.docker", "x15", 10),
    ("deploy.nfs", "minnowboard-turbot-E3826", 8),
    ("generic.multinode", "", 18),
    ("generic.ldap-login", "", 8),
];

impl Script {
    pub(super) fn new() -> Self {
        let mut script = Self {
            faults: HashMap::new(),
        };
        for ((feature, on), from, until) in large_faults() {
            script.add(feature, on.to_vec(), from, until);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(0xfa17);
        for _ in 0..SMALL_FAULTS {
            script.add_small(&mut rng);
        }
        script
    }

    /// A fault on one device-type that is mended before the last release.
    fn add_small(&mut self, rng: &mut ChaCha8Rng) {
        let last = at(11, 0);
        let from = rng.random_range(1..last - 1);
        let until = (from + rng.random_range(1..6)).min(last);
        let Some(device_type) = DEVICE_TYPES.choose(rng) else {
            return;
        };
        let features: Vec<_> = device_type
            .jobs
            .iter()
            .flat_map(super::device_types::Template::features)
            .collect();
        if let Some(feature) = features.choose(rng) {
            self.add(feature, vec![device_type.name], from, until);
        }
    }

    fn add(&mut self, feature: &'static str, on: Vec<&'static str>, from: usize, until: usize) {
        self.faults
            .entry(feature)
            .or_default()
            .push(Fault { on, from, until });
    }

    /// Whether LAVA fails at a feature, whatever the lab does.
    pub(super) fn is_broken(&self, version: usize, feature: &str, device_type: &str) -> bool {
        self.faults.get(feature).is_some_and(|faults| {
            faults.iter().any(|fault| {
                (fault.from..fault.until).contains(&version)
                    && (fault.on.is_empty() || fault.on.contains(&device_type))
            })
        })
    }
}

/// In how many of a hundred first attempts a feature fails without a reason.
pub(super) fn flakiness(version: usize, feature: &str, device_type: &str) -> u32 {
    let newest = version == at(12, 0);
    match FLAKY
        .iter()
        .position(|(name, on, _)| *name == feature && *on == device_type)
    {
        // the one that the version in test shows
        Some(0) if newest => 100,
        Some(_) if newest => 0,
        Some(place) => FLAKY.get(place).map_or(0, |(_, _, percent)| *percent),
        None => 0,
    }
}

/// Whether a lab's network or power was down while the version was tested.
pub(super) fn is_down(version: usize, lab: &str) -> bool {
    let nights: [(usize, &[&str]); 6] = [
        (at(1, 2), &["montreal"]),
        (at(3, 3), &["austin", "graz"]),
        (at(6, 1), &["hsinchu"]),
        (at(8, 2), &["osaka"]),
        (at(10, 3), &["graz"]),
        (at(11, 3), &["cambridge", "lyon"]),
    ];
    nights
        .iter()
        .any(|(night, labs)| *night == version && labs.contains(&lab))
}

/// What the version in test lacks, by device-type and the job's place.
pub(super) fn hole(device_type: &str, job: usize) -> Option<Hole> {
    let told = match (device_type, job) {
        ("stm32mp157c-dk2", 2) | ("qcs6490-rb3gen2", 1) => Hole::Running,
        ("juno-uboot", 2) | ("frdm-k64f", 2) => Hole::Infra,
        ("imx8mm-evk", 3) => Hole::Lost,
        ("qemu", 2) => Hole::Planned,
        _ => return None,
    };
    Some(told)
}

/// Told one by one: those a release manager would remember.
fn large_faults() -> Vec<(Where, usize, usize)> {
    let everywhere: &[&str] = &[];
    vec![
        // what the version in test shows
        (
            (
                "boot.fastboot",
                &["dragonboard-410c", "dragonboard-845c", "hi6220-hikey"],
            ),
            at(11, 2),
            EVER,
        ),
        (("deploy.nbd", &["x15"]), at(11, 4), EVER),
        (("test.services", &["rk3399-rock-pi-4b"]), at(11, 2), EVER),
        (("boot.depthcharge", &["rk3288-veyron-jaq"]), at(5, 2), EVER),
        (("deploy.usb", &["beaglebone-black"]), at(9, 2), at(11, 4)),
        (
            ("boot.ipxe", &["minnowboard-turbot-E3826"]),
            at(10, 0),
            at(11, 1),
        ),
        (("generic.notifications", everywhere), at(10, 0), at(11, 1)),
        // columns that were red for a while
        (("boot.u-boot", everywhere), at(2, 2), at(2, 3)),
        (("test.interactive", everywhere), at(4, 1), at(4, 4)),
        (("deploy.nfs", everywhere), at(7, 1), at(7, 3)),
        (("deploy.overlay", everywhere), at(5, 4), at(6, 0)),
        (("test.docker", everywhere), at(0, 2), at(1, 0)),
        (("deploy.fastboot", everywhere), at(10, 1), at(10, 3)),
        (("boot.grub", everywhere), at(3, 2), at(4, 1)),
        (("boot.qemu-iso", &["qemu"]), at(0, 0), at(2, 1)),
        (("deploy.uuu", &["imx8mm-evk"]), at(8, 1), at(9, 1)),
        (("generic.rest-api", everywhere), at(1, 1), at(1, 3)),
        (("generic.xmlrpc", everywhere), at(3, 1), at(3, 2)),
        (("generic.multinode", everywhere), at(6, 2), at(7, 0)),
        (("generic.debian-upgrade", everywhere), at(8, 0), at(8, 2)),
        (("generic.web-ui", everywhere), at(9, 4), at(10, 0)),
    ]
}
