//! Bytes that nobody means well with: lavafed stays up, and says what is wrong.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::notification::{Notification, suite};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

on_both_databases!(
    hostile_yaml_is_kept_as_invalid,
    texts_no_database_likes,
    documents_never_break_the_server,
);

fn nested(depth: usize) -> String {
    format!("a: {}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Nine lists of nine: a billion of them.
fn laughs() -> String {
    let mut text = String::from("a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (this, last) in ('b'..='k').zip('a'..) {
        let refer = format!("*{last}, ").repeat(9);
        text.push_str(&format!(
            "{this}: &{this} [{}]\n",
            refer.trim_end_matches(", ")
        ));
    }
    text
}

async fn hostile_yaml_is_kept_as_invalid(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs").await?;
    let lava = app.reporter("federated").await?;
    let good = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    let definition = |text: String| good.clone().with("definition", text);
    let results = |value: Value| good.clone().with("results", value);
    let table = [
        (
            "a deep definition",
            definition(nested(10_000)),
            "definition, line 1",
        ),
        (
            "aliases upon aliases",
            definition(laughs()),
            "definition, line",
        ),
        (
            "a huge definition",
            definition(format!("a: {}", "x".repeat(8_000_000))),
            "definition",
        ),
        (
            "a definition that is no YAML",
            definition("a: [b".to_owned()),
            "definition, line",
        ),
        (
            "a definition that is no map",
            definition("- a".to_owned()),
            "definition, line 1",
        ),
        (
            "no definition",
            good.clone().with("definition", Value::Null),
            "definition",
        ),
        (
            "results that are no YAML",
            results(json!({ "lava": "a: [b" })),
            "results, suite lava, line",
        ),
        (
            "results that are no list",
            results(json!({ "lava": "a: b" })),
            "results, suite lava",
        ),
        (
            "results that are no texts",
            results(json!({ "lava": 1 })),
            "results, suite lava",
        ),
        (
            "results that are no map",
            results(json!(["lava"])),
            "results",
        ),
        (
            "deep results",
            results(json!({ "lava": nested(10_000) })),
            "results, suite lava",
        ),
        (
            "results of aliases",
            results(json!({ "lava": laughs() })),
            "results, suite lava",
        ),
    ];
    let query = "mutation ($input: ReportJobInput!) { reportJob(input: $input) { receipt { state message } errors { code message } } }";
    for (id, (what, told, place)) in (50..).zip(table) {
        let told = told.job(id);
        let receipt = app.tell(&lava, &told).await?;
        assert_eq!(receipt["state"], "INVALID", "{what}: {receipt}");
        assert_eq!(receipt["code"], "NOTIFICATION_INVALID", "{what}");
        let message = receipt["message"].as_str().unwrap_or_default();
        assert!(
            message.starts_with(place),
            "{what}: {message:?} begins with {place:?}"
        );
        let body = told.with("description", "by the mutation").body(&lava);
        if body.len() > 200_000 {
            continue;
        }
        let answer = app
            .graphql(&lava, query, json!({ "input": { "notification": body } }))
            .await?
            .data()?;
        assert_eq!(answer["reportJob"]["receipt"]["state"], "INVALID", "{what}");
        assert_eq!(
            answer["reportJob"]["errors"],
            json!([{ "code": "NOTIFICATION_INVALID", "message": message }]),
            "{what}"
        );
    }
    // and it goes on
    assert_eq!(app.tell(&lava, &good).await?["state"], "ACCEPTED");
    Ok(())
}

/// PostgreSQL takes no NUL, columns have lengths, and numbers have ends.
async fn texts_no_database_likes(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs boot.qemu generic.rest-api")
        .await?;
    let lava = app.reporter("federated").await?;
    let long = "x".repeat(5_000);
    let good = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs boot.qemu");
    let job = |error_type: &str, message: &str, step: &str| {
        let case = json!({ "case": "job", "result": "fail", "error_type": error_type, "error_msg": message });
        let lava = json!([
            { "name": step, "suite": "lava", "result": "fail", "level": "2.1", "metadata": { "case": step, "result": "fail", "level": "2.1" } },
            { "name": "job", "suite": "lava", "result": "fail", "metadata": case },
        ]);
        good.clone()
            .with("health", 2)
            .with("results", json!({ "lava": lava.to_string() }))
    };
    let table = [
        good.clone().with("description", "a\u{0}b"),
        good.clone().with("description", long.clone()),
        good.clone().with("actual_device_id", "a\u{0}b"),
        good.clone().with("actual_device_id", long.clone()),
        good.clone().with("end_time", "9999-12-31 23:59:59+00:00"),
        good.clone().with("start_time", "0001-01-01 00:00:00+00:00"),
        good.clone()
            .with("start_time", "+262000-01-01 00:00:00+00:00"),
        good.clone().with("end_time", "-4800-01-01 00:00:00+00:00"),
        good.clone().with(
            "results",
            json!({ "lava\u{0}": suite("lava", &[("a", "pass")]) }),
        ),
        job("Job", "a\u{0}b", "auto-login"),
        job("Job\u{0}", "no", "auto-login"),
        job(&long, &long, "auto-login"),
        job("Job", "no", &long),
        job("Job", "no", "a\u{0}b"),
        good.definition_with_device_type("a\u{0}b"),
        good.definition_with_device_type(&long),
    ];
    for (id, told) in (50..).zip(table) {
        let receipt = app.tell(&lava, &told.job(id)).await?;
        assert_ne!(receipt["state"], "PENDING", "{id} {receipt}");
    }
    let ci = app.reporter("ci").await?;
    let of = |id| PlainResult::of(id, "2026.10");
    for result in [
        of(1).with("description", "a\u{0}b"),
        of(2).with("externalId", "a\u{0}b"),
        of(3).with("url", "a\u{0}b"),
        of(4).with("errorType", long.clone()),
        of(5).with("errorType", "a\u{0}b"),
        of(6).with("errorMessage", "a\u{0}b"),
        of(7).with(
            "verdicts",
            json!([{ "feature": "generic.rest-api", "verdict": "FAIL", "message": "a\u{0}b" }]),
        ),
        of(8).with(
            "verdicts",
            json!([{ "feature": "generic.a\u{0}b", "verdict": "FAIL" }]),
        ),
        of(9).with("version", "2026.10\u{0}"),
        of(10).with("submittedAt", "9999-12-31T23:59:59Z"),
        of(11).with("submittedAt", "0001-01-01T00:00:00Z"),
        of(12)
            .with("startedAt", "9999-12-31T23:59:59Z")
            .with("endedAt", "0001-01-01T00:00:00Z"),
    ] {
        let told = app.report(&ci, &result).await?;
        assert_ne!(told["receipt"]["state"], "PENDING", "{result:?} {told}");
    }
    // years without end: SQLite would order them as texts, PostgreSQL has none
    for field in ["submittedAt", "startedAt", "endedAt"] {
        for time in ["+262000-01-01T00:00:00Z", "-4800-01-01T00:00:00Z"] {
            let told = app.report(&ci, &of(13).with(field, time)).await?;
            assert_eq!(told["receipt"]["state"], "REFUSED", "{field} {time} {told}");
            let message = told["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains(field), "{message:?} names {field}");
        }
    }
    Ok(())
}

const NAMES: &[&str] = &[
    "{ version(name: NAME) { name } }",
    "{ lab(name: NAME) { name } }",
    "{ deviceType(name: NAME) { name } }",
    "{ device(lab: NAME, hostname: NAME) { hostname } }",
    "{ device(hostname: NAME) { hostname } }",
    "{ devices(lab: NAME) { totalCount } }",
    "{ devices(deviceType: NAME) { totalCount } }",
    "{ feature(name: NAME) { name } }",
    "{ job(source: NAME, externalId: \"1\") { externalId } }",
    "{ job(source: \"ci\", externalId: NAME) { externalId } }",
    "{ jobs(version: NAME) { totalCount } }",
    "{ jobs(feature: NAME) { totalCount } }",
    "{ jobs(deviceType: NAME) { totalCount } }",
    "{ jobs(lab: NAME) { totalCount } }",
    "{ jobs(after: NAME) { totalCount } }",
    "{ receipts(source: NAME) { totalCount } }",
    "{ plan(feature: NAME) { totalCount } }",
    "{ plan(deviceType: NAME) { totalCount } }",
    "{ node(id: NAME) { id } }",
    "{ versions(before: NAME) { totalCount } }",
    "{ grid(rows: VERSION, columns: FEATURE, versions: [NAME]) { event } }",
    "{ grid(rows: VERSION, columns: FEATURE, after: NAME) { event } }",
    "{ grid(rows: VERSION, columns: FEATURE, baseline: NAME) { event } }",
    "{ cell(version: NAME, feature: NAME) { verdict } }",
    "{ compare(base: NAME, head: \"2026.10\") { event } }",
    "mutation { addLab(input: { name: NAME }) { errors { code } } }",
    "mutation { addLab(input: { name: \"a\", url: \"http://a\\u0000b\" }) { errors { code } } }",
    "mutation { addLab(input: { name: \"b\", timeZone: NAME }) { errors { code } } }",
    "mutation { updateLab(input: { name: NAME }) { errors { code } } }",
    "mutation { removeLab(input: { name: NAME }) { errors { code } } }",
    "mutation { addDeviceType(input: { name: NAME }) { errors { code } } }",
    "mutation { removeDeviceType(input: { name: NAME }) { errors { code } } }",
    "mutation { addDevice(input: { lab: NAME, hostname: \"a\", deviceType: NAME }) { errors { code } } }",
    "mutation { updateDevice(input: { lab: NAME, hostname: NAME }) { errors { code } } }",
    "mutation { removeDevice(input: { hostname: NAME }) { errors { code } } }",
    "mutation { declareFeature(input: { name: NAME }) { errors { code } } }",
    "mutation { declareFeature(input: { name: \"boot.x\", description: NAME }) { errors { code } } }",
    "mutation { removeFeature(input: { name: NAME }) { errors { code } } }",
    "mutation { expectFeature(input: { feature: NAME, deviceTypes: [NAME] }) { errors { code } } }",
    "mutation { addVersion(input: { name: NAME }) { errors { code } } }",
    "mutation { removeVersion(input: { name: NAME }) { errors { code } } }",
    "mutation { createToken(input: { description: NAME, scope: READ }) { errors { code } } }",
    "mutation { createToken(input: { description: \"a\", scope: REPORT, for: NAME }) { errors { code } } }",
    "mutation { revokeToken(input: { id: NAME }) { errors { code } } }",
    "mutation { replayReceipts(input: { ids: [NAME] }) { errors { code } } }",
    "mutation { reportJob(input: { notification: NAME }) { errors { code } } }",
];

async fn documents_never_break_the_server(app: TestApp) -> Result<()> {
    app.admin("mutation { addVersion(input: { name: \"2026.10\" }) { errors { code } } }")
        .await?;
    let reporter = app.reporter("ci").await?;
    let long = "n".repeat(10_000);
    for name in [
        "\u{0}",
        "",
        "'; DROP TABLE job; --",
        "\u{1F984}",
        "\u{FFFF}",
        "%_\\",
        &long,
    ] {
        let name = json!(name).to_string();
        for query in NAMES {
            let query = query.replace("NAME", &name);
            let token = if query.contains("reportJob") {
                &reporter
            } else {
                &app.admin
            };
            let answer = app.graphql(token, &query, json!({})).await?;
            assert!(answer.status < 500, "{query}: {answer:?}");
            assert!(
                !answer.body.to_string().contains("INTERNAL"),
                "{query}: {answer:?}"
            );
        }
    }
    let huge = i64::MAX;
    for query in [
        format!("{{ grid(rows: VERSION, columns: FEATURE, asOf: {huge}) {{ event }} }}"),
        format!("{{ grid(rows: VERSION, columns: FEATURE, asOf: -{huge}) {{ event }} }}"),
        format!("{{ grid(rows: VERSION, columns: FEATURE, asOf: {huge}0) {{ event }} }}"),
        "{ grid(rows: VERSION, columns: FEATURE, first: -2147483648) { event } }".to_owned(),
        format!("{{ jobs(after: \"{huge}\") {{ totalCount }} r: receipts {{ totalCount }} }}"),
        format!("{{ jobs(before: \"-{huge}\") {{ totalCount }} }}"),
        "{ job(source: \"ci\", externalId: \"1\", submittedAt: \"9999-12-31T23:59:59Z\") { id } }".to_owned(),
        "{ job(source: \"ci\", externalId: \"1\", submittedAt: \"-0001-01-01T00:00:00Z\") { id } }".to_owned(),
        "mutation { createToken(input: { description: \"a\", scope: READ, expiresAt: \"9999-12-31T23:59:59Z\" }) { errors { code } } }".to_owned(),
        "{ nope }".to_owned(),
        "{".to_owned(),
        String::new(),
        "{ ".repeat(2_000),
        format!("{{ {} }}", "server { version } ".repeat(2_000)),
        format!("{{ {} }}", (0..100).map(|n| format!("a{n}: server {{ version }} ")).collect::<String>()),
        "query q { ...f } fragment f on Query { ...f }".to_owned(),
        "query ($a: Int! = \"x\") { server { version } }".to_owned(),
        "subscription { jobRecorded { event } gridChanged { event } }".to_owned(),
    ] {
        let answer = app.graphql(&app.admin, &query, json!({})).await?;
        assert!(answer.status < 500, "{query}: {answer:?}");
        assert!(!answer.body.to_string().contains("INTERNAL"), "{query}: {answer:?}");
        for error in answer.body["errors"].as_array().into_iter().flatten() {
            assert!(error["extensions"]["code"].is_string(), "{query}: {error}");
        }
    }
    Ok(())
}
