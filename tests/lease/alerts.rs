//! What a person is told once, however many labs and servers see it.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::alert::{self, AlertKind};
use entity::device_type;
use fake_lab::{DeviceHealth, Fault};
use lavafed::drive::seat::{Replica, Seat};
use lavafed::drive::servers::Servers;
use lavafed::drive::{self, Memory};
use lavafed::lease::LOCK_DELAY;
use sea_orm::EntityTrait as _;

use crate::catalogue::{self, LabSpec};
use crate::world::{Setting, World, failed, stand};

/// Who drives a lab beside the world's own one.
struct Driver {
    replica: Arc<Replica>,
    seat: Seat,
    servers: Servers,
    memory: Memory,
}

async fn driver(world: &World, name: &str, replica: Arc<Replica>) -> Result<Driver> {
    let kind = device_type::Entity::find().one(world.app.db.read()).await?;
    let spec = LabSpec {
        name,
        url: "http://lab.example",
        opens: "20:00",
        minutes: 120,
        xml_rpc: false,
        stands: &[stand(&format!("{name}-board"), DeviceHealth::Good)],
    };
    let kind = kind.context("a device-type")?.id;
    let row = catalogue::lab(&world.app, &spec, kind, world.now()).await?;
    replica.beat(&world.app.db).await.map_err(failed)?;
    let seat = replica.take(&world.app.db, row.id).await.map_err(failed)?;
    Ok(Driver {
        replica,
        seat: seat.context("a seat")?,
        servers: Servers::new(world.reach.clone()),
        memory: Memory::default(),
    })
}

async fn told(world: &World) -> Result<Vec<alert::Model>> {
    let mut all = world.alerts().await?;
    all.retain(|row| row.kind == AlertKind::FederatedUnreachable);
    Ok(all)
}

impl Driver {
    async fn tick(&mut self, world: &World) -> Result<()> {
        self.replica.beat(&world.app.db).await.map_err(failed)?;
        let (servers, memory) = (&mut self.servers, &mut self.memory);
        drive::tick(&world.app, servers, memory, &self.replica, &self.seat)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

/// The world's own driver and these, until an instant.
async fn drive_all(world: &mut World, drivers: &mut [Driver], until: DateTime<Utc>) -> Result<()> {
    while world.now() < until {
        world.tick().await?;
        for driver in &mut *drivers {
            driver.tick(world).await?;
        }
        let next = world.now() + TimeDelta::seconds(10);
        world.advance(next);
    }
    Ok(())
}

#[tokio::test]
async fn a_federated_server_that_fails_is_one_alert_for_all_labs_and_replicas() -> Result<()> {
    let mut world = World::new(Setting {
        window: 120,
        ..Setting::default()
    })
    .await?;
    let mut drivers = Vec::new();
    for name in ["south", "east"] {
        drivers.push(driver(&world, name, Arc::clone(&world.replica)).await?);
    }
    let other = Arc::new(Replica::default());
    for name in ["west", "far"] {
        drivers.push(driver(&world, name, Arc::clone(&other)).await?);
    }
    world.federated.set_faults(|_| Fault::Status(502));
    drive_all(&mut world, &mut drivers, "2026-11-25T20:04:00Z".parse()?).await?;
    assert_eq!(told(&world).await?, [], "it may be back in a moment");
    drive_all(&mut world, &mut drivers, "2026-11-25T20:20:00Z".parse()?).await?;
    let alerts = told(&world).await?;
    let [only] = alerts.as_slice() else {
        panic!("{alerts:?}");
    };
    assert_eq!((only.lab_id, only.until), (None, None), "{only:?}");

    world.federated.set_faults(|_| Fault::None);
    drive_all(&mut world, &mut drivers, "2026-11-25T20:21:00Z".parse()?).await?;
    let alerts = told(&world).await?;
    assert!(
        matches!(alerts.as_slice(), [row] if row.until.is_some()),
        "{alerts:?}"
    );
    Ok(())
}

/// A replica beside the world's own alone sees that the federated server fails, and raises an alert.
async fn raised(world: &mut World, other: &Arc<Replica>) -> Result<()> {
    let mut alone = driver(world, "west", Arc::clone(other)).await?;
    world.federated.set_faults(|_| Fault::Status(502));
    let opens: DateTime<Utc> = "2026-11-25T20:00:00Z".parse()?;
    world.advance(opens);
    while world.now() < opens + TimeDelta::minutes(10) {
        alone.tick(world).await?;
        let next = world.now() + TimeDelta::seconds(10);
        world.advance(next);
    }
    assert_eq!(told(world).await?.len(), 1);
    world.federated.set_faults(|_| Fault::None);
    world.tick().await?;
    let alerts = told(world).await?;
    assert!(
        alerts.iter().all(|row| row.until.is_none()),
        "it lives, and may see what others do not: {alerts:?}"
    );
    Ok(())
}

/// Whoever is answered clears it.
async fn is_cleared(world: &mut World) -> Result<()> {
    world.tick().await?;
    let alerts = told(world).await?;
    assert!(alerts.iter().all(|row| row.until.is_some()), "{alerts:?}");
    Ok(())
}

#[tokio::test]
async fn an_alert_does_not_outlive_the_replica_that_raised_it() -> Result<()> {
    let mut world = World::new(Setting {
        window: 120,
        ..Setting::default()
    })
    .await?;
    raised(&mut world, &Arc::new(Replica::default())).await?;
    // once it is sure that it is gone
    let sure = world.now() + LOCK_DELAY;
    world.advance(sure + TimeDelta::seconds(10));
    is_cleared(&mut world).await
}

#[tokio::test]
async fn an_alert_does_not_wait_for_a_replica_that_has_no_lab_any_more() -> Result<()> {
    let mut world = World::new(Setting {
        window: 120,
        ..Setting::default()
    })
    .await?;
    let other = Arc::new(Replica::default());
    raised(&mut world, &other).await?;
    other.leave_all(&world.app.db).await.map_err(failed)?;
    other.beat(&world.app.db).await.map_err(failed)?;
    is_cleared(&mut world).await
}
