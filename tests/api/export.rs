//! The cells that a query finds as files.

use anyhow::{Context as _, Result};
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{header, list, text};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::Value;

use crate::query::{Golden, arrange, corpus, named};

on_both_databases!(
    files_have_what_is_found,
    a_file_as_of_an_event_stays_what_it_was,
    a_fault_has_its_place_here_too,
);

/// The records of a file whose fields hold neither quotes nor line ends.
fn records(file: &str) -> Vec<Vec<&str>> {
    file.split_terminator("\r\n")
        .map(|line| line.split(',').collect())
        .collect()
}

async fn files_have_what_is_found(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let event = app.event().await?;
    for Golden { text: query, cells } in corpus()?.query {
        let file = app.get("/export/cells.csv", &[("query", &query)]).await?;
        assert_eq!(file.status(), 200);
        assert_eq!(
            header(&file, "content-type"),
            "text/csv; charset=utf-8; header=present"
        );
        assert_eq!(
            header(&file, "content-disposition"),
            format!("attachment; filename=\"cells-{event}.csv\"")
        );
        let file = file.text().await?;
        let rows = records(&file);
        let columns = rows.first().context("a header")?.clone();
        let json: Value = app
            .get("/export/cells.json", &[("query", &query)])
            .await?
            .json()
            .await?;
        assert_eq!(json["event"], event);
        let objects = list(&json, "/cells");
        let found: Vec<_> = objects
            .iter()
            .map(|cell| named([&cell["version"], &cell["feature"], &cell["device_type"]]))
            .collect();
        assert_eq!(found, cells, "{query}");
        assert_eq!(rows.len(), 1 + objects.len(), "{query}");
        for (row, object) in rows.iter().skip(1).zip(objects) {
            for (column, field) in columns.iter().zip(row) {
                let told = match &object[*column] {
                    Value::Null => String::new(),
                    Value::String(text) if text.starts_with('-') => format!("'{text}"),
                    Value::String(text) => text.clone(),
                    Value::Array(names) => {
                        let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
                        names.join(" ")
                    }
                    other => other.to_string(),
                };
                // a second may have passed between the two files
                if *column != "age_seconds" {
                    assert_eq!(*field, told, "{query}: {column}");
                }
            }
        }
    }
    let odd = app
        .get("/export/cells.csv", &[("query", "lab:rennes")])
        .await?;
    let odd = odd.text().await?;
    let row = records(&odd).pop().context("a row")?;
    assert_eq!(
        row[..13],
        [
            "2026.10",
            "deploy.tftp",
            "'-odd-",
            "pass",
            "appeared",
            "2026.09",
            "rennes",
            "1",
            "1",
            "0",
            "0",
            "0",
            "2026-10-01T00:22:00Z",
        ]
    );
    Ok(())
}

async fn a_file_as_of_an_event_stays_what_it_was(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let event = app.event().await?.to_string();
    let files = ["/export/cells.csv", "/export/cells.json"];
    let mut before = Vec::new();
    for path in files {
        let asked = [("query", "-verdict:pass or lab:paris"), ("asOf", &event)];
        before.push(app.get(path, &asked).await?.bytes().await?);
    }
    let more = [
        PlainResult::of(50, "2026.11")
            .on("rpi4")
            .says("boot.u-boot=FAIL"),
        PlainResult::of(51, "2026.09")
            .on("bbb")
            .says("deploy.tftp=FAIL"),
        PlainResult::of(52, "2026.12").says("generic.rest-api=PASS"),
    ];
    app.report_all(&app.reporter("ci").await?, &more).await?;
    app.declare("boot.grub").await?;
    app.expect("boot.grub", "bbb").await?;
    for (path, before) in files.iter().zip(before) {
        let asked = [("query", "lab:paris or not verdict:pass"), ("asOf", &event)];
        let own = app.get(path, &asked).await?.bytes().await?;
        assert_eq!(own.len(), before.len(), "{path}");
        let asked = [("query", "-verdict:pass or lab:paris"), ("asOf", &event)];
        assert_eq!(
            app.get(path, &asked).await?.bytes().await?,
            before,
            "{path}"
        );
    }
    Ok(())
}

async fn a_fault_has_its_place_here_too(app: TestApp) -> Result<()> {
    faults_have_their_places(&app, &["/export/cells.csv", "/export/cells.json"]).await
}

/// What cannot be asked for is refused with its place.
pub(crate) async fn faults_have_their_places(app: &TestApp, doors: &[&str]) -> Result<()> {
    for path in doors {
        for fault in corpus()?.fault {
            let refused = app.get(path, &[("query", &fault.text)]).await?;
            assert_eq!(refused.status(), 400, "{path} {}", fault.text);
            let told: Value = refused.json().await?;
            assert_eq!(told["code"], "BAD_USER_INPUT");
            assert_eq!(told["path"], serde_json::json!(["query"]));
            assert_eq!(
                told["place"],
                serde_json::json!({ "at": fault.at, "length": fault.length }),
                "{path} {}",
                fault.text
            );
            let sentence = text(&told, "/message").unwrap_or_default();
            assert!(sentence.starts_with(&fault.says), "{sentence}");
        }
        for as_of in ["x", "100000", "-1"] {
            let refused = app.get(path, &[("asOf", as_of)]).await?;
            assert_eq!(refused.status(), 400, "{path} {as_of}");
        }
    }
    Ok(())
}
