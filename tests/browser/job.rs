//! `/jobs/:id`: one job, reached from the cell it made.

use anyhow::Result;
use lavafed_tests::browser::Browser;

use crate::catalogue;
use crate::site::Site;

#[test]
fn is_reached_from_the_panel_and_leads_back() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        catalogue::fill(site).await?;
        let cell = "/versions/2026.10?feature=boot.u-boot&device-type=x15";
        browser.open(&site.url(cell)).await?;
        browser
            .until_there("complementary", "Details of boot.u-boot, x15, 2026.10")
            .await?;
        browser.click("link", "24").await?;
        browser.until_says("Job 24 of federated: ").await?;
        browser.until_says("timed out after 147 seconds").await?;
        let text = browser.text().await?;
        for said in [
            "Job 24 of federated: Incomplete",
            "x15-01",
            "LAVA says error type Job.",
            "Fate",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let rows: Vec<String> = browser
            .ask(
                "return reader.all('row').map(row => row.innerText
                    .replace(/\\s+/g, ' ')
                    .replace(/^.* \\(.* UTC\\)/, '[time]')
                    .trim())",
            )
            .await?;
        insta::assert_snapshot!(rows.join("\n"), @r"
        Verdict Feature Because
        pass deploy.tftp
        fail boot.u-boot
        not reached test.shell
        Received Channel From Times Fate Because
        [time] reportJob, plain result federated 1 accepted applied in full
        ");
        let lava: String = browser
            .ask("return reader.one('link', 'Open in LAVA').href")
            .await?;
        assert_eq!(lava, "https://lava.example.org/scheduler/job/24");
        browser.picture("job").await?;
        browser.click("link", "boot.u-boot").await?;
        browser.until_at(cell).await?;
        browser
            .until_there("complementary", "Details of boot.u-boot, x15, 2026.10")
            .await
    })
}
