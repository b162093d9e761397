//! What stands where there is nothing to show, and what to do about it.

use anyhow::Result;
use lavafed_tests::browser::Browser;
use lavafed_tests::result::PlainResult;

use crate::catalogue;
use crate::site::Site;

#[test]
fn an_empty_grid_says_what_to_do_and_then_fills() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        browser.open(&site.url("/")).await?;
        browser.until_says("No version has been tested yet").await?;
        browser.until_says("lavafed token create").await?;
        browser.until_says("/api/lava/callback").await?;
        browser.until_says("Live").await?;
        browser.until_there("link", "Open the API").await?;
        browser.picture("empty").await?;
        site.app.declare("generic.rest-api").await?;
        site.app.expect("generic.rest-api", "").await?;
        let token = site.app.reporter("ci").await?;
        let result = PlainResult::of(1, "2026.10").says("generic.rest-api=PASS");
        site.app.report_all(&token, &[result]).await?;
        browser
            .until_there("gridcell", "generic.rest-api, 2026.10: pass")
            .await
    })
}

#[test]
fn an_unknown_place_leads_to_the_grid() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/nowhere")).await?;
        browser.until_says("This page does not exist").await?;
        browser.picture("not-found").await?;
        browser.click("link", "Show the grid").await?;
        browser.until_at("/").await?;
        browser.until_says("2026.08").await
    })
}

#[test]
fn an_unknown_version_or_job_says_so() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2099.01")).await?;
        browser.until_says("2099.01 is not known").await?;
        browser.picture("unknown-version").await?;
        crate::is_not_there(browser).await?;
        // well-formed, of a job that is not there; and no id at all
        for id in ["Sm9iOjk5OTk5", "what"] {
            browser.open(&site.url(&format!("/jobs/{id}"))).await?;
            browser.until_says("This job is not known").await?;
        }
        Ok(())
    })
}
