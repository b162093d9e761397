//! LAVA posts a notification, and it becomes cells of the grid.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::at;
use lavafed_tests::notification::Notification;
use lavafed_tests::on_both_databases;
use serde_json::json;

on_both_databases!(a_notification_becomes_cells);

/// Pass, failing case, failing suite, missing case, generic.
const FEATURES: &str = "deploy.tmpfs boot.qemu test.shell=0_smoke/uname test.bad=0_smoke/bad \
    test.none=0_smoke/missing generic.notifications";

pub(crate) const DECLARED: &str =
    "deploy.tmpfs boot.qemu test.shell test.bad test.none generic.notifications";

async fn a_notification_becomes_cells(app: TestApp) -> Result<()> {
    app.declare(DECLARED).await?;
    let lava = app.reporter("federated").await?;
    for (name, version) in [
        ("2023.01/complete-results-json", "2023.01"),
        ("2026.10/complete-results-json", "2026.10"),
    ] {
        let told = Notification::recorded(name)?.declares("FED", version, FEATURES);
        let receipt = app.tell(&lava, &told).await?;
        assert_eq!(at(&receipt, "/state"), "ACCEPTED", "{receipt}");
        assert_eq!(
            app.grid(version).await?,
            [
                "generic.notifications P - .",
                "deploy.tmpfs P P .",
                "boot.qemu P P .",
                "test.bad F F .",
                "test.none N N .",
                "test.shell P P .",
            ]
        );
    }
    let job = app
        .ask("{ job(source: \"federated\", externalId: \"1\") { type state health version { name }
            deviceType { name } device { hostname lab { name } federatedName lendable } } }")
        .await?;
    assert_eq!(
        job,
        json!({ "job": { "type": "FED", "state": "FINISHED", "health": "COMPLETE",
            "version": { "name": "2026.10" }, "deviceType": { "name": "qemu" },
            "device": { "hostname": "qemu-fed-1", "lab": null, "federatedName": "qemu-fed-1", "lendable": false } } })
    );
    Ok(())
}
