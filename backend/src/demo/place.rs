//! Keeps the demo apart from real data. A file beside the database says that it
//! is the demo's, which generator made it and whether it got to the end; a
//! database without it is never written to unless it is empty.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DurationRound as _, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use super::write::{self, Written};
use crate::{app::App, config::Config, event};

/// Raised with each change of what is generated.
const GENERATOR: u32 = 1;
const MARK: &str = "demo";
/// SQLite's files.
const DATABASE: [&str; 3] = ["lavafed.db", "lavafed.db-wal", "lavafed.db-shm"];

/// What `fill` found or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    New(Written),
    /// Made by an earlier start, with what came since.
    Kept,
}

/// Where the demo lives when nobody says where: among the user's caches, since
/// it can be made anew at any time.
#[must_use]
pub fn default_dir() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
    cache
        .unwrap_or_else(std::env::temp_dir)
        .join("lavafed-demo")
}

/// Removes what an older or interrupted generator left behind. To be called
/// with the data directory locked, before the database is opened.
///
/// # Errors
/// A sentence that says what to do.
pub fn clear(config: &Config) -> Result<(), String> {
    let dir = &config.data_dir;
    let Some(mark) = read_mark(dir)? else {
        return Ok(());
    };
    if mark == complete() {
        return Ok(());
    }
    if config.database_url.is_none() {
        for file in DATABASE {
            remove(&dir.join(file))?;
        }
    }
    remove(&dir.join(MARK))
}

/// Fills an empty database with the demo, or keeps the one that is there. Shows
/// its progress on a terminal.
///
/// # Errors
/// A sentence that says what to do.
pub async fn fill(app: &App) -> Result<Filled, String> {
    let dir = &app.config.data_dir;
    let (events, _) = event::bounds(app.db.read())
        .await
        .map_err(|error| error.message)?;
    if events > 0 {
        return if read_mark(dir)?.as_deref() == Some(&complete()) {
            Ok(Filled::Kept)
        } else {
            Err(refusal(app))
        };
    }
    write_mark(dir, "unfinished")?;
    let end = Utc::now()
        .duration_trunc(TimeDelta::hours(1))
        .map_err(|error| error.to_string())?;
    let progress = progress();
    let written = write::history(app, end, &progress).await;
    progress.finish_and_clear();
    let written = written.map_err(|error| error.message)?;
    write_mark(dir, &complete())?;
    Ok(Filled::New(written))
}

/// On standard error, and only when that is a terminal.
fn progress() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(
        "  Making a year of demo data {wide_bar} {pos:>2}/{len} {msg:22}",
    ) {
        bar.set_style(style);
    }
    bar
}

fn refusal(app: &App) -> String {
    let place = match &app.config.database_url {
        Some(_) => "The database".to_owned(),
        None => format!("The folder {}", app.config.data_dir.display()),
    };
    format!(
        "{place} holds data that are not this demo's, so the demo leaves them alone. Name an empty place by --data-dir or --database-url, or start them by `lavafed serve`."
    )
}

fn complete() -> String {
    format!("complete, made by generator {GENERATOR}")
}

fn read_mark(dir: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(dir.join(MARK)) {
        Ok(text) => Ok(Some(text.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(explain(&dir.join(MARK), &error)),
    }
}

fn write_mark(dir: &Path, text: &str) -> Result<(), String> {
    let file = dir.join(MARK);
    fs::write(&file, format!("{text}\n")).map_err(|error| explain(&file, &error))
}

fn remove(file: &Path) -> Result<(), String> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(explain(file, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn explain(file: &Path, error: &io::Error) -> String {
    format!(
        "The demo cannot use {}: {error}. Name another place by --data-dir.",
        file.display()
    )
}
