//! kill -9 of the real binary at every point at which it writes to a LAVA server: before the server took the call, after
//! it did, and after its answer. However often, every device is given back as it was, and no job is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::{TimeDelta, Utc};
use fake_lab::{Call, DeviceHealth, Fault, JobState};
use lavafed_tests::database::Database;
use lavafed_tests::server::Server;
use lavafed_tests::story;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::Rng as _;
use tokio::sync::mpsc;

use crate::town::{HANGS, Town, after};
use crate::world::OWNER;

/// A write to a LAVA server, and when the power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    what: &'static str,
    when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// The intent is durable, and the server never hears of it.
    Before,
    /// The server did it, and nobody heard the answer.
    After,
    /// The answer is there; the outcome may be written or not.
    Answered,
}

/// The last first: after an answer all labs go on at once, and leave less to come.
const ALL: [When; 3] = [When::Answered, When::After, When::Before];
const WRITES: [&str; 12] = [
    "submit SLAVE",
    "cancel SLAVE",
    "take",
    "restore",
    "create worker",
    "create tag",
    "create device",
    "set dictionary",
    "open",
    "close",
    "submit FED",
    "cancel FED",
];

#[test]
fn sqlite() -> Result<()> {
    story::run(survives(Database::Sqlite))
}

#[test]
fn postgres() -> Result<()> {
    story::run(survives(Database::Postgres))
}

/// All points, or for who waits at a terminal, and where a successor has to wait for the lock delay, every third.
fn points(database: Database) -> Vec<Point> {
    let full = std::env::var_os("TEST_FULL").is_some();
    let every = WRITES.iter().enumerate().flat_map(|(nth, what)| {
        ALL.iter().enumerate().filter_map(move |(kind, when)| {
            let chosen = full || database == Database::Sqlite || kind == nth % ALL.len();
            chosen.then_some(Point { what, when: *when })
        })
    });
    every.collect()
}

/// The server under test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    /// Being started. It may call before its process is known here.
    Begins,
    Lives(Pid),
    /// To be killed now that it has its answer.
    Doomed,
    /// What it still sent is lost with it.
    Dead,
}

struct Left {
    life: Life,
    points: BTreeMap<&'static str, Vec<When>>,
}

/// Points still to come, and whom to kill there.
struct Plan {
    left: Mutex<Left>,
    known: Condvar,
    reached: mpsc::UnboundedSender<Point>,
}

impl Plan {
    fn new(points: &[Point], reached: mpsc::UnboundedSender<Point>) -> Self {
        let mut left: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for point in points {
            left.entry(point.what).or_default().push(point.when);
        }
        Self {
            left: Mutex::new(Left {
                life: Life::Begins,
                points: left,
            }),
            known: Condvar::new(),
            reached,
        }
    }

    /// A life begins: no call of it goes unmet.
    fn launch(&self, server: &mut Server<'_>) -> Result<()> {
        self.becomes(Life::Begins);
        server.launch()?;
        self.becomes(Life::Lives(Pid::from_raw(server.pid()?)));
        Ok(())
    }

    fn becomes(&self, life: Life) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.life = life;
        self.known.notify_all();
    }

    /// What happens to a call, which may be the last of a life.
    fn meet(&self, what: &'static str) -> Fault {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = Duration::from_secs(10);
        let waited = self
            .known
            .wait_timeout_while(left, limit, |left| left.life == Life::Begins);
        let (mut left, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let victim = match left.life {
            Life::Lives(victim) => victim,
            // else all labs would go on before it is killed, and leave nothing to come
            Life::Doomed | Life::Dead => return Fault::ResetBefore,
            Life::Begins => return Fault::None,
        };
        let Some(when) = left.points.get_mut(what).and_then(Vec::pop) else {
            return Fault::None;
        };
        if when == When::Answered {
            left.life = Life::Doomed;
        } else {
            let _killed = kill(victim, Signal::SIGKILL);
            left.life = Life::Dead;
        }
        let _told = self.reached.send(Point { what, when });
        if when == When::Before {
            Fault::ResetBefore
        } else {
            Fault::None
        }
    }
}

/// The write that a call is, by its path. A device is taken and restored, opened and closed by one address in turn.
fn name_of(call: &Call, of_lab: bool, done: &mut BTreeSet<String>) -> Option<&'static str> {
    let parts: Vec<_> = call.path.trim_matches('/').split('/').skip(2).collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["jobs"]) => Some(if of_lab { "submit SLAVE" } else { "submit FED" }),
        (_, ["jobs", _, "cancel"]) => Some(if of_lab { "cancel SLAVE" } else { "cancel FED" }),
        ("POST", ["workers"]) => Some("create worker"),
        ("POST", ["tags"]) => Some("create tag"),
        ("POST", ["devices"]) => Some("create device"),
        ("POST", ["devices", _, "dictionary"]) => Some("set dictionary"),
        ("POST", ["devices", name, "set_health"]) => {
            let first = done.insert((*name).to_owned());
            Some(match (of_lab, first) {
                (true, true) => "take",
                (true, false) => "restore",
                (false, true) => "open",
                (false, false) => "close",
            })
        }
        _ => None,
    }
}

/// Arms a server: the plan decides on each of its writes.
fn arm(fake: &fake_lab::FakeLava, plan: &Arc<Plan>, of_lab: bool) {
    let plan = Arc::clone(plan);
    let mut done = BTreeSet::new();
    fake.set_faults(move |call| {
        let before = done.clone();
        let Some(what) = name_of(call, of_lab, &mut done) else {
            return Fault::None;
        };
        let fault = plan.meet(what);
        if fault == Fault::ResetBefore {
            // it was not done
            done = before;
        }
        fault
    });
}

/// What owners do while a job hangs on a device of theirs: one sets it Bad, most want it back, one waits.
#[derive(Default)]
struct Owners {
    acted: BTreeSet<usize>,
    changed: Vec<(usize, &'static str, DeviceHealth)>,
}

impl Owners {
    async fn act(&mut self, town: &Town) -> Result<()> {
        for (nth, lab) in town.labs.iter().enumerate().skip(1) {
            let name = format!("{}-{HANGS}", lab.row.name);
            let runs =
                town.federated.open_jobs().into_iter().any(|job| {
                    job.device.as_ref() == Some(&name) && job.state == JobState::Running
                });
            if !runs || !self.acted.insert(nth) {
                continue;
            }
            if nth == 1 {
                lab.fake.set_health(OWNER, HANGS, DeviceHealth::Bad, "mine");
                self.changed.push((nth, HANGS, DeviceHealth::Bad));
            } else {
                town.want_back(lab, HANGS).await?;
            }
        }
        Ok(())
    }
}

async fn survives(database: Database) -> Result<()> {
    let points = points(database);
    let minutes = match (database, points.len() > WRITES.len()) {
        // a submission without an answer is waited for for more than a minute
        (Database::Sqlite, _) => 7,
        (Database::Postgres, false) => 8,
        (Database::Postgres, true) => 14,
    };
    let Some(town) = Town::build(database, 6, minutes).await? else {
        return Ok(());
    };
    let (reached, mut reaching) = mpsc::unbounded_channel();
    let plan = Arc::new(Plan::new(&points, reached));
    for lab in &town.labs {
        arm(&lab.fake, &plan, true);
    }
    arm(&town.federated, &plan, false);
    let mut server = Server::at(&town.home)?;
    plan.launch(&mut server)?;
    let mut killed = Vec::new();
    let give_up = town.window_ends + TimeDelta::minutes(5);
    let mut owners = Owners::default();
    loop {
        let look = tokio::time::timeout(Duration::from_millis(300), reaching.recv()).await;
        if let Ok(Some(point)) = look {
            if point.when == When::Answered {
                let pause = rand::rng().random_range(0..40);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            server.kill()?;
            plan.launch(&mut server)?;
            killed.push(point);
        }
        owners.act(&town).await?;
        if town.is_at_rest().await? {
            break;
        }
        ensure!(Utc::now() < give_up, "not at rest: {}", town.told().await?);
    }
    let broken = town.broken(&owners.changed).await?;
    let never: Vec<_> = points
        .iter()
        .filter(|point| !killed.contains(point))
        .collect();
    eprintln!(
        "{database:?}: {} kills; given back after the window's end: {}",
        killed.len(),
        after(town.window_ends, &town.given_back(0..town.labs.len()))
    );
    ensure!(
        broken.is_empty() && never.is_empty(),
        "{}\nnever reached: {never:?}\n{}",
        broken.join("\n"),
        town.told().await?
    );
    Ok(())
}
