//! A driver that is gone the moment a server took a call of its: the trail knows of the call, and whoever drives next
//! gives it an outcome. So does a driver whose database failed in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use anyhow::Result;
use chrono::TimeDelta;
use entity::trail::TrailKind;
use fake_lab::{DeviceHealth, FakeLava, Fault};
use sea_orm::ConnectionTrait as _;

use crate::day::{at, fine};
use crate::invariants::Known;
use crate::world::{Setting, World, failed, stand};

/// Ticks until a server takes a call that changes a health, and no further.
async fn until_called(world: &mut World, called: &AtomicBool) -> Result<()> {
    while !called.load(Ordering::SeqCst) {
        {
            let mut tick = std::pin::pin!(world.tick());
            let cut = std::future::poll_fn(|context| {
                let done = tick.as_mut().poll(context);
                if done.is_pending() && called.load(Ordering::SeqCst) {
                    return Poll::Ready(None);
                }
                done.map(Some)
            });
            if let Some(done) = cut.await {
                done?;
            }
        }
        world.advance(world.now() + TimeDelta::seconds(1));
        anyhow::ensure!(world.now() < at("20:50:00")?, "{:?}", world.told().await?);
    }
    world.restart().await?;
    Ok(())
}

fn listen(fake: &FakeLava) -> Arc<AtomicBool> {
    let called = Arc::new(AtomicBool::new(false));
    let calls = Arc::clone(&called);
    fake.set_faults(move |call| {
        let sets = call.method == "POST" && call.path.contains("set_health");
        calls.fetch_or(sets, Ordering::SeqCst);
        Fault::None
    });
    called
}

#[tokio::test]
async fn whatever_was_sent_has_its_intent_and_gets_its_outcome() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    for (fake, action, what) in [
        (world.lab.clone(), "set_health", "Maintenance in the lab"),
        (
            world.federated.clone(),
            "open",
            "Good at the federated server",
        ),
        (world.federated.clone(), "close", "Maintenance there"),
        (
            world.lab.clone(),
            "set_health",
            "the health found in the lab",
        ),
    ] {
        let called = listen(&fake);
        until_called(&mut world, &called).await?;
        fake.clear_faults();
        let last = world.trail().await?.pop();
        let told = last.map(|row| (row.kind, row.action));
        assert_eq!(told, Some((TrailKind::Intent, action.to_owned())), "{what}");
    }
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}

async fn change_the_database(world: &World, statement: &str) -> Result<()> {
    let txn = world.app.db.begin().await.map_err(failed)?;
    txn.execute_unprepared(statement).await?;
    Ok(txn.commit().await?)
}

/// The disk is full at the moment at which an answer is to be written down; the driver lives on.
#[tokio::test]
async fn a_database_that_fails_after_a_call_loses_no_outcome() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    let full = "create trigger disk_full before insert on trail when new.kind = 'outcome' and new.action = 'set_health'
        begin select raise(abort, 'the disk is full'); end";
    change_the_database(&world, full).await?;
    while world.tick().await.is_ok() {
        world.advance(world.now() + TimeDelta::seconds(1));
        anyhow::ensure!(world.now() < at("20:50:00")?, "{:?}", world.told().await?);
    }
    let last = world.trail().await?.pop();
    assert_eq!(last.map(|row| row.kind), Some(TrailKind::Intent));
    change_the_database(&world, "drop trigger disk_full").await?;
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}
