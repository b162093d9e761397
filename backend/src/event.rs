//! Events are rows: written in the transaction of what they tell, numbered
//! under one lock so that numbers rise in the order of commit. What is kept in
//! memory here only wakes those who read the rows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    event::{self, EventKind},
    job::JobId,
    lease::LeaseId,
    version::VersionId,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseBackend, EntityTrait as _,
    QueryFilter as _, Statement, sqlx,
};
use tokio::sync::watch;

use crate::{
    db::Db,
    error::{Error, Result},
};

/// PostgreSQL's channel on which replicas wake each other.
const CHANNEL: &str = "lavafed_event";
/// How long another process's event may stay unseen when nothing wakes us.
const POLL: Duration = Duration::from_millis(500);

/// What an event tells, beside its kind and time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    pub job: Option<JobId>,
    pub version: Option<VersionId>,
    pub lease: Option<LeaseId>,
}

/// Writes an event into the open transaction and returns its number. Whoever
/// holds the number also holds the lock: events commit in their order.
///
/// # Errors
/// When the database fails.
pub async fn append(
    txn: &impl ConnectionTrait,
    kind: EventKind,
    at: DateTime<Utc>,
    subject: Subject,
) -> Result<i64> {
    let no = next_number(txn).await?;
    append_numbered(txn, no, kind, at, subject).await?;
    Ok(no)
}

/// Writes the event of a number that was taken before what it tells of was known.
///
/// # Errors
/// When the database fails.
pub async fn append_numbered(
    txn: &impl ConnectionTrait,
    no: i64,
    kind: EventKind,
    at: DateTime<Utc>,
    subject: Subject,
) -> Result<()> {
    let row = event::ActiveModel {
        no: Set(no),
        kind: Set(kind),
        at: Set(at),
        job_id: Set(subject.job),
        version_id: Set(subject.version),
        lease_id: Set(subject.lease),
    };
    event::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Takes the lock that orders events, before a number is needed.
///
/// # Errors
/// When the database fails.
pub async fn lock(txn: &impl ConnectionTrait) -> Result<()> {
    txn.execute_unprepared("UPDATE event_head SET no = no WHERE id = 1")
        .await?;
    Ok(())
}

/// Takes the next number, and with it the lock that orders events.
///
/// # Errors
/// When the database fails.
pub async fn next_number(txn: &impl ConnectionTrait) -> Result<i64> {
    let backend = txn.get_database_backend();
    let update = "UPDATE event_head SET no = no + 1 WHERE id = 1 RETURNING no";
    let row = txn
        .query_one_raw(Statement::from_string(backend, update))
        .await?
        .ok_or_else(|| Error::internal("event_head has no row"))?;
    let no: i64 = row.try_get("", "no")?;
    if backend == DatabaseBackend::Postgres {
        txn.execute_unprepared(&format!("SELECT pg_notify('{CHANNEL}', '{no}')"))
            .await?;
    }
    Ok(no)
}

/// The newest event's number and that of the oldest one kept.
///
/// # Errors
/// When the database fails.
pub async fn bounds(db: &impl ConnectionTrait) -> Result<(i64, i64)> {
    let query = "SELECT no, oldest FROM event_head WHERE id = 1";
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), query))
        .await?
        .ok_or_else(|| Error::internal("event_head has no row"))?;
    Ok((row.try_get("", "no")?, row.try_get("", "oldest")?))
}

/// The number of the newest event this process knows to be committed.
#[derive(Debug)]
pub struct Head(watch::Sender<i64>);

impl Head {
    #[must_use]
    pub fn new(no: i64) -> Self {
        Self(watch::Sender::new(no))
    }

    #[must_use]
    pub fn current(&self) -> i64 {
        *self.0.borrow()
    }

    /// Tells the readers that everything up to `no` is committed.
    pub fn advance(&self, no: i64) {
        self.0.send_if_modified(|head| {
            let newer = no > *head;
            if newer {
                *head = no;
            }
            newer
        });
    }

    /// Wakes whenever the head advances.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.0.subscribe()
    }
}

/// Follows events that other processes commit: replicas and commands. Returns
/// when the task is dropped only.
pub async fn follow(db: &Db, head: &Head) {
    loop {
        let mut listener = listen(db).await;
        loop {
            match bounds(db.read()).await {
                Ok((no, _)) => head.advance(no),
                Err(_) => break,
            }
            let waken = match &mut listener {
                Some(listener) => tokio::time::timeout(POLL, listener.recv())
                    .await
                    .is_ok_and(|r| r.is_err()),
                None => {
                    tokio::time::sleep(POLL).await;
                    false
                }
            };
            if waken {
                break;
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn listen(db: &Db) -> Option<sqlx::postgres::PgListener> {
    if db.backend() != DatabaseBackend::Postgres {
        return None;
    }
    let mut listener =
        sqlx::postgres::PgListener::connect_with(db.read().get_postgres_connection_pool())
            .await
            .ok()?;
    listener.listen(CHANNEL).await.ok()?;
    Some(listener)
}

/// Forgets events older than `before`; who wants to resume from one of them
/// must read anew.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &Db, before: DateTime<Utc>) -> Result<u64> {
    let txn = db.begin().await?;
    let gone = event::Entity::delete_many()
        .filter(event::Column::At.lt(before))
        .exec(&txn)
        .await?;
    if gone.rows_affected > 0 {
        txn.execute_unprepared(
            "UPDATE event_head SET oldest = COALESCE((SELECT MIN(no) FROM event), no + 1) WHERE id = 1",
        )
        .await?;
    }
    txn.commit().await?;
    Ok(gone.rows_affected)
}
