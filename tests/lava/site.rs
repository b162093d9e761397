//! A LAVA server with a worker and devices, shared by all stories of one release.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Result, bail};
use lavafed_tests::lava::job::{Callback, Job};
use lavafed_tests::lava::listener::{Listener, Notification};
use lavafed_tests::lava::server::Server;
use lavafed_tests::lava::{Release, install, say};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::app::App;

/// What a job needs to boot, run and be reported on a busy machine of two cores; seconds on an idle one.
pub(crate) const JOB: Duration = Duration::from_secs(150);

pub(crate) struct Site {
    pub(crate) lava: Server,
    /// Serves the jobs' files, and gets each notification that lavafed gets: to tell whose fault a failure is.
    pub(crate) listener: Listener,
}

/// Tells a story about one release, or says why it cannot be told here.
pub(crate) fn tell<F>(release: Release, story: impl FnOnce(&'static Site) -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    // servers outlive the single test, so they need a runtime that does
    static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(Runtime::new);
    static BOOKWORM: OnceCell<Result<Site, String>> = OnceCell::const_new();
    static TRIXIE: OnceCell<Result<Site, String>> = OnceCell::const_new();

    if let Some(reason) = install::missing() {
        if under_ci() {
            bail!("no real LAVA here: {reason}");
        }
        say(release, &format!("SKIPPED, nothing was tested: {reason}"));
        return Ok(());
    }
    let Ok(runtime) = &*RUNTIME else {
        bail!("no runtime")
    };
    let site = match release {
        Release::Bookworm => &BOOKWORM,
        Release::Trixie => &TRIXIE,
    };
    runtime.block_on(async {
        // a server that does not start is not tried again for each story
        match site
            .get_or_init(|| async {
                Site::start(release)
                    .await
                    .map_err(|error| format!("{error:#}"))
            })
            .await
        {
            Ok(site) => story(site).await,
            Err(error) => bail!("{error}"),
        }
    })
}

impl Site {
    async fn start(release: Release) -> Result<Self> {
        let lava = Server::start(release).await?;
        lava.start_worker("dispatcher").await?;
        let tag = lava
            .admin
            .post("tags/", &json!({ "name": "parked" }))
            .await?;
        let tag = tag.get("id").and_then(Value::as_u64).unwrap_or_default();
        for hostname in ["qemu01", "qemu02"] {
            lava.add_qemu(hostname, "dispatcher", &[]).await?;
        }
        // a job for this one waits for ever
        lava.add_qemu("qemu-parked", "dispatcher", &[tag]).await?;
        lava.set_health("qemu-parked", "Maintenance").await?;
        let (kernel, filesystem) = lava.image()?;
        let listener = Listener::start(kernel, filesystem).await?;
        Ok(Self { lava, listener })
    }

    /// A job that exercises `features` and reports to lavafed, and then to the listener under the job's name.
    pub(crate) fn job(&self, name: &str, app: &App, features: &str) -> Result<Job> {
        // both releases share nothing, but within one each story needs a name of its own
        let mut job = Job::new(name, self.listener.url());
        job.metadata = vec![
            ("lavafed.type", "FED".into()),
            ("lavafed.version", self.lava.version.clone()),
            ("lavafed.features", features.into()),
        ];
        let token = app.token("report", Some("federated"))?;
        job.callbacks = vec![
            Callback {
                url: app.callback(),
                token,
                dataset: "results",
            },
            Callback {
                url: self.listener.callback(name),
                token: "for-the-listener".into(),
                dataset: "results",
            },
        ];
        Ok(job)
    }

    /// Submits a job and waits until LAVA has sent its last callback. lavafed's come before it.
    pub(crate) async fn run(&self, job: &Job) -> Result<(u64, Notification)> {
        let id = self.lava.admin.submit(&job.definition()).await?;
        Ok((
            id,
            self.listener.wait_for(&job.name, "Finished", JOB).await?,
        ))
    }
}

/// Whether LAVA said that the job ended with this type of error; without one, in an empty text.
pub(crate) fn error_type(notification: &Notification) -> String {
    let lava = notification
        .body
        .pointer("/results/lava")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let line = lava
        .lines()
        .find_map(|line| line.trim().strip_prefix("error_type: "));
    line.unwrap_or_default().into()
}

/// Whether what is missing is a failure.
pub(crate) fn under_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
