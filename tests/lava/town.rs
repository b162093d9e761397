//! A lab and the federated server, both real and of one release, and a lavafed that borrows from the one for the other.
//! Must not know what is to come of it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{Timelike as _, Utc};
use lavafed_tests::lava::Release;
use lavafed_tests::lava::client::Client;
use lavafed_tests::lava::server::{May, QEMU, Server};
use lavafed_tests::lava::wait::eventually;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::App;

/// How lavafed's user in the lab may set the health of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Rest,
    XmlRpc,
}

/// Whether LAVA reaches lavafed when a job has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callbacks {
    Arrive,
    Lost,
}

/// The lab's devices for QEMU, and the health their owner has given them.
pub(crate) const DEVICES: [(&str, &str); 5] = [
    ("idle", "Good"),
    ("new", "Unknown"),
    ("wanted", "Good"),
    ("broken", "Bad"),
    ("repair", "Maintenance"),
];
/// The devices whose jobs may be dispatchers.
pub(crate) const DOCKER: [&str; 2] = ["docker01", "docker02"];
const WORKER: &str = "lab-worker";
/// Minutes of the window: what a job may take by its time-outs must fit, though each takes seconds.
pub(crate) const WINDOW: u32 = 15;
/// Where nobody listens: callbacks sent there are lost.
const NOWHERE: &str = "http://127.0.0.1:9/";

/// The docker device that reaches a device.
fn docker_of(device: &str) -> &'static str {
    match device {
        "new" | "repair" => DOCKER[1],
        _ => DOCKER[0],
    }
}

pub(crate) struct Town {
    pub(crate) lab: Server,
    pub(crate) federated: Server,
    pub(crate) app: App,
}

impl Town {
    /// Starts all of it; the jobs' files are at `files`. The lab's window is closed.
    pub(crate) async fn start(
        release: Release,
        files: &str,
        door: Door,
        callbacks: Callbacks,
    ) -> Result<Self> {
        let (lab, federated) = tokio::try_join!(Server::start(release), Server::start(release))?;
        lab.install_docker()?;
        lab.start_worker(WORKER).await?;
        let docker = "{% extends 'docker.jinja2' %}\n";
        for name in DOCKER {
            lab.add_device(name, "docker", WORKER, &[], docker).await?;
            lab.set_health(name, "Good").await?;
        }
        for (name, health) in DEVICES {
            lab.add_device(name, "qemu", WORKER, &[], QEMU).await?;
            if health != "Maintenance" {
                lab.set_health(name, health).await?;
            }
        }
        let borrowed = DEVICES.map(|(name, _)| name);
        let may = match door {
            Door::Rest => May::AllDevices,
            Door::XmlRpc => May::Devices(&borrowed),
        };
        let lab_secret = lab.add_user("lavafed", &may)?;
        let federated_secret = federated.add_user("lavafed", &May::Everything)?;

        let home = TempDir::with_prefix("lavafed-data-")?;
        settings(&home, &federated, &federated_secret, files, callbacks)?;
        fs::write(home.path().join("lab.token"), lab_secret)?;
        fs::write(home.path().join("qemu.jinja2"), QEMU)?;
        let (token, dictionary) = (
            home.path().join("lab.token").display().to_string(),
            home.path().join("qemu.jinja2").display().to_string(),
        );
        let app = App::start_in(home).await?;
        let url = lab.admin.url();
        let (door, user): (&str, &[&str]) = match door {
            Door::Rest => ("rest", &[]),
            Door::XmlRpc => ("xmlrpc", &["--lava-user", "lavafed"]),
        };
        let add = ["lab", "add", "north", "--url", url, "--door", door];
        app.command(&[&add, user].concat())?;
        app.command(&["lab", "token", "north", "--file", &token])?;
        for (name, _) in DEVICES {
            let lend = ["device", "lend", "north", name, "--type", "qemu"];
            let how = [
                "--docker-device",
                docker_of(name),
                "--dictionary",
                &dictionary,
            ];
            app.command(&[&lend[..], &how].concat())?;
        }
        for (feature, template) in [
            ("deploy.tmpfs", "smoke"),
            ("test.shell", "smoke"),
            ("boot.qemu", "boot"),
        ] {
            app.command(&["feature", "declare", feature])?;
            app.command(&["plan", "expect", feature, "qemu", "--template", template])?;
        }
        Ok(Self {
            lab,
            federated,
            app,
        })
    }

    /// Lets the lab's window begin now.
    pub(crate) fn open_window(&self) -> Result<()> {
        let now = Utc::now();
        let opens = format!("{:02}:{:02}", now.hour(), now.minute());
        let (minutes, set) = (WINDOW.to_string(), ["lab", "set", "north"]);
        let window = ["--time-zone", "UTC", "--opens", &opens];
        self.app
            .command(&[&set[..], &window, &["--minutes", &minutes]].concat())?;
        Ok(())
    }

    /// Waits until so many rounds have been, and all are over.
    pub(crate) async fn over(&self, rounds: usize, limit: Duration) -> Result<()> {
        let query = "{ lab(name: \"north\") { rounds(first: 100) { nodes { state } } } }";
        eventually("everything is over", limit, || async {
            let told = self.glance(query).await?;
            let all = list(&told, "/lab/rounds/nodes");
            let over = all.iter().all(|round| text(round, "state") == "ENDED");
            Ok((over && all.len() == rounds).then_some(()))
        })
        .await
    }

    /// The devices that are held now.
    pub(crate) async fn held(&self) -> Result<Vec<String>> {
        let query = "{ lab(name: \"north\") { leases(first: 100) { nodes { state device { hostname } } } } }";
        let told = self.glance(query).await?;
        let held = list(&told, "/lab/leases/nodes")
            .iter()
            .filter(|lease| text(lease, "state") == "HELD");
        Ok(held.map(|lease| hostname(lease).to_owned()).collect())
    }

    /// The number of lavafed's newest event.
    pub(crate) async fn newest_event(&self) -> Result<Option<i64>> {
        let told = self.app.ask("{ server { event } }", json!({})).await?;
        Ok(told.pointer("/server/event").and_then(Value::as_i64))
    }

    /// What is told now and then: asking all the time would take the machine from those who work.
    async fn glance(&self, query: &str) -> Result<Value> {
        tokio::time::sleep(Duration::from_millis(900)).await;
        self.app.ask(query, json!({})).await
    }

    /// The health of the lab's devices, in the order of `DEVICES`.
    pub(crate) async fn health(&self) -> Result<Vec<(String, String)>> {
        let mut all = Vec::new();
        for (name, _) in DEVICES {
            all.push((name.to_owned(), self.health_of(name).await?));
        }
        Ok(all)
    }

    /// The health of a device in the lab.
    pub(crate) async fn health_of(&self, name: &str) -> Result<String> {
        let device = self.lab.admin.get(&format!("devices/{name}/")).await?;
        Ok(text(&device, "health").to_owned())
    }

    /// What lavafed tells of its leases in the lab and of its rounds.
    pub(crate) async fn told(&self) -> Result<Value> {
        let query = "{ lab(name: \"north\") {
            leases(first: 60) { nodes { number state code reason savedHealth endsAt device { hostname }
                askedAt takenAt idleAt preparedAt openedAt closedAt restoredAt endedAt
                jobs { name template attempt state code reason externalId overAt job { health provenance } }
                trail(first: 100) { nodes { at kind action before after code sentence event } } } }
            rounds(first: 20) { nodes { number state code reason version { name }
                dispatchers { name state code reason externalId dockerDevice worker onlineAt overAt }
                trail(first: 100) { nodes { at kind action before after code sentence event } } } } } }";
        let mut answer = self.app.ask(query, json!({})).await?;
        answer
            .get_mut("lab")
            .map(Value::take)
            .context("lavafed does not know the lab")
    }
}

/// No job of ours goes on, and no other was made: the lab's and the federated server's, oldest first.
pub(crate) async fn finished_jobs(town: &Town) -> Result<(Vec<Value>, Vec<Value>)> {
    let lab = jobs(&town.lab.admin).await?;
    let federated = jobs(&town.federated.admin).await?;
    for job in lab.iter().chain(&federated) {
        ensure!(text(job, "state") == "Finished", "it goes on: {job}");
        ensure!(text(job, "submitter") == "lavafed", "not ours: {job}");
    }
    Ok((lab, federated))
}

/// All jobs of a server, oldest first.
pub(crate) async fn jobs(server: &Client) -> Result<Vec<Value>> {
    let answer = server.get("jobs/?ordering=id&limit=100").await?;
    Ok(list(&answer, "/results").to_vec())
}

/// What stands there, if it is a list.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

/// The device of a lease.
pub(crate) fn hostname(lease: &Value) -> &str {
    let name = lease.pointer("/device/hostname").and_then(Value::as_str);
    name.unwrap_or_default()
}

/// The text of a field, if it is one.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// lavafed's settings and its templates.
fn settings(
    home: &TempDir,
    federated: &Server,
    secret: &str,
    files: &str,
    callbacks: Callbacks,
) -> Result<()> {
    let folder = home.path();
    let callback = match callbacks {
        Callbacks::Arrive => String::new(),
        Callbacks::Lost => format!("callback_url = {NOWHERE:?}\n"),
    };
    let templates = folder.join("templates");
    fs::create_dir(&templates)?;
    for (name, features) in [
        ("smoke", "deploy.tmpfs test.shell=0_smoke/uname"),
        ("boot", "boot.qemu"),
    ] {
        let job = JOB
            .replace("@FEATURES@", features)
            .replace("@FILES@", files);
        fs::write(templates.join(format!("{name}.yaml.jinja2")), job)?;
    }
    // as it comes along, but for a worker that is heard at once
    let dispatcher = include_str!("../../backend/templates/dispatcher.yaml.jinja2").replace(
        "--exit-on-version-mismatch",
        "--exit-on-version-mismatch --ping-interval 1 --job-log-interval 1",
    );
    fs::write(templates.join("dispatcher.yaml.jinja2"), dispatcher)?;
    fs::write(folder.join("federated.token"), secret)?;
    let path = |name: &str| folder.join(name).display().to_string();
    fs::write(
        folder.join("lavafed.toml"),
        format!(
            "federation_url = {:?}\nfederation_token_file = {:?}\ntemplates = {:?}\n\
             allow_private_labs = true\npoll_seconds = 1\nclosing_seconds = 20\nworthwhile_seconds = 20\n{callback}",
            federated.admin.url(),
            path("federated.token"),
            path("templates"),
        ),
    )?;
    Ok(())
}

const JOB: &str = "device_type: {{ device_type }}
context: {arch: amd64}
timeouts:
  job: {minutes: 5}
  action: {minutes: 4}
  connection: {minutes: 3}
metadata:
  lavafed.features: @FEATURES@
actions:
- deploy:
    to: tmpfs
    os: oe
    timeout: {minutes: 2}
    images:
      kernel:
        image_arg: '-kernel {kernel} -append \"console=ttyS0 rdinit=/init\"'
        url: @FILES@/vmlinuz
      initrd:
        image_arg: '-initrd {initrd}'
        url: @FILES@/initramfs.cpio.gz
        compression: gz
        format: cpio.newc
        overlays: {lava: true}
- boot:
    method: qemu
    media: tmpfs
    timeout: {minutes: 3}
    prompts: ['lavafed-qemu:#']
- test:
    timeout: {minutes: 2}
    definitions:
    - from: inline
      name: smoke
      path: inline/smoke.yaml
      repository:
        metadata: {format: Lava-Test Test Definition 1.0, name: smoke, description: smoke}
        run:
          steps:
          - lava-test-case uname --shell uname -a
";
