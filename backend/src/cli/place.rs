//! The data directory and the database in it: made when missing, held by one
//! server at a time, and brought up to date by whoever may.

use std::{
    fs::{File, TryLockError},
    io::Write as _,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use lavafed::{app::App, config::Config, db::Db};

/// How long a command waits for a server, or another command, that is bringing
/// the database up to date.
const PATIENCE: Duration = Duration::from_secs(10);

/// Held by the server as long as it lives; the system lets go of it.
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Says in the lock file where the server is reached, for commands beside it.
    pub(crate) fn announce(&mut self, url: &str) -> Result<(), String> {
        self.file
            .write_all(url.as_bytes())
            .map_err(|error| format!("Cannot write the lock file: {error}."))
    }
}

/// Where the server beside us is reached, if one runs.
pub(crate) fn served_at(config: &Config) -> Option<String> {
    match lock(config) {
        Ok(None) => announced(config),
        Ok(Some(_)) | Err(_) => None,
    }
}

/// What the holder of the lock announced: a server its address, a command nothing.
fn announced(config: &Config) -> Option<String> {
    std::fs::read_to_string(lock_file(config))
        .ok()
        .filter(|url| !url.is_empty())
}

/// Takes the lock for a server. A command holds it for moments, to make the
/// tables of a new database: that is waited for. None: another server has it.
pub(crate) async fn lock_to_serve(config: &Config) -> Result<Option<Lock>, String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(lock) = lock(config)? {
            return Ok(Some(lock));
        }
        if announced(config).is_some() || Instant::now() > deadline {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Opens everything for a command, which may run beside a server.
pub(crate) async fn open(config: Config) -> Result<Arc<App>, String> {
    make(&config)?;
    let db = Db::open(&config).await?;
    up_to_date(&config, &db).await?;
    App::open(config, db, false).await
}

/// Brings the database up to date if no server uses it.
pub(crate) async fn migrate(config: Config) -> Result<(), String> {
    make(&config)?;
    let _lock = lock(&config)?.ok_or_else(|| {
        format!(
            "A server uses {}. Stop it, then migrate, then start the new one.",
            config.data_dir.display()
        )
    })?;
    Db::open(&config).await?.migrate().await
}

/// Makes the data directory, for its owner only.
pub(crate) fn make(config: &Config) -> Result<(), String> {
    let dir = &config.data_dir;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| {
            format!(
                "Cannot make the data directory {}: {error}. Choose another by --data-dir.",
                dir.display()
            )
        })
}

/// Takes the lock that a server holds. None: somebody has it.
pub(crate) fn lock(config: &Config) -> Result<Option<Lock>, String> {
    let path = lock_file(config);
    let explain = |error: std::io::Error| format!("Cannot lock {}: {error}.", path.display());
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(explain)?;
    match file.try_lock() {
        // What the holder before announced is true no more.
        Ok(()) => file
            .set_len(0)
            .map(|()| Some(Lock { file }))
            .map_err(explain),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(explain(error)),
    }
}

/// Beside the SQLite file wherever that is, so that it has one lock only.
fn lock_file(config: &Config) -> PathBuf {
    let url = config.database_url.as_deref().unwrap_or_default();
    let file = url
        .strip_prefix("sqlite:")
        .map(|rest| rest.trim_start_matches("//"))
        .and_then(|rest| rest.split('?').next())
        .filter(|file| !file.is_empty() && *file != ":memory:");
    match file.map(Path::new).and_then(Path::parent) {
        Some(folder) => folder.join("lavafed.lock"),
        None => config.data_dir.join("lavafed.lock"),
    }
}

/// A new database gets its tables, one of an older lavafed what it lacks: but
/// not while a server uses it.
async fn up_to_date(config: &Config, db: &Db) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if !db.needs_migration().await.map_err(super::sentence)? {
            return Ok(());
        }
        if let Some(_lock) = lock(config)? {
            return db.migrate().await;
        }
        if Instant::now() > deadline {
            return Err("The database is of an older lavafed, and a server uses it. Stop the server and start it anew with this version.".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
