//! What a lab gives: its windows of some days, and what came of them.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use entity::lease::{self, LeaseState};
use lavafed::lease::reason::Code;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::at;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::borrowing::{self, drive, lease};

on_both_databases!(
    windows_are_told_with_their_days_off,
    what_came_of_a_lab_is_counted,
);

async fn windows_are_told_with_their_days_off(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    let tomorrow = (Utc::now() + TimeDelta::days(2)).date_naive();
    let veto = format!(
        "vetoDay(input: {{ lab: \"paris\", day: \"{tomorrow}\" }}) {{ errors {{ message }} }}"
    );
    let vetoed = borrowing::change(&app, &owners.paris, &veto)
        .await?
        .data()?;
    assert_eq!(at(&vetoed, "/m/errors"), &json!([]));
    let noon = format!("{tomorrow}T12:00:00Z");
    let day_after = tomorrow + TimeDelta::days(1);
    let windows = |from: &str, to: &str| {
        format!(
            "{{ labs {{ nodes {{ windows(from: \"{from}\", to: \"{to}\") {{ opensAt closesAt }} }} }} }}"
        )
    };
    // paris does not lend that night, rennes does
    let told = app
        .ask(&windows(&noon, &format!("{day_after}T12:00:00Z")))
        .await?;
    assert_eq!(at(&told, "/labs/nodes/0/windows"), &json!([]));
    let of_rennes = at(&told, "/labs/nodes/1/windows");
    assert_eq!(of_rennes.as_array().map(Vec::len), Some(1), "{of_rennes}");
    let long = app
        .graphql(
            "",
            &windows("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            json!({}),
        )
        .await?;
    let refused = long
        .data()
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(refused.contains("more than 31 days"), "{refused}");
    Ok(())
}

async fn what_came_of_a_lab_is_counted(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    app.declare("boot.u-boot").await?;
    app.expect("boot.u-boot", "bbb").await?;
    let now = Utc::now();
    let result = |id: u32, version: &str, days: i64, device: &str, verdict: &str| {
        PlainResult::of(id, version)
            .on("bbb")
            .with("device", device)
            .with("submittedAt", (now - TimeDelta::days(days)).to_rfc3339())
            .says(&format!("boot.u-boot={verdict}"))
    };
    app.report_all(
        &app.reporter("federated").await?,
        &[
            result(1, "2026.09", 40, "rennes-bbb-01", "PASS"),
            result(2, "2026.10", 1, "paris-bbb-01", "FAIL"),
            result(3, "2026.10", 1, "paris-bbb-02", "FAIL"),
        ],
    )
    .await?;
    borrowing::round(&app, "paris", 120).await?;
    let id = lease(&app, &owners.paris, "paris", "bbb-01").await?;
    let taken = lease::ActiveModel {
        asked_at: Set(Some(now - TimeDelta::hours(2))),
        taken_at: Set(Some(now - TimeDelta::hours(2))),
        ..Default::default()
    };
    drive(&app, id, LeaseState::Acquiring, Code::Acquired, taken, now).await?;
    for (state, code) in [
        (LeaseState::Held, Code::Opened),
        (LeaseState::Releasing, Code::OwnerAsked),
        (LeaseState::Released, Code::KeptInMaintenance),
    ] {
        let none = lease::ActiveModel::default();
        drive(&app, id, state, code, none, now).await?;
    }
    let told = app
        .ask("{ labs { nodes { name contribution { heldSeconds jobs regressions } } } }")
        .await?;
    assert_eq!(
        at(&told, "/labs/nodes"),
        &json!([
            { "name": "paris", "contribution": { "heldSeconds": 7_200, "jobs": 2, "regressions": 1 } },
            // its only job is older than what is counted
            { "name": "rennes", "contribution": { "heldSeconds": 0, "jobs": 0, "regressions": 0 } },
        ])
    );
    Ok(())
}
