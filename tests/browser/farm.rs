//! `/jobs`, `/labs`, `/devices`, `/receipts` and `/tokens`: lists that are narrowed, and what a lab gives.

use anyhow::{Context as _, Result};
use chrono::{Days, Utc};
use entity::token::Scope;
use lavafed_tests::app::global_id;
use lavafed_tests::browser::Browser;
use lavafed_tests::client::at;
use lavafed_tests::notification::Notification;
use lavafed_tests::result::PlainResult;

use crate::catalogue;
use crate::leases;
use crate::site::Site;

/// What a person may write where LAVA asks for no name.
const HOSTILE: &str = "<script>alert(1)</script>";
const FROM_THE_RIGHT: &str = "\u{5de}\u{5e2}\u{5d1}\u{5d3}\u{5d4} (1)";

#[test]
fn jobs_are_narrowed_by_an_address_that_can_be_kept() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/jobs")).await?;
        browser.until_says("No job is known yet").await?;
        catalogue::fill(site).await?;
        browser.until_says("14 jobs, newest first").await?;
        browser.picture("jobs").await?;
        browser.choose("Health", "Incomplete").await?;
        browser.until_at("/jobs?health=INCOMPLETE").await?;
        browser.until_says("1 job, newest first").await?;
        browser.open(&site.url("/jobs?type=SLAVE")).await?;
        browser.until_says("No job matches").await?;
        browser.click("link", "Show all jobs").await?;
        browser.until_at("/jobs").await?;

        let field = "document.querySelector('[list=known-version]').focus()";
        browser.ask::<()>(field).await?;
        browser.press("2026.10\u{e007}").await?;
        browser.until_at("/jobs?version=2026.10").await?;
        browser.until_says("4 jobs, newest first").await?;
        browser.back().await?;
        browser.until_says("14 jobs").await?;
        browser
            .open(&site.url("/jobs?version=2026.10&feature=boot.u-boot"))
            .await?;
        browser.until_says("3 jobs, newest first").await?;
        browser.open(&site.url("/jobs?version=2099.01")).await?;
        browser.until_says("There are no such jobs").await?;
        browser.click("link", "Show all jobs").await?;
        browser.click("link", "24").await?;
        browser.until_says("Job 24 of federated: ").await?;
        Ok(())
    })
}

#[test]
fn a_long_list_is_read_page_by_page() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        site.app.declare("generic.rest-api").await?;
        let results: Vec<_> = (1..=60).map(|id| PlainResult::of(id, "2026.10")).collect();
        let reporter = site.app.reporter("ci").await?;
        site.app.report_all(&reporter, &results).await?;
        browser.open(&site.url("/jobs")).await?;
        browser.until_says("60 jobs, newest first").await?;
        let rows = "return document.querySelectorAll('tbody tr').length";
        assert_eq!(browser.ask::<u32>(rows).await?, 50);
        browser.click("link", "Older").await?;
        browser
            .until("the rest is shown", &format!("{rows} === 10"), &[])
            .await?;
        browser.click("link", "Newest").await?;
        browser.until_at("/jobs").await?;
        browser
            .until("the first page is shown", &format!("{rows} === 50"), &[])
            .await
            .map(drop)
    })
}

#[test]
fn a_lab_says_what_it_lends_and_gave() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/labs")).await?;
        browser.until_says("No lab is known yet").await?;
        leases::fill(site).await?;
        let day = Utc::now()
            .date_naive()
            .checked_add_days(Days::new(30))
            .context("a day")?;
        site.app
            .admin(&format!("mutation {{ vetoDay(input: {{ lab: \"paris\", day: \"{day}\" }}) {{ errors {{ message }} }} }}"))
            .await?;
        browser.reload().await?;
        browser.until_says("1 lab, 1 device held now").await?;
        browser
            .until_says("30 device-minutes, 3 jobs, 0 regressions found")
            .await?;
        browser.picture("labs").await?;
        browser.click("link", "paris").await?;
        browser.until_at("/labs/paris").await?;
        browser.until_says(&day.to_string()).await?;
        let text = browser.text().await?;
        for said in [
            "lends 20:00\u{2013}06:00 Europe/Paris",
            "not called yet",
            "Good",
            "REST, with an API token",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        browser.picture("lab").await?;
        browser.open(&site.url("/devices/paris/bbb-01")).await?;
        browser.until_says("What it was lent for").await?;
        browser
            .until_says("paris-bbb-01 on the federated server")
            .await?;
        browser.picture("device").await?;
        for path in [
            "/labs/nowhere",
            "/devices/paris/nothing",
            "/devices/nowhere/bbb-01",
        ] {
            browser.open(&site.url(path)).await?;
            browser.until_says("is not known").await?;
        }
        Ok(())
    })
}

#[test]
fn every_notification_has_its_fate() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/receipts")).await?;
        browser.until_says("No notification has come yet").await?;
        catalogue::fill(site).await?;
        let token = site.app.reporter("federated").await?;
        let told = Notification::complete()?;
        site.notify(&token, &told).await?;
        site.notify(&token, &told).await?;
        browser.until_says("15 notifications, newest first").await?;
        browser.until_says("2 times: 1 duplicate").await?;
        browser.picture("receipts").await?;
        browser.choose("Fate", "accepted").await?;
        browser.until_at("/receipts?state=ACCEPTED").await?;
        browser.until_says("14 notifications, newest first").await?;
        browser.choose("From", "ci").await?;
        browser.until_says("No notification matches").await?;
        browser.click("link", "Show all notifications").await?;
        browser.until_at("/receipts").await
    })
}

#[test]
fn a_token_is_made_shown_once_and_revoked() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/tokens")).await?;
        browser
            .until_says("Only an administrator sees tokens")
            .await?;
        browser.click("link", "Sign in as administrator").await?;
        browser.until_at("/sign-in").await?;
        let admin = site.app.token(Scope::Admin, None).await?;
        browser
            .ask::<()>("document.querySelector('input[type=password]').focus()")
            .await?;
        browser.press(admin.as_str()).await?;
        browser.click("button", "Sign in").await?;
        browser.until_at("/leases").await?;
        browser.click("link", "Tokens").await?;
        browser.until_at("/tokens").await?;
        browser.until_says("2 tokens, newest first").await?;
        browser
            .ask::<()>("document.querySelector('.making summary').click()")
            .await?;
        browser
            .ask::<()>("document.querySelector('input[name=description]').focus()")
            .await?;
        browser.press(HOSTILE).await?;
        browser
            .choose("Scope", "report: report results for whom it speaks")
            .await?;
        browser
            .ask::<()>("document.querySelector('[name=for]').focus()")
            .await?;
        browser.press("nobody").await?;
        browser.click("button", "Make it").await?;
        browser
            .until(
                "a wrong source is told",
                "return !!document.querySelector('.making [role=alert]')?.textContent",
                &[],
            )
            .await?;
        browser.ask::<()>("const field = document.querySelector('[name=for]'); field.value = ''; field.focus()").await?;
        browser.press("ci").await?;
        let day = Utc::now()
            .date_naive()
            .checked_add_days(Days::new(3))
            .context("a day")?;
        browser
            .ask::<()>(&format!(
                "document.querySelector('[name=ends]').value = '{day}'"
            ))
            .await?;
        // a double click makes one
        let send = "document.querySelector('.making form').requestSubmit()";
        browser.ask::<()>(&format!("{send}; {send}")).await?;
        browser
            .until_says("It is not kept and cannot be shown again.")
            .await?;
        let secret: String = browser
            .ask("return document.querySelector('.secret code').textContent")
            .await?;
        browser.until_says("3 tokens, newest first").await?;
        browser.until_says(&format!("{day} 23:59 UTC")).await?;
        browser.until_says(HOSTILE).await?;
        browser.picture("tokens").await?;
        let viewer = site
            .app
            .graphql(&secret, "{ viewer { scope } }", serde_json::json!({}))
            .await?
            .data()?;
        assert_eq!(at(&viewer, "/viewer/scope"), "REPORT");
        browser.reload().await?;
        browser.until_says("3 tokens, newest first").await?;
        assert!(!browser.text().await?.contains(&secret));

        browser
            .ask::<()>("document.querySelector('.give summary').click()")
            .await?;
        browser.click("button", "Revoke it").await?;
        browser.until_says("revoked").await?;
        let viewer = site
            .app
            .graphql(&secret, "{ viewer { scope } }", serde_json::json!({}))
            .await?;
        assert!(viewer.data().is_err(), "it is refused");
        Ok(())
    })
}

#[test]
fn names_of_every_kind_look_right() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        leases::fill(site).await?;
        // as long as LAVA allows
        let (long, lab) = ("a".repeat(200), "b".repeat(100));
        for add in [
            format!("addDeviceType(input: {{ name: \"{long}\" }})"),
            format!("addLab(input: {{ name: \"{lab}\" }})"),
            format!(
                "addDevice(input: {{ lab: \"paris\", hostname: \"{long}\", deviceType: \"{long}\" }})"
            ),
        ] {
            let added = site
                .app
                .admin(&format!(
                    "mutation {{ m: {add} {{ errors {{ message }} }} }}"
                ))
                .await?;
            assert_eq!(at(&added, "/m/errors"), &serde_json::json!([]), "{add}");
        }
        let results = [HOSTILE, FROM_THE_RIGHT].map(|said| {
            let id = if said == HOSTILE { 11 } else { 12 };
            PlainResult::of(id, "2026.10")
                .with("description", said)
                .on(&long)
        });
        site.app
            .report_all(&site.app.reporter("federated").await?, &results)
            .await?;
        let lease = format!("/leases/{}", global_id("Lease", 1));
        let job = site
            .app
            .ask("{ job(source: \"federated\", externalId: \"11\") { id } }")
            .await?;
        let hostile = format!("/jobs/{}", at(&job, "/job/id").as_str().unwrap_or_default());
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await?;
            for width in [1440, 768, 375, 320] {
                browser.resize(width, 900).await?;
                for (name, path, said) in [
                    ("jobs", "/jobs", "5 jobs"),
                    ("labs", "/labs", "2 labs"),
                    ("lab", "/labs/paris", &long),
                    ("device", "/devices/paris/bbb-01", "What it was lent for"),
                    ("receipts", "/receipts", "5 notifications"),
                    ("lease", &lease, "Trail"),
                    ("leases", "/leases", "1 device held"),
                    (
                        "long-device",
                        &format!("/devices/paris/{long}"),
                        "It was not lent yet.",
                    ),
                    ("hostile", &hostile, HOSTILE),
                ] {
                    browser.open(&site.url(path)).await?;
                    browser.until_says(said).await?;
                    let (needed, had): (u32, u32) = browser
                        .ask("const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]")
                        .await?;
                    assert!(needed <= had, "{path} needs {needed} of {had}");
                    browser
                        .picture(&format!("farm-{name}-{scheme}-{width}"))
                        .await?;
                }
            }
        }
        Ok(())
    })
}
