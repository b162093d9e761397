//! The database: an embedded SQLite file, or a PostgreSQL server. Opens it,
//! checks that it is not newer than we are, and hands out transactions.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait as _, Database, DatabaseBackend,
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait as _,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    config::Config,
    error::{Error, Result},
};

const FILE: &str = "lavafed.db";
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// Any number that nobody else locks in this database.
const MIGRATION_LOCK: i64 = 0x006c_6176_6166_6564;

/// Connections for reading, and one (SQLite) or more (PostgreSQL) for writing.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    clock: Clock,
}

/// The clock all replicas go by.
#[derive(Clone, Debug)]
enum Clock {
    Database,
    /// Set by hand, for worlds whose time is not the machine's.
    Manual(Hands),
}

/// The hands of a clock that is set by hand, in microseconds since 1970.
pub type Hands = Arc<AtomicI64>;

impl Db {
    /// # Errors
    /// A sentence that says what is wrong with the database and what to do.
    pub async fn open(config: &Config) -> Result<Self, String> {
        let db = match &config.database_url {
            Some(url) if url.starts_with("postgres:") || url.starts_with("postgresql:") => {
                Self::postgres(url).await?
            }
            Some(url) if !url.starts_with("sqlite:") => {
                return Err(
                    "The database URL begins neither with postgres: nor with sqlite:.".to_owned(),
                );
            }
            Some(url) => Self::sqlite(url).await?,
            None => {
                let file = config.data_dir.join(FILE);
                Self::sqlite(&format!("sqlite://{}?mode=rwc", file_url(&file))).await?
            }
        };
        db.refuse_newer().await?;
        Ok(db)
    }

    async fn sqlite(url: &str) -> Result<Self, String> {
        let open = async |connections: u32| {
            let mut options = options(url, connections);
            // a file in this process cannot go away as a server does
            options.test_before_acquire(false);
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(10))
                    .statement_cache_capacity(256)
            });
            Database::connect(options).await.map_err(|error| {
                format!("Cannot open the database {url}: {error}. Check that the folder exists and may be written to.")
            })
        };
        let write = open(1).await?;
        Ok(Self {
            read: open(READERS).await?,
            write,
            clock: Clock::Database,
        })
    }

    async fn postgres(url: &str) -> Result<Self, String> {
        let mut options = options(url, POSTGRES_CONNECTIONS);
        options.statement_timeout(Duration::from_secs(30));
        let pool = Database::connect(options).await.map_err(|error| {
            format!("Cannot reach the PostgreSQL server: {error}. Check the database URL and that the server runs.")
        })?;
        Ok(Self {
            read: pool.clone(),
            write: pool,
            clock: Clock::Database,
        })
    }

    /// Over one connection that somebody else opened, for reading and for writing.
    #[must_use]
    pub fn over(connection: DatabaseConnection) -> Self {
        Self {
            read: connection.clone(),
            write: connection,
            clock: Clock::Database,
        }
    }

    async fn refuse_newer(&self) -> Result<(), String> {
        let query = Statement::from_string(self.backend(), "SELECT version FROM seaql_migrations");
        // No such table: a new database.
        let Ok(rows) = self.read.query_all_raw(query).await else {
            return Ok(());
        };
        let known: Vec<_> = Migrator::migrations()
            .iter()
            .map(|m| m.name().to_owned())
            .collect();
        for row in rows {
            let name: String = row
                .try_get("", "version")
                .map_err(|error| error.to_string())?;
            if !known.contains(&name) {
                return Err(format!(
                    "The database was made by a newer lavafed (step {name} is unknown here). Install that version, or restore a backup of this one."
                ));
            }
        }
        Ok(())
    }

    /// Brings the schema up to date; of servers that start together one does it.
    ///
    /// # Errors
    /// A sentence with the database's reason.
    pub async fn migrate(&self) -> Result<(), String> {
        self.step_up()
            .await
            .map_err(|error| format!("The database cannot be brought up to date: {error}."))
    }

    async fn step_up(&self) -> std::result::Result<(), DbErr> {
        if self.backend() != DatabaseBackend::Postgres {
            return Migrator::up(&self.write, None).await;
        }
        let txn = self.write.begin().await?;
        let alone = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        txn.execute_unprepared(&alone).await?;
        Migrator::up(&txn, None).await?;
        txn.commit().await
    }

    /// Whether a step of the schema is still to be made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn needs_migration(&self) -> Result<bool> {
        Ok(!Migrator::get_pending_migrations(&self.write)
            .await?
            .is_empty())
    }

    /// Goes by hands that are set by whoever holds them.
    #[must_use]
    pub fn with_hands(mut self, hands: Hands) -> Self {
        self.clock = Clock::Manual(hands);
        self
    }

    /// What time it is by the database's clock, which is one for all replicas.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn now(&self) -> Result<DateTime<Utc>> {
        let micros = match &self.clock {
            Clock::Manual(hands) => hands.load(Ordering::SeqCst),
            Clock::Database => self.micros().await?,
        };
        DateTime::from_timestamp_micros(micros)
            .ok_or_else(|| Error::internal("the clock shows no time"))
    }

    async fn micros(&self) -> Result<i64> {
        let query = match self.backend() {
            DatabaseBackend::Postgres => {
                "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT AS now"
            }
            _ => "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000 AS now",
        };
        let row = self
            .read
            .query_one_raw(Statement::from_string(self.backend(), query))
            .await?
            .ok_or_else(|| Error::internal("the database tells no time"))?;
        Ok(row.try_get("", "now")?)
    }

    #[must_use]
    pub fn backend(&self) -> DatabaseBackend {
        self.read.get_database_backend()
    }

    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For a statement that writes and is a transaction by itself.
    #[must_use]
    pub fn single(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a transaction that will write. On SQLite it is the only one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Begins a transaction in which all reads see the same state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let isolation = match self.backend() {
            DatabaseBackend::Postgres => Some(sea_orm::IsolationLevel::RepeatableRead),
            _ => None,
        };
        let access = isolation.map(|_| AccessMode::ReadOnly);
        Ok(self.read.begin_with_config(isolation, access).await?)
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(8))
        .sqlx_logging(false);
    options
}

/// A path as it stands in a URL.
fn file_url(file: &Path) -> String {
    file.to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}
