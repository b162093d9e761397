//! The feed of what changed, and reading that is closed.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use entity::token::Scope;
use lavafed::app::App;
use lavafed::db::Db;
use lavafed::http;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, header};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::query::arrange;
use crate::{export, world};

on_both_databases!(
    the_feed_tells_what_changed,
    what_is_confirmed_again_and_again_hides_no_news,
    what_cannot_be_asked_for,
    whose_reading_is_closed_asks_for_a_token,
);

/// The texts of an element, in their order.
fn texts<'x>(xml: &'x str, element: &str) -> Vec<&'x str> {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&begin)
        .skip(1)
        .filter_map(|rest| rest.split_once(&end))
        .map(|(text, _)| text)
        .collect()
}

async fn the_feed_tells_what_changed(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let ci = app.reporter("ci").await?;
    let feed = async |query: &str| -> Result<String> {
        let feed = app.get("/feed.atom", &[("query", query)]).await?;
        assert_eq!(feed.status(), 200);
        assert_eq!(
            header(&feed, "content-type"),
            "application/atom+xml; charset=utf-8"
        );
        Ok(feed.text().await?)
    };
    let lately = feed("version:2026.10 -verdict:not-reached").await?;
    assert_eq!(
        texts(&lately, "title"),
        [
            "lavafed: what changed of version:2026.10 -verdict:not-reached",
            "2026.10: deploy.tftp on qemu: flaky (flaky)",
            "2026.10: deploy.tftp on qemu: pass",
            "2026.10: generic.rest-api: fail (regression)",
            "2026.10: boot.u-boot on rpi4: pass (new-pass)",
            "2026.10: deploy.tftp on rpi4: pass (fixed)",
            "2026.10: deploy.tftp on bbb: fail (regression)",
        ]
    );
    assert_eq!(
        texts(&lately, "summary")[0],
        "It was pass and is flaky with LAVA 2026.10."
    );
    assert_eq!(texts(&lately, "updated")[1], "2026-10-01T00:15:00Z");

    // an attempt that changes nothing is no news, one that does comes first; the others keep their ids
    let regressions = feed("change:regression").await?;
    let again = PlainResult::of(70, "2026.10")
        .on("bbb")
        .says("deploy.tftp=FAIL");
    app.report_all(&ci, &[again]).await?;
    assert_eq!(feed("change:regression").await?, regressions);
    let next = PlainResult::of(71, "2026.11")
        .on("rpi4")
        .says("boot.u-boot=FAIL");
    app.report_all(&ci, &[next]).await?;
    let news = feed("change:regression").await?;
    assert_eq!(
        texts(&news, "title")[1],
        "2026.11: boot.u-boot on rpi4: fail (regression)"
    );
    assert_eq!(
        texts(&news, "title")[2..],
        texts(&regressions, "title")[1..]
    );
    assert_eq!(texts(&news, "id")[0], texts(&regressions, "id")[0]);
    assert_eq!(texts(&news, "id")[2..], texts(&regressions, "id")[1..]);
    let ids: BTreeSet<_> = texts(&news, "id").into_iter().collect();
    assert_eq!(ids.len(), texts(&news, "id").len());

    // what is asked for is text, whatever it says
    let hostile = feed("\"</title><script>alert(1)</script>\"").await?;
    assert!(!hostile.contains("<script"), "{hostile}");
    assert_eq!(texts(&hostile, "title").len(), 1);
    Ok(())
}

/// A farm confirms in a day more than a feed looks at.
async fn what_is_confirmed_again_and_again_hides_no_news(app: TestApp) -> Result<()> {
    const FEATURES: usize = 60;
    const JOBS: u32 = 18;
    let names: Vec<String> = (0..FEATURES).map(|one| format!("boot.f{one:02}")).collect();
    app.declare(&names.join(" ")).await?;
    app.declare("boot.u-boot").await?;
    let ci = app.reporter("ci").await?;
    let all: Vec<String> = names.iter().map(|name| format!("{name}=PASS")).collect();
    let all = all.join(" ");
    let of = |id: u32, says: &str| PlainResult::of(id, "2026.10").on("bbb").says(says);
    app.report_all(&ci, &[of(1, &all), of(2, "boot.u-boot=FAIL")])
        .await?;
    let again: Vec<PlainResult> = (3..3 + JOBS).map(|id| of(id, &all)).collect();
    app.report_all(&ci, &again).await?;
    let feed = app
        .get("/feed.atom", &[("query", "")])
        .await?
        .text()
        .await?;
    let titles = texts(&feed, "title");
    assert_eq!(titles.len(), 51, "as many as a feed has: {titles:?}");
    assert_eq!(titles[1], "2026.10: boot.u-boot on bbb: fail");
    Ok(())
}

async fn what_cannot_be_asked_for(app: TestApp) -> Result<()> {
    export::faults_have_their_places(&app, &["/feed.atom"]).await
}

/// A server of the same database that nobody reads without a token.
pub(crate) async fn behind_a_token(app: &TestApp) -> Result<(String, JoinHandle<()>)> {
    let mut config = app.home.config();
    config.public_read = false;
    let db = Db::open(&config).await.map_err(anyhow::Error::msg)?;
    let closed: Arc<App> = App::open(config, db, false)
        .await
        .map_err(anyhow::Error::msg)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let serving = tokio::spawn(http::serve(closed, listener, std::future::pending()));
    Ok((url, serving))
}

async fn whose_reading_is_closed_asks_for_a_token(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let reader = app.token(Scope::Read, None).await?;
    let (url, serving) = behind_a_token(&app).await?;
    for path in [
        "/export/cells.csv",
        "/export/cells.json",
        "/feed.atom",
        "/badge/version/2026.10.svg",
        "/badge/version/1999.01.svg",
    ] {
        let refused = app.http.get(format!("{url}{path}")).send().await?;
        assert_eq!(refused.status(), 401, "{path}");
        let told: Value = refused.json().await?;
        assert_eq!(at(&told, "/code"), "UNAUTHENTICATED", "{path}");
        let request = app.http.get(format!("{url}{path}"));
        let request = request.header(AUTHORIZATION, format!("Bearer {reader}"));
        let answer = request.send().await?;
        let expected = if path.contains("1999") { 404 } else { 200 };
        assert_eq!(answer.status(), expected, "{path}");
        assert!(
            !header(&answer, "cache-control").contains("public"),
            "{path}"
        );
    }
    serving.abort();
    Ok(())
}
