//! Whole days, as a lab's owner sees them.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::job::{self, JobHealth, JobType};
use entity::submission;
use entity::trail::TrailKind;
use entity::verdict::{self, Verdict};
use fake_lab::{DeviceHealth, Release};
use sea_orm::EntityTrait as _;

use crate::invariants::{Known, broken};
use crate::world::{OWNER, Setting, World, stand};

pub(crate) fn at(text: &str) -> Result<DateTime<Utc>> {
    Ok(format!("2026-11-25T{text}Z").parse()?)
}

pub(crate) async fn fine(world: &World, known: &Known) -> Result<()> {
    let broken = broken(world, known).await?;
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

/// Lets the day begin until both devices are held.
pub(crate) async fn until_held(world: &mut World) -> Result<()> {
    while world.held().await? < 2 {
        world.run(world.now() + TimeDelta::seconds(1)).await?;
        anyhow::ensure!(
            world.now() < at("20:10:00")?,
            "nothing is held: {:?}",
            world.told().await?
        );
    }
    Ok(())
}

/// Serial lines and USB belong to a host, so a dispatcher runs where its devices are. LAVA 2023.01 takes no device by
/// name in a job, but the tags that the docker device has.
#[tokio::test]
async fn each_device_is_reached_through_its_own_docker_device() -> Result<()> {
    for release in [Release::V2023_01, Release::V2026_10] {
        let mut beyond = stand("board-2", DeviceHealth::Good);
        beyond.docker_device = "docker-2";
        let mut world = World::new(Setting {
            release,
            stands: vec![stand("board-1", DeviceHealth::Good), beyond],
            ..Setting::default()
        })
        .await?;
        world.lab.tag_device("docker-1", "rack-1");
        world.lab.tag_device("docker-2", "rack-2");
        world.run(at("21:00:00")?).await?;
        fine(&world, &Known::default()).await?;
        let rows = submission::Entity::find().all(world.app.db.read()).await?;
        let slaves: Vec<_> = rows
            .into_iter()
            .filter(|row| row.job_type == JobType::Slave)
            .collect();
        assert_eq!(slaves.len(), 2, "{release:?}");
        for row in slaves {
            let number: u32 = row.external_id.context("it was submitted")?.parse()?;
            let ran = world.lab.jobs().into_iter().find(|job| job.id == number);
            assert_eq!(
                ran.and_then(|job| job.device),
                row.docker_device,
                "{release:?}"
            );
        }
    }
    Ok(())
}

/// Four devices, found in each health, on both releases and by both doors.
#[tokio::test]
async fn a_day_gives_everything_back_as_it_was() -> Result<()> {
    for (release, xml_rpc) in [
        (Release::V2023_01, false),
        (Release::V2026_10, false),
        (Release::V2026_10, true),
    ] {
        let stands = vec![
            stand("good", DeviceHealth::Good),
            stand("unknown", DeviceHealth::Unknown),
            stand("bad", DeviceHealth::Bad),
            stand("serviced", DeviceHealth::Maintenance),
        ];
        let mut world = World::new(Setting {
            release,
            stands,
            xml_rpc,
            ..Setting::default()
        })
        .await?;
        world.run(at("21:00:00")?).await?;
        assert_eq!(
            world.told().await?,
            [
                "good Released RESTORED, found Good, left Good",
                "unknown Released RESTORED, found Unknown, left Unknown",
                "bad Skipped HEALTH_NOT_LENT, found -, left Bad",
                "serviced Skipped HEALTH_NOT_LENT, found -, left Maintenance",
            ],
            "{release:?}"
        );
        fine(&world, &Known::default()).await?;
        assert!(world.all_over().await?);
        // both devices ran both templates, and what they say is recorded by the poll alone
        let jobs = entity::job::Entity::find().all(world.app.db.read()).await?;
        let fed: Vec<_> = jobs
            .iter()
            .filter(|job| job.job_type == JobType::Fed)
            .collect();
        assert_eq!(fed.len(), 4, "{fed:?}");
        assert!(
            fed.iter()
                .all(|job| job.health == JobHealth::Complete && job.poll_at.is_some())
        );
        let cells = entity::cell::Entity::find()
            .all(world.app.db.read())
            .await?;
        assert_eq!(cells.iter().map(|cell| cell.passes).sum::<i32>(), 6);
        assert_eq!(
            jobs.iter()
                .filter(|job| job.job_type == JobType::Slave)
                .count(),
            1
        );
    }
    Ok(())
}

/// Nothing is asked of a lab whose window is closed, or that is paused.
#[tokio::test]
async fn outside_its_window_a_lab_is_left_alone() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    world.run(at("19:59:00")?).await?;
    assert!(world.leases().await?.is_empty());
    let writes = world
        .lab
        .journal()
        .iter()
        .filter(|entry| entry.user == "lavafed")
        .count();
    assert_eq!(writes, 0);
    // down during the whole window: it is not made up for
    world.advance(at("20:40:00")?);
    world.run(at("21:30:00")?).await?;
    assert!(world.leases().await?.is_empty());
    // nor when what is left of it is less than giving back and one job need
    let mut world = World::new(Setting::default()).await?;
    world.advance(at("20:22:30")?);
    world.run(at("21:30:00")?).await?;
    assert!(world.leases().await?.is_empty());
    Ok(())
}

/// The owner's change wins, whatever it is and whenever it comes.
#[tokio::test]
async fn what_the_owner_changes_stays() -> Result<()> {
    for health in [
        DeviceHealth::Good,
        DeviceHealth::Bad,
        DeviceHealth::Unknown,
        DeviceHealth::Retired,
    ] {
        for minute in [1, 2, 3, 5] {
            let mut world = World::new(Setting::default()).await?;
            let when = at("20:00:00")? + TimeDelta::seconds(minute * 60);
            let mut done = false;
            world
                .run_with(at("21:00:00")?, |world, now| {
                    if now >= when && !done {
                        world.lab.set_health(OWNER, "board-1", health, "mine");
                        done = true;
                    }
                })
                .await?;
            fine(&world, &Known::default()).await?;
            let shown = world.lab.device("board-1").map(|device| device.health);
            let ours = world.lab.health_changes("board-1");
            let last = ours.last().map(|entry| entry.user.clone());
            // lavafed may have borrowed it after, if it was Good or Unknown then
            if last.as_deref() == Some(OWNER) {
                assert_eq!(shown, Some(health), "minute {minute}");
            }
        }
    }
    Ok(())
}

/// A lab that never answers from some moment on has its devices back when it does.
#[tokio::test]
async fn a_lab_that_goes_away_is_waited_for() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    world.lab.set_faults(|_| fake_lab::Fault::late(60));
    world.run(at("20:50:00")?).await?;
    let kinds: Vec<_> = world
        .alerts()
        .await?
        .iter()
        .filter(|alert| alert.until.is_none())
        .map(|a| a.kind)
        .collect();
    assert!(
        kinds.contains(&entity::alert::AlertKind::Overdue),
        "{kinds:?}"
    );
    assert!(
        kinds.contains(&entity::alert::AlertKind::LabUnreachable),
        "{kinds:?}"
    );
    world.lab.clear_faults();
    let back = world.now();
    for _ in 0..300 {
        if world.all_over().await? {
            break;
        }
        world.run(world.now() + TimeDelta::seconds(1)).await?;
    }
    assert!(world.all_over().await?, "{:?}", world.told().await?);
    let took = world
        .leases()
        .await?
        .iter()
        .filter_map(|lease| lease.ended_at)
        .max()
        .map(|end| end - back);
    assert!(
        took.is_some_and(|took| took <= TimeDelta::seconds(60)),
        "{took:?}"
    );
    fine(&world, &Known::default()).await?;
    assert!(
        world
            .alerts()
            .await?
            .iter()
            .all(|alert| alert.until.is_some())
    );
    Ok(())
}

/// A lost credential waits for a person, and goes on by itself when it works again.
#[tokio::test]
async fn a_refused_credential_is_stuck_until_it_works() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    world.lab.set_rights("lavafed", fake_lab::Rights::plain());
    world.run(at("20:40:00")?).await?;
    let states: Vec<_> = world
        .leases()
        .await?
        .iter()
        .map(|lease| lease.state)
        .collect();
    assert!(
        states.contains(&entity::lease::LeaseState::Stuck),
        "{states:?}"
    );
    fine(
        &world,
        &Known {
            locked_out: true,
            ..Known::default()
        },
    )
    .await?;
    world
        .lab
        .set_rights("lavafed", fake_lab::Rights::add_and_change_device());
    world.run(at("20:45:00")?).await?;
    assert!(world.all_over().await?, "{:?}", world.told().await?);
    fine(&world, &Known::default()).await
}

/// The version under test moves: its jobs are infra, and another round begins for the new one.
#[tokio::test]
async fn a_job_is_submitted_to_the_version_it_names() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    world.federated.upgrade("2026.11");
    let moved = world.now();
    world.run(at("21:00:00")?).await?;
    let jobs = world.federated.jobs();
    let after: Vec<_> = jobs.iter().filter(|job| job.submit_time >= moved).collect();
    assert!(!after.is_empty());
    for job in after {
        let said = &job.definition.metadata;
        let named: Vec<_> = said.iter().filter(|(_, text)| text == "2026.10").collect();
        assert!(
            named.is_empty() && said.iter().any(|(_, text)| text == "2026.11"),
            "{said:?}"
        );
    }
    fine(&world, &Known::default()).await
}

#[tokio::test]
async fn nothing_is_credited_to_a_version_that_did_not_run_it() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    // a job is over, and nobody asked yet how it did
    while !world
        .federated
        .jobs()
        .iter()
        .any(fake_lab::Job::is_finished)
    {
        world
            .run(world.now() + TimeDelta::milliseconds(200))
            .await?;
        anyhow::ensure!(world.now() < at("20:20:00")?, "no job ends");
    }
    let told = verdict::Entity::find().all(world.app.db.read()).await?;
    assert_eq!(told, []);
    world.federated.upgrade("2026.11");
    let moved = world.now();
    world.run(at("21:00:00")?).await?;
    let ran = job::Entity::find().all(world.app.db.read()).await?;
    let before: Vec<_> = ran
        .iter()
        .filter(|job| job.submitted_at < moved)
        .map(|job| job.id)
        .collect();
    let told = verdict::Entity::find().all(world.app.db.read()).await?;
    let (old, new): (Vec<_>, Vec<_>) = told.iter().partition(|row| before.contains(&row.job_id));
    assert!(
        !old.is_empty() && old.iter().all(|row| row.verdict == Verdict::Infra),
        "{old:?}"
    );
    assert!(
        new.iter().any(|row| row.verdict == Verdict::Pass),
        "{new:?}"
    );
    let rounds = world.rounds().await?;
    assert_eq!(
        rounds
            .first()
            .and_then(|round| round.code.clone())
            .as_deref(),
        Some("VERSION_MOVED")
    );
    assert_eq!(rounds.len(), 2, "{rounds:?}");
    assert!(world.all_over().await?);
    fine(&world, &Known::default()).await
}

/// Its own job in the lab is never cancelled, and the device is opened only after it.
#[tokio::test]
async fn the_labs_own_job_is_waited_for() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    world.lab.set_script(|start| {
        (!start
            .definition
            .actions
            .iter()
            .any(|action| action.detail == "docker"))
        .then(|| fake_lab::Script {
            outcome: fake_lab::Outcome::Infrastructure,
            duration: TimeDelta::minutes(8),
        })
    });
    world.advance(at("19:58:00")?);
    let own = world.lab.submit(OWNER, "device_type: qemu\njob_name: mine\nvisibility: public\ntimeouts: {job: {minutes: 30}, action: {minutes: 30}, connection: {minutes: 30}}\nactions:\n- deploy: {to: tmpfs}\n");
    world.run(at("21:00:00")?).await?;
    let job = own.and_then(|id| world.lab.job(id));
    assert!(job.is_some_and(|job| job.health != fake_lab::JobHealth::Canceled));
    fine(&world, &Known::default()).await?;
    // it ended with an infrastructure error, which opened the device: it was taken again
    let lease = world.leases().await?.remove(0);
    assert_eq!(lease.retakes, 1, "{lease:?}");
    let waited = world
        .trail()
        .await?
        .iter()
        .any(|row| row.kind == TrailKind::Note && row.action == "idle");
    assert!(waited);
    Ok(())
}
