//! No page has a barrier that axe can find, and none sticks out to the side: light and dark, on a desk, on a telephone
//! and enlarged four times.

use anyhow::{Result, ensure};
use entity::token::Scope;
use lavafed_tests::app::global_id;
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::leases;
use crate::look;
use crate::site::Site;

/// An address of the grid, and what is read there last.
const OF_THE_GRID: [(&str, &str); 7] = [
    ("/", "2026.08"),
    ("/versions/2026.10", "is not ready"),
    (
        "/versions/2026.10?feature=boot.u-boot&device-type=x15",
        "Attempts",
    ),
    ("/versions/2099.01", "2099.01 is not known"),
    ("/features/boot.u-boot", "2026.08"),
    ("/device-types/x15", "2026.08"),
    ("/compare/2026.09/2026.10", "u-boot"),
];
const OF_THE_FARM: [(&str, &str); 10] = [
    ("/leases", "bbb-01"),
    ("/jobs", "newest first"),
    ("/jobs?version=2099.01", "There are no such jobs"),
    ("/labs", "paris"),
    ("/labs/paris", "bbb-01"),
    ("/devices/paris/bbb-01", "bbb-01"),
    ("/receipts", "Sign"),
    ("/versions/2026.10/waivers", "What broke"),
    ("/sign-in", "Sign in"),
    ("/nowhere", "This page does not exist"),
];

/// Each page in each look; the barriers there are.
async fn look(site: &Site, browser: &Browser, pages: &[(String, &str)]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).await?;
        // the last is what is left of a desk's window when it is enlarged four times
        for (width, height) in [(1440, 900), (375, 812), (320, 256)] {
            browser.resize(width, height).await?;
            for (path, said) in pages {
                browser.open(&site.url(path)).await?;
                browser.until_says(said).await?;
                look::fits(browser, width, path).await?;
                let barriers = browser.barriers().await?;
                let told = barriers.into_iter();
                found.extend(told.map(|what| format!("{path} {scheme} {width}: {what}")));
            }
        }
    }
    // what is not there is said to machines, too
    let mut complaints = browser.complaints().await?;
    complaints.retain(|said| !said.contains("404"));
    found.extend(complaints);
    Ok(found)
}

fn pages(known: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    let pages = known.iter();
    pages
        .map(|(path, said)| ((*path).to_owned(), *said))
        .collect()
}

#[test]
fn the_grid_has_no_barriers() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        catalogue::fill_generic(site).await?;
        let found = look(site, browser, &pages(&OF_THE_GRID)).await?;
        ensure!(found.is_empty(), "{found:#?}");
        Ok(())
    })
}

#[test]
fn the_farm_has_no_barriers() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        leases::fill(site).await?;
        let mut pages = pages(&OF_THE_FARM);
        pages.push((format!("/leases/{}", global_id("Lease", 1)), "Trail"));
        pages.push((format!("/jobs/{}", global_id("Job", 1)), "Verdicts"));
        let mut found = look(site, browser, &pages).await?;
        let admin = site.app.token(Scope::Admin, None).await?;
        browser.open(&site.url("/sign-in")).await?;
        browser.until_says("Sign in").await?;
        browser
            .ask::<()>("document.querySelector('input[type=password]').focus()")
            .await?;
        browser.press(admin.as_str()).await?;
        browser.click("button", "Sign in").await?;
        browser.until_at("/leases").await?;
        let signed_in = [
            ("/tokens".to_owned(), "newest first"),
            ("/receipts".to_owned(), "newest first"),
            ("/labs/paris".to_owned(), "Take a day off"),
            ("/versions/2026.10/waivers".to_owned(), "Waive"),
        ];
        found.extend(look(site, browser, &signed_in).await?);
        ensure!(found.is_empty(), "{found:#?}");
        Ok(())
    })
}
