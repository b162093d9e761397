//! One step of the work as the person at the terminal sees it: what is done, a sign of life, the time it took.
//!
//! It must not know what is being built.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, IsTerminal, PipeReader, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::place::Place;

/// How much of a failed step's output is worth reading at once; all of it is in the log.
const WORTH_READING: usize = 60;

/// Runs a command behind a spinner that shows its last line. The whole output is in `TARGET/xtask-logs`.
pub(crate) fn run(place: &Place, title: &str, command: &mut Command) -> Result<()> {
    let started = Instant::now();
    let spinner = spinner(title);
    let (success, log) = capture(place, title, command, &spinner)?;
    spinner.finish_and_clear();
    let time = seconds(started.elapsed());
    if success {
        eprintln!("  {title}: {time}");
        return Ok(());
    }
    let output = fs::read_to_string(&log)?;
    for line in worth_reading(&output) {
        eprintln!("{line}");
    }
    bail!(
        "{title}: failed after {time}; its whole output is in {}",
        log.display()
    )
}

/// Does work of our own behind the same kind of line.
pub(crate) fn work<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let spinner = spinner(title);
    let done = work();
    spinner.finish_and_clear();
    let done = done.with_context(|| format!("{title}: failed"))?;
    eprintln!("  {title}: {}", seconds(started.elapsed()));
    Ok(done)
}

pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

fn spinner(title: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        eprintln!("  {title} …");
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message("");
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}")
    {
        spinner.set_style(style);
    }
    spinner.set_prefix(title.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn capture(
    place: &Place,
    title: &str,
    command: &mut Command,
    spinner: &ProgressBar,
) -> Result<(bool, PathBuf)> {
    let folder = place.target.join("xtask-logs");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(format!("{}.log", title.replace([' ', '/', ','], "-")));
    let log = File::create(&path).with_context(|| format!("cannot write to {}", path.display()))?;
    let (reader, writer) = std::io::pipe()?;
    let mut child = command
        .stdin(std::process::Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("{} did not start", command.get_program().display()))?;
    // The command still holds our end of the pipe: while it does, the reader would never see the end.
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    follow(reader, log, spinner)?;
    Ok((child.wait()?.success(), path))
}

fn follow(reader: PipeReader, mut log: File, spinner: &ProgressBar) -> Result<()> {
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
        writeln!(log, "{line}")?;
        if !line.trim().is_empty() {
            spinner.set_message(line.trim().to_owned());
        }
    }
    Ok(())
}

/// From the first line that says what is wrong; without one, the end.
fn worth_reading(output: &str) -> Vec<&str> {
    let lines: Vec<&str> = output.lines().collect();
    let first_error = lines.iter().position(|line| line.starts_with("error"));
    let start = first_error.unwrap_or(lines.len().saturating_sub(WORTH_READING));
    lines.into_iter().skip(start).take(WORTH_READING).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_from_its_first_error_on() {
        let long = "one more line\n".repeat(100);
        let told = format!("{long}error: it broke\n  here\n{long}");
        assert_eq!(worth_reading(&told)[..2], ["error: it broke", "  here"]);
        assert_eq!(worth_reading(&told).len(), WORTH_READING);
        let untold = format!("the first line\n{long}the last line\n");
        assert_eq!(worth_reading(&untold).last(), Some(&"the last line"));
        assert_eq!(worth_reading("short\n"), ["short"]);
    }
}
