//! The open page follows what is reported, without being loaded anew.

use anyhow::Result;
use chrono::Utc;
use entity::token::Scope;
use lavafed_tests::browser::Browser;
use lavafed_tests::notification::Notification;

use crate::catalogue;
use crate::site::Site;

const FEATURES: &str = "deploy.tmpfs boot.qemu test.shell=0_smoke/uname";
/// Gone with the first load of another page.
const MARK: &str = "window.openedOnce = true";
const IS_MARKED: &str = "return window.openedOnce === true";

#[test]
fn a_notification_changes_the_cell_in_the_open_page() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        let token = site.app.token(Scope::Report, Some("federated")).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("Live").await?;
        browser.ask::<()>(MARK).await?;
        browser
            .until_there("gridcell", "boot.qemu, 2026.10: pass in an older version")
            .await?;

        let job = job(77)?;
        site.notify(&token, &job.clone().running()).await?;
        browser
            .until_there("gridcell", "boot.qemu, 2026.10: running")
            .await?;
        site.notify(&token, &job).await?;
        for cell in [
            "deploy.tmpfs, 2026.10: pass",
            "boot.qemu, 2026.10: pass",
            "test.shell, 2026.10: infra, 2 of 4 pass",
        ] {
            browser.until_there("gridcell", cell).await?;
        }
        browser.until_says("11 of 13 expected cells tested").await?;
        let told: String = browser
            .ask("return [...document.querySelectorAll('[aria-live=polite]')].map(told => told.textContent).join()")
            .await?;
        assert!(told.contains("updated"), "{told}");
        assert!(browser.text().await?.contains("Live"));
        assert!(browser.ask::<bool>(IS_MARKED).await?);
        browser.picture("live").await
    })
}

#[test]
fn the_page_outlives_a_restart_of_the_server() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        let token = site.app.token(Scope::Report, Some("federated")).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser.until_says("Live").await?;
        browser
            .until_there("gridcell", "qemu, boot.qemu: pass in an older version")
            .await?;
        browser.ask::<()>(MARK).await?;
        // somebody else looks at another side of it
        let other = Browser::start().await?;
        other.open(&site.url("/")).await?;
        other.until_says("Live").await?;
        other
            .until_there("gridcell", "boot.qemu, 2026.10: pass in an older version")
            .await?;
        other.ask::<()>(MARK).await?;
        let before = browser.names("gridcell").await?;
        let complaints = browser.complaints().await?;
        assert_eq!(complaints, [""; 0]);

        site.close().await?;
        let lost = "return /Reconnecting in|Offline, shows/.test(reader.text())";
        browser.until("the loss is said", lost, &[]).await?;
        other.until("the loss is said", lost, &[]).await?;
        assert_eq!(browser.names("gridcell").await?, before);
        browser.picture("lost").await?;

        // what happens meanwhile is not missed
        let job = job(78)?;
        site.app.tell(&token, &job).await?;
        site.serve().await?;
        browser.until_says("Live").await?;
        browser
            .until_there("gridcell", "qemu, boot.qemu: pass")
            .await?;
        other.until_says("Live").await?;
        other
            .until_there("gridcell", "boot.qemu, 2026.10: pass")
            .await?;
        for one in [browser, &other] {
            assert!(one.ask::<bool>(IS_MARKED).await?, "it was loaded anew");
        }
        // nobody can try a door in a browser without its console telling
        for complaint in browser.complaints().await? {
            let is_known = complaint.contains("ERR_CONNECTION_REFUSED")
                || complaint.contains("WebSocket is already in CLOSING or CLOSED state");
            assert!(is_known, "{complaint}");
        }
        Ok(())
    })
}

/// A job on QEMU that was submitted just now: what runs for days is not taken for running.
fn job(id: u32) -> Result<Notification> {
    let now = Utc::now().format("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string();
    Ok(Notification::complete()?
        .declares("FED", "2026.10", FEATURES)
        .job(id)
        .with("submit_time", now))
}
