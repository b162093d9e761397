//! `/versions/:name`: features by device-types of one version, against a baseline.

use anyhow::Result;
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::site::Site;

#[test]
fn shows_what_changed_on_each_device_type() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser.until_there("columnheader", "x15").await?;
        browser.until_says("2 regressions against 2026.09").await?;
        insta::assert_snapshot!(browser.names("gridcell").await?.join("\n"), @r"
        beaglebone-black, deploy.tftp: pass
        juno, deploy.tftp: pass
        qemu, deploy.tftp: not applicable
        x15, deploy.tftp: pass
        beaglebone-black, deploy.tmpfs: not applicable
        juno, deploy.tmpfs: not applicable
        qemu, deploy.tmpfs: pass in an older version
        x15, deploy.tmpfs: not applicable
        beaglebone-black, boot.qemu: not applicable
        juno, boot.qemu: not applicable
        qemu, boot.qemu: pass in an older version
        x15, boot.qemu: not applicable
        beaglebone-black, boot.u-boot: pass
        juno, boot.u-boot: pass, fixed
        qemu, boot.u-boot: not applicable
        x15, boot.u-boot: fail, regression
        beaglebone-black, test.shell: pass
        juno, test.shell: infra
        qemu, test.shell: pass in an older version
        x15, test.shell: not reached
        ");
        // a generic feature has no device-type: it stands above
        let generic = "return reader.all('button').map(one => one.computedName).find(name => name.includes('rest-api'))";
        let generic: String = browser.ask(generic).await?;
        assert_eq!(generic, "rest-api : fail");
        browser.picture("version").await
    })
}

#[test]
fn is_compared_with_another_baseline() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        browser
            .until_there("gridcell", "juno, boot.u-boot: pass, fixed")
            .await?;
        browser
            .until_there("gridcell", "beaglebone-black, boot.u-boot: pass")
            .await?;
        browser.choose("Baseline", "2026.08").await?;
        browser
            .until_at("/versions/2026.10?baseline=2026.08")
            .await?;
        browser
            .until_there("gridcell", "juno, boot.u-boot: pass")
            .await?;
        browser
            .until_there("gridcell", "beaglebone-black, boot.u-boot: pass, fixed")
            .await?;
        browser.until_says("2 regressions against 2026.08").await?;
        browser.reload().await?;
        browser
            .until_there("gridcell", "beaglebone-black, boot.u-boot: pass, fixed")
            .await
    })
}

#[test]
fn leads_to_its_neighbours_by_key() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        // the neighbours are known once they can be chosen
        let known = "return reader.one('combobox', 'Baseline')?.options.length === 3";
        browser
            .until("all versions can be chosen", known, &[])
            .await?;
        browser.until_says("2 regressions against 2026.09").await?;
        browser.press("[").await?;
        browser.until_at("/versions/2026.09").await?;
        browser.until_says("1 regression against 2026.08").await?;
        // who came by a key goes on by key
        let in_grid = "return !!document.activeElement.closest('[role=grid]')";
        browser
            .until("the focus is in the grid", in_grid, &[])
            .await?;
        browser.press("c").await?;
        assert!(browser.ask::<bool>(in_grid).await?, "and stays there");
        browser.press("]").await?;
        browser.until_at("/versions/2026.10").await?;
        browser.until_says("2 regressions against 2026.09").await
    })
}

#[test]
fn a_question_that_makes_no_sense_is_told_so() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        for (of, because) in [
            (
                "baseline=2026.10",
                "A version cannot be compared with itself.",
            ),
            ("baseline=1999.01", "There is no version \"1999.01\"."),
            ("at=999999999", "There is no event 999999999"),
        ] {
            browser
                .open(&site.url(&format!("/versions/2026.10?{of}")))
                .await?;
            browser
                .until_says("2026.10 cannot be shown like this")
                .await?;
            browser.until_says(because).await?;
        }
        Ok(())
    })
}

#[test]
fn of_a_time_before_it_was_known_it_says_so() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        let before = site.app.event().await?;
        catalogue::fill(site).await?;
        let at = |path: &str, event: i64| site.url(&format!("{path}?at={event}"));
        for (path, said) in [
            ("/features/boot.u-boot", "boot.u-boot was not known then"),
            ("/device-types/x15", "x15 was not known then"),
            ("/compare/2026.09/2026.10", "There is no version"),
            ("/versions/2026.10", "2026.10 was not known then"),
        ] {
            browser.open(&at(path, before)).await?;
            browser.until_says(said).await?;
            crate::is_not_there(browser).await?;
        }
        browser.picture("version-not-yet").await?;
        browser.click("button", "Show what is known now").await?;
        browser.until_at("/versions/2026.10").await?;
        browser.until_says("2 regressions against 2026.09").await?;
        // nor is there a time to come
        browser.open(&at("/versions/2026.10", 999_999)).await?;
        browser.until_says("There is no event 999999").await
    })
}
