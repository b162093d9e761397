//! A small world in one process and in virtual time: labs and the federated server as fakes, and lavafed's driver with
//! its database. Nothing sleeps; whoever tells a story moves the hands of the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::lease::LeaseState;
use entity::{alert, lab, lease, round, trail};
use fake_lab::{DeviceHealth, Door, FakeLava, Federation, Release, Rights, Timing};
use lavafed::app::App;
use lavafed::db::Hands;
use lavafed::demo::lend::played;
use lavafed::drive::seat::{Replica, Seat};
use lavafed::drive::servers::{Reach, Servers};
use lavafed::drive::{self, Memory, Pace};
use lavafed::lava::client::Transport;
use sea_orm::{EntityTrait as _, QueryOrder as _};

use crate::catalogue::{self, LabSpec};
use crate::home::Home;

/// lavafed's user in the labs and at the federated server.
pub(crate) const US: &str = "lavafed";
pub(crate) const OWNER: &str = "owner";
/// When every world begins; the lab's window opens half an hour later.
pub(crate) const START: &str = "2026-11-25T19:30:00Z";
/// Minutes of a window, if nothing else is said.
const WINDOW: i32 = 30;

/// A device of the lab and how its owner left it.
#[derive(Clone, Debug)]
pub(crate) struct Stand {
    pub hostname: String,
    pub health: DeviceHealth,
    pub docker_device: &'static str,
}

pub(crate) struct World {
    pub app: Arc<App>,
    pub lab: FakeLava,
    pub federated: FakeLava,
    pub federation: Federation,
    pub lab_row: lab::Model,
    pub hands: Hands,
    pub replica: Arc<Replica>,
    pub servers: Servers,
    pub memory: Memory,
    pub seat: Option<Seat>,
    beaten: Instant,
    pub reach: Reach,
    _home: Arc<Home>,
}

/// What a story begins with.
pub(crate) struct Setting {
    pub release: Release,
    pub stands: Vec<Stand>,
    pub seed: u64,
    pub xml_rpc: bool,
    /// Minutes of the window, from 20:00 on.
    pub window: i32,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            release: Release::V2026_10,
            stands: vec![
                stand("board-1", DeviceHealth::Good),
                stand("board-2", DeviceHealth::Unknown),
            ],
            seed: 1,
            xml_rpc: false,
            window: WINDOW,
        }
    }
}

pub(crate) fn stand(hostname: &str, health: DeviceHealth) -> Stand {
    Stand {
        hostname: hostname.to_owned(),
        health,
        docker_device: "docker-1",
    }
}

fn transport(door: Door) -> Transport {
    played(move |_| Some(door.clone()))
}

impl World {
    pub(crate) async fn new(setting: Setting) -> Result<Self> {
        Self::at(Arc::new(Home::new().await?), setting).await
    }

    /// In a home with an empty database.
    pub(crate) async fn at(home: Arc<Home>, setting: Setting) -> Result<Self> {
        let start: DateTime<Utc> = START.parse()?;
        let hands: Hands = Arc::new(AtomicI64::new(start.timestamp_micros()));
        let db = home.db.clone().with_hands(Arc::clone(&hands));
        let config = home.config.clone();
        let app = match &home.furnished {
            Some((templates, _)) => App::open_with(config, db, Arc::clone(templates), false).await,
            None => App::open(config, db, false).await,
        };
        let app = app.map_err(anyhow::Error::msg)?;
        let kind = match &home.furnished {
            Some((_, kind)) => *kind,
            None => catalogue::furnish(&app, start).await?,
        };

        let federated = FakeLava::new(setting.release, start);
        federated.seed(setting.seed ^ 0xfed);
        federated.add_user(US, "federated-secret", Rights::superuser());
        federated.add_template("qemu");
        let lab = FakeLava::new(setting.release, start);
        lab.seed(setting.seed);
        let rights = if setting.xml_rpc {
            let names: Vec<_> = setting
                .stands
                .iter()
                .map(|stand| stand.hostname.as_str())
                .collect();
            Rights::of_devices(&names)
        } else {
            Rights::add_and_change_device()
        };
        lab.add_user(US, "lab-secret", rights);
        lab.add_user(OWNER, "owner-secret", Rights::superuser());
        lab.add_device_type("docker");
        lab.add_device_type("qemu");
        lab.add_online_worker("lab-worker");
        for docker in ["docker-1", "docker-2"] {
            lab.add_device(docker, "docker", "lab-worker", DeviceHealth::Good);
        }
        for stand in &setting.stands {
            lab.add_device(&stand.hostname, "qemu", "lab-worker", stand.health);
        }
        for fake in [&lab, &federated] {
            fake.set_timing(Timing::default());
        }
        let clock = {
            let hands = Arc::clone(&hands);
            Arc::new(move || {
                DateTime::from_timestamp_micros(hands.load(Ordering::SeqCst)).unwrap_or_default()
            })
        };
        let reach = Reach {
            to_labs: transport(lab.service()),
            to_federated: transport(federated.service()),
            clock: Some(clock),
        };
        let spec = LabSpec {
            name: "north",
            url: "http://lab.example",
            opens: "20:00",
            minutes: setting.window,
            xml_rpc: setting.xml_rpc,
            stands: &setting.stands,
        };
        let lab_row = catalogue::lab(&app, &spec, kind, start).await?;
        Ok(Self {
            federation: Federation::new(federated.clone(), vec![lab.clone()]),
            servers: Servers::new(reach.clone()),
            memory: Memory::default(),
            replica: Arc::new(Replica::default()),
            seat: None,
            beaten: Instant::now(),
            reach,
            app,
            lab,
            federated,
            lab_row,
            hands,
            _home: home,
        })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.hands.load(Ordering::SeqCst)).unwrap_or_default()
    }

    /// Moves the hands of all clocks.
    pub(crate) fn advance(&mut self, to: DateTime<Utc>) {
        let to = to.max(self.now());
        self.hands.store(to.timestamp_micros(), Ordering::SeqCst);
        self.federation.advance(to);
    }

    /// The process is gone, and another begins: what was in memory is lost.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        // what the dead one was about to commit is committed or gone before another begins
        let last = self.app.db.begin().await.map_err(failed)?;
        last.commit().await?;
        self.servers = Servers::new(self.reach.clone());
        self.memory = Memory::default();
        self.replica = Arc::new(Replica::default());
        self.seat = None;
        Ok(())
    }

    /// One tick, if the lab is ours to drive.
    pub(crate) async fn tick(&mut self) -> Result<Pace> {
        // by the machine's own clock, as a driver that is not stopped does
        if self.seat.is_none() || self.beaten.elapsed() > Duration::from_secs(1) {
            self.replica.beat(&self.app.db).await.map_err(failed)?;
            self.beaten = Instant::now();
        }
        if self.seat.is_none() {
            self.seat = self
                .replica
                .take(&self.app.db, self.lab_row.id)
                .await
                .map_err(failed)?;
        }
        let Some(seat) = self.seat.clone() else {
            return Ok(Pace::Soon);
        };
        let ticked = drive::tick(
            &self.app,
            &mut self.servers,
            &mut self.memory,
            &self.replica,
            &seat,
        )
        .await;
        match ticked {
            Ok(pace) => Ok(pace),
            Err(error) if error.code == lavafed::error::Code::Conflict => {
                self.seat = None;
                Ok(Pace::Soon)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Lets lavafed drive until `end`, or until nothing is on any more after the window.
    pub(crate) async fn run(&mut self, end: DateTime<Utc>) -> Result<()> {
        self.run_with(end, |_, _| {}).await
    }

    /// As `run`; `meanwhile` is told before each tick and may act as people of the lab.
    pub(crate) async fn run_with(
        &mut self,
        end: DateTime<Utc>,
        mut meanwhile: impl FnMut(&mut Self, DateTime<Utc>),
    ) -> Result<()> {
        while self.now() < end {
            let now = self.now();
            meanwhile(self, now);
            let pace = self.tick().await?;
            let next = match pace {
                Pace::Now => now + TimeDelta::milliseconds(200),
                Pace::Soon => now + TimeDelta::seconds(10),
                Pace::Idle(Some(at)) => at.min(now + TimeDelta::minutes(5)),
                Pace::Idle(None) => now + TimeDelta::minutes(5),
            };
            self.advance(next);
        }
        Ok(())
    }

    pub(crate) async fn leases(&self) -> Result<Vec<lease::Model>> {
        Ok(lease::Entity::find()
            .order_by_asc(lease::Column::Id)
            .all(self.app.db.read())
            .await?)
    }

    pub(crate) async fn rounds(&self) -> Result<Vec<round::Model>> {
        Ok(round::Entity::find()
            .order_by_asc(round::Column::Id)
            .all(self.app.db.read())
            .await?)
    }

    pub(crate) async fn trail(&self) -> Result<Vec<trail::Model>> {
        Ok(trail::Entity::find()
            .order_by_asc(trail::Column::Id)
            .all(self.app.db.read())
            .await?)
    }

    pub(crate) async fn alerts(&self) -> Result<Vec<alert::Model>> {
        Ok(alert::Entity::find()
            .order_by_asc(alert::Column::Id)
            .all(self.app.db.read())
            .await?)
    }

    /// Each device: how its lease ended and why, and how the lab shows it.
    pub(crate) async fn told(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for lease in self.leases().await? {
            let device = entity::device::Entity::find_by_id(lease.device_id)
                .one(self.app.db.read())
                .await?
                .context("a lease has no device")?;
            let shown = self
                .lab
                .device(&device.hostname)
                .map(|row| format!("{:?}", row.health));
            lines.push(format!(
                "{} {:?} {}, found {}, left {}",
                device.hostname,
                lease.state,
                lease.code,
                lease.saved_health.map_or("-", |health| health.as_str()),
                shown.unwrap_or_default()
            ));
        }
        Ok(lines)
    }

    /// The trail and the journals of both servers, by time: what to read when a day went wrong.
    pub(crate) async fn story(&self) -> Result<String> {
        let mut lines: Vec<_> = self
            .trail()
            .await?
            .into_iter()
            .map(|row| {
                let of = [
                    row.lease_id.map(|id| format!("lease {id}")),
                    row.submission_id.map(|id| format!("submission {id}")),
                ];
                let of: Vec<_> = of.into_iter().flatten().collect();
                (
                    row.at,
                    format!(
                        "{} {:?} {} {} -> {}: {} {}",
                        of.join(" "),
                        row.kind,
                        row.action,
                        row.before.unwrap_or_default(),
                        row.after.unwrap_or_default(),
                        row.code,
                        row.sentence
                    ),
                )
            })
            .collect();
        for (place, fake) in [("lab", &self.lab), ("federated", &self.federated)] {
            let entries = fake.journal().into_iter();
            lines.extend(entries.map(|entry| {
                (
                    entry.at,
                    format!(
                        "    {place}: {} by {:?}: {:?}",
                        entry.user, entry.via, entry.change
                    ),
                )
            }));
        }
        lines.sort_by_key(|(at, _)| *at);
        let lines: Vec<_> = lines
            .into_iter()
            .map(|(at, line)| format!("{} {line}", at.format("%H:%M:%S%.3f")))
            .collect();
        Ok(lines.join("\n"))
    }

    /// Whether every lease and every job is over.
    pub(crate) async fn all_over(&self) -> Result<bool> {
        let open = self
            .leases()
            .await?
            .iter()
            .any(|lease| !lease.state.is_final());
        let on = self
            .rounds()
            .await?
            .iter()
            .any(|round| round.state != round::RoundState::Ended);
        Ok(!open && !on)
    }

    pub(crate) async fn held(&self) -> Result<usize> {
        let leases = self.leases().await?;
        Ok(leases
            .iter()
            .filter(|lease| lease.state == LeaseState::Held)
            .count())
    }
}

pub(crate) fn failed(error: lavafed::error::Error) -> anyhow::Error {
    anyhow::anyhow!("{}: {error}", error.code.as_str())
}
