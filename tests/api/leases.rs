//! Leases are wished for and wanted back, and found again.

use anyhow::{Context as _, Result};
use chrono::{TimeDelta, Utc};
use entity::device_health::DeviceHealth;
use entity::lease::{self, LeaseState};
use futures_util::future::try_join_all;
use lavafed::error::Code as ErrorCode;
use lavafed::lease::reason::{Code, Reason};
use lavafed::service::transition::{self, By, LAVAFED};
use lavafed_tests::app::{TestApp, global_id};
use lavafed_tests::client::{at, list, text, texts};
use lavafed_tests::on_both_databases;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::borrowing::{self, acquire, drive, lease, lease_id, release, row, trail};

on_both_databases!(
    a_device_is_lent_and_wanted_back,
    why_a_device_cannot_be_acquired,
    fifty_who_want_it_get_one_lease,
    a_lease_is_moved_from_where_it_is,
    leases_are_found_and_paged,
);

async fn a_device_is_lent_and_wanted_back(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    let mut wakes = app.app.wakes.subscribe();
    wakes.mark_unchanged();
    let id = lease(&app, &owners.paris, "paris", "bbb-01").await?;
    assert!(wakes.has_changed()?, "who drives the lab is waken");
    let shown = format!(
        "{{ lease(id: \"{}\") {{ state code savedHealth overdue heldSeconds releaseAsked
            device {{ hostname lease {{ id }} }} lab {{ name }} round {{ state version {{ name }} }} jobs {{ name }} }} }}",
        lease_id(id)
    );
    assert_eq!(
        app.ask(&shown).await?["lease"],
        json!({ "state": "PLANNED", "code": "PLANNED", "savedHealth": null, "overdue": false, "heldSeconds": null,
            "releaseAsked": false, "device": { "hostname": "bbb-01", "lease": { "id": lease_id(id) } },
            "lab": { "name": "paris" }, "round": { "state": "OPEN", "version": { "name": "2026.10" } }, "jobs": [] })
    );

    // the driver takes it
    let now = Utc::now();
    let taken = lease::ActiveModel {
        saved_health: Set(Some(DeviceHealth::Good)),
        asked_at: Set(Some(now)),
        taken_at: Set(Some(now - TimeDelta::seconds(90))),
        ..Default::default()
    };
    drive(&app, id, LeaseState::Acquiring, Code::Acquired, taken, now).await?;
    let none = lease::ActiveModel::default();
    drive(&app, id, LeaseState::Held, Code::Opened, none, now).await?;
    let held = app.ask(&shown).await?;
    assert_eq!(at(&held, "/lease/savedHealth"), "GOOD");
    assert!(at(&held, "/lease/heldSeconds").as_i64() >= Some(90));

    // the owner wants it back, fifty times at once and once more
    let by_id = format!("lease: \"{}\"", lease_id(id));
    let before = app.event().await?;
    try_join_all((0..50).map(|_| release(&app, &owners.paris, &by_id))).await?;
    let by_name = "lab: \"paris\", hostname: \"bbb-01\"";
    let again = release(&app, &owners.paris, by_name).await?.data()?;
    assert_eq!(
        at(&again, "/m"),
        &json!({ "errors": [], "lease": { "id": lease_id(id), "number": id.0, "state": "HELD", "code": "OPENED",
            "releaseAsked": true, "keepInMaintenance": false } })
    );
    assert_eq!(app.event().await?, before + 1, "it is told once");
    // and to be left in Maintenance, which cannot be taken back
    let keep = format!("{by_id}, keepInMaintenance: true");
    for input in [&keep, &keep, &by_id] {
        let kept = release(&app, &owners.paris, input).await?.data()?;
        assert_eq!(at(&kept, "/m/lease/keepInMaintenance"), true);
    }
    assert_eq!(app.event().await?, before + 2);

    // the driver gives it back
    let none = lease::ActiveModel::default;
    drive(
        &app,
        id,
        LeaseState::Releasing,
        Code::OwnerAsked,
        none(),
        now,
    )
    .await?;
    drive(
        &app,
        id,
        LeaseState::Released,
        Code::KeptInMaintenance,
        none(),
        now,
    )
    .await?;
    let over = release(&app, &owners.paris, by_name).await?.data()?;
    assert_eq!(at(&over, "/m/lease/state"), "RELEASED");
    let over = row(&app, id).await?;
    assert!(over.released_from_at.is_some() && over.ended_at.is_some());
    assert_eq!(over.saved_health, Some(DeviceHealth::Good));
    let owner = "token:a token of scope Lend";
    assert_eq!(
        trail(&app, id).await?,
        [
            format!("{owner} TRANSITION state ->planned PLANNED"),
            "lavafed TRANSITION state planned>acquiring ACQUIRED".to_owned(),
            "lavafed TRANSITION state acquiring>held OPENED".to_owned(),
            format!("{owner} NOTE release ->- OWNER_ASKED"),
            format!("{owner} NOTE release ->- OWNER_ASKED"),
            "lavafed TRANSITION state held>releasing OWNER_ASKED".to_owned(),
            "lavafed TRANSITION state releasing>released KEPT_IN_MAINTENANCE".to_owned(),
        ]
    );
    // who may not administer is not told for what the token was made
    let actors = format!(
        "{{ lease(id: \"{}\") {{ trail(first: 1) {{ nodes {{ actor sentence }} totalCount }} }} }}",
        lease_id(id)
    );
    let public = app.ask(&actors).await?;
    assert_eq!(text(&public, "/lease/trail/nodes/0/actor"), Some("token"));
    assert_eq!(at(&public, "/lease/trail/totalCount"), 7);
    // it may be lent once more
    lease(&app, &app.admin, "paris", "bbb-01").await?;
    Ok(())
}

async fn why_a_device_cannot_be_acquired(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    let refused = async |lab: &str, hostname: &str| -> Result<String> {
        let answer = acquire(&app, &app.admin, lab, hostname).await?.data()?;
        let sentence = text(&answer, "/m/errors/0/message").unwrap_or_default();
        assert!(sentence.contains(' '), "{answer}");
        assert!(at(&answer, "/m/lease").is_null());
        Ok(format!(
            "{} {}",
            text(&answer, "/m/errors/0/code").unwrap_or_default(),
            text(&answer, "/m/errors/0/path/0").unwrap_or_default()
        ))
    };
    assert_eq!(refused("none", "bbb-01").await?, "NOT_FOUND lab");
    assert_eq!(refused("paris", "none").await?, "NOT_FOUND hostname");
    assert_eq!(refused("paris", "bbb-01").await?, "NO_OPEN_ROUND lab");
    borrowing::round(&app, "paris", 5).await?;
    assert_eq!(refused("paris", "bbb-01").await?, "WINDOW_TOO_SHORT lab");
    borrowing::round(&app, "rennes", 120).await?;
    for (device, lack) in [
        ("lendable: false", "lendable"),
        ("lendable: true, dockerDevice: \"\"", "docker device"),
        (
            "dockerDevice: \"docker-01\", shareDictionary: false",
            "dictionary",
        ),
    ] {
        let update = format!(
            "mutation {{ updateDevice(input: {{ lab: \"rennes\", hostname: \"bbb-01\", {device} }}) {{ errors {{ message }} }} }}"
        );
        assert_eq!(
            app.admin(&update).await?["updateDevice"]["errors"],
            json!([])
        );
        let code = refused("rennes", "bbb-01").await?;
        assert_eq!(code, "NOT_LENDABLE hostname", "{lack}");
    }
    // with a dictionary of its own it is lent
    app.admin("mutation { updateDevice(input: { lab: \"rennes\", hostname: \"bbb-01\", dictionary: \"{% extends 'bbb.jinja2' %}\" }) { errors { message } } }")
        .await?;
    lease(&app, &app.admin, "rennes", "bbb-01").await?;
    assert_eq!(
        refused("rennes", "bbb-01").await?,
        "ALREADY_LEASED hostname"
    );
    for (input, expected) in [
        ("lab: \"rennes\"", "BAD_USER_INPUT lease"),
        (
            "lease: \"x\", lab: \"rennes\", hostname: \"bbb-01\"",
            "BAD_USER_INPUT lease",
        ),
        ("lease: \"x\"", "BAD_USER_INPUT lease"),
        ("lab: \"paris\", hostname: \"bbb-02\"", "NOT_FOUND hostname"),
    ] {
        let answer = release(&app, &app.admin, input).await?.data()?;
        let found = format!(
            "{} {}",
            text(&answer, "/m/errors/0/code").unwrap_or_default(),
            text(&answer, "/m/errors/0/path/0").unwrap_or_default()
        );
        assert_eq!(found, expected, "{input}");
    }
    Ok(())
}

async fn fifty_who_want_it_get_one_lease(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    let wants = (0..50).map(|_| acquire(&app, &owners.paris, "paris", "bbb-02"));
    let answers = try_join_all(wants).await?;
    let mut outcomes = Vec::new();
    for answer in answers {
        let answer = answer.data()?;
        outcomes.push(
            text(&answer, "/m/errors/0/code")
                .unwrap_or("lent")
                .to_owned(),
        );
    }
    outcomes.sort();
    let mut expected = vec!["ALREADY_LEASED"; 49];
    expected.push("lent");
    assert_eq!(outcomes, expected);
    let leases = app.ask("{ leases { totalCount } }").await?;
    assert_eq!(at(&leases, "/leases/totalCount"), 1);
    Ok(())
}

async fn a_lease_is_moved_from_where_it_is(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    let round = borrowing::round(&app, "paris", 120).await?;
    let id = lease(&app, &owners.paris, "paris", "bbb-01").await?;
    let planned = row(&app, id).await?;
    let now = Utc::now();
    let save = |health| lease::ActiveModel {
        saved_health: Set(Some(health)),
        ..Default::default()
    };
    let good = save(DeviceHealth::Good);
    drive(&app, id, LeaseState::Acquiring, Code::Acquired, good, now).await?;
    let before = (row(&app, id).await?, trail(&app, id).await?);
    let event = app.event().await?;
    let why = Reason::new(Code::WindowEnds, "The lab's window ends.");
    let by = By {
        actor: LAVAFED,
        fence: Some(borrowing::FENCE),
    };
    let (skipped, acquiring) = (LeaseState::Skipped, LeaseState::Acquiring);
    for (read, to, facts) in [
        // who read it before it moved
        (&planned, skipped, lease::ActiveModel::default()),
        // the saved health is written once
        (&before.0, acquiring, save(DeviceHealth::Maintenance)),
    ] {
        let txn = app.app.db.begin().await?;
        let refused = transition::move_lease(&txn, read, to, &why, facts, by, now).await;
        let code = refused.err().map(|error| error.code);
        assert_eq!(code, Some(ErrorCode::Conflict));
        drop(txn);
    }
    let txn = app.app.db.begin().await?;
    let (device, planned) = (before.0.device_id, LeaseState::Planned);
    let second = transition::begin_lease(&txn, &round, device, planned, &why, by, now).await;
    let code = second.err().map(|error| error.code);
    assert_eq!(code, Some(ErrorCode::AlreadyLeased));
    drop(txn);
    assert_eq!((row(&app, id).await?, trail(&app, id).await?), before);
    assert_eq!(app.event().await?, event, "nothing is told");
    assert_eq!(before.0.fence, borrowing::FENCE);
    Ok(())
}

/// When the one that is over ended.
async fn rows_ended(app: &TestApp) -> Result<String> {
    let told = app
        .ask("{ leases(state: [SKIPPED]) { nodes { endedAt } } }")
        .await?;
    let ended = text(&told, "/leases/nodes/0/endedAt").context("an end")?;
    Ok(ended.to_owned())
}

async fn leases_are_found_and_paged(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    let round = borrowing::round(&app, "paris", 120).await?;
    borrowing::round(&app, "rennes", 120).await?;
    let first = lease(&app, &app.admin, "paris", "bbb-01").await?;
    let none = lease::ActiveModel::default();
    let why = Code::DispatcherMissing;
    drive(&app, first, LeaseState::Skipped, why, none, Utc::now()).await?;
    for (lab, hostname) in [
        ("paris", "bbb-01"),
        ("paris", "bbb-02"),
        ("rennes", "bbb-01"),
    ] {
        lease(&app, &app.admin, lab, hostname).await?;
    }
    let of = async |arguments: &str| -> Result<Vec<String>> {
        let query = format!(
            "{{ leases{arguments} {{ nodes {{ lab {{ name }} device {{ hostname }} state }} totalCount }} }}"
        );
        let answer = app.ask(&query).await?;
        let nodes = list(&answer, "/leases/nodes");
        Ok(nodes
            .iter()
            .map(|node| {
                format!(
                    "{} {} {}",
                    node["lab"]["name"].as_str().unwrap_or_default(),
                    node["device"]["hostname"].as_str().unwrap_or_default(),
                    node["state"].as_str().unwrap_or_default()
                )
            })
            .collect())
    };
    let all = [
        "rennes bbb-01 PLANNED",
        "paris bbb-02 PLANNED",
        "paris bbb-01 PLANNED",
        "paris bbb-01 SKIPPED",
    ];
    assert_eq!(of("").await?, all);
    assert_eq!(of("(lab: \"paris\")").await?, all[1..]);
    assert_eq!(of("(lab: \"paris\", device: \"bbb-01\")").await?, all[2..]);
    assert_eq!(of("(current: true)").await?, all[..3]);
    assert_eq!(of("(state: [SKIPPED, STUCK])").await?, all[3..]);
    let ended = rows_ended(&app).await?;
    assert_eq!(of(&format!("(endedAfter: \"{ended}\")")).await?, all[..3]);
    assert_eq!(of("(endedAfter: \"2026-01-01T00:00:00Z\")").await?, all);
    assert_eq!(of("(newest: true)").await?, all[..3]);
    assert_eq!(of("(newest: false)").await?, all[3..]);
    assert_eq!(of("(newest: false, lab: \"rennes\")").await?, all[4..]);
    assert_eq!(of("(first: 1)").await?, all[..1]);
    for (arguments, code) in [
        ("lab: \"none\"", "NOT_FOUND"),
        ("device: \"bbb-01\"", "BAD_USER_INPUT"),
        ("lab: \"paris\", device: \"none\"", "NOT_FOUND"),
    ] {
        let query = format!("{{ leases({arguments}) {{ totalCount }} }}");
        assert_eq!(app.graphql("", &query, json!({})).await?.code(), code);
    }
    let places = app
        .ask("{ lab(name: \"paris\") { leases(current: true) { totalCount } rounds { nodes { id state leases { totalCount } dispatchers { name } trail { totalCount } } } }
            rounds(lab: \"paris\", current: true) { totalCount } all: rounds { totalCount } }")
        .await?;
    let id = global_id("Round", round.id.0);
    assert_eq!(
        places,
        json!({ "lab": { "leases": { "totalCount": 2 }, "rounds": { "nodes": [{ "id": id, "state": "OPEN",
                "leases": { "totalCount": 3 }, "dispatchers": [], "trail": { "totalCount": 0 } }] } },
            "rounds": { "totalCount": 1 }, "all": { "totalCount": 2 } })
    );
    let query = format!(
        "{{ nodes(ids: [\"{id}\", \"{}\"]) {{ __typename id }} }}",
        lease_id(first)
    );
    let nodes = app.ask(&query).await?;
    assert_eq!(texts(&nodes, "/nodes", "/__typename"), ["Round", "Lease"]);
    Ok(())
}
