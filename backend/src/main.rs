//! The command `lavafed`: parses what is typed, composes, exits. Decides
//! nothing else.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let typed = cli::Cli::parse();
    cli::log::start();
    match cli::run(typed).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("lavafed: {sentence}");
            ExitCode::FAILURE
        }
    }
}
