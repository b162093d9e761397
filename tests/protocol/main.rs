//! What lavafed's HTTP promises, asked by clients that others wrote: the audits
//! of GraphQL over HTTP, sockets, streams, introspection. The scripts beside
//! this file ask; this file starts the server they ask.
//!
//! Must not know how the server does it: it is the real binary.

mod server;

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use server::Server;

/// How long a script may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn graphql_over_http() -> Result<()> {
    ask("http.mjs")
}

#[test]
fn sockets() -> Result<()> {
    ask("sockets.mjs")
}

#[test]
fn streams() -> Result<()> {
    ask("streams.mjs")
}

/// A second server, a taken port and settings that cannot be read are refused
/// with a sentence.
#[test]
fn refusals_of_the_command() -> Result<()> {
    let server = Server::start()?;
    let elsewhere = tempfile::tempdir()?;
    let elsewhere = elsewhere.path().display().to_string();
    let broken = format!("{elsewhere}/broken.toml");
    std::fs::write(&broken, "listen = \"nowhere\"")?;
    let address = server.url().trim_start_matches("http://").to_owned();
    let table: [(&[&str], &str); 5] = [
        (
            &["serve", "--listen", "127.0.0.1:0"],
            "Another lavafed serves from",
        ),
        (&["migrate"], "A server uses"),
        (
            &["serve", "--data-dir", &elsewhere, "--listen", &address],
            "another program listens there",
        ),
        (&["serve", "--config", &broken], "listen"),
        (
            &["token", "list", "--config", "/nowhere/lavafed.toml"],
            "/nowhere/lavafed.toml",
        ),
    ];
    for (arguments, sentence) in table {
        let (code, _, said) = server.command(arguments)?;
        ensure!(code == Some(1), "{arguments:?} ended with {code:?}");
        ensure!(said.contains(sentence), "{arguments:?} said: {said}");
        ensure!(
            said.trim().lines().count() == 1,
            "{arguments:?} said more than a sentence: {said}"
        );
    }
    let (code, _, _) = server.command(&["serve", "--nonsense"])?;
    ensure!(code == Some(2), "wrong usage ended with {code:?}");
    server.stop()
}

/// The token alone is on standard output; the block to paste, with the address
/// of the running server, on standard error.
#[test]
fn a_token_to_paste() -> Result<()> {
    let server = Server::start()?;
    let create = [
        "token",
        "create",
        "--description",
        "x",
        "--scope",
        "report",
        "--for",
        "ci",
    ];
    let (code, token, hint) = server.command(&create)?;
    ensure!(code == Some(0), "{hint}");
    ensure!(
        token.trim().split('.').count() == 3 && token.lines().count() == 1,
        "{token}"
    );
    ensure!(
        hint.contains(&format!("url: {}/api/lava/callback", server.url())),
        "{hint}"
    );
    ensure!(hint.contains(&format!("token: {}", token.trim())), "{hint}");
    let (_, list, _) = server.command(&["token", "list"])?;
    ensure!(
        list.contains("report") && !list.contains(token.trim()),
        "{list}"
    );
    server.stop()
}

/// Runs a script against a server of its own.
fn ask(script: &str) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let clients = folder.join("npm/node_modules");
    if !clients.exists() {
        ensure!(!under_ci(), "{} is missing", clients.display());
        eprintln!("skipped: type `npm ci` in {}", folder.join("npm").display());
        return Ok(());
    }
    let server = Server::start()?;
    let admin = server.token("admin", None)?;
    let report = server.token("report", Some("ci"))?;
    let told = tempfile::NamedTempFile::new()?;
    let mut node = Command::new("node")
        .arg(folder.join("protocol").join(script))
        .env("SERVER", server.url())
        .env("CLIENTS", &clients)
        .env("ADMIN", admin)
        .env("REPORT", report)
        .stdout(told.reopen()?)
        .stderr(told.reopen()?)
        .spawn()
        .context("node did not start")?;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = node.try_wait()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            node.kill()?;
            node.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !status.is_some_and(|status| status.success()) {
        let told = std::fs::read_to_string(told.path())?;
        bail!(
            "{script}: {status:?}\n{told}\nthe server said:\n{}",
            server.log()
        );
    }
    server.stop()
}

fn under_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
