//! What the use cases work with: database, key, settings, and what is kept in
//! memory. Composed once at start.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::event::EventKind;
use sea_orm::{ConnectionTrait as _, Statement};
use tokio::sync::watch;

use crate::{
    auth::{self, Actor, key::SigningKey},
    config::Config,
    db::Db,
    error::Result,
    event::{self, Head, Subject},
    service::{
        grid::{cache::GridCache, view::Past},
        ingest::Ingest,
        lab::contribution::Regressions,
    },
    template::{library::Library, settings::Settings},
};

#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub db: Db,
    pub key: SigningKey,
    pub head: Head,
    pub grids: GridCache,
    pub past: Past,
    pub regressions: Regressions,
    pub ingest: Ingest,
    /// Wakes those who drive labs: a row they go by has changed.
    pub wakes: watch::Sender<u64>,
    /// What is submitted to LAVA servers.
    pub templates: Arc<Library>,
    /// The data are invented.
    pub demo: bool,
}

impl App {
    /// Opens everything for a database whose schema is up to date.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub async fn open(config: Config, db: Db, demo: bool) -> Result<Arc<Self>, String> {
        let templates = Arc::new(templates(&config));
        Self::open_with(config, db, templates, demo).await
    }

    /// As `open`, with templates that were read before.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub async fn open_with(
        config: Config,
        db: Db,
        templates: Arc<Library>,
        demo: bool,
    ) -> Result<Arc<Self>, String> {
        let key = SigningKey::load(&config)?;
        agree_on_key(&db, &key).await?;
        let (head, _) = event::bounds(db.read())
            .await
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(Self {
            ingest: Ingest::new(),
            grids: GridCache::default(),
            past: Past::default(),
            regressions: Regressions::default(),
            head: Head::new(head),
            wakes: watch::Sender::new(0),
            templates,
            config,
            db,
            key,
            demo,
        }))
    }

    /// Who presents this `Authorization` value; nobody without one.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a value that is no valid token.
    pub async fn actor(&self, authorization: Option<&str>, now: DateTime<Utc>) -> Result<Actor> {
        let Some(value) = authorization else {
            return Ok(Actor::Anonymous);
        };
        let token = auth::authenticate(&self.db, &self.key, auth::presented(value), now).await?;
        crate::service::token::touch(&self.db, token.id, token.last_used_at, now).await?;
        Ok(Actor::Token(token))
    }

    /// Wakes those who drive labs.
    pub fn wake(&self) {
        self.wakes.send_modify(|count| *count += 1);
    }

    /// Writes a change of the catalogue: `change` gets the transaction and the
    /// number of the event that tells of it.
    ///
    /// # Errors
    /// What `change` fails with; then nothing is written.
    pub async fn change_catalog<T>(
        &self,
        now: DateTime<Utc>,
        change: impl AsyncFnOnce(&sea_orm::DatabaseTransaction, i64) -> Result<T>,
    ) -> Result<T> {
        let txn = self.db.begin().await?;
        let no = event::append(&txn, EventKind::CatalogChanged, now, Subject::default()).await?;
        let done = change(&txn, no).await?;
        txn.commit().await?;
        self.head.advance(no);
        self.wake();
        Ok(done)
    }
}

/// The templates; what is wrong with one is said, and it is not used.
fn templates(config: &Config) -> Library {
    let (library, problems) = Library::load(Settings {
        folder: config.templates.clone(),
        vars: config.template_vars.clone(),
        dispatcher_image: config.dispatcher_image.clone(),
        dispatcher_image_local: config.dispatcher_image_local,
    });
    for problem in problems {
        tracing::warn!("a job template cannot be used: {problem}");
    }
    library
}

/// All who share a database sign with the same key; its fingerprint is in there.
async fn agree_on_key(db: &Db, key: &SigningKey) -> Result<(), String> {
    let explain = |error: sea_orm::DbErr| format!("The database fails: {error}.");
    let insert = Statement::from_sql_and_values(
        db.backend(),
        "INSERT INTO signing_key (id, fingerprint) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
        [key.fingerprint().into()],
    );
    let txn = db.begin().await.map_err(|error| error.to_string())?;
    txn.execute_raw(insert).await.map_err(explain)?;
    let query = Statement::from_string(
        db.backend(),
        "SELECT fingerprint FROM signing_key WHERE id = 1",
    );
    let row = txn.query_one_raw(query).await.map_err(explain)?;
    txn.commit().await.map_err(explain)?;
    let stored: Option<String> = match row {
        Some(row) => row.try_get("", "fingerprint").map_err(explain)?,
        None => None,
    };
    if stored.as_deref() == Some(key.fingerprint()) {
        return Ok(());
    }
    Err("The signing key is not the one this database was made with, so no token would be valid. Restore the key file, or name it by --signing-key-file.".to_owned())
}
