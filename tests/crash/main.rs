//! kill -9 at random moments, while notifications pour in and somebody follows the events: what was answered counts,
//! and no number of an event is skipped or told twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::Utc;
use entity::token::Scope;
use entity::{event, job, receipt, verdict};
use futures_util::{StreamExt as _, future};
use lavafed::auth::Actor;
use lavafed::service::{feature, token};
use lavafed_tests::client::{self, at};
use lavafed_tests::database::{Database, Home};
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::notification::{Notification, suite};
use lavafed_tests::postgres::Durability;
use lavafed_tests::server::Server;
use lavafed_tests::{app, story, sums};
use rand::Rng as _;
use reqwest::header;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};

const SENDERS: u32 = 6;
/// How long a life lasts once the server answers.
const LIFE: std::ops::Range<u64> = 5..250;

#[test]
fn sqlite() -> Result<()> {
    story::run(survives(Database::Sqlite))
}

#[test]
fn postgres() -> Result<()> {
    story::run(survives(Database::Postgres))
}

/// As many as promised under CI; fewer for who waits at a terminal.
fn kills() -> u32 {
    let asked = std::env::var("TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    asked.unwrap_or(if ci { 100 } else { 20 })
}

/// What those who talk to the server share.
struct Day {
    url: String,
    token: String,
    next: AtomicU32,
    /// The jobs of which a notification was answered 200.
    answered: Mutex<BTreeSet<u32>>,
    /// The numbers of events, as they were told.
    told: Mutex<Vec<i64>>,
    over: AtomicBool,
}

async fn survives(database: Database) -> Result<()> {
    let Some(home) = Home::make(database, Durability::Full).await? else {
        eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
        return Ok(());
    };
    let (token, first) = prepare(&home).await?;
    let mut server = Server::at(&home)?;
    let day = Arc::new(Day {
        url: server.url.clone(),
        token,
        next: AtomicU32::new(1),
        answered: Mutex::default(),
        told: Mutex::default(),
        over: AtomicBool::new(false),
    });
    server.start().await?;
    let senders = (0..SENDERS).map(|_| tokio::spawn(send(Arc::clone(&day))));
    let senders = future::try_join_all(senders.collect::<Vec<_>>());
    let follower = tokio::spawn(follow(Arc::clone(&day), first));

    let kills = kills();
    for _ in 0..kills {
        let life = rand::rng().random_range(LIFE);
        tokio::time::sleep(Duration::from_millis(life)).await;
        server.kill()?;
        server.start().await?;
    }
    day.over.store(true, Ordering::Relaxed);
    for ended in senders.await? {
        ended?;
    }
    let db = home.connect().await?;
    let waiting = || {
        receipt::Entity::find().filter(receipt::Column::State.eq(receipt::ReceiptState::Pending))
    };
    eventually(
        "all receipts are applied",
        Duration::from_secs(60),
        || async { Ok((waiting().count(&db).await? == 0).then_some(())) },
    )
    .await?;
    let newest = event::Entity::find()
        .order_by_desc(event::Column::No)
        .one(&db)
        .await?
        .context("events")?
        .no;
    eventually(
        "the last event is told",
        Duration::from_secs(20),
        || async {
            let told = day
                .told
                .lock()
                .map(|told| told.last().copied())
                .ok()
                .flatten();
            Ok((told >= Some(newest)).then_some(()))
        },
    )
    .await?;
    follower.abort();

    let answered = day
        .answered
        .lock()
        .map(|answered| answered.clone())
        .unwrap_or_default();
    let told = day.told.lock().map(|told| told.clone()).unwrap_or_default();
    eprintln!(
        "{database:?}: {kills} kills, {} notifications answered of {}, {} events",
        answered.len(),
        day.next.load(Ordering::Relaxed),
        told.len()
    );
    ensure!(answered.len() > kills as usize, "there was load");
    let expected: Vec<i64> = (first + 1..=newest).collect();
    ensure!(told == expected, "told of {told:?}");
    check(&db, &answered).await?;
    sums::check(&db).await
}

/// A token that reports, and the newest event.
async fn prepare(home: &Home) -> Result<(String, i64)> {
    let app = app::open(home).await?;
    let new = token::NewToken {
        description: "the federated server".to_owned(),
        scope: Scope::Report,
        speaks_for: Some("federated".to_owned()),
        expires_at: None,
    };
    let made = token::create(&app, &Actor::Operator, &new, Utc::now()).await?;
    feature::declare(&app, &Actor::Operator, "deploy.tmpfs", None, Utc::now()).await?;
    Ok((made.jwt, app.head.current()))
}

fn notification(id: u32) -> Result<Notification> {
    let result = if id.is_multiple_of(5) { "fail" } else { "pass" };
    let version = ["2026.09", "2026.10"]
        .get(id as usize % 2)
        .copied()
        .unwrap_or("2026.10");
    let board = ["bbb", "qemu", "rpi4"]
        .get(id as usize % 3)
        .copied()
        .unwrap_or("qemu");
    Ok(Notification::complete()?
        .declares("FED", version, "deploy.tmpfs=lava/validate")
        .definition_with_device_type(board)
        .with("actual_device_id", format!("{board}-01"))
        .with(
            "results",
            json!({ "lava": suite("lava", &[("validate", result), ("job", "pass")]) }),
        )
        .job(id))
}

/// Sends one notification after the other, each once, whatever becomes of it.
async fn send(day: Arc<Day>) -> Result<()> {
    let http = client::new()?;
    while !day.over.load(Ordering::Relaxed) {
        let id = day.next.fetch_add(1, Ordering::Relaxed);
        let told = notification(id)?;
        let answer = http
            .post(format!("{}/api/lava/callback", day.url))
            .header(header::AUTHORIZATION, &day.token)
            .header(header::CONTENT_TYPE, &told.content_type)
            .body(told.body(&day.token))
            .timeout(Duration::from_secs(10))
            .send()
            .await;
        match answer {
            Ok(answer) if answer.status() == 200 => {
                if let Ok(mut answered) = day.answered.lock() {
                    answered.insert(id);
                }
            }
            Ok(answer) => {
                // while the server stops or starts it may say so, and nothing else
                ensure!(
                    answer.status() == 503,
                    "{} {}",
                    answer.status(),
                    answer.text().await?
                );
            }
            // nobody listens: not so fast
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    Ok(())
}

/// Follows the events from where it was, again and again.
async fn follow(day: Arc<Day>, first: i64) -> Result<()> {
    let http = client::new()?;
    let mut last = first;
    loop {
        let request = http.post(format!("{}/graphql", day.url));
        let query = format!("subscription {{ gridChanged(after: {last}) {{ event }} }}");
        let Ok(mut changes) = client::subscribe(request, &query).await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        while let Some(Ok(change)) = changes.next().await {
            let change: Value = change;
            let event = at(&change, "/data/gridChanged/event").as_i64();
            last = event.with_context(|| change.to_string())?;
            if let Ok(mut told) = day.told.lock() {
                told.push(last);
            }
        }
    }
}

/// Each answered notification has its receipt, its job, and its verdict.
async fn check(db: &sea_orm::DatabaseConnection, answered: &BTreeSet<u32>) -> Result<()> {
    let jobs = job::Entity::find().all(db).await?;
    let receipts = receipt::Entity::find().all(db).await?;
    let verdicts = verdict::Entity::find().all(db).await?;
    let counted: BTreeSet<_> = verdicts.iter().map(|row| row.job_id).collect();
    ensure!(counted.len() == verdicts.len(), "a verdict is there twice");
    let accepted: BTreeSet<_> = receipts
        .iter()
        .filter(|row| row.state == receipt::ReceiptState::Accepted)
        .filter_map(|row| row.job_id)
        .collect();
    let whole: BTreeSet<u32> = jobs
        .iter()
        .filter(|row| counted.contains(&row.id) && accepted.contains(&row.id))
        .filter_map(|row| row.external_id.parse().ok())
        .collect();
    let lost: Vec<_> = answered.difference(&whole).collect();
    ensure!(lost.is_empty(), "answered and lost: {lost:?}");
    ensure!(whole.len() == jobs.len(), "a job is there twice, or half");
    let odd: Vec<_> = receipts
        .iter()
        .filter(|row| row.state != receipt::ReceiptState::Accepted || row.failures > 0)
        .collect();
    ensure!(odd.is_empty(), "{odd:?}");
    Ok(())
}
