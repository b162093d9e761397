//! What is told of leases: by subscription, with their jobs, and to who drives labs.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use entity::job::JobType;
use entity::lease::{self, LeaseState};
use entity::submission::{self, SubmissionState};
use futures_util::{Stream, StreamExt as _};
use lavafed::lease::reason::Code;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, list, text};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};

use crate::borrowing::{self, drive, lease, lease_id, line, release, row};

on_both_databases!(
    changes_are_told_without_a_gap,
    what_another_process_asks_wakes_who_drives,
    jobs_of_a_lease_are_shown_with_it,
);

async fn next(stream: &mut (impl Stream<Item = Result<Value>> + Unpin)) -> Result<Value> {
    let told = tokio::time::timeout(Duration::from_secs(15), stream.next())
        .await
        .context("nothing was told in time")?
        .context("the stream ended")??;
    Ok(at(&told, "/data/deviceLeaseChanged").clone())
}

async fn changes_are_told_without_a_gap(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    borrowing::round(&app, "rennes", 120).await?;
    let start = app.event().await?;
    let fields = "event lease { number } entries { kind action before after code actor }";
    let working = async {
        for turn in 0..10 {
            let ours = lease(&app, &owners.paris, "paris", "bbb-01").await?;
            lease(&app, &owners.rennes, "rennes", "bbb-01").await?;
            release(
                &app,
                &owners.rennes,
                "lab: \"rennes\", hostname: \"bbb-01\"",
            )
            .await?;
            release(&app, &owners.paris, "lab: \"paris\", hostname: \"bbb-01\"").await?;
            let theirs = lavafed::service::lease::page(
                app.app.db.read(),
                &lavafed::service::lease::LeaseFilter {
                    current: true,
                    ..Default::default()
                },
                &lavafed::service::page::Window::default(),
            )
            .await?;
            assert_eq!(theirs.rows.len(), 2, "turn {turn}");
            for (_, open) in theirs.rows {
                let none = lease::ActiveModel::default();
                let why = Code::OwnerAsked;
                drive(&app, open.id, LeaseState::Skipped, why, none, Utc::now()).await?;
            }
            assert!(row(&app, ours).await?.state.is_final());
        }
        anyhow::Ok(())
    };
    let mut seen: Vec<(i64, i64, String)> = Vec::new();
    let following = async {
        // hangs up after every fourth
        while seen.len() < 30 {
            let after = seen.last().map_or(start, |(event, _, _)| *event);
            let query = format!(
                "subscription {{ deviceLeaseChanged(lab: \"paris\", device: \"bbb-01\", after: {after}) {{ {fields} }} }}"
            );
            let mut told = app.subscribe("", &query).await?;
            for _ in 0..4 {
                if seen.len() == 30 {
                    break;
                }
                let told = next(&mut told).await?;
                let event = told["event"].as_i64().with_context(|| told.to_string())?;
                let number = told["lease"]["number"].as_i64().unwrap_or_default();
                let lines: Vec<_> = list(&told, "/entries").iter().map(line).collect();
                seen.push((event, number, lines.join("; ")));
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(working, following)?;
    let events: BTreeSet<i64> = seen.iter().map(|(event, _, _)| *event).collect();
    assert_eq!(events.len(), 30, "none twice");
    assert!(seen.windows(2).all(|two| two[0].0 < two[1].0), "in order");
    for turn in seen.chunks(3) {
        let lines: Vec<&str> = turn.iter().map(|(_, _, lines)| lines.as_str()).collect();
        assert_eq!(
            lines,
            [
                "token TRANSITION state ->planned PLANNED",
                "token NOTE release ->- OWNER_ASKED",
                "lavafed TRANSITION state planned>skipped OWNER_ASKED",
            ]
        );
        assert!(turn.iter().all(|(_, number, _)| *number == turn[0].1));
    }
    // all labs: every event, those of the leases alone
    let query = format!("subscription {{ deviceLeaseChanged(after: {start}) {{ event }} }}");
    let mut all = app.subscribe("", &query).await?;
    let mut count = 0;
    while next(&mut all).await?["event"].as_i64() < Some(app.event().await?) {
        count += 1;
    }
    assert_eq!(count + 1, 60);
    let unknown = "subscription { deviceLeaseChanged(lab: \"none\") { event } }";
    let mut refused = app.subscribe("", unknown).await?;
    let refused = refused.next().await.context("an answer")??;
    assert_eq!(
        text(&refused, "/errors/0/extensions/code"),
        Some("NOT_FOUND")
    );
    Ok(())
}

/// A command beside the server, or another replica, wakes nobody here by itself.
async fn what_another_process_asks_wakes_who_drives(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    let id = lease(&app, &app.admin, "paris", "bbb-01").await?;
    let hearing = std::sync::Arc::clone(&app.app);
    let hearing = tokio::spawn(async move { lavafed::worker::hear(&hearing).await });
    let other = lavafed_tests::app::open(&app.home).await?;
    let mut wakes = app.app.wakes.subscribe();
    // what the driver does itself, and what is no matter of leases, is no news
    let taken = lease::ActiveModel::default();
    drive(
        &app,
        id,
        LeaseState::Acquiring,
        Code::Acquired,
        taken,
        Utc::now(),
    )
    .await?;
    let soon = Duration::from_secs(1);
    let early = tokio::time::timeout(soon, wakes.changed()).await;
    assert!(early.is_err(), "nobody is waken");
    let (who, wanted) = (
        lavafed::auth::Actor::Operator,
        lavafed::service::lease::Wanted::Id(id),
    );
    lavafed::service::lease::release(&other, &who, &wanted, false, Utc::now()).await?;
    tokio::time::timeout(Duration::from_secs(3), wakes.changed()).await??;
    hearing.abort();
    Ok(())
}

/// The job is told by its lease, the lease by its job, and both how they became known.
async fn jobs_of_a_lease_are_shown_with_it(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    app.declare("boot.u-boot").await?;
    let id = lease(&app, &app.admin, "paris", "bbb-01").await?;
    let federated = app.reporter("federated").await?;
    let result = PlainResult::of(41, "2026.10")
        .on("bbb")
        .with("device", "paris-bbb-01")
        .says("boot.u-boot=PASS");
    app.report_all(&federated, &[result]).await?;
    let job = entity::job::Entity::find()
        .one(app.app.db.read())
        .await?
        .context("the job")?;
    let lent = row(&app, id).await?;
    let now = Utc::now();
    let submitted = |name: &str, attempt, state| submission::ActiveModel {
        round_id: Set(lent.round_id),
        lease_id: Set(Some(id)),
        source_id: Set(job.source_id),
        job_type: Set(JobType::Fed),
        name: Set(name.to_owned()),
        template: Set(Some("bbb-boot".to_owned())),
        attempt: Set(attempt),
        state: Set(state),
        code: Set("SUBMITTED".to_owned()),
        reason: Set("LAVA has it.".to_owned()),
        planned_at: Set(now),
        ..Default::default()
    };
    let txn = app.app.db.begin().await?;
    let over = submission::ActiveModel {
        external_id: Set(Some("41".to_owned())),
        job_id: Set(Some(job.id)),
        ..submitted("one", 1, SubmissionState::Over)
    };
    let next = submitted("two", 2, SubmissionState::Planned);
    let dispatcher = submission::ActiveModel {
        lease_id: Set(None),
        job_type: Set(JobType::Slave),
        template: Set(None),
        docker_device: Set(Some("docker-01".to_owned())),
        worker: Set(Some("paris-docker-01".to_owned())),
        ..submitted("three", 1, SubmissionState::Submitted)
    };
    for row in [over, next, dispatcher] {
        submission::Entity::insert(row)
            .exec_without_returning(&txn)
            .await?;
    }
    txn.commit().await?;
    let query = format!(
        "{{ lease(id: \"{}\") {{ jobs {{ name type template attempt state externalId job {{ externalId }} }}
            round {{ dispatchers {{ name type dockerDevice worker job {{ id }} }} }} }}
            job(source: \"federated\", externalId: \"41\") {{ provenance lease {{ number }} device {{ hostname }} }} }}",
        lease_id(id)
    );
    assert_eq!(
        app.ask(&query).await?,
        json!({ "lease": { "jobs": [
                { "name": "one", "type": "FED", "template": "bbb-boot", "attempt": 1, "state": "OVER", "externalId": "41", "job": { "externalId": "41" } },
                { "name": "two", "type": "FED", "template": "bbb-boot", "attempt": 2, "state": "PLANNED", "externalId": null, "job": null }],
            "round": { "dispatchers": [{ "name": "three", "type": "SLAVE", "dockerDevice": "docker-01", "worker": "paris-docker-01", "job": null }] } },
            "job": { "provenance": "CALLBACK", "lease": { "number": id.0 }, "device": { "hostname": "bbb-01" } } })
    );
    for (told, provenance) in [(false, "POLL"), (true, "BOTH")] {
        let txn = app.app.db.begin().await?;
        let polled = entity::job::ActiveModel {
            id: Set(job.id),
            callback_at: Set(told.then_some(now)),
            poll_at: Set(Some(now)),
            ..Default::default()
        };
        entity::job::Entity::update(polled).exec(&txn).await?;
        txn.commit().await?;
        let shown = app.ask(&query).await?;
        assert_eq!(text(&shown, "/job/provenance"), Some(provenance));
    }
    Ok(())
}
