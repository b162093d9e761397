//! Subscribers see every event once, in order, and resume where they were.

use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::{TimeDelta, Utc};
use futures_util::{Stream, StreamExt as _};
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, text};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    jobs_are_told_as_they_come,
    resumed_without_gap_or_repeat,
    changes_of_the_grid_are_told,
    forgotten_events_need_a_new_read,
    a_grid_patched_by_events_is_the_grid_read_anew,
);

async fn next(stream: &mut (impl Stream<Item = Result<Value>> + Unpin)) -> Result<Value> {
    tokio::time::timeout(Duration::from_secs(15), stream.next())
        .await
        .context("nothing was told in time")?
        .context("the stream ended")?
}

const JOBS: &str = "event at job { externalId state health }";

async fn jobs_are_told_as_they_come(app: TestApp) -> Result<()> {
    app.declare("generic.rest-api").await?;
    let ci = app.reporter("ci").await?;
    let result = |id| PlainResult::of(id, "2026.10").says("generic.rest-api=PASS");
    app.report_all(&ci, &[result(1)]).await?;
    // without `after` it begins with what comes
    let mut jobs = app
        .subscribe("", &format!("subscription {{ jobRecorded {{ {JOBS} }} }}"))
        .await?;
    let first = async {
        // the subscription may begin a moment later than its answer
        for id in 2.. {
            app.report_all(&ci, &[result(id)]).await?;
            if let Ok(told) = tokio::time::timeout(Duration::from_millis(500), jobs.next()).await {
                return told.context("the stream ended")?;
            }
        }
        anyhow::bail!("never")
    };
    let first = first.await?;
    assert_ne!(text(&first, "/data/jobRecorded/job/externalId"), Some("1"));
    let running = result(90).running("2026-10-05T00:00:00Z");
    app.report_all(&ci, &[running]).await?;
    app.report_all(
        &ci,
        &[result(90).with("submittedAt", "2026-10-05T00:00:00Z")],
    )
    .await?;
    let mut states = Vec::new();
    while states.len() < 2 {
        let told = next(&mut jobs).await?;
        if text(&told, "/data/jobRecorded/job/externalId") == Some("90") {
            states.push(at(&told, "/data/jobRecorded/event").as_i64());
        }
    }
    assert!(states[0] < states[1], "each change is told: {states:?}");
    Ok(())
}

async fn resumed_without_gap_or_repeat(app: TestApp) -> Result<()> {
    app.declare("generic.rest-api").await?;
    let ci = app.reporter("ci").await?;
    let start = app.event().await?;
    let mut seen: Vec<(i64, String)> = Vec::new();
    let reporting = async {
        for id in 1..=40u32 {
            let result = PlainResult::of(id, "2026.10").says("generic.rest-api=PASS");
            app.report_all(&ci, &[result]).await?;
        }
        anyhow::Ok(())
    };
    let following = async {
        // hangs up after every third
        while seen.len() < 40 {
            let after = seen.last().map_or(start, |(event, _)| *event);
            let query = format!("subscription {{ jobRecorded(after: {after}) {{ {JOBS} }} }}");
            let mut jobs = app.subscribe("", &query).await?;
            for _ in 0..3 {
                if seen.len() == 40 {
                    break;
                }
                let told = next(&mut jobs).await?;
                let told = at(&told, "/data/jobRecorded");
                let event = told["event"].as_i64().with_context(|| told.to_string())?;
                let id = told["job"]["externalId"].as_str().unwrap_or_default();
                seen.push((event, id.to_owned()));
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(reporting, following)?;
    let ids: Vec<&str> = seen.iter().map(|(_, id)| id.as_str()).collect();
    let expected: Vec<String> = (1..=40).map(|id| id.to_string()).collect();
    assert_eq!(ids, expected, "each once, in order");
    assert!(seen.windows(2).all(|two| two[0].0 < two[1].0));
    Ok(())
}

async fn changes_of_the_grid_are_told(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot").await?;
    app.device_types("bbb").await?;
    let ci = app.reporter("ci").await?;
    let of = |id, verdict: &str| {
        PlainResult::of(id, "2026.10")
            .on("bbb")
            .says(&format!("boot.u-boot={verdict}"))
    };
    app.report_all(&ci, &[of(1, "PASS")]).await?;
    let start = app.event().await?;
    let fields = "event version cells { feature deviceType before verdict }";
    let mut all = app
        .subscribe(
            "",
            &format!("subscription {{ gridChanged(after: {start}) {{ {fields} }} }}"),
        )
        .await?;
    let mut of_old = app
        .subscribe("", &format!("subscription {{ gridChanged(after: {start}, version: \"2026.09\") {{ {fields} }} }}"))
        .await?;
    app.report_all(&ci, &[of(2, "FAIL")]).await?;
    app.report_all(&ci, &[of(3, "INFRA").with("version", "2026.09")])
        .await?;
    app.expect("boot.u-boot", "bbb").await?;

    let told = next(&mut all).await?;
    let told = at(&told, "/data/gridChanged").clone();
    assert_eq!(
        told,
        json!({ "event": told["event"], "version": "2026.10",
            "cells": [{ "feature": "boot.u-boot", "deviceType": "bbb", "before": "PASS", "verdict": "FLAKY" }] })
    );
    // the version was not known: first the catalogue changes
    let catalog = json!({ "version": null, "cells": [] });
    let job = json!({ "version": "2026.09",
        "cells": [{ "feature": "boot.u-boot", "deviceType": "bbb", "before": "PLANNED", "verdict": "INFRA" }] });
    let without_event = |mut told: Value| {
        let mut told = told["data"]["gridChanged"].take();
        if let Some(fields) = told.as_object_mut() {
            fields.remove("event");
        }
        told
    };
    assert_eq!(without_event(next(&mut all).await?), catalog);
    assert_eq!(without_event(next(&mut all).await?), job);
    assert_eq!(without_event(next(&mut all).await?), catalog, "the plan");
    // who asks for one version is spared the others
    assert_eq!(without_event(next(&mut of_old).await?), catalog);
    assert_eq!(without_event(next(&mut of_old).await?), job);
    assert_eq!(without_event(next(&mut of_old).await?), catalog);
    Ok(())
}

async fn forgotten_events_need_a_new_read(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let newest = app.event().await?;
    lavafed::event::forget(&app.app.db, Utc::now() + TimeDelta::days(1)).await?;
    for (after, code) in [
        (1, "RESYNC_REQUIRED"),
        (newest - 1, "RESYNC_REQUIRED"),
        (newest + 1, "BAD_USER_INPUT"),
        (-1, "BAD_USER_INPUT"),
    ] {
        for field in ["jobRecorded", "gridChanged"] {
            let query = format!("subscription {{ {field}(after: {after}) {{ event }} }}");
            let mut stream = app.subscribe("", &query).await?;
            let told = next(&mut stream).await?;
            assert_eq!(
                text(&told, "/errors/0/extensions/code"),
                Some(code),
                "{after} {told}"
            );
            assert!(stream.next().await.is_none(), "that is the end");
        }
    }
    // behind the newest event nothing is missing
    let query = format!("subscription {{ jobRecorded(after: {newest}) {{ {JOBS} }} }}");
    let mut stream = app.subscribe("", &query).await?;
    let ci = app.reporter("ci").await?;
    app.report_all(&ci, &[PlainResult::of(70, "2026.10")])
        .await?;
    let told = next(&mut stream).await?;
    assert_eq!(text(&told, "/data/jobRecorded/job/externalId"), Some("70"));
    // and the grid does not need them
    assert_eq!(app.grid("2026.10").await?[1], "deploy.tftp F FYP RYF");
    Ok(())
}

/// The grid lives in memory and is patched; it must be what another server reads from the tables.
async fn a_grid_patched_by_events_is_the_grid_read_anew(app: TestApp) -> Result<()> {
    world::plan(&app).await?;
    let ci = app.reporter("ci").await?;
    let query = "{ grid(rows: FEATURE, columns: DEVICE_TYPE) { event columns { name verdict change passed total }
        rows { header { verdict change passed total } verdicts changes counts } }
        versions: grid(rows: VERSION, columns: FEATURE) { rows { header { summary { expected tested pass fail flaky infra running planned
            notReached regressions newFailures fixed stillFailing newPasses appeared gone flakyChanges ready } } verdicts changes counts } } }";
    app.ask(query).await?;
    for result in world::old().into_iter().chain(world::new()) {
        app.report_all(&ci, &[result]).await?;
        let patched = app.ask(query).await?;
        let other = lavafed_tests::app::open(&app.home).await?;
        let anew = lavafed::graphql::schema(other);
        let caller = lavafed::graphql::Caller {
            actor: lavafed::auth::Actor::Anonymous,
            credential: None,
        };
        let request = async_graphql::Request::new(query).data(caller);
        let anew = serde_json::to_value(anew.execute(request).await.data)?;
        assert_eq!(patched, anew);
    }
    Ok(())
}
