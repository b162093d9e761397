//! The real binary as a process of its own, which a test starts, kills and starts again.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

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
        let log = self.home.folder.path().join("serve.log");
        let said = File::create(&log)?;
        // it dies with the test, however that ends
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(binary()?)
            .args(["serve", "--listen", &self.address])
            .args(self.home.arguments())
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        let http = client::new()?;
        let started = Instant::now();
        loop {
            let ready = http.get(format!("{}/readyz", self.url)).send().await;
            if ready.is_ok_and(|ready| ready.status().is_success()) {
                self.child = Some(child);
                return Ok(());
            }
            if child.try_wait()?.is_some() || started.elapsed() > START {
                child.kill()?;
                child.wait()?;
                bail!("lavafed does not start:\n{}", fs::read_to_string(log)?);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends it as if the power was cut.
    ///
    /// # Errors
    /// When it has ended by itself before.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it runs")?;
        if let Some(status) = child.try_wait()? {
            let log = fs::read_to_string(self.home.folder.path().join("serve.log"))?;
            bail!("lavafed ended by itself, {status}:\n{log}");
        }
        child.kill()?;
        child.wait()?;
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
