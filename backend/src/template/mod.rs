//! What is submitted to LAVA: job templates in Jinja2, and what lavafed adds to
//! each so that the job is found again, ends in time and tells its result.
//! Must know no database, no clock and no LAVA server; the folder of templates
//! is read once, by `Library::load`, and everything after is pure.
//!
//! # A template
//!
//! A file `NAME.yaml.jinja2` is the template NAME of FED jobs: a LAVA job
//! definition that says in its own metadata which features it exercises. Other
//! files ending in `.jinja2` are parts, to be included, imported or extended.
//! `dispatcher.yaml.jinja2` is the SLAVE job of a lab. Without a folder those
//! that come with lavafed are used; a folder without a dispatcher uses ours.
//!
//! # What must hold
//!
//! - What a value holds never changes what a definition means: `encode` keeps
//!   each `{{ value }}` within its scalar, and text stays text.
//! - Who may read a job, who is told, on which device it runs and until when is
//!   set in the tree of the definition, never by a template.
//! - Secrets are set there too: a template cannot name them, and no `Debug`
//!   shows them.
//! - Waiting and running, a job is over when its time is, by LAVA's time-outs.
//! - A template ends: steps and memory are bounded.

mod check;
mod encode;
pub mod fed;
pub mod library;
mod ours;
mod render;
pub mod settings;
pub mod slave;
mod sources;
mod timeouts;
mod tree;

#[cfg(test)]
mod tests;

use std::fmt;

use chrono::TimeDelta;

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the setting.
    pub file: String,
    /// The line of the file, where there is one to point at.
    pub line: Option<usize>,
    pub sentence: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.sentence),
            None => write!(f, "{}: {}", self.file, self.sentence),
        }
    }
}

impl std::error::Error for Problem {}

/// Where LAVA tells of the job's end, and the token that is good for it alone.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    pub url: &'a str,
    pub token: &'a str,
}

impl fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A definition ready to be submitted.
#[derive(Clone, PartialEq, Eq)]
pub struct JobText {
    /// YAML, with the secrets in it.
    pub text: String,
    /// How long after its submission LAVA itself has ended the job at the latest.
    pub ends_within: TimeDelta,
}

/// How much later than its time-outs say LAVA may end a job: its scheduler looks
/// every 20 seconds, a worker asks as often, and ending a job takes some more.
const LATENESS: TimeDelta = TimeDelta::minutes(2);

impl fmt::Debug for JobText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobText")
            .field("bytes", &self.text.len())
            .field("ends_within", &self.ends_within)
            .finish_non_exhaustive()
    }
}
