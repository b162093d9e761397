//! Every view can be shown as of an event, and stays what it was.

use std::ops::Range;

use anyhow::Result;
use futures_util::future::try_join_all;
use lavafed_tests::app::TestApp;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::json;

use crate::world;

on_both_databases!(
    as_of_an_event_nothing_ever_changes,
    few_read_the_past_at_once,
);

fn views(event: i64) -> Vec<String> {
    let header = "header { name verdict change passed total summary { expected tested pass fail regressions gone ready baseline } }";
    let row = format!(
        "event totalRows hasNextPage columns {{ name verdict }} rows {{ {header} verdicts changes counts }}"
    );
    let mut views: Vec<String> = [
        ("FEATURE", "DEVICE_TYPE"),
        ("DEVICE_TYPE", "FEATURE"),
        ("VERSION", "FEATURE"),
        ("VERSION", "DEVICE_TYPE"),
    ]
    .iter()
    .map(|(rows, columns)| {
        format!("{{ grid(rows: {rows}, columns: {columns}, asOf: {event}) {{ {row} }} }}")
    })
    .collect();
    for place in [
        "feature: \"deploy.tftp\", deviceType: \"bbb\"",
        "feature: \"deploy.tftp\"",
        "feature: \"boot.u-boot\", deviceType: \"rpi4\"",
        "feature: \"generic.rest-api\"",
    ] {
        views.push(format!(
            "{{ cell(version: \"2026.09\", {place}, asOf: {event}) {{ event verdict change passed total attempts passes fails infras
                notReached lastAt reason reasonText blame {{ sentence failingLabs }} failingVersions history {{ version verdict }} parts {{ verdict deviceType {{ name }} }}
                labs {{ attempts }} recentAttempts {{ verdict message job {{ externalId }} }} }} }}"
        ));
    }
    views.push(format!(
        "{{ compare(base: \"2026.08\", head: \"2026.09\", asOf: {event}) {{ event counts {{ class count }}
            changes {{ nodes {{ class base head feature {{ name }} deviceType {{ name }} }} }} }} }}"
    ));
    views.push(format!(
        "{{ version(name: \"2026.09\") {{ summary(asOf: {event}) {{ expected tested pass fail flaky infra planned notReached
            regressions newFailures fixed stillFailing newPasses appeared gone flakyChanges lastAt baseline ready }} }} }}"
    ));
    views
}

async fn as_of_an_event_nothing_ever_changes(app: TestApp) -> Result<()> {
    world::plan(&app).await?;
    let ci = app.reporter("ci").await?;
    let older = PlainResult::of(500, "2026.08")
        .on("bbb")
        .says("deploy.tftp=PASS boot.u-boot=FAIL");
    app.report_all(&ci, &[older]).await?;
    app.report_all(&ci, &world::old()).await?;
    let event = app.event().await?;
    let views = views(event);
    let mut before = Vec::new();
    for view in &views {
        before.push(app.graphql("", view, json!({})).await?.data()?);
    }

    // a day passes: results for the same and for new versions, other verdicts, new names, another plan
    app.report_all(&ci, &world::new()).await?;
    let more = |id| PlainResult::of(id, "2026.09");
    app.report_all(
        &ci,
        &[
            more(600).on("bbb").says("deploy.tftp=FAIL"),
            more(601).on("odroid-n2").says("deploy.tftp=PASS"),
            PlainResult::of(602, "2026.08.dev0003").says("generic.rest-api=PASS"),
            PlainResult::of(2, "2026.09")
                .on("rpi4")
                .says("deploy.tftp=PASS")
                .with("description", "again"),
        ],
    )
    .await?;
    app.declare("boot.grub").await?;
    app.device_types("x86").await?;
    app.expect("boot.grub", "x86 bbb").await?;
    app.unexpect("deploy.tftp", "rpi4 qemu").await?;
    app.admin("mutation { a: addLab(input: { name: \"paris\" }) { errors { message } }
        b: addDevice(input: { lab: \"paris\", hostname: \"rpi4-1\", deviceType: \"rpi4\", lendable: true }) { errors { message } } }")
        .await?;
    let app = app.restart().await?;

    for (view, before) in views.iter().zip(&before) {
        let now = app.graphql("", view, json!({})).await?.data()?;
        assert_eq!(&now, before, "{view}");
    }
    Ok(())
}

async fn few_read_the_past_at_once(app: TestApp) -> Result<()> {
    let before = app.event().await?;
    world::build(&app).await?;
    let event = app.event().await?;
    let grid = |at: i64, alias: usize| {
        format!("a{alias}: grid(rows: VERSION, columns: FEATURE, asOf: {at}) {{ totalRows }}")
    };
    let document = |many: Range<usize>| {
        let fields: Vec<_> = many.map(|alias| grid(event, alias)).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    // what a page asks for at once finds its turn
    let few = app.ask(&document(0..4)).await?;
    assert_eq!(few["a3"]["totalRows"], 2);
    // one reader does not take the turns of all
    let many = app.graphql("", &document(0..5), json!({})).await?;
    assert_eq!(many.code(), "LIMIT_EXCEEDED");
    // a reading may be over before the next begins, so that no number of them is always too many
    let mut refused = false;
    for attempt in 0..20 {
        // each a document of its own: what was answered once is kept
        let asked: Vec<_> = (0..60).map(|nth| attempt * 600 + nth * 10).collect();
        let asked: Vec<_> = asked.iter().map(|from| document(*from..from + 4)).collect();
        let asked = asked.iter().map(|many| app.graphql("", many, json!({})));
        let answers = try_join_all(asked).await?;
        refused = answers.iter().any(|answer| answer.code() == "RATE_LIMITED");
        if refused {
            break;
        }
    }
    assert!(refused, "all were read at once");
    // and then it is as it was
    assert_eq!(app.ask(&document(0..4)).await?, few);
    // a version that was not known then
    let early = format!(
        "{{ grid(rows: FEATURE, columns: DEVICE_TYPE, versions: [\"2026.10\"], asOf: {before}) {{ totalRows }} }}"
    );
    let early = app.graphql("", &early, json!({})).await?;
    assert_eq!(early.code(), "NOT_FOUND");
    assert_eq!(
        early.body["errors"][0]["message"],
        format!("There is no version \"2026.10\" as of event {before}.")
    );
    Ok(())
}
