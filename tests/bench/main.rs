//! The benchmarks: each figure is a ratio to a peer that does the same in the
//! same run, so that a slow or noisy machine changes both. Nothing here fails
//! for being slow; it fails when an answer is not what it must be.

mod grid;
mod ingest;
mod load;
mod subject;

use std::io::Write as _;

use anyhow::{Result, bail};

const USAGE: &str =
    "name the benchmarks to run among: warm cold ingest; without a name all are run";

#[tokio::main]
async fn main() -> Result<()> {
    let mut names: Vec<_> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = ["warm", "cold", "ingest"].map(str::to_owned).to_vec();
    }
    let mut out = std::io::stdout();
    for name in names {
        let figures = match name.as_str() {
            "warm" => vec![grid::warm().await?],
            "cold" => vec![grid::cold().await?],
            "ingest" => ingest::durable().await?,
            _ => bail!(USAGE),
        };
        for (what, aim, ratio) in figures {
            writeln!(out, "{what}: {ratio:.2} (aim: {aim})")?;
        }
    }
    Ok(())
}

/// What is compared, what is aimed at, and the ratio.
type Figure = (String, &'static str, f64);
