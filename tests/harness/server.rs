//! The real binary as a process of its own, which a test starts, kills and starts again.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::client;
use crate::database::Home;

const START: Duration = Duration::from_secs(30);

/// Where a server can be reached, one life after the other.
pub struct Server<'h> {
    home: &'h Home,
    pub url: String,
    address: String,
    child: Option<Child>,
}

impl<'h> Server<'h> {
    /// Chooses an address; nothing runs there yet.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn at(home: &'h Home) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        Ok(Self {
            home,
            url: format!("http://{address}"),
            address,
            child: None,
        })
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it ends, or does not answer in time; with what it said.
    pub async fn start(&mut self) -> Result<()> {
        self.launch()?;
        self.ready().await
    }

    /// Starts it. It does its work before anybody asked whether it answers.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn launch(&mut self) -> Result<()> {
        let said = File::create(self.log())?;
        // it dies with the test, however that ends
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(binary()?)
            .args(["serve", "--listen", &self.address])
            .args(self.home.arguments())
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it ends, or does not answer in time; with what it said.
    pub async fn ready(&mut self) -> Result<()> {
        let http = client::new()?;
        let started = Instant::now();
        loop {
            let ready = http.get(format!("{}/readyz", self.url)).send().await;
            if ready.is_ok_and(|ready| ready.status().is_success()) {
                return Ok(());
            }
            let child = self.child.as_mut().context("it runs")?;
            if child.try_wait()?.is_some() || started.elapsed() > START {
                child.kill()?;
                child.wait()?;
                self.child = None;
                bail!("lavafed does not start:\n{}", self.said()?);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The process that serves.
    ///
    /// # Errors
    /// When none does.
    pub fn pid(&self) -> Result<i32> {
        let child = self.child.as_ref().context("it runs")?;
        Ok(i32::try_from(child.id())?)
    }

    /// What it said in its last life.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn said(&self) -> Result<String> {
        Ok(fs::read_to_string(self.log())?)
    }

    /// Each server of a home has its own.
    fn log(&self) -> PathBuf {
        let name = format!("serve-{}.log", self.address.replace(':', "-"));
        self.home.folder.path().join(name)
    }

    /// Asks it to stop, as the system does, and tells how long that took.
    ///
    /// # Errors
    /// When it does not stop within a minute, or not as it should.
    pub async fn stop(&mut self) -> Result<Duration> {
        let asked = Instant::now();
        kill(Pid::from_raw(self.pid()?), Signal::SIGTERM)?;
        let mut child = self.child.take().context("it runs")?;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if asked.elapsed() > Duration::from_secs(60) {
                child.kill()?;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        if !status.success() {
            bail!("lavafed did not stop well, {status}:\n{}", self.said()?);
        }
        Ok(asked.elapsed())
    }

    /// Ends it as if the power was cut, if somebody did not do so already.
    ///
    /// # Errors
    /// When it ended in another way.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it runs")?;
        child.kill()?;
        let status = child.wait()?;
        if status.signal() != Some(9) {
            bail!("lavafed ended by itself, {status}:\n{}", self.said()?);
        }
        Ok(())
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// The binary that `cargo xtask` built and named, or one that is built now.
///
/// # Errors
/// When it does not build.
pub fn binary() -> Result<PathBuf> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = std::env::var_os("TEST_LAVAFED_BIN") {
        return Ok(path.into());
    }
    if let Some(path) = BUILT.get() {
        return Ok(path.clone());
    }
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "lavafed",
            "--bin",
            "lavafed",
        ])
        .status()?;
    if !status.success() {
        bail!("lavafed does not build");
    }
    // this program is TARGET/PROFILE/deps/NAME-HASH
    let here = std::env::current_exe()?;
    let target = here.ancestors().nth(3).context("a target folder")?;
    Ok(BUILT.get_or_init(|| target.join("debug/lavafed")).clone())
}
