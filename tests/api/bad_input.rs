//! What lavafed answers to input that is wrong: a status, a code, and a sentence.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client;
use lavafed_tests::notification::Notification;
use lavafed_tests::on_both_databases;
use serde_json::{Value, json};

on_both_databases!(
    the_door_answers_what_it_cannot_take,
    jobs_that_cannot_be_recorded_say_why,
    refusals_are_counted_and_leave_nothing,
);

const JSON: &str = "application/json";

#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn the_door_answers_what_it_cannot_take(app: TestApp) -> Result<()> {
    let lava = app.reporter("federated").await?;
    let good = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    let without = |field: &str| good.clone().with(field, Value::Null).body(&lava);
    let with = |field: &str, value: Value| good.clone().with(field, value).body(&lava);
    for (what, content_type, body, status, place) in [
        (
            "no JSON",
            JSON,
            "{ \"id\": 1,".to_owned(),
            400,
            "line 1, column",
        ),
        ("nothing", JSON, String::new(), 400, "line 1, column"),
        ("a list", JSON, "[]".to_owned(), 400, "body"),
        ("a text", JSON, "\"x\"".to_owned(), 400, "body"),
        ("no id", JSON, without("id"), 400, "id"),
        (
            "an id that is none",
            JSON,
            with("id", json!("../etc")),
            400,
            "id",
        ),
        ("no state", JSON, without("state"), 400, "state"),
        (
            "a state nobody knows",
            JSON,
            with("state", json!(9)),
            400,
            "state",
        ),
        ("no health", JSON, without("health"), 400, "health"),
        (
            "a health nobody knows",
            JSON,
            with("health", json!("good")),
            400,
            "health",
        ),
        (
            "no submit time",
            JSON,
            without("submit_time"),
            400,
            "submit_time",
        ),
        (
            "the text None",
            JSON,
            with("submit_time", json!("None")),
            400,
            "submit_time",
        ),
        (
            "a time that is none",
            JSON,
            with("submit_time", json!("soon")),
            400,
            "submit_time",
        ),
        (
            "a year that is none",
            JSON,
            with("submit_time", json!("+262000-01-01 00:00:00+00:00")),
            400,
            "submit_time",
        ),
        (
            "an empty form",
            "application/x-www-form-urlencoded",
            String::new(),
            400,
            "id",
        ),
        (
            "JSON as a form",
            "application/x-www-form-urlencoded",
            good.body(&lava),
            400,
            "id",
        ),
        ("plain text", "text/plain", good.body(&lava), 415, ""),
        (
            "multipart",
            "multipart/form-data; boundary=x",
            good.body(&lava),
            415,
            "",
        ),
        ("XML", "application/xml", good.body(&lava), 415, ""),
        (
            "17 MiB",
            JSON,
            with("log", json!("x".repeat(17 * 1024 * 1024))),
            413,
            "",
        ),
        ("deep JSON", JSON, "[".repeat(100_000), 400, ""),
    ] {
        let answer = app.post(&lava, content_type, body).await?;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let code = match status {
            413 => "LIMIT_EXCEEDED",
            415 => "BAD_USER_INPUT",
            _ => "NOTIFICATION_INVALID",
        };
        assert_eq!(answer.code(), code, "{what}: {answer:?}");
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(
            message.starts_with(place),
            "{what}: {message:?} names {place:?}"
        );
    }
    assert_eq!(
        app.ask("{ receipts { totalCount } }").await?["receipts"]["totalCount"],
        0
    );

    let url = format!("{}/api/lava/callback", app.url);
    for method in [
        reqwest::Method::GET,
        reqwest::Method::PUT,
        reqwest::Method::DELETE,
    ] {
        let request = app
            .http
            .request(method.clone(), &url)
            .header("authorization", &lava);
        assert_eq!(client::send(request).await?.status, 405, "{method}");
    }
    // 15 MiB are not too many
    let large = with("log", json!("x".repeat(15 * 1024 * 1024)));
    assert_eq!(app.post(&lava, JSON, large).await?.status, 200);
    let charset = app
        .post(&lava, "application/json; charset=utf-8", good.body(&lava))
        .await?;
    assert_eq!(charset.status, 200);
    Ok(())
}

async fn jobs_that_cannot_be_recorded_say_why(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs").await?;
    let lava = app.reporter("federated").await?;
    let plain = Notification::complete()?;
    let meta = |lines: &str| plain.clone().metadata(lines);
    let fed = |rest: &str| meta(&format!("lavafed.type: FED\n{rest}"));
    let good = plain.clone().declares("FED", "2026.10", "deploy.tmpfs");
    let definition =
        |from: &str, to: &str| good.clone().definition(|text| text.replacen(from, to, 1));
    let table = [
        (plain.clone(), "JOB_TYPE_UNKNOWN", "lavafed.type"),
        (meta("lavafed.type: HOLIDAY"), "JOB_TYPE_UNKNOWN", "HOLIDAY"),
        (meta("lavafed.type: fed"), "JOB_TYPE_UNKNOWN", "fed"),
        (
            fed("lavafed.features: deploy.tmpfs"),
            "VERSION_MISSING",
            "lavafed.version",
        ),
        (
            fed("lavafed.version: 2026.10"),
            "VERSION_MALFORMED",
            "2026.10",
        ),
        (
            fed("lavafed.version: 'newest'"),
            "VERSION_MALFORMED",
            "newest",
        ),
        (
            fed("lavafed.version: ['2026.10']"),
            "VERSION_MALFORMED",
            "list",
        ),
        (
            fed("lavafed.version: '2026.10'\nlavafed.features: flash.uuu"),
            "FEATURES_MALFORMED",
            "flash.uuu",
        ),
        (
            fed("lavafed.version: '2026.10'\nlavafed.features: [deploy.tmpfs]"),
            "FEATURES_MALFORMED",
            "one line",
        ),
        (
            fed("lavafed.version: '2026.10'\nlavafed.features: deploy.tmpfs="),
            "FEATURES_MALFORMED",
            "SUITE/CASE",
        ),
        (
            definition("device_type: qemu\n", ""),
            "DEVICE_TYPE_MISSING",
            "device_type",
        ),
        (
            definition(
                "device_type: qemu\n",
                "device_type: qemu\nprotocols:\n  lava-multinode: {roles: {a: {count: 2}}}\n",
            ),
            "MULTINODE_UNSUPPORTED",
            "multinode",
        ),
    ];
    let count = table.len();
    for (id, (told, code, word)) in (20..).zip(table) {
        let receipt = app.tell(&lava, &told.job(id)).await?;
        assert_eq!(receipt["state"], "REFUSED", "{code} {word}: {receipt}");
        assert_eq!(receipt["code"], code, "{receipt}");
        let message = receipt["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{message:?} names {word}");
        assert!(receipt["job"].is_null());
    }
    let left = app.ask("{ jobs { totalCount } receipts(state: REFUSED) { totalCount } deviceTypes { totalCount } }").await?;
    assert_eq!(
        left,
        json!({ "jobs": { "totalCount": 0 }, "receipts": { "totalCount": count }, "deviceTypes": { "totalCount": 0 } })
    );
    // they can be replayed: a later lavafed may know what this one does not
    let replayed = app
        .admin("mutation { replayReceipts(input: {}) { replayed errors { code } } }")
        .await?;
    assert_eq!(replayed["replayReceipts"]["replayed"], count);
    let left = app
        .ask("{ receipts(state: REFUSED) { totalCount } }")
        .await?;
    assert_eq!(left["receipts"]["totalCount"], count);
    Ok(())
}

async fn refusals_are_counted_and_leave_nothing(app: TestApp) -> Result<()> {
    let read = app.token(entity::token::Scope::Read, None).await?;
    let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    // the counters are this program's: other stories count too
    let counted = async |code: &str| -> Result<f64> {
        let metrics = app
            .http
            .get(format!("{}/metrics", app.url))
            .send()
            .await?
            .text()
            .await?;
        let line = metrics.lines().find(|line| {
            line.starts_with("lavafed_refusals_total{")
                && line.contains("\"callback\"")
                && line.contains(code)
        });
        Ok(line
            .and_then(|line| line.rsplit(' ').next()?.parse().ok())
            .unwrap_or(0.0))
    };
    for (token, status, code) in [
        ("", 401, "UNAUTHENTICATED"),
        ("nonsense", 401, "UNAUTHENTICATED"),
        (&read, 403, "FORBIDDEN"),
    ] {
        let before = counted(code).await?;
        let event = app.event().await?;
        let answer = app.callback(token, &told).await?;
        assert_eq!(answer.refusal(), (status, code));
        assert!(
            answer.body["message"]
                .as_str()
                .is_some_and(|text| text.ends_with('.')),
            "{answer:?}"
        );
        assert!(counted(code).await? > before, "{code} is counted");
        assert_eq!(app.event().await?, event);
    }
    assert_eq!(
        app.ask("{ receipts { totalCount } }").await?["receipts"]["totalCount"],
        0
    );
    Ok(())
}
