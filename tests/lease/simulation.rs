//! Days by the thousand, each from a seed: what goes wrong, when the driver is killed, what the owner does. A seed that
//! breaks an invariant is printed; type it into `TEST_SEED` to see that day alone. At the end it is told what happened in
//! all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use entity::round::{self, RoundState};
use fake_lab::{
    Applied, Call, DeviceHealth, ErrorType, Fault, JobState, Outcome, Release, Script, Stage,
};
use lavafed::drive::Pace;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::exercised::Exercised;
use crate::home::Home;
use crate::invariants::{Known, broken};
use crate::world::{OWNER, Setting, US, World, stand};

/// Seeds that once broke something.
const KEPT: &[u64] = &[49, 53, 404, 943, 1392, 2253, 3861, 1487, 4800, 3272];

#[tokio::test]
async fn days_from_even_seeds() -> Result<()> {
    days(0).await
}

#[tokio::test]
async fn days_from_odd_seeds() -> Result<()> {
    days(1).await
}

/// One half of the seeds, so that two cores have one each.
async fn days(half: u64) -> Result<()> {
    on_one_core(half)?;
    let home = Arc::new(Home::for_many().await?);
    let mut exercised = Exercised::default();
    if let Ok(seed) = std::env::var("TEST_SEED") {
        let seed: u64 = seed.parse()?;
        let broken = if seed % 2 == half {
            day(seed, &home, &mut exercised).await?
        } else {
            Vec::new()
        };
        assert!(broken.is_empty(), "\n{}", broken.join("\n"));
        return Ok(());
    }
    let count: u64 = std::env::var("TEST_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(200);
    let mut failed = Vec::new();
    let seeds = KEPT.iter().copied().chain(0..count);
    for seed in seeds.filter(|seed| seed % 2 == half) {
        let broken = match day(seed, &home, &mut exercised).await {
            Ok(broken) => broken,
            Err(error) => vec![format!("{error:#}")],
        };
        if !broken.is_empty() {
            failed.push(format!("seed {seed}:\n  {}", broken.join("\n  ")));
        }
        if failed.len() > 5 {
            break;
        }
    }
    eprintln!("{exercised}");
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    let missing = exercised.missing();
    assert!(missing.is_empty(), "never happened: {missing:?}");
    Ok(())
}

/// Engine and database hand each statement from one thread to another, which costs most where cores wake each other.
fn on_one_core(half: u64) -> Result<()> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let mut cores = Vec::new();
    for core in 0..CpuSet::count() {
        if allowed.is_set(core)? {
            cores.push(core);
        }
    }
    let nth = usize::try_from(half)? % cores.len().max(1);
    let mut own = CpuSet::new();
    own.set(cores.get(nth).copied().unwrap_or_default())?;
    Ok(sched_setaffinity(Pid::from_raw(0), &own)?)
}

const FAULTS: &[Fault] = &[
    Fault::Refused,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::late(1),
    Fault::late(11),
    Fault::late(60),
    Fault::Late {
        by: TimeDelta::seconds(30),
        applied: Applied::Never,
    },
    Fault::HalfBody,
    Fault::Status(500),
    Fault::Status(502),
    Fault::Status(503),
    Fault::Status(429),
    Fault::Html,
    Fault::WrongJson,
    Fault::Forbidden,
    Fault::Moved,
    Fault::Twice,
    Fault::AppliedLate {
        by: TimeDelta::seconds(40),
    },
];

/// What came down in a day.
#[derive(Default)]
struct Sky {
    faults: AtomicUsize,
    /// Of these, such as are applied out of order.
    late: AtomicUsize,
    /// One of the latter was a health, so that order says nothing of it.
    blurred: AtomicBool,
}

/// Faults at random until the weather clears; notes what may be applied out of order.
fn weather(
    fake: &fake_lab::FakeLava,
    seed: u64,
    percent: u32,
    clears: DateTime<Utc>,
    sky: &Arc<Sky>,
) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let sky = Arc::clone(sky);
    fake.set_faults(move |call: &Call| {
        if call.at >= clears || !dice.random_ratio(percent, 100) {
            return Fault::None;
        }
        let fault = FAULTS
            .get(dice.random_range(0..FAULTS.len()))
            .copied()
            .unwrap_or_default();
        let out_of_order = matches!(
            fault,
            Fault::AppliedLate { .. }
                | Fault::Late {
                    applied: Applied::AtEnd,
                    ..
                }
        );
        sky.faults.fetch_add(1, Ordering::Relaxed);
        if out_of_order {
            sky.late.fetch_add(1, Ordering::Relaxed);
        }
        let sets_health = call.path.contains("set_health") || call.path.contains("RPC2");
        if out_of_order && sets_health {
            sky.blurred.store(true, Ordering::Relaxed);
        }
        fault
    });
}

async fn day(seed: u64, home: &Arc<Home>, exercised: &mut Exercised) -> Result<Vec<String>> {
    home.clear().await?;
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let healths = [
        DeviceHealth::Good,
        DeviceHealth::Good,
        DeviceHealth::Unknown,
        DeviceHealth::Bad,
    ];
    let stands = (0..dice.random_range(1..=3))
        .map(|nth| {
            let health = healths
                .get(dice.random_range(0..healths.len()))
                .copied()
                .unwrap_or(DeviceHealth::Good);
            let mut stand = stand(&format!("board-{nth}"), health);
            if dice.random_ratio(1, 4) {
                stand.docker_device = "docker-2";
            }
            stand
        })
        .collect();
    let release = if dice.random() {
        Release::V2023_01
    } else {
        Release::V2026_10
    };
    let setting = Setting {
        release,
        stands,
        seed,
        xml_rpc: dice.random_ratio(1, 4),
        // an hour's quarter is over before the plan is
        window: if dice.random_ratio(1, 3) { 30 } else { 12 },
    };
    let closes = TimeDelta::minutes(setting.window.into());
    let mut world = World::at(Arc::clone(home), setting).await?;
    let opens: DateTime<Utc> = "2026-11-25T20:00:00Z".parse()?;
    let clears = opens + TimeDelta::minutes(dice.random_range(0..50));
    let sky = Arc::new(Sky::default());
    let percent = [0, 2, 5, 15, 40]
        .get(dice.random_range(0..5))
        .copied()
        .unwrap_or(0);
    weather(&world.lab, seed ^ 1, percent, clears, &sky);
    weather(&world.federated, seed ^ 2, percent / 2, clears, &sky);
    outcomes(&world.federated, seed ^ 3);
    own_outcomes(&world.lab, seed ^ 4);
    let mut kills = kills(&mut dice, opens, closes);
    let mut acts = acts(&mut dice, opens, closes);
    let end = opens + TimeDelta::minutes(30 + 60);
    while world.now() < end {
        let now = world.now();
        while acts.last().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, act)) = acts.pop() {
                exercised.note(act.name(), 1);
                act.be_done(&world);
            }
        }
        let killed = kills.last().is_some_and(|at| *at <= now);
        let pace = if killed {
            kills.pop();
            exercised.note("kill", 1);
            killed_tick(&mut world, dice.random_range(1..200)).await?
        } else {
            world.tick().await?
        };
        let next = match pace {
            Pace::Now => now + TimeDelta::milliseconds(200),
            Pace::Soon => now + TimeDelta::seconds(20),
            Pace::Idle(Some(at)) => at.min(now + TimeDelta::minutes(5)),
            Pace::Idle(None) => now + TimeDelta::minutes(5),
        };
        let is_over = pace != Pace::Now && nothing_follows(&world).await?;
        let settled = clears.max(opens) + TimeDelta::minutes(5);
        let people = acts.last().map(|(at, _)| *at);
        let next = match people.into_iter().chain(kills.last().copied()).min() {
            _ if !is_over => next,
            Some(at) => at.max(next),
            None if now > settled => break,
            // what is late has arrived by then
            None => settled.max(next) + TimeDelta::seconds(1),
        };
        world.advance(next);
    }
    let mut known = Known::default();
    if sky.blurred.load(Ordering::Relaxed) {
        known.blurred = world
            .lab
            .devices()
            .into_iter()
            .map(|device| device.hostname)
            .collect();
    }
    if std::env::var_os("TEST_SEED").is_some() {
        eprintln!("{}", world.story().await?);
    }
    exercised.note("fault", sky.faults.load(Ordering::Relaxed));
    exercised.note("late fault", sky.late.load(Ordering::Relaxed));
    exercised.day(&world).await?;
    broken(&world, &known).await
}

/// Whether the window had its rounds, so that nothing is begun any more unless somebody does something.
async fn nothing_follows(world: &World) -> Result<bool> {
    let ours = |job: &fake_lab::Job| job.submitter == US && job.state != JobState::Canceling;
    if world.lab.open_jobs().iter().any(ours) {
        return Ok(false);
    }
    let rounds = world.rounds().await?;
    let over = rounds.iter().all(|row| row.state == RoundState::Ended);
    let moved = |last: &round::Model| {
        last.code.as_deref() == Some("VERSION_MOVED") && world.now() < last.ends_at
    };
    Ok(over && rounds.last().is_some_and(|last| !moved(last)))
}

/// A tick that is killed at one of its points of waiting; the next process takes over.
async fn killed_tick(world: &mut World, polls: u32) -> Result<Pace> {
    let mut left = polls;
    {
        let mut tick = std::pin::pin!(world.tick());
        let cut = std::future::poll_fn(|context| {
            if left == 0 {
                return std::task::Poll::Ready(None);
            }
            left -= 1;
            tick.as_mut().poll(context).map(Some)
        });
        if let Some(done) = cut.await {
            return done;
        }
    }
    world.restart().await?;
    Ok(Pace::Soon)
}

fn outcomes(fake: &fake_lab::FakeLava, seed: u64) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    fake.set_script(move |start| {
        if start.health_check {
            return None;
        }
        let duration = TimeDelta::seconds(dice.random_range(10..=180));
        let outcome = match dice.random_range(0..10) {
            0 => Outcome::Infrastructure,
            1 => Outcome::Incomplete {
                error_type: ErrorType::Job,
                stage: Stage::Boot,
                message: "no prompt".to_owned(),
            },
            2 => Outcome::Hang,
            3 => Outcome::Fail {
                case: "uname".to_owned(),
            },
            _ => return None,
        };
        Some(Script { outcome, duration })
    });
}

/// Jobs of the lab's own: half of them end with an error for which LAVA opens the device.
fn own_outcomes(fake: &fake_lab::FakeLava, seed: u64) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    fake.set_script(move |start| {
        if start.health_check || !start.device.starts_with("board-") {
            return None;
        }
        let duration = TimeDelta::seconds(dice.random_range(10..=600));
        let outcome = if dice.random() {
            Outcome::Infrastructure
        } else {
            Outcome::Complete {
                results: Vec::new(),
            }
        };
        Some(Script { outcome, duration })
    });
}

/// When the driver is killed, last first.
fn kills(dice: &mut ChaCha8Rng, opens: DateTime<Utc>, closes: TimeDelta) -> Vec<DateTime<Utc>> {
    let count = [0, 0, 1, 2, 6]
        .get(dice.random_range(0..5))
        .copied()
        .unwrap_or(0);
    let mut kills: Vec<_> = (0..count)
        .map(|_| opens + TimeDelta::seconds(dice.random_range(0..closes.num_seconds() + 300)))
        .collect();
    kills.sort_unstable_by(|a, b| b.cmp(a));
    kills
}

/// What people do in the lab.
enum Deed {
    Health(usize, DeviceHealth),
    CancelSlave,
    Upgrade,
    OwnJob,
}

impl Deed {
    fn name(&self) -> &'static str {
        match self {
            Self::Health(..) => "deed: health",
            Self::CancelSlave => "deed: SLAVE job cancelled",
            Self::Upgrade => "deed: upgrade",
            Self::OwnJob => "deed: own job",
        }
    }

    fn be_done(&self, world: &World) {
        match self {
            Self::Health(nth, health) => {
                let name = format!("board-{nth}");
                if world.lab.device(&name).is_some() {
                    world.lab.set_health(OWNER, &name, *health, "mine");
                }
            }
            Self::CancelSlave => {
                let slave = world
                    .lab
                    .open_jobs()
                    .into_iter()
                    .find(|job| job.submitter == "lavafed");
                if let Some(job) = slave {
                    world.lab.cancel_job(OWNER, job.id);
                }
            }
            Self::Upgrade => world.federated.upgrade("2026.11"),
            Self::OwnJob => {
                world.lab.submit(OWNER, "device_type: qemu\njob_name: mine\nvisibility: public\ntimeouts: {job: {minutes: 30}, action: {minutes: 30}, connection: {minutes: 30}}\nactions:\n- deploy: {to: tmpfs}\n");
            }
        }
    }
}

fn acts(
    dice: &mut ChaCha8Rng,
    opens: DateTime<Utc>,
    closes: TimeDelta,
) -> Vec<(DateTime<Utc>, Deed)> {
    let healths = [
        DeviceHealth::Good,
        DeviceHealth::Bad,
        DeviceHealth::Unknown,
        DeviceHealth::Retired,
        DeviceHealth::Looping,
    ];
    let mut acts: Vec<_> = (0..dice.random_range(0..4))
        .map(|_| {
            let at =
                opens + TimeDelta::seconds(dice.random_range(-300..closes.num_seconds() + 300));
            let deed = match dice.random_range(0..10) {
                0 => Deed::CancelSlave,
                1 => Deed::Upgrade,
                2 | 3 => Deed::OwnJob,
                _ => Deed::Health(
                    dice.random_range(0..3),
                    healths
                        .get(dice.random_range(0..healths.len()))
                        .copied()
                        .unwrap_or(DeviceHealth::Good),
                ),
            };
            (at, deed)
        })
        .collect();
    acts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    acts
}
