//! Light and dark, narrow, and within the page's policy.

use std::collections::HashMap;

use anyhow::Result;
use lavafed_tests::browser::Browser;
use serde_json::{Value, json};

use crate::catalogue;
use crate::site::Site;

/// A name, an address, and what is read there last.
const PAGES: [(&str, &str, &str); 4] = [
    ("grid", "/", "2026.08"),
    (
        "version",
        "/versions/2026.10",
        "2 regressions against 2026.09",
    ),
    (
        "panel",
        "/versions/2026.10?feature=boot.u-boot&device-type=x15",
        "Attempts",
    ),
    ("not-found", "/nowhere", "This page does not exist"),
];

#[test]
fn is_light_or_dark_as_the_reader_wants() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.prefer("light").await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        until_dark(browser, false).await?;
        browser.click("radio", "Dark").await?;
        until_dark(browser, true).await?;
        browser.picture("grid-dark").await?;
        browser.reload().await?;
        browser.until_says("2026.08").await?;
        until_dark(browser, true).await?;
        browser.click("radio", "Auto").await?;
        until_dark(browser, false).await?;
        browser.prefer("dark").await?;
        until_dark(browser, true).await?;
        browser.click("radio", "Light").await?;
        until_dark(browser, false).await
    })
}

/// By what is seen: the ground against what is written on it.
async fn until_dark(browser: &Browser, dark: bool) -> Result<()> {
    let script = "
        const sum = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
        const { backgroundColor, color } = getComputedStyle(document.body);
        return (sum(backgroundColor) < sum(color)) === arguments[0]";
    let what = if dark {
        "the page is dark"
    } else {
        "the page is light"
    };
    browser.until(what, script, &[dark.into()]).await.map(drop)
}

#[test]
fn fits_a_telephone() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        catalogue::fill_generic(site).await?;
        for width in [375, 320] {
            browser.resize(width, 812).await?;
            for (name, path, said) in PAGES {
                browser.open(&site.url(path)).await?;
                browser.until_says(said).await?;
                fits(browser, width, path).await?;
                browser.picture(&format!("{name}-{width}")).await?;
            }
            browser
                .open(&site.url("/versions/2026.10?feature=boot.u-boot&device-type=x15"))
                .await?;
            browser.click("link", "24").await?;
            browser.until_says("How it came here").await?;
            fits(browser, width, "a job").await?;
            browser.picture(&format!("job-{width}")).await?;
        }
        Ok(())
    })
}

/// Nothing sticks out to the side: a reader scrolls in one direction only.
pub(crate) async fn fits(browser: &Browser, width: u32, what: &str) -> Result<()> {
    let (needed, had): (u32, u32) = browser
        .ask("const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]")
        .await?;
    assert!(
        needed <= had && had <= width,
        "{what} needs {needed} of {had}"
    );
    Ok(())
}

/// Of each cell of the grid: the drawing, and whether it has an edge and can be seen on its ground.
const DRAWN: &str = "
    return [...document.querySelectorAll('[role=gridcell]')].map((cell) => {
        const { borderStyle, backgroundColor } = getComputedStyle(cell);
        const path = cell.querySelector('svg path');
        const { stroke, fill } = path ? getComputedStyle(path) : {};
        const dash = getComputedStyle(cell, '::before').borderTopColor;
        return {
            said: cell.ariaLabel,
            drawing: path?.getAttribute('d') ?? 'a dash',
            edged: borderStyle === 'solid' || borderStyle === 'dashed',
            seen: path ? stroke !== backgroundColor || fill !== backgroundColor : dash !== backgroundColor,
        };
    })";

/// What tells verdicts apart is a drawing and an edge where the reader's system has two colours.
#[test]
fn is_read_in_two_colours() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.prefer_two_colours().await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        let cells: Vec<Value> = browser.ask(DRAWN).await?;
        assert!(!cells.is_empty());
        let mut drawings = HashMap::new();
        for cell in &cells {
            assert_eq!(
                (&cell["edged"], &cell["seen"]),
                (&json!(true), &json!(true)),
                "{cell}"
            );
            let said = cell["said"].as_str().unwrap_or_default();
            let (_, said) = said.split_once(": ").unwrap_or_default();
            let verdict = said.split([',', ' ']).next().unwrap_or_default();
            drawings.insert(verdict.to_owned(), cell["drawing"].clone());
        }
        assert_ne!(drawings["pass"], drawings["fail"]);
        assert_ne!(drawings["infra"], drawings["fail"]);
        browser.picture("grid-two-colours").await
    })
}

/// All other stories rely on it: who breaks the policy is heard.
#[test]
fn obeys_a_policy_that_stops_foreign_scripts() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/")).await?;
        browser.until_says("Live").await?;
        assert_eq!(browser.complaints().await?, [""; 0]);
        let ran: bool = browser
            .ask(
                "const script = document.createElement('script');
                script.textContent = 'window.foreign = true';
                document.head.append(script);
                return window.foreign === true",
            )
            .await?;
        assert!(!ran);
        let complaints = browser.complaints().await?;
        assert!(
            complaints
                .iter()
                .any(|one| one.contains("Content Security Policy")),
            "{complaints:?}"
        );
        Ok(())
    })
}
