//! The way in for notifications, in two commits. First the receipt: checked,
//! scrubbed, hashed and stored, and only then answered; one writer puts what
//! arrives together into one commit. Then what it tells, by `receipt::apply`.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::{
    receipt::{ReceiptFormat, ReceiptId, ReceiptState},
    source::SourceId,
    token::TokenId,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Statement};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

use crate::{
    app::App,
    auth::Actor,
    error::{Code, Error, Result},
    lava::notification::{self, NotificationFormat},
    scrub,
    service::receipt,
};

/// Most notifications that share one commit.
const GROUP: usize = 256;
/// Notifications that may wait for the writer before senders wait too.
const QUEUE: usize = 1024;
/// How long `wait_applied` waits; below the limit of a request.
const PATIENCE: Duration = Duration::from_secs(8);

/// Notifications that are read at the same time: one of 16 MiB may take some
/// hundred megabytes meanwhile.
const READERS: usize = 4;

/// A notification on its way to the writer.
#[derive(Debug)]
struct Incoming {
    source: SourceId,
    token: TokenId,
    format: ReceiptFormat,
    hash: String,
    body: Vec<u8>,
    received_at: DateTime<Utc>,
    stored: oneshot::Sender<Result<Stored>>,
}

/// A receipt that is in the database.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    pub id: ReceiptId,
    pub state: ReceiptState,
    /// How often the notification has come by now.
    pub deliveries: i32,
}

#[derive(Debug)]
pub struct Ingest {
    incoming: mpsc::Sender<Incoming>,
    arrivals: Mutex<Option<mpsc::Receiver<Incoming>>>,
    /// Wakes the applier.
    stored: Notify,
    /// Counts the applier's rounds.
    applied: watch::Sender<u64>,
    readers: Semaphore,
}

impl Ingest {
    #[expect(
        clippy::new_without_default,
        reason = "opens a queue, which is not a default value"
    )]
    #[must_use]
    pub fn new() -> Self {
        let (incoming, arrivals) = mpsc::channel(QUEUE);
        Self {
            incoming,
            arrivals: Mutex::new(Some(arrivals)),
            stored: Notify::new(),
            applied: watch::Sender::new(0),
            readers: Semaphore::new(READERS),
        }
    }
}

/// Receives LAVA's notification, as `POST /api/lava/callback` and `reportJob` get it.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN`; `NOTIFICATION_INVALID` naming the place
/// when the body is no envelope of a notification; `UNAVAILABLE` when it could
/// not be stored, and the sender may try again.
pub async fn receive_notification(
    app: &App,
    actor: &Actor,
    credential: Option<String>,
    format: NotificationFormat,
    body: Bytes,
    now: DateTime<Utc>,
) -> Result<Stored> {
    let (token, source) = actor.may_report()?;
    let scrubbed = off_thread(app, move || {
        notification::check_envelope(format, &body)
            .and_then(|()| {
                scrub::notification(format, &body, credential.as_deref().unwrap_or_default())
            })
            .map_err(|error| Error::new(Code::NotificationInvalid, error.to_string()))
    })
    .await??;
    let format = match format {
        NotificationFormat::Json => ReceiptFormat::Json,
        NotificationFormat::Urlencoded => ReceiptFormat::Urlencoded,
    };
    store(app, token, source, format, scrubbed, now).await
}

/// Receives a plain result, as `reportJob` gets it.
///
/// # Errors
/// As `receive_notification`.
pub async fn receive_result(
    app: &App,
    actor: &Actor,
    credential: Option<&str>,
    result: &receipt::PlainResult,
    now: DateTime<Utc>,
) -> Result<Stored> {
    let (token, source) = actor.may_report()?;
    let mut value = serde_json::to_value(result).map_err(Error::internal)?;
    scrub::value(&mut value, credential.unwrap_or_default());
    store(
        app,
        token,
        source,
        ReceiptFormat::Result,
        value.to_string().into_bytes(),
        now,
    )
    .await
}

async fn store(
    app: &App,
    token: TokenId,
    source: SourceId,
    format: ReceiptFormat,
    body: Vec<u8>,
    received_at: DateTime<Utc>,
) -> Result<Stored> {
    let hash = hex::encode(Sha256::digest(&body));
    let (stored, answer) = oneshot::channel();
    let incoming = Incoming {
        source,
        token,
        format,
        hash,
        body,
        received_at,
        stored,
    };
    let stopping = || Error::new(Code::Unavailable, "lavafed is stopping. Send it again.");
    app.ingest
        .incoming
        .send(incoming)
        .await
        .map_err(|_| stopping())?;
    answer.await.map_err(|_| stopping())?
}

/// Waits until a stored receipt has met its fate.
///
/// # Errors
/// `UNAVAILABLE` when that takes too long; the receipt is kept and will be applied.
pub async fn wait_applied(app: &App, id: ReceiptId) -> Result<entity::receipt::Model> {
    let mut rounds = app.ingest.applied.subscribe();
    let settled = async {
        loop {
            let row = receipt::get(app.db.read(), id).await?;
            if row.state != ReceiptState::Pending {
                return Ok(row);
            }
            if rounds.changed().await.is_err() {
                return Err(Error::new(Code::Unavailable, "lavafed is stopping."));
            }
        }
    };
    tokio::time::timeout(PATIENCE, settled)
        .await
        .unwrap_or_else(|_| {
            Err(Error::new(
                Code::Unavailable,
                format!("The report is stored as receipt {id} and will be recorded soon."),
            ))
        })
}

/// The writer: stores what arrives until the queue is closed.
pub async fn write(app: &App) {
    let arrivals = app
        .ingest
        .arrivals
        .lock()
        .ok()
        .and_then(|mut slot| slot.take());
    let Some(mut arrivals) = arrivals else { return };
    let mut group = Vec::with_capacity(GROUP);
    while arrivals.recv_many(&mut group, GROUP).await > 0 {
        commit_group(app, &mut group).await;
        app.ingest.stored.notify_one();
    }
}

async fn commit_group(app: &App, group: &mut Vec<Incoming>) {
    metrics::histogram!("lavafed_receipts_per_commit").record(group.len() as f64);
    // Replicas that store the same notifications do it in the same order.
    group.sort_by(|a, b| a.hash.cmp(&b.hash));
    match insert_group(app, group).await {
        Ok(answers) => {
            for incoming in group.drain(..) {
                let answer = answers.get(&(incoming.source, incoming.hash)).copied();
                let answer = answer.ok_or_else(|| Error::internal("a stored receipt has no row"));
                // A sender that hung up finds the same receipt when it sends again.
                let _gone = incoming.stored.send(answer);
            }
        }
        Err(error) => {
            for incoming in group.drain(..) {
                let again = Error::new(error.code, error.message.clone());
                let _gone = incoming.stored.send(Err(again));
            }
        }
    }
}

async fn insert_group(
    app: &App,
    group: &[Incoming],
) -> Result<HashMap<(SourceId, String), Stored>> {
    let txn = app.db.begin().await?;
    let mut answers = HashMap::with_capacity(group.len());
    for incoming in group {
        let stored = insert(&txn, incoming).await?;
        answers.insert((incoming.source, incoming.hash.clone()), stored);
    }
    txn.commit().await?;
    Ok(answers)
}

async fn insert(txn: &DatabaseTransaction, incoming: &Incoming) -> Result<Stored> {
    use sea_orm::ActiveEnum as _;
    let statement = Statement::from_sql_and_values(
        txn.get_database_backend(),
        "INSERT INTO receipt \
         (source_id, token_id, received_at, format, hash, body, deliveries, state, failures) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, 'pending', 0) \
         ON CONFLICT (source_id, hash) DO UPDATE SET deliveries = receipt.deliveries + 1 \
         RETURNING id, state, deliveries",
        [
            incoming.source.into(),
            incoming.token.into(),
            incoming.received_at.into(),
            incoming.format.to_value().into(),
            incoming.hash.clone().into(),
            incoming.body.clone().into(),
        ],
    );
    let row = txn
        .query_one_raw(statement)
        .await?
        .ok_or_else(|| Error::internal("a stored receipt has no row"))?;
    Ok(Stored {
        id: row.try_get("", "id")?,
        state: row.try_get("", "state")?,
        deliveries: row.try_get("", "deliveries")?,
    })
}

/// The applier: applies stored receipts whenever some were stored, and on each
/// tick those left over.
pub async fn apply(app: &App, tick: Duration) {
    loop {
        let _woken = tokio::time::timeout(tick, app.ingest.stored.notified()).await;
        if let Err(error) = receipt::apply_pending(app, Utc::now).await {
            tracing::warn!(
                code = error.code.as_str(),
                "stored notifications wait: {error}"
            );
        }
        app.ingest.applied.send_modify(|rounds| *rounds += 1);
    }
}

/// Runs work that may take long, and much memory, where it does not hold up
/// others; not too many at once.
pub(crate) async fn off_thread<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let _permit = app
        .ingest
        .readers
        .acquire()
        .await
        .map_err(Error::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)
}
