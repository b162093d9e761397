//! The server: built, and started as a demo or under its benchmarks.
//!
//! It must not know what the demo shows.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::page;
use crate::place::Place;
use crate::step;

/// Where the demo listens unless told otherwise, as in the server's own defaults.
const LISTEN: &str = "127.0.0.1:8080";

#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// Reads the page from the checkout.
    Dev,
    /// Carries the page inside.
    Release,
}

pub(crate) fn build(place: &Place, profile: Profile) -> Result<PathBuf> {
    let (title, options, folder): (_, &[&str], _) = match profile {
        // The whole workspace is named so that features are those of the tests, and nothing is built twice.
        Profile::Dev => ("Building the server", &["--workspace"], "debug"),
        Profile::Release => (
            "Building the server, optimised",
            &["--release", "--package", "lavafed"],
            "release",
        ),
    };
    step::run(
        place,
        title,
        place
            .cargo()
            .args(["build", "--bin", "lavafed"])
            .args(options),
    )?;
    Ok(place.target.join(folder).join("lavafed"))
}

/// Builds all and becomes the demo server: built quickly, and quick enough. A
/// first argument `--release` is ours: built slowly, as it is operated.
pub(crate) fn run_demo(place: &Place, arguments: &[OsString]) -> Result<()> {
    let (profile, arguments) = match arguments.split_first() {
        Some((first, rest)) if first == "--release" => (Profile::Release, rest),
        _ => (Profile::Dev, arguments),
    };
    page::ensure(place)?;
    let server = build(place, profile)?;
    let data = data_dir(place, arguments);
    eprintln!();
    eprintln!("  The demo starts. Its page: http://{}/", listen(arguments));
    eprintln!("  A token to report results with, from another terminal:");
    eprintln!(
        "    {} token create --data-dir {} --description demo --scope report --for federated",
        server.display(),
        data.display()
    );
    eprintln!();
    let mut demo = place.command(&server);
    demo.arg("demo").args(arguments);
    if value_of(arguments, "--data-dir").is_none() {
        demo.arg("--data-dir").arg(&data);
    }
    Err(demo.exec()).with_context(|| format!("{} did not start", server.display()))
}

pub(crate) fn bench(place: &Place, arguments: &[OsString]) -> Result<()> {
    let status = place
        .cargo()
        .args(["run", "--release", "--package", "lavafed-tests"])
        .args(["--bin", "bench", "--"])
        .args(arguments)
        .status()?;
    ensure!(status.success(), "the benchmarks failed");
    Ok(())
}

/// The demo's data stays in the target folder: it is made anew from nothing.
fn data_dir(place: &Place, arguments: &[OsString]) -> PathBuf {
    value_of(arguments, "--data-dir")
        .or_else(|| std::env::var_os("LAVAFED_DATA_DIR"))
        .map_or_else(|| place.target.join("demo"), PathBuf::from)
}

fn listen(arguments: &[OsString]) -> String {
    value_of(arguments, "--listen")
        .or_else(|| std::env::var_os("LAVAFED_LISTEN"))
        .map_or_else(
            || LISTEN.to_owned(),
            |address| address.to_string_lossy().into_owned(),
        )
}

/// The value given as `--name value` or `--name=value`.
fn value_of(arguments: &[OsString], name: &str) -> Option<OsString> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == name {
            return rest.next().cloned();
        }
        let value = argument
            .to_str()
            .and_then(|text| text.strip_prefix(name))
            .and_then(|text| text.strip_prefix('='));
        if let Some(value) = value {
            return Some(OsString::from(value));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_read_in_both_spellings() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let apart = arguments(&["--listen", "127.0.0.1:1"]);
        let joined = arguments(&["--seed", "3", "--listen=127.0.0.1:1"]);
        let longer = arguments(&["--listen-long=5"]);
        assert_eq!(listen(&apart), "127.0.0.1:1");
        assert_eq!(listen(&joined), "127.0.0.1:1");
        assert_eq!(value_of(&longer, "--listen"), None);
    }
}
