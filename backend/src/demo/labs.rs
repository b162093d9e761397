//! The labs of the demo: when they lend, and which devices they have. Must not
//! know what runs on them.

#[derive(Debug)]
pub(super) struct Lab {
    pub(super) name: &'static str,
    pub(super) time_zone: &'static str,
    /// In the lab's own time.
    pub(super) opens: &'static str,
    pub(super) minutes: i32,
    /// Device-type and how many of it.
    pub(super) devices: &'static [(&'static str, u32)],
}

pub(super) const LABS: [Lab; 8] = [
    Lab {
        name: "austin",
        time_zone: "America/Chicago",
        opens: "19:00",
        minutes: 360,
        devices: &[
            ("imx8mm-evk", 1),
            ("stm32mp157c-dk2", 2),
            ("qemu", 2),
            ("frdm-k64f", 1),
            ("x15", 1),
        ],
    },
    Lab {
        name: "cambridge",
        time_zone: "Europe/London",
        opens: "22:00",
        minutes: 570,
        devices: &[
            ("juno-uboot", 1),
            ("dragonboard-410c", 2),
            ("hi6220-hikey", 2),
            ("synquacer", 1),
            ("fvp", 2),
            ("docker", 2),
            ("bcm2711-rpi-4-b", 1),
        ],
    },
    Lab {
        name: "graz",
        time_zone: "Europe/Vienna",
        opens: "21:00",
        minutes: 480,
        devices: &[
            ("imx53-qsrb", 1),
            ("beaglebone-black", 2),
            ("disco-l475-iot1", 1),
            ("arduino101", 1),
            ("stm32mp157c-dk2", 1),
        ],
    },
    Lab {
        name: "hsinchu",
        time_zone: "Asia/Taipei",
        opens: "20:00",
        minutes: 360,
        devices: &[
            ("rk3399-rock-pi-4b", 1),
            ("rk3288-veyron-jaq", 1),
            ("meson-g12b-odroid-n2", 1),
            ("imx8mm-evk", 1),
        ],
    },
    Lab {
        name: "lyon",
        time_zone: "Europe/Paris",
        opens: "00:00",
        minutes: 360,
        devices: &[
            ("x15", 2),
            ("dragonboard-410c", 1),
            ("meson-g12b-odroid-n2", 1),
            ("beaglebone-black", 1),
            ("qemu", 2),
            ("docker", 1),
        ],
    },
    Lab {
        name: "montreal",
        time_zone: "America/Toronto",
        opens: "20:00",
        minutes: 480,
        devices: &[
            ("minnowboard-turbot-E3826", 2),
            ("mustang-grub-efi", 1),
            ("bcm2837-rpi-3-b", 1),
            ("frdm-k64f", 1),
        ],
    },
    Lab {
        name: "osaka",
        time_zone: "Asia/Tokyo",
        opens: "19:00",
        minutes: 600,
        devices: &[
            ("r8a7795-salvator-x", 2),
            ("bcm2711-rpi-4-b", 2),
            ("bcm2837-rpi-3-b", 1),
            ("synquacer", 1),
            ("rk3399-rock-pi-4b", 1),
        ],
    },
    Lab {
        name: "pune",
        time_zone: "Asia/Kolkata",
        opens: "21:30",
        minutes: 420,
        devices: &[
            ("dragonboard-845c", 2),
            ("qcs6490-rb3gen2", 1),
            ("hi6220-hikey", 1),
        ],
    },
];

/// A device's name in its lab.
pub(super) fn hostname(device_type: &str, number: u32) -> String {
    format!("{device_type}-{number:02}")
}

/// Its name on the federated server.
pub(super) fn federated_name(lab: &str, device_type: &str, number: u32) -> String {
    format!("{lab}-{}", hostname(device_type, number))
}

/// Where a device-type stands: lab and how many, in the order of the labs.
pub(super) fn with(device_type: &str) -> Vec<(&'static Lab, u32)> {
    LABS.iter()
        .filter_map(|lab| {
            let (_, count) = lab.devices.iter().find(|(name, _)| *name == device_type)?;
            Some((lab, *count))
        })
        .collect()
}
