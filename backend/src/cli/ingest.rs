//! `lavafed ingest`: stored notifications, once more.

use chrono::Utc;
use clap::Subcommand;
use entity::receipt::ReceiptId;
use lavafed::{config::Config, service::receipt};

use super::{place, sentence};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Apply notifications again that do not count in full: all, or those named
    Replay {
        #[arg(value_name = "ID")]
        ids: Vec<i64>,
    },
}

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    match command {
        Command::Replay { ids } => {
            let ids: Vec<_> = ids.into_iter().map(ReceiptId).collect();
            let count = receipt::replay(&app, &ids, Utc::now)
                .await
                .map_err(sentence)?;
            eprintln!("Applied again: {count}.");
            Ok(())
        }
    }
}
