//! `cargo xtask`: the commands of the README and the few more a developer needs.
//!
//! It installs what is missing, says what it does and shows how far it is. It must not know how lavafed works inside:
//! it only runs programs and puts files where they belong, so that its own first build takes seconds.

mod breakages;
mod compress;
mod graphiql;
mod page;
mod place;
mod programs;
mod proof;
mod schema;
mod server;
mod step;
mod suites;
mod tally;
mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::Arg;

use crate::place::Place;
use crate::server::Profile;

const USAGE: &str = "\
cargo xtask run [ARG…]          build all, start the demo and print its address; ARG… go to `lavafed demo`;
                                a first --release builds the server as it is operated, which takes longer
cargo xtask build [--release]   build the server with the page inside
cargo xtask page                build the page alone, into frontend/dist
cargo xtask test [SUITE…]       run every suite, or only those named; `--list` names them
cargo xtask proof [PART…]       the full counts of what the tests show in small: seeds by the thousand, every kill
cargo xtask breakages [NAME…]   break the lease engine on purpose, in a copy, and see that the tests notice each
cargo xtask bench [ARG…]        run the benchmarks
cargo xtask schema              write schema.graphql anew

What is missing is installed: Debian packages by apt-get (as root; otherwise the command to type is printed), all else
into the target folder.
";

fn main() -> ExitCode {
    match act() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn act() -> Result<ExitCode> {
    let mut arguments = lexopt::Parser::from_env();
    let command = match arguments.next()? {
        Some(Arg::Value(command)) => command.to_string_lossy().into_owned(),
        Some(Arg::Long("help") | Arg::Short('h')) | None => {
            eprint!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => return Err(other.unexpected().into()),
    };
    let rest: Vec<OsString> = arguments.raw_args()?.collect();
    let place = Place::find()?;
    match command.as_str() {
        "run" => server::run_demo(&place, &without_separator(rest))?,
        "build" => build(&place, &rest)?,
        "page" => page::ensure(&place)?,
        "test" => return suites::run(&place, &rest),
        "proof" => return proof::run(&place, &rest),
        "breakages" => return breakages::run(&place, &rest),
        "bench" => server::bench(&place, &without_separator(rest))?,
        "schema" => schema::write(&place)?,
        _ => bail!("`{command}` is not a command; these are:\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn build(place: &Place, arguments: &[OsString]) -> Result<()> {
    let profile = match arguments {
        [] => Profile::Dev,
        [only] if only == "--release" => Profile::Release,
        _ => bail!("`build` takes --release and nothing else"),
    };
    page::ensure(place)?;
    let binary = server::build(place, profile).context("the server was not built")?;
    eprintln!("{}", binary.display());
    Ok(())
}

/// `cargo xtask run -- --listen …` and `cargo xtask run --listen …` mean the same.
fn without_separator(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    arguments
}
