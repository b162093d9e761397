//! Jobs that somebody cancels.

use anyhow::Result;
use serde_json::json;

use crate::app::{App, verdicts};
use crate::site::{JOB, Site};

crate::for_each_release!(
    a_job_cancelled_while_running_is_no_verdict,
    a_job_cancelled_before_it_ran_is_no_verdict
);

const FEATURES: &str = "deploy.tmpfs boot.qemu test.shell";
const MAPPED: &str = "deploy.tmpfs boot.qemu test.shell=0_smoke/uname";

/// What had passed by then is not counted either: nobody saw the job to its end.
async fn a_job_cancelled_while_running_is_no_verdict(site: &Site) -> Result<()> {
    let app = App::start().await?;
    app.declare(FEATURES).await?;
    let mut job = site.job("cancelled-running", &app, MAPPED)?;
    job.criteria = "all";
    job.steps.push("sleep 200");
    let id = site.lava.admin.submit(&job.definition()).await?;
    site.lava.admin.wait_for_result(id, "uname", JOB).await?;
    app.wait_for_job(id, "RUNNING").await?;
    assert_eq!(
        app.cells(&site.lava.version).await?,
        "boot.qemu R, deploy.tmpfs R, test.shell R"
    );

    site.lava.admin.cancel(id).await?;
    let notification = site.listener.wait_for(&job.name, "Finished", JOB).await?;
    assert_eq!(
        notification.body.pointer("/health_string"),
        Some(&json!("Canceled"))
    );

    let told = app.wait_for_job(id, "FINISHED").await?;
    assert_eq!(told.pointer("/health"), Some(&json!("CANCELED")));
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

/// LAVA sends the callback while it answers the request to cancel.
async fn a_job_cancelled_before_it_ran_is_no_verdict(site: &Site) -> Result<()> {
    let app = App::start().await?;
    app.declare(FEATURES).await?;
    let mut job = site.job("cancelled-submitted", &app, MAPPED)?;
    job.tag = Some("parked");
    let id = site.lava.admin.submit(&job.definition()).await?;
    site.lava.admin.wait_for(id, "Submitted", JOB).await?;
    site.lava.admin.cancel(id).await?;
    let notification = site.listener.wait_for(&job.name, "Finished", JOB).await?;
    assert_eq!(
        notification.body.pointer("/health_string"),
        Some(&json!("Canceled"))
    );
    assert_eq!(
        notification.body.pointer("/actual_device_id"),
        Some(&json!(null))
    );

    let told = app.wait_for_job(id, "FINISHED").await?;
    assert_eq!(told.pointer("/health"), Some(&json!("CANCELED")));
    assert_eq!(told.pointer("/device"), Some(&json!(null)));
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
