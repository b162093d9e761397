//! Who reads without JavaScript gets the same addresses as plain tables; previews of links get a title and a sentence.

use anyhow::{Context as _, Result};
use entity::token::Scope;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, header};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderName, IF_NONE_MATCH};

use crate::borrowing;
use crate::feed::behind_a_token;
use crate::query::arrange;

on_both_databases!(
    each_side_of_the_grid_is_a_table,
    the_farm_is_tables_too,
    a_link_says_what_it_leads_to,
    what_is_not_known_says_so,
    a_page_is_written_anew_when_something_changed,
    whose_reading_is_closed_tells_nothing,
);

async fn read(app: &TestApp, path: &str) -> Result<String> {
    let answer = ask(app, path, &[]).await?;
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
    // a slash may be written so, and is where values are
    Ok(answer.text().await?.replace("&#x2f;", "/"))
}

async fn ask(app: &TestApp, path: &str, headers: &[(HeaderName, &str)]) -> Result<Response> {
    let mut request = app.http.get(format!("{}{path}", app.url));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    Ok(request.send().await?)
}

/// The cells of the table's row with this head.
fn row<'h>(html: &'h str, head: &str) -> Result<Vec<&'h str>> {
    let (_, rest) = html
        .split_once(&format!("<th scope=\"row\">{head}</th>"))
        .with_context(|| format!("no row {head} in {html}"))?;
    let (cells, _) = rest.split_once("</tr>").context("a whole row")?;
    let cells = cells.split("<td>").skip(1);
    Ok(cells.map(|cell| cell.trim_end_matches("</td>")).collect())
}

fn linked(kind: &str, name: &str) -> String {
    format!("<a href=\"/{kind}/{name}\">{name}</a>")
}

async fn each_side_of_the_grid_is_a_table(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let versions = read(&app, "/").await?;
    let cells = row(&versions, &linked("versions", "2026.10"))?;
    assert!(cells.contains(&"fail 2/4, regression"), "{cells:?}");
    let version = read(&app, "/versions/2026.10").await?;
    let cells = row(&version, &linked("features", "deploy.tftp"))?;
    assert!(
        cells.iter().any(|cell| cell.starts_with("fail")),
        "{cells:?}"
    );
    let generic = row(&version, &linked("features", "generic.rest-api"))?;
    assert_eq!(generic.len(), 1, "{generic:?}");
    let feature = read(&app, "/features/deploy.tftp").await?;
    let told = row(&feature, &linked("versions", "2026.10"))?;
    assert_eq!(told, cells, "the same from the other side");
    let device_type = read(&app, "/device-types/rpi4").await?;
    assert!(!row(&device_type, &linked("versions", "2026.10"))?.is_empty());
    let compared = read(&app, "/compare/2026.09/2026.10").await?;
    let cells = row(&compared, &linked("features", "deploy.tftp"))?;
    assert_eq!(cells.get(1).copied(), Some("regression"), "{cells:?}");
    let found = read(&app, "/?q=device-type:rpi4").await?;
    assert!(
        found.contains(&linked("features", "deploy.tftp")),
        "{found}"
    );
    assert!(!found.contains("generic.rest-api"), "{found}");
    // the counts that are pressed on the page
    let shown = read(&app, "/versions/2026.10?show=regression,flaky").await?;
    let cells = row(&shown, &linked("features", "deploy.tftp"))?;
    assert_eq!(cells.len(), 2, "{shown}");
    assert!(cells.contains(&"fail, regression"), "{cells:?}");
    assert!(
        !shown.contains(&linked("features", "boot.u-boot")),
        "{shown}"
    );
    let both = read(
        &app,
        "/versions/2026.10?show=regression,flaky&q=device-type:bbb",
    )
    .await?;
    assert_eq!(
        row(&both, &linked("features", "deploy.tftp"))?,
        ["fail, regression"]
    );
    let waivers = read(&app, "/versions/2026.10/waivers").await?;
    let cells = row(&waivers, &linked("features", "deploy.tftp"))?;
    assert_eq!(cells, ["bbb", "regression", "not waived"]);
    let labs = read(&app, "/labs").await?;
    assert_eq!(row(&labs, &linked("labs", "paris"))?, ["UTC", "never"]);
    let lab = read(&app, "/labs/paris").await?;
    let device = "<a href=\"/devices/paris/rpi4-01\">rpi4-01</a>";
    assert_eq!(row(&lab, device)?, ["rpi4"]);
    let on = read(&app, "/?on=rpi4").await?;
    let cells = row(&on, &linked("versions", "2026.10"))?;
    assert!(cells.contains(&"pass, fixed"), "{cells:?}");
    let wrong = read(&app, "/?q=verdict:bad").await?;
    assert!(
        wrong.contains("bad") && !wrong.contains("<table"),
        "{wrong}"
    );
    let leases = read(&app, "/leases").await?;
    assert!(leases.contains("No device is lent now."), "{leases}");
    Ok(())
}

async fn the_farm_is_tables_too(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    app.declare("boot.u-boot").await?;
    let lease = borrowing::lease(&app, &app.admin, "paris", "bbb-01").await?;
    let federated = app.reporter("federated").await?;
    let result = |id: u32, said: &str| {
        PlainResult::of(id, "2026.10")
            .on("bbb")
            .with("device", "paris-bbb-01")
            .with("url", "javascript:alert(1)")
            .says(said)
    };
    let results = [
        result(41, "boot.u-boot=PASS"),
        result(42, "boot.u-boot=FAIL").with("health", "INCOMPLETE"),
    ];
    app.report_all(&federated, &results).await?;
    let ids = app.ask("{ jobs { nodes { id externalId } } }").await?;
    let id = |external: &str| {
        let nodes = at(&ids, "/jobs/nodes").as_array()?;
        let node = nodes.iter().find(|node| node["externalId"] == external)?;
        Some(node["id"].as_str()?.to_owned())
    };
    let job = |external: &str| {
        Some(format!(
            "<a href=\"/jobs/{}\">{external}</a>",
            id(external)?
        ))
    };

    let jobs = read(&app, "/jobs").await?;
    assert!(jobs.contains("2 jobs are known."), "{jobs}");
    let cells = row(&jobs, &job("42").context("a job")?)?;
    assert_eq!(
        cells.get(..7),
        Some(
            &[
                "2026.10",
                "bbb",
                "bbb-01",
                "federated",
                "FED",
                "finished",
                "incomplete"
            ][..]
        )
    );
    let narrow = read(&app, "/jobs?health=COMPLETE&version=2026.10").await?;
    assert!(narrow.contains("1 job is known."), "{narrow}");
    let one = read(&app, &format!("/jobs/{}", id("42").context("a job")?)).await?;
    let cells = row(&one, &linked("features", "boot.u-boot"))?;
    assert_eq!(cells.first(), Some(&"fail"), "{one}");
    assert!(one.contains("<a href=\"/devices/paris/bbb-01\">"), "{one}");
    assert!(!one.contains("href=\"javascript:"), "{one}");

    let held = format!("/leases/{}", borrowing::lease_id(lease));
    let leases = read(&app, "/leases").await?;
    assert!(
        leases.contains("1 lease is not over: 1 planned."),
        "{leases}"
    );
    assert!(
        leases.contains(&format!("<a href=\"{held}\">bbb-01</a>")),
        "{leases}"
    );
    let told = read(&app, &held).await?;
    assert!(told.contains("bbb-01 of paris: planned."), "{told}");
    assert!(told.contains("What was decided, done and found"), "{told}");
    let device = read(&app, "/devices/paris/bbb-01").await?;
    assert!(
        device.contains("bbb-01 of paris, bbb: planned."),
        "{device}"
    );
    let link = format!("<a href=\"{held}\">{lease}</a>");
    assert_eq!(row(&device, &link)?.first(), Some(&"planned"));
    Ok(())
}

async fn a_link_says_what_it_leads_to(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let html = read(&app, "/versions/2026.10").await?;
    for said in [
        "<title>LAVA 2026.10 · lavafed</title>",
        "<meta property=\"og:title\" content=\"LAVA 2026.10 · lavafed\">",
        "<meta property=\"og:description\" content=\"2026.10 is not ready: 2 regressions against 2026.09;",
        "<meta name=\"description\" content=\"2026.10 is not ready: 2 regressions against 2026.09;",
    ] {
        assert_eq!(html.matches(said).count(), 1, "{said} in {html}");
    }
    Ok(())
}

async fn what_is_not_known_says_so(app: TestApp) -> Result<()> {
    for (path, said) in [
        ("/versions/1999.01", "1999.01"),
        ("/features/boot.none", "boot.none"),
        ("/device-types/none", "none"),
        ("/versions/2026.10.svg", "2026.10.svg"),
        ("/labs/nowhere", "nowhere"),
        ("/jobs/nothing", "There is no job"),
        ("/jobs/Sm9iOjk5OTk5OTk", "There is no job"),
        ("/jobs?version=1999.01", "There is no version"),
        ("/jobs?health=bad", "There is no health"),
        ("/leases/Sm9iOjE", "There is no lease"),
        ("/devices/nowhere/bbb-01", "nowhere"),
        ("/nothing/at/all", "There is no page"),
        ("/compare/1999.01/1999.02", "There is no version"),
        (
            "/versions/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
            "&lt;script&gt;alert(1)",
        ),
    ] {
        let answer = ask(&app, path, &[]).await?;
        assert_eq!(answer.status(), 404, "{path}");
        let html = answer.text().await?;
        assert!(html.contains(said), "{path}: {html}");
        assert!(!html.contains("<script>alert"), "{path}: {html}");
    }
    let empty = read(&app, "/").await?;
    assert!(empty.contains("No version was tested yet."), "{empty}");
    Ok(())
}

async fn a_page_is_written_anew_when_something_changed(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let first = ask(&app, "/versions/2026.11", &[(ACCEPT_ENCODING, "br")]).await?;
    assert_eq!(header(&first, "content-encoding"), "br");
    assert_eq!(header(&first, "cache-control"), "no-cache");
    let known = [
        (ACCEPT_ENCODING, "br"),
        (IF_NONE_MATCH, header(&first, "etag")),
    ];
    let again = ask(&app, "/versions/2026.11", &known).await?;
    assert_eq!(again.status(), 304);
    let add = "mutation { addVersion(input: { name: \"2026.12\" }) { errors { message } } }";
    app.admin(add).await?;
    let home = read(&app, "/").await?;
    assert!(home.contains(&linked("versions", "2026.12")), "{home}");
    // what is said on top is of the newest that was tested, and stands before any script
    let top = "<p class=\"sentence\">2026.10.dev0007 is not ready: 16 % of 6 expected cells are tested (90 % needed).</p>";
    assert!(home.contains(top), "{home}");
    Ok(())
}

async fn whose_reading_is_closed_tells_nothing(app: TestApp) -> Result<()> {
    arrange(&app).await?;
    let reader = app.token(Scope::Read, None).await?;
    let (url, serving) = behind_a_token(&app).await?;
    let asked = || app.http.get(format!("{url}/versions/2026.10"));
    let told = asked().header(AUTHORIZATION, format!("Bearer {reader}"));
    let told = told.send().await?.text().await?;
    assert!(told.contains("2 regressions"), "{told}");
    let anybody = asked().send().await?;
    assert_eq!(anybody.status(), 200, "the page, where one can sign in");
    let anybody = anybody.text().await?;
    assert!(!anybody.contains("regression"), "{anybody}");
    serving.abort();
    Ok(())
}
