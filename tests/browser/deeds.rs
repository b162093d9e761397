//! What those who may can do by a form: waive, pause a lab, take a day off, have a notification read again.

use anyhow::{Context as _, Result, ensure};
use chrono::{Days, Utc};
use entity::token::Scope;
use lavafed_tests::browser::Browser;
use lavafed_tests::client::at;
use lavafed_tests::notification::Notification;
use serde_json::json;

use crate::catalogue;
use crate::leases;
use crate::site::Site;

async fn sign_in(site: &Site, browser: &Browser, scope: Scope, of: Option<&str>) -> Result<()> {
    let token = site.app.token(scope, of).await?;
    browser.open(&site.url("/sign-in")).await?;
    browser.until_says("Sign in").await?;
    focus(browser, "input[type=password]").await?;
    browser.press(token.as_str()).await?;
    browser.click("button", "Sign in").await?;
    browser.until_at("/leases").await
}

async fn focus(browser: &Browser, field: &str) -> Result<()> {
    let found =
        format!("const field = document.querySelector('{field}'); field?.focus(); return !!field");
    browser.until(field, &found, &[]).await.map(drop)
}

/// A date is typed differently in each country.
async fn enter_day(browser: &Browser, field: &str, day: &str) -> Result<()> {
    let script = format!("document.querySelector('{field}').value = '{day}'");
    browser.ask(&script).await
}

/// Opens a form by what it is called; one that has said what it did is closed first.
async fn open_form(browser: &Browser, name: &str) -> Result<()> {
    let script = "const found = [...document.querySelectorAll('summary')]
        .find(one => one.getAttribute('aria-label') === arguments[0]);
        const details = found?.parentElement;
        if (details?.open && details.querySelector('form')) return true;
        found?.click(); return false";
    browser.until(name, script, &[name.into()]).await.map(drop)
}

/// What is said where it was done.
async fn is_told(browser: &Browser, said: &str) -> Result<()> {
    let script = "return document.querySelector('details[open] [role=status]')?.textContent === arguments[0]";
    browser.until(said, script, &[said.into()]).await.map(drop)
}

/// The focus is on what is called so, and not lost with the form that is done.
async fn is_at(browser: &Browser, name: &str) -> Result<()> {
    let script = "const at = document.activeElement;
        return [at.getAttribute('aria-label'), at.id].includes(arguments[0])";
    browser.until(name, script, &[name.into()]).await.map(drop)
}

async fn no_barriers(browser: &Browser) -> Result<()> {
    let found = browser.barriers().await?;
    ensure!(found.is_empty(), "{found:#?}");
    Ok(())
}

fn in_days(days: u64) -> Result<String> {
    let day = Utc::now().date_naive().checked_add_days(Days::new(days));
    Ok(day.context("a day")?.to_string())
}

#[test]
fn what_broke_is_waived_and_taken_back() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        // who may not sees what is waived, and how one may
        browser
            .open(&site.url("/versions/2026.10?list=waivers"))
            .await?;
        browser
            .click("link", "Waive, take back, and what was waived")
            .await?;
        browser.until_at("/versions/2026.10/waivers").await?;
        browser.until_says("An administrator waives").await?;
        assert!(!browser.text().await?.contains("Waive it"));

        sign_in(site, browser, Scope::Admin, None).await?;
        browser.open(&site.url("/versions/2026.10/waivers")).await?;
        browser
            .until_says("2026.10 is not ready: 2 regressions")
            .await?;
        let waive = "Waive boot.u-boot on x15";
        open_form(browser, waive).await?;
        focus(browser, "details[open] [name=reason]").await?;
        browser.press("its probe is broken").await?;
        focus(browser, "details[open] [name=url]").await?;
        browser.press("ftp://nowhere").await?;
        let day = in_days(7)?;
        enter_day(browser, "details[open] [name=until]", &day).await?;
        browser.picture("waiving").await?;
        browser.prefer("dark").await?;
        browser.resize(375, 900).await?;
        browser.picture("waiving-dark-375").await?;
        browser.prefer("light").await?;
        browser.resize(1440, 900).await?;
        no_barriers(browser).await?;
        let refuse = "document.querySelector('details[open] form').requestSubmit()";
        browser.ask::<()>(refuse).await?;
        let said =
            "return document.querySelector('details[open] [role=alert]')?.textContent || false";
        browser.until("a wrong link is told", said, &[]).await?;
        browser
            .ask::<()>("document.querySelector('details[open] [name=url]').value = 'https://git.example.org/lava/issues/7'")
            .await?;
        // twice within a moment is once
        browser.ask::<()>(&format!("{refuse}; {refuse}")).await?;
        browser
            .until_says("2026.10 is not ready: 1 regression")
            .await?;
        browser.until_there("link", "its probe is broken").await?;
        let taking_back = "Take back the waiver of boot.u-boot on x15";
        is_at(browser, taking_back).await?;
        is_told(browser, "It is waived.").await?;
        let trail = site
            .app
            .admin("{ waivers(version: \"2026.10\", past: true) { nodes { until feature { name } deviceType { name } } } }")
            .await?;
        assert_eq!(
            *at(&trail, "/waivers/nodes"),
            json!([{ "until": format!("{day}T23:59:59+00:00"), "feature": { "name": "boot.u-boot" },
                "deviceType": { "name": "x15" } }])
        );
        browser.picture("waived").await?;

        open_form(browser, taking_back).await?;
        browser.click("button", "Take the waiver back").await?;
        browser
            .until_says("2026.10 is not ready: 2 regressions")
            .await?;
        browser.until_says("ended").await?;
        browser.open(&site.url("/versions/2031.01/waivers")).await?;
        browser.until_says("2031.01 is not known").await
    })
}

#[test]
fn an_owner_pauses_and_takes_days_off() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        leases::fill(site).await?;
        site.app
            .admin("mutation { addLab(input: { name: \"rennes\" }) { errors { message } } }")
            .await?;
        browser.open(&site.url("/labs/paris")).await?;
        browser.until_says("How it lends").await?;
        let buttons = "return document.querySelectorAll('.deeds summary').length";
        assert_eq!(browser.ask::<u32>(buttons).await?, 0);
        sign_in(site, browser, Scope::Lend, Some("lab:paris")).await?;
        // of another lab not
        browser.open(&site.url("/labs/rennes")).await?;
        browser.until_says("How it lends").await?;
        assert_eq!(browser.ask::<u32>(buttons).await?, 0);

        browser.open(&site.url("/labs/paris")).await?;
        open_form(browser, "Take a day off").await?;
        let day = in_days(30)?;
        enter_day(browser, "details[open] [name=day]", &day).await?;
        browser.click("button", "Take it off").await?;
        browser.until_says(&day).await?;
        is_at(browser, "Take a day off").await?;
        open_form(browser, "Lend on a day off").await?;
        browser.picture("lab-owner").await?;
        no_barriers(browser).await?;
        browser.click("button", "Lend again").await?;
        browser.until_says("none ahead").await?;
        let lost = "return document.activeElement === document.body";
        assert!(!browser.ask::<bool>(lost).await?);

        open_form(browser, "Pause").await?;
        browser.click("button", "Pause it").await?;
        browser
            .until_says("paused: lends nothing until it is resumed")
            .await?;
        let paused = site.app.ask("{ lab(name: \"paris\") { paused } }").await?;
        assert_eq!(*at(&paused, "/lab/paused"), json!(true));
        is_at(browser, "Resume").await?;
        is_told(browser, "It is paused.").await?;
        open_form(browser, "Resume").await?;
        browser.click("button", "Resume it").await?;
        is_at(browser, "Pause").await?;
        is_told(browser, "It lends again.").await?;
        let resumed = "return ![...document.querySelectorAll('dd')].some(one => one.textContent.startsWith('paused'))";
        browser.until("it lends again", resumed, &[]).await?;
        Ok(())
    })
}

#[test]
fn what_did_not_count_is_read_again() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        let token = site.app.reporter("federated").await?;
        let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
        site.notify(&token, &told).await?;
        sign_in(site, browser, Scope::Admin, None).await?;
        browser.open(&site.url("/receipts")).await?;
        browser.until_says("1 notification, newest first").await?;
        browser.until_says("partial").await?;
        // what it lacked
        site.app.declare("deploy.tmpfs").await?;
        let script =
            "const found = document.querySelector('.give summary'); found?.click(); return !!found";
        browser.until("it can be replayed", script, &[]).await?;
        // another comes while the form is open
        let other = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
        site.notify(&token, &other.job(4711)).await?;
        browser.until_says("2 notifications, newest first").await?;
        let open = "const open = document.querySelector('details[open]'); return open?.closest('tr').rowIndex";
        assert_eq!(browser.ask::<Option<u32>>(open).await?, Some(2));
        browser.picture("replay").await?;
        no_barriers(browser).await?;
        browser.click("button", "Replay it").await?;
        let left = "return !document.querySelector('.give')";
        browser
            .until("nothing is left to replay", left, &[])
            .await?;
        Ok(())
    })
}
