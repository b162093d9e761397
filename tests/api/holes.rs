//! Expected cells without a verdict: why, and what older versions said there.

use anyhow::Result;
use chrono::{SecondsFormat, TimeDelta, Utc};
use lavafed_tests::app::TestApp;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

on_both_databases!(
    every_hole_has_a_reason,
    of_a_hole_of_the_past_no_more_is_told_than_is_known,
    carried_verdicts_are_shown_and_never_counted
);

fn ago(hours: i64) -> String {
    (Utc::now() - TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn hole(app: &TestApp, device_type: &str) -> Result<Value> {
    let answer = app
        .ask(&format!(
            "{{ cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"{device_type}\") {{ verdict reason reasonText }} }}"
        ))
        .await?;
    let cell = &answer["cell"];
    let told = cell["reasonText"]
        .as_str()
        .is_some_and(|text| text.ends_with('.'));
    assert_eq!(
        told,
        !cell["reason"].is_null(),
        "a reason is a sentence too: {cell}"
    );
    Ok(json!([cell["verdict"], cell["reason"]]))
}

async fn every_hole_has_a_reason(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot").await?;
    app.device_types("a-lent b-not-lent c-infra d-lost e-not-reached f-running g-unknown h-pass")
        .await?;
    app.expect(
        "boot.u-boot",
        "a-lent b-not-lent c-infra d-lost e-not-reached f-running h-pass",
    )
    .await?;
    app.admin("mutation { a: addLab(input: { name: \"paris\" }) { errors { message } }
        b: addDevice(input: { lab: \"paris\", hostname: \"a-1\", deviceType: \"a-lent\", lendable: true }) { errors { message } } }")
        .await?;
    let ci = app.reporter("ci").await?;
    let of = |id| PlainResult::of(id, "2026.10");
    app.report_all(
        &ci,
        &[
            of(1).on("c-infra").says("boot.u-boot=INFRA"),
            of(2)
                .on("d-lost")
                .says("boot.u-boot=PASS")
                .running(&ago(25)),
            of(3).on("e-not-reached").says("boot.u-boot=NOT_REACHED"),
            of(4)
                .on("f-running")
                .says("boot.u-boot=PASS")
                .running(&ago(0)),
            of(5).on("h-pass").says("boot.u-boot=PASS"),
        ],
    )
    .await?;
    for (device_type, expected) in [
        ("a-lent", json!(["PLANNED", "PLANNED"])),
        ("b-not-lent", json!(["PLANNED", "NO_DEVICE_LENT"])),
        ("c-infra", json!(["INFRA", "INFRA_FAILED"])),
        ("d-lost", json!(["NOT_REACHED", "JOB_NEVER_REPORTED"])),
        ("e-not-reached", json!(["NOT_REACHED", "NOT_REACHED"])),
        ("f-running", json!(["RUNNING", null])),
        ("g-unknown", json!(["NOT_APPLICABLE", null])),
        ("h-pass", json!(["PASS", null])),
    ] {
        assert_eq!(hole(&app, device_type).await?, expected, "{device_type}");
    }
    assert_eq!(
        app.grid("2026.10").await?,
        ["boot.u-boot I LLINNR-P ........"]
    );

    // what runs ends, and its cell with it
    let ended = of(4).on("f-running").says("boot.u-boot=PASS");
    let submitted = app
        .ask("{ job(source: \"ci\", externalId: \"4\") { submittedAt } }")
        .await?;
    let ended = ended.with("submittedAt", submitted["job"]["submittedAt"].clone());
    app.report_all(&ci, &[ended]).await?;
    assert_eq!(hole(&app, "f-running").await?, json!(["PASS", null]));
    Ok(())
}

async fn carried_verdicts_are_shown_and_never_counted(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot").await?;
    app.device_types("a b c d").await?;
    app.expect("boot.u-boot", "a b c d").await?;
    let ci = app.reporter("ci").await?;
    let old =
        |id, verdict: &str| PlainResult::of(id, "2026.08").says(&format!("boot.u-boot={verdict}"));
    app.report_all(
        &ci,
        &[
            old(1, "PASS").on("a"),
            old(2, "FAIL").on("b").with("submittedAt", ago(24)),
            PlainResult::of(3, "2026.09")
                .on("a")
                .says("boot.u-boot=INFRA"),
            PlainResult::of(4, "2026.10")
                .on("d")
                .says("boot.u-boot=PASS"),
        ],
    )
    .await?;
    // an infra is no verdict: a still carries what 2026.08 said
    assert_eq!(app.grid("2026.10").await?, ["boot.u-boot S pfLP ...P"]);
    let carried = app
        .ask("{ a: cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"a\") {
                verdict reason carried { verdict stale at version { name } } }
            b: cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"b\") { carried { verdict stale version { name } } }
            c: cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"c\") { carried { verdict } }
            d: cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"d\") { carried { verdict } }
            version(name: \"2026.10\") { summary { tested pass fail planned regressions } } }")
        .await?;
    assert_eq!(
        carried,
        json!({ "a": { "verdict": "PLANNED", "reason": "NO_DEVICE_LENT",
                "carried": { "verdict": "PASS", "stale": true, "at": "2026-10-01T00:01:00+00:00", "version": { "name": "2026.08" } } },
            "b": { "carried": { "verdict": "FAIL", "stale": false, "version": { "name": "2026.08" } } },
            "c": { "carried": null }, "d": { "carried": null },
            "version": { "summary": { "tested": 1, "pass": 1, "fail": 0, "planned": 3, "regressions": 0 } } })
    );
    // and it is compared with nothing: a failure after a carried pass is new where the baseline had no own verdict
    let failed = PlainResult::of(5, "2026.10")
        .on("a")
        .says("boot.u-boot=FAIL");
    app.report_all(&ci, &[failed]).await?;
    assert_eq!(app.grid("2026.10").await?, ["boot.u-boot F FfLP N..P"]);
    Ok(())
}

async fn of_a_hole_of_the_past_no_more_is_told_than_is_known(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot").await?;
    app.device_types("a b").await?;
    app.expect("boot.u-boot", "a b").await?;
    let ci = app.reporter("ci").await?;
    let of = |id| PlainResult::of(id, "2026.10");
    app.report_all(
        &ci,
        &[
            of(1).on("a").says("boot.u-boot=INFRA"),
            of(2).on("b").says("boot.u-boot=PASS").running(&ago(0)),
        ],
    )
    .await?;
    let event = app.event().await?;
    assert_eq!(hole(&app, "b").await?, json!(["RUNNING", null]));
    let then = app
        .ask(&format!(
            "{{ a: cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"a\", asOf: {event}) {{ verdict reason }}
                b: cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"b\", asOf: {event}) {{ verdict reason reasonText }}
                release(version: \"2026.10\", asOf: {event}) {{ missingCounts {{ reason count }} }} }}"
        ))
        .await?;
    assert_eq!(
        then,
        json!({ "a": { "verdict": "INFRA", "reason": "INFRA_FAILED" },
            "b": { "verdict": "PLANNED", "reason": "NOT_KNOWN",
                "reasonText": "Expected, and without a result then; whether a job was on its way is not known any more." },
            "release": { "missingCounts": [{ "reason": "INFRA_FAILED", "count": 1 }, { "reason": "NOT_KNOWN", "count": 1 }] } })
    );
    Ok(())
}
