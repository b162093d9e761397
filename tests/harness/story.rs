//! Stories: what somebody does with lavafed, and what they see. Each is told on both databases.

use std::future::Future;

use anyhow::Result;

use crate::app::TestApp;
use crate::database::{Database, Home};
use crate::postgres::Durability;

/// Makes a story a test on each database.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        $(mod $story {
            #[test]
            fn sqlite() -> anyhow::Result<()> {
                $crate::story::tell($crate::database::Database::Sqlite, super::$story)
            }

            #[test]
            fn postgres() -> anyhow::Result<()> {
                $crate::story::tell($crate::database::Database::Postgres, super::$story)
            }
        })+
    };
}

/// Tells a story with a lavafed of its own.
///
/// # Errors
/// What the story fails with.
pub fn tell<F>(database: Database, story: impl FnOnce(TestApp) -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    run(async {
        match Home::make(database, Durability::Fast).await? {
            Some(home) => story(TestApp::start(home).await?).await,
            None => {
                eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
                Ok(())
            }
        }
    })
}

/// Runs what waits.
///
/// # Errors
/// What it fails with.
pub fn run<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(work)
}
