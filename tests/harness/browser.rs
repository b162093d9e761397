//! A real Chromium, driven by Debian's chromedriver and read as assistive tools read it: by roles and names.
//! Must not know lavafed: what stands on a page is asked for by whoever opened it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::ScriptRet;
use thirtyfour::{
    ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, RequestData,
    SessionId, TypingData, WebDriver,
};

use crate::lava::wait::eventually;

pub use thirtyfour::Key;

/// Keeps chromedriver until the end of its own standard input, which only the test holds: then all of its process
/// group ends, Chromium included. So it does when the test panics or is killed itself.
const KEEPER: &str = r#""$@" </dev/null & read -r _; kill -9 0"#;
/// How long a browser may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);
/// How long a page may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(60);
/// What scripts read the page with.
const READER: &str = include_str!("browser/reader.js");

const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--window-size=1280,900",
    // roles and names as the browser itself computes them
    "--enable-blink-features=ComputedAccessibilityInfo",
];

pub struct Browser {
    driver: WebDriver,
    lifeline: Option<ChildStdin>,
    keeper: Child,
    /// Its profile, and everything else it writes.
    _home: TempDir,
}

/// Why there is no browser here; nothing when there is one.
#[must_use]
pub fn missing() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    [
        ("chromium", "chromium"),
        ("chromedriver", "chromium-driver"),
    ]
    .into_iter()
    .find(|(program, _)| !is_there(program))
    .map(|(program, package)| {
        format!("there is no {program}; Debian has it in the package {package}")
    })
}

/// As `cargo xtask test` installs it.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/npm/node_modules/axe-core/axe.min.js"
);

impl Browser {
    /// Starts one with an empty profile.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<Self> {
        let home = TempDir::with_prefix("lavafed-browser-")?;
        let log = home.path().join("driver.log");
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper", "chromedriver", "--port=0"])
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .stdin(Stdio::piped())
            .stdout(File::create(&log)?)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let mut started = Starting {
            lifeline: keeper.stdin.take(),
            keeper: Some(keeper),
        };
        let port = eventually("chromedriver names its port", START, || async {
            port(&log)
        })
        .await?;
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), wishes(home.path())?)
            .request_timeout(START)
            .await?;
        // Its own way of ending waits for a browser that may be gone; ours ends the whole process group.
        driver.clone().leak()?;
        Ok(Self {
            driver,
            lifeline: started.lifeline.take(),
            keeper: started.keeper.take().context("a keeper")?,
            _home: home,
        })
    }

    /// Goes to an address, and waits until it is loaded.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await.with_context(|| url.to_owned())
    }

    /// # Errors
    /// When the browser does not answer.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.driver.refresh().await?)
    }

    /// The browser's Back.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn back(&self) -> Result<()> {
        Ok(self.driver.back().await?)
    }

    /// The address after the host: `/versions/2026.10?show=fail`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn address(&self) -> Result<String> {
        self.ask("return location.pathname + location.search").await
    }

    /// Types, as on a keyboard, to whatever has the focus.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        let typed = self.driver.action_chain().send_keys(keys);
        Ok(typed.perform().await?)
    }

    /// Clicks in the middle of the one element of a role with a name.
    ///
    /// # Errors
    /// When there is none, or more than one, for too long.
    pub async fn click(&self, role: &str, name: &str) -> Result<()> {
        let what = format!("the one {role} called {name:?}");
        let script = "return reader.target(arguments[0], arguments[1])";
        let found = eventually(&what, PATIENCE, || async {
            let answer = self.execute(script, &[role.into(), name.into()]).await?;
            Ok(answer.element().ok())
        });
        let element = found.await?;
        element.scroll_into_view().await?;
        Ok(element.click().await?)
    }

    /// Chooses in a drop-down by its label.
    ///
    /// # Errors
    /// When there is no such choice.
    pub async fn choose(&self, label: &str, option: &str) -> Result<()> {
        let script = "return reader.choose(arguments[0], arguments[1])";
        self.until(
            &format!("{option:?} in {label:?}"),
            script,
            &[label.into(), option.into()],
        )
        .await
        .map(drop)
    }

    /// What a script returns. `reader` is there, see `browser/reader.js`.
    ///
    /// # Errors
    /// When the script fails.
    pub async fn ask<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let answer = self.execute(script, &[]).await?;
        serde_json::from_value(answer.json().clone()).with_context(|| script.to_owned())
    }

    /// Asks a script again and again until it returns something that is not false.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn until(&self, what: &str, script: &str, arguments: &[Value]) -> Result<Value> {
        eventually(what, PATIENCE, || async {
            let answer = self.execute(script, arguments).await?;
            let is_true = !matches!(answer.json(), Value::Null | Value::Bool(false));
            Ok(is_true.then(|| answer.json().clone()))
        })
        .await
    }

    /// Waits until a text can be read somewhere on the page.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn until_says(&self, text: &str) -> Result<()> {
        let script = "return reader.text().includes(arguments[0])";
        self.until(&format!("the page says {text:?}"), script, &[text.into()])
            .await
            .map(drop)
    }

    /// Waits until all elements of a role have these names, in this order.
    ///
    /// # Errors
    /// When that takes too long; with what they were last.
    pub async fn until_named(&self, role: &str, names: &[&str]) -> Result<()> {
        let what = format!("every {role} is {names:?}");
        let found = eventually(&what, PATIENCE, || async {
            Ok((self.names(role).await? == names).then_some(()))
        });
        match found.await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(format!("there are {:?}", self.names(role).await?))),
        }
    }

    /// Waits until one element of a role has this name.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn until_there(&self, role: &str, name: &str) -> Result<()> {
        let script = "return reader.names(arguments[0]).includes(arguments[1])";
        self.until(
            &format!("a {role} called {name:?}"),
            script,
            &[role.into(), name.into()],
        )
        .await
        .map(drop)
    }

    /// Waits until the element that has the focus has this name.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn until_focused(&self, name: &str) -> Result<()> {
        let script = "return document.activeElement.computedName === arguments[0]";
        self.until(&format!("the focus is on {name:?}"), script, &[name.into()])
            .await
            .map(drop)
    }

    /// Waits until the address after the host is this one.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn until_at(&self, address: &str) -> Result<()> {
        let script = "return location.pathname + location.search === arguments[0]";
        self.until(
            &format!("the address is {address}"),
            script,
            &[address.into()],
        )
        .await
        .map(drop)
    }

    /// The names of all elements of a role, as assistive tools hear them.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn names(&self, role: &str) -> Result<Vec<String>> {
        let script = "return reader.names(arguments[0])";
        let answer = self.execute(script, &[role.into()]).await?;
        Ok(serde_json::from_value(answer.json().clone())?)
    }

    /// All that can be read, line by line.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn text(&self) -> Result<String> {
        self.ask("return reader.text()").await
    }

    /// A window of this size, as a telephone has it: with no least width.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await
    }

    /// What the system of the reader prefers: `light` or `dark`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn prefer(&self, scheme: &str) -> Result<()> {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await
    }

    /// The system of the reader has two colours of its own for all pages.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn prefer_two_colours(&self) -> Result<()> {
        let features = json!([{ "name": "forced-colors", "value": "active" }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await
    }

    /// Prints the page, and what `script` returns while it is on paper.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn printed<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let watch = format!(
            "addEventListener('afterprint', () => {{ window.printed = (() => {{ {script} }})() }}, {{ once: true }});
            return true"
        );
        let _watched: bool = self.ask(&watch).await?;
        self.devtools("Page.printToPDF", json!({})).await?;
        self.ask("return window.printed").await
    }

    /// What the console has complained of since the last time it was asked: errors and warnings, of scripts, of the
    /// network and of the page's policy.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        // the browser has pages of its own, which may be cut short when ours is opened
        let loud = entries
            .into_iter()
            .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"))
            .filter(|entry| !entry.message.starts_with("chrome://"));
        Ok(loud.map(|entry| entry.message).collect())
    }

    /// What axe finds wrong with the page for who uses assistive tools: each rule with the places that break it.
    ///
    /// # Errors
    /// When axe is not installed or does not run.
    pub async fn barriers(&self) -> Result<Vec<String>> {
        let source = fs::read_to_string(AXE)
            .with_context(|| format!("{AXE} is missing; cargo xtask test browser installs it"))?;
        let run = "
            const wanted = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
            return axe.run(document, { runOnly: wanted, resultTypes: ['violations'] }).then((told) =>
                told.violations.map((rule) =>
                    `${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 5).map((node) => node.html).join(' ')}`))";
        self.ask(&format!("{source}\n{run}")).await
    }

    /// Goes to an address as a reader without JavaScript. What was read so stays; scripts of the test run on it.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn open_without_script(&self, url: &str) -> Result<()> {
        let forbid = "Emulation.setScriptExecutionDisabled";
        self.devtools(forbid, json!({ "value": true })).await?;
        self.open(url).await?;
        self.devtools(forbid, json!({ "value": false })).await
    }

    /// Puts a picture of the page into the folder `TEST_SCREENSHOTS`, when that is set.
    /// (Variables that begin with `LAVAFED_` are settings of lavafed, which refuses those it does not know.)
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn picture(&self, name: &str) -> Result<()> {
        let Some(folder) = std::env::var_os("TEST_SCREENSHOTS") else {
            return Ok(());
        };
        fs::create_dir_all(&folder)?;
        let path = Path::new(&folder).join(format!("{name}.png"));
        Ok(self.driver.screenshot(&path).await?)
    }

    /// Adds to an error what the page says.
    pub async fn with_page(&self, error: anyhow::Error) -> anyhow::Error {
        let address = self.address().await.unwrap_or_default();
        let text = self.text().await.unwrap_or_default();
        let complaints = self.complaints().await.unwrap_or_default().join("\n");
        anyhow::anyhow!(
            "{error:#}\n--- the page at {address}:\n{text}\n--- its console:\n{complaints}\n---"
        )
    }

    async fn execute(&self, script: &str, arguments: &[Value]) -> Result<ScriptRet> {
        let script = format!("{READER}\n{script}");
        Ok(self.driver.execute(script, arguments.to_vec()).await?)
    }

    async fn devtools(&self, method: &'static str, parameters: Value) -> Result<()> {
        self.driver.cmd(DevTools(method, parameters)).await?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        end(self.lifeline.take(), &mut self.keeper);
    }
}

/// One that does not get as far as to have a session ends as well.
struct Starting {
    lifeline: Option<ChildStdin>,
    keeper: Option<Child>,
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            end(self.lifeline.take(), &mut keeper);
        }
    }
}

fn end(lifeline: Option<ChildStdin>, keeper: &mut Child) {
    drop(lifeline);
    let _ = keeper.wait();
}

fn port(log: &Path) -> Result<Option<u16>> {
    let said = fs::read_to_string(log)?;
    let Some((_, after)) = said.split_once("started successfully on port ") else {
        return Ok(None);
    };
    // its line may not be written to the end
    let Some((port, _)) = after.split_once('.') else {
        return Ok(None);
    };
    match port.parse() {
        Ok(port) => Ok(Some(port)),
        Err(_) => bail!("chromedriver says: {said}"),
    }
}

fn wishes(home: &Path) -> Result<thirtyfour::ChromeCapabilities> {
    let mut wishes = DesiredCapabilities::chrome();
    for flag in FLAGS {
        wishes.add_arg(flag)?;
    }
    wishes.add_arg(&format!(
        "--user-data-dir={}",
        home.join("profile").display()
    ))?;
    wishes.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(wishes)
}

/// A command of Chromium's own protocol, for what WebDriver cannot say.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl FormatRequestData for DevTools {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let path = format!("/session/{session}/goog/cdp/execute");
        RequestData::new(reqwest::Method::POST, path)
            .add_body(json!({ "cmd": self.0, "params": self.1 }))
    }
}
