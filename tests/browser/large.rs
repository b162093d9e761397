//! A grid of a thousand rows and three hundred columns: only what is in sight is drawn, and every cell is reached.

use anyhow::Result;
use lavafed_tests::browser::{Browser, Key};
use lavafed_tests::result::PlainResult;

use crate::site::Site;

const ROWS: usize = 1_000;
const COLUMNS: usize = 300;
/// Cells and headers in sight, some around them, and the rest of the page.
const MOST_NODES: u32 = 9_000;

/// One version, a thousand features, three hundred device-types; each feature is tried on one of them.
async fn fill(site: &Site) -> Result<()> {
    let app = &site.app;
    let features: Vec<String> = (0..ROWS).map(|row| format!("test.f{row:04}")).collect();
    let lava = app.reporter("federated").await?;
    app.declare(&features.join(" ")).await?;
    for column in 0..COLUMNS {
        let said: Vec<String> = features
            .iter()
            .skip(column)
            .step_by(COLUMNS)
            .map(|name| format!("{name}=PASS"))
            .collect();
        let id = u32::try_from(column)? + 1;
        let result = PlainResult::of(id, "2026.10")
            .on(&format!("type-{column:03}"))
            .says(&said.join(" "));
        app.report(&lava, &result).await?;
    }
    app.settled().await
}

async fn nodes(browser: &Browser) -> Result<u32> {
    browser
        .ask("return document.querySelectorAll('*').length")
        .await
}

#[test]
fn draws_what_is_in_sight_and_reaches_every_cell() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        fill(site).await?;
        browser.open(&site.url("/versions/2026.10")).await?;
        // Thousands of cells are not asked for their roles one by one: that would take minutes.
        let first =
            "return document.querySelector('[aria-label=\"type-000, test.f0000: pass\"]') !== null";
        browser.until("the first cell is drawn", first, &[]).await?;
        // all rows are read as one comes near them; the far corner is the last of them
        let grid = "const grid = document.querySelector('[role=grid]');
            return [grid.getAttribute('aria-rowcount'), grid.getAttribute('aria-colcount')].join()";
        let counts: String = browser.ask(grid).await?;
        assert_eq!(counts, format!("{},{}", ROWS + 1, COLUMNS + 1));
        let drawn = nodes(browser).await?;
        assert!(drawn < MOST_NODES, "{drawn} nodes");

        // on paper there is nothing to scroll
        let rows = "return document.querySelectorAll('.body > [role=row]').length";
        let seen: u32 = browser.ask(rows).await?;
        let printed: u32 = browser.printed(rows).await?;
        assert!(seen < 45 && printed > 60, "{seen} seen, {printed} printed");

        let focus: bool = browser
            .ask("document.querySelector('[role=grid] [tabindex=\"0\"]').focus(); return true")
            .await?;
        assert!(focus);
        browser.press(Key::End).await?;
        browser
            .until_focused("type-299, test.f0000: not applicable")
            .await?;
        // the cell is drawn anew in each density, and keeps the focus
        browser.press(".").await?;
        browser
            .until(
                "it is a strip",
                "return document.querySelector('.d12') !== null",
                &[],
            )
            .await?;
        for density in ["36", "24"] {
            browser.press(".").await?;
            let drawn = format!("return document.querySelector('.d{density}') !== null");
            browser.until(density, &drawn, &[]).await?;
            browser
                .until_focused("type-299, test.f0000: not applicable")
                .await?;
        }
        let corner = "type-299, test.f0999: not applicable";
        let to_the_end = "
            const { activeElement } = document;
            if (activeElement.computedName === arguments[0]) return true;
            const options = { key: 'End', ctrlKey: true, bubbles: true, cancelable: true };
            activeElement.dispatchEvent(new KeyboardEvent('keydown', options));
            return false";
        browser
            .until("the far corner has the focus", to_the_end, &[corner.into()])
            .await?;
        let drawn = nodes(browser).await?;
        assert!(drawn < MOST_NODES, "{drawn} nodes in the corner");
        let place: Vec<String> = browser
            .ask("const cell = document.activeElement;
                return [cell.closest('[role=row]').getAttribute('aria-rowindex'), cell.getAttribute('aria-colindex')]")
            .await?;
        assert_eq!(place, [(ROWS + 1).to_string(), (COLUMNS + 1).to_string()]);
        // one step back by each arrow, and one tab stop in all
        browser.press(Key::Up).await?;
        browser
            .until_focused("type-299, test.f0998: not applicable")
            .await?;
        browser.press(Key::Left).await?;
        browser
            .until_focused("type-298, test.f0998: not applicable")
            .await?;
        let stops: u32 = browser
            .ask("return document.querySelectorAll('[role=grid] [tabindex=\"0\"]').length")
            .await?;
        assert_eq!(stops, 1);
        // the middle is drawn when it is scrolled to, and no more than that
        let scrolled: bool = browser
            .ask(
                "const region = document.querySelector('.region');
                region.scrollTo(region.scrollWidth / 2, region.scrollHeight / 2); return true",
            )
            .await?;
        assert!(scrolled);
        let middle = "return document.querySelector('[data-row=\"500\"] [role=gridcell]') !== null";
        browser.until("the middle is drawn", middle, &[]).await?;
        let drawn = nodes(browser).await?;
        assert!(drawn < MOST_NODES, "{drawn} nodes in the middle");
        browser.picture("large").await
    })
}

/// However small the window is, the cell whose panel is open is in sight, and so is the panel.
#[test]
fn an_open_panel_hides_no_cell() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        fill(site).await?;
        for (width, height) in [
            (1440, 900),
            (1280, 620),
            (1024, 600),
            (768, 1024),
            (375, 812),
            (320, 568),
        ] {
            browser.resize(width, height).await?;
            browser
                .open(&site.url("/versions/2026.10?feature=test.f0060&device-type=type-060"))
                .await?;
            let seen = "const cell = document.querySelector('[role=gridcell][aria-selected=true]');
                const panel = document.querySelector('.panel');
                if (!cell || !panel || panel.offsetHeight < 100) return false;
                const { x, y, width, height } = cell.getBoundingClientRect();
                return cell.contains(document.elementFromPoint(x + width / 2, y + height / 2))";
            browser
                .until(
                    &format!("the cell is in sight at {width} x {height}"),
                    seen,
                    &[],
                )
                .await?;
        }
        Ok(())
    })
}
