//! Reading a grid of 12,000 cells: warm against the same bytes served static,
//! and right after a change against a hand that reads the same cells itself.

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use axum::{Router, extract::State, http::header, response::IntoResponse as _, routing::post};
use bytes::Bytes;
use entity::verdict::Verdict;
use sea_orm::sqlx::{self, Row as _, SqlitePool};
use tokio::net::TcpListener;

use crate::{
    Figure,
    load::{self, Connection},
    subject::Subject,
};

const VERSIONS: usize = 60;
const FEATURES: usize = 200;
const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_millis(750);
/// Odd, so that there is one in the middle.
const ROUNDS: usize = 15;
const CHANGES: usize = 100;
const QUERY: &str = r#"{"query":"{grid(rows:VERSION,columns:FEATURE){event columns{name} rows{header{name} verdicts changes counts}}}"}"#;

async fn filled() -> Result<Subject> {
    let subject = Subject::start().await?;
    let features: Vec<_> = (0..FEATURES)
        .map(|number| format!("test.f{number:03}"))
        .collect();
    subject.declare(&features).await?;
    let mut reports = Vec::new();
    for version in 0..VERSIONS {
        for (part, features) in features.chunks(20).enumerate() {
            let number = version * 100 + part;
            let verdict = if number % 7 == 0 {
                Verdict::Fail
            } else {
                Verdict::Pass
            };
            reports.push(
                subject
                    .job(number, &name(version), features, verdict)
                    .await?,
            );
        }
    }
    subject.record(&reports).await?;
    Ok(subject)
}

fn name(version: usize) -> String {
    format!("{}.{:02}", 2020 + version / 12, 1 + version % 12)
}

/// Served from what is kept, against the same bytes from the same axum.
pub(crate) async fn warm() -> Result<Figure> {
    let subject = filled().await?;
    let ask = load::post("/graphql", "accept-encoding: br\r\n", QUERY.as_bytes());
    let mut connection = Connection::open(subject.address).await?;
    let bytes = Bytes::copy_from_slice(connection.ask(&ask).await?);
    ensure!(!bytes.is_empty(), "an empty answer");
    let peer = peer(
        post(|State(bytes): State<Bytes>| async move {
            (
                [
                    (header::CONTENT_TYPE, "application/json"),
                    (header::CONTENT_ENCODING, "br"),
                ],
                bytes,
            )
                .into_response()
        })
        .with_state(bytes),
    )
    .await?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let theirs = load::rate(peer, &ask, CONNECTIONS, TIME).await?;
        let ours = load::rate(subject.address, &ask, CONNECTIONS, TIME).await?;
        rounds.push((ours / theirs, ours, theirs));
    }
    // who shares the machine disturbs some rounds, and seldom the one in the middle
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, ours, theirs) = *rounds.get(ROUNDS / 2).context("no round")?;
    let what = format!(
        "grid of {} cells, warm ÷ same bytes static ({:.0}/s ÷ {:.0}/s)",
        VERSIONS * FEATURES,
        ours,
        theirs
    );
    Ok((what, "0.80 or more", ratio))
}

/// The first read after a change, against one that reads the cells by hand.
pub(crate) async fn cold() -> Result<Figure> {
    let subject = filled().await?;
    let file = subject.data_dir.path().join("lavafed.db");
    let pool = SqlitePool::connect(&format!("sqlite://{}", file.display())).await?;
    let peer = peer(post(by_hand).with_state(pool)).await?;
    let ask = load::post("/graphql", "", QUERY.as_bytes());
    let mut ours = Connection::open(subject.address).await?;
    let mut theirs = Connection::open(peer).await?;
    ours.ask(&ask).await?;
    theirs.ask(&ask).await?;
    let (mut our_time, mut their_time) = (Duration::ZERO, Duration::ZERO);
    for change in 0..CHANGES {
        let feature = [format!("test.f{:03}", change % FEATURES)];
        let verdict = if change % 2 == 0 {
            Verdict::Fail
        } else {
            Verdict::Pass
        };
        let report = subject
            .job(100_000 + change, &name(VERSIONS - 1), &feature, verdict)
            .await?;
        subject.record(&[report]).await?;
        let begin = Instant::now();
        theirs.ask(&ask).await?;
        their_time += begin.elapsed();
        let begin = Instant::now();
        ours.ask(&ask).await?;
        our_time += begin.elapsed();
    }
    let each = |time: Duration| time.as_secs_f64() * 1000.0 / CHANGES as f64;
    let what = format!(
        "grid of {} cells, right after a change: by hand ÷ lavafed ({:.1} ms ÷ {:.1} ms)",
        VERSIONS * FEATURES,
        each(their_time),
        each(our_time)
    );
    Ok((
        what,
        "1.00 or more",
        their_time.as_secs_f64() / our_time.as_secs_f64(),
    ))
}

/// What one would write without lavafed: the cells from the database, packed
/// into one string per version, as JSON.
async fn by_hand(
    State(pool): State<SqlitePool>,
) -> Result<impl axum::response::IntoResponse, String> {
    read_by_hand(&pool).await.map_err(|error| error.to_string())
}

async fn read_by_hand(pool: &SqlitePool) -> Result<impl axum::response::IntoResponse + use<>> {
    let versions = sqlx::query("SELECT id, name FROM version ORDER BY ordinal DESC")
        .fetch_all(pool)
        .await?;
    let features = sqlx::query("SELECT id, name FROM feature ORDER BY name")
        .fetch_all(pool)
        .await?;
    let places: HashMap<i64, usize> = features
        .iter()
        .enumerate()
        .map(|(place, row)| (row.get(0), place))
        .collect();
    let mut packed: HashMap<i64, Vec<u8>> = versions
        .iter()
        .map(|row| (row.get(0), vec![b'-'; features.len()]))
        .collect();
    let cells = sqlx::query("SELECT version_id, feature_id, passes, fails FROM cell")
        .fetch_all(pool)
        .await?;
    for row in cells {
        let (passes, fails): (i64, i64) = (row.get(2), row.get(3));
        let letter = match (passes > 0, fails > 0) {
            (true, true) => b'Y',
            (true, false) => b'P',
            (false, true) => b'F',
            (false, false) => b'I',
        };
        let letters = packed
            .get_mut(&row.get::<i64, _>(0))
            .context("a cell without a version")?;
        let place = *places
            .get(&row.get::<i64, _>(1))
            .context("a cell without a feature")?;
        *letters.get_mut(place).context("a cell without a place")? = letter;
    }
    let rows: Vec<_> = versions
        .iter()
        .map(|row| {
            let letters = packed.remove(&row.get::<i64, _>(0)).unwrap_or_default();
            serde_json::json!({
                "header": {"name": row.get::<String, _>(1)},
                "verdicts": String::from_utf8_lossy(&letters),
            })
        })
        .collect();
    let columns: Vec<_> = features
        .iter()
        .map(|row| serde_json::json!({"name": row.get::<String, _>(1)}))
        .collect();
    let body = serde_json::to_vec(
        &serde_json::json!({"data": {"grid": {"columns": columns, "rows": rows}}}),
    )?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body))
}

async fn peer(answer: axum::routing::MethodRouter) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/graphql", answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
