//! Is it LAVA, the device-type or the lab? One sentence for what fails, with the counts behind it.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::text;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

on_both_databases!(
    what_fails_everywhere_is_lavas,
    what_fails_in_two_labs_and_passes_elsewhere_is_the_device_types,
    what_passes_in_another_lab_is_the_labs,
    what_a_lab_fails_with_all_else_is_the_labs,
    what_worked_before_is_lavas,
    too_little_is_known,
);

struct Farm<'a> {
    app: &'a TestApp,
    paris: String,
    rennes: String,
}

impl Farm<'_> {
    async fn of(app: &TestApp) -> Result<Farm<'_>> {
        app.declare("boot.u-boot deploy.tftp test.shell generic.rest-api")
            .await?;
        for name in ["paris", "rennes"] {
            app.admin(&format!(
                "mutation {{ addLab(input: {{ name: \"{name}\" }}) {{ errors {{ message }} }} }}"
            ))
            .await?;
        }
        Ok(Farm {
            app,
            paris: app.reporter("lab:paris").await?,
            rennes: app.reporter("lab:rennes").await?,
        })
    }

    /// Jobs, each a lab, its number (a minute of October), a device-type and what it says.
    async fn ran(&self, version: &str, jobs: &[(&str, u32, &str, &str)]) -> Result<()> {
        for (lab, id, device_type, said) in jobs {
            let result = PlainResult::of(*id, version)
                .on(device_type)
                .with("device", format!("{device_type}-01"))
                .says(said);
            let token = if *lab == "paris" {
                &self.paris
            } else {
                &self.rennes
            };
            self.app.report_all(token, &[result]).await?;
        }
        Ok(())
    }

    async fn blame(&self, device_type: &str) -> Result<Value> {
        let on = if device_type.is_empty() {
            String::new()
        } else {
            format!(", deviceType: \"{device_type}\"")
        };
        let query = format!(
            "{{ cell(version: \"2026.10\", feature: \"boot.u-boot\"{on}) {{ blame {{ suspect sentence failingLabs
                othersFailing othersPassing before workedBefore attempts {{ passes fails infras }}
                labJobs {{ passes fails infras }} }} }} }}"
        );
        Ok(self.app.ask(&query).await?["cell"]["blame"].take())
    }

    async fn says(&self, device_type: &str, suspect: &str, sentence: &str) -> Result<Value> {
        let told = self.blame(device_type).await?;
        assert_eq!(
            (text(&told, "/suspect"), text(&told, "/sentence")),
            (Some(suspect), Some(sentence)),
            "{device_type}"
        );
        Ok(told)
    }
}

async fn what_fails_everywhere_is_lavas(app: TestApp) -> Result<()> {
    let farm = Farm::of(&app).await?;
    farm.ran("2026.09", &[("paris", 1, "x15", "boot.u-boot=PASS")])
        .await?;
    farm.ran(
        "2026.10",
        &[
            (
                "paris",
                2,
                "x15",
                "deploy.tftp=PASS boot.u-boot=FAIL test.shell=NOT_REACHED",
            ),
            ("paris", 3, "bbb", "deploy.tftp=PASS boot.u-boot=FAIL"),
            ("rennes", 4, "rpi4", "boot.u-boot=FAIL"),
        ],
    )
    .await?;
    let told = farm
        .says(
            "x15",
            "LAVA",
            "Probably LAVA: it fails on x15 in paris (the only attempt); fails on both other device-types; \
             no other job of paris at the time says more; it worked there in 2026.09.",
        )
        .await?;
    assert_eq!(
        told,
        json!({ "suspect": "LAVA", "sentence": told["sentence"], "failingLabs": 2, "othersFailing": 2, "othersPassing": 0,
            "before": "2026.09", "workedBefore": true, "attempts": { "passes": 0, "fails": 1, "infras": 0 },
            // its other jobs tried this feature too, and say nothing of the lab by what else they did
            "labJobs": { "passes": 0, "fails": 0, "infras": 0 } })
    );
    // the fold of all has an answer of its own
    farm.says(
        "",
        "LAVA",
        "Probably LAVA: it fails on 3 device-types in paris and rennes (all 3 attempts); \
         no other device-type has a verdict; no other job of paris and rennes at the time says more; \
         it worked there in 2026.09.",
    )
    .await?;
    Ok(())
}

async fn what_fails_in_two_labs_and_passes_elsewhere_is_the_device_types(
    app: TestApp,
) -> Result<()> {
    let farm = Farm::of(&app).await?;
    farm.ran(
        "2026.10",
        &[
            ("paris", 1, "x15", "boot.u-boot=FAIL"),
            ("rennes", 2, "x15", "boot.u-boot=FAIL"),
            ("paris", 3, "bbb", "boot.u-boot=PASS"),
            ("rennes", 4, "rpi4", "boot.u-boot=PASS"),
        ],
    )
    .await?;
    for device_type in ["x15", ""] {
        farm.says(
            device_type,
            "DEVICE_TYPE",
            "Probably this device-type, not the lab: it fails on x15 in paris and rennes (both attempts); \
             passes on both other device-types; no other job of paris and rennes at the time says more; \
             no version before has a verdict.",
        )
        .await?;
    }
    // where it passes there is nothing to ask
    assert_eq!(farm.blame("bbb").await?, Value::Null);
    Ok(())
}

async fn what_passes_in_another_lab_is_the_labs(app: TestApp) -> Result<()> {
    let farm = Farm::of(&app).await?;
    let split = [
        ("paris", 301, "x15", "boot.u-boot=FAIL"),
        ("rennes", 302, "x15", "boot.u-boot=PASS"),
    ];
    farm.ran("2026.10", &split).await?;
    farm.says(
        "x15",
        "LAB",
        "Perhaps the lab: it fails on x15 in paris and passes in rennes; no other device-type has a verdict; \
         no other job of paris at the time says more; no version before has a verdict.",
    )
    .await?;
    // what the lab ran in those hours tells more; what it ran a day later, or another lab, does not
    farm.ran(
        "2026.10",
        &[
            (
                "paris",
                310,
                "bbb",
                "deploy.tftp=INFRA test.shell=NOT_REACHED",
            ),
            ("paris", 320, "bbb", "deploy.tftp=FAIL"),
            ("paris", 330, "rpi4", "deploy.tftp=PASS"),
            ("paris", 331 + 1440, "rpi4", "deploy.tftp=PASS"),
            ("rennes", 332, "rpi4", "deploy.tftp=PASS"),
        ],
    )
    .await?;
    let told = farm
        .says(
            "x15",
            "LAB",
            "Probably the lab: it fails on x15 in paris and passes in rennes; no other device-type has a verdict; \
             1 of 3 other jobs of paris at the time passed; no version before has a verdict.",
        )
        .await?;
    assert_eq!(
        told["labJobs"],
        json!({ "passes": 1, "fails": 1, "infras": 1 })
    );
    Ok(())
}

async fn what_a_lab_fails_with_all_else_is_the_labs(app: TestApp) -> Result<()> {
    let farm = Farm::of(&app).await?;
    farm.ran(
        "2026.10",
        &[
            ("paris", 1, "x15", "boot.u-boot=INFRA"),
            ("paris", 2, "bbb", "boot.u-boot=FAIL"),
            ("paris", 3, "bbb", "deploy.tftp=INFRA"),
            ("paris", 4, "x15", "deploy.tftp=INFRA"),
            ("rennes", 5, "rpi4", "boot.u-boot=PASS"),
        ],
    )
    .await?;
    farm.says(
        "bbb",
        "LAB",
        "Probably the lab: it fails on bbb in paris (the only attempt); passes on the one other device-type; \
         0 of 2 other jobs of paris at the time passed; no version before has a verdict.",
    )
    .await?;
    farm.says(
        "x15",
        "LAB",
        "The lab: the only attempt on x15 ended in an infrastructure error in paris; \
         fails on 1 of 2 other device-types; 0 of 2 other jobs of paris at the time passed; \
         no version before has a verdict.",
    )
    .await?;
    Ok(())
}

async fn what_worked_before_is_lavas(app: TestApp) -> Result<()> {
    let farm = Farm::of(&app).await?;
    farm.ran("2026.08", &[("paris", 1, "x15", "boot.u-boot=FAIL")])
        .await?;
    farm.ran("2026.09", &[("paris", 2, "x15", "boot.u-boot=PASS")])
        .await?;
    farm.ran("2026.10", &[("paris", 3, "x15", "boot.u-boot=FAIL")])
        .await?;
    let regressed = "it fails on x15 in paris (the only attempt); no other device-type has a verdict; \
        no other job of paris at the time says more; it worked there in 2026.09.";
    farm.says("x15", "LAVA", &format!("Perhaps LAVA: {regressed}"))
        .await?;
    let then = app.event().await?;
    farm.ran("2026.10", &[("paris", 4, "bbb", "deploy.tftp=PASS")])
        .await?;
    farm.says(
        "x15",
        "LAVA",
        &format!("Probably LAVA: {regressed}").replace(
            "no other job of paris at the time says more",
            "1 of 1 other jobs of paris at the time passed",
        ),
    )
    .await?;
    // as it was known then
    let query = format!(
        "{{ cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"x15\", asOf: {then}) {{ blame {{ sentence }} }} }}"
    );
    assert_eq!(
        app.ask(&query).await?["cell"]["blame"]["sentence"],
        format!("Perhaps LAVA: {regressed}")
    );
    Ok(())
}

async fn too_little_is_known(app: TestApp) -> Result<()> {
    let farm = Farm::of(&app).await?;
    farm.ran("2026.10", &[("paris", 3, "x15", "boot.u-boot=FAIL")])
        .await?;
    farm.says(
        "x15",
        "UNKNOWN",
        "Cannot tell yet: it fails on x15 in paris (the only attempt); no other device-type has a verdict; \
         no other job of paris at the time says more; no version before has a verdict.",
    )
    .await?;
    // both ways in one place
    farm.ran("2026.10", &[("paris", 4, "x15", "boot.u-boot=PASS")])
        .await?;
    farm.says(
        "x15",
        "UNSTEADY",
        "Unsteady: it failed 1 of 2 times on x15 in paris; no other device-type has a verdict; \
         no other job of paris at the time says more; no version before has a verdict.",
    )
    .await?;
    // a generic feature has no device-type, and CI no lab
    let ci = app.reporter("ci").await?;
    app.report_all(
        &ci,
        &[
            PlainResult::of(5, "2026.09").says("generic.rest-api=PASS"),
            PlainResult::of(6, "2026.10").says("generic.rest-api=FAIL"),
        ],
    )
    .await?;
    let told = app
        .ask("{ cell(version: \"2026.10\", feature: \"generic.rest-api\") { blame { sentence } } }")
        .await?;
    assert_eq!(
        told["cell"]["blame"]["sentence"],
        "Perhaps LAVA: it fails (the only attempt); it worked in 2026.09."
    );
    Ok(())
}
