//! The real lavafed, as a process with a data folder of its own, and its GraphQL face.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lavafed_tests::lava::wait::eventually;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Keeps lavafed until the end of its own standard input, which only the test holds: a test that is killed leaves none.
const KEEPER: &str = r#""$@" </dev/null & read -r _; kill -9 $!; wait $! 2>/dev/null"#;
const START: Duration = Duration::from_secs(30);

pub(crate) struct App {
    url: String,
    admin: String,
    http: reqwest::Client,
    data: TempDir,
    process: Process,
}

/// Ends, by SIGKILL, when it is dropped or when this process ends.
struct Process {
    lifeline: Option<ChildStdin>,
    keeper: Child,
}

impl Process {
    fn start(data: &Path) -> Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(data.join("serve.log"))?;
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(binary()?)
            .args(["serve", "--data-dir"])
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let lifeline = keeper.stdin.take();
        Ok(Self { lifeline, keeper })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.keeper.wait();
    }
}

impl App {
    /// Starts `lavafed serve` on a free port.
    pub(crate) async fn start() -> Result<Self> {
        Self::start_in(TempDir::with_prefix("lavafed-data-")?).await
    }

    /// Starts it in a folder that may hold settings.
    pub(crate) async fn start_in(data: TempDir) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // in its settings, so that the commands beside it know as well
        let mut settings = File::options()
            .create(true)
            .append(true)
            .open(data.path().join("lavafed.toml"))?;
        writeln!(settings, "listen = \"{address}\"")?;
        let process = Process::start(data.path())?;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()?;
        let mut app = Self {
            url: format!("http://{address}"),
            admin: String::new(),
            http,
            data,
            process,
        };
        app.ready().await?;
        app.admin = app.token("admin", None)?;
        Ok(app)
    }

    async fn ready(&self) -> Result<()> {
        let ready = eventually("lavafed is ready", START, || async {
            let answer = self.http.get(format!("{}/readyz", self.url)).send().await;
            Ok(answer
                .is_ok_and(|answer| answer.status().is_success())
                .then_some(()))
        });
        ready
            .await
            .with_context(|| format!("lavafed said:\n{}", self.log()))
    }

    /// Kills the server as `kill -9` does, and starts it again on the same folder and address.
    pub(crate) async fn kill_and_restart(&mut self) -> Result<()> {
        drop(self.process.lifeline.take());
        self.process.keeper.wait()?;
        self.process = Process::start(self.data.path())?;
        self.ready().await
    }

    /// A request to the GraphQL face, as an administrator.
    pub(crate) fn request(&self) -> reqwest::RequestBuilder {
        // its stream is open longer than any answer takes
        self.http
            .post(format!("{}/graphql", self.url))
            .timeout(Duration::from_secs(900))
            .bearer_auth(&self.admin)
    }

    /// What the server has printed so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("serve.log")).unwrap_or_default()
    }

    /// Everything lavafed has written: database, keys, log.
    pub(crate) fn files(&self) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.data.path())? {
            let path = entry?.path();
            if path.is_file() {
                files.push((path.clone(), fs::read(path)?));
            }
        }
        Ok(files)
    }

    pub(crate) fn callback(&self) -> String {
        format!("{}/api/lava/callback", self.url)
    }

    /// A new token, made by the command line beside the running server.
    pub(crate) fn token(&self, scope: &str, speaks_for: Option<&str>) -> Result<String> {
        let mut arguments = vec!["token", "create", "--description", scope, "--scope", scope];
        if let Some(source) = speaks_for {
            arguments.extend(["--for", source]);
        }
        Ok(self.command(&arguments)?.trim().into())
    }

    /// Runs a command beside the server and returns what it printed.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(binary()?)
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data.path())
            .output()?;
        let said = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            bail!(
                "lavafed {}: {said}{}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(said)
    }

    /// Asks as an administrator; an answer with errors is a failure.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Result<Value> {
        // who is told to try again does, while others boot their machines on this one
        let mut tries = 5;
        let (status, text) = loop {
            let answer = self
                .http
                .post(format!("{}/graphql", self.url))
                .bearer_auth(&self.admin)
                .json(&json!({ "query": query, "variables": variables }))
                .send()
                .await?;
            tries -= 1;
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE || tries == 0 {
                break (answer.status(), answer.text().await?);
            }
        };
        let mut body: Value =
            serde_json::from_str(&text).with_context(|| format!("{status}: {text}"))?;
        if let Some(errors) = body.get("errors") {
            bail!("{query}\n{errors}");
        }
        body.get_mut("data")
            .map(Value::take)
            .with_context(|| format!("an answer without data: {status}: {text}"))
    }

    /// Declares features, separated by blanks.
    pub(crate) async fn declare(&self, features: &str) -> Result<()> {
        let mutation = "mutation ($name: String!) { declareFeature(input: {name: $name}) { errors { code message } } }";
        for name in features.split_whitespace() {
            let answer = self.ask(mutation, json!({ "name": name })).await?;
            if answer.pointer("/declareFeature/errors") != Some(&json!([])) {
                bail!("{name}: {answer}");
            }
        }
        Ok(())
    }

    /// Waits until a job of the federated server is in a state, and returns what lavafed knows of it.
    pub(crate) async fn wait_for_job(&self, id: u64, state: &str) -> Result<Value> {
        let query = "query ($id: String!) { job(source: \"federated\", externalId: $id) {
            type state health errorType failingAction startedAt
            version { name } deviceType { name } device { hostname }
            verdicts { feature { name } verdict }
            receipts { state code message } } }";
        let what = format!("lavafed knows that job {id} is {state}");
        let told = eventually(&what, START, || async {
            let answer = self.ask(query, json!({ "id": id.to_string() })).await?;
            let job = answer.get("job").cloned().unwrap_or_default();
            Ok((job.get("state").and_then(Value::as_str) == Some(state)).then_some(job))
        });
        told.await
            .with_context(|| format!("lavafed said:\n{}", self.log()))
    }

    /// Waits until so many notifications, and no others, have been applied without a complaint.
    pub(crate) async fn wait_for_receipts(&self, count: usize) -> Result<()> {
        let query = "{ receipts(first: 100) { nodes { state code message } } }";
        let what = format!("lavafed has accepted {count} notifications");
        let accepted = json!({ "state": "ACCEPTED", "code": null, "message": null });
        eventually(&what, START, || async {
            let answer = self.ask(query, json!({})).await?;
            let receipts = answer.pointer("/receipts/nodes").and_then(Value::as_array);
            Ok(receipts
                .filter(|all| **all == vec![accepted.clone(); count])
                .map(|_| ()))
        })
        .await
    }

    /// The letters of the grid for one version and the device-type of the tests: `boot.qemu F, deploy.tmpfs P`.
    pub(crate) async fn cells(&self, version: &str) -> Result<String> {
        let query = "query ($version: String!) {
            grid(rows: FEATURE, columns: DEVICE_TYPE, versions: [$version]) {
                columns { name } rows { header { name } verdicts } } }";
        let answer = self.ask(query, json!({ "version": version })).await?;
        if answer.pointer("/grid/columns") != Some(&json!([{ "name": "qemu" }])) {
            bail!("not one column for QEMU: {answer}");
        }
        let rows = answer
            .pointer("/grid/rows")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let mut cells: Vec<String> = rows
            .iter()
            .filter_map(|row| {
                let name = row.pointer("/header/name")?.as_str()?;
                Some(format!("{name} {}", row.get("verdicts")?.as_str()?))
            })
            .collect();
        cells.sort();
        Ok(cells.join(", "))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("lavafed said:\n{}", self.log());
        }
    }
}

/// The verdicts of one job, as `boot.qemu FAIL, deploy.tmpfs PASS`.
pub(crate) fn verdicts(job: &Value) -> String {
    let all = job
        .get("verdicts")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut all: Vec<String> = all
        .iter()
        .filter_map(|verdict| {
            let feature = verdict.pointer("/feature/name")?.as_str()?;
            Some(format!("{feature} {}", verdict.get("verdict")?.as_str()?))
        })
        .collect();
    all.sort();
    all.join(", ")
}

/// `TEST_LAVAFED_BIN`, or the workspace's own, built now.
fn binary() -> Result<PathBuf> {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = std::env::var_os("TEST_LAVAFED_BIN") {
        return Ok(path.into());
    }
    if let Some(path) = BINARY.get() {
        return Ok(path.clone());
    }
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "lavafed", "--bin", "lavafed"])
        .status()?;
    if !status.success() {
        bail!("lavafed does not build");
    }
    // this program is TARGET/PROFILE/deps/lava-HASH
    let here = std::env::current_exe()?;
    let target = here
        .parent()
        .and_then(|deps| deps.parent())
        .and_then(|profile| profile.parent());
    let path = target
        .context("the test is not in a target folder")?
        .join("debug/lavafed");
    Ok(BINARY.get_or_init(|| path).clone())
}
