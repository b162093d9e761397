//! The two databases lavafed runs on, each fresh for who asks, and what stands in their tables.
//! Must not know what the tables mean.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use std::io::Write as _;

use anyhow::Result;
use base64::Engine as _;
use lavafed::config::Config;
use sea_orm::{
    ConnectionTrait, Database as Connect, DatabaseBackend, DatabaseConnection,
    FromQueryResult as _, JsonValue, Statement,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::postgres::{self, Durability};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// A data folder, and a database in it or in the cluster.
#[derive(Debug)]
pub struct Home {
    pub database: Database,
    pub folder: TempDir,
    url: Option<String>,
}

impl Home {
    /// None: there is no server of this database here, and that may be so.
    ///
    /// # Errors
    /// When the folder cannot be made or the server does not start.
    pub async fn make(database: Database, durability: Durability) -> Result<Option<Self>> {
        let url = match database {
            Database::Sqlite => None,
            Database::Postgres => match postgres::fresh(durability).await? {
                Some(url) => Some(url),
                None => return Ok(None),
            },
        };
        let folder = TempDir::with_prefix("lavafed-data-")?;
        if url.is_some() {
            make_key(&folder.path().join("signing.key"))?;
        }
        Ok(Some(Self {
            database,
            folder,
            url,
        }))
    }

    /// The settings that open it.
    #[must_use]
    pub fn config(&self) -> Config {
        Config {
            data_dir: self.folder.path().to_owned(),
            database_url: self.url.clone(),
            signing_key_file: self
                .url
                .is_some()
                .then(|| self.folder.path().join("signing.key")),
            ..Config::default()
        }
    }

    /// The same on the command line.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let folder = self.folder.path().display();
        let mut arguments = vec![format!("--data-dir={folder}")];
        if let Some(url) = &self.url {
            arguments.push(format!("--database-url={url}"));
            arguments.push(format!("--signing-key-file={folder}/signing.key"));
        }
        arguments
    }

    /// Takes the database away, if it is one of a server, or brings it back.
    ///
    /// # Errors
    /// When the server does not do so.
    pub async fn let_in(&self, all: bool) -> Result<()> {
        match &self.url {
            Some(url) => postgres::let_in(url, all).await,
            None => Ok(()),
        }
    }

    /// A connection beside those of lavafed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn connect(&self) -> Result<DatabaseConnection> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => format!(
                "sqlite://{}/lavafed.db?mode=rwc",
                self.folder.path().display()
            ),
        };
        Ok(Connect::connect(url).await?)
    }
}

fn make_key(file: &Path) -> Result<()> {
    let key = base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 32]>());
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    Ok(writeln!(out, "{key}")?)
}

/// The rows of a query, as JSON.
///
/// # Errors
/// When the database fails.
pub async fn rows(db: &impl ConnectionTrait, query: &str) -> Result<Vec<Value>> {
    let statement = Statement::from_string(db.get_database_backend(), query);
    Ok(JsonValue::find_by_statement(statement).all(db).await?)
}

/// The names of all tables.
///
/// # Errors
/// When the database fails.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    let query = match db.get_database_backend() {
        DatabaseBackend::Postgres => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        }
        _ => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        }
    };
    let statement = Statement::from_string(db.get_database_backend(), query);
    let mut names = Vec::new();
    for row in db.query_all_raw(statement).await? {
        names.push(row.try_get("", "name")?);
    }
    Ok(names)
}

/// All there is in all tables, as text in which bytes stand as they are.
///
/// # Errors
/// When the database fails.
pub async fn dump(db: &impl ConnectionTrait) -> Result<String> {
    let backend = db.get_database_backend();
    let mut all = String::new();
    for table in tables(db).await? {
        let query = match backend {
            DatabaseBackend::Postgres => format!("SELECT t::text AS line FROM \"{table}\" t"),
            _ => {
                let columns = columns(db, &table).await?;
                let texts: Vec<_> = columns
                    .iter()
                    .map(|name| format!("COALESCE(CAST(\"{name}\" AS TEXT), '')"))
                    .collect();
                format!(
                    "SELECT {} AS line FROM \"{table}\"",
                    texts.join(" || '|' || ")
                )
            }
        };
        for row in db
            .query_all_raw(Statement::from_string(backend, query))
            .await?
        {
            let line: String = row.try_get("", "line")?;
            all.push_str(&format!("{table}|{line}\n"));
        }
        if backend == DatabaseBackend::Postgres && table == "receipt" {
            // bytes are told in hexadecimal there
            let query = "SELECT convert_from(body, 'UTF8') AS line FROM receipt";
            for row in db
                .query_all_raw(Statement::from_string(backend, query))
                .await?
            {
                all.push_str(&row.try_get::<String>("", "line")?);
            }
        }
    }
    Ok(all)
}

async fn columns(db: &impl ConnectionTrait, table: &str) -> Result<Vec<String>> {
    let query = format!("SELECT name FROM pragma_table_info('{table}')");
    let statement = Statement::from_string(db.get_database_backend(), query);
    let mut names = Vec::new();
    for row in db.query_all_raw(statement).await? {
        names.push(row.try_get("", "name")?);
    }
    Ok(names)
}
