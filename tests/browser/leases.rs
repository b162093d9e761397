//! `/leases`: what the labs lend, its trail, and what a person has to know.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::alert::AlertKind;
use entity::device_health::DeviceHealth;
use entity::job::{self, JobState, JobType};
use entity::lease::{self, LeaseId, LeaseState};
use entity::round::{self, RoundState};
use entity::submission::{self, SubmissionState};
use entity::token::Scope;
use lavafed::lease::reason::{Code, Reason};
use lavafed::service::transition::{self, By, LAVAFED};
use lavafed::service::{alert, version};
use lavafed_tests::app::global_id;
use lavafed_tests::browser::Browser;
use lavafed_tests::client::at;
use lavafed_tests::result::PlainResult;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use crate::site::Site;

#[test]
fn an_empty_page_says_what_to_do() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/")).await?;
        browser.until_says("Live").await?;
        browser.click("link", "Leases").await?;
        browser.until_at("/leases").await?;
        browser.until_says("No lab lends anything yet").await?;
        browser.until_says("lavafed lab add").await?;
        browser.picture("leases-empty").await?;
        // a lease that is not there, and no id at all
        for id in [global_id("Lease", 99_999), "what".to_owned()] {
            browser.open(&site.url(&format!("/leases/{id}"))).await?;
            browser.until_says("This lease is not known").await?;
        }
        Ok(())
    })
}

#[test]
fn the_open_page_follows_a_lease_and_opens_its_trail() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("Live").await?;
        browser.press("gl").await?;
        browser.until_at("/leases").await?;
        browser.until_says("1 device held").await?;
        let text = browser.text().await?;
        for said in [
            "paris",
            "lends 20:00\u{2013}06:00 Europe/Paris",
            "not called yet",
            "2026.10 is tested, its round is open.",
            "each lab shows its own time",
            "Job 3 runs.",
            "The story says OPENED.",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert_eq!(states(browser).await?, ["bbb-01 held", "bbb-02 planned"]);
        browser.ask::<()>("window.openedOnce = true").await?;

        let second = newest(site).await?;
        step(site, second, LeaseState::Acquiring, Code::Acquired).await?;
        until_states(browser, &["bbb-01 held", "bbb-02 acquiring"]).await?;
        let told: String = browser
            .ask("return document.querySelector('[role=status]').textContent")
            .await?;
        assert_eq!(told, "bbb-02 of paris is acquiring");
        step(site, second, LeaseState::Skipped, Code::OwnerAsked).await?;
        until_states(browser, &["bbb-01 held", "bbb-02 skipped"]).await?;
        assert!(
            browser
                .ask::<bool>("return window.openedOnce === true")
                .await?
        );

        browser
            .until_named(
                "image",
                &[
                    "held, 3 jobs: 1 complete, 1 failed, 1 running",
                    "skipped, no jobs",
                ],
            )
            .await?;
        browser.click("button", "1 held").await?;
        browser.until_at("/leases?show=held").await?;
        until_states(browser, &["bbb-01 held"]).await?;
        browser.press("/").await?;
        browser.press("rennes").await?;
        browser.until_says("No lease matches").await?;
        browser.until_at("/leases?q=rennes&show=held").await?;
        browser.click("link", "Show all leases").await?;
        until_states(browser, &["bbb-01 held", "bbb-02 skipped"]).await?;

        browser.click("link", "bbb-01").await?;
        browser.until_says("bbb-01 of paris, lease ").await?;
        browser.until_there("link", "2").await?;
        browser.until_says("acquiring \u{2192} held").await?;
        assert!(browser.address().await?.starts_with("/leases/"));
        browser.picture("lease").await?;
        browser.back().await?;
        browser.until_at("/leases").await
    })
}

#[test]
fn what_happens_while_the_server_is_away_is_not_missed() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        fill(site).await?;
        browser.open(&site.url("/leases")).await?;
        browser.until_says("Live").await?;
        until_states(browser, &["bbb-01 held", "bbb-02 planned"]).await?;
        site.close().await?;
        let lost = "return /Reconnecting in|Offline, shows/.test(reader.text())";
        browser.until("the loss is said", lost, &[]).await?;
        let second = newest(site).await?;
        step(site, second, LeaseState::Acquiring, Code::Acquired).await?;
        site.serve().await?;
        until_states(browser, &["bbb-01 held", "bbb-02 acquiring"]).await?;
        // nobody can try a door in a browser without its console telling
        for complaint in browser.complaints().await? {
            let is_known = complaint.contains("ERR_CONNECTION_REFUSED")
                || complaint.contains("WebSocket is already in CLOSING or CLOSED state");
            assert!(is_known, "{complaint}");
        }
        Ok(())
    })
}

#[test]
fn a_busy_day_is_read_once_and_then_only_what_is_new() -> Result<()> {
    const BEFORE: usize = 160;
    crate::tell(async |site: &mut Site, browser: &Browser| {
        let held = fill(site).await?;
        were_lent(site, newest(site).await?, BEFORE).await?;
        wanted(site, "bbb-02").await?;
        let planned = newest(site).await?;
        browser.open(&site.url("/leases")).await?;
        browser.until_says("Live").await?;
        until_states(browser, &["bbb-01 held", "bbb-02 planned"]).await?;
        let line = format!("planned, no jobs, lent {BEFORE} times before");
        let first = "held, 3 jobs: 1 complete, 1 failed, 1 running";
        browser.until_named("image", &[first, &line]).await?;
        let whole = answered(browser).await?;
        assert!(whole > 50_000, "{whole} bytes for {BEFORE} leases");

        // the first that is over since says from when on there are news
        step(site, planned, LeaseState::Acquiring, Code::Acquired).await?;
        until_states(browser, &["bbb-01 held", "bbb-02 acquiring"]).await?;
        browser
            .ask::<()>("performance.clearResourceTimings()")
            .await?;
        let second =
            "[...document.querySelectorAll('.day li a')].find(a => a.textContent === 'bbb-02')";
        browser.ask::<()>(&format!("{second}.focus()")).await?;
        let keeps = async || -> Result<bool> {
            browser
                .ask(&format!("return document.activeElement === {second}"))
                .await
        };
        step(site, planned, LeaseState::Releasing, Code::OwnerAsked).await?;
        until_states(browser, &["bbb-02 releasing", "bbb-01 held"]).await?;
        assert!(keeps().await?, "its row went up");
        step(site, held, LeaseState::Releasing, Code::OwnerAsked).await?;
        until_states(browser, &["bbb-01 releasing", "bbb-02 releasing"]).await?;
        assert!(keeps().await?, "its row went down");
        let news = answered(browser).await?;
        assert!(news < 20_000, "{news} bytes for 2 leases");
        let line = line.replace("planned", "releasing");
        let first = first.replace("held", "releasing");
        browser.until_named("image", &[&first, &line]).await
    })
}

/// Bytes of all answers since the page was opened or told to forget them.
async fn answered(browser: &Browser) -> Result<u64> {
    let script = "return performance.getEntriesByType('resource')
        .filter((entry) => new URL(entry.name).pathname === '/graphql')
        .reduce((sum, entry) => sum + entry.decodedBodySize, 0)";
    browser.ask(script).await
}

/// The device of a lease was wanted many times today, and never taken.
async fn were_lent(site: &Site, lease: LeaseId, count: usize) -> Result<()> {
    step(site, lease, LeaseState::Skipped, Code::OwnerAsked).await?;
    let now = Utc::now();
    let txn = site.app.app.db.begin().await?;
    let row = lavafed::service::lease::get(&txn, lease).await?;
    for number in (1..count).rev() {
        let ended = now - TimeDelta::hours(10) * i32::try_from(number)? / i32::try_from(count)?;
        let before = lease::ActiveModel {
            id: NotSet,
            planned_at: Set(ended - TimeDelta::minutes(3)),
            ended_at: Set(Some(ended)),
            ..sea_orm::ActiveModelTrait::reset_all(row.clone().into_active_model())
        };
        lease::Entity::insert(before).exec(&txn).await?;
    }
    Ok(txn.commit().await?)
}

#[test]
fn an_owner_signs_in_and_wants_a_device_back() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        let held = fill(site).await?;
        let owner = site.app.token(Scope::Lend, Some("lab:paris")).await?;
        browser.open(&site.url("/leases")).await?;
        browser.until_says("1 device held").await?;
        let asked = "return document.querySelectorAll('.give').length";
        assert_eq!(browser.ask::<u32>(asked).await?, 0, "a reader may not");

        browser.click("link", "Sign in").await?;
        browser.until_at("/sign-in").await?;
        let field = "document.querySelector('input[type=password]').focus()";
        browser.ask::<()>(field).await?;
        browser.press("no.such.token").await?;
        browser.click("button", "Sign in").await?;
        browser.until_says("The token is not one of ours.").await?;
        for complaint in browser.complaints().await? {
            assert!(complaint.contains("401"), "{complaint}");
        }
        browser.picture("sign-in").await?;
        let anew = "document.querySelector('input[type=password]').value = ''";
        browser.ask::<()>(anew).await?;
        browser.ask::<()>(field).await?;
        browser.press(owner.as_str()).await?;
        browser.click("button", "Sign in").await?;
        browser.until_at("/leases").await?;
        browser.until_there("button", "Sign out").await?;
        let kept =
            "return document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })";
        let kept: String = browser.ask(kept).await?;
        assert!(!kept.contains(&owner), "a script can read the token");

        browser.click("link", "bbb-01").await?;
        browser.until_says("bbb-01 of paris, lease ").await?;
        browser
            .ask::<()>("document.querySelector('.give summary').focus()")
            .await?;
        browser.press(" ").await?;
        browser.until_says("Leave it in Maintenance").await?;
        browser.picture("give-back").await?;
        browser.click("checkbox", "Leave it in Maintenance").await?;
        browser.click("button", "Give it back").await?;
        browser.until_says("Asked for.").await?;
        let row = lavafed::service::lease::get(site.app.app.db.read(), held).await?;
        assert!(row.release_asked.is_some() && row.keep_in_maintenance);

        browser.click("button", "Sign out").await?;
        browser.until_there("link", "Sign in").await
    })
}

#[test]
fn an_alert_stands_on_every_page_and_nothing_sticks_out() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        let held = fill(site).await?;
        late(site, held).await?;
        let lease = format!("/leases/{}", global_id("Lease", held.0));
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await?;
            for width in [1440, 768, 375, 320] {
                browser.resize(width, 900).await?;
                for (name, path) in [("leases", "/leases"), ("lease", &lease), ("grid", "/")] {
                    browser.open(&site.url(path)).await?;
                    browser.until_says("bbb-01 is not back.").await?;
                    // a telephone shows the mark without its word
                    if width > 640 {
                        browser.until_says("Live").await?;
                    }
                    if name != "grid" {
                        browser.until_says("overdue by 02:0").await?;
                    }
                    let (needed, had): (u32, u32) = browser
                        .ask("const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]")
                        .await?;
                    assert!(needed <= had, "{path} needs {needed} of {had}");
                    browser
                        .picture(&format!("{name}-alert-{scheme}-{width}"))
                        .await?;
                }
            }
        }
        browser.resize(1440, 900).await?;
        browser.click("link", &format!("Lease {}", held.0)).await?;
        browser.until_at(&lease).await
    })
}

/// The rows of leases that are not over: device and state.
async fn states(browser: &Browser) -> Result<Vec<String>> {
    browser.ask(STATES).await
}

const STATES: &str = "
    const rows = [...document.querySelectorAll('.day li')];
    return rows.map(row => row.querySelector('a').textContent + ' ' + row.querySelector('.badges').textContent)";

async fn until_states(browser: &Browser, states: &[&str]) -> Result<()> {
    let script = format!(
        "const same = () => {{ {STATES} }};
        return JSON.stringify(same()) === JSON.stringify(arguments[0])"
    );
    browser
        .until(&format!("leases are {states:?}"), &script, &[states.into()])
        .await
        .map(drop)
}

/// Paris holds one device and plans to take another.
pub(crate) async fn fill(site: &Site) -> Result<LeaseId> {
    let app = &site.app;
    app.device_types("bbb").await?;
    app.admin("mutation { addVersion(input: { name: \"2026.10\" }) { errors { message } } }")
        .await?;
    app.admin(
        "mutation { addLab(input: { name: \"paris\", url: \"https://paris.example.org\", timeZone: \"Europe/Paris\",
            windowOpens: \"20:00\", windowMinutes: 600, apiToken: \"secret-of-paris\" }) { errors { message } } }",
    )
    .await?;
    let now = Utc::now();
    let txn = app.app.db.begin().await?;
    let row = round::ActiveModel {
        id: NotSet,
        lab_id: Set(lavafed::service::lab::get(&txn, "paris").await?.id),
        version_id: Set(version::get(&txn, "2026.10").await?.id),
        opens_at: Set(now - TimeDelta::hours(1)),
        ends_at: Set(now + TimeDelta::hours(2)),
        state: Set(RoundState::Open),
        code: Set(None),
        reason: Set(None),
        started_at: Set(now),
        closing_at: Set(None),
        ended_at: Set(None),
    };
    round::Entity::insert(row).exec(&txn).await?;
    txn.commit().await?;
    let mut held = None;
    for hostname in ["bbb-01", "bbb-02"] {
        app.admin(&format!(
            "mutation {{ addDevice(input: {{ lab: \"paris\", hostname: \"{hostname}\", deviceType: \"bbb\", lendable: true,
                dockerDevice: \"docker-01\", shareDictionary: true }}) {{ errors {{ message }} }} }}"
        ))
        .await?;
        held = held.or(Some(wanted(site, hostname).await?));
    }
    let held = held.context("a lease")?;
    let taken = lease::ActiveModel {
        saved_health: Set(Some(DeviceHealth::Good)),
        asked_at: Set(Some(now)),
        taken_at: Set(Some(now - TimeDelta::minutes(30))),
        ..Default::default()
    };
    drive(
        site,
        held,
        (LeaseState::Acquiring, Code::Acquired),
        taken,
        now,
    )
    .await?;
    step(site, held, LeaseState::Held, Code::Opened).await?;
    run_jobs(site, held, now).await?;
    Ok(held)
}

/// The lease of a device of paris that is to be taken.
async fn wanted(site: &Site, hostname: &str) -> Result<LeaseId> {
    let answer = site
        .app
        .admin(&format!(
            "mutation {{ acquireDevice(input: {{ lab: \"paris\", hostname: \"{hostname}\" }})
                {{ errors {{ message }} lease {{ number }} }} }}"
        ))
        .await?;
    let number = at(&answer, "/acquireDevice/lease/number").as_i64();
    Ok(LeaseId(number.with_context(|| answer.to_string())?))
}

/// One that passed, one that did not, and one that runs.
async fn run_jobs(site: &Site, id: LeaseId, now: DateTime<Utc>) -> Result<()> {
    let minutes_ago = |minutes| (now - TimeDelta::minutes(minutes)).to_rfc3339();
    let result = |id: u32, begin: i64, end: i64, health: &str| {
        PlainResult::of(id, "2026.10")
            .on("bbb")
            .with("device", "paris-bbb-01")
            .with("submittedAt", minutes_ago(begin))
            .with("startedAt", minutes_ago(begin))
            .with("endedAt", minutes_ago(end))
            .with("health", health)
    };
    let results = [
        result(1, 28, 22, "COMPLETE"),
        result(2, 20, 12, "INCOMPLETE"),
        result(3, 8, 0, "UNKNOWN").with("state", "RUNNING"),
    ];
    let app = &site.app;
    let reporter = app.reporter("federated").await?;
    app.report_all(&reporter, &results).await?;
    let txn = app.app.db.begin().await?;
    let lease = lavafed::service::lease::get(&txn, id).await?;
    for job in job::Entity::find().all(&txn).await? {
        let row = submission::ActiveModel {
            round_id: Set(lease.round_id),
            lease_id: Set(Some(id)),
            source_id: Set(job.source_id),
            job_type: Set(JobType::Fed),
            name: Set(format!("lavafed-1-{}", job.external_id)),
            attempt: Set(1),
            state: Set(if job.state == JobState::Finished {
                SubmissionState::Over
            } else {
                SubmissionState::Submitted
            }),
            code: Set("SUBMITTED".to_owned()),
            reason: Set("LAVA has it.".to_owned()),
            external_id: Set(Some(job.external_id)),
            job_id: Set(Some(job.id)),
            planned_at: Set(now),
            submitted_at: Set(Some(job.submitted_at)),
            ..Default::default()
        };
        submission::Entity::insert(row).exec(&txn).await?;
    }
    Ok(txn.commit().await?)
}

async fn step(site: &Site, id: LeaseId, to: LeaseState, code: Code) -> Result<()> {
    let none = lease::ActiveModel::default();
    drive(site, id, (to, code), none, Utc::now()).await
}

/// Moves a lease as its driver does.
async fn drive(
    site: &Site,
    id: LeaseId,
    (to, code): (LeaseState, Code),
    facts: lease::ActiveModel,
    now: DateTime<Utc>,
) -> Result<()> {
    let app = &site.app.app;
    let why = Reason::new(code, format!("The story says {}.", code.as_str()));
    let by = By {
        actor: LAVAFED,
        fence: Some(7),
    };
    let row = lavafed::service::lease::get(app.db.read(), id).await?;
    let txn = app.db.begin().await?;
    let no = transition::move_lease(&txn, &row, to, &why, facts, by, now).await?;
    txn.commit().await?;
    app.head.advance(no);
    Ok(())
}

async fn newest(site: &Site) -> Result<LeaseId> {
    let answer = site
        .app
        .ask("{ leases(first: 1) { nodes { number } } }")
        .await?;
    let number = at(&answer, "/leases/nodes/0/number").as_i64();
    Ok(LeaseId(number.context("a lease")?))
}

/// Its window was over two hours ago, and somebody has to know.
async fn late(site: &Site, id: LeaseId) -> Result<()> {
    let app = &site.app.app;
    let now = Utc::now();
    let row = lavafed::service::lease::get(app.db.read(), id).await?;
    let lab = row.lab_id;
    let txn = app.db.begin().await?;
    let mut late = row.into_active_model();
    late.ends_at = Set(now - TimeDelta::hours(2) - TimeDelta::minutes(5));
    lease::Entity::update(late).exec(&txn).await?;
    let said = "bbb-01 is not back. Ask the lab why its server does not answer.";
    alert::raise(
        &txn,
        "lease",
        AlertKind::Overdue,
        Some(lab),
        Some(id),
        said,
        now,
    )
    .await?;
    Ok(txn.commit().await?)
}
