//! A CI script reports results by the mutation, without LAVA's notification.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::at;
use lavafed_tests::notification::Notification;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::json;

on_both_databases!(
    a_plain_result_counts_at_once,
    only_federated_jobs_make_device_types_known,
    wrong_results_are_told_in_the_errors,
    either_notification_or_result,
);

async fn a_plain_result_counts_at_once(app: TestApp) -> Result<()> {
    app.declare("generic.rest-api").await?;
    let ci = app.reporter("ci").await?;
    let result = PlainResult::of(7, "2026.10")
        .with("type", "PACKAGE")
        .with("externalId", "pipeline/4711")
        .with("health", "INCOMPLETE")
        .with("url", "https://ci.example.org/4711")
        .with("description", "Debian package")
        .with("startedAt", "2026-10-01T00:08:00Z")
        .with("endedAt", "2026-10-01T00:09:00Z")
        .with("errorType", "Test")
        .with("errorMessage", "no route to host")
        .with("verdicts", json!([{ "feature": "generic.rest-api", "verdict": "FAIL", "message": "answered 502" }]));
    let told = app.report(&ci, &result).await?;
    assert_eq!(told["errors"], json!([]));
    assert_eq!(told["receipt"]["state"], "ACCEPTED");
    assert_eq!(
        told["job"],
        json!({ "externalId": "pipeline/4711", "state": "FINISHED", "health": "INCOMPLETE" })
    );
    assert_eq!(app.grid("2026.10").await?, ["generic.rest-api F  "]);
    let job = app
        .ask("{ job(source: \"ci\", externalId: \"pipeline/4711\") { type url description startedAt endedAt submittedAt
            errorType errorMessage source { name lab { name } } deviceType { name } device { hostname }
            verdicts { verdict message feature { name } } receipts { format } } }")
        .await?;
    assert_eq!(
        job["job"],
        json!({ "type": "PACKAGE", "url": "https://ci.example.org/4711", "description": "Debian package",
            "submittedAt": "2026-10-01T00:07:00+00:00", "startedAt": "2026-10-01T00:08:00+00:00", "endedAt": "2026-10-01T00:09:00+00:00",
            "errorType": "Test", "errorMessage": "no route to host", "source": { "name": "ci", "lab": null },
            "deviceType": null, "device": null,
            "verdicts": [{ "verdict": "FAIL", "message": "answered 502", "feature": { "name": "generic.rest-api" } }],
            "receipts": [{ "format": "RESULT" }] })
    );
    // the same id at another time is another job: a reinstalled server counts anew
    let again = result.clone().with("submittedAt", "2026-11-01T00:07:00Z");
    assert_eq!(app.report(&ci, &again).await?["receipt"]["deliveries"], 1);
    assert_eq!(
        app.ask("{ jobs { totalCount } }").await?["jobs"]["totalCount"],
        2
    );
    // and the very same is the same
    assert_eq!(app.report(&ci, &result).await?["receipt"]["deliveries"], 2);
    assert_eq!(
        app.ask("{ jobs { totalCount } }").await?["jobs"]["totalCount"],
        2
    );
    Ok(())
}

async fn only_federated_jobs_make_device_types_known(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot generic.rest-api").await?;
    let ci = app.reporter("ci").await?;
    for (id, job_type) in [(1, "META"), (2, "PACKAGE"), (3, "SLAVE")] {
        let result = PlainResult::of(id, "2026.10")
            .with("type", job_type)
            .with("deviceType", "unheard-of")
            .with("device", "unheard-of-01")
            .says("generic.rest-api=PASS");
        app.report_all(&ci, &[result]).await?;
    }
    let nothing = app
        .ask("{ deviceTypes { totalCount } devices { totalCount } }")
        .await?;
    assert_eq!(
        nothing,
        json!({ "deviceTypes": { "totalCount": 0 }, "devices": { "totalCount": 0 } })
    );
    let fed = PlainResult::of(4, "2026.10")
        .on("bbb")
        .with("device", "bbb-01")
        .says("boot.u-boot=PASS");
    app.report_all(&ci, &[fed]).await?;
    let known = app
        .ask("{ deviceTypes { nodes { name } } devices { nodes { hostname federatedName lab { name } deviceType { name } } } versions { totalCount } }")
        .await?;
    assert_eq!(
        known,
        json!({ "deviceTypes": { "nodes": [{ "name": "bbb" }] },
            "devices": { "nodes": [{ "hostname": "bbb-01", "federatedName": "bbb-01", "lab": null, "deviceType": { "name": "bbb" } }] },
            "versions": { "totalCount": 1 } })
    );
    Ok(())
}

async fn wrong_results_are_told_in_the_errors(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot generic.rest-api").await?;
    let ci = app.reporter("ci").await?;
    let of = |id| PlainResult::of(id, "2026.10");
    for (result, code, word) in [
        (
            of(1).with("version", "newest"),
            "VERSION_MALFORMED",
            "newest",
        ),
        (of(2).with("externalId", ""), "BAD_USER_INPUT", "1 to 200"),
        (
            of(3).with("externalId", "x".repeat(201)),
            "BAD_USER_INPUT",
            "1 to 200",
        ),
        (
            of(4).says("boot.u-boot=PASS"),
            "DEVICE_TYPE_MISSING",
            "boot.u-boot",
        ),
        (
            of(6)
                .with("type", "META")
                .with("deviceType", "unheard-of")
                .says("boot.u-boot=PASS"),
            "NOT_FOUND",
            "unheard-of",
        ),
        (
            of(5).says("flash.uuu=PASS"),
            "FEATURES_MALFORMED",
            "flash.uuu",
        ),
        (of(6).on("two words"), "BAD_USER_INPUT", "two words"),
        (
            of(7).on("bbb").with("device", "a b"),
            "BAD_USER_INPUT",
            "a b",
        ),
        (
            of(9).says("generic.rest-api=PASS generic.rest-api=FAIL"),
            "BAD_USER_INPUT",
            "more than one verdict on \"generic.rest-api\"",
        ),
        (
            of(8).says("generic.unheard-of=PASS"),
            "FEATURE_UNDECLARED",
            "generic.unheard-of",
        ),
    ] {
        let told = app.report(&ci, &result).await?;
        let error = at(&told, "/errors/0");
        assert_eq!(error["code"], code, "{result:?} {told}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{message:?} names {word}");
        assert_eq!(told["errors"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            told["receipt"]["code"], code,
            "the receipt is kept and says so"
        );
        let refused = code != "FEATURE_UNDECLARED";
        assert_eq!(told["job"].is_null(), refused, "{told}");
        assert_eq!(
            told["receipt"]["state"],
            if refused { "REFUSED" } else { "PARTIAL" }
        );
    }
    let counts = app
        .ask("{ jobs { totalCount } receipts { totalCount } refused: receipts(state: REFUSED) { totalCount } }")
        .await?;
    assert_eq!(
        counts,
        json!({ "jobs": { "totalCount": 1 }, "receipts": { "totalCount": 10 }, "refused": { "totalCount": 9 } })
    );
    Ok(())
}

async fn either_notification_or_result(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs").await?;
    let lava = app.reporter("federated").await?;
    let query = "mutation ($input: ReportJobInput!) { reportJob(input: $input) { job { externalId } receipt { state format } errors { code path } } }";
    let neither = app
        .graphql(&lava, query, json!({ "input": {} }))
        .await?
        .data()?;
    assert_eq!(
        neither["reportJob"],
        json!({ "job": null, "receipt": null, "errors": [{ "code": "BAD_USER_INPUT", "path": ["input"] }] })
    );
    let told = Notification::complete()?
        .declares("FED", "2026.10", "deploy.tmpfs")
        .body(&lava);
    let both =
        json!({ "input": { "notification": told, "result": PlainResult::of(1, "2026.10").0 } });
    let both = app.graphql(&lava, query, both).await?.data()?;
    assert_eq!(both["reportJob"]["errors"][0]["code"], "BAD_USER_INPUT");
    let one = app
        .graphql(&lava, query, json!({ "input": { "notification": told } }))
        .await?
        .data()?;
    assert_eq!(
        one["reportJob"],
        json!({ "job": { "externalId": "1" }, "receipt": { "state": "ACCEPTED", "format": "JSON" }, "errors": [] })
    );
    assert_eq!(app.grid("2026.10").await?, ["deploy.tmpfs P P ."]);
    // the same by LAVA's door is the same
    let again = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    assert_eq!(app.tell(&lava, &again).await?["deliveries"], 2);

    let broken = app
        .graphql(
            &lava,
            query,
            json!({ "input": { "notification": "{ \"id\": 1," } }),
        )
        .await?
        .data()?;
    assert_eq!(
        broken["reportJob"]["errors"][0]["code"],
        "NOTIFICATION_INVALID"
    );
    assert!(broken["reportJob"]["receipt"].is_null());
    Ok(())
}
