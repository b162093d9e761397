//! A whole LAVA: PostgreSQL, web server, scheduler, publisher of events and as many workers as asked for, in one room.
//!
//! Must not know the REST API beyond what is needed to tell that it answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::client::Client;
use super::install::{Chroot, installed};
use super::room::{Room, Writes, run};
use super::wait::eventually;
use super::{Release, cache, daemons, say};

static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const START: Duration = Duration::from_secs(90);
/// The dictionary of a QEMU device that boots what [`Server::image`] gives.
pub const QEMU: &str = "{% extends 'qemu.jinja2' %}\n{% set arch = 'amd64' %}\n{% set no_kvm = True %}\n{% set memory = 256 %}\n";

const DOCKER: &str = include_str!("script/docker.sh");

/// What a user may do.
#[derive(Clone, Copy, Debug)]
pub enum May<'a> {
    Everything,
    /// Add and change every device.
    AllDevices,
    /// Change these devices, and nothing else.
    Devices(&'a [&'a str]),
}

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
        // one after the other: together each would take longer than all do
        let turn = STARTING.lock().await;
        let started = daemons::start(&room, &logs).await;
        drop(turn);
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
        self.add_device(hostname, "qemu", worker, tags, QEMU)
            .await?;
        self.set_health(hostname, "Good").await
    }

    /// Makes a device in Maintenance with its dictionary, and its device-type.
    pub async fn add_device(
        &self,
        hostname: &str,
        device_type: &str,
        worker: &str,
        tags: &[u64],
        dictionary: &str,
    ) -> Result<()> {
        let known = format!("devicetypes/{device_type}/");
        if self.admin.find(&known).await?.is_none() {
            let kind = json!({ "name": device_type, "aliases": [] });
            self.admin.post("devicetypes/", &kind).await?;
        }
        let device = json!({
            "hostname": hostname, "device_type": device_type, "worker_host": worker,
            "health": "Maintenance", "tags": tags,
        });
        self.admin.post("devices/", &device).await?;
        let text = json!({ "dictionary": dictionary });
        let path = format!("devices/{hostname}/dictionary/");
        self.admin.post(&path, &text).await?;
        Ok(())
    }

    /// Lets jobs for docker devices run here, by a stand-in for docker: a container is a process of the room.
    pub fn install_docker(&self) -> Result<()> {
        let install = "printf %s \"$1\" >/usr/local/bin/docker && chmod 755 /usr/local/bin/docker";
        run(self
            .room
            .command("sh")
            .args(["-c", install, "install", DOCKER]))?;
        Ok(())
    }

    /// Makes a user and returns the secret of the user's API token.
    pub fn add_user(&self, name: &str, may: &May<'_>) -> Result<String> {
        let secret = uuid::Uuid::new_v4().simple().to_string();
        let grants = match may {
            May::Everything => "user.is_superuser = True; user.save()".to_owned(),
            May::AllDevices => "for code in ('add_device', 'change_device'): \
                 user.user_permissions.add(Permission.objects.get(codename=code))"
                .to_owned(),
            May::Devices(hostnames) => format!(
                "for name in {hostnames:?}: \
                 GroupDevicePermission.objects.assign_perm('change_device', group, Device.objects.get(hostname=name))"
            ),
        };
        let script = format!(
            "from django.contrib.auth.models import Group, Permission, User\n\
             from linaro_django_xmlrpc.models import AuthToken\n\
             from lava_scheduler_app.models import Device, GroupDevicePermission\n\
             user = User.objects.create_user('{name}', '{name}@example.com')\n\
             group, made = Group.objects.get_or_create(name='{name}')\n\
             user.groups.add(group)\n\
             {grants}\n\
             AuthToken.objects.create(user=user, description='lavafed', secret='{secret}')\n"
        );
        self.manage(&script)?;
        Ok(secret)
    }

    /// LAVA's own record of what was changed of its devices, and by whom: user, device, what.
    pub fn device_log(&self) -> Result<Vec<[String; 3]>> {
        let script = "try:\n    \
                 from lava_scheduler_app.models import LavaLogEntryDevice as Entries\n    \
                 entries, name = Entries.objects, 'device_id'\n\
             except ImportError:\n    \
                 from django.contrib.admin.models import LogEntry\n    \
                 entries, name = LogEntry.objects.filter(content_type__model='device'), 'object_id'\n\
             for entry in entries.order_by('id'):\n    \
                 print('LOG', entry.user.username, getattr(entry, name), entry.change_message, sep='\\t')\n";
        let said = self.manage(script)?;
        let line = |line: &str| {
            let mut words = line.strip_prefix("LOG\t")?.splitn(3, '\t');
            let mut word = || Some(words.next()?.to_owned());
            Some([word()?, word()?, word()?])
        };
        Ok(said.lines().filter_map(line).collect())
    }

    /// Runs Python with LAVA's models.
    fn manage(&self, script: &str) -> Result<String> {
        let lava = ["--reuid=lavaserver", "--regid=lavaserver", "--init-groups"];
        let mut shell = self.room.command("setpriv");
        shell.args(lava).args(["--", "lava-server", "manage"]);
        run(shell.args(["shell", "-c", script]))
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
