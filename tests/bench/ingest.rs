//! Notifications made durable, against raw transactions of the same rows into
//! the same kind of database: one transaction for each, as one would write it.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use sea_orm::{
    ConnectionTrait as _, Statement,
    sqlx::{
        self, Column as _, ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
        TypeInfo as _, ValueRef as _,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
    },
};

use crate::{
    Figure,
    load::{self, Connection},
    subject::Subject,
};

const NOTIFICATIONS: usize = 2_000;
const SENDERS: usize = 32;
const RECORDED: &str = include_str!("../fixtures/lava/2026.10/complete-results-json.json");
/// Tables a notification adds rows to, and how their rows belong to it.
const TABLES: [(&str, &str); 6] = [
    ("receipt", "job_id"),
    ("job_feature", "job_id"),
    ("verdict", "job_id"),
    ("event", "job_id"),
    ("cell", "last_job_id"),
    ("cell_change", "last_job_id"),
];

/// Odd, so that there is one in the middle.
const ROUNDS: usize = 5;

/// How long it took until all were answered, until all were counted, and by hand.
struct Times {
    answered: Duration,
    applied: Duration,
    raw: Duration,
}

pub(crate) async fn durable() -> Result<Vec<Figure>> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(round().await?);
    }
    let rate = |time: Duration| NOTIFICATIONS as f64 / time.as_secs_f64();
    let figure = |what: &str, time: fn(&Times) -> Duration| {
        let ratio = |round: &Times| rate(time(round)) / rate(round.raw);
        // who shares the machine disturbs some rounds, and seldom the one in the middle
        let mut rounds: Vec<_> = rounds.iter().collect();
        rounds.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let round = *rounds.get(ROUNDS / 2).context("no round")?;
        let what = format!(
            "notifications {what} ÷ raw transactions of the same rows ({:.0}/s ÷ {:.0}/s)",
            rate(time(round)),
            rate(round.raw)
        );
        anyhow::Ok((what, "0.50 or more", ratio(round)))
    };
    Ok(vec![
        figure("answered", |round| round.answered)?,
        figure("answered and counted", |round| round.applied)?,
    ])
}

async fn round() -> Result<Times> {
    let subject = Subject::start().await?;
    let features = ["deploy.tmpfs", "boot.qemu", "test.shell"].map(str::to_owned);
    subject.declare(&features).await?;
    let token = subject.report_token().await?;
    let headers = format!("authorization: {token}\r\n");
    let requests: Vec<Vec<u8>> = (0..NOTIFICATIONS)
        .map(|number| {
            Ok(load::post(
                "/api/lava/callback",
                &headers,
                &notification(number)?,
            ))
        })
        .collect::<Result<_>>()?;

    let begin = Instant::now();
    send(&subject, requests).await?;
    let answered = begin.elapsed();
    all_applied(&subject).await?;
    let applied = begin.elapsed();
    let raw = raw(&subject).await?;
    Ok(Times {
        answered,
        applied,
        raw,
    })
}

/// A recorded notification of LAVA, told of a job of its own.
fn notification(number: usize) -> Result<Vec<u8>> {
    let recorded: serde_json::Value = serde_json::from_str(RECORDED)?;
    let body = recorded.pointer("/request/body").context("no body")?;
    let mut body: serde_json::Value = match body.as_str() {
        Some(text) => serde_json::from_str(text)?,
        None => body.clone(),
    };
    let body = body.as_object_mut().context("the body is no object")?;
    let definition = body.get("definition").and_then(serde_json::Value::as_str);
    let definition = definition.context("no definition")?;
    let lines = definition.split_inclusive('\n').map(|line| {
        if line.trim_end() == "metadata:" {
            format!(
                "{line}  lavafed.type: FED\n  lavafed.version: \"2026.{:02}\"\n  lavafed.features: deploy.tmpfs boot.qemu test.shell=0_smoke/uname\n",
                1 + number % 12
            )
        } else {
            line.to_owned()
        }
    });
    let definition: String = lines.collect();
    ensure!(
        definition.contains("lavafed.type"),
        "the recording has no metadata"
    );
    body.insert("definition".to_owned(), definition.into());
    body.insert("id".to_owned(), (1000 + number).into());
    Ok(serde_json::to_vec(body)?)
}

async fn send(subject: &Subject, requests: Vec<Vec<u8>>) -> Result<()> {
    let requests = Arc::new(requests);
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..SENDERS {
        let (requests, to) = (Arc::clone(&requests), subject.address);
        senders.spawn(async move {
            let mut connection = Connection::open(to).await?;
            for request in requests.iter().skip(sender).step_by(SENDERS) {
                connection.ask(request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    Ok(())
}

async fn all_applied(subject: &Subject) -> Result<()> {
    let mut heads = subject.app.head.subscribe();
    let db = subject.app.db.read();
    let query = "SELECT count(*) AS n FROM receipt WHERE state <> 'accepted'";
    loop {
        let row = db
            .query_one_raw(Statement::from_string(db.get_database_backend(), query))
            .await?;
        if row.context("no count")?.try_get::<i64>("", "n")? == 0 {
            return Ok(());
        }
        tokio::time::timeout(Duration::from_secs(60), heads.changed())
            .await
            .context("some are never applied")??;
    }
}

/// Writes the rows that came of each notification once more, into an empty
/// database, one transaction for each notification.
async fn raw(subject: &Subject) -> Result<Duration> {
    let mut from = open(&subject.data_dir.path().join("lavafed.db")).await?;
    let peer = Subject::start().await?;
    let mut to = open(&peer.data_dir.path().join("lavafed.db")).await?;
    sqlx::query("PRAGMA foreign_keys = OFF")
        .execute(&mut to)
        .await?;
    let jobs = sqlx::query("SELECT * FROM job ORDER BY id")
        .fetch_all(&mut from)
        .await?;
    let mut groups = Vec::with_capacity(jobs.len());
    for job in jobs {
        let id: i64 = job.get("id");
        let mut rows = vec![("job", job)];
        for (table, key) in TABLES {
            let query = format!("SELECT * FROM {table} WHERE {key} = ?");
            let found = sqlx::query(sqlx::AssertSqlSafe(query))
                .bind(id)
                .fetch_all(&mut from)
                .await?;
            rows.extend(found.into_iter().map(|row| (table, row)));
        }
        groups.push(rows);
    }
    let begin = Instant::now();
    for rows in &groups {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut to).await?;
        for (table, row) in rows {
            insert(&mut to, table, row).await?;
        }
        sqlx::query("COMMIT").execute(&mut to).await?;
    }
    Ok(begin.elapsed())
}

async fn open(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .disable_statement_logging();
    Ok(SqliteConnection::connect_with(&options).await?)
}

async fn insert(to: &mut SqliteConnection, table: &str, row: &SqliteRow) -> Result<()> {
    let places = vec!["?"; row.columns().len()].join(", ");
    let names: Vec<_> = row.columns().iter().map(sqlx::Column::name).collect();
    let text = format!(
        "INSERT INTO {table} ({}) VALUES ({places})",
        names.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal())?;
        let kind = value.type_info().name().to_owned();
        query = match kind.as_str() {
            "NULL" => query.bind(None::<i64>),
            "INTEGER" | "BOOLEAN" | "BIGINT" => {
                query.bind(row.get_unchecked::<i64, _>(column.ordinal()))
            }
            "BLOB" => query.bind(row.get_unchecked::<Vec<u8>, _>(column.ordinal())),
            _ => query.bind(row.get_unchecked::<String, _>(column.ordinal())),
        };
    }
    query.execute(to).await?;
    Ok(())
}
