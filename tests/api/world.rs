//! A small world whose grid is worked out by hand.
//!
//! Two releases on three device-types: `2026.09` was good but for the rpi4, `2026.10` breaks the bbb, mends the rpi4
//! and is undecided on qemu. `test.shell` was run once and is in nobody's plan.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::result::PlainResult;

pub(crate) async fn plan(app: &TestApp) -> Result<()> {
    app.declare("test.shell boot.u-boot deploy.tftp generic.rest-api")
        .await?;
    app.device_types("rpi4 bbb qemu").await?;
    app.expect("generic.rest-api", "").await?;
    app.expect("deploy.tftp", "bbb qemu rpi4").await?;
    app.expect("boot.u-boot", "bbb rpi4").await
}

pub(crate) fn old() -> Vec<PlainResult> {
    let of = |id| PlainResult::of(id, "2026.09");
    vec![
        of(1).on("bbb").says("deploy.tftp=PASS boot.u-boot=PASS"),
        of(2)
            .on("rpi4")
            .says("deploy.tftp=FAIL boot.u-boot=NOT_REACHED"),
        of(3).says("generic.rest-api=PASS"),
        of(4).on("qemu").says("deploy.tftp=PASS test.shell=PASS"),
    ]
}

pub(crate) fn new() -> Vec<PlainResult> {
    let of = |id| PlainResult::of(id, "2026.10");
    vec![
        of(11)
            .on("bbb")
            .says("deploy.tftp=FAIL boot.u-boot=NOT_REACHED"),
        of(12).on("rpi4").says("deploy.tftp=PASS boot.u-boot=PASS"),
        of(13).says("generic.rest-api=FAIL"),
        of(14).on("qemu").says("deploy.tftp=PASS"),
        of(15).on("qemu").says("deploy.tftp=FAIL"),
    ]
}

/// All of it. Returns a token of CI.
pub(crate) async fn build(app: &TestApp) -> Result<String> {
    plan(app).await?;
    let ci = app.reporter("ci").await?;
    app.report_all(&ci, &old()).await?;
    app.report_all(&ci, &new()).await?;
    Ok(ci)
}
