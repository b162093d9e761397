//! A feature or a device-type over the versions: where it works and since when it fails, in one sentence, and the
//! counts of that place alone.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::text;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    a_place_is_told_in_a_sentence,
    the_counts_are_those_of_the_place,
);

async fn grid(app: &TestApp, filter: &str) -> Result<Value> {
    let query = format!(
        "{{ grid(rows: VERSION, columns: FEATURE, {filter}) {{ sentence rows {{ header {{ name summary {{
            expected tested pass fail regressions fixed ready lastAt }} }} }} }} }}"
    );
    Ok(app.ask(&query).await?["grid"].take())
}

async fn said(app: &TestApp, filter: &str) -> Result<Option<String>> {
    let told = grid(app, filter).await?;
    Ok(text(&told, "/sentence").map(str::to_owned))
}

async fn a_place_is_told_in_a_sentence(app: TestApp) -> Result<()> {
    world::plan(&app).await?;
    app.declare("test.never").await?;
    let ci = app.reporter("ci").await?;
    app.report_all(&ci, &world::old()).await?;
    let then = app.event().await?;
    app.report_all(&ci, &world::new()).await?;
    for (filter, sentence) in [
        (
            "features: [\"deploy.tftp\"]",
            "deploy.tftp fails on 1 of 3 device-types (bbb) and is unsteady on 1 in 2026.10.",
        ),
        (
            "features: [\"boot.u-boot\"]",
            "boot.u-boot works on the one device-type tested in 2026.10; 1 without a verdict.",
        ),
        (
            "features: [\"generic.rest-api\"]",
            "generic.rest-api fails in 2026.10; worked in 2026.09.",
        ),
        (
            "features: [\"test.shell\"]",
            "test.shell works on the one device-type tested in 2026.09.",
        ),
        (
            "features: [\"test.never\"]",
            "test.never has no verdict in the last 60 versions.",
        ),
        (
            "deviceTypes: [\"bbb\"]",
            "bbb fails with the one feature tested (deploy.tftp) in 2026.10; 1 without a verdict; \
             everything worked in 2026.09.",
        ),
        (
            "deviceTypes: [\"rpi4\"]",
            "rpi4 works with both features in 2026.10; last failed in 2026.09.",
        ),
        // whatever is searched for in it
        (
            "deviceTypes: [\"rpi4\"], query: \"version:2026.09\"",
            "rpi4 works with both features in 2026.10; last failed in 2026.09.",
        ),
    ] {
        assert_eq!(said(&app, filter).await?.as_deref(), Some(sentence));
    }
    let of_then = format!("deviceTypes: [\"rpi4\"], asOf: {then}");
    assert_eq!(
        said(&app, &of_then).await?.as_deref(),
        Some(
            "rpi4 fails with the one feature tested (deploy.tftp) in 2026.09; 1 without a verdict."
        )
    );
    // without JavaScript the same
    let plain = app.get("/device-types/rpi4", &[]).await?.text().await?;
    assert!(
        plain.contains("rpi4 works with both features in 2026.10; last failed in 2026.09."),
        "{plain}"
    );
    // a later version fails for the second time
    let next = PlainResult::of(31, "2026.10.dev0001")
        .on("bbb")
        .says("deploy.tftp=FAIL boot.u-boot=PASS");
    app.report_all(&ci, &[next]).await?;
    assert_eq!(
        said(&app, "deviceTypes: [\"bbb\"]").await?.as_deref(),
        Some(
            "bbb fails with 1 of 2 features (deploy.tftp) in 2026.10.dev0001, since 2026.10; everything worked in 2026.09."
        )
    );
    // several have no sentence, nor has all
    for filter in [
        "deviceTypes: [\"bbb\", \"rpi4\"]",
        "deviceTypes: [\"bbb\"], features: [\"deploy.tftp\"]",
        "first: 3",
        "deviceTypes: [\"bbb\"], after: \"2026.10\"",
    ] {
        assert_eq!(said(&app, filter).await?, None, "{filter}");
    }
    Ok(())
}

async fn the_counts_are_those_of_the_place(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let counts = |filter: &'static str| {
        let app = &app;
        async move {
            let told = grid(app, filter).await?;
            let header = &told["rows"][0]["header"];
            assert_eq!(header["name"], "2026.10", "{told}");
            let mut summary = header["summary"].clone();
            let at = summary["lastAt"].take();
            anyhow::Ok((summary, at.as_str().map(|at| at[11..16].to_owned())))
        }
    };
    let of = |expected, tested, pass, fail, regressions, fixed| {
        json!({ "expected": expected, "tested": tested, "pass": pass, "fail": fail, "regressions": regressions,
            "fixed": fixed, "ready": false, "lastAt": null })
    };
    let at = |time: &str| Some(time.to_owned());
    assert_eq!(
        counts("first: 9").await?,
        (of(6, 5, 2, 2, 2, 1), at("00:15"))
    );
    // that the version is not ready is its own, whatever is looked at
    assert_eq!(
        counts("deviceTypes: [\"rpi4\"]").await?,
        (of(2, 2, 2, 0, 0, 1), at("00:12"))
    );
    assert_eq!(
        counts("features: [\"deploy.tftp\"]").await?,
        (of(3, 3, 1, 1, 1, 1), at("00:15"))
    );
    assert_eq!(
        counts("features: [\"generic.rest-api\"]").await?,
        (of(1, 1, 0, 1, 1, 0), at("00:13"))
    );
    Ok(())
}
