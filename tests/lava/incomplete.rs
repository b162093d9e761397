//! Jobs that end too early, by a fault of what is tested and by one of the lab.

use anyhow::Result;
use serde_json::json;

use crate::app::{App, verdicts};
use crate::site::{Site, error_type};

crate::for_each_release!(
    a_boot_that_fails_is_a_fail,
    an_infrastructure_error_is_no_verdict
);

const FEATURES: &str = "deploy.tmpfs boot.qemu test.shell";
const MAPPED: &str = "deploy.tmpfs boot.qemu test.shell=0_smoke/uname";

/// The stage before the failure passes, the one after it was not reached.
async fn a_boot_that_fails_is_a_fail(site: &Site) -> Result<()> {
    let app = App::start().await?;
    app.declare(FEATURES).await?;
    let mut job = site.job("boot-fails", &app, MAPPED)?;
    job.prompt = "this is never said";
    job.boot_seconds = 10;
    let (id, notification) = site.run(&job).await?;
    assert_eq!(
        notification.body.pointer("/health_string"),
        Some(&json!("Incomplete"))
    );
    assert_eq!(error_type(&notification), "Job");

    let told = app.wait_for_job(id, "FINISHED").await?;
    assert_eq!(told.pointer("/health"), Some(&json!("INCOMPLETE")));
    assert_eq!(told.pointer("/errorType"), Some(&json!("Job")));
    assert_eq!(
        verdicts(&told),
        "boot.qemu FAIL, deploy.tmpfs PASS, test.shell NOT_REACHED"
    );
    assert_eq!(
        app.cells(&site.lava.version).await?,
        "boot.qemu F, deploy.tmpfs P, test.shell N"
    );
    Ok(())
}

/// A server of files that loses one between LAVA's check and its download says nothing about LAVA.
async fn an_infrastructure_error_is_no_verdict(site: &Site) -> Result<()> {
    let app = App::start().await?;
    app.declare(FEATURES).await?;
    let mut job = site.job("infrastructure", &app, MAPPED)?;
    job.kernel = format!("{}/vanished/vmlinuz", site.listener.url());
    let (id, notification) = site.run(&job).await?;
    assert_eq!(
        notification.body.pointer("/health_string"),
        Some(&json!("Incomplete"))
    );
    assert_eq!(error_type(&notification), "Infrastructure");

    let told = app.wait_for_job(id, "FINISHED").await?;
    assert_eq!(told.pointer("/errorType"), Some(&json!("Infrastructure")));
    assert_eq!(
        verdicts(&told),
        "boot.qemu INFRA, deploy.tmpfs INFRA, test.shell INFRA"
    );
    assert_eq!(
        app.cells(&site.lava.version).await?,
        "boot.qemu I, deploy.tmpfs I, test.shell I"
    );
    Ok(())
}
