//! The release question on a version's page: the answer, what is behind it, and what it was at an event.

use anyhow::Result;
use lavafed_tests::browser::Browser;
use lavafed_tests::client::at;
use lavafed_tests::result::PlainResult;

use crate::catalogue;
use crate::site::Site;

const ANSWER: &str =
    "2026.10 is not ready: 2 regressions against 2026.09; 61 % of 13 expected cells are tested";

async fn waive(site: &Site, place: &str) -> Result<()> {
    let query = format!(
        "mutation {{ waiveCell(input: {{ version: \"2026.10\", {place}, reason: \"its probe is broken\",
            url: \"https://git.example.org/lava/issues/7\", until: \"{}\" }}) {{ errors {{ message }} }} }}",
        (chrono::Utc::now() + chrono::TimeDelta::days(7)).to_rfc3339()
    );
    let answer = site.app.admin(&query).await?;
    assert_eq!(*at(&answer, "/waiveCell/errors"), serde_json::json!([]));
    Ok(())
}

#[test]
fn is_answered_in_one_sentence_with_what_is_behind() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser.until_says(ANSWER).await?;
        browser.until_says("5 cells without a verdict: ").await?;
        browser.click("radio", "Changed 3").await?;
        browser.until_at("/versions/2026.10?list=changes").await?;
        browser.until_there("region", "Changed cells").await?;
        let text = browser.text().await?;
        assert!(
            text.contains("1 version, since 2026.10") && text.contains("boot.u-boot"),
            "{text}"
        );
        browser.picture("release-changes").await?;
        browser.click("radio", "Missing 5").await?;
        browser.until_says("infra failed").await?;
        browser.click("radio", "Waived 0").await?;
        browser.until_says("Nothing is waived").await?;

        // somebody takes responsibility: the page tells it without being loaded anew
        waive(site, "feature: \"boot.u-boot\", deviceType: \"x15\"").await?;
        browser
            .until_says("2026.10 is not ready: 1 regression against 2026.09")
            .await?;
        browser.until_there("link", "its probe is broken").await?;
        browser.picture("release-waivers").await?;
        browser.reload().await?;
        browser.until_there("link", "its probe is broken").await?;
        browser.click("link", "boot.u-boot").await?;
        browser
            .until_at("/versions/2026.10?feature=boot.u-boot&device-type=x15")
            .await?;
        browser.until_says("Attempts").await
    })
}

#[test]
fn stays_what_it_was_at_an_event() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        waive(site, "feature: \"boot.u-boot\", deviceType: \"x15\"").await?;
        let event = site.app.event().await?;
        let then = format!("/versions/2026.10?at={event}");
        let said = "2026.10 is not ready: 1 regression against 2026.09";
        browser.open(&site.url(&then)).await?;
        browser.until_says(said).await?;
        browser.until_says(&format!("As of event {event}")).await?;
        browser
            .until_there("gridcell", "juno, test.shell: infra")
            .await?;

        let mended = PlainResult::of(41, "2026.10")
            .on("juno")
            .says("test.shell=PASS");
        let broken = PlainResult::of(42, "2026.10").says("generic.rest-api=PASS");
        let lava = site.app.reporter("federated").await?;
        site.app.report_all(&lava, &[mended, broken]).await?;
        browser.reload().await?;
        browser.until_says(said).await?;
        browser
            .until_there("gridcell", "juno, test.shell: infra")
            .await?;
        browser.click("button", "Show what is known now").await?;
        browser.until_at("/versions/2026.10").await?;
        browser
            .until_there("gridcell", "juno, test.shell: pass, new pass")
            .await?;
        browser
            .until_says("2026.10 is not ready: 69 % of 13 expected cells are tested (90 % needed)")
            .await
    })
}
