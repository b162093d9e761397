//! `cargo xtask proof`: the full counts of what `cargo xtask test` shows in small. It takes an hour or two.
//!
//! It must not know what is counted: the tests read their counts from the environment.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::place::Place;
use crate::server::{self, Profile};
use crate::suites;

/// What is run: which tests of which target, and told what.
struct Part {
    name: &'static str,
    target: &'static str,
    filter: &'static str,
    told: &'static [(&'static str, &'static str)],
}

const PARTS: [Part; 4] = [
    Part {
        name: "simulation",
        target: "lease",
        filter: "simulation::",
        told: &[("TEST_SEEDS", "50000")],
    },
    Part {
        name: "kills",
        target: "lease",
        filter: "kills::",
        told: &[("TEST_FULL", "1")],
    },
    Part {
        name: "crash",
        target: "crash",
        filter: "",
        told: &[("TEST_KILLS", "100")],
    },
    Part {
        name: "lava",
        target: "lava",
        filter: "kills::",
        told: &[("TEST_KILLS", "30")],
    },
];

pub(crate) fn run(place: &Place, names: &[OsString]) -> Result<ExitCode> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !PARTS.iter().any(|part| *name == part.name))
    {
        let known: Vec<_> = PARTS.iter().map(|part| part.name).collect();
        bail!(
            "`{}` is not proved here; these are: {}",
            unknown.display(),
            known.join(" ")
        );
    }
    suites::ready(place)?;
    server::build(place, Profile::Dev)?;
    let chosen = PARTS
        .iter()
        .filter(|part| names.is_empty() || names.iter().any(|name| name == part.name));
    suites::all_of(chosen.map(|part| (part.name, command(place, part))))
}

fn command(place: &Place, part: &Part) -> Command {
    let mut command = place.cargo();
    command
        // as `cargo xtask test` does, so that nothing is built twice
        .args(["test", "--workspace", "--test", part.target])
        .env("TEST_LAVAFED_BIN", place.target.join("debug/lavafed"))
        .envs(part.told.iter().copied());
    // what they counted is told, too
    command.args([part.filter, "--", "--nocapture"]);
    command
}
