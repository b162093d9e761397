//! Badges: a few words as a small picture.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::header;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use reqwest::{Response, header::IF_NONE_MATCH};

use crate::query::arrange;

on_both_databases!(badges_say_a_few_words);

/// What a badge is called, as a screen reader tells it.
fn title(svg: &str) -> Option<&str> {
    svg.split_once("<title>")?
        .1
        .split_once("</title>")
        .map(|(title, _)| title)
}

async fn badges_say_a_few_words(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    for (path, status, said) in [
        ("version/2026.10", 200, "LAVA 2026.10: 2 regressions"),
        ("version/2026.11", 200, "LAVA 2026.11: 0 of 6 tested"),
        (
            "feature/deploy.tftp",
            200,
            "deploy.tftp: 2 of 4 pass in 2026.10",
        ),
        (
            "feature/generic.rest-api",
            200,
            "generic.rest-api: 0 of 1 pass in 2026.10",
        ),
        (
            "device-type/rpi4",
            200,
            "rpi4: 1 of 2 pass in 2026.10.dev0007",
        ),
        ("device-type/-odd-", 200, "-odd-: 1 of 1 pass in 2026.10"),
        ("lab/paris", 200, "lab paris: 1 job"),
        ("version/1999.01", 404, "1999.01: unknown"),
        ("feature/DEPLOY.tftp", 404, "DEPLOY.tftp: unknown"),
        (
            "lab/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
            404,
            "&lt;script&gt;alert(1)&lt;/script&gt;: unknown",
        ),
    ] {
        let badge = app.get(&format!("/badge/{path}.svg"), &[]).await?;
        assert_eq!(badge.status(), status, "{path}");
        assert_eq!(
            header(&badge, "content-type"),
            "image/svg+xml; charset=utf-8"
        );
        assert_eq!(header(&badge, "cache-control"), "public, max-age=60");
        assert_eq!(
            header(&badge, "cross-origin-resource-policy"),
            "cross-origin"
        );
        assert!(header(&badge, "content-security-policy").starts_with("default-src 'none'"));
        let svg = badge.text().await?;
        assert_eq!(title(&svg), Some(said), "{path}");
        assert!(!svg.contains("<script"), "{svg}");
    }
    for path in ["/badge/version/2026.10", "/badge/job/1.svg"] {
        assert_eq!(app.get(path, &[]).await?.status(), 404, "{path}");
    }

    // what did not change is not sent again
    let url = format!("{}/badge/version/2026.10.svg", app.url);
    let badge = app.http.get(&url).send().await?;
    let tag = header(&badge, "etag").to_owned();
    assert!(!tag.is_empty());
    let again = async || -> Result<Response> {
        let request = app.http.get(&url).header(IF_NONE_MATCH, &tag);
        Ok(request.send().await?)
    };
    assert_eq!(again().await?.status(), 304);
    let mended = PlainResult::of(60, "2026.10")
        .on("bbb")
        .says("deploy.tftp=PASS");
    app.report_all(&app.reporter("ci").await?, &[mended])
        .await?;
    let changed = again().await?;
    assert_eq!(changed.status(), 200);
    assert_eq!(
        title(&changed.text().await?),
        Some("LAVA 2026.10: 1 regression")
    );
    Ok(())
}
