//! One query language: the same text finds the same cells through every door, and a fault has its place.

use anyhow::{Context as _, Result};
use chrono::{TimeDelta, Utc};
use lavafed::service::grid::search::Search;
use lavafed::service::grid::{CellVerdict, parse};
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, list, text};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    cells_are_found,
    a_fault_has_its_place,
    pages_meet_in_both_directions,
    a_found_cell_tells_of_itself,
    a_grid_shows_what_is_found,
    many_versions_are_read_in_steps,
    all_steps_are_of_one_event,
);

#[derive(Deserialize)]
pub(crate) struct Corpus {
    pub(crate) query: Vec<Golden>,
    pub(crate) fault: Vec<Faulty>,
}

#[derive(Deserialize)]
pub(crate) struct Golden {
    pub(crate) text: String,
    pub(crate) cells: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Faulty {
    pub(crate) text: String,
    pub(crate) at: usize,
    pub(crate) length: usize,
    /// What the sentence begins with.
    pub(crate) says: String,
}

pub(crate) fn corpus() -> Result<Corpus> {
    Ok(toml::from_str(include_str!("../fixtures/queries.toml"))?)
}

/// The history that the corpus is about.
pub(crate) async fn arrange(app: &TestApp) -> Result<()> {
    world::build(app).await?;
    app.admin(
        "mutation { a: addLab(input: { name: \"paris\" }) { errors { message } }
            b: addLab(input: { name: \"rennes\" }) { errors { message } }
            c: addVersion(input: { name: \"2026.11\" }) { errors { message } } }",
    )
    .await?;
    app.device_types("-odd-").await?;
    let now = PlainResult::of(21, "2026.10.dev0007")
        .on("rpi4")
        .says("boot.u-boot=PASS")
        .with("submittedAt", Utc::now().to_rfc3339())
        .with("device", "rpi4-01");
    app.report_all(&app.reporter("lab:paris").await?, &[now])
        .await?;
    let odd = PlainResult::of(22, "2026.10")
        .on("-odd-")
        .says("deploy.tftp=PASS")
        .with("device", "odd-01");
    app.report_all(&app.reporter("lab:rennes").await?, &[odd])
        .await
}

/// Version, feature and device-type of a cell, wherever it was told.
pub(crate) fn named(parts: [&Value; 3]) -> String {
    let names: Vec<_> = parts
        .iter()
        .filter_map(|part| part.as_str())
        .filter(|part| !part.is_empty())
        .collect();
    names.join(" ")
}

const CELLS: &str = "query ($query: String!, $asOf: EventNumber, $first: Int, $after: String, $last: Int, $before: String) {
    cells(query: $query, asOf: $asOf, first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { version { name } feature { name } deviceType { name } } } }";

async fn page(app: &TestApp, variables: Value) -> Result<(Vec<String>, Value)> {
    let answer = app.graphql("", CELLS, variables).await?.data()?;
    let names = list(&answer, "/cells/nodes").iter().map(|cell| {
        let part = |pointer| at(cell, pointer);
        named([
            part("/version/name"),
            part("/feature/name"),
            part("/deviceType/name"),
        ])
    });
    Ok((names.collect(), answer["cells"].clone()))
}

async fn cells_are_found(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let event = app.event().await?;
    for Golden { text, cells } in corpus()?.query {
        let (found, answer) = page(&app, json!({ "query": text })).await?;
        assert_eq!(found, cells, "{text}");
        assert_eq!(answer["totalCount"], json!(cells.len()), "{text}");
        let (then, _) = page(&app, json!({ "query": text, "asOf": event })).await?;
        assert_eq!(then, cells, "{text} as of {event}");
    }
    Ok(())
}

async fn a_fault_has_its_place(app: TestApp) -> Result<()> {
    for faulty in corpus()?.fault {
        let cells = app
            .graphql("", CELLS, json!({ "query": faulty.text }))
            .await?;
        let grid = app
            .graphql(
                "",
                "query ($query: String!) { grid(rows: FEATURE, columns: VERSION, query: $query) { event } }",
                json!({ "query": faulty.text }),
            )
            .await?;
        for answer in [cells, grid] {
            let error = at(&answer.body, "/errors/0");
            assert_eq!(
                error["extensions"],
                json!({ "code": "BAD_USER_INPUT", "path": ["query"],
                    "place": { "at": faulty.at, "length": faulty.length } }),
                "{}",
                faulty.text
            );
            let sentence = text(error, "/message").unwrap_or_default();
            assert!(sentence.starts_with(&faulty.says), "{sentence}");
        }
    }
    Ok(())
}

async fn pages_meet_in_both_directions(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let all = corpus()?.query.swap_remove(0);
    for length in [1, 4, 28, 29] {
        let mut forward = Vec::new();
        let mut after = Value::Null;
        loop {
            let window = json!({ "query": all.text, "first": length, "after": after });
            let (found, answer) = page(&app, window).await?;
            assert_eq!(
                at(&answer, "/pageInfo/hasPreviousPage"),
                !forward.is_empty()
            );
            forward.extend(found);
            after = answer["pageInfo"]["endCursor"].clone();
            if answer["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(forward, all.cells, "pages of {length}");
        let mut backward: Vec<String> = Vec::new();
        let mut before = Value::Null;
        loop {
            let window = json!({ "query": all.text, "last": length, "before": before });
            let (found, answer) = page(&app, window).await?;
            assert_eq!(at(&answer, "/pageInfo/hasNextPage"), !backward.is_empty());
            backward.splice(0..0, found);
            before = answer["pageInfo"]["startCursor"].clone();
            if answer["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }
        assert_eq!(backward, all.cells, "pages of {length} from the end");
    }
    // a cursor stands although its cell is not found any more, and one that never was is refused
    let window = json!({ "query": "verdict:fail", "after": "2026.10/deploy.tftp/qemu" });
    assert_eq!(page(&app, window).await?.0, ["2026.09 deploy.tftp rpi4"]);
    for cursor in [
        "",
        "2026.10",
        "2026.10/no.such",
        "2026.10/deploy.tftp/no-such",
        "x/y/z",
    ] {
        let answer = app
            .graphql("", CELLS, json!({ "query": "", "after": cursor }))
            .await?;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{cursor}");
    }
    let future = app.event().await? + 1;
    let answer = app
        .graphql("", CELLS, json!({ "query": "", "asOf": future }))
        .await?;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    Ok(())
}

async fn a_found_cell_tells_of_itself(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let fields = "verdict change baseline { name } attempts passes fails infras notReached lastAt labs { name }";
    let answer = app
        .ask(&format!(
            "{{ cells(query: \"change:flaky,appeared\") {{ nodes {{ {fields} }} }} }}"
        ))
        .await?;
    assert_eq!(
        answer["cells"]["nodes"],
        json!([
            { "verdict": "PASS", "change": "APPEARED", "baseline": { "name": "2026.09" }, "attempts": 1, "passes": 1,
              "fails": 0, "infras": 0, "notReached": 0, "lastAt": "2026-10-01T00:22:00+00:00",
              "labs": [{ "name": "rennes" }] },
            { "verdict": "FLAKY", "change": "FLAKY", "baseline": { "name": "2026.09" }, "attempts": 2, "passes": 1,
              "fails": 1, "infras": 0, "notReached": 0, "lastAt": "2026-10-01T00:15:00+00:00", "labs": [] },
        ])
    );
    // an age is reckoned from now, and in a picture of the past from its end
    let ages =
        |as_of: String| format!("{{ cells(query: \"lab:rennes\"{as_of}) {{ nodes {{ age }} }} }}");
    let now = app.ask(&ages(String::new())).await?;
    let age = at(&now, "/cells/nodes/0/age").as_i64().context("an age")?;
    assert!(age > 30 * 86_400, "{age}");
    let event = app.event().await?;
    let then = app.ask(&ages(format!(", asOf: {event}"))).await?;
    let ended = at(&then, "/cells/nodes/0/age").as_i64().context("an age")?;
    assert!(ended > 30 * 86_400 && ended <= age, "{ended} {age}");
    let later = PlainResult::of(23, "2026.11")
        .on("rpi4")
        .says("boot.u-boot=PASS")
        .with(
            "submittedAt",
            (Utc::now() + TimeDelta::days(1)).to_rfc3339(),
        );
    app.report_all(&app.reporter("ci").await?, &[later]).await?;
    assert_eq!(app.ask(&ages(format!(", asOf: {event}"))).await?, then);
    Ok(())
}

async fn a_grid_shows_what_is_found(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let grid = async |arguments: &str| -> Result<Value> {
        let answer = app
            .ask(&format!(
                "{{ grid({arguments}) {{ totalRows hasNextPage endCursor columns {{ name verdict passed total }}
                    rows {{ header {{ name verdict passed total }} verdicts changes }} }} }}"
            ))
            .await?;
        Ok(answer["grid"].clone())
    };
    let lines = |grid: &Value| -> Vec<String> {
        let head = |header: &Value| {
            let part = |name: &str| header[name].as_str().unwrap_or_default().to_owned();
            let (passed, total) = (&header["passed"], &header["total"]);
            format!("{} {} {passed}/{total}", part("name"), part("verdict"))
        };
        let columns = list(grid, "/columns").iter().map(head);
        let rows = list(grid, "/rows").iter().map(|row| {
            let part = |pointer| text(row, pointer).unwrap_or_default();
            format!(
                "{} | {} | {}",
                head(&row["header"]),
                part("/verdicts"),
                part("/changes")
            )
        });
        columns.chain(rows).collect()
    };

    let found =
        grid("rows: FEATURE, columns: VERSION, query: \"verdict:fail,flaky kind:device\"").await?;
    assert_eq!(
        lines(&found),
        [
            "2026.10 F 0/2",
            "2026.09 F 0/1",
            "deploy.tftp F 0/3 | FF | R."
        ]
    );
    let found = grid("rows: DEVICE_TYPE, columns: FEATURE, query: \"version:2026.09 -kind:generic\", first: 1, after: \"bbb\"").await?;
    assert_eq!(
        lines(&found),
        [
            "deploy.tftp F 2/3",
            "boot.u-boot S 1/2",
            "test.shell P 1/1",
            "qemu P 2/2 | P-P | ..."
        ]
    );
    assert_eq!(
        (
            &found["totalRows"],
            &found["hasNextPage"],
            &found["endCursor"]
        ),
        (&json!(3), &json!(true), &json!("qemu"))
    );
    // versions that are ruled out take no place among the newest
    let found =
        grid("rows: FEATURE, columns: VERSION, query: \"version<2026.10\", first: 1").await?;
    assert_eq!(
        lines(&found),
        ["2026.09 F 5/7", "generic.rest-api P 1/1 | P | ."]
    );
    // with versions as rows a page of versions is looked at
    let found =
        grid("rows: VERSION, columns: DEVICE_TYPE, query: \"lab:paris,rennes\", first: 3").await?;
    assert_eq!(
        lines(&found),
        [
            "-odd- P 1/1",
            "rpi4 P 1/1",
            "2026.10.dev0007 P 1/1 | -P | ..",
            "2026.10 P 1/1 | P- | A."
        ]
    );
    assert_eq!(
        (
            &found["totalRows"],
            &found["hasNextPage"],
            &found["endCursor"]
        ),
        (&json!(4), &json!(true), &json!("2026.10"))
    );
    let nothing = grid("rows: VERSION, columns: DEVICE_TYPE, query: \"verdict:infra\"").await?;
    assert_eq!(
        nothing,
        json!({ "totalRows": 4, "hasNextPage": false, "endCursor": "2026.09", "columns": [], "rows": [] })
    );
    Ok(())
}

/// Twenty releases, of which every other one fails.
async fn many_versions(app: &TestApp) -> Result<Vec<String>> {
    let names: Vec<_> = (0..20)
        .map(|at| format!("{}.{:02}", 2024 + at / 12, at % 12 + 1))
        .collect();
    app.declare("generic.rest-api").await?;
    let results: Vec<_> = (1..)
        .zip(&names)
        .map(|(at, name)| {
            let verdict = if at % 2 == 0 { "FAIL" } else { "PASS" };
            PlainResult::of(at, name).says(&format!("generic.rest-api={verdict}"))
        })
        .collect();
    app.report_all(&app.reporter("ci").await?, &results).await?;
    Ok(names)
}

async fn many_versions_are_read_in_steps(app: TestApp) -> Result<()> {
    let names = many_versions(&app).await?;
    let newest_first = |left: usize| -> Vec<String> {
        let names = names.iter().enumerate().filter(|(at, _)| at % 2 == left);
        let cells = names.map(|(_, name)| format!("{name} generic.rest-api"));
        cells.rev().collect()
    };
    // each is compared with the one before it, wherever a step ends
    let (regressions, answer) = page(&app, json!({ "query": "change:regression" })).await?;
    assert_eq!(regressions, newest_first(1));
    assert_eq!(answer["totalCount"], 10);
    let (fixed, _) = page(&app, json!({ "query": "change:fixed" })).await?;
    // the oldest has nothing to be compared with
    assert_eq!(fixed, newest_first(0)[..9]);
    let window = json!({ "query": "verdict:fail", "last": 3 });
    let (oldest, answer) = page(&app, window).await?;
    assert_eq!(oldest, regressions[7..]);
    assert_eq!(answer["pageInfo"]["hasPreviousPage"], true);
    let window =
        json!({ "query": "verdict:fail", "last": 3, "before": answer["pageInfo"]["startCursor"] });
    assert_eq!(page(&app, window).await?.0, regressions[4..7]);
    let window = json!({ "query": "verdict:fail", "first": 9 });
    let (nine, answer) = page(&app, window).await?;
    assert_eq!(nine, regressions[..9]);
    assert_eq!(answer["pageInfo"]["hasNextPage"], true);
    Ok(())
}

async fn all_steps_are_of_one_event(app: TestApp) -> Result<()> {
    let names = many_versions(&app).await?;
    let everything = parse("").map_err(anyhow::Error::msg)?;
    let mut search = Search::open(&app.app, everything, None, false, Utc::now())
        .await
        .map_err(anyhow::Error::msg)?;
    let mut verdicts = Vec::new();
    let mut steps = 0;
    while let Some(found) = search.next().await.map_err(anyhow::Error::msg)? {
        verdicts.extend(found.into_iter().map(|cell| cell.verdict));
        // while one step is shown the oldest version, which a later step reads, comes to fail as well
        let failing = PlainResult::of(100 + steps, &names[0]).says("generic.rest-api=FAIL");
        app.report_all(&app.reporter("ci").await?, &[failing])
            .await?;
        steps += 1;
    }
    assert!(steps > 2, "{steps}");
    let expected = [CellVerdict::Fail, CellVerdict::Pass].repeat(10);
    assert_eq!(verdicts, expected);
    let (flaky, _) = page(&app, json!({ "query": "verdict:flaky" })).await?;
    assert_eq!(flaky, ["2024.01 generic.rest-api"]);
    Ok(())
}
