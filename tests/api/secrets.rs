//! A secret that comes with a notification is nowhere afterwards: not in the database, not in any answer, not in the log.

use std::fs;

use anyhow::{Result, ensure};
use base64::Engine as _;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::text;
use lavafed_tests::database::dump;
use lavafed_tests::notification::Notification;
use lavafed_tests::result::PlainResult;
use lavafed_tests::{log, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(a_secret_is_nowhere_afterwards);

fn secret(what: &str) -> String {
    format!("{what}-{}", uuid::Uuid::new_v4().simple())
}

/// A notification with a secret at every place where LAVA lets one stand.
fn told(name: &str, id: u32, secrets: &[String]) -> Result<Notification> {
    let [in_secrets, in_notify, in_field, email] = secrets else {
        anyhow::bail!("four secrets");
    };
    let told = Notification::recorded(name)?
        .job(id)
        .declares("FED", "2026.10", "deploy.tmpfs boot.undeclared")
        .definition(|text| {
            text.replacen(
                "\nnotify:\n",
                &format!("\nsecrets:\n  wifi: {in_secrets}\nnotify:\n"),
                1,
            )
            .replacen(
                "\n    token: lavafed-secret",
                &format!("\n    token: {in_notify}"),
                1,
            )
        })
        .with("token", in_field.clone())
        .with("submitter_email", email.clone())
        .with(
            "description",
            format!("a job with {in_secrets} in its name"),
        )
        .with(
            "failure_comment",
            format!("could not log in with {in_secrets}"),
        );
    ensure!(
        told.text("definition").contains(in_notify),
        "{name} has a token under notify"
    );
    let log = format!(
        "{}- {{\"lvl\": \"target\", \"msg\": \"echo {in_secrets} {in_notify}\"}}\n",
        told.text("log")
    );
    Ok(told.with("log", log))
}

async fn a_secret_is_nowhere_afterwards(app: TestApp) -> Result<()> {
    log::keep();
    app.declare("deploy.tmpfs").await?;
    let lava = app.reporter("federated").await?;
    let secrets = send_all(&app, &lava).await?;
    search(&app, &secrets).await
}

/// Sends secrets by every way in, and returns them.
async fn send_all(app: &TestApp, lava: &str) -> Result<Vec<String>> {
    let mut secrets = vec![lava.to_owned()];
    for (id, name) in [
        (1, "2023.01/complete-all-json"),
        (2, "2026.10/complete-all-json"),
        (3, "2023.01/complete-all-urlencoded"),
        (4, "2026.10/incomplete-boot-timeout-all-json"),
    ] {
        let of_job: Vec<String> = ["secret", "notify", "field", "mail@example.org"]
            .map(secret)
            .into();
        let one = told(name, id, &of_job)?;
        let body = one.body(lava);
        for secret in &of_job {
            assert!(
                body.contains(secret) || body.contains(&secret.replace('@', "%40")),
                "{name} {secret}"
            );
        }
        secrets.extend(of_job);
        let receipt = app.tell(lava, &one).await?;
        assert!(
            ["ACCEPTED", "PARTIAL"]
                .iter()
                .any(|state| receipt["state"] == *state),
            "{receipt}"
        );
    }
    // refused at the door, refused later, not readable, and plain
    let hidden: Vec<String> = ["secret", "notify", "field", "mail@example.org"]
        .map(secret)
        .into();
    let broken = told("2026.10/complete-all-json", 5, &hidden)?;
    app.tell(
        lava,
        &broken
            .clone()
            .definition(|text| format!("{text}\n: [ {}", hidden[0])),
    )
    .await?;
    app.tell(
        lava,
        &broken
            .clone()
            .definition(|text| text.replace("lavafed.type: FED", "lavafed.type: NONE")),
    )
    .await?;
    let cut = broken.body(lava).replace("\"id\":", "\"id\": oops ");
    app.post(lava, "application/json", cut).await?;
    secrets.extend(hidden);
    let plain = PlainResult::of(6, "2026.10")
        .with("description", format!("posted with {lava}"))
        .with("errorMessage", format!("Authorization: Token {lava}"));
    app.report(lava, &plain).await?;
    let wrong = secret("forged");
    app.post(&wrong, "application/json", broken.body(&wrong))
        .await?;
    app.graphql(&wrong, "{ viewer { scope } }", json!({}))
        .await?;
    secrets.push(wrong);
    Ok(secrets)
}

/// Looks for them in everything lavafed has written and would tell.
async fn search(app: &TestApp, secrets: &[String]) -> Result<()> {
    let answers = answers(app).await?;
    let logged = log::kept();
    ensure!(
        logged.contains("refused a notification"),
        "the log is kept:\n{logged}"
    );
    ensure!(
        answers.contains("lavafed qemu smoke") || answers.contains("scrubbed"),
        "{answers}"
    );
    let tables = dump(&app.home.connect().await?).await?;
    ensure!(
        tables.contains("deploy.tmpfs") && tables.contains("[scrubbed]"),
        "the tables are dumped"
    );
    let mut places = vec![
        ("an answer", answers),
        ("the log", logged),
        ("the tables", tables),
    ];
    let mut files = Vec::new();
    for entry in fs::read_dir(app.home.folder.path())? {
        let path = entry?.path();
        files.push(String::from_utf8_lossy(&fs::read(path)?).into_owned());
    }
    places.push(("a file", files.join("\n")));
    let base64 = base64::engine::general_purpose::STANDARD;
    for secret in secrets {
        let spellings = [
            secret.clone(),
            secret.replace('@', "%40"),
            base64.encode(secret).trim_end_matches('=').to_owned(),
            hex(secret),
        ];
        for (place, text) in &places {
            for spelling in &spellings {
                if let Some(at) = text.find(spelling) {
                    let around: String = text
                        .chars()
                        .skip(at.saturating_sub(200))
                        .take(400)
                        .collect();
                    anyhow::bail!("{spelling} is in {place}: …{around}…");
                }
            }
        }
    }
    Ok(())
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything an administrator can be told.
async fn answers(app: &TestApp) -> Result<String> {
    let all = app
        .admin("{ receipts { nodes { id state code message body format } }
            jobs { nodes { externalId description errorType errorMessage failingAction url verdicts { message } receipts { body message } } }
            tokens { nodes { description } } features { nodes { description } } versions { nodes { name } }
            devices { nodes { hostname federatedName } } }")
        .await?;
    let subscribed = text(&all, "/jobs/nodes/0/externalId").is_some();
    ensure!(subscribed, "{all}");
    let cell: Value = app
        .admin("{ cell(version: \"2026.10\", feature: \"deploy.tmpfs\", deviceType: \"qemu\") { recentAttempts { message job { description } } } }")
        .await?;
    Ok(format!("{all}{cell}"))
}
