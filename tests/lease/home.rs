//! Where a world keeps its database and its files: in memory where the system has a place for that, and for one day
//! after the other if need be. Must not know what a world does with it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use entity::device_type::DeviceTypeId;
use lavafed::app::App;
use lavafed::config::Config;
use lavafed::db::Db;
use lavafed::template::library::Library;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, SqlxSqliteConnector, Statement};
use tempfile::TempDir;

use crate::catalogue::{self, BOOT, SMOKE};
use crate::world::{START, failed};

pub(crate) struct Home {
    pub config: Config,
    pub db: Db,
    /// The templates, and the device-type whose plan is in the database already.
    pub furnished: Option<(Arc<Library>, DeviceTypeId)>,
    /// What makes the database what it was, once it is known.
    clearing: Option<String>,
    _folder: TempDir,
}

impl Home {
    pub(crate) async fn new() -> Result<Self> {
        let folder = folder()?;
        let config = config(&folder)?;
        std::fs::write(folder.path().join("lavafed.db"), empty_database().await?)?;
        Ok(Self {
            db: Db::open(&config).await.map_err(anyhow::Error::msg)?,
            config,
            furnished: None,
            clearing: None,
            _folder: folder,
        })
    }

    /// One that can be cleared: its tables are kept aside as they are in a database with nothing but a plan.
    pub(crate) async fn for_many() -> Result<Self> {
        let folder = folder()?;
        let db = Db::over(in_memory().await?);
        db.migrate().await.map_err(anyhow::Error::msg)?;
        let config = config(&folder)?;
        let app = App::open(config.clone(), db.clone(), false)
            .await
            .map_err(anyhow::Error::msg)?;
        let kind = catalogue::furnish(&app, START.parse()?).await?;
        let home = Self {
            config,
            db,
            furnished: Some((Arc::clone(&app.templates), kind)),
            clearing: None,
            _folder: folder,
        };
        let tables = tables(&home.db).await?;
        let mut keeping = String::new();
        // without them a table is emptied at once, not row by row
        let mut clearing = "PRAGMA foreign_keys = OFF; BEGIN;".to_owned();
        // who refers to others was made after them, and goes first
        for table in tables.iter().rev() {
            clearing += &format!("DELETE FROM \"{table}\";");
        }
        for table in &tables {
            let kept = format!("\"kept {table}\"");
            keeping += &format!("CREATE TABLE {kept} AS SELECT * FROM \"{table}\";");
            clearing += &format!("INSERT INTO \"{table}\" SELECT * FROM {kept};");
        }
        clearing += "COMMIT; PRAGMA foreign_keys = ON;";
        let txn = home.db.begin().await.map_err(failed)?;
        txn.execute_unprepared(&keeping).await?;
        txn.commit().await?;
        Ok(Self {
            clearing: Some(clearing),
            ..home
        })
    }

    /// Forgets all that was written to the database.
    pub(crate) async fn clear(&self) -> Result<()> {
        let Some(clearing) = &self.clearing else {
            anyhow::bail!("this home is for one world");
        };
        self.db.single().execute_unprepared(clearing).await?;
        Ok(())
    }
}

async fn in_memory() -> Result<DatabaseConnection> {
    let options = SqliteConnectOptions::new()
        .in_memory(true)
        .synchronous(SqliteSynchronous::Off)
        .journal_mode(SqliteJournalMode::Memory)
        .foreign_keys(true)
        .statement_cache_capacity(512)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// All tables, in the order they were made.
async fn tables(db: &Db) -> Result<Vec<String>> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid";
    let rows = db
        .read()
        .query_all_raw(Statement::from_string(db.backend(), query))
        .await?;
    let names = rows.iter().map(|row| row.try_get("", "name"));
    Ok(names.collect::<Result<_, _>>()?)
}

/// An empty database with its tables, made once and copied for each home.
async fn empty_database() -> Result<&'static [u8]> {
    static MADE: tokio::sync::OnceCell<Vec<u8>> = tokio::sync::OnceCell::const_new();
    let bytes = MADE
        .get_or_try_init(|| async {
            let folder = folder()?;
            let config = config(&folder)?;
            let db = Db::open(&config).await.map_err(anyhow::Error::msg)?;
            db.migrate().await.map_err(anyhow::Error::msg)?;
            let app = App::open(config, db, false)
                .await
                .map_err(anyhow::Error::msg)?;
            let txn = app.db.begin().await.map_err(failed)?;
            txn.commit().await?;
            app.db
                .read()
                .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
                .await?;
            let file = folder.path().join("lavafed.db");
            anyhow::Ok(std::fs::read(file)?)
        })
        .await?;
    Ok(bytes)
}

fn folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() {
        TempDir::new_in(memory)?
    } else {
        TempDir::new()?
    })
}

fn config(folder: &TempDir) -> Result<Config> {
    let folder = folder.path();
    let token = folder.join("federated-token");
    std::fs::write(&token, "federated-secret")?;
    let key = folder.join("signing.key");
    std::fs::write(&key, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n")?;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
    let templates = folder.join("templates");
    std::fs::create_dir_all(&templates)?;
    for (name, text) in [("smoke", SMOKE), ("boot", BOOT)] {
        std::fs::write(templates.join(format!("{name}.yaml.jinja2")), text)?;
    }
    Ok(Config {
        data_dir: folder.to_owned(),
        federation_url: Some("http://federated.example".to_owned()),
        federation_token_file: Some(token),
        public_url: Some("http://lavafed.example".to_owned()),
        allow_private_labs: true,
        templates: Some(templates),
        ..Config::default()
    })
}
