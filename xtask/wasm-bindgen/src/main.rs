//! The `wasm-bindgen` program that trunk looks for on its PATH; `cargo xtask` puts it there under that name, which a
//! crate of ours cannot have.
//!
//! Its version must be that of the `wasm-bindgen` crate the page is built with. As a member of this workspace it is
//! resolved in the same lock file, where the two cannot differ. It knows what trunk asks for and nothing more: the
//! stock program also carries a web server and an HTTP client for its test runner.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, ValueExt};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    match act() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn act() -> Result<()> {
    let mut bindgen = Bindgen::new();
    let mut out_dir: Option<PathBuf> = None;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("version") => return tell_version(),
            Arg::Long("target") => target(&mut bindgen, &arguments.value()?)?,
            Arg::Long("out-dir") => out_dir = Some(PathBuf::from(arguments.value()?)),
            Arg::Long("out-name") => {
                bindgen.out_name(&arguments.value()?.string()?);
            }
            Arg::Long("no-typescript") => {
                bindgen.typescript(false);
            }
            Arg::Long("keep-debug") => {
                bindgen.keep_debug(true);
            }
            Arg::Long("no-demangle") => {
                bindgen.demangle(false);
            }
            Arg::Value(path) => {
                bindgen.input_path(PathBuf::from(path));
            }
            other @ (Arg::Long(_) | Arg::Short(_)) => return Err(other.unexpected().into()),
        }
    }
    bindgen.generate(out_dir.context("no --out-dir is given")?)
}

fn target(bindgen: &mut Bindgen, name: &OsString) -> Result<()> {
    match name.to_str() {
        Some("web") => bindgen.web(true)?,
        Some("no-modules") => bindgen.no_modules(true)?,
        _ => bail!("no target {} for trunk", name.display()),
    };
    Ok(())
}

fn tell_version() -> Result<()> {
    writeln!(
        std::io::stdout(),
        "wasm-bindgen {}",
        wasm_bindgen_shared::version()
    )?;
    Ok(())
}
