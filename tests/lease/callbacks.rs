//! Callbacks of our own jobs that are lost, come twice or in any order: what is known at the end is what an undisturbed day
//! tells, and as soon.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::job::JobType;
use entity::{cell, job, submission, verdict};
use fake_lab::{Callback, ErrorType, Fault, Outcome, Script, Stage};
use lavafed::drive::Pace;
use lavafed::lava::notification::NotificationFormat;
use lavafed::service::{ingest, receipt};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sea_orm::EntityTrait as _;

use crate::day::{fine, until_held};
use crate::invariants::{Known, broken};
use crate::world::{Setting, World};

/// By when what a job says is known, however its callbacks fare.
const PROMISE: TimeDelta = TimeDelta::seconds(60);

/// How callbacks fare.
enum Post {
    Prompt,
    None,
    Storm(Box<ChaCha8Rng>),
}

#[derive(Debug, Default)]
struct Fared {
    dropped: usize,
    doubled: usize,
    delivered: usize,
}

/// What a day leaves behind, but for numbers that say when something was written.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    leases: Vec<String>,
    verdicts: Vec<String>,
    cells: Vec<String>,
}

/// Jobs that pass, fail, end early and break the lab, in turn.
fn outcomes(world: &World) {
    let mut nth = 0;
    world.federated.set_script(move |_| {
        nth += 1;
        let outcome = match nth % 4 {
            0 => Outcome::Infrastructure,
            1 => return None,
            2 => Outcome::Fail {
                case: "uname".to_owned(),
            },
            _ => Outcome::Incomplete {
                error_type: ErrorType::Job,
                stage: Stage::Boot,
                message: "no prompt".to_owned(),
            },
        };
        let duration = TimeDelta::seconds(40);
        Some(Script { outcome, duration })
    });
}

impl Post {
    /// Which of the callbacks that wait are delivered now.
    fn choose(&mut self, bag: &mut Vec<Callback>, fared: &mut Fared) -> Vec<Callback> {
        match self {
            Self::Prompt => std::mem::take(bag),
            Self::None => {
                fared.dropped += bag.drain(..).count();
                Vec::new()
            }
            Self::Storm(dice) => {
                bag.shuffle(dice);
                let mut now = Vec::new();
                // what stays is late, and overtaken
                for _ in 0..dice.random_range(0..=bag.len()) {
                    let Some(one) = bag.pop() else { break };
                    match dice.random_range(0..10) {
                        0..3 => fared.dropped += 1,
                        3..6 => {
                            fared.doubled += 1;
                            bag.push(one.clone());
                            now.push(one);
                        }
                        _ => now.push(one),
                    }
                }
                now
            }
        }
    }
}

/// As LAVA delivers it, which does not care for the answer.
async fn deliver(world: &World, callback: Callback, fared: &mut Fared) -> Result<()> {
    let header = |name: &str| {
        let mut headers = callback.headers.iter();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("content-type"), Some("application/json"));
    let now = world.now();
    let credential = header("authorization").context("a callback without its token")?;
    // a job that is over has no token any more
    let Ok(actor) = world.app.actor(Some(credential), now).await else {
        return Ok(());
    };
    let credential = Some(credential.to_owned());
    let (format, body) = (NotificationFormat::Json, callback.body.clone());
    let stored =
        ingest::receive_notification(&world.app, &actor, credential, format, body, now).await;
    fared.delivered += usize::from(stored.is_ok());
    receipt::apply_pending(&world.app, || now)
        .await
        .map_err(crate::world::failed)?;
    Ok(())
}

async fn day(mut post: Post) -> Result<(Left, Fared)> {
    let mut world = World::new(Setting::default()).await?;
    outcomes(&world);
    let app = Arc::clone(&world.app);
    let writing = tokio::spawn(async move { ingest::write(&app).await });
    let mut fared = Fared::default();
    let mut bag = Vec::new();
    let end: DateTime<Utc> = "2026-11-25T21:00:00Z".parse()?;
    while world.now() < end {
        let pace = world.tick().await?;
        let next = match pace {
            Pace::Now => TimeDelta::milliseconds(200),
            Pace::Soon | Pace::Idle(_) => TimeDelta::seconds(10),
        };
        let next = world.now() + next;
        world.advance(next);
        bag.extend(world.lab.take_callbacks());
        bag.extend(world.federated.take_callbacks());
        for callback in post.choose(&mut bag, &mut fared) {
            deliver(&world, callback, &mut fared).await?;
        }
    }
    writing.abort();
    let broken = broken(&world, &Known::default()).await?;
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    known_in_time(&world).await?;
    Ok((left(&world).await?, fared))
}

async fn known_in_time(world: &World) -> Result<()> {
    let rows = submission::Entity::find().all(world.app.db.read()).await?;
    let fed = rows.iter().filter(|row| row.job_type == JobType::Fed);
    let ended = world.federated.jobs();
    let mut known = 0;
    for row in fed {
        let job = ended
            .iter()
            .find(|job| Some(job.id.to_string()) == row.external_id);
        let Some(ended) = job.and_then(|job| job.end_time) else {
            continue;
        };
        let after = row.over_at.context("it is not over")? - ended;
        assert!(after <= PROMISE, "{}: known after {after}", row.name);
        known += 1;
    }
    assert!(known >= 4, "{known} jobs");
    Ok(())
}

async fn left(world: &World) -> Result<Left> {
    let db = world.app.db.read();
    let jobs = job::Entity::find().all(db).await?;
    let verdicts = verdict::Entity::find().all(db).await?;
    let mut verdicts: Vec<_> = verdicts
        .into_iter()
        .map(|row| {
            let job = jobs.iter().find(|job| job.id == row.job_id);
            let job = job.map(|job| (&job.external_id, job.state, job.health));
            let (feature, kind) = (row.feature_id, row.device_type_id);
            format!("{job:?} {feature} {kind:?} {:?}", row.verdict)
        })
        .collect();
    verdicts.sort();
    let cells = cell::Entity::find().all(db).await?;
    let mut cells: Vec<_> = cells
        .into_iter()
        .map(|row| {
            let counts = (row.passes, row.fails, row.infras, row.not_reached);
            let place = (row.version_id, row.feature_id, row.device_type_id);
            format!("{place:?} {:?} {counts:?}", row.latest)
        })
        .collect();
    cells.sort();
    Ok(Left {
        leases: world.told().await?,
        verdicts,
        cells,
    })
}

#[tokio::test]
async fn a_storm_of_callbacks_changes_no_verdict() -> Result<()> {
    let (undisturbed, fared) = day(Post::Prompt).await?;
    assert!(fared.delivered > 0 && fared.dropped == 0, "{fared:?}");
    assert!(undisturbed.verdicts.len() > 4, "{undisturbed:?}");
    let (silent, fared) = day(Post::None).await?;
    assert!(fared.delivered == 0 && fared.dropped > 0, "{fared:?}");
    assert_eq!(silent, undisturbed);
    let mut sum = Fared::default();
    for seed in 0..10 {
        let (stormy, fared) = day(Post::Storm(Box::new(ChaCha8Rng::seed_from_u64(seed)))).await?;
        assert_eq!(stormy, undisturbed, "storm {seed}: {fared:?}");
        sum.dropped += fared.dropped;
        sum.doubled += fared.doubled;
        sum.delivered += fared.delivered;
    }
    assert!(sum.dropped > 20 && sum.doubled > 20, "{sum:?}");
    assert!(sum.delivered > 20, "{sum:?}");
    Ok(())
}

/// The list of jobs, by which a twin would be found, is too much for the server: what each job said is known all the same.
#[tokio::test]
async fn a_verdict_does_not_wait_for_the_list_of_jobs() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    outcomes(&world);
    until_held(&mut world).await?;
    world.federated.set_faults(|call| {
        let lists = call.method == "GET" && call.path.ends_with("/jobs/");
        if lists {
            Fault::Status(502)
        } else {
            Fault::None
        }
    });
    let end = world.now() + TimeDelta::minutes(5);
    let mut known = 0;
    while world.now() < end {
        let pause = match world.tick().await? {
            Pace::Now => TimeDelta::milliseconds(200),
            Pace::Soon | Pace::Idle(_) => TimeDelta::seconds(10),
        };
        let next = world.now() + pause;
        world.advance(next);
        let rows = job::Entity::find().all(world.app.db.read()).await?;
        let long_ago = world.now() - PROMISE;
        let ended = world.federated.jobs().into_iter();
        let ended: Vec<_> = ended
            .filter(|job| job.end_time.is_some_and(|at| at < long_ago))
            .collect();
        for job in &ended {
            let number = job.id.to_string();
            let mut rows = rows.iter().filter(|row| row.job_type == JobType::Fed);
            let row = rows.find(|row| row.external_id == number);
            let row = row.with_context(|| format!("nothing is known of job {number}"))?;
            assert_eq!(row.state, job::JobState::Finished, "{row:?}");
        }
        known = ended.len();
    }
    assert!(known >= 2, "{known} jobs");
    world.federated.set_faults(|_| Fault::None);
    world.run("2026-11-25T21:00:00Z".parse()?).await?;
    fine(&world, &Known::default()).await
}
