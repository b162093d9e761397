//! What a reader does with the page and what they see: real pages of a real lavafed in a real Chromium.
//!
//! Every story has a lavafed and a browser of its own. The page must be built (`cargo xtask page`); without it, or
//! without a browser, the stories are skipped, loudly; under `CI` they fail.

mod barriers;
mod catalogue;
mod colours;
mod deeds;
mod farm;
mod grid;
mod job;
mod large;
mod leases;
mod live;
mod look;
mod nothing;
mod release;
mod search;
mod sides;
mod site;
mod still;
mod version;
mod without_script;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use lavafed_tests::browser::{self, Browser};
use lavafed_tests::story;

use crate::site::Site;

/// Tells a story, or says why it cannot be told here. No page of it may have made the browser complain.
fn tell(story: impl AsyncFnOnce(&mut Site, &Browser) -> Result<()>) -> Result<()> {
    if let Some(reason) = missing() {
        if under_ci() {
            bail!("no page can be opened here: {reason}");
        }
        // past the test runner, which would keep it until the test has failed
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "SKIPPED, nothing was tested: {reason}");
        return Ok(());
    }
    story::run(async {
        let mut site = Site::start().await?;
        let browser = Browser::start().await?;
        if let Err(error) = story(&mut site, &browser).await {
            return Err(browser.with_page(error).await);
        }
        let mut complaints = browser.complaints().await?;
        complaints.retain(|said| !tells_of_no_place(said));
        ensure!(
            complaints.is_empty(),
            "the browser complains: {complaints:#?}"
        );
        drop(browser);
        site.close().await
    })
}

/// A place that is not there answers 404, with the page that says so; a file of the page's must be there.
fn tells_of_no_place(said: &str) -> bool {
    let url = said.split(' ').next().unwrap_or_default();
    let is_file = [".js", ".wasm", ".css", ".svg"]
        .iter()
        .any(|end| url.ends_with(end));
    said.contains("status of 404") && !is_file
}

/// Whoever asks for what is not there is told so by the server as well, and the browser complains of just that.
async fn is_not_there(browser: &Browser) -> Result<()> {
    let complaints = browser.complaints().await?;
    ensure!(
        matches!(complaints.as_slice(), [one] if one.contains("404")),
        "{complaints:#?}"
    );
    Ok(())
}

fn missing() -> Option<String> {
    let page = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../frontend/dist/grid.html"
    ));
    if !page.is_file() {
        return Some("the page is not built; type: cargo xtask page".to_owned());
    }
    browser::missing()
}

fn under_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
