//! Receipts: notifications as they came, and what became of them. Applying one
//! is idempotent, so it may be tried again at any time.

mod own;
mod plain;

use std::collections::{HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use entity::{
    job::JobId,
    receipt::{self, ReceiptFormat, ReceiptId, ReceiptState},
    source::SourceId,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    sea_query::{self, Expr, ExprTrait as _, LockBehavior, LockType},
};

pub use plain::{PlainResult, PlainVerdict};

use crate::{
    app::App,
    error::{Code, Error, Result},
    lava::{
        definition::DeclarationCode,
        notification::{self, Notification, NotificationFormat},
    },
    service::{
        ingest::off_thread,
        job::{self, Batch, JobReport, Recorded, Told},
        page::{self, Page, Window},
    },
    verdict::{self, Outcome},
};

/// Most receipts applied by one transaction.
const GROUP: u64 = 64;

/// What became of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fate {
    state: ReceiptState,
    why: Option<(Code, String)>,
    job: Option<JobId>,
}

/// A receipt read: what to record, and why part of it cannot count.
#[derive(Debug)]
struct Reading {
    report: JobReport,
    unreadable: Option<String>,
}

/// # Errors
/// `NOT_FOUND`, or when the database fails.
pub async fn get(db: &impl ConnectionTrait, id: ReceiptId) -> Result<receipt::Model> {
    receipt::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or_else(|| Error::not_found("receipt", &id.to_string()))
}

/// The receipts that told of a job, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_job(db: &impl ConnectionTrait, job: JobId) -> Result<Vec<receipt::Model>> {
    Ok(receipt::Entity::find()
        .filter(receipt::Column::JobId.eq(job))
        .order_by_asc(receipt::Column::Id)
        .all(db)
        .await?)
}

fn listed(state: Option<ReceiptState>, source: Option<SourceId>) -> Select<receipt::Entity> {
    receipt::Entity::find().filter(
        Condition::all()
            .add_option(state.map(|state| receipt::Column::State.eq(state)))
            .add_option(source.map(|source| receipt::Column::SourceId.eq(source))),
    )
}

/// Receipts, newest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    state: Option<ReceiptState>,
    source: Option<SourceId>,
    window: &Window,
) -> Result<Page<receipt::Model>> {
    page::by_id(db, listed(state, source), receipt::Column::Id, true, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(
    db: &impl ConnectionTrait,
    state: Option<ReceiptState>,
    source: Option<SourceId>,
) -> Result<u64> {
    page::count(db, listed(state, source)).await
}

/// Applies all receipts that wait for it, each once: first those that never
/// failed, then some of those that did, one by one. `now` is asked once per
/// transaction.
///
/// # Errors
/// When the database fails. What was applied before stays applied.
pub async fn apply_pending(app: &App, now: impl Fn() -> DateTime<Utc>) -> Result<usize> {
    let failed = waiting(app, failed_before()).await?;
    let mut done = 0;
    let mut behind = ReceiptId(0);
    loop {
        let fresh = receipt::Column::Failures
            .eq(0)
            .and(receipt::Column::Id.gt(behind));
        let ids = waiting(app, fresh).await?;
        let Some(last) = ids.last() else { break };
        behind = *last;
        let (readings, ours) = read_all(app, &ids).await?;
        match apply_group(app, &readings, now()).await {
            Ok(count) => done += count,
            Err(_) => done += apply_each(app, &readings, &now).await?,
        }
        if ours {
            app.wake();
        }
    }
    let (readings, _) = read_all(app, &failed).await?;
    Ok(done + apply_each(app, &readings, &now).await?)
}

fn failed_before() -> sea_query::SimpleExpr {
    receipt::Column::Failures.gt(0)
}

/// Some of the receipts that wait, those that failed least first.
async fn waiting(app: &App, which: sea_query::SimpleExpr) -> Result<Vec<ReceiptId>> {
    Ok(receipt::Entity::find()
        .select_only()
        .column(receipt::Column::Id)
        .filter(receipt::Column::State.eq(ReceiptState::Pending))
        .filter(which)
        .order_by_asc(receipt::Column::Failures)
        .order_by_asc(receipt::Column::Id)
        .limit(GROUP)
        .into_tuple()
        .all(app.db.read())
        .await?)
}

/// A receipt by its id, and what it tells.
type ReadReceipt = (ReceiptId, Result<Reading, Fate>);

async fn read_all(app: &App, ids: &[ReceiptId]) -> Result<(Vec<ReadReceipt>, bool)> {
    let db = app.db.read();
    let mut readings = Vec::with_capacity(ids.len());
    // most of a group come with the same token
    let mut jobs = HashMap::new();
    let mut ours = false;
    for id in ids {
        let row = get(db, *id).await?;
        let job = match jobs.entry(row.token_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(own::job_of(db, row.token_id).await?),
        };
        match off_thread(app, move || read(&row)).await {
            Ok(mut reading) => {
                if let Some(job) = job {
                    ours |= own::confine(job, &mut reading);
                }
                readings.push((*id, reading));
            }
            // Reading it broke off: that must not hold up the others either.
            Err(error) => count_failure(app, *id, &error).await?,
        }
    }
    Ok((readings, ours))
}

/// Each gets its own transaction. One that fails for a reason of ours is counted
/// and tried later; it never holds up the others.
async fn apply_each(
    app: &App,
    readings: &[ReadReceipt],
    now: &impl Fn() -> DateTime<Utc>,
) -> Result<usize> {
    let mut done = 0;
    for reading in readings {
        match apply_group(app, std::slice::from_ref(reading), now()).await {
            Ok(count) => done += count,
            Err(error) if error.code == Code::Unavailable => return Err(error),
            Err(error) if error.code == Code::Internal => {
                count_failure(app, reading.0, &error).await?;
            }
            Err(error) => {
                let told = (reading.0, Err(refused(error)));
                done += apply_group(app, &[told], now()).await?;
            }
        }
    }
    Ok(done)
}

async fn count_failure(app: &App, id: ReceiptId, error: &Error) -> Result<()> {
    tracing::error!(receipt.id = %id, "cannot apply the receipt: {error}");
    let txn = app.db.begin().await?;
    receipt::Entity::update_many()
        .col_expr(
            receipt::Column::Failures,
            Expr::col(receipt::Column::Failures).add(1),
        )
        .filter(receipt::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(())
}

async fn apply_group(app: &App, readings: &[ReadReceipt], now: DateTime<Utc>) -> Result<usize> {
    let txn = app.db.begin().await?;
    let ids = readings.iter().map(|(id, _)| *id);
    // Another replica, or a replay at the command line, may be at it too.
    let ours: Vec<ReceiptId> = receipt::Entity::find()
        .select_only()
        .column(receipt::Column::Id)
        .filter(receipt::Column::Id.is_in(ids))
        .filter(receipt::Column::State.eq(ReceiptState::Pending))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(&txn)
        .await?;
    let mut batch = Batch::begin(&txn).await?;
    for (id, reading) in readings.iter().filter(|(id, _)| ours.contains(id)) {
        let fate = match reading {
            Ok(reading) => record(&mut batch, reading, now).await?,
            Err(fate) => fate.clone(),
        };
        settle(&txn, *id, fate, now).await?;
    }
    let newest = batch.finish().await?;
    txn.commit().await?;
    if let Some(newest) = newest {
        app.head.advance(newest);
    }
    Ok(ours.len())
}

async fn record(batch: &mut Batch<'_>, reading: &Reading, now: DateTime<Utc>) -> Result<Fate> {
    let recorded = match batch.record(&reading.report, now).await {
        Ok(recorded) => recorded,
        // The database ends a transaction in which it refused something.
        Err(error) if error.is_of_database() => return Err(error),
        Err(error) if matches!(error.code, Code::Internal | Code::Unavailable) => {
            return Err(error);
        }
        Err(error) => return Ok(refused(error)),
    };
    Ok(fate_of(&recorded, reading.unreadable.as_deref()))
}

fn refused(error: Error) -> Fate {
    Fate {
        state: ReceiptState::Refused,
        why: Some((error.code, error.message)),
        job: None,
    }
}

fn fate_of(recorded: &Recorded, unreadable: Option<&str>) -> Fate {
    let (state, why) = if let Some(reason) = unreadable {
        (
            ReceiptState::Invalid,
            Some((Code::NotificationInvalid, reason.to_owned())),
        )
    } else if recorded.late {
        (ReceiptState::Late, None)
    } else if recorded.undeclared.is_empty() {
        (ReceiptState::Accepted, None)
    } else {
        let names = recorded.undeclared.join(", ");
        let sentence = format!(
            "Nobody declared {names}, so what the job says of it does not count. Declare it, then type: lavafed ingest replay"
        );
        (
            ReceiptState::Partial,
            Some((Code::FeatureUndeclared, sentence)),
        )
    };
    Fate {
        state,
        why,
        job: Some(recorded.job),
    }
}

async fn settle(
    txn: &DatabaseTransaction,
    id: ReceiptId,
    fate: Fate,
    now: DateTime<Utc>,
) -> Result<()> {
    let (code, message) = match fate.why {
        Some((code, message)) => (
            Some(code.as_str().to_owned()),
            Some(job::storable_text(&message)),
        ),
        None => (None, None),
    };
    let row = receipt::ActiveModel {
        id: Unchanged(id),
        state: Set(fate.state),
        code: Set(code),
        message: Set(message),
        job_id: Set(fate.job),
        applied_at: Set(Some(now)),
        ..Default::default()
    };
    row.update_without_returning(txn).await?;
    metrics::counter!("lavafed_receipts_total", "state" => state_word(fate.state)).increment(1);
    Ok(())
}

fn state_word(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Pending => "pending",
        ReceiptState::Accepted => "accepted",
        ReceiptState::Partial => "partial",
        ReceiptState::Late => "late",
        ReceiptState::Refused => "refused",
        ReceiptState::Invalid => "invalid",
    }
}

/// Reads a stored body, or says why it cannot be recorded.
fn read(row: &receipt::Model) -> Result<Reading, Fate> {
    let format = match row.format {
        ReceiptFormat::Json => NotificationFormat::Json,
        ReceiptFormat::Urlencoded => NotificationFormat::Urlencoded,
        ReceiptFormat::Result => return read_result(row.source_id, &row.body),
    };
    let told =
        notification::parse(format, &row.body).map_err(|error| invalid(error.to_string()))?;
    read_told(row.source_id, told, Told::ByReport)
}

/// What a job tells of itself, to be recorded.
///
/// # Errors
/// A sentence that says why it cannot be.
pub fn report(source: SourceId, told: Notification, how: Told) -> Result<JobReport, String> {
    let reading = read_told(source, told, how).map_err(|fate| match fate.why {
        Some((code, sentence)) => format!("{}: {sentence}", code.as_str()),
        None => "it cannot be read".to_owned(),
    })?;
    Ok(reading.report)
}

fn read_told(source: SourceId, told: Notification, how: Told) -> Result<Reading, Fate> {
    let definition = match &told.definition {
        Ok(definition) => definition,
        Err(error) => return Err(invalid(error.to_string())),
    };
    let declared = definition.declaration().map_err(|error| Fate {
        state: ReceiptState::Refused,
        why: Some((declaration_code(error.code), error.message)),
        job: None,
    })?;
    let verdicts =
        Outcome::of(&told).map(|outcome| verdict::verdicts(&outcome, &declared.features));
    let unreadable = told.results.as_ref().err().map(ToString::to_string);
    let failure = told.failure();
    let Notification {
        external_id,
        submitted_at,
        started_at,
        ended_at,
        state,
        health,
        description,
        actual_device,
        ..
    } = told;
    let report = JobReport {
        told: how,
        source,
        external_id,
        submitted_at,
        job_type: declared.job_type,
        description,
        version: declared.version.map(|version| version.name),
        device_type: declared.device_type,
        device: actual_device,
        state,
        health,
        started_at,
        ended_at,
        error_type: failure
            .as_ref()
            .and_then(|failure| failure.error_type.clone()),
        error_message: failure
            .as_ref()
            .and_then(|failure| failure.error_message.clone()),
        failing_action: failure
            .as_ref()
            .and_then(|failure| failure.failing_action.clone()),
        log_line: failure.as_ref().and_then(|failure| failure.log_line),
        url: None,
        features: declared
            .features
            .into_iter()
            .map(|feature| feature.name)
            .collect(),
        verdicts,
    };
    Ok(Reading {
        report: report.storable(),
        unreadable,
    })
}

fn read_result(source: SourceId, body: &[u8]) -> Result<Reading, Fate> {
    let result: PlainResult =
        serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
    result.check().map_err(refused)?;
    Ok(Reading {
        report: result.into_report(source).storable(),
        unreadable: None,
    })
}

fn invalid(reason: String) -> Fate {
    Fate {
        state: ReceiptState::Invalid,
        why: Some((Code::NotificationInvalid, reason)),
        job: None,
    }
}

fn declaration_code(code: DeclarationCode) -> Code {
    match code {
        DeclarationCode::JobTypeUnknown => Code::JobTypeUnknown,
        DeclarationCode::MultinodeUnsupported => Code::MultinodeUnsupported,
        DeclarationCode::VersionMissing => Code::VersionMissing,
        DeclarationCode::VersionMalformed => Code::VersionMalformed,
        DeclarationCode::DeviceTypeMissing => Code::DeviceTypeMissing,
        DeclarationCode::FeaturesMalformed => Code::FeaturesMalformed,
    }
}

/// Lets receipts that do not count in full meet their fate anew: all, or the given ones.
///
/// # Errors
/// When the database fails.
pub async fn replay(
    app: &App,
    only: &[ReceiptId],
    now: impl Fn() -> DateTime<Utc>,
) -> Result<usize> {
    let again = [
        ReceiptState::Partial,
        ReceiptState::Refused,
        ReceiptState::Invalid,
    ];
    let mut update = receipt::Entity::update_many()
        .col_expr(receipt::Column::State, Expr::value(ReceiptState::Pending))
        .col_expr(receipt::Column::Failures, Expr::value(0))
        .filter(receipt::Column::State.is_in(again));
    if !only.is_empty() {
        update = update.filter(receipt::Column::Id.is_in(only.iter().copied()));
    }
    let txn = app.db.begin().await?;
    let count = update.exec(&txn).await?.rows_affected;
    txn.commit().await?;
    apply_pending(app, now).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Forgets receipts older than `before`, but none that waits.
///
/// # Errors
/// When the database fails.
pub async fn forget(app: &App, before: DateTime<Utc>) -> Result<u64> {
    let txn = app.db.begin().await?;
    let gone = receipt::Entity::delete_many()
        .filter(receipt::Column::ReceivedAt.lt(before))
        .filter(receipt::Column::State.ne(ReceiptState::Pending))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(gone.rows_affected)
}
