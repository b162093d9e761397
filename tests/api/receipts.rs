//! What became of a notification can be seen by all, its body by administrators.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, list, text};
use lavafed_tests::database::{Database, rows};
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::notification::Notification;
use lavafed_tests::on_both_databases;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

on_both_databases!(
    fates_can_be_seen,
    bodies_are_for_administrators,
    chosen_ones_are_replayed,
    one_that_fails_holds_up_no_other,
);

async fn fates_can_be_seen(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs").await?;
    app.admin("mutation { addLab(input: { name: \"paris\" }) { errors { message } } }")
        .await?;
    let lava = app.reporter("federated").await?;
    let lab = app.reporter("lab:paris").await?;
    let good = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    let table = [
        (good.clone(), "ACCEPTED"),
        (good.clone().running(), "LATE"),
        (
            Notification::complete()?
                .job(2)
                .declares("FED", "2026.10", "boot.qemu"),
            "PARTIAL",
        ),
        (
            Notification::complete()?
                .job(3)
                .declares("HOLIDAY", "2026.10", ""),
            "REFUSED",
        ),
        (good.clone().job(4).with("definition", "a: [b"), "INVALID"),
    ];
    for (told, state) in &table {
        assert_eq!(app.tell(&lava, told).await?["state"], *state);
    }
    app.tell(&lab, &good).await?;
    let answer = app
        .ask("{ receipts { totalCount nodes { state format source { name } appliedAt receivedAt } }
            of: receipts(source: \"lab:paris\") { totalCount } late: receipts(state: LATE) { nodes { job { externalId } } } }")
        .await?;
    let states: Vec<_> = list(&answer, "/receipts/nodes")
        .iter()
        .filter_map(|receipt| text(receipt, "/state"))
        .collect();
    assert_eq!(
        states,
        [
            "ACCEPTED", "INVALID", "REFUSED", "PARTIAL", "LATE", "ACCEPTED"
        ],
        "newest first"
    );
    assert!(
        list(&answer, "/receipts/nodes")
            .iter()
            .all(|receipt| receipt["appliedAt"].as_str() >= receipt["receivedAt"].as_str())
    );
    assert_eq!(answer["of"]["totalCount"], 1);
    assert_eq!(
        answer["late"]["nodes"],
        json!([{ "job": { "externalId": "1" } }])
    );
    let wrong = app
        .graphql(
            "",
            "{ receipts(source: \"lab:none\") { totalCount } }",
            json!({}),
        )
        .await?;
    assert_eq!(wrong.code(), "NOT_FOUND");
    Ok(())
}

async fn bodies_are_for_administrators(app: TestApp) -> Result<()> {
    let lava = app.reporter("federated").await?;
    let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    app.tell(&lava, &told).await?;
    let query = "{ receipts { nodes { body state } } }";
    assert_eq!(
        app.graphql("", query, json!({})).await?.code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        app.graphql(&lava, query, json!({})).await?.code(),
        "FORBIDDEN"
    );
    let body = app.admin(query).await?;
    let body = text(&body, "/receipts/nodes/0/body").unwrap_or_default();
    assert!(body.contains("lavafed qemu smoke"), "{body}");
    assert!(
        !body.contains(&lava) && !body.contains("admin@example.com"),
        "{body}"
    );
    Ok(())
}

async fn chosen_ones_are_replayed(app: TestApp) -> Result<()> {
    let lava = app.reporter("federated").await?;
    let mut ids = Vec::new();
    for id in [1, 2] {
        let told = Notification::complete()?
            .job(id)
            .declares("FED", "2026.10", "deploy.tmpfs");
        ids.push(
            text(&app.tell(&lava, &told).await?, "/id")
                .unwrap_or_default()
                .to_owned(),
        );
    }
    app.declare("deploy.tmpfs").await?;
    let replay = format!(
        "mutation {{ replayReceipts(input: {{ ids: [\"{}\"] }}) {{ replayed errors {{ code }} }} }}",
        ids[1]
    );
    assert_eq!(
        app.admin(&replay).await?["replayReceipts"],
        json!({ "replayed": 1, "errors": [] })
    );
    let states = app.ask("{ receipts { nodes { state } } }").await?;
    assert_eq!(
        states["receipts"]["nodes"],
        json!([{ "state": "ACCEPTED" }, { "state": "PARTIAL" }])
    );
    // what counts already is left alone
    assert_eq!(
        app.admin(&replay).await?["replayReceipts"],
        json!({ "replayed": 0, "errors": [] })
    );
    let wrong = app
        .admin("mutation { replayReceipts(input: { ids: [\"nonsense\"] }) { replayed errors { code path } } }")
        .await?;
    assert_eq!(wrong["replayReceipts"]["replayed"], 0);
    assert_eq!(
        wrong["replayReceipts"]["errors"][0]["code"],
        "BAD_USER_INPUT"
    );
    Ok(())
}

/// The database refuses a job for a reason of its own: its receipt waits and is
/// tried again, and what comes after it is applied meanwhile.
async fn one_that_fails_holds_up_no_other(app: TestApp) -> Result<()> {
    let (refuse, allow) = match app.home.database {
        Database::Sqlite => (
            "CREATE TRIGGER refuse BEFORE INSERT ON job WHEN NEW.external_id = '66' \
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
            "DROP TRIGGER refuse",
        ),
        Database::Postgres => (
            "ALTER TABLE job ADD CONSTRAINT refuse CHECK (external_id <> '66')",
            "ALTER TABLE job DROP CONSTRAINT refuse",
        ),
    };
    app.declare("deploy.tmpfs").await?;
    let lava = app.reporter("federated").await?;
    let db = app.home.connect().await?;
    db.execute_unprepared(refuse).await?;
    let began = Instant::now();
    let told = |id| {
        Ok::<_, anyhow::Error>(Notification::complete()?.job(id).declares(
            "FED",
            "2026.10",
            "deploy.tmpfs",
        ))
    };
    let post = async |id| {
        let answer = app.callback(&lava, &told(id)?).await?;
        at(&answer.body, "/receipt").as_i64().context("a receipt")
    };
    let applied = async |receipt| {
        eventually("it is applied", Duration::from_secs(10), || async {
            let state = app.receipt(receipt).await?;
            Ok((state["state"] == "ACCEPTED").then_some(()))
        })
        .await
    };
    let failures = async || {
        let query = "SELECT failures FROM receipt ORDER BY id LIMIT 1";
        let told = rows(&db, query).await?;
        told.first()
            .and_then(|row| at(row, "/failures").as_i64())
            .context("a number")
    };
    let refused = post(66).await?;
    applied(post(67).await?).await?;
    eventually("it has failed twice", Duration::from_secs(10), || async {
        Ok((failures().await? > 1).then_some(()))
    })
    .await?;
    applied(post(68).await?).await?;
    let replayed = app
        .admin("mutation { replayReceipts(input: {}) { replayed } }")
        .await?;
    assert_eq!(replayed["replayReceipts"]["replayed"], 0);
    assert_eq!(app.receipt(refused).await?["state"], "PENDING");
    // once a round: each second, each notification, and the replay
    let rounds = began.elapsed().as_secs() + 6;
    assert!(
        failures().await? <= i64::try_from(rounds)?,
        "no round is endless"
    );
    db.execute_unprepared(allow).await?;
    applied(refused).await
}
