//! The features of the demo, by the names LAVA has for them: its deploys'
//! `to`, its boots' `method`, its kinds of tests, and what its server does.
//! Must not know which device-type can do what.

/// Name and description.
pub(super) const FEATURES: [(&str, &str); 80] = [
    (
        "generic.authorization",
        "Who may see and submit to which devices.",
    ),
    (
        "generic.debian-install",
        "The Debian packages install on a bare system.",
    ),
    (
        "generic.debian-upgrade",
        "The Debian packages upgrade from the last release.",
    ),
    (
        "generic.device-tags",
        "Jobs go to devices with the tags they ask for.",
    ),
    (
        "generic.docker-images",
        "The server and dispatcher images start and work.",
    ),
    (
        "generic.event-stream",
        "lava-publisher tells of jobs, devices and workers.",
    ),
    (
        "generic.health-checks",
        "Devices are checked when due, and go bad when it fails.",
    ),
    (
        "generic.job-validation",
        "Definitions that cannot run are refused with a reason.",
    ),
    (
        "generic.lavacli",
        "lavacli submits, waits and reads results.",
    ),
    ("generic.ldap-login", "Users log in by LDAP."),
    (
        "generic.multinode",
        "Devices of one job synchronise and send messages.",
    ),
    (
        "generic.notifications",
        "E-mail, IRC and callbacks when a job ends.",
    ),
    ("generic.queries", "Saved queries find jobs and results."),
    (
        "generic.remote-artifact-tokens",
        "Tokens for downloads are kept out of the definition.",
    ),
    ("generic.rest-api", "Version 0.2 of the REST API."),
    (
        "generic.results-export",
        "Results as YAML, CSV, JUnit and TAP.",
    ),
    (
        "generic.scheduler",
        "Priorities, limits and reservations are kept.",
    ),
    (
        "generic.web-ui",
        "The pages show devices, jobs, logs and results.",
    ),
    (
        "generic.worker-registration",
        "A new worker registers and comes online.",
    ),
    ("generic.xmlrpc", "The XML-RPC API."),
    ("deploy.docker", "Pulls a container image."),
    (
        "deploy.download",
        "Downloads images for a container to flash.",
    ),
    (
        "deploy.downloads",
        "Downloads files and runs a postprocess on them.",
    ),
    ("deploy.fastboot", "Flashes partitions by fastboot."),
    (
        "deploy.flasher",
        "Flashes by a command of the device's own.",
    ),
    (
        "deploy.fvp",
        "Prepares images for a Fixed Virtual Platform.",
    ),
    (
        "deploy.iso-installer",
        "Installs a system from an ISO image.",
    ),
    (
        "deploy.nbd",
        "Serves the root file system as a network block device.",
    ),
    ("deploy.nfs", "Serves the root file system by NFS."),
    (
        "deploy.overlay",
        "Puts LAVA's test overlay into the root file system.",
    ),
    ("deploy.qdl", "Flashes by Qualcomm's download mode."),
    (
        "deploy.recovery",
        "Writes firmware in the board's recovery mode.",
    ),
    ("deploy.sata", "Writes an image to a SATA disk."),
    ("deploy.sd", "Writes an image to an SD card."),
    ("deploy.ssh", "Copies the overlay to a running system."),
    (
        "deploy.tftp",
        "Serves kernel, device tree and ramdisk by TFTP.",
    ),
    ("deploy.tmpfs", "Unpacks images for an emulator."),
    (
        "deploy.uboot-ums",
        "Writes an image by U-Boot's USB mass storage.",
    ),
    ("deploy.usb", "Writes an image to a USB stick."),
    (
        "deploy.usbg-ms",
        "Offers an image as USB mass storage of the worker.",
    ),
    ("deploy.uuu", "Flashes by NXP's Universal Update Utility."),
    (
        "deploy.vemsd",
        "Writes firmware to a Versatile Express SD card.",
    ),
    ("boot.barebox", "Boots through barebox."),
    ("boot.bootloader", "Stops at the bootloader's prompt."),
    ("boot.cmsis-dap", "Flashes and starts by CMSIS-DAP."),
    (
        "boot.depthcharge",
        "Boots a Chromebook through depthcharge.",
    ),
    ("boot.dfu", "Flashes and starts by USB DFU."),
    ("boot.docker", "Starts a container."),
    ("boot.fastboot", "Boots by fastboot."),
    ("boot.fvp", "Starts a Fixed Virtual Platform model."),
    ("boot.gdb", "Loads and starts by GDB."),
    ("boot.grub", "Boots through GRUB."),
    ("boot.grub-efi", "Boots through GRUB, started by UEFI."),
    ("boot.ipxe", "Boots through iPXE."),
    ("boot.jlink", "Flashes and starts by J-Link."),
    ("boot.kexec", "Boots a second kernel by kexec."),
    ("boot.minimal", "Powers on and waits for the prompt."),
    ("boot.openocd", "Flashes and starts by OpenOCD."),
    ("boot.pyocd", "Flashes and starts by pyOCD."),
    ("boot.qdl", "Starts what was flashed in download mode."),
    ("boot.qemu", "Starts QEMU."),
    (
        "boot.qemu-iso",
        "Starts QEMU with an installer's ISO image.",
    ),
    (
        "boot.qemu-nfs",
        "Starts QEMU with the root file system by NFS.",
    ),
    (
        "boot.recovery",
        "Switches the board's recovery mode on and off.",
    ),
    ("boot.ssh", "Logs in to a running system by SSH."),
    ("boot.u-boot", "Boots through U-Boot."),
    ("boot.uefi-menu", "Boots by an entry of the UEFI menu."),
    ("boot.uuu", "Boots by the Universal Update Utility."),
    (
        "test.definition-git",
        "Test definitions from a git repository.",
    ),
    (
        "test.definition-inline",
        "Test definitions written in the job.",
    ),
    ("test.definition-url", "Test definitions from an archive."),
    (
        "test.docker",
        "Tests that run in a container beside the device.",
    ),
    (
        "test.expected",
        "Expected test cases that are missing fail.",
    ),
    ("test.interactive", "Commands and answers at a prompt."),
    (
        "test.measurements",
        "Results with a measurement and its unit.",
    ),
    ("test.monitors", "Results read from what the device prints."),
    ("test.parameters", "Parameters reach the test definition."),
    ("test.services", "Containers that run beside the whole job."),
    ("test.shell", "Test definitions run in the device's shell."),
    ("test.test-sets", "Test cases grouped in sets."),
];
