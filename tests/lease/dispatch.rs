//! The SLAVE job of a round: there once whatever becomes of its submission, of the server's version, and gone when it is
//! not needed.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::job::JobType;
use entity::submission::{self, SubmissionState};
use entity::token;
use fake_lab::{Fault, Job, JobHealth, JobState, Outcome, Script};
use lavafed::lease::Timing;
use lavafed::lease::dispatcher::{Seen, WorkerSight, step};
use lavafed::lease::submission::{Fact, JobSight, Step};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use crate::day::{at, fine, until_held};
use crate::given_back::hang;
use crate::invariants::Known;
use crate::world::{Setting, US, World};

fn slaves(world: &World) -> Vec<Job> {
    let jobs = world.lab.jobs().into_iter();
    jobs.filter(|job| job.submitter == US).collect()
}

/// The first one as lavafed knows it.
async fn slave(world: &World) -> Result<Option<submission::Model>> {
    let rows = submission::Entity::find()
        .filter(submission::Column::JobType.eq(JobType::Slave))
        .order_by_asc(submission::Column::Id);
    Ok(rows.one(world.app.db.read()).await?)
}

/// The lab's first answer to a submission goes as `fault` says.
async fn submitted_with(fault: Fault) -> Result<World> {
    let world = World::new(Setting::default()).await?;
    let mut first = true;
    world.lab.set_faults(move |call| {
        let submits = call.method == "POST" && call.path.ends_with("/jobs/");
        if submits && std::mem::take(&mut first) {
            return fault;
        }
        Fault::None
    });
    Ok(world)
}

#[tokio::test]
async fn a_submission_without_an_answer_is_looked_up() -> Result<()> {
    let by = TimeDelta::seconds(40);
    for fault in [
        Fault::ResetAfter,
        Fault::HalfBody,
        Fault::AppliedLate { by },
    ] {
        let mut world = submitted_with(fault).await?;
        world.run(at("21:00:00")?).await?;
        assert_eq!(slaves(&world).len(), 1, "{fault:?}");
        fine(&world, &Known::default()).await?;
        assert!(world.all_over().await?, "{fault:?}");
    }
    Ok(())
}

#[tokio::test]
async fn of_two_that_arrived_one_is_cancelled() -> Result<()> {
    let mut world = submitted_with(Fault::Twice).await?;
    hang(&world.federated);
    until_held(&mut world).await?;
    world.run(world.now() + TimeDelta::minutes(3)).await?;
    let row = slave(&world).await?.context("a SLAVE job")?;
    let jobs = slaves(&world).into_iter();
    let told: Vec<_> = jobs
        .map(|job| {
            (
                row.external_id == Some(job.id.to_string()),
                job.state,
                job.health,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (false, JobState::Finished, JobHealth::Canceled),
            (true, JobState::Running, JobHealth::Unknown),
        ]
    );
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}

#[tokio::test]
async fn a_jobs_own_token_is_good_until_its_end_and_no_longer() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    let good = || async {
        let open = token::Entity::find().filter(token::Column::RevokedAt.is_null());
        open.all(world.app.db.read()).await
    };
    assert!(!good().await?.is_empty());
    world.run(at("21:00:00")?).await?;
    let left = token::Entity::find().filter(token::Column::RevokedAt.is_null());
    let left = left.all(world.app.db.read()).await?;
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

#[tokio::test]
async fn a_dispatcher_that_nothing_needs_is_ended() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    world.run(at("21:00:00")?).await?;
    let leases = world.leases().await?;
    let last = leases.iter().filter_map(|lease| lease.ended_at).max();
    let row = slave(&world).await?.context("a SLAVE job")?;
    let took = row.over_at.context("an end")? - last.context("a lease")?;
    assert!(took <= TimeDelta::minutes(1), "{took}");
    Ok(())
}

/// Neither server hears of its dispatchers any more, and jobs that are to end do not: LAVA's own time-outs are heeded.
#[tokio::test]
async fn dead_dispatchers_hold_nothing_for_ever() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    world.federated.set_script(|_| {
        Some(Script {
            outcome: Outcome::Hang,
            duration: TimeDelta::hours(2),
        })
    });
    until_held(&mut world).await?;
    world.run(world.now() + TimeDelta::minutes(1)).await?;
    world.lab.stop_dispatcher("lab-worker");
    world.federated.stop_dispatcher("lavafed-north-docker-1");
    world.run(at("21:30:00")?).await?;
    assert!(world.all_over().await?, "{:?}", world.told().await?);
    for lease in world.leases().await? {
        let ended = lease.ended_at.context("an end")?;
        // before the SLAVE job timed out
        assert!(ended <= at("20:41:00")?, "{lease:?}");
    }
    let orphaned = |line: &String| !line.starts_with("I7");
    let mut broken = crate::invariants::broken(&world, &Known::default()).await?;
    broken.retain(orphaned);
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

/// What a SLAVE job that LAVA has makes of its worker.
#[tokio::test]
async fn only_a_worker_of_the_servers_version_that_pings_anew_is_its_own() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    let row = loop {
        if let Some(row) = slave(&world)
            .await?
            .filter(|row| row.state == SubmissionState::Submitted)
        {
            break row;
        }
        world.run(world.now() + TimeDelta::seconds(1)).await?;
        anyhow::ensure!(world.now() < at("20:10:00")?, "nothing is submitted");
    };
    let now = world.now();
    let sight =
        |online: bool, version: &str, last_ping: Option<DateTime<Utc>>| WorkerSight::There {
            online,
            version: Some(version.to_owned()),
            last_ping,
        };
    let before = now - TimeDelta::days(1);
    let row = submission::Model {
        pinged_at: Some(before),
        ..row
    };
    for (worker, expected) in [
        (sight(true, "2026.10", Some(now)), Step::Note(Fact::Online)),
        (sight(true, "2026.09", Some(now)), Step::Wait),
        (sight(false, "2026.10", Some(now)), Step::Wait),
        // yesterday's word
        (sight(true, "2026.10", Some(before)), Step::Wait),
        (sight(true, "2026.10", None), Step::Wait),
        (WorkerSight::Absent, Step::Wait),
        (WorkerSight::Unseen, Step::Wait),
    ] {
        let seen = Seen {
            job: JobSight::There(entity::job::JobState::Running),
            worker: worker.clone(),
            version: Some("2026.10".to_owned()),
            refused: None,
            needed: true,
            waited_since: None,
            stop: None,
        };
        assert_eq!(
            step(&row, &seen, &Timing::default(), now),
            expected,
            "{worker:?}"
        );
    }
    Ok(())
}
