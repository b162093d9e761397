//! What LAVA is sent, and by when it ends what it was sent.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::job::JobType;
use entity::{device, submission};
use fake_lab::{Call, Change, DeviceHealth, Fault, JobState, Outcome, Script};
use lavafed::lease::{DISPATCHER_PATIENCE, SLAVE_GRACE};
use sea_orm::EntityTrait as _;

use crate::invariants::{Known, broken};
use crate::world::{OWNER, Setting, World, stand};

/// LAVA's tags have no dots and are short; its hostnames have, and are not.
#[tokio::test]
async fn a_device_of_any_name_is_lent_under_a_tag_that_lava_takes() -> Result<()> {
    let long = format!(
        "{}.example.org",
        "board-in-the-second-rack-from-the-door".repeat(2)
    );
    let mut world = World::new(Setting {
        release: fake_lab::Release::V2023_01,
        stands: vec![
            stand("board-1.example.org", DeviceHealth::Good),
            stand(&long, DeviceHealth::Good),
        ],
        ..Setting::default()
    })
    .await?;
    world.run("2026-11-25T21:00:00Z".parse()?).await?;
    assert_eq!(
        world.told().await?,
        [
            "board-1.example.org Released RESTORED, found Good, left Good".to_owned(),
            format!("{long} Released RESTORED, found Good, left Good"),
        ]
    );
    let broken = broken(&world, &Known::default()).await?;
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    let fed = world.federated.jobs().len();
    assert_eq!(fed, 4, "two templates on each");
    Ok(())
}

/// A SLAVE job that waits for its docker device as long as it may still runs its whole time then.
#[tokio::test]
async fn a_job_times_out_when_lava_says_so() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    world.run("2026-11-25T21:00:00Z".parse()?).await?;
    let rows = submission::Entity::find().all(world.app.db.read()).await?;
    let ends: DateTime<Utc> = "2026-11-25T20:30:00Z".parse()?;
    for row in &rows {
        let times_out_at = row.times_out_at.context("a time-out")?;
        let late = times_out_at - ends;
        if row.job_type == JobType::Slave {
            assert!(late >= DISPATCHER_PATIENCE + SLAVE_GRACE, "{late}");
            assert!(
                late <= DISPATCHER_PATIENCE + SLAVE_GRACE + TimeDelta::minutes(5),
                "{late}"
            );
        } else {
            // before giving back begins, but for LAVA's own lateness
            assert!(late <= TimeDelta::zero(), "{late}");
        }
    }
    assert!(
        rows.iter().any(|row| row.job_type == JobType::Slave),
        "{rows:?}"
    );
    assert!(
        rows.iter().any(|row| row.job_type == JobType::Fed),
        "{rows:?}"
    );
    Ok(())
}

/// A job that ended late with an infrastructure error left the device open at the federated server: it is closed before
/// the next day's dispatcher could drive it.
#[tokio::test]
async fn what_lava_opened_over_night_is_closed_before_a_dispatcher_is_there() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    world.run("2026-11-25T21:00:00Z".parse()?).await?;
    let devices = device::Entity::find().all(world.app.db.read()).await?;
    let name = devices.iter().find_map(|row| row.federated_name.clone());
    let name = name.context("a name")?;
    let lava = "lava-health";
    world
        .federated
        .set_health(lava, &name, DeviceHealth::Unknown, "it ended late");
    let known = world.federated.health_changes(&name).len();
    world.run("2026-11-26T21:00:00Z".parse()?).await?;
    let changes = world.federated.health_changes(&name);
    let closed = changes.get(known).context("nobody closed it")?;
    assert!(
        matches!(
            closed.change,
            Change::DeviceHealth {
                after: DeviceHealth::Maintenance,
                ..
            }
        ),
        "{closed:?}"
    );
    let rows = submission::Entity::find().all(world.app.db.read()).await?;
    let online = rows.iter().filter_map(|row| row.online_at).max();
    assert!(Some(closed.at) < online, "{closed:?}, online {online:?}");
    let broken = broken(&world, &Known::default()).await?;
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

/// Nobody would look for it later: it would keep the lab's docker device until LAVA ends it.
#[tokio::test]
async fn a_dispatcher_that_arrived_twice_is_not_over_before_both_are() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Bad)],
        ..Setting::default()
    })
    .await?;
    let lists: DateTime<Utc> = "2026-11-25T20:05:00Z".parse()?;
    world.lab.set_faults(move |call: &Call| {
        let jobs = call.path.ends_with("/jobs/");
        match call.method.as_str() {
            "POST" if jobs => Fault::Twice,
            "GET" if jobs && call.at < lists => Fault::Status(503),
            _ => Fault::None,
        }
    });
    world.run("2026-11-25T21:00:00Z".parse()?).await?;
    assert_eq!(world.lab.jobs().len(), 2);
    let broken = broken(&world, &Known::default()).await?;
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

/// Of a job that arrived twice the second one runs on while the first one is all that is known: with its dispatcher gone
/// it would run for ever.
#[tokio::test]
async fn a_job_that_arrived_twice_is_not_over_before_both_are() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    world.federated.set_script(|_| {
        Some(Script {
            outcome: Outcome::Hang,
            duration: TimeDelta::zero(),
        })
    });
    world.federated.set_faults(|call: &Call| {
        let submits = call.method == "POST" && call.path.ends_with("/jobs/");
        if submits { Fault::Twice } else { Fault::None }
    });
    let end: DateTime<Utc> = "2026-11-25T21:30:00Z".parse()?;
    world
        .run_with(end, |world, _| {
            let runs = world.federated.open_jobs().into_iter();
            let runs = runs.filter(|job| job.state == JobState::Running).count();
            let slave = world.lab.open_jobs().into_iter().next();
            if let (1.., Some(slave)) = (runs, slave) {
                world.lab.cancel_job(OWNER, slave.id);
            }
        })
        .await?;
    assert_eq!(world.federated.jobs().len(), 2);
    let broken = broken(&world, &Known::default()).await?;
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}
