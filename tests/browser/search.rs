//! Queries in the search box: found by the server, wrong where it says, shared by link, table and file.

use anyhow::Result;
use lavafed_tests::browser::{Browser, Key};

use crate::catalogue;
use crate::site::Site;

const BOX: &str = "Version or feature";

#[test]
fn a_query_finds_cells_and_says_where_it_is_wrong() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        browser.press("/").await?;
        browser.until_focused(BOX).await?;
        browser.press("verdict:f").await?;
        let completed =
            "return [...document.querySelectorAll('datalist option')].map(one => one.value).join()
            === 'verdict:fail,verdict:flaky'";
        browser.until("completions", completed, &[]).await?;
        browser.press("ial").await?;
        browser.until_says("There is no verdict \"fial\"").await?;
        let wrong: String = browser
            .ask("return document.querySelector('.fault mark').innerText")
            .await?;
        assert_eq!(wrong, "fial");
        // what was found before stays in sight
        browser
            .until_there("gridcell", "generic.rest-api, 2026.08: pass")
            .await?;
        browser.picture("query-wrong").await?;
        for _ in 0..3 {
            browser.press(Key::Backspace).await?;
        }
        browser.press("ail").await?;
        browser.press(Key::Enter).await?;
        browser.until_at("/?q=verdict%3Afail").await?;
        browser
            .until_named("columnheader", &["Version tested", "rest-api", "u-boot"])
            .await?;
        browser.picture("query").await?;
        browser.reload().await?;
        browser
            .until_named("columnheader", &["Version tested", "rest-api", "u-boot"])
            .await?;
        browser
            .open(&site.url("/?q=verdict%3Afail%20version%3A2031.*"))
            .await?;
        browser.until_says("No cell is found by").await?;
        browser.click("button", "Clear the filters").await?;
        browser
            .until_there("gridcell", "generic.rest-api, 2026.08: pass")
            .await
    })
}

#[test]
fn what_is_seen_is_shared() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser
            .open(&site.url("/versions/2026.10?q=verdict%3Afail&show=regression"))
            .await?;
        browser
            .until_there("gridcell", "x15, boot.u-boot: fail, regression")
            .await?;
        let files: Vec<String> = browser
            .ask("return [...document.querySelectorAll('a[download]')].map(one => one.getAttribute('href'))")
            .await?;
        let csv = files.first().cloned().unwrap_or_default();
        let lines = site
            .app
            .http
            .get(site.url(&csv))
            .send()
            .await?
            .text()
            .await?;
        assert_eq!(
            lines.lines().count(),
            3,
            "its head and two regressions: {lines}"
        );
        assert!(
            lines.contains("boot.u-boot") && lines.contains("generic.rest-api"),
            "{lines}"
        );
        // what is copied is what a reader would paste
        let listen = "window.copied = []; navigator.clipboard.writeText = async (text) => { window.copied.push(text); }; return true";
        let _: bool = browser.ask(listen).await?;
        browser.press("c").await?;
        let told = "return window.copied.at(-1)?.includes(arguments[0])";
        browser
            .until(
                "the link",
                told,
                &["/versions/2026.10?q=verdict%3Afail&show=regression".into()],
            )
            .await?;
        let opened: bool = browser
            .ask("document.querySelector('.menu').open = true; return true")
            .await?;
        assert!(opened);
        browser.picture("share").await?;
        browser.click("button", "Copy as Markdown").await?;
        browser
            .until(
                "the table",
                told,
                &["| boot.u-boot | **fail** (regression) |".into()],
            )
            .await?;
        let opened: bool = browser
            .ask("document.querySelector('.menu').open = true; return true")
            .await?;
        assert!(opened);
        browser.click("button", "Copy link as of now").await?;
        let event = site.app.event().await?;
        browser
            .until("the lasting link", told, &[format!("&at={event}").into()])
            .await
            .map(drop)
    })
}

#[test]
fn the_keys_are_told_and_lead_away() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser.until_says("2 regressions against 2026.09").await?;
        // a chosen density takes no letters
        browser
            .ask::<()>("document.querySelector('input[name=density]:checked').focus()")
            .await?;
        browser.press("?").await?;
        browser.until_there("dialog", "Keys").await?;
        browser.until_says("next and previous regression").await?;
        browser.picture("keys").await?;
        browser.press(Key::Escape).await?;
        browser
            .until(
                "the dialog is closed",
                "return !document.querySelector('dialog').open",
                &[],
            )
            .await?;
        browser.press("gv").await?;
        browser.until_at("/").await?;
        browser.until_says("2026.08").await?;
        browser.press("gl").await?;
        browser.until_at("/leases").await
    })
}
