//! A reader without JavaScript sees the same addresses as plain tables, and goes on by links.

use anyhow::{Result, ensure};
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::look;
use crate::site::Site;

#[test]
fn reads_the_grid_as_tables() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        read(
            site,
            browser,
            "/",
            "2026.10 is not ready: 2 regressions against 2026.09",
        )
        .await?;
        browser.picture("grid-without-script").await?;
        let path = leads(browser, "2026.10").await?;
        read(
            site,
            browser,
            &path,
            "2026.10 is not ready: 2 regressions against 2026.09",
        )
        .await?;
        browser.picture("version-without-script").await?;
        let path = leads(browser, "boot.u-boot").await?;
        read(site, browser, &path, "boot.u-boot by version").await?;
        let path = leads(browser, "Leases").await?;
        read(site, browser, &path, "No device is lent now.").await?;
        read(site, browser, "/labs", "No lab lends devices yet.").await?;
        read(site, browser, "/versions/1999.01", "1999.01").await
    })
}

async fn read(site: &Site, browser: &Browser, path: &str, said: &str) -> Result<()> {
    browser.open_without_script(&site.url(path)).await?;
    browser.until_says(said).await?;
    for width in [1440, 375] {
        browser.resize(width, 812).await?;
        look::fits(browser, width, path).await?;
    }
    // axe does not look into what it takes for the other case
    let unwrap = "document.querySelectorAll('noscript').forEach((note) => note.replaceWith(...note.childNodes)); return true";
    let _unwrapped: bool = browser.ask(unwrap).await?;
    let barriers = browser.barriers().await?;
    ensure!(barriers.is_empty(), "{path}: {barriers:#?}");
    // what is fetched beforehand for the application is not used here, and a page that is not there is an error
    let mut complaints = browser.complaints().await?;
    complaints.retain(|said| !said.contains("preload") && !said.contains("404"));
    ensure!(complaints.is_empty(), "{path}: {complaints:#?}");
    Ok(())
}

/// Where a link leads.
async fn leads(browser: &Browser, name: &str) -> Result<String> {
    let script = format!(
        "return [...document.links].find((link) => link.textContent === {name:?}).getAttribute('href')"
    );
    browser.ask(&script).await
}
