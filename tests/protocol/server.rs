//! The server under test: the real binary on a folder and port of its own.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    place: TempDir,
    child: Child,
    url: String,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let place = tempfile::tempdir()?;
        let log = std::fs::File::create(place.path().join("log"))?;
        let child = Command::new(binary()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(place.path())
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut server = Self {
            place,
            child,
            url: String::new(),
        };
        let deadline = Instant::now() + PATIENCE;
        while server.url.is_empty() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}: {}", server.log());
            }
            ensure!(
                Instant::now() < deadline,
                "the server does not listen: {}",
                server.log()
            );
            std::thread::sleep(Duration::from_millis(20));
            server.url = said_url(&server.log()).unwrap_or_default();
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.place.path().join("log")).unwrap_or_default()
    }

    /// What a command beside the server ends with and says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
        let mut command = Command::new(binary()?);
        command.args(arguments);
        if !arguments.contains(&"--data-dir") {
            command.arg("--data-dir").arg(self.place.path());
        }
        let told = command.output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((told.status.code(), text(told.stdout), text(told.stderr)))
    }

    pub(crate) fn token(&self, scope: &str, speaks_for: Option<&str>) -> Result<String> {
        let mut arguments = vec!["token", "create", "--description", scope, "--scope", scope];
        arguments.extend(speaks_for.iter().flat_map(|name| ["--for", name]));
        let (code, token, said) = self.command(&arguments)?;
        ensure!(code == Some(0), "no token: {said}");
        Ok(token.trim().to_owned())
    }

    /// Asks the server to stop, which it does at once and without a fault.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        ensure!(
            Command::new("kill").arg(id).status()?.success(),
            "it is gone already"
        );
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(
                    status.success(),
                    "the server ended with {status}: {}",
                    self.log()
                );
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "the server does not stop: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn said_url(log: &str) -> Option<String> {
    let (_, behind) = log.split_once("listens on ")?;
    let url = behind.split(['"', ' ', '\n']).next()?;
    Some(url.to_owned())
}

/// `TEST_LAVAFED_BIN`, or the workspace's own as it was last built.
fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("TEST_LAVAFED_BIN") {
        return Ok(path.into());
    }
    // This program is TARGET/PROFILE/deps/protocol-HASH.
    let here = std::env::current_exe()?;
    let profile = here.parent().and_then(|deps| deps.parent());
    let path = profile
        .context("the test is not in a target folder")?
        .join("lavafed");
    ensure!(
        path.exists(),
        "{} is missing; type: cargo build",
        path.display()
    );
    Ok(path)
}
