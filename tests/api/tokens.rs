//! Tokens: made and shown once, listed, used, revoked.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use entity::token::Scope;
use lavafed::auth::jwt::{self, Claims};
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{list, text};
use lavafed_tests::notification::Notification;
use lavafed_tests::on_both_databases;
use serde_json::json;

on_both_databases!(
    made_shown_once_listed_and_revoked,
    what_no_token_can_be,
    only_ours_are_believed,
    a_token_speaks_for_one_source,
);

async fn made_shown_once_listed_and_revoked(app: TestApp) -> Result<()> {
    app.admin("mutation { addLab(input: { name: \"paris\" }) { errors { message } } }")
        .await?;
    let made = app
        .admin("mutation { createToken(input: { description: \" the lab in Paris \", scope: REPORT, for: \"lab:paris\", expiresAt: \"2031-01-01T00:00:00Z\" }) {
            secret errors { code } token { id description scope source { name lab { name } } expiresAt revokedAt lastUsedAt } } }")
        .await?;
    let made = &made["createToken"];
    let secret = text(made, "/secret").unwrap_or_default().to_owned();
    let id = text(made, "/token/id").unwrap_or_default();
    assert_eq!(secret.split('.').count(), 3, "a JWT");
    assert_eq!(
        made["token"],
        json!({ "id": id, "description": "the lab in Paris", "scope": "REPORT",
            "source": { "name": "lab:paris", "lab": { "name": "paris" } },
            "expiresAt": "2031-01-01T00:00:00+00:00", "revokedAt": null, "lastUsedAt": null })
    );
    // bare as LAVA sends it, and with either scheme
    for presented in [
        secret.clone(),
        format!("Bearer {secret}"),
        format!("Token {secret}"),
        format!("bearer  {secret}"),
    ] {
        let viewer = app
            .graphql(
                &presented,
                "{ viewer { scope token { description } } }",
                json!({}),
            )
            .await?
            .data()?;
        assert_eq!(
            viewer["viewer"],
            json!({ "scope": "REPORT", "token": { "description": "the lab in Paris" } })
        );
    }
    let nobody = app.ask("{ viewer { scope token { id } } }").await?;
    assert_eq!(nobody["viewer"], json!({ "scope": null, "token": null }));

    let listed = app
        .admin("{ tokens { nodes { id description lastUsedAt } totalCount } }")
        .await?;
    assert_eq!(listed["tokens"]["totalCount"], 2);
    let row = &list(&listed, "/tokens/nodes")[0];
    assert_eq!(row["id"], id);
    assert!(!row["lastUsedAt"].is_null(), "it was used");
    assert!(!listed.to_string().contains(&secret));

    let revoke = format!(
        "mutation {{ revokeToken(input: {{ id: \"{id}\" }}) {{ errors {{ code }} token {{ revokedAt }} }} }}"
    );
    let revoked = app.admin(&revoke).await?;
    assert!(!revoked["revokeToken"]["token"]["revokedAt"].is_null());
    assert_eq!(app.admin(&revoke).await?, revoked, "revoked once for all");
    let refused = app
        .graphql(&secret, "{ viewer { scope } }", json!({}))
        .await?;
    assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED"));
    let refused = app.callback(&secret, &Notification::complete()?).await?;
    assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED"));

    let wrong = app
        .admin(
            "mutation { a: revokeToken(input: { id: \"VG9rZW46OTk\" }) { errors { code } }
            b: revokeToken(input: { id: \"nonsense\" }) { errors { code } }
            c: revokeToken(input: { id: \"Sm9iOjE\" }) { errors { code } } }",
        )
        .await?;
    let code = |code: &str| json!({ "errors": [{ "code": code }] });
    assert_eq!(
        wrong,
        json!({ "a": code("NOT_FOUND"), "b": code("BAD_USER_INPUT"), "c": code("BAD_USER_INPUT") })
    );
    Ok(())
}

async fn what_no_token_can_be(app: TestApp) -> Result<()> {
    for (input, path, code) in [
        (
            "description: \"\", scope: READ",
            "description",
            "BAD_USER_INPUT",
        ),
        (
            "description: \"   \", scope: READ",
            "description",
            "BAD_USER_INPUT",
        ),
        ("description: \"x\", scope: REPORT", "for", "BAD_USER_INPUT"),
        (
            "description: \"x\", scope: LEND, for: \"ci\"",
            "for",
            "BAD_USER_INPUT",
        ),
        (
            "description: \"x\", scope: ADMIN, for: \"ci\"",
            "for",
            "BAD_USER_INPUT",
        ),
        (
            "description: \"x\", scope: READ, for: \"ci\"",
            "for",
            "BAD_USER_INPUT",
        ),
        (
            "description: \"x\", scope: REPORT, for: \"lab:none\"",
            "for",
            "NOT_FOUND",
        ),
        (
            "description: \"x\", scope: REPORT, for: \"nonsense\"",
            "for",
            "NOT_FOUND",
        ),
        (
            "description: \"x\", scope: READ, expiresAt: \"2020-01-01T00:00:00Z\"",
            "expiresAt",
            "BAD_USER_INPUT",
        ),
        (
            "description: \"x\", scope: READ, expiresAt: \"2200-01-01T00:00:00Z\"",
            "expiresAt",
            "BAD_USER_INPUT",
        ),
    ] {
        let answer = app
            .admin(&format!("mutation {{ createToken(input: {{ {input} }}) {{ secret errors {{ code path }} }} }}"))
            .await?;
        assert_eq!(
            answer["createToken"],
            json!({ "secret": null, "errors": [{ "code": code, "path": [path] }] }),
            "{input}"
        );
    }
    let long = "x".repeat(201);
    let answer = app
        .admin(&format!("mutation {{ createToken(input: {{ description: \"{long}\", scope: READ }}) {{ errors {{ path }} }} }}"))
        .await?;
    assert_eq!(
        answer["createToken"]["errors"][0]["path"],
        json!(["description"])
    );
    assert_eq!(
        app.admin("{ tokens { totalCount } }").await?["tokens"]["totalCount"],
        1
    );
    Ok(())
}

async fn only_ours_are_believed(app: TestApp) -> Result<()> {
    let good = app.reporter("federated").await?;
    let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    let claims = |days| {
        Claims::new(
            "an-id-nobody-gave".to_owned(),
            Scope::Report,
            Some("federated".to_owned()),
            Utc::now() + TimeDelta::days(days),
        )
    };
    let foreign_key = lavafed::auth::key::SigningKey::from_bytes(&[7; 32]);
    let mut parts: Vec<&str> = good.split('.').collect();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let payload = parts[1];
    parts[0] = none;
    let read = app.token(Scope::Read, None).await?;
    let swapped = [
        read.split('.').next().unwrap_or_default(),
        read.split('.').nth(1).unwrap_or_default(),
        good.split('.').nth(2).unwrap_or_default(),
    ]
    .join(".");
    for (what, presented) in [
        (
            "signed by us, but in no list",
            jwt::sign(&app.app.key, &claims(1))?,
        ),
        ("expired", jwt::sign(&app.app.key, &claims(-1))?),
        (
            "signed by somebody else",
            jwt::sign(&foreign_key, &claims(1))?,
        ),
        ("without a signature", format!("{none}.{payload}.")),
        ("with another algorithm", parts.join(".")),
        ("with another's signature", swapped),
        ("cut", good[..good.len() - 3].to_owned()),
        ("no JWT", "password".to_owned()),
        ("huge", format!("a.b.{}", "c".repeat(20_000))),
    ] {
        let answer = app.callback(&presented, &told).await?;
        assert_eq!(
            answer.refusal(),
            (401, "UNAUTHENTICATED"),
            "{what}: {answer:?}"
        );
        let answer = app
            .graphql(&presented, "{ viewer { scope } }", json!({}))
            .await?;
        assert_eq!(
            answer.refusal(),
            (401, "UNAUTHENTICATED"),
            "{what}: {answer:?}"
        );
    }
    for (token, status, code) in [
        (String::new(), 401, "UNAUTHENTICATED"),
        (read, 403, "FORBIDDEN"),
        (app.admin.clone(), 403, "FORBIDDEN"),
    ] {
        assert_eq!(app.callback(&token, &told).await?.refusal(), (status, code));
        let report = app
            .graphql(
                &token,
                "mutation { reportJob(input: {}) { errors { code } } }",
                json!({}),
            )
            .await?;
        let reported = report.body.pointer("/data/reportJob/errors/0/code");
        assert!(
            report.code() == code || reported.is_some_and(|told| told == "BAD_USER_INPUT"),
            "{report:?}"
        );
    }
    assert_eq!(
        app.ask("{ receipts { totalCount } }").await?["receipts"]["totalCount"],
        0
    );
    assert_eq!(app.callback(&good, &told).await?.status, 200);
    Ok(())
}

async fn a_token_speaks_for_one_source(app: TestApp) -> Result<()> {
    app.declare("deploy.tmpfs").await?;
    for lab in ["paris", "rennes"] {
        app.admin(&format!(
            "mutation {{ addLab(input: {{ name: \"{lab}\" }}) {{ errors {{ message }} }} }}"
        ))
        .await?;
    }
    let paris = app.reporter("lab:paris").await?;
    let rennes = app.reporter("lab:rennes").await?;
    let told = Notification::complete()?.declares("FED", "2026.10", "deploy.tmpfs");
    app.tell(&paris, &told).await?;
    // another lab cannot touch it: what it tells of the same id is a job of its own
    let canceled = told.clone().with("health", 3).with("results", json!({}));
    app.tell(&rennes, &canceled).await?;
    let jobs = app
        .ask("{ paris: job(source: \"lab:paris\", externalId: \"1\") { health device { lab { name } } }
            rennes: job(source: \"lab:rennes\", externalId: \"1\") { health device { lab { name } } }
            federated: job(source: \"federated\", externalId: \"1\") { health } }")
        .await?;
    assert_eq!(
        jobs,
        json!({ "paris": { "health": "COMPLETE", "device": { "lab": { "name": "paris" } } },
            "rennes": { "health": "CANCELED", "device": { "lab": { "name": "rennes" } } }, "federated": null })
    );
    Ok(())
}
