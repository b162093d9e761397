//! Can a version be released? The rule, what is waived, and the answer as of an event.

use anyhow::{Context as _, Result};
use chrono::{TimeDelta, Utc};
use lavafed::service::waiver;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, list, text};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    a_version_says_what_keeps_it_from_release,
    what_is_waived_is_named_and_does_not_block,
    a_waiver_ends_with_its_time,
    what_cannot_be_waived,
    the_answer_as_of_an_event_keeps_its_bytes,
);

async fn release(app: &TestApp, version: &str) -> Result<Value> {
    let query = format!(
        "{{ release(version: \"{version}\") {{ ready sentence obstacles {{ code count }} expected tested neededPercent
            baseline {{ name }} counts {{ class count waived }}
            changes {{ nodes {{ class failingVersions failingSince {{ name }} feature {{ name }} deviceType {{ name }}
                waiver {{ reason }} }} }}
            missing {{ totalCount nodes {{ feature {{ name }} deviceType {{ name }} verdict reason }} }}
            missingCounts {{ reason count }} waivers {{ feature {{ name }} deviceType {{ name }} reason url }} }} }}"
    );
    Ok(app.ask(&query).await?["release"].take())
}

fn waive(version: &str, place: &str, reason: &str, url: &str, until: &str) -> String {
    format!(
        "mutation {{ waiveCell(input: {{ version: \"{version}\", {place}, reason: \"{reason}\", url: \"{url}\", until: \"{until}\" }}) {{
            errors {{ code path message }} waiver {{ id waivedBy until fromEvent endedAt }} }} }}"
    )
}

fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).to_rfc3339()
}

const BBB: &str = "feature: \"deploy.tftp\", deviceType: \"bbb\"";
const REST: &str = "feature: \"generic.rest-api\"";
const ISSUE: &str = "https://git.example.org/lava/issues/7";

/// Waives a cell of 2026.10 for a week.
async fn waived(app: &TestApp, place: &str) -> Result<()> {
    let answer = app
        .admin(&waive("2026.10", place, "known", ISSUE, &in_days(7)))
        .await?;
    assert_eq!(answer["waiveCell"]["errors"], json!([]), "{answer}");
    Ok(())
}

async fn a_version_says_what_keeps_it_from_release(app: TestApp) -> Result<()> {
    let ci = world::build(&app).await?;
    let told = release(&app, "2026.10").await?;
    assert_eq!(
        told["sentence"],
        "2026.10 is not ready: 2 regressions against 2026.09; 83 % of 6 expected cells are tested (90 % needed)."
    );
    assert_eq!(
        told["obstacles"],
        json!([{ "code": "REGRESSIONS", "count": 2 }, { "code": "TOO_LITTLE_TESTED", "count": 1 }])
    );
    let count = |class: &str| json!({ "class": class, "count": 1, "waived": 0 });
    assert_eq!(
        told["counts"],
        json!([
            { "class": "REGRESSION", "count": 2, "waived": 0 },
            count("FIXED"), count("FLAKY"), count("GONE"), count("NEW_PASS")
        ])
    );
    assert_eq!(
        told["missing"],
        json!({ "totalCount": 1, "nodes": [{ "feature": { "name": "boot.u-boot" }, "deviceType": { "name": "bbb" },
            "verdict": "NOT_REACHED", "reason": "NOT_REACHED" }] })
    );
    assert_eq!(
        told["missingCounts"],
        json!([{ "reason": "NOT_REACHED", "count": 1 }])
    );
    // the release before it has none before itself: what failed there did not break
    let older = release(&app, "2026.09").await?;
    assert_eq!(
        (&older["baseline"], &older["counts"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(
        older["sentence"],
        "2026.09 is not ready: 83 % of 6 expected cells are tested (90 % needed)."
    );

    // what failed is run again in a version after it: failing for two versions
    let next = |id| PlainResult::of(id, "2026.10.dev0001");
    app.report_all(
        &ci,
        &[
            next(31).on("bbb").says("deploy.tftp=FAIL boot.u-boot=PASS"),
            next(32).says("generic.rest-api=PASS"),
        ],
    )
    .await?;
    let told = release(&app, "2026.10.dev0001").await?;
    let of = |class: &str| {
        list(&told, "/changes/nodes")
            .iter()
            .find(|change| change["class"] == class)
            .cloned()
    };
    let still = of("STILL_FAILING").context("deploy.tftp on bbb")?;
    assert_eq!(still["failingVersions"], 2);
    assert_eq!(still["failingSince"]["name"], "2026.10");
    assert_eq!(
        at(&told, "/obstacles/0/code"),
        "TOO_LITTLE_TESTED",
        "still failing does not block: {told}"
    );

    // all is good, and all that is expected is tested
    let good = |id| PlainResult::of(id, "2026.11");
    app.report_all(
        &ci,
        &[
            good(41).on("bbb").says("deploy.tftp=PASS boot.u-boot=PASS"),
            good(42)
                .on("rpi4")
                .says("deploy.tftp=PASS boot.u-boot=PASS"),
            good(43).on("qemu").says("deploy.tftp=PASS"),
            good(44).says("generic.rest-api=PASS"),
        ],
    )
    .await?;
    let told = release(&app, "2026.11").await?;
    assert_eq!(
        (&told["ready"], &told["obstacles"], &told["sentence"]),
        (
            &json!(true),
            &json!([]),
            &json!(
                "2026.11 is ready: nothing broke since 2026.10, and 100 % of 6 expected cells are tested."
            )
        )
    );
    let missing = app
        .graphql("", "{ release(version: \"2031.01\") { ready } }", json!({}))
        .await?;
    assert_eq!(missing.code(), "NOT_FOUND");
    Ok(())
}

/// The bbb boots after all: everything expected of 2026.10 is tested.
async fn tested(app: &TestApp) -> Result<String> {
    let ci = world::build(app).await?;
    let booted = PlainResult::of(16, "2026.10")
        .on("bbb")
        .says("boot.u-boot=PASS");
    app.report_all(&ci, &[booted]).await?;
    Ok(ci)
}

async fn what_is_waived_is_named_and_does_not_block(app: TestApp) -> Result<()> {
    tested(&app).await?;
    waived(&app, BBB).await?;
    let told = release(&app, "2026.10").await?;
    assert_eq!(
        told["sentence"],
        "2026.10 is not ready: 1 regression against 2026.09 (1 more waived)."
    );
    assert_eq!(
        told["counts"][0],
        json!({ "class": "REGRESSION", "count": 2, "waived": 1 })
    );
    waived(&app, REST).await?;
    let told = release(&app, "2026.10").await?;
    assert_eq!(
        told["sentence"],
        "2026.10 is ready: all that broke since 2026.09 is waived (2), and 100 % of 6 expected cells are tested."
    );
    let waivers: Vec<_> = list(&told, "/waivers")
        .iter()
        .map(|row| text(row, "/feature/name"))
        .collect();
    assert_eq!(waivers, [Some("deploy.tftp"), Some("generic.rest-api")]);
    assert_eq!(at(&told, "/changes/nodes/1/waiver/reason"), "known");
    // every door that says whether it is ready says the same
    let summary = app
        .ask("{ version(name: \"2026.10\") { summary { ready sentence regressions waived } } }")
        .await?;
    assert_eq!(
        summary["version"]["summary"],
        json!({ "ready": true, "sentence": told["sentence"], "regressions": 2, "waived": 2 })
    );
    let badge = app.get("/badge/version/2026.10.svg", &[]).await?;
    assert!(badge.text().await?.contains("ready"));

    // waived anew: the old waiver ends, and both stay
    let anew = waive("2026.10", BBB, "worse", ISSUE, &in_days(2));
    app.admin(&anew).await?;
    let ended = app
        .admin(&format!("mutation {{ unwaiveCell(input: {{ version: \"2026.10\", {REST} }}) {{ errors {{ code }} waiver {{ endedBy }} }} }}"))
        .await?;
    assert_eq!(ended["unwaiveCell"]["errors"], json!([]));
    let query = "{ waivers(version: \"2026.10\", past: true) { totalCount nodes { reason waivedBy endedBy endedAt untilEvent feature { name } } } }";
    let trail = app.admin(query).await?;
    let by = "token:a token of scope Admin";
    let rows: Vec<_> = list(&trail, "/waivers/nodes")
        .iter()
        .map(|row| {
            (
                text(row, "/reason"),
                text(row, "/waivedBy"),
                text(row, "/endedBy"),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (Some("worse"), Some(by), None),
            (Some("known"), Some(by), Some(by)),
            (Some("known"), Some(by), Some(by)),
        ]
    );
    // readers see that somebody did it, not who
    assert_eq!(
        at(&app.ask(query).await?, "/waivers/nodes/1/endedBy"),
        "token"
    );
    assert_eq!(
        release(&app, "2026.10").await?["sentence"],
        "2026.10 is not ready: 1 regression against 2026.09 (1 more waived)."
    );
    Ok(())
}

async fn a_waiver_ends_with_its_time(app: TestApp) -> Result<()> {
    tested(&app).await?;
    waived(&app, BBB).await?;
    waived(&app, REST).await?;
    assert_eq!(release(&app, "2026.10").await?["ready"], true);
    let before = app.event().await?;
    let now = Utc::now();
    assert_eq!(
        waiver::end_overdue(&app.app, now + TimeDelta::days(6)).await?,
        0
    );
    assert_eq!(app.event().await?, before, "nothing ended, nothing is told");
    let at_its_end = now + TimeDelta::days(8);
    assert_eq!(waiver::end_overdue(&app.app, at_its_end).await?, 2);
    assert_eq!(waiver::end_overdue(&app.app, at_its_end).await?, 0);
    let told = release(&app, "2026.10").await?;
    assert_eq!(
        (&told["ready"], &told["waivers"]),
        (&json!(false), &json!([]))
    );
    let trail = app
        .ask(
            "{ waivers(past: true) { nodes { endedBy untilEvent } } none: waivers { totalCount } }",
        )
        .await?;
    let ended = json!({ "endedBy": "lavafed", "untilEvent": before + 1 });
    assert_eq!(trail["waivers"]["nodes"], json!([ended, ended]));
    assert_eq!(trail["none"]["totalCount"], 0);
    // as of the event before its end it is in force
    let then = app
        .ask(&format!("{{ release(version: \"2026.10\", asOf: {before}) {{ ready waivers {{ endedBy endedAt }} }} }}"))
        .await?;
    let open = json!({ "endedBy": null, "endedAt": null });
    assert_eq!(
        then["release"],
        json!({ "ready": true, "waivers": [open, open] })
    );
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn what_cannot_be_waived(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let week = in_days(7);
    let long = "x".repeat(501);
    for (version, place, reason, url, until, refused) in [
        ("2031.01", BBB, "r", ISSUE, &week, "NOT_FOUND version"),
        (
            "2026.10",
            "feature: \"boot.none\", deviceType: \"bbb\"",
            "r",
            ISSUE,
            &week,
            "NOT_FOUND feature",
        ),
        (
            "2026.10",
            "feature: \"deploy.tftp\", deviceType: \"none\"",
            "r",
            ISSUE,
            &week,
            "NOT_FOUND deviceType",
        ),
        (
            "2026.10",
            "feature: \"deploy.tftp\"",
            "r",
            ISSUE,
            &week,
            "BAD_USER_INPUT deviceType",
        ),
        (
            "2026.10",
            "feature: \"generic.rest-api\", deviceType: \"bbb\"",
            "r",
            ISSUE,
            &week,
            "BAD_USER_INPUT deviceType",
        ),
        // fixed, flaky, and not compared with anything
        (
            "2026.10",
            "feature: \"deploy.tftp\", deviceType: \"rpi4\"",
            "r",
            ISSUE,
            &week,
            "CONFLICT feature",
        ),
        (
            "2026.10",
            "feature: \"deploy.tftp\", deviceType: \"qemu\"",
            "r",
            ISSUE,
            &week,
            "CONFLICT feature",
        ),
        (
            "2026.09",
            "feature: \"deploy.tftp\", deviceType: \"rpi4\"",
            "r",
            ISSUE,
            &week,
            "CONFLICT feature",
        ),
        ("2026.10", BBB, " ", ISSUE, &week, "BAD_USER_INPUT reason"),
        ("2026.10", BBB, &long, ISSUE, &week, "BAD_USER_INPUT reason"),
        (
            "2026.10",
            BBB,
            "r",
            "javascript:alert(1)",
            &week,
            "BAD_USER_INPUT url",
        ),
        ("2026.10", BBB, "r", "", &week, "BAD_USER_INPUT url"),
        (
            "2026.10",
            BBB,
            "r",
            ISSUE,
            &in_days(-1),
            "BAD_USER_INPUT until",
        ),
        (
            "2026.10",
            BBB,
            "r",
            ISSUE,
            &in_days(400),
            "BAD_USER_INPUT until",
        ),
    ] {
        let answer = app
            .admin(&waive(version, place, reason, url, until))
            .await?;
        let error = at(&answer, "/waiveCell/errors/0");
        let said = format!(
            "{} {}",
            text(error, "/code").unwrap_or_default(),
            text(error, "/path/0").unwrap_or_default()
        );
        assert_eq!(said, refused, "{version} {place} {reason} {url} {until}");
    }
    let unwaive = format!(
        "mutation {{ unwaiveCell(input: {{ version: \"2026.10\", {BBB} }}) {{ errors {{ code }} }} }}"
    );
    let answer = app.admin(&unwaive).await?;
    assert_eq!(at(&answer, "/unwaiveCell/errors/0/code"), "NOT_FOUND");
    let ci = app.reporter("ci").await?;
    for mutation in [waive("2026.10", BBB, "r", ISSUE, &week), unwaive] {
        for (token, code) in [("", "UNAUTHENTICATED"), (ci.as_str(), "FORBIDDEN")] {
            assert_eq!(app.graphql(token, &mutation, json!({})).await?.code(), code);
        }
    }
    let none = app.ask("{ waivers(past: true) { totalCount } }").await?;
    assert_eq!(none["waivers"]["totalCount"], 0);
    Ok(())
}

async fn the_answer_as_of_an_event_keeps_its_bytes(app: TestApp) -> Result<()> {
    let ci = tested(&app).await?;
    waived(&app, BBB).await?;
    let event = app.event().await?;
    let query = format!(
        "{{ release(version: \"2026.10\", asOf: {event}) {{ event ready sentence lastAt obstacles {{ code count text }} expected tested
            counts {{ class count waived }} version {{ name kind createdAt }} baseline {{ name }}
            changes {{ totalCount nodes {{ class base head failingVersions failingSince {{ name }} feature {{ name }} deviceType {{ name }}
                waiver {{ reason endedAt }} }} }}
            missing {{ totalCount nodes {{ feature {{ name }} deviceType {{ name }} verdict reason }} }} missingCounts {{ reason count }}
            waivers {{ id reason url until waivedAt waivedBy fromEvent endedAt endedBy untilEvent version {{ name }} feature {{ name }}
                deviceType {{ name }} }} }} }}"
    );
    let address = [("query", query.as_str())];
    let before = app.get("/graphql", &address).await?.bytes().await?;
    assert!(before.starts_with(b"{\"data\":{\"release\""), "{before:?}");

    // other results, another plan, another waiver, and the end of the first
    let more = |id| PlainResult::of(id, "2026.10");
    app.report_all(
        &ci,
        &[
            more(700)
                .on("bbb")
                .says("deploy.tftp=PASS boot.u-boot=FAIL"),
            more(701).on("odroid-n2").says("deploy.tftp=FAIL"),
            PlainResult::of(702, "2026.09").says("generic.rest-api=FAIL"),
            PlainResult::of(703, "2026.09.dev0007")
                .on("bbb")
                .says("deploy.tftp=FAIL"),
        ],
    )
    .await?;
    app.device_types("x86").await?;
    app.expect("deploy.tftp", "x86").await?;
    waiver::end_overdue(&app.app, Utc::now() + TimeDelta::days(30)).await?;
    let now = app
        .ask("{ release(version: \"2026.10\") { sentence waivers { id } } }")
        .await?;
    assert_eq!(now["release"]["waivers"], json!([]));
    let app = app.restart().await?;
    let after = app.get("/graphql", &address).await?.bytes().await?;
    assert_eq!(before, after);
    Ok(())
}
