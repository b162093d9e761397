//! Where things are: the checkout, cargo's target folder, and the tools kept in it.
//!
//! It must not know what the tools are for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

pub(crate) struct Place {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the developer wants it.
    pub(crate) target: PathBuf,
    /// All that is installed for the build and nothing else; remove it to install anew.
    pub(crate) tools: PathBuf,
}

impl Place {
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata()?;
        let folder = |key: &str| -> Result<PathBuf> {
            let path = metadata.get(key).and_then(Value::as_str);
            Ok(PathBuf::from(path.with_context(|| {
                format!("cargo metadata names no {key}")
            })?))
        };
        let target = folder("target_directory")?;
        Ok(Self {
            root: folder("workspace_root")?,
            tools: target.join("tools"),
            target,
        })
    }

    /// The names of a package's test targets.
    pub(crate) fn test_targets(&self, package: &str) -> Result<Vec<String>> {
        let metadata = metadata()?;
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(list(&metadata, "packages")
            .filter(|found| text(found, "name").is_some_and(|name| name == package))
            .flat_map(|found| list(found, "targets"))
            .filter(|target| list(target, "kind").any(|kind| kind == "test"))
            .filter_map(|target| text(target, "name"))
            .collect())
    }

    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.tools.join("bin").join(name)
    }

    /// A command run in the checkout that finds our tools before any other of the same name.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("PATH", self.search_path())
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    pub(crate) fn cargo(&self) -> Command {
        self.command(cargo())
    }

    fn search_path(&self) -> OsString {
        let mut path = self.tools.join("bin").into_os_string();
        if let Some(inherited) = std::env::var_os("PATH") {
            path.push(":");
            path.push(inherited);
        }
        path
    }
}

fn metadata() -> Result<Value> {
    let output = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("cargo metadata did not run")?;
    ensure!(
        output.status.success(),
        "cargo metadata failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The cargo that runs us, so that a toolchain chosen on the command line stays the chosen one.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// Every file below a folder, in a stable order. A folder that is not there holds no file.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}
