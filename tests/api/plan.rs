//! What is expected: from when, until when, and of which version.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, list};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

on_both_databases!(
    changes_keep_from_and_until,
    a_job_template_is_part_of_an_entry,
    what_cannot_be_planned,
);

async fn changes_keep_from_and_until(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot deploy.tftp").await?;
    app.device_types("bbb rpi4").await?;
    app.expect("boot.u-boot", "bbb rpi4").await?;
    let from = app.event().await?;
    // expected twice is expected once
    app.expect("boot.u-boot", "bbb").await?;
    let ci = app.reporter("ci").await?;
    let result = |id, version: &str| {
        PlainResult::of(id, version)
            .on("bbb")
            .says("boot.u-boot=PASS")
    };
    app.report_all(&ci, &[result(1, "2026.09")]).await?;
    app.unexpect("boot.u-boot", "rpi4").await?;
    let until = app.event().await?;
    app.report_all(&ci, &[result(2, "2026.10")]).await?;

    let plan = app
        .ask("{ plan { nodes { deviceType { name } fromEvent untilEvent untilAt } totalCount }
            past: plan(past: true) { nodes { feature { name } deviceType { name } fromEvent untilEvent } totalCount }
            of: plan(past: true, deviceType: \"rpi4\") { totalCount } none: plan(feature: \"deploy.tftp\") { totalCount } }")
        .await?;
    assert_eq!(
        plan,
        json!({ "plan": { "nodes": [{ "deviceType": { "name": "bbb" }, "fromEvent": from, "untilEvent": null, "untilAt": null }], "totalCount": 1 },
            "past": { "nodes": [
                { "feature": { "name": "boot.u-boot" }, "deviceType": { "name": "bbb" }, "fromEvent": from, "untilEvent": null },
                { "feature": { "name": "boot.u-boot" }, "deviceType": { "name": "rpi4" }, "fromEvent": from, "untilEvent": until }],
                "totalCount": 2 },
            "of": { "totalCount": 1 }, "none": { "totalCount": 0 } })
    );
    // an older version is held against the plan of its day
    assert_eq!(app.grid("2026.09").await?[1], "boot.u-boot S PL ..");
    assert_eq!(app.grid("2026.10").await?[1], "boot.u-boot P P- ..");

    // expected again is a new entry
    app.expect("boot.u-boot", "rpi4").await?;
    let plan = app.ask("{ plan(past: true) { totalCount } }").await?;
    assert_eq!(*at(&plan, "/plan/totalCount"), 3);
    assert_eq!(app.grid("2026.10").await?[1], "boot.u-boot S PL ..");
    Ok(())
}

async fn a_job_template_is_part_of_an_entry(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot generic.rest-api").await?;
    app.device_types("beaglebone-black bbb").await?;
    let expect = async |template: &str| -> Result<Value> {
        let query = format!(
            "mutation {{ expectFeature(input: {{ feature: \"boot.u-boot\", deviceTypes: [\"beaglebone-black\"] {template} }}) {{ errors {{ code path }} entries {{ fromEvent template }} }} }}"
        );
        let answer = app.admin(&query).await?;
        assert_eq!(at(&answer, "/expectFeature/errors"), &json!([]), "{answer}");
        Ok(at(&answer, "/expectFeature/entries/0").clone())
    };
    let first = expect("").await?;
    assert_eq!(first["template"], json!(null));
    let second = expect(", template: \"beaglebone-black\"").await?;
    assert_eq!(second["template"], "beaglebone-black");
    // the same template, and none named, leave it as it is
    assert_eq!(expect(", template: \"beaglebone-black\"").await?, second);
    assert_eq!(expect("").await?, second);
    let third = expect(", template: \"\"").await?;
    assert_eq!(third["template"], json!(null));
    let plan = app
        .ask("{ plan(past: true) { nodes { template fromEvent untilEvent } } grid: plan { totalCount } }")
        .await?;
    let entry = |template: Value, from: &Value, until: &Value| json!({ "template": template, "fromEvent": from["fromEvent"], "untilEvent": until["fromEvent"] });
    assert_eq!(
        plan,
        json!({ "plan": { "nodes": [
            entry(json!(null), &first, &second),
            entry(json!("beaglebone-black"), &second, &third),
            entry(json!(null), &third, &Value::Null),
        ] }, "grid": { "totalCount": 1 } })
    );
    for (input, path) in [
        (
            "feature: \"boot.u-boot\", deviceTypes: [\"beaglebone-black\"], template: \"../x\"",
            "template",
        ),
        (
            "feature: \"boot.u-boot\", deviceTypes: [\"bbb\"], template: \"none-such\"",
            "template",
        ),
        (
            "feature: \"boot.u-boot\", deviceTypes: [\"bbb\"], template: \"qemu\"",
            "template",
        ),
        (
            "feature: \"boot.u-boot\", deviceTypes: [\"beaglebone-black\", \"bbb\"], template: \"beaglebone-black\"",
            "template",
        ),
        ("feature: \"generic.rest-api\", template: \"x\"", "template"),
    ] {
        let query = format!(
            "mutation {{ m: expectFeature(input: {{ {input} }}) {{ errors {{ code path }} }} }}"
        );
        assert_eq!(
            at(&app.admin(&query).await?, "/m/errors"),
            &json!([{ "code": "BAD_USER_INPUT", "path": [path] }])
        );
    }
    Ok(())
}

async fn what_cannot_be_planned(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot generic.rest-api").await?;
    app.device_types("bbb").await?;
    for (mutation, expected) in [
        (
            "expectFeature(input: { feature: \"boot.none\", deviceTypes: [\"bbb\"] })",
            json!([{ "code": "NOT_FOUND", "path": ["feature"] }]),
        ),
        (
            "expectFeature(input: { feature: \"boot.u-boot\", deviceTypes: [\"none\"] })",
            json!([{ "code": "NOT_FOUND", "path": ["deviceTypes"] }]),
        ),
        (
            "expectFeature(input: { feature: \"boot.u-boot\" })",
            json!([{ "code": "BAD_USER_INPUT", "path": ["deviceTypes"] }]),
        ),
        (
            "expectFeature(input: { feature: \"generic.rest-api\", deviceTypes: [\"bbb\"] })",
            json!([{ "code": "BAD_USER_INPUT", "path": ["deviceTypes"] }]),
        ),
        (
            "unexpectFeature(input: { feature: \"boot.u-boot\", deviceTypes: [\"bbb\"] })",
            json!([{ "code": "NOT_FOUND", "path": ["feature"] }]),
        ),
    ] {
        let answer = app
            .admin(&format!(
                "mutation {{ m: {mutation} {{ errors {{ code path }} entries {{ fromEvent }} }} }}"
            ))
            .await?;
        assert_eq!(answer["m"]["errors"], expected, "{mutation}");
        assert!(list(&answer, "/m/entries").is_empty());
    }
    app.expect("generic.rest-api", "").await?;
    app.unexpect("generic.rest-api", "").await?;
    let plan = app
        .ask("{ plan(past: true) { nodes { deviceType { name } feature { name } } } }")
        .await?;
    assert_eq!(
        plan["plan"]["nodes"],
        json!([{ "deviceType": null, "feature": { "name": "generic.rest-api" } }])
    );
    Ok(())
}
