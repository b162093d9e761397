//! LAVA posts a notification, and it becomes cells of the grid.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, text};
use lavafed_tests::notification::{Notification, recordings};
use lavafed_tests::{on_both_databases, sums};
use serde_json::json;

on_both_databases!(
    a_notification_becomes_cells,
    every_recording_gives_its_verdicts,
    the_same_again_changes_nothing,
    what_is_late_changes_nothing,
    minimal_and_urlencoded_ones_set_state_and_health_only,
    an_undeclared_feature_counts_once_it_is_declared,
);

/// Two that pass, a case that passes, one that fails, one that is missing, and a generic one.
pub(crate) const FEATURES: &str = "deploy.tmpfs boot.qemu test.shell=0_smoke/uname \
    test.bad=0_smoke/bad test.none=0_smoke/missing generic.notifications";

pub(crate) const DECLARED: &str =
    "deploy.tmpfs boot.qemu test.shell test.bad test.none generic.notifications";

async fn a_notification_becomes_cells(app: TestApp) -> Result<()> {
    app.declare(DECLARED).await?;
    let lava = app.reporter("federated").await?;
    for (name, version) in [
        ("2023.01/complete-results-json", "2023.01"),
        ("2026.10/complete-results-json", "2026.10"),
    ] {
        let told = Notification::recorded(name)?.declares("FED", version, FEATURES);
        let receipt = app.tell(&lava, &told).await?;
        assert_eq!(receipt["state"], "ACCEPTED", "{receipt}");
        // the newer version still fails what the older one failed
        let still = if version == "2026.10" { "S" } else { "." };
        assert_eq!(
            app.grid(version).await?,
            [
                "generic.notifications P - .",
                "deploy.tmpfs P P .",
                "boot.qemu P P .",
                &format!("test.bad F F {still}"),
                "test.none N N .",
                "test.shell P P .",
            ]
        );
    }
    let job = app
        .ask(
            "{ job(source: \"federated\", externalId: \"1\") { type state health
            description version { name } deviceType { name } startedAt endedAt
            device { hostname lab { name } federatedName lendable }
            verdicts { feature { name } verdict message } } }",
        )
        .await?;
    let verdict = |feature: &str, verdict: &str, message: Option<&str>| json!({ "feature": { "name": feature }, "verdict": verdict, "message": message });
    let mut verdicts = job["job"]["verdicts"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    verdicts.sort_by_key(|said| said["feature"]["name"].to_string());
    assert_eq!(
        verdicts,
        [
            verdict("boot.qemu", "PASS", None),
            verdict("deploy.tmpfs", "PASS", None),
            verdict("generic.notifications", "PASS", None),
            verdict("test.bad", "FAIL", Some("0_smoke/bad: fail")),
            verdict(
                "test.none",
                "NOT_REACHED",
                Some("0_smoke/missing is not among the results")
            ),
            verdict("test.shell", "PASS", None),
        ]
    );
    let mut job = job["job"].clone();
    job["verdicts"].take();
    assert_eq!(
        job,
        json!({ "type": "FED", "state": "FINISHED", "health": "COMPLETE",
            "description": "lavafed qemu smoke",
            "startedAt": "2026-11-22T09:59:30.507885+00:00",
            "endedAt": "2026-11-22T09:59:36.692406+00:00",
            "version": { "name": "2026.10" }, "deviceType": { "name": "qemu" },
            "device": { "hostname": "qemu-fed-1", "lab": null, "federatedName": "qemu-fed-1", "lendable": false },
            "verdicts": null })
    );
    Ok(())
}

/// The verdicts in the order of `FEATURES`: `P`ass, `F`ail, `I`nfra, `N`ot reached; or state and health alone.
const COMPLETE: &str = "FINISHED COMPLETE PPPFNP";
const COMPLETE_ALONE: &str = "FINISHED COMPLETE ";
const RUNNING: &str = "RUNNING UNKNOWN ";
const CANCELED: &str = "FINISHED CANCELED IIIIII";
const BOOT_FAILED: &str = "FINISHED INCOMPLETE PFNNNN";
const VALIDATION_FAILED: &str = "FINISHED INCOMPLETE FNNNNN";

#[rustfmt::skip]
const RECORDED: &[(&str, &str)] = &[
    ("2023.01/canceled-while-running-all-json", CANCELED),
    ("2023.01/canceled-while-submitted-all-json", CANCELED),
    ("2023.01/complete-all-json", COMPLETE),
    ("2023.01/complete-all-urlencoded", COMPLETE_ALONE),
    ("2023.01/complete-logs-json", COMPLETE_ALONE),
    ("2023.01/complete-minimal-defaults-token-by-description", COMPLETE_ALONE),
    ("2023.01/complete-minimal-json", COMPLETE_ALONE),
    ("2023.01/complete-minimal-json-answered-500", COMPLETE_ALONE),
    ("2023.01/complete-minimal-json-api-called-back", COMPLETE_ALONE),
    ("2023.01/complete-results-json", COMPLETE),
    ("2023.01/dispatcher-job-canceled-minimal-json", "FINISHED CANCELED "),
    ("2023.01/dispatcher-job-running-minimal-json", RUNNING),
    ("2023.01/incomplete-boot-timeout-all-json", BOOT_FAILED),
    // its error type is Bug: LAVA is what is tested, so it is a failure
    ("2023.01/incomplete-infrastructure-all-json", VALIDATION_FAILED),
    ("2023.01/incomplete-validation-minimal-json", "FINISHED INCOMPLETE "),
    ("2023.01/incomplete-validation-results-json", VALIDATION_FAILED),
    ("2023.01/running-all-json", RUNNING),
    ("2026.10/canceled-while-running-all-json", CANCELED),
    ("2026.10/canceled-while-submitted-all-json", CANCELED),
    ("2026.10/complete-all-json", COMPLETE),
    ("2026.10/complete-all-urlencoded", COMPLETE_ALONE),
    ("2026.10/complete-minimal-json", COMPLETE_ALONE),
    ("2026.10/complete-minimal-json-api-called-back", COMPLETE_ALONE),
    ("2026.10/complete-minimal-json-api-called-back-answered", COMPLETE_ALONE),
    ("2026.10/complete-results-json", COMPLETE),
    ("2026.10/incomplete-boot-timeout-all-json", BOOT_FAILED),
    ("2026.10/incomplete-infrastructure-all-json", VALIDATION_FAILED),
    ("2026.10/running-all-json", RUNNING),
];

async fn every_recording_gives_its_verdicts(app: TestApp) -> Result<()> {
    let listed: Vec<&str> = RECORDED.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, recordings()?, "each recording is in the table");
    app.declare(DECLARED).await?;
    let lava = app.reporter("federated").await?;
    let mut told = Vec::new();
    for (id, (name, _)) in (100..).zip(RECORDED) {
        let one = Notification::recorded(name)?
            .declares("FED", "2026.10", FEATURES)
            .job(id);
        let answer = app.callback(&lava, &one).await?;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        told.push((id, *name));
    }
    app.settled().await?;
    let mut seen = Vec::new();
    for (id, name) in told {
        let job = app
            .ask(&format!(
                "{{ job(source: \"federated\", externalId: \"{id}\") {{ state health
                    verdicts {{ feature {{ name }} verdict }} receipts {{ state }} }} }}"
            ))
            .await?;
        let job = &job["job"];
        assert_eq!(job["receipts"], json!([{ "state": "ACCEPTED" }]), "{name}");
        let letters: String = DECLARED
            .split(' ')
            .filter_map(|feature| {
                let all = job["verdicts"].as_array()?;
                let said = all.iter().find(|said| said["feature"]["name"] == feature)?;
                said["verdict"].as_str()?.chars().next()
            })
            .collect();
        let word = |field: &str| job[field].as_str().unwrap_or_default().to_owned();
        seen.push((
            name,
            format!("{} {} {letters}", word("state"), word("health")),
        ));
    }
    let expected: Vec<_> = RECORDED
        .iter()
        .map(|(name, line)| (*name, (*line).to_owned()))
        .collect();
    assert_eq!(seen, expected);
    sums::check(app.app.db.read()).await
}

async fn the_same_again_changes_nothing(app: TestApp) -> Result<()> {
    app.declare(DECLARED).await?;
    let lava = app.reporter("federated").await?;
    let told = Notification::complete()?.declares("FED", "2026.10", FEATURES);
    let first = app.tell(&lava, &told).await?;
    assert_eq!(first["deliveries"], 1);
    let event = app.event().await?;
    let grid = app.grid("2026.10").await?;

    let again = app.tell(&lava, &told).await?;
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["deliveries"], 2);
    assert_eq!(again["state"], "ACCEPTED");
    assert_eq!(app.event().await?, event, "nothing happened");
    assert_eq!(app.grid("2026.10").await?, grid);

    // the same of another source is another notification and another job
    let ci = app.reporter("ci").await?;
    let other = app.tell(&ci, &told).await?;
    assert_ne!(other["id"], first["id"]);
    let counts = app
        .ask("{ receipts { totalCount } jobs { totalCount } }")
        .await?;
    assert_eq!(
        counts,
        json!({ "receipts": { "totalCount": 2 }, "jobs": { "totalCount": 2 } })
    );
    Ok(())
}

async fn what_is_late_changes_nothing(app: TestApp) -> Result<()> {
    app.declare(DECLARED).await?;
    let lava = app.reporter("federated").await?;
    let finished = Notification::complete()?.declares("FED", "2026.10", FEATURES);
    assert_eq!(app.tell(&lava, &finished).await?["state"], "ACCEPTED");
    let event = app.event().await?;
    let late = app.tell(&lava, &finished.clone().running()).await?;
    assert_eq!(late["state"], "LATE");
    assert_eq!(late["code"], json!(null));
    let job = app
        .ask("{ job(source: \"federated\", externalId: \"1\") { state health endedAt receipts { state } } }")
        .await?;
    assert_eq!(
        job["job"],
        json!({ "state": "FINISHED", "health": "COMPLETE", "endedAt": "2026-11-22T09:59:36.692406+00:00",
            "receipts": [{ "state": "ACCEPTED" }, { "state": "LATE" }] })
    );
    assert_eq!(app.event().await?, event, "nobody is told of it");
    Ok(())
}

async fn minimal_and_urlencoded_ones_set_state_and_health_only(app: TestApp) -> Result<()> {
    app.declare(DECLARED).await?;
    let lava = app.reporter("federated").await?;
    for (id, name) in [
        (7, "2026.10/complete-minimal-json"),
        (8, "2026.10/complete-all-urlencoded"),
        (9, "2023.01/complete-minimal-defaults-token-by-description"),
    ] {
        let told = Notification::recorded(name)?
            .declares("FED", "2026.10", FEATURES)
            .job(id);
        let receipt = app.tell(&lava, &told).await?;
        assert_eq!(receipt["state"], "ACCEPTED", "{name} {receipt}");
        let job = app
            .ask(&format!(
                "{{ job(source: \"federated\", externalId: \"{id}\") {{ state health verdicts {{ verdict }} features {{ name }} }} }}"
            ))
            .await?;
        assert_eq!(text(&job, "/job/state"), Some("FINISHED"), "{name}");
        assert_eq!(text(&job, "/job/health"), Some("COMPLETE"), "{name}");
        assert_eq!(*at(&job, "/job/verdicts"), json!([]), "{name}");
        assert_eq!(job["job"]["features"].as_array().map(Vec::len), Some(6));
    }
    assert_eq!(app.grid("2026.10").await?[1], "deploy.tmpfs - - .");

    // what the fetch or another callback brings later still counts
    let results = Notification::complete()?
        .declares("FED", "2026.10", FEATURES)
        .job(7);
    assert_eq!(app.tell(&lava, &results).await?["state"], "ACCEPTED");
    assert_eq!(app.grid("2026.10").await?[1], "deploy.tmpfs P P .");
    Ok(())
}

async fn an_undeclared_feature_counts_once_it_is_declared(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs").await?;
    let lava = app.reporter("federated").await?;
    let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs boot.qemu");
    let receipt = app.tell(&lava, &told).await?;
    assert_eq!(receipt["state"], "PARTIAL");
    assert_eq!(receipt["code"], "FEATURE_UNDECLARED");
    let sentence = receipt["message"].as_str().unwrap_or_default();
    assert!(sentence.contains("boot.qemu"), "{sentence}");
    assert!(!sentence.contains("deploy.tmpfs"), "{sentence}");
    assert_eq!(receipt["job"]["externalId"], "1", "the job is recorded");
    assert_eq!(app.grid("2026.10").await?, ["deploy.tmpfs P P ."]);

    app.declare("boot.qemu").await?;
    assert_eq!(
        app.grid("2026.10").await?,
        ["deploy.tmpfs P P .", "boot.qemu - - ."]
    );
    let replayed = app
        .admin("mutation { replayReceipts(input: {}) { replayed errors { code } } }")
        .await?;
    assert_eq!(
        replayed["replayReceipts"],
        json!({ "replayed": 1, "errors": [] })
    );
    assert_eq!(
        app.grid("2026.10").await?,
        ["deploy.tmpfs P P .", "boot.qemu P P ."]
    );
    let fate = app
        .ask("{ receipts { nodes { state code message job { externalId } } } }")
        .await?;
    assert_eq!(
        fate["receipts"]["nodes"],
        json!([{ "state": "ACCEPTED", "code": null, "message": null, "job": { "externalId": "1" } }])
    );
    Ok(())
}
