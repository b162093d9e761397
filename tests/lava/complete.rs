//! A job that completes.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::app::{App, verdicts};
use crate::site::{Site, error_type};

crate::for_each_release!(a_complete_job_becomes_cells);

/// What the job reports of each case decides over the feature that is mapped to it; the others pass with the job.
async fn a_complete_job_becomes_cells(site: &Site) -> Result<()> {
    let app = App::start().await?;
    app.declare("deploy.tmpfs boot.qemu test.shell test.bad test.skipped test.missing generic.notifications").await?;
    let features = "deploy.tmpfs boot.qemu test.shell=0_smoke/uname test.bad=0_smoke/bad \
                    test.skipped=0_smoke/left-out test.missing=0_smoke/never-run generic.notifications";
    let mut job = site.job("complete", &app, features)?;
    job.steps = vec![
        "lava-test-case uname --shell uname -a",
        "lava-test-case bad --result fail",
        "lava-test-case left-out --result skip",
    ];
    let Some(first) = job.callbacks.first().cloned() else {
        anyhow::bail!("no callback")
    };
    // the same job told once more, with its log: other bytes, one result
    job.callbacks.insert(
        1,
        lavafed_tests::lava::job::Callback {
            dataset: "all",
            ..first.clone()
        },
    );
    let (id, notification) = site.run(&job).await?;
    assert_eq!(
        notification.body.pointer("/health_string"),
        Some(&json!("Complete"))
    );
    assert_eq!(error_type(&notification), "");

    app.wait_for_receipts(2).await?;
    let told = app.wait_for_job(id, "FINISHED").await?;
    assert_eq!(told.pointer("/type"), Some(&json!("FED")));
    assert_eq!(told.pointer("/health"), Some(&json!("COMPLETE")));
    assert_eq!(
        told.pointer("/version/name"),
        Some(&json!(site.lava.version))
    );
    assert_eq!(told.pointer("/deviceType/name"), Some(&json!("qemu")));
    assert_eq!(
        told.pointer("/device/hostname"),
        notification.body.pointer("/actual_device_id")
    );
    assert_eq!(told.pointer("/errorType"), Some(&json!(null)));
    assert_eq!(
        verdicts(&told),
        "boot.qemu PASS, deploy.tmpfs PASS, generic.notifications PASS, test.bad FAIL, \
         test.missing NOT_REACHED, test.shell PASS, test.skipped NOT_REACHED"
    );
    assert_eq!(
        app.cells(&site.lava.version).await?,
        "boot.qemu P, deploy.tmpfs P, generic.notifications -, test.bad F, test.missing N, test.shell P, \
         test.skipped N"
    );

    // two notifications, one attempt; a generic feature has a cell without a device-type
    let cells = "query ($version: String!) {
        device: cell(version: $version, feature: \"test.shell\", deviceType: \"qemu\") { verdict attempts passes fails }
        generic: cell(version: $version, feature: \"generic.notifications\") { verdict attempts passes fails } }";
    let cells = app
        .ask(cells, json!({ "version": site.lava.version }))
        .await?;
    let passed_once = json!({ "verdict": "PASS", "attempts": 1, "passes": 1, "fails": 0 });
    assert_eq!(
        cells,
        json!({ "device": passed_once, "generic": passed_once })
    );
    // LAVA sends the token in a header, in the definition and, in 2023.01, as a field of its own
    let signature = first
        .token
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .as_bytes();
    ensure!(signature.len() > 20, "not a JWT: {}", first.token);
    for (path, bytes) in app.files()? {
        let found = bytes
            .windows(signature.len())
            .any(|window| window == signature);
        ensure!(!found, "the token is in {}", path.display());
    }
    Ok(())
}
