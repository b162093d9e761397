//! Signing in from a page: the token becomes a cookie that no script reads, that
//! other sites cannot use, and that outlives neither its token nor a sign-out.

use anyhow::{Context as _, Result};
use entity::token::Scope;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{self, Answer};
use lavafed_tests::on_both_databases;
use serde_json::{Value, json};

use crate::borrowing;

on_both_databases!(
    an_owner_signs_in_and_acts_and_signs_out,
    another_site_is_nobody,
    a_token_that_ended_reads_on_as_anybody,
    what_is_no_sign_in,
);

const VIEWER: &str = "{ viewer { scope } }";

/// Signs in; gives the cookie's attributes, and its pair of name and value.
async fn sign_in(app: &TestApp, token: &str) -> Result<(String, String)> {
    let answer = app
        .http
        .post(format!("{}/api/session", app.url))
        .json(&json!({ "token": token }))
        .send()
        .await?;
    assert_eq!(answer.status(), 200);
    let set = answer.headers().get("set-cookie").context("no cookie")?;
    let set = set.to_str()?.to_owned();
    assert!(!answer.text().await?.contains(token));
    let (pair, _) = set.split_once(';').context("no attributes")?;
    Ok((set.clone(), pair.to_owned()))
}

/// Asks as a page does, with further headers.
async fn page(app: &TestApp, headers: &[(&str, &str)], query: &str) -> Result<Answer> {
    let mut request = app
        .http
        .post(format!("{}/graphql", app.url))
        .json(&json!({ "query": query }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client::send(request).await
}

async fn viewer(app: &TestApp, headers: &[(&str, &str)]) -> Result<Value> {
    Ok(page(app, headers, VIEWER).await?.data()?["viewer"]["scope"].take())
}

async fn an_owner_signs_in_and_acts_and_signs_out(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    let (set, cookie) = sign_in(&app, &owners.paris).await?;
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(attribute), "{attribute} in {set}");
    }
    let signed = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(viewer(&app, &signed).await?, "LEND");
    let pause =
        "mutation { pauseLab(input: { lab: \"paris\" }) { errors { code } lab { paused } } }";
    let paused = page(&app, &signed, pause).await?.data()?;
    assert_eq!(
        paused["pauseLab"],
        json!({ "errors": [], "lab": { "paused": true } })
    );
    let other = "mutation { pauseLab(input: { lab: \"rennes\" }) { errors { code } } }";
    let refused = page(&app, &signed, other).await?;
    assert!(
        refused.body.to_string().contains("FORBIDDEN"),
        "{refused:?}"
    );

    // a presented token counts before the cookie
    let reporter = app.reporter("lab:paris").await?;
    let both = [signed[0], ("authorization", reporter.as_str())];
    assert_eq!(viewer(&app, &both).await?, "REPORT");

    // no other door takes it
    let callback = app
        .http
        .post(format!("{}/api/lava/callback", app.url))
        .header("cookie", &cookie)
        .json(&json!({}));
    assert_eq!(
        client::send(callback).await?.refusal(),
        (401, "UNAUTHENTICATED")
    );

    let out = app
        .http
        .delete(format!("{}/api/session", app.url))
        .send()
        .await?;
    let gone = out.headers().get("set-cookie").context("no cookie")?;
    let gone = gone.to_str()?;
    assert!(
        gone.starts_with("lavafed_token=;") && gone.contains("Max-Age=0"),
        "{gone}"
    );
    Ok(())
}

async fn another_site_is_nobody(app: TestApp) -> Result<()> {
    let (_, cookie) = sign_in(&app, &app.admin).await?;
    for site in ["cross-site", "same-site"] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        assert_eq!(viewer(&app, &headers).await?, Value::Null, "{site}");
    }
    // what is kept for everybody is not the administrator's answer, nor the other way round
    let signed = [("cookie", cookie.as_str())];
    assert_eq!(viewer(&app, &signed).await?, "ADMIN");
    assert_eq!(viewer(&app, &[]).await?, Value::Null);
    assert_eq!(viewer(&app, &signed).await?, "ADMIN");
    Ok(())
}

async fn a_token_that_ended_reads_on_as_anybody(app: TestApp) -> Result<()> {
    let token = app.token(Scope::Read, None).await?;
    let (_, cookie) = sign_in(&app, &token).await?;
    let signed = [("cookie", cookie.as_str())];
    assert_eq!(viewer(&app, &signed).await?, "READ");
    let id = page(&app, &signed, "{ viewer { token { id } } }")
        .await?
        .data()?["viewer"]["token"]["id"]
        .take();
    app.admin(&format!(
        "mutation {{ revokeToken(input: {{ id: {id} }}) {{ errors {{ code }} }} }}"
    ))
    .await?;
    assert_eq!(viewer(&app, &signed).await?, Value::Null);
    Ok(())
}

async fn what_is_no_sign_in(app: TestApp) -> Result<()> {
    let url = format!("{}/api/session", app.url);
    let send = async |body: &str, content_type: &str| {
        let request = app
            .http
            .post(&url)
            .header("content-type", content_type)
            .body(body.to_owned());
        let answer = client::send(request).await?;
        let (status, code) = answer.refusal();
        anyhow::Ok((status, code.to_owned()))
    };
    let json = "application/json";
    let long = format!("{{\"token\":\"{}\"}}", "a".repeat(9_000));
    for (body, content_type, status, code) in [
        ("{\"token\":\"a.b.c\"}", json, 401, "UNAUTHENTICATED"),
        ("{\"token\":\"\"}", json, 401, "UNAUTHENTICATED"),
        ("{\"secret\":\"a.b.c\"}", json, 400, "BAD_USER_INPUT"),
        (
            "token=a.b.c",
            "application/x-www-form-urlencoded",
            415,
            "BAD_USER_INPUT",
        ),
        ("{\"token\":\"a.b.c\"}", "text/plain", 415, "BAD_USER_INPUT"),
        (long.as_str(), json, 413, "LIMIT_EXCEEDED"),
    ] {
        let told = send(body, content_type).await?;
        assert_eq!(told, (status, code.to_owned()), "{body:.40}");
    }
    Ok(())
}
