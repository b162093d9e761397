//! A town in real time: the real binary with its database, the federated server and many labs as fakes on loopback
//! sockets. Their clocks are the machine's; only what LAVA takes its time for goes faster.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use entity::{lab, lease, round, token::Scope};
use fake_lab::{
    Change, DeviceHealth, FakeLava, Federation, Outcome, Release, Rights, Script, Timing,
    by_metadata,
};
use lavafed::app::App;
use lavafed::auth::Actor;
use lavafed::config::Config;
use lavafed::db::Db;
use lavafed::service::{self, lease::Wanted};
use lavafed_tests::database::{Database, Home};
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::postgres::Durability;
use lavafed_tests::server;
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use tokio::net::TcpListener;

use crate::catalogue::{self, BOOT, LabSpec, SMOKE};
use crate::invariants::{Ground, Known, broken_on};
use crate::world::{OWNER, US, failed, stand};

/// What a device's lab had it in before lavafed came.
pub(crate) const BOARDS: [(&str, DeviceHealth); 3] = [
    ("board-1", DeviceHealth::Good),
    ("board-2", DeviceHealth::Unknown),
    ("board-3", DeviceHealth::Maintenance),
];
/// Its jobs never end by themselves.
pub(crate) const HANGS: &str = "board-2";

/// Between two looks of the fakes at the clock.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) struct Lab {
    pub row: lab::Model,
    pub fake: FakeLava,
}

pub(crate) struct Town {
    pub home: Home,
    app: Arc<App>,
    pub db: DatabaseConnection,
    pub labs: Vec<Lab>,
    pub federated: FakeLava,
    pub window_ends: DateTime<Utc>,
    over: Arc<AtomicBool>,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn quick() -> Timing {
    Timing {
        scheduler: TimeDelta::milliseconds(500),
        ping: TimeDelta::seconds(1),
        offline_after: TimeDelta::seconds(5),
        end_noticed: 1,
        cancel: (1, 2),
    }
}

async fn serve(fake: &FakeLava) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let _serving = tokio::spawn(fake.clone().serve(listener));
    Ok(url)
}

fn new_lab(release: Release, now: DateTime<Utc>) -> FakeLava {
    let fake = FakeLava::new(release, now);
    fake.set_timing(quick());
    fake.add_user(US, "lab-secret", Rights::add_and_change_device());
    fake.add_user(OWNER, "owner-secret", Rights::superuser());
    fake.add_device_type("docker");
    fake.add_device_type("qemu");
    fake.add_online_worker("lab-worker");
    fake.add_device("docker-1", "docker", "lab-worker", DeviceHealth::Good);
    for (name, health) in BOARDS {
        fake.add_device(name, "qemu", "lab-worker", health);
    }
    fake
}

fn new_federated(now: DateTime<Utc>) -> FakeLava {
    let fake = FakeLava::new(Release::V2026_10, now);
    fake.set_timing(quick());
    fake.add_user(US, "federated-secret", Rights::superuser());
    fake.add_template("qemu");
    fake.set_script(|start| {
        let hangs = start.device.ends_with(HANGS);
        Some(Script {
            outcome: if hangs {
                Outcome::Hang
            } else {
                Outcome::Complete {
                    results: Vec::new(),
                }
            },
            duration: TimeDelta::seconds(2),
        })
    });
    fake
}

impl Town {
    /// Labs whose window opens now and lasts so many whole minutes. None: there is no such database here.
    pub(crate) async fn build(
        database: Database,
        labs: usize,
        minutes: i32,
    ) -> Result<Option<Self>> {
        // The window lasts for minutes: the server is not built within it.
        server::binary()?;
        let Some(home) = Home::make(database, Durability::Full).await? else {
            eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
            return Ok(None);
        };
        let now = Utc::now();
        let opens = now.duration_trunc(TimeDelta::minutes(1))?;
        let federated = new_federated(now);
        settings(&home, &serve(&federated).await?)?;
        let app = open(&home).await?;
        let kind = catalogue::furnish(&app, now).await?;
        let mut built = Vec::new();
        for nth in 1..=labs {
            let release = if nth % 2 == 0 {
                Release::V2023_01
            } else {
                Release::V2026_10
            };
            let fake = new_lab(release, now);
            let spec = LabSpec {
                name: &format!("lab-{nth}"),
                url: &serve(&fake).await?,
                opens: &opens.format("%H:%M").to_string(),
                minutes,
                xml_rpc: false,
                stands: &BOARDS.map(|(name, health)| stand(name, health)),
            };
            let row = catalogue::lab(&app, &spec, kind, now).await?;
            built.push(Lab { row, fake });
        }
        let fakes = built.iter().map(|lab| lab.fake.clone()).collect();
        let federation = Federation::new(federated.clone(), fakes)
            .boot_delay(TimeDelta::seconds(1))
            .dispatchers(by_metadata);
        let over = Arc::new(AtomicBool::new(false));
        keep_time(federation, Arc::clone(&over));
        Ok(Some(Self {
            db: home.connect().await?,
            home,
            app,
            labs: built,
            federated,
            window_ends: opens + TimeDelta::minutes(minutes.into()),
            over,
        }))
    }

    /// Whether the window is over, and with it every lease and every round.
    pub(crate) async fn is_at_rest(&self) -> Result<bool> {
        if Utc::now() < self.window_ends {
            return Ok(false);
        }
        Ok(self.open_leases().await? == 0 && self.open_rounds().await? == 0)
    }

    pub(crate) async fn open_leases(&self) -> Result<u64> {
        use entity::lease::LeaseState::{Released, Skipped};
        let open = lease::Column::State.is_not_in([Released, Skipped]);
        Ok(lease::Entity::find().filter(open).count(&self.db).await?)
    }

    pub(crate) async fn open_rounds(&self) -> Result<u64> {
        let open = round::Column::State.ne(round::RoundState::Ended);
        Ok(round::Entity::find().filter(open).count(&self.db).await?)
    }

    /// Each lease and each job of the federated server in a line.
    pub(crate) async fn told(&self) -> Result<String> {
        let rows = lease::Entity::find()
            .order_by_asc(lease::Column::Id)
            .all(&self.db)
            .await?;
        let lines: Vec<_> = rows
            .iter()
            .map(|row| {
                format!(
                    "lease {} is {:?}: {} {}",
                    row.id, row.state, row.code, row.reason
                )
            })
            .collect();
        let jobs = self.federated.jobs().into_iter().map(|job| {
            let device = job.device.unwrap_or_default();
            format!(
                "job {} on {device} is {:?}, {:?}; from {:?} to {:?}",
                job.id, job.state, job.health, job.start_time, job.end_time
            )
        });
        let lines: Vec<_> = lines.into_iter().chain(jobs).collect();
        Ok(format!(
            "{} rounds are open\n{}",
            self.open_rounds().await?,
            lines.join("\n")
        ))
    }

    /// Waits until each of these labs has a device of its own held.
    pub(crate) async fn every_lab_lends(&self, labs: std::ops::Range<usize>) -> Result<()> {
        let limit = Duration::from_secs(120);
        eventually("every lab lends a device", limit, || async {
            let held = lease::Entity::find()
                .filter(lease::Column::State.eq(lease::LeaseState::Held))
                .all(&self.db)
                .await?;
            let mut waiting = self.labs.get(labs.clone()).unwrap_or_default().iter();
            let all = waiting.all(|lab| held.iter().any(|row| row.lab_id == lab.row.id));
            Ok(all.then_some(()))
        })
        .await
    }

    pub(crate) async fn open_leases_of(&self, labs: std::ops::Range<usize>) -> Result<u64> {
        use entity::lease::LeaseState::{Released, Skipped};
        let ids = self
            .labs
            .get(labs)
            .unwrap_or_default()
            .iter()
            .map(|lab| lab.row.id);
        let open = lease::Column::State.is_not_in([Released, Skipped]);
        let these = lease::Column::LabId.is_in(ids);
        Ok(lease::Entity::find()
            .filter(open)
            .filter(these)
            .count(&self.db)
            .await?)
    }

    /// Whether a device of each of these labs shows its own health again.
    pub(crate) fn closed(&self, labs: &[usize], hostname: &str) -> bool {
        let own = BOARDS
            .iter()
            .find(|(name, _)| *name == hostname)
            .map(|(_, health)| *health);
        let mut labs = labs.iter().filter_map(|nth| self.labs.get(*nth));
        labs.all(|lab| lab.fake.device(hostname).map(|device| device.health) == own)
    }

    /// A token of the operator's.
    pub(crate) async fn token(&self, scope: Scope) -> Result<String> {
        let new = service::token::NewToken {
            description: "a script".to_owned(),
            scope,
            speaks_for: None,
            expires_at: None,
        };
        let made = service::token::create(&self.app, &Actor::Operator, &new, Utc::now()).await;
        Ok(made.map_err(failed)?.jwt)
    }

    /// An owner wants a device back now.
    pub(crate) async fn want_back(&self, lab: &Lab, hostname: &str) -> Result<()> {
        let wanted = Wanted::Of {
            lab: lab.row.name.clone(),
            hostname: hostname.to_owned(),
        };
        let asked =
            service::lease::release(&self.app, &Actor::Operator, &wanted, false, Utc::now());
        let _lease = asked.await.map_err(failed)?;
        Ok(())
    }

    /// What is broken in any lab, and each device that is not as it was.
    pub(crate) async fn broken(
        &self,
        changed: &[(usize, &str, DeviceHealth)],
    ) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for (nth, lab) in self.labs.iter().enumerate() {
            let ground = Ground {
                db: &self.db,
                lab_id: lab.row.id,
                lab: &lab.fake,
                federated: &self.federated,
            };
            let broken = broken_on(&ground, &Known::default()).await?;
            all.extend(
                broken
                    .into_iter()
                    .map(|what| format!("{}: {what}", lab.row.name)),
            );
            for (name, health) in BOARDS {
                let by_owner = changed
                    .iter()
                    .find(|(lab, board, _)| (*lab, *board) == (nth, name));
                let expected = by_owner.map_or(health, |(_, _, health)| *health);
                let shown = lab.fake.device(name).context("a device")?.health;
                if shown != expected {
                    all.push(format!(
                        "{}: {name} is {shown:?}, and was {expected:?}",
                        lab.row.name
                    ));
                }
            }
        }
        Ok(all)
    }

    /// Waits until all is over, and finds nothing broken.
    pub(crate) async fn ends_well(&self) -> Result<()> {
        let limit = Duration::from_secs(400);
        eventually("all is over", limit, || async {
            Ok(self.is_at_rest().await?.then_some(()))
        })
        .await?;
        let broken = self.broken(&[]).await?;
        ensure!(
            broken.is_empty(),
            "{}\n{}",
            broken.join("\n"),
            self.told().await?
        );
        Ok(())
    }

    /// When each device of these labs was given back since an instant.
    pub(crate) fn given_back_since(
        &self,
        since: DateTime<Utc>,
        labs: impl IntoIterator<Item = usize>,
    ) -> Vec<DateTime<Utc>> {
        let mut times = self.given_back(labs);
        times.retain(|at| *at >= since);
        times
    }

    /// When each device of these labs was given back.
    pub(crate) fn given_back(&self, labs: impl IntoIterator<Item = usize>) -> Vec<DateTime<Utc>> {
        let mut times = Vec::new();
        for lab in labs.into_iter().filter_map(|nth| self.labs.get(nth)) {
            for (name, _) in BOARDS {
                let entries = lab.fake.health_changes(name);
                let restored = entries.iter().rev().find(|entry| {
                    let to = match &entry.change {
                        Change::DeviceHealth { after, .. } => Some(*after),
                        _ => None,
                    };
                    entry.user == US && to.is_some_and(|to| to != DeviceHealth::Maintenance)
                });
                times.extend(restored.map(|entry| entry.at));
            }
        }
        times.sort_unstable();
        times
    }
}

/// The clocks of all fakes go on until the town is no more.
fn keep_time(mut federation: Federation, over: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            federation.advance(Utc::now());
            std::thread::sleep(LOOK);
        }
    });
}

/// As whoever writes rows beside the server.
async fn open(home: &Home) -> Result<Arc<App>> {
    let config = Config {
        templates: Some(home.folder.path().join("templates")),
        allow_private_labs: true,
        ..home.config()
    };
    let db = Db::open(&config).await.map_err(anyhow::Error::msg)?;
    db.migrate().await.map_err(anyhow::Error::msg)?;
    App::open(config, db, false)
        .await
        .map_err(anyhow::Error::msg)
}

/// What the operator writes down.
fn settings(home: &Home, federated: &str) -> Result<()> {
    let folder = home.folder.path();
    fs::write(folder.join("federated-token"), "federated-secret")?;
    let templates = folder.join("templates");
    fs::create_dir_all(&templates)?;
    for (name, text) in [("smoke", SMOKE), ("boot", BOOT)] {
        // so short that whole jobs fit into a window of minutes
        let text = text
            .replace("minutes:", "seconds:")
            .replace("{seconds: ", "{seconds: 1");
        fs::write(templates.join(format!("{name}.yaml.jinja2")), text)?;
    }
    let mut text = String::new();
    writeln!(text, "federation_url = \"{federated}\"")?;
    writeln!(
        text,
        "federation_token_file = \"{}\"",
        folder.join("federated-token").display()
    )?;
    writeln!(text, "templates = \"{}\"", templates.display())?;
    writeln!(text, "public_url = \"http://127.0.0.1:9\"")?;
    writeln!(
        text,
        "allow_private_labs = true\npoll_seconds = 1\nclosing_seconds = 15\nworthwhile_seconds = 30"
    )?;
    Ok(fs::write(folder.join("lavafed.toml"), text)?)
}

/// In words: the latest and the middle one, in seconds after an instant.
pub(crate) fn after(since: DateTime<Utc>, times: &[DateTime<Utc>]) -> String {
    let seconds = |at: Option<&DateTime<Utc>>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| format!("{:.1} s", (*at - since).as_seconds_f64()),
        )
    };
    format!(
        "{} devices, half of them after {}, the last after {}",
        times.len(),
        seconds(times.get(times.len() / 2)),
        seconds(times.last())
    )
}
