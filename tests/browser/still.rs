//! A page that is being read does not move under the reader's eyes.

use anyhow::Result;
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::leases;
use crate::site::Site;

/// What a browser calls good is 0.1; a word that changes its width is a thousandth.
const MOST: f64 = 0.05;

/// How far what was seen already moved since the page was opened, as a part of the window: cumulative layout shift.
const MOVED: &str = "
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: 'layout-shift', buffered: true });
    return observer.takeRecords()
        .filter((entry) => !entry.hadRecentInput)
        .reduce((sum, entry) => sum + entry.value, 0)";

#[test]
fn nothing_moves_while_the_rest_arrives() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        catalogue::fill_generic(site).await?;
        for (width, height) in [(1440, 900), (375, 812)] {
            browser.resize(width, height).await?;
            for (path, said) in [
                ("/", "2026.08"),
                ("/versions/2026.10", "without a verdict"),
                ("/features/boot.u-boot", "2026.08"),
                ("/compare/2026.09/2026.10", "u-boot"),
                ("/jobs", "newest first"),
                ("/labs", "paris"),
            ] {
                browser.open(&site.url(path)).await?;
                browser.until_says(said).await?;
                let moved: f64 = browser.ask(MOVED).await?;
                assert!(moved <= MOST, "{path} at {width}: {moved:.3}");
            }
        }
        Ok(())
    })
}

/// What the page knew when the server wrote it is no news to it.
async fn asks(
    site: &Site,
    browser: &Browser,
    path: &str,
    said: &str,
    questions: u32,
) -> Result<()> {
    // what no event tells of is looked for again every 15 s
    let mut asked = None;
    while asked.is_none() {
        browser.open(&site.url(path)).await?;
        browser.until_says(said).await?;
        browser.until_says("Live").await?;
        let count =
            "return performance.now() > 15000 ? null : performance.getEntriesByType('resource')
            .filter((entry) => new URL(entry.name).pathname === '/graphql').length";
        asked = browser.ask::<Option<u32>>(count).await?;
    }
    assert_eq!(asked, Some(questions), "{path}");
    Ok(())
}

#[test]
fn a_page_with_a_grid_asks_once() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        asks(site, browser, "/versions/2026.10", "without a verdict", 6).await?;
        asks(site, browser, "/compare/2026.09/2026.10", "u-boot", 4).await
    })
}

#[test]
fn a_page_of_the_farm_asks_once() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        leases::fill(site).await?;
        asks(site, browser, "/leases", "bbb-01", 4).await?;
        asks(site, browser, "/labs", "paris", 3).await
    })
}
