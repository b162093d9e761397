//! `cargo xtask test`: every suite in turn, each said by name, and one closing line with the count of all.
//!
//! It must not know what a suite tests: those of `tests/` are whatever test targets that crate has.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::page;
use crate::place::Place;
use crate::programs;
use crate::schema;
use crate::server::{self, Profile};
use crate::step;
use crate::tally::Tally;
use crate::tools;

/// The crate of the tests that cross crates.
const TESTS: &str = "lavafed-tests";
/// Takes minutes, so it comes last.
const LAVA: &str = "lava";
const LEASE: &str = "lease";
/// Those of its stories that wait for windows to end, side by side; what works hard must not run beside them.
const REAL_TIME: [&str; 3] = ["bad_days::", "kills::", "replicas::"];

/// How many days are simulated, which the tests read; and how many two cores simulate within five minutes.
const SEEDS: &str = "TEST_SEEDS";
const CI_SEEDS: &str = "10000";

#[derive(PartialEq, Eq)]
enum Suite {
    Format,
    Licences,
    /// The page is built, and within its budget.
    Page,
    Lint,
    Schema,
    Unit,
    /// One test target of `tests/`.
    Stories(String),
}

impl Suite {
    fn name(&self) -> &str {
        match self {
            Self::Format => "format",
            Self::Licences => "licences",
            Self::Page => "page",
            Self::Lint => "lint",
            Self::Schema => "schema",
            Self::Unit => "unit",
            Self::Stories(target) => target,
        }
    }
}

struct Outcome {
    name: String,
    tally: Tally,
    time: Duration,
}

pub(crate) fn run(place: &Place, arguments: &[OsString]) -> Result<ExitCode> {
    let all = all(place)?;
    if arguments == ["--list"] {
        let names: Vec<&str> = all.iter().map(Suite::name).collect();
        eprintln!("{}", names.join("\n"));
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = choose(all, arguments)?;
    prepare(place, &chosen)?;
    let outcomes = chosen
        .iter()
        .map(|suite| outcome(suite.name(), || run_one(place, suite)));
    summary(&outcomes.collect::<Vec<_>>())
}

/// Runs commands that are test runners, one after the other, and sums up.
pub(crate) fn all_of<'n>(commands: impl Iterator<Item = (&'n str, Command)>) -> Result<ExitCode> {
    let outcomes = commands.map(|(name, mut command)| outcome(name, || tested(&mut command)));
    summary(&outcomes.collect::<Vec<_>>())
}

/// Installs what the tests that cross crates need.
pub(crate) fn ready(place: &Place) -> Result<()> {
    programs::ensure(place, &[programs::NODE, programs::TEST])?;
    tools::npm_tests(place)
}

fn outcome(name: &str, run: impl FnOnce() -> Result<Tally>) -> Outcome {
    eprintln!("\n== {name}");
    let started = Instant::now();
    let tally = run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Tally::FAIL
    });
    Outcome {
        name: name.to_owned(),
        tally,
        time: started.elapsed(),
    }
}

fn all(place: &Place) -> Result<Vec<Suite>> {
    let mut suites = vec![
        Suite::Format,
        Suite::Licences,
        Suite::Page,
        Suite::Lint,
        Suite::Schema,
        Suite::Unit,
    ];
    let mut targets = place.test_targets(TESTS)?;
    targets.sort_by_key(|target| (target == LAVA, target.clone()));
    suites.extend(targets.into_iter().map(Suite::Stories));
    Ok(suites)
}

fn choose(all: Vec<Suite>, names: &[OsString]) -> Result<Vec<Suite>> {
    for name in names {
        if !all.iter().any(|suite| name == suite.name()) {
            let known: Vec<&str> = all.iter().map(Suite::name).collect();
            bail!(
                "`{}` is not a suite; these are: {}",
                name.display(),
                known.join(" ")
            );
        }
    }
    let named = |suite: &Suite| names.is_empty() || names.iter().any(|n| n == suite.name());
    let needs_page = |suite: &Suite| matches!(suite, Suite::Stories(name) if name != LAVA);
    let page = all.iter().any(|suite| named(suite) && needs_page(suite));
    let wanted = |suite: &Suite| named(suite) || (page && *suite == Suite::Page);
    Ok(all.into_iter().filter(wanted).collect())
}

/// Installs and builds what the chosen suites need, so that their own times are theirs.
fn prepare(place: &Place, suites: &[Suite]) -> Result<()> {
    let has_stories = suites.iter().any(|s| matches!(s, Suite::Stories(_)));
    if has_stories {
        programs::ensure(place, &[programs::NODE, programs::TEST])?;
    }
    if suites.contains(&Suite::Page) {
        tools::for_page(place)?;
    }
    tools::components(place)?;
    tools::wasm_target(place)?;
    if suites.contains(&Suite::Licences) {
        tools::cargo_deny(place)?;
    }
    if has_stories {
        tools::npm_tests(place)?;
    }
    if has_stories || suites.contains(&Suite::Unit) {
        let tests = ["test", "--workspace", "--no-run"];
        step::run(place, "Building the tests", place.cargo().args(tests))?;
        server::build(place, Profile::Dev)?;
    }
    Ok(())
}

fn run_one(place: &Place, suite: &Suite) -> Result<Tally> {
    match suite {
        Suite::Format => Ok(checked(place.cargo().args(["fmt", "--all", "--check"]))),
        Suite::Licences => Ok(checked(
            place
                .cargo()
                .args(["deny", "--log-level", "error"])
                .args(["check", "bans", "licenses", "sources"]),
        )),
        Suite::Page => page::ensure(place).map(|()| Tally::PASS),
        Suite::Lint => Ok(lint(place)),
        Suite::Schema => schema::check(place).map(|()| Tally::PASS),
        Suite::Unit => {
            tested(
                place
                    .cargo()
                    .args(["test", "--no-fail-fast", "--workspace", "--lib", "--bins"]),
            )
        }
        Suite::Stories(target) => {
            if target == LAVA && !programs::is_root() && !under_ci() {
                eprintln!(
                    "skipped: a real LAVA is installed in a chroot of its own, which needs root"
                );
                return Ok(Tally {
                    skipped: 1,
                    ..Tally::default()
                });
            }
            // The whole workspace is named, here and above, so that every build has the same features.
            let stories = |filter: &[&str]| {
                let mut command = place.cargo();
                command
                    .args(["test", "--no-fail-fast", "--workspace", "--test", target])
                    .env("TEST_LAVAFED_BIN", place.target.join("debug/lavafed"))
                    .arg("--")
                    .args(filter);
                command
            };
            if target == LEASE {
                let skip = REAL_TIME.iter().flat_map(|name| ["--skip", name]);
                let mut virtual_time = stories(&skip.collect::<Vec<_>>());
                if under_ci() && std::env::var_os(SEEDS).is_none() {
                    virtual_time.env(SEEDS, CI_SEEDS);
                }
                let virtual_time = tested(&mut virtual_time)?;
                let mut real_time = stories(&REAL_TIME);
                real_time.arg("--test-threads=3");
                return Ok(virtual_time.plus(tested(&mut real_time)?));
            }
            tested(&mut stories(&[]))
        }
    }
}

/// For the machine the tests run on, and for the browser's.
fn lint(place: &Place) -> Tally {
    let native = ["clippy", "--workspace", "--all-targets"];
    let browser = [
        "clippy",
        "--package",
        "lavafed-frontend",
        "--target",
        "wasm32-unknown-unknown",
    ];
    let warnings = ["--", "--deny", "warnings"];
    checked(place.cargo().args(native).args(warnings))
        .plus(checked(place.cargo().args(browser).args(warnings)))
}

/// A check that says all or nothing counts as one test.
fn checked(command: &mut Command) -> Tally {
    match command.status() {
        Ok(status) if status.success() => Tally::PASS,
        Ok(_) => Tally::FAIL,
        Err(error) => {
            eprintln!("{} did not start: {error}", command.get_program().display());
            Tally::FAIL
        }
    }
}

/// Passes the runner's output on and counts what it closes with.
fn tested(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo did not start")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        let mut stdout = std::io::stdout().lock();
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            writeln!(stdout, "{line}")?;
            if let Some(closed) = Tally::read(&line) {
                tally = tally.plus(closed);
            }
        }
    }
    let status = child.wait()?;
    if tally == Tally::default() {
        bail!("no test was run");
    }
    if !status.success() && tally.failed == 0 {
        return Ok(tally.plus(Tally::FAIL));
    }
    Ok(tally)
}

fn under_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn summary(outcomes: &[Outcome]) -> Result<ExitCode> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "\n== all")?;
    let mut whole = Tally::default();
    for outcome in outcomes {
        let time = step::seconds(outcome.time);
        writeln!(
            stdout,
            "  {:<12} {:>12}  {}",
            outcome.name, time, outcome.tally
        )?;
        whole = whole.plus(outcome.tally);
    }
    writeln!(stdout, "\n{whole}")?;
    Ok(if whole.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_comes_with_the_stories_that_open_it() {
        let table: &[(&[&str], &[&str])] = &[
            (&[], &["format", "page", "unit", "browser", "lava"]),
            (&["unit"], &["unit"]),
            (&["browser"], &["page", "browser"]),
            (&["lava"], &["lava"]),
            (&["page", "lava"], &["page", "lava"]),
        ];
        for (names, expected) in table {
            let all = vec![
                Suite::Format,
                Suite::Page,
                Suite::Unit,
                Suite::Stories("browser".to_owned()),
                Suite::Stories(LAVA.to_owned()),
            ];
            let names: Vec<OsString> = names.iter().map(OsString::from).collect();
            let chosen = choose(all, &names).unwrap();
            let chosen: Vec<&str> = chosen.iter().map(Suite::name).collect();
            assert_eq!(&chosen, expected, "{names:?}");
        }
        assert!(choose(vec![Suite::Unit], &[OsString::from("units")]).is_err());
    }
}
