//! A driver that is cut off at each of its points of waiting in turn while it takes a device: nothing was sent that the
//! trail does not know of.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use entity::trail::TrailKind;
use fake_lab::{DeviceHealth, FakeLava};
use lavafed::drive::Pace;

use crate::day::{at, fine};
use crate::invariants::Known;
use crate::simulation::killed_tick;
use crate::world::{Setting, US, World, stand};

fn sent(fake: &FakeLava, device: &str) -> usize {
    let changes = fake.health_changes(device).into_iter();
    changes.filter(|entry| entry.user == US).count()
}

#[tokio::test]
async fn whatever_was_sent_has_its_intent() -> Result<()> {
    let mut world = World::new(Setting {
        stands: vec![stand("board-1", DeviceHealth::Good)],
        ..Setting::default()
    })
    .await?;
    let (mut polls, mut cuts) = (1, 0);
    while world.held().await? < 1 {
        anyhow::ensure!(world.now() < at("20:15:00")?, "{:?}", world.told().await?);
        if world.leases().await?.is_empty() {
            world.run(world.now() + TimeDelta::seconds(1)).await?;
            continue;
        }
        let known = world.trail().await?.len();
        let pace = killed_tick(&mut world, polls).await?;
        if world.seat.is_some() {
            // it came to its end
            let pause = if pace == Pace::Now { 1 } else { 10 };
            world.advance(world.now() + TimeDelta::seconds(pause));
            polls = 1;
            continue;
        }
        cuts += 1;
        let trail = world.trail().await?;
        // after each step that is known again from the first point on
        polls = if trail.len() > known { 1 } else { polls + 1 };
        let intents = |action: &str| {
            let rows = trail.iter();
            rows.filter(|row| row.kind == TrailKind::Intent && row.action == action)
                .count()
        };
        let (taken, opened) = (
            sent(&world.lab, "board-1"),
            sent(&world.federated, "north-board-1"),
        );
        assert!(taken <= intents("set_health"), "cut {cuts}");
        assert!(opened <= intents("open"), "cut {cuts}");
    }
    assert!(cuts > 50, "{cuts}");
    let lease = world
        .leases()
        .await?
        .into_iter()
        .next()
        .context("a lease")?;
    assert_eq!(
        lease.saved_health,
        Some(entity::device_health::DeviceHealth::Good)
    );
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}
