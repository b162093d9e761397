//! The grid against what was worked out by hand.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, list, text, texts};
use lavafed_tests::result::PlainResult;
use lavafed_tests::{on_both_databases, sums};
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    features_by_device_types,
    versions_by_device_types,
    features_by_versions,
    turned_around_it_says_the_same,
    filters_and_baselines,
    pages_of_rows,
    what_is_no_grid,
    a_cell_in_detail,
    both_ways_is_flaky_and_infra_never_counts,
    one_cell_for_a_generic_feature,
    folds_are_what_verdicts_add_up_to,
    nothing_known_is_an_empty_grid,
);

/// The grid as lines: `name | verdicts | changes | counts | verdict and change of the header, passed/total`.
async fn lines(app: &TestApp, arguments: &str) -> Result<(Vec<String>, Vec<String>)> {
    let header = "name verdict change passed total";
    let query = format!(
        "{{ grid({arguments}) {{ columns {{ {header} }} rows {{ header {{ {header} }} verdicts changes counts }} }} }}"
    );
    let answer = app.ask(&query).await?;
    let head = |header: &Value| {
        let part = |name: &str| header[name].as_str().unwrap_or_default().to_owned();
        format!(
            "{}{} {}/{}",
            part("verdict"),
            part("change"),
            header["passed"],
            header["total"]
        )
    };
    let columns = list(&answer, "/grid/columns");
    let rows = list(&answer, "/grid/rows");
    Ok((
        columns
            .iter()
            .map(|column| {
                format!(
                    "{} {}",
                    column["name"].as_str().unwrap_or_default(),
                    head(column)
                )
            })
            .collect(),
        rows.iter()
            .map(|row| {
                let part = |pointer| text(row, pointer).unwrap_or_default();
                format!(
                    "{} | {} | {} | {} | {}",
                    part("/header/name"),
                    part("/verdicts"),
                    part("/changes"),
                    part("/counts"),
                    head(&row["header"])
                )
            })
            .collect(),
    ))
}

async fn features_by_device_types(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let (columns, rows) = lines(
        &app,
        "rows: FEATURE, columns: DEVICE_TYPE, versions: [\"2026.10\"]",
    )
    .await?;
    assert_eq!(columns, ["bbb FR 0/2", "qemu YY 0/1", "rpi4 PF 2/2"]);
    assert_eq!(
        rows,
        [
            "generic.rest-api | --- | ... |  | FR 0/1",
            "deploy.tftp | FYP | RYF |  | FR 1/3",
            "boot.u-boot | N-P | ..P |  | SP 1/2",
            // it was run in 2026.09, and nobody expects it any more
            "test.shell | --- | .G. |  | -G 0/0",
        ]
    );
    let (_, rows) = lines(
        &app,
        "rows: FEATURE, columns: DEVICE_TYPE, versions: [\"2026.09\"]",
    )
    .await?;
    assert_eq!(
        rows,
        [
            "generic.rest-api | --- | ... |  | P. 1/1",
            "deploy.tftp | PPF | ... |  | F. 2/3",
            "boot.u-boot | P-N | ... |  | S. 1/2",
            "test.shell | -P- | ... |  | P. 1/1",
        ]
    );
    Ok(())
}

async fn versions_by_device_types(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let (columns, rows) = lines(&app, "rows: VERSION, columns: DEVICE_TYPE").await?;
    assert_eq!(
        rows,
        [
            "2026.10 | FYP | RYF | 000200010202 | FR 2/6",
            "2026.09 | PPF | ... | 020202020002 | F. 5/7",
        ]
    );
    assert_eq!(columns, ["bbb FR 2/4", "qemu YY 2/3", "rpi4 FF 2/4"]);
    Ok(())
}

async fn features_by_versions(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let (columns, rows) = lines(&app, "rows: FEATURE, columns: VERSION").await?;
    assert_eq!(columns, ["2026.10 FR 2/6", "2026.09 F. 5/7"]);
    assert_eq!(
        rows,
        [
            "generic.rest-api | FP | R. | 00010101 | FR 1/2",
            "deploy.tftp | FF | R. | 01030203 | FR 3/6",
            "boot.u-boot | SS | P. | 01020102 | SP 2/4",
            "test.shell | -P | G. | 00000101 | PG 1/1",
        ]
    );
    let kinds = app
        .ask("{ grid(rows: FEATURE, columns: VERSION) { rowAxis columnAxis columns { kind } rows { header { action } } } }")
        .await?;
    assert_eq!(
        kinds["grid"],
        json!({ "rowAxis": "FEATURE", "columnAxis": "VERSION",
            "columns": [{ "kind": "RELEASE" }, { "kind": "RELEASE" }],
            "rows": [{ "header": { "action": null } }, { "header": { "action": "DEPLOY" } },
                { "header": { "action": "BOOT" } }, { "header": { "action": "TEST" } }] })
    );
    Ok(())
}

/// What stands at each place, by the names of its row and column.
async fn places(app: &TestApp, rows: &str, columns: &str) -> Result<Vec<(String, String, String)>> {
    let query = format!(
        "{{ grid(rows: {rows}, columns: {columns}) {{ columns {{ name }} rows {{ header {{ name }} verdicts changes counts }} }} }}"
    );
    let answer = app.ask(&query).await?;
    let columns = texts(&answer, "/grid/columns", "/name");
    let mut places = Vec::new();
    for row in list(&answer, "/grid/rows") {
        let name = text(row, "/header/name").unwrap_or_default();
        let part = |field| text(row, field).unwrap_or_default();
        for (at, column) in columns.iter().enumerate() {
            let place = format!(
                "{}{}{}",
                &part("/verdicts")[at..=at],
                &part("/changes")[at..=at],
                &part("/counts")[at * 4..at * 4 + 4]
            );
            places.push((name.to_owned(), (*column).to_owned(), place));
        }
    }
    Ok(places)
}

async fn turned_around_it_says_the_same(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    for (rows, columns) in [
        ("FEATURE", "DEVICE_TYPE"),
        ("VERSION", "DEVICE_TYPE"),
        ("VERSION", "FEATURE"),
    ] {
        let mut one = places(&app, rows, columns).await?;
        let other = places(&app, columns, rows).await?;
        let mut other: Vec<_> = other
            .into_iter()
            .map(|(row, column, place)| (column, row, place))
            .collect();
        one.sort();
        other.sort();
        assert!(!one.is_empty());
        assert_eq!(one, other, "{rows} by {columns}");
    }
    Ok(())
}

async fn filters_and_baselines(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    // one device-type: nothing is folded, and nobody asks for generic features
    let (_, rows) = lines(
        &app,
        "rows: FEATURE, columns: VERSION, deviceTypes: [\"rpi4\"], features: [\"boot.u-boot\", \"deploy.tftp\"]",
    )
    .await?;
    assert_eq!(
        rows,
        [
            "deploy.tftp | PF | F. |  | FF 1/2",
            "boot.u-boot | PN | P. |  | SP 1/2",
        ]
    );
    // against itself nothing changed but what is flaky and what fails
    let (_, rows) = lines(
        &app,
        "rows: FEATURE, columns: DEVICE_TYPE, versions: [\"2026.10\"], baseline: \"2026.10\"",
    )
    .await?;
    assert_eq!(rows[1], "deploy.tftp | FYP | SY. |  | FS 1/3");

    // the default baseline is the last release before, never a development version or a later one
    app.admin(
        "mutation { a: addVersion(input: { name: \"2026.10.dev0007\" }) { errors { message } }
        b: addVersion(input: { name: \"2026.11\" }) { errors { message } } }",
    )
    .await?;
    let versions = app
        .ask("{ versions { nodes { name kind baseline { name } } totalCount } }")
        .await?;
    let version = |name: &str, kind: &str, baseline: Option<&str>| json!({ "name": name, "kind": kind, "baseline": baseline.map(|name| json!({ "name": name })) });
    assert_eq!(
        versions["versions"]["nodes"],
        json!([
            version("2026.11", "RELEASE", Some("2026.10")),
            version("2026.10.dev0007", "DEVELOPMENT", Some("2026.10")),
            version("2026.10", "RELEASE", Some("2026.09")),
            version("2026.09", "RELEASE", None),
        ])
    );
    let summary = app
        .ask("{ version(name: \"2026.10\") { summary { baseline expected tested pass fail flaky infra running planned
            notReached regressions newFailures fixed stillFailing newPasses appeared gone flakyChanges ready lastAt } } }")
        .await?;
    assert_eq!(
        summary["version"]["summary"],
        json!({ "baseline": "2026.09", "expected": 6, "tested": 5, "pass": 2, "fail": 2, "flaky": 1, "infra": 0,
            "running": 0, "planned": 0, "notReached": 1, "regressions": 2, "newFailures": 0, "fixed": 1,
            "stillFailing": 0, "newPasses": 1, "appeared": 0, "gone": 1, "flakyChanges": 1, "ready": false,
            "lastAt": "2026-10-01T00:15:00+00:00" })
    );
    let in_grid = app
        .ask("{ grid(rows: VERSION, columns: FEATURE, versions: [\"2026.10\"]) { rows { header { summary { regressions gone tested } } } } }")
        .await?;
    assert_eq!(
        in_grid["grid"]["rows"][0]["header"]["summary"],
        json!({ "regressions": 2, "gone": 1, "tested": 5 })
    );
    Ok(())
}

async fn pages_of_rows(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let page = |rest: &str| {
        format!(
            "{{ grid(rows: FEATURE, columns: VERSION, {rest}) {{ totalRows hasNextPage endCursor rows {{ header {{ name }} }} }} }}"
        )
    };
    let first = app.ask(&page("first: 3")).await?;
    assert_eq!(first["grid"]["totalRows"], 4);
    assert_eq!(first["grid"]["hasNextPage"], true);
    assert_eq!(first["grid"]["endCursor"], "boot.u-boot");
    let next = app.ask(&page("first: 3, after: \"boot.u-boot\"")).await?;
    assert_eq!(
        next["grid"],
        json!({ "totalRows": 4, "hasNextPage": false, "endCursor": "test.shell",
            "rows": [{ "header": { "name": "test.shell" } }] })
    );
    // versions as rows: the page decides which are read, and changes still know their baseline
    let versions = app
        .ask("{ grid(rows: VERSION, columns: FEATURE, first: 1) { totalRows hasNextPage endCursor rows { changes } } }")
        .await?;
    assert_eq!(
        versions["grid"],
        json!({ "totalRows": 2, "hasNextPage": true, "endCursor": "2026.10", "rows": [{ "changes": "RRPG" }] })
    );
    Ok(())
}

async fn what_is_no_grid(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    for (arguments, code) in [
        ("rows: FEATURE, columns: FEATURE", "BAD_USER_INPUT"),
        (
            "rows: FEATURE, columns: VERSION, first: 0",
            "BAD_USER_INPUT",
        ),
        (
            "rows: FEATURE, columns: VERSION, first: 1001",
            "BAD_USER_INPUT",
        ),
        (
            "rows: FEATURE, columns: VERSION, after: \"no.such\"",
            "BAD_USER_INPUT",
        ),
        (
            "rows: FEATURE, columns: VERSION, asOf: 100000",
            "BAD_USER_INPUT",
        ),
        (
            "rows: FEATURE, columns: VERSION, asOf: -1",
            "BAD_USER_INPUT",
        ),
        (
            "rows: FEATURE, columns: VERSION, versions: [\"2031.01\"]",
            "NOT_FOUND",
        ),
        (
            "rows: FEATURE, columns: VERSION, features: [\"no.such\"]",
            "NOT_FOUND",
        ),
        (
            "rows: FEATURE, columns: VERSION, deviceTypes: [\"no-such\"]",
            "NOT_FOUND",
        ),
        (
            "rows: FEATURE, columns: VERSION, baseline: \"2031.01\"",
            "NOT_FOUND",
        ),
    ] {
        let query = format!("{{ grid({arguments}) {{ event }} }}");
        let answer = app.graphql("", &query, json!({})).await?;
        assert_eq!(answer.code(), code, "{arguments}: {answer:?}");
        assert!(answer.status < 500, "{arguments}: {answer:?}");
    }
    Ok(())
}

async fn a_cell_in_detail(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let fields = "verdict change passed total attempts passes fails infras notReached lastAt reason
        baseline { name } failingSince { name } failingVersions lastPassing { name } history { version verdict }";
    let one = app
        .ask(&format!(
            "{{ cell(version: \"2026.10\", feature: \"deploy.tftp\", deviceType: \"qemu\") {{ {fields}
                recentAttempts {{ verdict message job {{ externalId }} }} parts {{ verdict }} labs {{ lab {{ name }} attempts passes fails infras }} }} }}"
        ))
        .await?;
    assert_eq!(
        one["cell"],
        json!({ "verdict": "FLAKY", "change": "FLAKY", "passed": 0, "total": 1, "attempts": 2, "passes": 1, "fails": 1,
            "infras": 0, "notReached": 0, "lastAt": "2026-10-01T00:15:00+00:00", "reason": null,
            "baseline": { "name": "2026.09" }, "failingSince": null, "failingVersions": 0,
            "lastPassing": { "name": "2026.09" },
            "history": [{ "version": "2026.09", "verdict": "PASS" }, { "version": "2026.10", "verdict": "FLAKY" }],
            "recentAttempts": [
                { "verdict": "FAIL", "message": null, "job": { "externalId": "15" } },
                { "verdict": "PASS", "message": null, "job": { "externalId": "14" } }],
            "parts": [],
            "labs": [{ "lab": null, "attempts": 2, "passes": 1, "fails": 1, "infras": 0 }] })
    );
    let fold = app
        .ask(&format!(
            "{{ cell(version: \"2026.10\", feature: \"deploy.tftp\") {{ {fields}
                parts {{ deviceType {{ name }} verdict change }} }} }}"
        ))
        .await?;
    assert_eq!(
        fold["cell"],
        json!({ "verdict": "FAIL", "change": "REGRESSION", "passed": 1, "total": 3, "attempts": 4, "passes": 2, "fails": 2,
            "infras": 0, "notReached": 0, "lastAt": "2026-10-01T00:15:00+00:00", "reason": null,
            "baseline": { "name": "2026.09" }, "failingSince": { "name": "2026.09" }, "failingVersions": 2,
            "lastPassing": null,
            "history": [{ "version": "2026.09", "verdict": "FAIL" }, { "version": "2026.10", "verdict": "FAIL" }],
            "parts": [
                { "deviceType": { "name": "bbb" }, "verdict": "FAIL", "change": "REGRESSION" },
                { "deviceType": { "name": "qemu" }, "verdict": "FLAKY", "change": "FLAKY" },
                { "deviceType": { "name": "rpi4" }, "verdict": "PASS", "change": "FIXED" }] })
    );
    for unknown in [
        "version: \"2031.01\", feature: \"deploy.tftp\"",
        "version: \"2026.10\", feature: \"deploy.none\"",
        "version: \"2026.10\", feature: \"deploy.tftp\", deviceType: \"none\"",
    ] {
        let answer = app
            .ask(&format!("{{ cell({unknown}) {{ verdict }} }}"))
            .await?;
        assert_eq!(answer, json!({ "cell": null }), "{unknown}");
    }
    let generic = "{ cell(version: \"2026.10\", feature: \"generic.rest-api\", deviceType: \"bbb\") { verdict } }";
    let answer = app.graphql("", generic, json!({})).await?;
    assert_eq!(answer.code(), "BAD_USER_INPUT", "{answer:?}");
    Ok(())
}

async fn both_ways_is_flaky_and_infra_never_counts(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot").await?;
    let ci = app.reporter("ci").await?;
    let report = async |id: u32, verdict: &str| {
        let result = PlainResult::of(id, "2026.10")
            .on("bbb")
            .says(&format!("boot.u-boot={verdict}"));
        app.report_all(&ci, &[result]).await?;
        let answer = app
            .ask("{ cell(version: \"2026.10\", feature: \"boot.u-boot\", deviceType: \"bbb\") { verdict attempts infras }
                version(name: \"2026.10\") { summary { pass fail flaky infra notReached } } }")
            .await?;
        let count = |name| at(&answer, &format!("/version/summary/{name}")).to_string();
        anyhow::Ok(format!(
            "{} {} {} p{} f{} y{} i{} n{}",
            answer["cell"]["verdict"].as_str().unwrap_or_default(),
            answer["cell"]["attempts"],
            answer["cell"]["infras"],
            count("pass"),
            count("fail"),
            count("flaky"),
            count("infra"),
            count("notReached")
        ))
    };
    assert_eq!(
        report(1, "NOT_REACHED").await?,
        "NOT_REACHED 1 0 p0 f0 y0 i0 n1"
    );
    assert_eq!(report(2, "INFRA").await?, "INFRA 2 1 p0 f0 y0 i1 n0");
    assert_eq!(report(3, "PASS").await?, "PASS 3 1 p1 f0 y0 i0 n0");
    assert_eq!(report(4, "INFRA").await?, "PASS 4 2 p1 f0 y0 i0 n0");
    assert_eq!(report(5, "FAIL").await?, "FLAKY 5 2 p0 f0 y1 i0 n0");
    assert_eq!(report(6, "PASS").await?, "FLAKY 6 2 p0 f0 y1 i0 n0");
    Ok(())
}

async fn one_cell_for_a_generic_feature(app: TestApp) -> Result<()> {
    app.declare("generic.rest-api boot.u-boot").await?;
    for name in ["paris", "rennes"] {
        app.admin(&format!(
            "mutation {{ addLab(input: {{ name: \"{name}\" }}) {{ errors {{ message }} }} }}"
        ))
        .await?;
        let lab = app.reporter(&format!("lab:{name}")).await?;
        for (id, board) in [(1, "bbb"), (2, "rpi4")] {
            let result = PlainResult::of(id, "2026.10")
                .on(board)
                .with("device", format!("{board}-01"))
                .says("generic.rest-api=PASS boot.u-boot=PASS");
            app.report_all(&lab, &[result]).await?;
        }
    }
    let kept = lavafed_tests::database::rows(
        app.app.db.read(),
        "SELECT f.name AS name, c.passes AS passes FROM cell c JOIN feature f ON f.id = c.feature_id ORDER BY f.name, c.id",
    )
    .await?;
    assert_eq!(
        kept,
        [
            json!({ "name": "boot.u-boot", "passes": 2 }),
            json!({ "name": "boot.u-boot", "passes": 2 }),
            json!({ "name": "generic.rest-api", "passes": 4 }),
        ]
    );
    let labs = app
        .ask("{ cell(version: \"2026.10\", feature: \"generic.rest-api\") { labs { lab { name } attempts } } }")
        .await?;
    assert_eq!(
        labs["cell"]["labs"],
        json!([{ "lab": { "name": "paris" }, "attempts": 2 }, { "lab": { "name": "rennes" }, "attempts": 2 }])
    );
    Ok(())
}

async fn folds_are_what_verdicts_add_up_to(app: TestApp) -> Result<()> {
    let ci = world::build(&app).await?;
    sums::check(app.app.db.read()).await?;
    // a job that says something else the second time
    let changed = PlainResult::of(15, "2026.10")
        .on("qemu")
        .says("deploy.tftp=PASS")
        .with("description", "run again");
    app.report_all(&ci, &[changed]).await?;
    sums::check(app.app.db.read()).await?;
    assert_eq!(
        app.grid("2026.10").await?[1],
        "deploy.tftp F FPP R.F",
        "one attempt less fails"
    );
    let app = app.restart().await?;
    assert_eq!(app.grid("2026.10").await?[1], "deploy.tftp F FPP R.F");
    sums::check(app.app.db.read()).await
}

async fn nothing_known_is_an_empty_grid(app: TestApp) -> Result<()> {
    let answer = app
        .ask("{ grid(rows: VERSION, columns: FEATURE) { rows { verdicts } columns { name } totalRows hasNextPage endCursor } }")
        .await?;
    assert_eq!(
        answer["grid"],
        json!({ "rows": [], "columns": [], "totalRows": 0, "hasNextPage": false, "endCursor": null })
    );
    Ok(())
}
