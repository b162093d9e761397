//! Two versions compared: per cell first, then summed.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::list;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    changes_are_told_per_cell,
    sums_never_cancel,
    what_cannot_be_compared,
);

async fn changes(app: &TestApp, base: &str, head: &str, rest: &str) -> Result<Vec<String>> {
    let answer = app
        .ask(&format!(
            "{{ compare(base: \"{base}\", head: \"{head}\") {{ changes{rest} {{ nodes {{ class feature {{ name }} deviceType {{ name }} base head }} }} }} }}"
        ))
        .await?;
    Ok(list(&answer, "/compare/changes/nodes")
        .iter()
        .map(|change| {
            let part = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            format!(
                "{} {}@{} {}>{}",
                part(&change["class"]),
                part(&change["feature"]["name"]),
                part(&change["deviceType"]["name"]),
                part(&change["base"]),
                part(&change["head"])
            )
        })
        .collect())
}

async fn changes_are_told_per_cell(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let all = [
        "REGRESSION generic.rest-api@- PASS>FAIL",
        "REGRESSION deploy.tftp@bbb PASS>FAIL",
        "FIXED deploy.tftp@rpi4 FAIL>PASS",
        "FLAKY deploy.tftp@qemu PASS>FLAKY",
        "GONE test.shell@qemu PASS>NOT_APPLICABLE",
        "NEW_PASS boot.u-boot@rpi4 NOT_REACHED>PASS",
    ];
    assert_eq!(changes(&app, "2026.09", "2026.10", "").await?, all);
    assert_eq!(
        changes(&app, "2026.09", "2026.10", "(classes: [FIXED, GONE])").await?,
        [all[2], all[4]]
    );
    assert_eq!(
        changes(&app, "2026.09", "2026.10", "(first: 2)").await?,
        all[..2]
    );
    let page = app
        .ask("{ compare(base: \"2026.09\", head: \"2026.10\") { changes(last: 2) { totalCount pageInfo { hasPreviousPage hasNextPage startCursor } } } }")
        .await?;
    let page = &page["compare"]["changes"];
    assert_eq!(page["totalCount"], 6);
    assert_eq!(page["pageInfo"]["hasPreviousPage"], true);
    assert_eq!(page["pageInfo"]["hasNextPage"], false);
    let start = page["pageInfo"]["startCursor"].as_str().unwrap_or_default();
    assert_eq!(
        changes(
            &app,
            "2026.09",
            "2026.10",
            &format!("(last: 3, before: \"{start}\")")
        )
        .await?,
        all[1..4]
    );
    // the other way round
    assert_eq!(
        changes(
            &app,
            "2026.10",
            "2026.09",
            "(classes: [REGRESSION, FIXED, APPEARED])"
        )
        .await?,
        [
            "REGRESSION deploy.tftp@rpi4 PASS>FAIL",
            "FIXED generic.rest-api@- FAIL>PASS",
            "FIXED deploy.tftp@bbb FAIL>PASS",
            "APPEARED test.shell@qemu NOT_APPLICABLE>PASS",
        ]
    );
    Ok(())
}

async fn sums_never_cancel(app: TestApp) -> Result<()> {
    let ci = world::build(&app).await?;
    let counts = "{ compare(base: \"2026.09\", head: \"2026.10\") { base { name } head { name } counts { class count } } }";
    let answer = app.ask(counts).await?;
    let count = |class: &str, count: u32| json!({ "class": class, "count": count });
    assert_eq!(
        answer["compare"],
        json!({ "base": { "name": "2026.09" }, "head": { "name": "2026.10" }, "counts": [
            count("REGRESSION", 2), count("FIXED", 1), count("FLAKY", 1), count("GONE", 1), count("NEW_PASS", 1)] })
    );
    // one more regression and one more fix: both are seen
    app.report_all(
        &ci,
        &[
            PlainResult::of(21, "2026.09")
                .on("rpi4")
                .says("test.shell=FAIL"),
            PlainResult::of(22, "2026.09")
                .on("bbb")
                .says("test.shell=PASS"),
            PlainResult::of(23, "2026.10")
                .on("rpi4")
                .says("test.shell=PASS"),
            PlainResult::of(24, "2026.10")
                .on("bbb")
                .says("test.shell=FAIL"),
        ],
    )
    .await?;
    let answer = app.ask(counts).await?;
    assert_eq!(
        answer["compare"]["counts"],
        json!([
            count("REGRESSION", 3),
            count("FIXED", 2),
            count("FLAKY", 1),
            count("GONE", 1),
            count("NEW_PASS", 1)
        ])
    );
    Ok(())
}

async fn what_cannot_be_compared(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    for (base, head, code) in [
        ("2026.10", "2026.10", "BAD_USER_INPUT"),
        ("2026.10", "2031.01", "NOT_FOUND"),
        ("2031.01", "2026.10", "NOT_FOUND"),
    ] {
        let query = format!("{{ compare(base: \"{base}\", head: \"{head}\") {{ event }} }}");
        let answer = app.graphql("", &query, json!({})).await?;
        assert_eq!(answer.code(), code, "{base} {head}");
    }
    Ok(())
}
