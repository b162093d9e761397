//! `/`: versions by features, newest version first.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use lavafed_tests::browser::{Browser, Key};

use crate::catalogue;
use crate::site::Site;

const COLUMNS: [&str; 6] = [
    "generic.rest-api",
    "deploy.tftp",
    "deploy.tmpfs",
    "boot.qemu",
    "boot.u-boot",
    "test.shell",
];

#[test]
fn says_whether_the_newest_version_is_ready_and_shows_all() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        browser.until_says("Live").await?;
        let text = browser.text().await?;
        let lead = "2026.10 is not ready: 2 regressions against 2026.09; \
                    61 % of 13 expected cells are tested (90 % needed).\n\
                    8 of 13 expected cells tested, last result ";
        assert!(text.contains(lead), "{text}");
        assert!(!text.contains("Demo data"), "{text}");
        let rows = browser.names("rowheader").await?;
        insta::assert_snapshot!(rows.join("\n"), @r"
        2026.10: 2 regressions, 1 fixed, 61 % of cells tested
        2026.09: 1 regressions, 1 fixed, 92 % of cells tested
        2026.08: 0 regressions, 0 fixed, 92 % of cells tested
        ");
        let chips = browser.names("button").await?;
        insta::assert_snapshot!(chips.join(", "), @"2 regressions, 1 fixed, 2 fail, 1 infra, 3 planned, 1 not reached, 6 pass");
        // what is heard, and behind the bar what is seen: the counts and the mark of the change
        let cells: Vec<String> = browser
            .ask("return reader.all('gridcell').map(cell => `${cell.computedName} | ${cell.innerText.replace(/\\s+/g, ' ')}`.trim())")
            .await?;
        insta::assert_snapshot!(cells.join("\n"), @r"
        generic.rest-api, 2026.10: fail, regression | R
        deploy.tftp, 2026.10: pass, 3 of 3 pass | 3
        deploy.tmpfs, 2026.10: pass in an older version |
        boot.qemu, 2026.10: pass in an older version |
        boot.u-boot, 2026.10: fail, 2 of 3 pass, regression | 2/3 R
        test.shell, 2026.10: infra, 1 of 4 pass | 1/4
        generic.rest-api, 2026.09: pass |
        deploy.tftp, 2026.09: pass, 3 of 3 pass | 3
        deploy.tmpfs, 2026.09: pass |
        boot.qemu, 2026.09: pass |
        boot.u-boot, 2026.09: fail, 2 of 3 pass, regression | 2/3 R
        test.shell, 2026.09: pass so far, 3 of 4 pass, new pass | 3/4
        generic.rest-api, 2026.08: pass |
        deploy.tftp, 2026.08: pass, 3 of 3 pass | 3
        deploy.tmpfs, 2026.08: pass |
        boot.qemu, 2026.08: pass |
        boot.u-boot, 2026.08: fail, 2 of 3 pass | 2/3
        test.shell, 2026.08: pass so far, 3 of 4 pass | 3/4
        ");
        browser.picture("grid").await
    })
}

#[test]
fn tells_verdicts_apart_without_colour() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser.until_there("columnheader", "x15").await?;
        let drawn: Vec<(String, String)> = browser
            .ask(
                "return reader.all('gridcell').map(cell => [
                    cell.computedName.split(': ')[1].split(',')[0],
                    cell.querySelector('path')?.getAttribute('d') ?? getComputedStyle(cell, '::before').borderTopStyle,
                ])",
            )
            .await?;
        let mut drawings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (verdict, drawing) in drawn {
            drawings.entry(verdict).or_default().insert(drawing);
        }
        let told_apart = ["pass", "fail", "infra", "not applicable", "not reached"];
        let different: BTreeSet<_> = told_apart
            .iter()
            .map(|verdict| &drawings[*verdict])
            .collect();
        assert_eq!(different.len(), told_apart.len(), "{drawings:#?}");
        assert!(drawings.values().all(|one| one.len() == 1), "{drawings:#?}");
        Ok(())
    })
}

#[test]
fn is_walked_with_keys_and_opens_a_panel() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        // one tab stop: `h` leads to it from anywhere
        browser.press("h").await?;
        browser
            .until_focused("2026.10: 2 regressions, 1 fixed, 61 % of cells tested")
            .await?;
        for name in [
            "generic.rest-api, 2026.10: fail, regression",
            "deploy.tftp, 2026.10: pass, 3 of 3 pass",
        ] {
            browser.press(Key::Right).await?;
            browser.until_focused(name).await?;
        }
        browser.press(Key::Down).await?;
        browser
            .until_focused("deploy.tftp, 2026.09: pass, 3 of 3 pass")
            .await?;
        // as fast as the hand of someone who knows the way
        browser.press("lllk").await?;
        let boot = "boot.u-boot, 2026.10: fail, 2 of 3 pass, regression";
        browser.until_focused(boot).await?;

        browser.press(Key::Enter).await?;
        browser
            .until_there("complementary", "Details of boot.u-boot, 2026.10")
            .await?;
        browser.until_says("2 of 3 device-types pass.").await?;
        let opened = "/?version=2026.10&feature=boot.u-boot";
        browser.until_at(opened).await?;
        let panel: String = browser
            .ask("return reader.all('complementary')[0].innerText")
            .await?;
        for said in [
            "Regression against 2026.09",
            "x15",
            "On 3 device-types",
            "Attempts",
        ] {
            assert!(panel.contains(said), "{said}: {panel}");
        }
        browser.picture("panel").await?;

        // the address is the whole state
        browser.reload().await?;
        browser
            .until_there("complementary", "Details of boot.u-boot, 2026.10")
            .await?;
        browser.until_at(opened).await?;
        browser.press(Key::Escape).await?;
        browser.until_named("complementary", &[]).await?;
        browser.until_at("/").await?;

        browser.press("h").await?;
        browser.press("lllll").await?;
        browser.until_focused(boot).await?;
        browser.press(Key::Enter).await?;
        browser.until_at(opened).await?;
        browser.back().await?;
        browser.until_at("/").await?;
        browser.until_named("complementary", &[]).await
    })
}

#[test]
fn is_filtered_by_its_counts() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        let all = columns(browser).await?;
        browser.click("button", "2 regressions").await?;
        browser.until_at("/?show=regression").await?;
        until_columns(browser, &["generic.rest-api", "boot.u-boot"]).await?;
        let pressed = "return reader.one('button', '2 regressions').ariaPressed === 'true'";
        browser.until("the count is pressed", pressed, &[]).await?;
        browser.reload().await?;
        until_columns(browser, &["generic.rest-api", "boot.u-boot"]).await?;
        browser.click("button", "2 regressions").await?;
        browser.until_at("/").await?;
        until_columns(browser, &COLUMNS).await?;
        assert_eq!(all, COLUMNS);
        Ok(())
    })
}

#[test]
fn is_searched() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        browser.press("/").await?;
        browser.until_focused("Version or feature").await?;
        browser.press("u-boot").await?;
        until_columns(browser, &["boot.u-boot"]).await?;
        browser.until_at("/?q=u-boot").await?;
        browser.reload().await?;
        until_columns(browser, &["boot.u-boot"]).await?;
        let typed: String = browser
            .ask("return reader.one('combobox', 'Version or feature').value")
            .await?;
        assert_eq!(typed, "u-boot");
        browser.press("/").await?;
        browser.until_focused("Version or feature").await?;
        browser.press("x").await?;
        browser
            .until_says("Nothing is called \u{201c}u-bootx\u{201d}")
            .await?;
        browser.click("button", "Clear the filters").await?;
        until_columns(browser, &COLUMNS).await?;
        browser.until_at("/").await
    })
}

/// The full names of the columns of cells: what is written is shortened.
const NAMED: &str =
    "return reader.all('columnheader').map(column => column.title).filter(title => title)";

async fn columns(browser: &Browser) -> Result<Vec<String>> {
    browser.ask(NAMED).await
}

async fn until_columns(browser: &Browser, names: &[&str]) -> Result<()> {
    let script = format!(
        "const named = (() => {{ {NAMED} }})(); return named.join() === arguments[0].join()"
    );
    browser
        .until(
            &format!("the columns are {names:?}"),
            &script,
            &[names.into()],
        )
        .await
        .map(drop)
}
