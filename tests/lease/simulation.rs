//! Days by the thousand, each from a seed: what goes wrong, when the driver is killed, what the owner does. A seed that
//! breaks an invariant is printed; type it into `TEST_SEED` to see that day alone.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use fake_lab::{Applied, Call, DeviceHealth, ErrorType, Fault, Outcome, Release, Script, Stage};
use lavafed::drive::Pace;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::invariants::{Known, broken};
use crate::world::{OWNER, Setting, World, stand};

/// Seeds that once broke something.
const KEPT: &[u64] = &[49, 53];

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
    if let Ok(seed) = std::env::var("TEST_SEED") {
        let seed: u64 = seed.parse()?;
        let broken = if seed % 2 == half {
            day(seed).await?
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
        let broken = day(seed).await?;
        if !broken.is_empty() {
            failed.push(format!("seed {seed}:\n  {}", broken.join("\n  ")));
        }
        if failed.len() > 5 {
            break;
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    Ok(())
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

/// Faults at random until the weather clears; notes what may be applied out of order.
fn weather(
    fake: &fake_lab::FakeLava,
    seed: u64,
    percent: u32,
    clears: DateTime<Utc>,
    blurred: &Arc<Mutex<bool>>,
) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let blurred = Arc::clone(blurred);
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
        if out_of_order
            && call.path.contains("set_health")
            && let Ok(mut blurred) = blurred.lock()
        {
            *blurred = true;
        }
        fault
    });
}

async fn day(seed: u64) -> Result<Vec<String>> {
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
    let mut world = World::new(Setting {
        release,
        stands,
        seed,
        xml_rpc: dice.random_ratio(1, 4),
    })
    .await?;
    let opens: DateTime<Utc> = "2026-11-25T20:00:00Z".parse()?;
    let clears = opens + TimeDelta::minutes(dice.random_range(0..50));
    let blurred = Arc::new(Mutex::new(false));
    let percent = [0, 2, 5, 15, 40]
        .get(dice.random_range(0..5))
        .copied()
        .unwrap_or(0);
    weather(&world.lab, seed ^ 1, percent, clears, &blurred);
    weather(&world.federated, seed ^ 2, percent / 2, clears, &blurred);
    outcomes(&world.federated, seed ^ 3);
    let mut kills = kills(&mut dice, opens);
    let mut acts = acts(&mut dice, opens);
    let end = opens + TimeDelta::minutes(30 + 60);
    while world.now() < end {
        let now = world.now();
        while acts.last().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, act)) = acts.pop() {
                act.be_done(&world);
            }
        }
        let killed = kills.last().is_some_and(|at| *at <= now);
        let pace = if killed {
            kills.pop();
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
        world.advance(next);
        if pace != Pace::Now
            && now > opens + TimeDelta::minutes(35)
            && now > clears + TimeDelta::minutes(5)
            && world.all_over().await?
        {
            break;
        }
    }
    let mut known = Known::default();
    if blurred.lock().is_ok_and(|blurred| *blurred) {
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
    broken(&world, &known).await
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
    world.restart();
    Ok(Pace::Soon)
}

fn outcomes(fake: &fake_lab::FakeLava, seed: u64) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    fake.set_script(move |start| {
        if start.health_check {
            return None;
        }
        let duration = TimeDelta::seconds(dice.random_range(10..=120));
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

/// When the driver is killed, last first.
fn kills(dice: &mut ChaCha8Rng, opens: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let count = [0, 0, 1, 2, 6]
        .get(dice.random_range(0..5))
        .copied()
        .unwrap_or(0);
    let mut kills: Vec<_> = (0..count)
        .map(|_| opens + TimeDelta::seconds(dice.random_range(0..2100)))
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

fn acts(dice: &mut ChaCha8Rng, opens: DateTime<Utc>) -> Vec<(DateTime<Utc>, Deed)> {
    let healths = [
        DeviceHealth::Good,
        DeviceHealth::Bad,
        DeviceHealth::Unknown,
        DeviceHealth::Retired,
        DeviceHealth::Looping,
    ];
    let mut acts: Vec<_> = (0..dice.random_range(0..4))
        .map(|_| {
            let at = opens + TimeDelta::seconds(dice.random_range(-300..2100));
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
