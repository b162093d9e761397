//! Real LAVA servers and workers for tests: Debian's packages in a chroot, without systemd, Docker or a web server.
//!
//! [`install`] makes one chroot per release, once, in a cache folder. [`room`] shows it to processes through a private,
//! copy-on-write view that ends with the process that opened it. [`server`] runs a whole LAVA in such a room,
//! [`client`] talks to it as a lab's owner would, [`job`] writes job definitions and [`listener`] serves them their
//! files and records the notifications they send.
//!
//! Must not know lavafed: what LAVA tells us here is the measure for lavafed's own client.

pub mod client;
mod daemons;
pub mod install;
pub mod job;
pub mod listener;
pub mod room;
pub mod server;
pub mod wait;

use std::io::Write as _;
use std::path::PathBuf;

/// A release of LAVA that Debian packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// 2023.01, the oldest that labs are known to run.
    Bookworm,
    /// The current one, from trixie-backports.
    Trixie,
}

impl Release {
    /// Debian's name of the suite; also the name of the chroot.
    #[must_use]
    pub fn suite(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }

    /// Where apt takes LAVA from.
    fn apt_release(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie-backports",
        }
    }
}

/// The folder for chroots and logs: `TEST_LAVA_CACHE`, or `/var/tmp/lavafed/lava`.
/// (Variables that begin with `LAVAFED_` are settings of lavafed, which refuses those it does not know.)
#[must_use]
pub fn cache() -> PathBuf {
    std::env::var_os("TEST_LAVA_CACHE")
        .map_or_else(|| PathBuf::from("/var/tmp/lavafed/lava"), PathBuf::from)
}

/// Tells whoever waits what takes so long. Goes past the test runner, which would keep it until the test has failed.
pub fn say(release: Release, text: &str) {
    let mut stderr = std::io::stderr().lock();
    // nobody left to read it is no reason to fail
    let _ = writeln!(stderr, "LAVA {}: {text}", release.suite());
}
