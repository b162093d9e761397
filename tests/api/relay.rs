//! Relay: global ids, and connections that are paged in both directions.

use anyhow::Result;
use lavafed_tests::app::{TestApp, global_id};
use lavafed_tests::client::{at, list, text, texts};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

use crate::world;

on_both_databases!(
    everything_with_an_id_is_a_node,
    pages_meet_in_both_directions,
    windows_have_limits,
    jobs_are_filtered,
);

async fn everything_with_an_id_is_a_node(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    app.admin("mutation { a: addLab(input: { name: \"paris\" }) { errors { message } }
        b: addDevice(input: { lab: \"paris\", hostname: \"bbb-01\", deviceType: \"bbb\" }) { errors { message } } }")
        .await?;
    let ids = app
        .admin("{ versions(first: 1) { nodes { id } } labs { nodes { id } } deviceTypes(first: 1) { nodes { id } }
            devices { nodes { id } } features(first: 1) { nodes { id } } plan(first: 1) { nodes { id } }
            jobs(first: 1) { nodes { id } } receipts(first: 1) { nodes { id } } tokens(first: 1) { nodes { id } } }")
        .await?;
    let mut all = Vec::new();
    for (field, kind) in [
        ("versions", "Version"),
        ("labs", "Lab"),
        ("deviceTypes", "DeviceType"),
        ("devices", "Device"),
        ("features", "Feature"),
        ("plan", "PlanEntry"),
        ("jobs", "Job"),
        ("receipts", "Receipt"),
        ("tokens", "Token"),
    ] {
        let id = text(&ids, &format!("/{field}/nodes/0/id")).unwrap_or_default();
        let node = app
            .admin(&format!("{{ node(id: \"{id}\") {{ __typename id }} }}"))
            .await?;
        assert_eq!(node["node"], json!({ "__typename": kind, "id": id }));
        let gone = global_id(kind, 1_000_000);
        assert!(
            app.admin(&format!("{{ node(id: \"{gone}\") {{ id }} }}"))
                .await?["node"]
                .is_null()
        );
        all.push(id.to_owned());
    }
    let query = format!("{{ nodes(ids: {}) {{ __typename }} }}", json!(all));
    assert_eq!(list(&app.admin(&query).await?, "/nodes").len(), 9);
    // tokens are an administrator's business
    let token = all.last().cloned().unwrap_or_default();
    let refused = app
        .graphql(
            "",
            &format!("{{ node(id: \"{token}\") {{ id }} }}"),
            json!({}),
        )
        .await?;
    assert_eq!(refused.code(), "UNAUTHENTICATED");
    for id in [
        "",
        "nonsense",
        "Sm9iOng",
        "VmVyc2lvbjo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    ] {
        let answer = app
            .graphql("", &format!("{{ node(id: \"{id}\") {{ id }} }}"), json!({}))
            .await?;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{id}: {answer:?}");
    }
    let many = json!(vec![all[0].clone(); 101]);
    let answer = app
        .graphql("", &format!("{{ nodes(ids: {many}) {{ id }} }}"), json!({}))
        .await?;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    Ok(())
}

struct Page {
    names: Vec<String>,
    info: Value,
    total: Value,
}

async fn page(app: &TestApp, field: &str, name: &str, window: &str) -> Result<Page> {
    let answer = app
        .admin(&format!(
            "{{ c: {field}({window}) {{ totalCount nodes {{ {name} }} edges {{ cursor node {{ {name} }} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        ))
        .await?;
    let pointer = format!("/{name}");
    let names = texts(&answer, "/c/nodes", &pointer);
    let edges = texts(&answer, "/c/edges", &format!("/node/{name}"));
    assert_eq!(names, edges);
    let cursors = texts(&answer, "/c/edges", "/cursor");
    let info = at(&answer, "/c/pageInfo");
    assert_eq!(info["startCursor"].as_str(), cursors.first().copied());
    assert_eq!(info["endCursor"].as_str(), cursors.last().copied());
    Ok(Page {
        names: names.into_iter().map(str::to_owned).collect(),
        info: info.clone(),
        total: at(&answer, "/c/totalCount").clone(),
    })
}

async fn pages_meet_in_both_directions(app: TestApp) -> Result<()> {
    app.declare("boot.a boot.b boot.c boot.d boot.e").await?;
    app.device_types("a b c d e").await?;
    let ci = app.reporter("ci").await?;
    for id in 1..=5 {
        let result = PlainResult::of(id, &format!("2026.0{id}"));
        app.report_all(&ci, &[result]).await?;
        app.admin(&format!("mutation {{ a: addLab(input: {{ name: \"lab{id}\" }}) {{ errors {{ message }} }}
            b: addDevice(input: {{ lab: \"lab{id}\", hostname: \"d{id}\", deviceType: \"a\" }}) {{ errors {{ message }} }} }}"))
            .await?;
        app.expect(
            "boot.a",
            &"a b c d e"[(id as usize - 1) * 2..=(id as usize - 1) * 2],
        )
        .await?;
    }
    for token in 1..=3 {
        app.reporter(&format!("lab:lab{token}")).await?;
    }
    for (field, name) in [
        ("versions", "name"),
        ("labs", "name"),
        ("deviceTypes", "name"),
        ("devices", "hostname"),
        ("features", "name"),
        ("plan", "id"),
        ("jobs", "externalId"),
        ("receipts", "id"),
        ("tokens", "id"),
    ] {
        let all = page(&app, field, name, "first: 100").await?;
        assert_eq!(all.names.len(), 5, "{field}");
        assert_eq!(all.total, 5, "{field}");
        assert_eq!(
            (&all.info["hasNextPage"], &all.info["hasPreviousPage"]),
            (&json!(false), &json!(false))
        );

        let mut forward = Vec::new();
        let mut after = String::new();
        loop {
            let next = page(&app, field, name, &format!("first: 2{after}")).await?;
            assert_eq!(next.total, 5, "{field}");
            forward.extend(next.names);
            if next.info["hasNextPage"] == false {
                break;
            }
            after = format!(", after: {}", next.info["endCursor"]);
        }
        assert_eq!(forward, all.names, "{field} forward");

        let mut backward = Vec::new();
        let mut before = String::new();
        loop {
            let mut previous = page(&app, field, name, &format!("last: 2{before}")).await?;
            previous.names.append(&mut backward);
            backward = previous.names;
            if previous.info["hasPreviousPage"] == false {
                break;
            }
            before = format!(", before: {}", previous.info["startCursor"]);
        }
        assert_eq!(backward, all.names, "{field} backward");
    }
    Ok(())
}

async fn windows_have_limits(app: TestApp) -> Result<()> {
    for field in [
        "versions",
        "labs",
        "deviceTypes",
        "devices",
        "features",
        "plan",
        "jobs",
        "receipts",
        "tokens",
    ] {
        for window in [
            "first: 0",
            "first: 101",
            "last: 0",
            "last: -1",
            "last: 101",
            "first: 1, last: 1",
            "after: \"no cursor\"",
            "before: \"\"",
        ] {
            let query = format!("{{ {field}({window}) {{ pageInfo {{ hasNextPage }} }} }}");
            let answer = app.graphql(&app.admin, &query, json!({})).await?;
            assert_eq!(
                answer.code(),
                "BAD_USER_INPUT",
                "{field} {window}: {answer:?}"
            );
        }
        let query = format!(
            "{{ {field}(first: 100) {{ totalCount }} l: {field}(last: 100) {{ pageInfo {{ endCursor }} }} }}"
        );
        app.admin(&query).await?;
    }
    Ok(())
}

async fn jobs_are_filtered(app: TestApp) -> Result<()> {
    let ci = world::build(&app).await?;
    app.admin("mutation { addLab(input: { name: \"paris\" }) { errors { message } } }")
        .await?;
    let lab = app.reporter("lab:paris").await?;
    let of = |id| PlainResult::of(id, "2026.11").with("type", "SLAVE");
    app.report_all(&lab, &[of(40).with("health", "CANCELED")])
        .await?;
    app.report_all(
        &lab,
        &[PlainResult::of(41, "2026.11")
            .on("bbb")
            .with("device", "bbb-1")],
    )
    .await?;
    app.report_all(&ci, &[of(42).running("2026-11-01T00:00:00Z")])
        .await?;
    for (filter, expected) in [
        ("version: \"2026.09\"", "4 3 2 1"),
        ("feature: \"generic.rest-api\"", "13 3"),
        ("deviceType: \"qemu\"", "15 14 4"),
        ("deviceType: \"qemu\", feature: \"test.shell\"", "4"),
        ("lab: \"paris\"", "41"),
        ("type: SLAVE", "42 40"),
        ("state: RUNNING", "42"),
        ("health: CANCELED", "40"),
        ("version: \"2026.11\", type: META", ""),
    ] {
        let answer = app
            .ask(&format!(
                "{{ jobs({filter}) {{ nodes {{ externalId }} totalCount }} }}"
            ))
            .await?;
        let ids = texts(&answer, "/jobs/nodes", "/externalId");
        assert_eq!(ids.join(" "), expected, "{filter}");
        assert_eq!(answer["jobs"]["totalCount"], ids.len());
    }
    for filter in [
        "version: \"2031.01\"",
        "feature: \"boot.none\"",
        "deviceType: \"none\"",
        "lab: \"none\"",
    ] {
        let answer = app
            .graphql(
                "",
                &format!("{{ jobs({filter}) {{ totalCount }} }}"),
                json!({}),
            )
            .await?;
        assert_eq!(answer.code(), "NOT_FOUND", "{filter}");
    }
    Ok(())
}
