//! A small grid made by hand: three versions, six features, four device-types, and some failures.
//!
//! | | 2026.08 | 2026.09 | 2026.10 |
//! |---|---|---|---|
//! | qemu | passes | passes | not tested yet |
//! | beaglebone-black | does not boot | boots | passes |
//! | x15 | passes | passes | does not boot |
//! | juno | passes | does not boot | boots, the lab fails in the test |
//! | generic.rest-api | passes | passes | fails |

use anyhow::Result;
use lavafed_tests::result::PlainResult;

use crate::site::Site;

const FEATURES: &str = "deploy.tftp deploy.tmpfs boot.qemu boot.u-boot test.shell generic.rest-api";
const BOARDS: &str = "beaglebone-black x15 juno";
const PASSES: &str = "deploy.tftp=PASS boot.u-boot=PASS test.shell=PASS";
const NO_BOOT: &str = "deploy.tftp=PASS boot.u-boot=FAIL test.shell=NOT_REACHED";
const QEMU_PASSES: &str = "deploy.tmpfs=PASS boot.qemu=PASS test.shell=PASS";

pub(crate) async fn fill(site: &Site) -> Result<()> {
    let app = &site.app;
    app.declare(FEATURES).await?;
    app.device_types("qemu").await?;
    app.device_types(BOARDS).await?;
    app.expect("generic.rest-api", "").await?;
    app.expect("deploy.tmpfs", "qemu").await?;
    app.expect("boot.qemu", "qemu").await?;
    app.expect("deploy.tftp", BOARDS).await?;
    app.expect("boot.u-boot", BOARDS).await?;
    app.expect("test.shell", &format!("qemu {BOARDS}")).await?;
    let results = [
        generic(1, "2026.08", "PASS"),
        on(2, "2026.08", "qemu", QEMU_PASSES),
        on(3, "2026.08", "beaglebone-black", NO_BOOT),
        on(4, "2026.08", "x15", PASSES),
        on(5, "2026.08", "juno", PASSES),
        generic(11, "2026.09", "PASS"),
        on(12, "2026.09", "qemu", QEMU_PASSES),
        on(13, "2026.09", "beaglebone-black", PASSES),
        on(14, "2026.09", "x15", PASSES),
        on(15, "2026.09", "juno", NO_BOOT),
        generic(21, "2026.10", "FAIL"),
        on(23, "2026.10", "beaglebone-black", PASSES),
        stuck(on(24, "2026.10", "x15", NO_BOOT)),
        on(
            25,
            "2026.10",
            "juno",
            "deploy.tftp=PASS boot.u-boot=PASS test.shell=INFRA",
        ),
    ];
    app.report_all(&app.reporter("federated").await?, &results)
        .await
}

/// More generic features than a telephone is wide; all pass.
pub(crate) async fn fill_generic(site: &Site) -> Result<()> {
    let names = "notifications scheduler results-export worker-registration remote-artifact-tokens";
    let names: Vec<String> = names
        .split(' ')
        .map(|name| format!("generic.{name}"))
        .collect();
    site.app.declare(&names.join(" ")).await?;
    let verdicts = names.join("=PASS ") + "=PASS";
    let result = PlainResult::of(31, "2026.10").says(&verdicts);
    let lava = site.app.reporter("federated").await?;
    site.app.report_all(&lava, &[result]).await
}

fn generic(id: u32, version: &str, verdict: &str) -> PlainResult {
    PlainResult::of(id, version).says(&format!("generic.rest-api={verdict}"))
}

fn on(id: u32, version: &str, device_type: &str, verdicts: &str) -> PlainResult {
    PlainResult::of(id, version).on(device_type).says(verdicts)
}

fn stuck(result: PlainResult) -> PlainResult {
    result
        .with("health", "INCOMPLETE")
        .with("device", "x15-01")
        .with("errorType", "Job")
        .with(
            "errorMessage",
            "auto-login-action timed out after 147 seconds",
        )
        .with("url", "https://lava.example.org/scheduler/job/24")
}
