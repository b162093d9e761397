//! A whole LAVA: PostgreSQL, web server, scheduler, publisher of events and as many workers as asked for, in one room.
//!
//! Must not know the REST API beyond what is needed to tell that it answers.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::client::Client;
use super::install::{Chroot, installed};
use super::room::{Room, Writes, run};
use super::{Release, cache, say};

const START: Duration = Duration::from_secs(90);

/// Ends, with all that belongs to it, when it is dropped or when this process ends.
pub struct Server {
    pub release: Release,
    /// What `system/version` says.
    pub version: String,
    /// Speaks as LAVA's administrator.
    pub admin: Client,
    /// What all its parts wrote; kept for reading until the next run.
    pub logs: PathBuf,
    room: Room,
    chroot: Chroot,
}

impl Server {
    /// Starts an empty LAVA server; installs it first where needed.
    pub async fn start(release: Release) -> Result<Self> {
        let chroot = tokio::task::spawn_blocking(move || installed(release)).await??;
        let folder = new_folder(release)?;
        let (view, logs) = (folder.join("view"), folder.join("log"));
        let room = Room::open(
            &chroot.path,
            &Writes::Forgotten {
                view: &view,
                logs: &logs,
            },
        )?;
        let started = start_daemons(&room, &logs).await;
        let (admin, version) =
            started.with_context(|| format!("LAVA does not start; see {}", logs.display()))?;
        say(
            release,
            &format!(
                "{version} answers at {}; logs are in {}",
                admin.url(),
                logs.display()
            ),
        );
        Ok(Self {
            release,
            version,
            admin,
            logs,
            room,
            chroot,
        })
    }

    /// The kernel and the file system that jobs for QEMU boot.
    pub fn image(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let folder = self.chroot.path.join("srv/lavafed");
        Ok((
            fs::read(folder.join("vmlinuz"))?,
            fs::read(folder.join("initramfs.cpio.gz"))?,
        ))
    }

    /// Makes a worker known to the server, starts LAVA's own `lava-worker` for it and waits until it is online.
    pub async fn start_worker(&self, name: &str) -> Result<()> {
        let worker = self
            .admin
            .post("workers/", &json!({ "hostname": name }))
            .await?;
        let token = worker
            .get("token")
            .and_then(|token| token.as_str())
            .context("LAVA gives the worker no token")?;
        let folder = format!("/var/lib/lava/dispatcher/worker/{name}");
        // 2023.01 crashes without it when the first thing it is told is to cancel a job
        run(self
            .room
            .command("mkdir")
            .args(["-p", &format!("{folder}/tmp")]))?;
        let mut command = self.room.command("lava-worker");
        command
            .args([
                "--name",
                name,
                "--url",
                self.admin.url(),
                "--token",
                token,
                "--worker-dir",
                &folder,
            ])
            .args([
                "--log-file",
                "-",
                "--level",
                "DEBUG",
                "--ping-interval",
                "1",
                "--job-log-interval",
                "1",
            ]);
        self.room
            .daemon(command, &self.logs.join(format!("worker-{name}.log")))?;
        eventually("the worker is online", START, || async {
            self.room.all_alive()?;
            let worker = self.admin.get(&format!("workers/{name}/")).await?;
            Ok(
                (worker.get("state").and_then(|state| state.as_str()) == Some("Online"))
                    .then_some(()),
            )
        })
        .await
    }

    /// Makes a QEMU device and its device-type, Good and ready for jobs.
    pub async fn add_qemu(&self, hostname: &str, worker: &str, tags: &[u64]) -> Result<()> {
        if self.admin.find("devicetypes/qemu/").await?.is_none() {
            self.admin
                .post("devicetypes/", &json!({ "name": "qemu", "aliases": [] }))
                .await?;
        }
        let device = json!({
            "hostname": hostname, "device_type": "qemu", "worker_host": worker, "health": "Maintenance", "tags": tags,
        });
        self.admin.post("devices/", &device).await?;
        let dictionary = "{% extends 'qemu.jinja2' %}\n{% set arch = 'amd64' %}\n{% set no_kvm = True %}\n{% set memory = 256 %}\n";
        self.admin
            .post(
                &format!("devices/{hostname}/dictionary/"),
                &json!({ "dictionary": dictionary }),
            )
            .await?;
        self.set_health(hostname, "Good").await
    }

    pub async fn set_health(&self, hostname: &str, health: &str) -> Result<()> {
        self.admin
            .post(
                &format!("devices/{hostname}/set_health/"),
                &json!({ "health": health }),
            )
            .await?;
        Ok(())
    }
}

async fn start_daemons(room: &Room, logs: &Path) -> Result<(Client, String)> {
    // a secret of this server alone: others on this machine can reach its port
    let secret = [
        uuid::Uuid::new_v4().simple().to_string(),
        uuid::Uuid::new_v4().simple().to_string(),
    ]
    .concat();
    start_database(room, logs, &secret).await?;

    let lava = |program: &str| {
        let mut command = room.command("lava-server");
        command.args(["manage", program, "--level", "DEBUG", "--log-file", "-"]);
        command
    };
    let mut publisher = lava("lava-publisher");
    publisher.args(["--host", "127.0.0.1", "--port", "0"]);
    room.daemon(publisher, &logs.join("publisher.log"))?;
    let mut scheduler = lava("lava-scheduler");
    scheduler.args(["--event-url", "ipc:///run/lava-events-out"]);
    room.daemon(scheduler, &logs.join("scheduler.log"))?;
    let web_log = logs.join("gunicorn.log");
    let mut web = room.command("gunicorn3");
    web.args([
        "lava_server.wsgi",
        "--user",
        "lavaserver",
        "--group",
        "lavaserver",
    ])
    .args([
        "--workers",
        "2",
        "--worker-class",
        "gthread",
        "--threads",
        "4",
        "--timeout",
        "120",
    ])
    .args([
        "--log-level",
        "INFO",
        "--log-file",
        "-",
        "--bind",
        "127.0.0.1:0",
    ]);
    room.daemon(web, &web_log)?;

    // it chose a free port and says which
    let url = eventually("the web server listens", START, || async {
        room.all_alive()?;
        let said = fs::read_to_string(&web_log)?;
        let address = said
            .split_once("Listening at: ")
            .and_then(|(_, rest)| rest.split_whitespace().next());
        Ok(address.map(str::to_owned))
    })
    .await?;
    let admin = Client::new(&url, &secret)?;
    let version = eventually("the API answers", START, || async {
        room.all_alive()?;
        let Ok(answer) = admin.get("system/version/").await else {
            return Ok(None);
        };
        Ok(answer
            .get("version")
            .and_then(|version| version.as_str())
            .map(str::to_owned))
    })
    .await?;
    Ok((admin, version))
}

/// Starts PostgreSQL and gives LAVA's administrator an API token.
async fn start_database(room: &Room, logs: &Path, secret: &str) -> Result<()> {
    let as_postgres = |program: &str| {
        let mut command = room.command("setpriv");
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--init-groups",
            "--",
        ]);
        command.arg(format!("/usr/local/lib/postgresql-bin/{program}"));
        command
    };
    let mut postgres = as_postgres("postgres");
    postgres.args(["-D", "/var/lib/postgresql/lavafed"]);
    room.daemon(postgres, &logs.join("postgres.log"))?;
    let set_secret = format!("UPDATE linaro_django_xmlrpc_authtoken SET secret = '{secret}'");
    eventually("PostgreSQL answers", START, || async {
        room.all_alive()?;
        let mut psql = as_postgres("psql");
        psql.args([
            "-h",
            "/run/postgresql",
            "-d",
            "lava",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            &set_secret,
        ]);
        Ok(run(&mut psql).ok())
    })
    .await?;
    Ok(())
}

/// A new folder for one server, with an empty `view` and a `log`. Those of processes that have ended are removed.
fn new_folder(release: Release) -> Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let parent = cache().join("run");
    fs::create_dir_all(&parent)?;
    for entry in fs::read_dir(&parent)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let in_use = name
            .split('-')
            .nth(1)
            .is_some_and(|pid| Path::new("/proc").join(pid).exists());
        if !in_use {
            // another run may remove it at the same time
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = parent.join(format!(
        "{}-{}-{count}",
        release.suite(),
        std::process::id()
    ));
    let logs = folder.join("log");
    fs::create_dir(&folder)?;
    fs::create_dir(folder.join("view"))?;
    fs::create_dir(&logs)?;
    // LAVA's daemons run as different users; the first one to write must not lock out the others
    fs::set_permissions(&logs, fs::Permissions::from_mode(0o777))?;
    let django = logs.join("django.log");
    fs::write(&django, "")?;
    fs::set_permissions(&django, fs::Permissions::from_mode(0o666))?;
    Ok(folder)
}

/// Asks again and again until there is an answer; gives up after `limit` or at the first error.
pub async fn eventually<T, F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if started.elapsed() > limit {
            bail!("waited {} s in vain: {what}", limit.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
