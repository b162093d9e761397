//! The benchmarks: each figure is a ratio to a peer that does the same in the
//! same run, so that a slow or noisy machine changes both. Nothing here fails
//! for being slow; it fails when an answer is not what it must be.

mod grid;
mod ingest;
mod load;
mod subject;

use std::io::Write as _;

use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let mut out = std::io::stdout();
    for (what, aim, ratio) in [grid::warm().await?, grid::cold().await?] {
        writeln!(out, "{what}: {ratio:.2} (aim: {aim})")?;
    }
    for (what, aim, ratio) in ingest::durable().await? {
        writeln!(out, "{what}: {ratio:.2} (aim: {aim})")?;
    }
    Ok(())
}

/// What is compared, what is aimed at, and the ratio.
type Figure = (String, &'static str, f64);
