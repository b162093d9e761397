//! The device-types of the demo, as LAVA ships them, and the jobs that
//! exercise each: what one job deploys, boots and tests, in that order, and how
//! many minutes it takes. Must not know which lab has what.

/// A job that is run for each version.
#[derive(Debug)]
pub(super) struct Template {
    /// Separated by spaces, in the order in which the job comes to them.
    features: &'static str,
    pub(super) minutes: u32,
}

impl Template {
    pub(super) fn features(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.features.split(' ')
    }
}

#[derive(Debug)]
pub(super) struct DeviceType {
    pub(super) name: &'static str,
    pub(super) jobs: &'static [Template],
}

const fn job(minutes: u32, features: &'static str) -> Template {
    Template { features, minutes }
}

const TFTP: Template = job(
    6,
    "deploy.tftp deploy.overlay boot.bootloader boot.u-boot test.shell test.definition-git",
);
const NFS: Template = job(
    9,
    "deploy.nfs deploy.overlay boot.u-boot test.shell test.definition-inline test.test-sets",
);
const PROMPT: Template = job(3, "deploy.tftp boot.bootloader test.interactive");
const ANDROID: Template = job(
    14,
    "deploy.fastboot boot.fastboot test.shell test.parameters",
);
const FLASHED: Template = job(
    11,
    "deploy.downloads boot.minimal test.docker test.shell test.definition-git",
);

pub(super) const DEVICE_TYPES: [DeviceType; 25] = [
    DeviceType {
        name: "arduino101",
        jobs: &[job(
            2,
            "deploy.tmpfs boot.dfu test.monitors test.measurements",
        )],
    },
    DeviceType {
        name: "bcm2711-rpi-4-b",
        jobs: &[
            TFTP,
            NFS,
            PROMPT,
            job(
                8,
                "deploy.nbd boot.u-boot test.definition-url test.measurements",
            ),
        ],
    },
    DeviceType {
        name: "bcm2837-rpi-3-b",
        jobs: &[TFTP, NFS, PROMPT],
    },
    DeviceType {
        name: "beaglebone-black",
        jobs: &[
            TFTP,
            NFS,
            PROMPT,
            job(12, "deploy.usb boot.u-boot test.shell"),
            job(12, "deploy.sd boot.u-boot test.shell"),
            job(8, "deploy.nbd boot.u-boot test.definition-url"),
            job(7, "deploy.tftp boot.kexec test.expected"),
        ],
    },
    DeviceType {
        name: "disco-l475-iot1",
        jobs: &[
            job(2, "deploy.tmpfs boot.openocd test.monitors"),
            job(2, "deploy.tmpfs boot.gdb test.monitors"),
            job(
                2,
                "deploy.tmpfs boot.cmsis-dap test.monitors test.interactive",
            ),
        ],
    },
    DeviceType {
        name: "docker",
        jobs: &[
            job(
                2,
                "deploy.docker boot.docker test.shell test.definition-git test.parameters",
            ),
            job(
                2,
                "deploy.docker boot.docker test.interactive test.expected test.test-sets",
            ),
            job(3, "deploy.docker boot.docker test.services test.docker"),
        ],
    },
    DeviceType {
        name: "dragonboard-410c",
        jobs: &[
            ANDROID,
            FLASHED,
            job(
                6,
                "deploy.download boot.minimal test.docker test.interactive",
            ),
        ],
    },
    DeviceType {
        name: "dragonboard-845c",
        jobs: &[ANDROID, FLASHED],
    },
    DeviceType {
        name: "frdm-k64f",
        jobs: &[
            job(
                2,
                "deploy.tmpfs boot.cmsis-dap test.monitors test.measurements",
            ),
            job(2, "deploy.tmpfs boot.pyocd test.monitors"),
            job(2, "deploy.tmpfs boot.jlink test.monitors"),
        ],
    },
    DeviceType {
        name: "fvp",
        jobs: &[job(
            16,
            "deploy.fvp deploy.overlay boot.fvp test.shell test.monitors test.interactive",
        )],
    },
    DeviceType {
        name: "hi6220-hikey",
        jobs: &[
            ANDROID,
            FLASHED,
            job(7, "deploy.recovery boot.recovery boot.minimal"),
            job(
                9,
                "deploy.tftp boot.grub-efi test.definition-url test.expected",
            ),
        ],
    },
    DeviceType {
        name: "imx53-qsrb",
        jobs: &[
            job(
                6,
                "deploy.tftp deploy.overlay boot.bootloader boot.barebox test.shell",
            ),
            job(
                9,
                "deploy.nfs boot.barebox test.shell test.definition-git test.interactive",
            ),
        ],
    },
    DeviceType {
        name: "imx8mm-evk",
        jobs: &[
            TFTP,
            NFS,
            job(8, "deploy.uuu boot.uuu test.shell test.interactive"),
            job(12, "deploy.uboot-ums boot.u-boot test.definition-url"),
            job(11, "deploy.fastboot boot.fastboot test.docker"),
            job(9, "deploy.flasher boot.minimal test.measurements"),
        ],
    },
    DeviceType {
        name: "juno-uboot",
        jobs: &[
            TFTP,
            NFS,
            job(18, "deploy.vemsd boot.uefi-menu test.expected"),
            job(15, "deploy.sata boot.u-boot test.measurements"),
            job(13, "deploy.usb boot.u-boot test.definition-url"),
            job(13, "deploy.usbg-ms boot.u-boot test.shell"),
        ],
    },
    DeviceType {
        name: "meson-g12b-odroid-n2",
        jobs: &[
            TFTP,
            NFS,
            PROMPT,
            job(7, "deploy.tftp boot.kexec test.expected"),
        ],
    },
    DeviceType {
        name: "minnowboard-turbot-E3826",
        jobs: &[
            job(
                7,
                "deploy.tftp deploy.overlay boot.ipxe test.definition-git",
            ),
            job(8, "deploy.nfs boot.grub test.shell test.parameters"),
            job(8, "deploy.ssh boot.ssh test.shell"),
        ],
    },
    DeviceType {
        name: "mustang-grub-efi",
        jobs: &[
            job(
                9,
                "deploy.tftp deploy.overlay boot.grub-efi test.shell test.definition-git",
            ),
            job(11, "deploy.nfs boot.uefi-menu test.shell"),
            job(16, "deploy.sata boot.grub-efi test.expected"),
            job(4, "deploy.ssh boot.ssh test.definition-inline"),
        ],
    },
    DeviceType {
        name: "qcs6490-rb3gen2",
        jobs: &[
            job(13, "deploy.qdl boot.qdl test.shell test.definition-git"),
            job(10, "deploy.fastboot boot.fastboot test.interactive"),
        ],
    },
    DeviceType {
        name: "qemu",
        jobs: &[
            job(
                3,
                "deploy.tmpfs deploy.overlay boot.qemu test.shell test.definition-git test.test-sets",
            ),
            job(
                4,
                "deploy.nfs boot.qemu-nfs test.shell test.definition-inline test.parameters",
            ),
            job(21, "deploy.iso-installer boot.qemu-iso test.expected"),
            job(3, "deploy.downloads boot.qemu test.docker test.services"),
            job(
                3,
                "deploy.tmpfs boot.qemu test.interactive test.monitors test.measurements",
            ),
            job(3, "deploy.tmpfs boot.qemu test.definition-url"),
        ],
    },
    DeviceType {
        name: "r8a7795-salvator-x",
        jobs: &[TFTP, job(6, "deploy.tftp boot.u-boot test.measurements")],
    },
    DeviceType {
        name: "rk3288-veyron-jaq",
        jobs: &[
            job(8, "deploy.tftp boot.depthcharge"),
            job(
                10,
                "deploy.flasher deploy.overlay boot.minimal test.shell test.interactive",
            ),
        ],
    },
    DeviceType {
        name: "rk3399-rock-pi-4b",
        jobs: &[
            TFTP,
            NFS,
            PROMPT,
            job(8, "deploy.nbd boot.u-boot test.definition-url"),
            job(7, "deploy.tftp boot.u-boot test.services"),
        ],
    },
    DeviceType {
        name: "stm32mp157c-dk2",
        jobs: &[
            TFTP,
            PROMPT,
            job(
                12,
                "deploy.nfs boot.u-boot test.test-sets test.measurements",
            ),
            job(9, "deploy.flasher boot.minimal test.expected"),
        ],
    },
    DeviceType {
        name: "synquacer",
        jobs: &[
            job(
                10,
                "deploy.tftp deploy.overlay boot.grub test.shell test.definition-git",
            ),
            job(12, "deploy.nfs boot.grub test.test-sets"),
            job(14, "deploy.usb boot.grub test.definition-inline"),
            job(9, "deploy.nbd boot.grub test.measurements"),
        ],
    },
    DeviceType {
        name: "x15",
        jobs: &[
            TFTP,
            NFS,
            job(8, "deploy.nbd boot.u-boot test.definition-url"),
            job(10, "deploy.fastboot boot.fastboot test.docker"),
            job(15, "deploy.sata boot.u-boot test.interactive"),
        ],
    },
];
