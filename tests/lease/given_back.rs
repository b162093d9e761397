//! Giving back, when something stands in its way.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use entity::lease::LeaseId;
use entity::trail::TrailKind;
use entity::{lease, token};
use fake_lab::{Change, DeviceHealth, Fault, Outcome, Script};
use lavafed::auth::Actor;
use lavafed::error::Code;
use lavafed::lease::RETAKES;
use lavafed::service::lease::{Wanted, release};
use lavafed::service::{device, lab};
use sea_orm::EntityTrait as _;

use crate::day::{at, fine, until_held};
use crate::invariants::Known;
use crate::world::{OWNER, Setting, US, World, failed, stand};

/// No job ends by itself.
pub(crate) fn hang(fake: &fake_lab::FakeLava) {
    fake.set_script(|start| {
        let docker = |action: &fake_lab::Action| action.detail == "docker";
        (!start.definition.actions.iter().any(docker)).then_some(Script {
            outcome: Outcome::Hang,
            duration: TimeDelta::hours(2),
        })
    });
}

/// The lab's own job on a device that outlives the window.
fn own_job(world: &World) {
    hang(&world.lab);
    world.lab.submit(OWNER, "device_type: qemu\njob_name: mine\nvisibility: public\ntimeouts: {job: {minutes: 90}, action: {minutes: 90}, connection: {minutes: 90}}\nactions:\n- deploy: {to: tmpfs}\n");
}

async fn first(world: &World) -> Result<lease::Model> {
    let leases = world.leases().await?;
    leases.into_iter().next().context("a lease")
}

/// Drives until the first lease is as it should be.
async fn until(world: &mut World, what: &str, is: impl Fn(&lease::Model) -> bool) -> Result<()> {
    while !world.leases().await?.first().is_some_and(&is) {
        world
            .run(world.now() + TimeDelta::milliseconds(200))
            .await?;
        anyhow::ensure!(
            world.now() < at("21:30:00")?,
            "{what}: {:?}",
            world.told().await?
        );
    }
    Ok(())
}

pub(crate) async fn want_back(world: &World, id: LeaseId) -> Result<lease::Model> {
    release(
        &world.app,
        &Actor::Operator,
        &Wanted::Id(id),
        false,
        world.now(),
    )
    .await
    .map_err(failed)
}

#[tokio::test]
async fn however_often_it_is_wanted_back_it_is_back_at_once_and_once() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    hang(&world.federated);
    until_held(&mut world).await?;
    world.run(world.now() + TimeDelta::minutes(1)).await?;
    let lease = first(&world).await?;
    let asked = world.now();
    for _ in 0..50 {
        want_back(&world, lease.id).await?;
    }
    until(&mut world, "it is not given back", |lease| {
        lease.ended_at.is_some()
    })
    .await?;
    let ended = first(&world).await?;
    let took = ended.ended_at.context("an end")? - asked;
    // the job that ran on it was asked to end, which LAVA takes 25 s for at most
    assert!(took <= TimeDelta::seconds(45), "{took}");
    assert_eq!(ended.code, "RESTORED");
    assert_eq!(world.held().await?, 1, "the other one stays");
    want_back(&world, lease.id).await?;
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}

/// The call that takes it is not answered, and reaches the lab when all seems to be over.
#[tokio::test]
async fn what_may_still_arrive_is_waited_for() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    let mut first_call = true;
    world.lab.set_faults(move |call| {
        if call.path.contains("set_health") && std::mem::take(&mut first_call) {
            let by = TimeDelta::seconds(40);
            return Fault::AppliedLate { by };
        }
        Fault::None
    });
    until(&mut world, "nothing is taken", |lease| {
        lease.asked_at.is_some()
    })
    .await?;
    let lease = first(&world).await?;
    want_back(&world, lease.id).await?;
    world.run(at("21:00:00")?).await?;
    let shown = world.lab.device("board-1").map(|device| device.health);
    assert_eq!(shown, Some(DeviceHealth::Good));
    fine(&world, &Known::default()).await
}

/// The call that opens it is not answered, and reaches the federated server when it is closed there.
#[tokio::test]
async fn an_opening_that_may_still_arrive_is_waited_for() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    let mut first_call = true;
    world.federated.set_faults(move |call| {
        if call.path.contains("set_health") && std::mem::take(&mut first_call) {
            let by = TimeDelta::seconds(40);
            return Fault::AppliedLate { by };
        }
        Fault::None
    });
    until(&mut world, "nothing is opened", |lease| {
        lease.opened_at.is_some()
    })
    .await?;
    let lease = first(&world).await?;
    want_back(&world, lease.id).await?;
    world.run(at("21:00:00")?).await?;
    let shown = world.federated.device("north-board-1");
    assert_eq!(
        shown.map(|device| device.health),
        Some(DeviceHealth::Maintenance)
    );
    fine(&world, &Known::default()).await
}

/// LAVA opens a device when a job on it ends with an infrastructure error, whoever closed it.
#[tokio::test]
async fn what_lava_opens_while_it_is_given_back_is_closed_again() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    hang(&world.federated);
    until_held(&mut world).await?;
    world.run(world.now() + TimeDelta::minutes(1)).await?;
    let lease = first(&world).await?;
    want_back(&world, lease.id).await?;
    until(&mut world, "it is not closed", |lease| {
        lease.closed_at.is_some()
    })
    .await?;
    let name = "north-board-1";
    let infrastructure = DeviceHealth::Unknown;
    world
        .federated
        .set_health("lava-health", name, infrastructure, "it failed");
    until(&mut world, "it is not given back", |lease| {
        lease.ended_at.is_some()
    })
    .await?;
    let shown = world.federated.device(name).map(|device| device.health);
    assert_eq!(shown, Some(DeviceHealth::Maintenance));
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}

/// A device that waited in vain for the lab's own job is the lab's again before its window ends.
#[tokio::test]
async fn giving_back_begins_before_the_window_ends() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    world.advance(at("19:58:00")?);
    own_job(&world);
    world.run(at("21:00:00")?).await?;
    let lease = first(&world).await?;
    let ended = lease.ended_at.context("an end")?;
    assert!(
        lease.asked_at.is_some() && lease.opened_at.is_none(),
        "{lease:?}"
    );
    assert!(
        ended < lease.ends_at && ended > at("20:26:00")?,
        "{lease:?}"
    );
    fine(&world, &Known::default()).await
}

/// LAVA opens it again and again: jobs of the lab fail on it.
#[tokio::test]
async fn a_device_that_lava_keeps_opening_is_given_up() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    world.advance(at("19:58:00")?);
    own_job(&world);
    world
        .run_with(at("21:00:00")?, |world, _| {
            let device = world.lab.device("board-1");
            if device.is_some_and(|device| device.health == DeviceHealth::Maintenance) {
                let infrastructure = DeviceHealth::Unknown;
                world
                    .lab
                    .set_health("lava-health", "board-1", infrastructure, "it failed");
            }
        })
        .await?;
    let given_up = world
        .trail()
        .await?
        .iter()
        .any(|row| row.kind == TrailKind::Transition && row.code == "TAKEN_BACK");
    assert!(given_up, "{:?}", world.told().await?);
    let taken = world
        .lab
        .health_changes("board-1")
        .into_iter()
        .filter(|entry| {
            let closes = matches!(
                entry.change,
                Change::DeviceHealth {
                    after: DeviceHealth::Maintenance,
                    ..
                }
            );
            entry.user == US && closes
        });
    assert_eq!(taken.count(), usize::try_from(RETAKES)? + 1);
    fine(&world, &Known::default()).await
}

/// The lab said that it took our Maintenance, and before it is looked at again the owner has the device back.
#[tokio::test]
async fn an_owner_who_is_quicker_than_the_next_look_wins() -> Result<()> {
    for health in [DeviceHealth::Good, DeviceHealth::Bad] {
        let mut world = World::new(Setting {
            stands: vec![stand("board-1", DeviceHealth::Good)],
            ..Setting::default()
        })
        .await?;
        world
            .run_with(at("21:00:00")?, |world, _| {
                let device = world.lab.device("board-1");
                if device.is_some_and(|device| device.health == DeviceHealth::Maintenance) {
                    world.lab.set_health(OWNER, "board-1", health, "mine");
                }
            })
            .await?;
        let ours = world.lab.health_changes("board-1").into_iter();
        assert_eq!(ours.filter(|entry| entry.user == US).count(), 1);
        assert_eq!(first(&world).await?.code, "OWNER_CHANGED");
        fine(&world, &Known::default()).await?;
    }
    Ok(())
}

/// A lab, a device or a token cannot be taken from under a lease.
#[tokio::test]
async fn what_is_lent_cannot_be_removed() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    let (actor, now) = (Actor::Operator, world.now());
    let refused = lab::remove(&world.app, &actor, "north", now).await;
    assert_eq!(refused.map_err(|error| error.code), Err(Code::Conflict));
    let refused = device::remove(&world.app, &actor, Some("north"), "board-1", now).await;
    assert_eq!(refused.map_err(|error| error.code), Err(Code::Conflict));
    for row in token::Entity::find().all(world.app.db.read()).await? {
        let revoked = lavafed::service::token::revoke(&world.app, &actor, row.id, now).await;
        revoked.map_err(failed)?;
    }
    world.run(at("21:00:00")?).await?;
    assert_eq!(
        world.told().await?,
        [
            "board-1 Released RESTORED, found Good, left Good",
            "board-2 Released RESTORED, found Unknown, left Unknown",
        ]
    );
    fine(&world, &Known::default()).await
}
