//! `cargo xtask breakages`: breaks the lease engine on purpose, one way after the other, in a copy of the checkout, and
//! demands that the tests named for each see it.
//!
//! It must not know what is broken: `tests/lease/breakages.toml` says where, how, and who is to see it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::place::{Place, files_below};
use crate::step;

const TABLE: &str = "tests/lease/breakages.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    breakage: Vec<Breakage>,
}

/// One way to be wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Breakage {
    name: String,
    /// The invariant it attacks, as in `tests/lease/invariants.rs`.
    attacks: String,
    file: String,
    find: String,
    replace: String,
    /// Which tests of the target `lease` are to see it.
    seen_by: Vec<String>,
}

impl Breakage {
    /// The file with the breakage in it.
    fn applied(&self, text: &str) -> Result<String> {
        let (name, count) = (&self.name, text.matches(&self.find).count());
        ensure!(
            count == 1,
            "{name}: what is to be found stands {count} times in {}",
            self.file
        );
        ensure!(self.find != self.replace, "{name}: changes nothing");
        Ok(text.replacen(&self.find, &self.replace, 1))
    }
}

enum Verdict {
    /// By these tests.
    Caught(Vec<String>),
    NotCaught,
    DoesNotCompile,
}

pub(crate) fn run(place: &Place, names: &[OsString]) -> Result<ExitCode> {
    let all = read(&place.root)?;
    if let Some(unknown) = names
        .iter()
        .find(|name| !all.iter().any(|b| **name == *b.name))
    {
        let known: Vec<_> = all.iter().map(|breakage| breakage.name.as_str()).collect();
        bail!(
            "`{}` is no breakage; these are: {}",
            unknown.display(),
            known.join(" ")
        );
    }
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|breakage| names.is_empty() || names.iter().any(|name| **name == *breakage.name))
        .collect();
    let copy = copy(place)?;
    let filters: BTreeSet<_> = chosen
        .iter()
        .flat_map(|breakage| &breakage.seen_by)
        .collect();
    let build = tests(&copy, &["--no-run"], &[]);
    step::run(&copy, "Building the tests of the copy", &mut { build })?;
    let (well, output) = told(&mut tests(
        &copy,
        &[],
        &filters.into_iter().collect::<Vec<_>>(),
    ))?;
    ensure!(well, "unbroken, the tests must pass:\n{output}");
    let mut stdout = std::io::stdout().lock();
    let mut missed = 0;
    let begun = Instant::now();
    for breakage in &chosen {
        let started = Instant::now();
        let verdict = verdict(&copy, breakage)?;
        missed += usize::from(!matches!(verdict, Verdict::Caught(_)));
        writeln!(stdout, "{}", line(breakage, &verdict, started.elapsed()))?;
    }
    let caught = chosen.len() - missed;
    let time = step::seconds(begun.elapsed());
    writeln!(
        stdout,
        "\n{caught} of {} breakages caught in {time}",
        chosen.len()
    )?;
    Ok(if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(root: &Path) -> Result<Vec<Breakage>> {
    let text =
        fs::read_to_string(root.join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
    let table: Table = toml::from_str(&text).with_context(|| TABLE.to_owned())?;
    Ok(table.breakage)
}

/// The checkout as git knows it, in a folder of its own and with a target folder of its own: cargo tells two checkouts
/// of one workspace apart by the times of their files alone.
fn copy(place: &Place) -> Result<Place> {
    let home = place.target.join("breakages");
    let copy = Place {
        root: home.join("checkout"),
        target: home.join("target"),
        tools: place.tools.clone(),
    };
    let listed = place.command("git").args(["ls-files", "-z"]).output()?;
    ensure!(
        listed.status.success(),
        "git does not list the files of the checkout"
    );
    let tracked: BTreeSet<PathBuf> = String::from_utf8(listed.stdout)?
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|path| place.root.join(path).is_file())
        .collect();
    for path in &tracked {
        write(&copy.root.join(path), &fs::read(place.root.join(path))?)?;
    }
    for path in files_below(&copy.root)? {
        if !tracked.contains(path.strip_prefix(&copy.root)?) {
            fs::remove_file(path)?;
        }
    }
    Ok(copy)
}

/// Leaves a file alone that is the same already, so that it is not built again.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The whole workspace is named, so that the builds have the same features as all others.
fn tests(copy: &Place, options: &[&str], filters: &[&String]) -> Command {
    let mut command = copy.cargo();
    command
        .args(["test", "--workspace", "--test", "lease"])
        .args(options)
        // nobody reads where it broke, and without that it is built sooner
        .envs([("CARGO_PROFILE_DEV_DEBUG", "0"), ("RUST_BACKTRACE", "0")])
        .arg("--")
        .args(filters);
    command
}

/// Whether a command did well, and what it said.
fn told(command: &mut Command) -> Result<(bool, String)> {
    let output = command.output().context("cargo did not start")?;
    let text = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}

fn verdict(copy: &Place, breakage: &Breakage) -> Result<Verdict> {
    let path = copy.root.join(&breakage.file);
    let whole = fs::read_to_string(&path)?;
    fs::write(&path, breakage.applied(&whole)?)?;
    let seen = seen(copy, breakage);
    fs::write(&path, whole)?;
    seen
}

fn seen(copy: &Place, breakage: &Breakage) -> Result<Verdict> {
    let (builds, errors) = told(&mut tests(copy, &["--no-run"], &[]))?;
    if !builds {
        eprintln!("{errors}");
        return Ok(Verdict::DoesNotCompile);
    }
    let filters: Vec<_> = breakage.seen_by.iter().collect();
    let (_, output) = told(&mut tests(copy, &[], &filters))?;
    let failed = failed(&output);
    Ok(if failed.is_empty() {
        Verdict::NotCaught
    } else {
        Verdict::Caught(failed)
    })
}

/// The tests that failed, as Rust's test runner names them.
fn failed(output: &str) -> Vec<String> {
    output
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .map(str::to_owned)
        .collect()
}

fn line(breakage: &Breakage, verdict: &Verdict, time: Duration) -> String {
    let said = match verdict {
        Verdict::Caught(tests) => format!("caught by {}", tests.join(", ")),
        Verdict::NotCaught => "NOT CAUGHT".to_owned(),
        Verdict::DoesNotCompile => "DOES NOT COMPILE".to_owned(),
    };
    let time = step::seconds(time);
    format!(
        "{:<36} {:<4} {time:>7}  {said}",
        breakage.name, breakage.attacks
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn every_breakage_still_fits_the_code() {
        let all = read(&root()).unwrap();
        assert!(all.len() >= 18);
        let names: BTreeSet<_> = all.iter().map(|breakage| &breakage.name).collect();
        assert_eq!(names.len(), all.len(), "two breakages of one name");
        for breakage in &all {
            let text = fs::read_to_string(root().join(&breakage.file)).unwrap();
            breakage.applied(&text).unwrap();
            let number = breakage.attacks.strip_prefix('I');
            let known = number.map_or(breakage.attacks == "-", |number| {
                number
                    .parse()
                    .is_ok_and(|number: u8| (1..=17).contains(&number))
            });
            assert!(known, "{breakage:?}");
            assert!(!breakage.seen_by.is_empty(), "{breakage:?}");
        }
    }

    #[test]
    fn a_breakage_that_fits_twice_or_never_is_refused() {
        let breakage = Breakage {
            name: "one".to_owned(),
            attacks: "I1".to_owned(),
            file: String::new(),
            find: "if held".to_owned(),
            replace: "if true".to_owned(),
            seen_by: Vec::new(),
        };
        assert_eq!(breakage.applied("if held {}").unwrap(), "if true {}");
        assert!(breakage.applied("if held {} if held {}").is_err());
        assert!(breakage.applied("while held {}").is_err());
    }

    #[test]
    fn who_saw_it_is_read_from_the_runner() {
        let output = "test day::one ... ok\ntest day::two ... FAILED\ntest three ... ignored\n";
        assert_eq!(failed(output), ["day::two"]);
    }
}
