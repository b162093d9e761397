//! Programs that the system must have, and the Debian packages they come in.
//!
//! It asks for a program, not for a package: who has one from elsewhere keeps it. It must not know who needs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::step;

pub(crate) struct Program {
    name: &'static str,
    package: &'static str,
}

/// For wasm-opt and GraphiQL, which come as npm packages.
pub(crate) const NODE: &[Program] = &[
    Program {
        name: "node",
        package: "nodejs",
    },
    Program {
        name: "npm",
        package: "npm",
    },
];

/// For the suites that talk to a database, a browser or a real LAVA.
pub(crate) const TEST: &[Program] = &[
    Program {
        name: "initdb",
        package: "postgresql",
    },
    Program {
        name: "chromium",
        package: "chromium",
    },
    Program {
        name: "chromedriver",
        package: "chromium-driver",
    },
    Program {
        name: "debootstrap",
        package: "debootstrap",
    },
];

/// Installs what is missing as root; otherwise stops and says what to type.
pub(crate) fn ensure(place: &Place, programs: &[&[Program]]) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .flat_map(|group| group.iter())
        .filter(|program| find(program.name).is_none())
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if find("apt-get").is_none() {
        bail!(
            "these are missing (Debian's names): {names}\nInstall them in this system's way, then say it again."
        );
    }
    if !is_root() {
        bail!(
            "these Debian packages are missing: {names}\nType this, then the same command again:\n\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends {names}\n"
        );
    }
    step::run(place, "Reading Debian's package lists", &mut apt("update"))?;
    step::run(
        place,
        &format!("Installing {names}"),
        apt("install")
            .args(["--yes", "--no-install-recommends"])
            .args(&missing),
    )?;
    still_missing(programs)
}

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

fn apt(action: &str) -> Command {
    let mut apt = Command::new("apt-get");
    apt.arg(action).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

fn still_missing(programs: &[&[Program]]) -> Result<()> {
    for program in programs.iter().flat_map(|group| group.iter()) {
        find(program.name).with_context(|| {
            format!(
                "{} was installed, and yet no {} is found",
                program.package, program.name
            )
        })?;
    }
    Ok(())
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(beside_the_path())
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Debian keeps the server programs of PostgreSQL off everyone's PATH, and sbin off most users'.
fn beside_the_path() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/sbin")];
    if let Ok(versions) = std::fs::read_dir(Path::new("/usr/lib/postgresql")) {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
}
