//! The same cells from other sides: a feature or a device-type over the versions, and two versions compared.

use anyhow::Result;
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::site::Site;

#[test]
fn a_feature_over_the_versions() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/")).await?;
        browser.until_says("2026.08").await?;
        browser.click("link", "u-boot").await?;
        browser.until_at("/features/boot.u-boot").await?;
        browser
            .until_named(
                "columnheader",
                &["Version tested", "beaglebone-black", "juno", "x15"],
            )
            .await?;
        browser
            .until_there("gridcell", "x15, 2026.10: fail, regression")
            .await?;
        browser
            .until_says("boot.u-boot fails on 1 of 3 device-types (x15) in 2026.10")
            .await?;
        browser.picture("feature").await?;
        browser
            .click("gridcell", "x15, 2026.10: fail, regression")
            .await?;
        browser
            .until_at("/features/boot.u-boot?version=2026.10&feature=boot.u-boot&device-type=x15")
            .await?;
        browser.until_says("Attempts").await?;
        browser
            .until_says("it fails on x15 in the federated server's lab (the only attempt); passes on both other device-types")
            .await?;
        browser.picture("feature-panel").await?;
        // a generic feature has no device-type
        browser
            .open(&site.url("/features/generic.rest-api"))
            .await?;
        browser
            .until_there("gridcell", "generic.rest-api, 2026.10: fail, regression")
            .await?;
        browser.open(&site.url("/features/boot.nothing")).await?;
        browser.until_says("boot.nothing is not known").await?;
        crate::is_not_there(browser).await
    })
}

#[test]
fn a_device_type_over_the_versions() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser.until_says("2 regressions against 2026.09").await?;
        browser.click("link", "x15").await?;
        browser.until_at("/device-types/x15").await?;
        browser
            .until_named(
                "columnheader",
                &["Version tested", "tftp", "u-boot", "shell"],
            )
            .await?;
        browser
            .until_there("gridcell", "boot.u-boot, 2026.09: pass")
            .await?;
        browser
            .until_says("x15 fails with 1 of 2 features (boot.u-boot) in 2026.10")
            .await?;
        browser.picture("device-type").await?;
        browser.open(&site.url("/device-types/nothing")).await?;
        browser.until_says("nothing is not known").await?;
        crate::is_not_there(browser).await
    })
}

#[test]
fn two_versions_compared() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/compare/2026.09/2026.10")).await?;
        browser
            .until_there("table", "Changed cells by group of features")
            .await?;
        browser.until_there("region", "Changed cells").await?;
        let pressed =
            "return reader.all('button').filter(one => one.getAttribute('aria-pressed') === 'true')
            .map(one => one.innerText.replace(/\\s+/g, ' ').trim()).join(', ')";
        let pressed: String = browser.ask(pressed).await?;
        assert_eq!(pressed, "R regression 2, F fixed 1");
        browser.picture("compare").await?;
        browser.choose("Before", "2026.08").await?;
        browser.until_at("/compare/2026.08/2026.10").await?;
        browser.until_says("beaglebone-black").await?;
        browser.open(&site.url("/compare/2026.10/2026.10")).await?;
        browser.until_says("cannot be compared").await
    })
}
