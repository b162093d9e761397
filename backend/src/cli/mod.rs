//! The command line: one variant a command, each in a few lines over the use
//! cases. A failure is a sentence that says what to do.

mod demo;
mod device;
mod doctor;
mod feature;
mod ingest;
mod lab;
mod lease;
pub(crate) mod log;
mod place;
mod plan;
mod serve;
mod token;

use std::{fmt, io::Write as _};

use clap::{Parser, Subcommand};
use lavafed::{
    config::{CommonArgs, Config, ServeArgs},
    error::Error,
};

/// Shows which feature of LAVA works on which device-type in which version.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = log::HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server
    Serve(ServeArgs),
    /// Start the server with a year of invented data, which is made at first
    ///
    /// They are kept apart from real data: without --data-dir, among the user's caches.
    Demo(ServeArgs),
    /// Create, list and revoke tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Declare and list features
    #[command(subcommand)]
    Feature(feature::Command),
    /// Add, change, pause and list labs
    #[command(subcommand)]
    Lab(lab::Command),
    /// Say which devices are lent
    #[command(subcommand)]
    Device(device::Command),
    /// Say what is expected to be tested on what
    #[command(subcommand)]
    Plan(plan::Command),
    /// List what is lent, and want it back
    #[command(subcommand)]
    Lease(lease::Command),
    /// Work on stored notifications
    #[command(subcommand)]
    Ingest(ingest::Command),
    /// Look whether every server can be worked with; exits with 1 if one cannot
    Doctor(doctor::Command),
    /// Bring the database up to date; no server may run meanwhile
    Migrate,
    /// Print the GraphQL schema
    Schema,
}

/// Does what was typed.
pub(crate) async fn run(typed: Cli) -> Result<(), String> {
    let common = &typed.common;
    let settings = || Config::load(common, &ServeArgs::default());
    match typed.command {
        Command::Serve(args) => serve::serve(Config::load(common, &args)?).await,
        Command::Demo(args) => demo::serve(common.clone(), &args).await,
        Command::Token(command) => token::run(settings()?, command).await,
        Command::Feature(command) => feature::run(settings()?, command).await,
        Command::Lab(command) => lab::run(settings()?, command).await,
        Command::Device(command) => device::run(settings()?, command).await,
        Command::Plan(command) => plan::run(settings()?, command).await,
        Command::Lease(command) => lease::run(settings()?, command).await,
        Command::Ingest(command) => ingest::run(settings()?, command).await,
        Command::Doctor(command) => doctor::run(settings()?, command).await,
        Command::Migrate => place::migrate(settings()?).await,
        Command::Schema => print(lavafed::graphql::sdl().trim_end()),
    }
}

/// Writes what was asked for to standard output.
fn print(text: impl fmt::Display) -> Result<(), String> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| format!("Cannot write: {error}."))
}

/// A failed use case as a sentence.
fn sentence(error: Error) -> String {
    match error.path.as_slice() {
        [] => error.message,
        path => format!("{} ({})", error.message, path.join(".")),
    }
}

/// Rows of columns, each as wide as its widest.
fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max();
        let head = head.get(column).map(|head| head.chars().count());
        widest.max(head).unwrap_or_default()
    };
    let line = |cells: [&str; N]| {
        let mut line = String::new();
        for (column, cell) in cells.into_iter().enumerate() {
            line.push_str(&format!("{cell:<width$}  ", width = width(column)));
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(head)];
    lines.extend(
        rows.iter()
            .map(|row| line(row.each_ref().map(String::as_str))),
    );
    lines.join("\n")
}
