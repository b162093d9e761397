//! Commands beside a running server: what they write it sees within a second.

mod lending;

use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use lavafed_tests::client::{self, Answer, at, text};
use lavafed_tests::database::{Database, Home};
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::notification::Notification;
use lavafed_tests::postgres::Durability;
use lavafed_tests::server::{Server, binary};
use lavafed_tests::story;
use reqwest::header;
use serde_json::json;

/// How soon the server knows what a command wrote; waiting adds a little.
const SOON: Duration = Duration::from_millis(1500);

#[test]
fn sqlite() -> Result<()> {
    story::run(commands_beside_a_server(Database::Sqlite))
}

#[test]
fn postgres() -> Result<()> {
    story::run(commands_beside_a_server(Database::Postgres))
}

/// A command that makes the tables of a new database holds the lock meanwhile:
/// a server that starts then is patient.
#[test]
fn a_server_waits_for_a_command() -> Result<()> {
    const HELD: Duration = Duration::from_millis(500);
    story::run(async {
        let home = Home::make(Database::Sqlite, Durability::Fast).await?;
        let home = home.context("SQLite is everywhere")?;
        let lock = File::create(home.folder.path().join("lavafed.lock"))?;
        lock.try_lock()?;
        let mut server = Server::at(&home)?;
        let letting_go = async {
            tokio::time::sleep(HELD).await;
            drop(lock);
        };
        let (started, ()) = tokio::join!(server.start(), letting_go);
        started?;
        // and what an earlier server announced does not matter
        server.kill()?;
        server.start().await
    })
}

/// Runs a command to its end: what it says on standard output and on standard error.
fn lavafed(home: &Home, arguments: &[&str]) -> Result<(String, String)> {
    let output = Command::new(binary()?)
        .args(arguments)
        .args(home.arguments())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let hints = String::from_utf8(output.stderr)?;
    ensure!(output.status.success(), "{arguments:?}: {said}{hints}");
    Ok((said, hints))
}

async fn ask(server: &Server<'_>, token: &str, query: &str) -> Result<Answer> {
    let request = client::new()?
        .post(format!("{}/graphql", server.url))
        .json(&json!({ "query": query }));
    client::send(match token {
        "" => request,
        token => request.bearer_auth(token),
    })
    .await
}

/// Posts a notification of a job that names the feature `deploy.tmpfs`.
async fn post(server: &Server<'_>, token: &str) -> Result<()> {
    let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    let post = client::new()?
        .post(format!("{}/api/lava/callback", server.url))
        .header(header::AUTHORIZATION, token)
        .header(header::CONTENT_TYPE, &told.content_type)
        .body(told.body(token));
    let answer = client::send(post).await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(())
}

async fn commands_beside_a_server(database: Database) -> Result<()> {
    let Some(home) = Home::make(database, Durability::Fast).await? else {
        eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
        return Ok(());
    };
    let mut server = Server::at(&home)?;
    server.start().await?;
    let key = std::fs::metadata(home.folder.path().join("signing.key"))?;
    assert_eq!(
        key.permissions().mode() & 0o777,
        0o600,
        "nobody else reads the key"
    );

    // a token is good at once
    let report = [
        "token",
        "create",
        "--description",
        "LAVA",
        "--scope",
        "report",
        "--for",
        "federated",
    ];
    let (token, hints) = lavafed(&home, &report)?;
    let token = token.trim_end();
    ensure!(
        token.split('.').count() == 3 && !token.contains(char::is_whitespace),
        "the token alone"
    );
    ensure!(
        hints.contains("/api/lava/callback"),
        "where to paste it: {hints}"
    );
    let viewer = ask(&server, token, "{ viewer { scope token { id } } }")
        .await?
        .data()?;
    assert_eq!(text(&viewer, "/viewer/scope"), Some("REPORT"));

    // a notification that names what nobody declared
    post(&server, token).await?;
    let fate = "{ receipts { nodes { state } } }";
    eventually("it is applied", SOON, || async {
        let answer = ask(&server, "", fate).await?.data()?;
        Ok((text(&answer, "/receipts/nodes/0/state") == Some("PARTIAL")).then_some(()))
    })
    .await?;

    // declared and replayed by commands: the grid has it, and who follows is told
    let grid = "{ grid(rows: FEATURE, columns: DEVICE_TYPE) { rows { verdicts } } }";
    let before = ask(&server, "", grid).await?.data()?;
    assert_eq!(*at(&before, "/grid/rows"), json!([]));
    let event = ask(&server, "", "{ server { event } }").await?.data()?;
    let follow = format!(
        "subscription {{ gridChanged(after: {}) {{ cells {{ feature verdict }} }} }}",
        at(&event, "/server/event")
    );
    let request = client::new()?.post(format!("{}/graphql", server.url));
    let mut changes = client::subscribe(request.bearer_auth(token), &follow).await?;
    lavafed(&home, &["feature", "declare", "deploy.tmpfs"])?;
    let (_, said) = lavafed(&home, &["ingest", "replay"])?;
    ensure!(said.contains('1'), "it says how many: {said}");
    eventually("the grid has it", SOON, || async {
        let answer = ask(&server, "", grid).await?.data()?;
        Ok((text(&answer, "/grid/rows/0/verdicts") == Some("P")).then_some(()))
    })
    .await?;
    let told = async {
        loop {
            let change = changes.next().await.context("the stream goes on")??;
            let cells = at(&change, "/data/gridChanged/cells").clone();
            if cells != json!([]) {
                return anyhow::Ok(cells);
            }
        }
    };
    let cells = tokio::time::timeout(Duration::from_secs(5), told).await??;
    assert_eq!(
        cells,
        json!([{ "feature": "deploy.tmpfs", "verdict": "PASS" }])
    );

    // revoked by a command: no more answers, and the stream that it opened ends
    let (list, _) = lavafed(&home, &["token", "list"])?;
    let row = list
        .lines()
        .find(|line| line.contains("LAVA"))
        .context("it is listed")?;
    let id = row.split_whitespace().next().context("an id")?;
    ensure!(!list.contains(token), "the list does not show it");
    lavafed(&home, &["token", "revoke", id])?;
    let revoked = Instant::now();
    let refused = ask(&server, token, "{ viewer { scope } }").await?;
    assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED"));
    let end = async { while changes.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), end).await?;
    ensure!(
        revoked.elapsed() < SOON,
        "it ended after {:?}",
        revoked.elapsed()
    );
    Ok(())
}
