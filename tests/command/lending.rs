//! A lab is made to lend without GraphQL, beside a running server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use chrono::{TimeDelta, Utc};
use entity::lease::{LeaseId, LeaseState};
use entity::round::{self, RoundState};
use lavafed::auth::Actor;
use lavafed::lease::reason::{Code, Reason};
use lavafed::service::transition::{self, By, LAVAFED};
use lavafed::service::{device, lab, version};
use lavafed_tests::app::{global_id, open};
use lavafed_tests::client::{at, list, text};
use lavafed_tests::database::{Database, Home};
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::postgres::Durability;
use lavafed_tests::server::{Server, binary};
use lavafed_tests::story;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait as _,
};
use serde_json::json;

use crate::{SOON, ask, lavafed};

#[test]
fn sqlite() -> Result<()> {
    story::run(a_lab_lends(Database::Sqlite))
}

#[test]
fn postgres() -> Result<()> {
    story::run(a_lab_lends(Database::Postgres))
}

async fn a_lab_lends(database: Database) -> Result<()> {
    let Some(home) = Home::make(database, Durability::Fast).await? else {
        eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
        return Ok(());
    };
    let mut server = Server::at(&home)?;
    server.start().await?;
    add_lab(&home)?;
    lavafed(&home, &["feature", "declare", "boot.qemu"])?;
    let lend = [
        "device",
        "lend",
        "paris",
        "bbb-01",
        "--type",
        "bbb",
        "--share-dictionary",
    ];
    let (_, said) = lavafed(&home, &lend)?;
    ensure!(said.contains("paris-bbb-01"), "its name there: {said}");
    ensure!(said.contains("docker device"), "what it lacks: {said}");
    let complete = [
        "device",
        "lend",
        "paris",
        "bbb-01",
        "--docker-device",
        "docker-01",
    ];
    let (_, said) = lavafed(&home, &complete)?;
    ensure!(!said.contains("skipped"), "{said}");
    lavafed(
        &home,
        &["plan", "expect", "boot.qemu", "bbb", "--template", "qemu"],
    )?;
    let (plan, _) = lavafed(&home, &["plan", "list"])?;
    ensure!(plan.contains("boot.qemu  bbb          qemu"), "{plan}");
    lavafed(&home, &["lab", "pause", "paris"])?;

    let shown = "{ lab(name: \"paris\") { hasApiToken paused windowMinutes devices { nodes { federatedName dockerDevice lendable } } }
        plan { nodes { template } } }";
    let expected = json!({ "lab": { "hasApiToken": true, "paused": true, "windowMinutes": 90,
            "devices": { "nodes": [{ "federatedName": "paris-bbb-01", "dockerDevice": "docker-01", "lendable": true }] } },
        "plan": { "nodes": [{ "template": "qemu" }] } });
    eventually("the server sees it", SOON, || async {
        let answer = ask(&server, "", shown).await?.data()?;
        Ok((answer == expected).then_some(()))
    })
    .await?;
    let (labs, _) = lavafed(&home, &["lab", "list"])?;
    ensure!(
        labs.contains("paused") && !labs.contains("a-lab-token"),
        "{labs}"
    );

    let id = planned(&home).await?;
    let (leases, _) = lavafed(&home, &["lease", "list", "--all"])?;
    ensure!(
        leases.contains("bbb-01") && leases.contains("paris"),
        "{leases}"
    );
    let (devices, _) = lavafed(&home, &["device", "list", "paris"])?;
    ensure!(devices.contains("bbb-01"), "{devices}");
    lavafed(
        &home,
        &["lease", "release", &id.to_string(), "--keep-in-maintenance"],
    )?;
    let trail = format!(
        "{{ lease(id: \"{}\") {{ keepInMaintenance trail {{ nodes {{ actor code }} }} }} }}",
        global_id("Lease", id.0)
    );
    let answer = ask(&server, "", &trail).await?.data()?;
    assert_eq!(at(&answer, "/lease/keepInMaintenance"), true);
    let asked = list(&answer, "/lease/trail/nodes")
        .iter()
        .find(|entry| text(entry, "/code") == Some("OWNER_ASKED"));
    assert_eq!(
        text(asked.context("it is noted")?, "/actor"),
        Some("operator")
    );
    let refused = Command::new(binary()?)
        .args(["lease", "release", "999"])
        .args(home.arguments())
        .output()?;
    ensure!(!refused.status.success());
    let said = String::from_utf8(refused.stderr)?;
    ensure!(said.contains("There is no lease"), "{said}");
    Ok(())
}

/// Adds a lab, and its API token once from a file and once from standard input.
fn add_lab(home: &Home) -> Result<()> {
    let add = [
        "lab",
        "add",
        "paris",
        "--url",
        "https://lava.example.org",
        "--time-zone",
        "Europe/Paris",
        "--opens",
        "20:00",
        "--minutes",
        "90",
    ];
    let (_, next) = lavafed(home, &add)?;
    ensure!(
        next.contains("lavafed lab token paris"),
        "what is next: {next}"
    );
    let file = home.folder.path().join("token.txt");
    std::fs::write(&file, "a-lab-token\n")?;
    let name = file.to_string_lossy();
    lavafed(home, &["lab", "token", "paris", "--file", &name])?;
    let mut asks = Command::new(binary()?)
        .args(["lab", "token", "paris"])
        .args(home.arguments())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = asks.stdin.take().context("its input")?;
    input.write_all(b"a-lab-token-by-hand\n")?;
    drop(input);
    let output = asks.wait_with_output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}

/// A round and a planned lease in it, as who drives the lab writes them.
async fn planned(home: &Home) -> Result<LeaseId> {
    let app = open(home).await?;
    let now = Utc::now();
    let version = version::add(&app, &Actor::Operator, "2026.10", now).await?;
    let txn = app.db.begin().await?;
    let row = round::ActiveModel {
        id: NotSet,
        lab_id: Set(lab::get(&txn, "paris").await?.id),
        version_id: Set(version.id),
        opens_at: Set(now),
        ends_at: Set(now + TimeDelta::hours(1)),
        state: Set(RoundState::Open),
        code: Set(None),
        reason: Set(None),
        started_at: Set(now),
        closing_at: Set(None),
        ended_at: Set(None),
    };
    let round = round::Entity::insert(row).exec_with_returning(&txn).await?;
    let device = device::get(&txn, Some("paris"), "bbb-01").await?;
    let why = Reason::new(Code::Planned, "The lab's window is open.");
    let by = By {
        actor: LAVAFED,
        fence: Some(1),
    };
    let state = LeaseState::Planned;
    let lease = transition::begin_lease(&txn, &round, device.id, state, &why, by, now).await?;
    txn.commit().await?;
    Ok(lease.id)
}
