//! No page has a barrier that axe can find: light and dark, on a desk and on a telephone.

use anyhow::{Result, ensure};
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::site::Site;

/// An address, and what is read there last.
const PAGES: [(&str, &str); 5] = [
    ("/", "2026.08"),
    ("/versions/2026.10", "2 regressions against 2026.09"),
    (
        "/versions/2026.10?feature=boot.u-boot&device-type=x15",
        "Attempts",
    ),
    ("/sign-in", "Sign in"),
    ("/nowhere", "This page does not exist"),
];

#[test]
fn has_no_barriers() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        catalogue::fill_generic(site).await?;
        let mut found = Vec::new();
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await?;
            for width in [1440, 375] {
                browser.resize(width, 900).await?;
                for (path, said) in PAGES {
                    browser.open(&site.url(path)).await?;
                    browser.until_says(said).await?;
                    let barriers = browser.barriers().await?;
                    found.extend(
                        barriers
                            .into_iter()
                            .map(|what| format!("{path} {scheme} {width}: {what}")),
                    );
                }
            }
        }
        ensure!(found.is_empty(), "{found:#?}");
        Ok(())
    })
}
