//! `schema.graphql`, written by the server itself: the contract that both sides are checked against.
//!
//! It must not know what is in it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::place::Place;
use crate::server::{self, Profile};

pub(crate) fn write(place: &Place) -> Result<()> {
    let path = path(place);
    fs::write(&path, told(place)?).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("  wrote {}", path.display());
    Ok(())
}

/// Fails when the committed file is not what the server says.
pub(crate) fn check(place: &Place) -> Result<()> {
    let path = path(place);
    let committed = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        told(place)? == committed,
        "schema.graphql is not what `lavafed schema` prints; write it with `cargo xtask schema` and look at the change"
    );
    Ok(())
}

fn path(place: &Place) -> PathBuf {
    place.root.join("schema.graphql")
}

fn told(place: &Place) -> Result<Vec<u8>> {
    let server = server::build(place, Profile::Dev)?;
    let output = place
        .command(&server)
        .arg("schema")
        .output()
        .with_context(|| format!("{} did not start", server.display()))?;
    ensure!(
        output.status.success(),
        "`lavafed schema` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}
