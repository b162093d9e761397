//! The tools the build needs, put into `TARGET/tools` and nowhere else, each at one version.
//!
//! trunk would download its helpers itself: it must find every one of them here first. This must not know what is
//! built with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::programs;
use crate::step;

/// 0.22 wants a newer Rust than ours.
const TRUNK: &str = "0.21.14";
const CARGO_DENY: &str = "0.20.2";
const WASM: &str = "wasm32-unknown-unknown";

/// All that turns the page's source into files; gives the `node_modules` of its build.
pub(crate) fn for_page(place: &Place) -> Result<PathBuf> {
    programs::ensure(place, &[programs::NODE])?;
    wasm_target(place)?;
    cargo_install(place, "trunk", TRUNK, &["--no-default-features"])?;
    wasm_bindgen(place)?;
    let modules = npm_frontend(place)?;
    link(
        &modules.join("binaryen/bin/wasm-opt"),
        &place.tool("wasm-opt"),
    )?;
    Ok(modules)
}

/// The npm packages of the page's build; gives their `node_modules`.
pub(crate) fn npm_frontend(place: &Place) -> Result<PathBuf> {
    let folder = place.tools.join("npm");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        let from = place.root.join("frontend/npm").join(name);
        fs::copy(&from, folder.join(name))
            .with_context(|| format!("cannot copy {}", from.display()))?;
    }
    npm_install(place, &folder, "Installing wasm-opt, terser and GraphiQL")
}

/// The npm packages of the protocol tests, beside their scripts: that is where node looks.
pub(crate) fn npm_tests(place: &Place) -> Result<()> {
    let folder = place.root.join("tests/npm");
    npm_install(place, &folder, "Installing the tests' GraphQL clients").map(drop)
}

pub(crate) fn cargo_deny(place: &Place) -> Result<()> {
    cargo_install(place, "cargo-deny", CARGO_DENY, &[])
}

/// Clippy and rustfmt: a toolchain can come without them.
pub(crate) fn components(place: &Place) -> Result<()> {
    for (command, component) in [("clippy", "clippy"), ("fmt", "rustfmt")] {
        if answers(place.cargo().args([command, "--version"])) {
            continue;
        }
        step::run(
            place,
            &format!("Adding {component} to the toolchain"),
            place
                .command("rustup")
                .args(["component", "add", component]),
        )?;
    }
    Ok(())
}

pub(crate) fn wasm_target(place: &Place) -> Result<()> {
    let output = place
        .command("rustc")
        .args(["--print", "target-libdir", "--target", WASM])
        .output()
        .context("rustc did not run")?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    step::run(
        place,
        "Adding WebAssembly to the toolchain",
        place.command("rustup").args(["target", "add", WASM]),
    )
}

fn cargo_install(place: &Place, name: &str, version: &str, options: &[&str]) -> Result<()> {
    if says(&place.tool(name), version) {
        return Ok(());
    }
    let build = place.tools.join("build");
    step::run(
        place,
        &format!("Building {name} {version}"),
        place
            .cargo()
            .args(["install", "--locked", "--debug", "--force"])
            .args(options)
            .arg(format!("{name}@{version}"))
            .arg("--root")
            .arg(&place.tools)
            .arg("--target-dir")
            .arg(&build)
            // Nobody debugs them, and it is a quarter of their build.
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

/// Built from this workspace, whose lock file keeps it at the version of the crate.
fn wasm_bindgen(place: &Place) -> Result<()> {
    step::run(
        place,
        "Building wasm-bindgen",
        place
            .cargo()
            .args(["build", "--package", "lavafed-wasm-bindgen"]),
    )?;
    link(
        &place.target.join("debug/lavafed-wasm-bindgen"),
        &place.tool("wasm-bindgen"),
    )
}

fn npm_install(place: &Place, folder: &Path, title: &str) -> Result<PathBuf> {
    let wanted = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("no lock file in {}", folder.display()))?;
    let modules = folder.join("node_modules");
    // A copy of the lock file is put there last: it says that all of it is there.
    let done = modules.join(".installed-from");
    if fs::read(&done).is_ok_and(|had| had == wanted) {
        return Ok(modules);
    }
    step::run(
        place,
        title,
        place
            .command("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )?;
    fs::write(&done, wanted).with_context(|| format!("cannot write {}", done.display()))?;
    Ok(modules)
}

fn link(from: &Path, to: &Path) -> Result<()> {
    if !from.is_file() {
        bail!("{} should have been made and is not there", from.display());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    if to.is_symlink() {
        fs::remove_file(to)?;
    }
    std::os::unix::fs::symlink(from, to).with_context(|| format!("cannot make {}", to.display()))
}

fn says(program: &Path, version: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout)
                .split_whitespace()
                .any(|word| word == version)
        })
}

fn answers(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
