//! Who drives a lab: one at a time, and whoever was replaced writes nothing any more; whatever the clock does.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::device_health::DeviceHealth as Health;
use entity::lab::LabId;
use entity::lease::{self, LeaseState};
use entity::trail::TrailKind;
use futures_util::future::try_join_all;
use lavafed::app::App;
use lavafed::auth::Actor;
use lavafed::db::Db;
use lavafed::drive::seat::{Replica, Seat};
use lavafed::drive::{self, Pace};
use lavafed::error::Code;
use lavafed::lease::reason::{self, Reason};
use lavafed::service::lab::{self, LabSettings};
use lavafed::service::transition::{By, Entry, LAVAFED, begin_lease, note_lease};
use lavafed_tests::database::{Database, Home};
use lavafed_tests::postgres::Durability;
use lavafed_tests::story;
use sea_orm::ActiveValue::Set;

use crate::day::{at, fine, until_held};
use crate::given_back::want_back;
use crate::invariants::Known;
use crate::world::{Setting, World, failed};

/// How much was written, and where.
async fn written(world: &World) -> Result<[usize; 3]> {
    let trail = world.trail().await?.len();
    Ok([
        trail,
        world.lab.journal().len(),
        world.federated.journal().len(),
    ])
}

async fn ticks_as(world: &mut World, replica: &Replica, seat: &Seat) -> Result<Result<Pace, Code>> {
    let (servers, memory) = (&mut world.servers, &mut world.memory);
    let ticked = drive::tick(&world.app, servers, memory, replica, seat).await;
    Ok(ticked.map_err(|error| error.code))
}

#[tokio::test]
async fn who_was_replaced_writes_nothing_any_more() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    let (old, old_seat) = (world.replica.clone(), world.seat.clone().context("a seat")?);
    world.restart().await?;
    world.tick().await?;
    let seat = world.seat.clone().context("a seat")?;
    assert!(seat.fence > old_seat.fence, "{seat:?} after {old_seat:?}");
    let lease = world.leases().await?.remove(0);
    want_back(&world, lease.id).await?;
    // the old one comes back to itself, and does not know yet
    old.beat(&world.app.db).await.map_err(failed)?;
    let before = written(&world).await?;
    let ticked = ticks_as(&mut world, &old, &old_seat).await?;
    assert_eq!(ticked, Err(Code::Conflict));
    assert_eq!(written(&world).await?, before);
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}

/// Its heart does not beat: others may take its labs any moment.
#[tokio::test]
async fn who_tells_no_longer_that_it_lives_sends_nothing() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    let lease = world.leases().await?.remove(0);
    want_back(&world, lease.id).await?;
    let seat = world.seat.clone().context("a seat")?;
    let mut still = Replica::default();
    still.id.clone_from(&seat.holder);
    let [_, lab, federated] = written(&world).await?;
    let ticked = ticks_as(&mut world, &still, &seat).await?;
    assert_eq!(ticked, Err(Code::Conflict));
    let [_, lab_after, federated_after] = written(&world).await?;
    assert_eq!((lab_after, federated_after), (lab, federated));
    // who drives next gives the intent its outcome
    world.restart().await?;
    world.run(at("21:00:00")?).await?;
    fine(&world, &Known::default()).await
}

/// What several servers share: one database, of whose clock these are the hands.
struct Shared {
    app: Arc<App>,
    hands: Arc<AtomicI64>,
    start: DateTime<Utc>,
    _home: Home,
}

impl Shared {
    /// None: there is no such database here.
    async fn open() -> Result<Option<Self>> {
        let Some(home) = Home::make(Database::Postgres, Durability::Fast).await? else {
            eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
            return Ok(None);
        };
        let start = at("20:00:00")?;
        let hands = Arc::new(AtomicI64::new(start.timestamp_micros()));
        let db = Db::open(&home.config()).await.map_err(anyhow::Error::msg)?;
        let db = db.with_hands(Arc::clone(&hands));
        db.migrate().await.map_err(anyhow::Error::msg)?;
        let app = App::open(home.config(), db, false)
            .await
            .map_err(anyhow::Error::msg)?;
        Ok(Some(Self {
            app,
            hands,
            start,
            _home: home,
        }))
    }

    async fn lab(&self, name: &str) -> Result<LabId> {
        let settings = LabSettings::default();
        let added = lab::add(&self.app, &Actor::Operator, name, &settings, self.start).await;
        Ok(added.map_err(failed)?.id)
    }
}

/// The seats that a replica comes by when it tries for each lab at the same moment.
async fn taken(shared: &Shared, replica: &Replica, labs: &[LabId]) -> Result<Vec<Seat>> {
    let tries = labs.iter().map(|lab| replica.take(&shared.app.db, *lab));
    let seats = try_join_all(tries).await.map_err(failed)?;
    Ok(seats.into_iter().flatten().collect())
}

/// Where several servers share a database; of a SQLite file there is one.
#[test]
fn a_lab_is_taken_over_from_who_is_silent_for_long_enough() -> Result<()> {
    story::run(async {
        let Some(shared) = Shared::open().await? else {
            return Ok(());
        };
        let lab = shared.lab("north").await?;
        let db = &shared.app.db;
        let (first, second) = (Replica::default(), Replica::default());
        first.beat(db).await.map_err(failed)?;
        let seat = first
            .take(db, lab)
            .await
            .map_err(failed)?
            .context("a seat")?;
        for (seconds, taken) in [(1, false), (14, false), (15, false), (16, true)] {
            let now = shared.start + TimeDelta::seconds(seconds);
            shared.hands.store(now.timestamp_micros(), Ordering::SeqCst);
            second.beat(db).await.map_err(failed)?;
            let its = second.take(db, lab).await.map_err(failed)?;
            assert_eq!(
                its.map(|its| its.fence),
                taken.then_some(seat.fence + 1),
                "{seconds} s"
            );
        }
        let txn = db.begin().await.map_err(failed)?;
        let held = seat.hold(&txn).await;
        assert_eq!(held.map_err(|error| error.code), Err(Code::Conflict));
        drop(txn);
        // who has nothing to do, and so nothing to commit, learns it as well
        let sits = first.share(db, &seat).await;
        assert_eq!(sits.map_err(|error| error.code), Err(Code::Conflict));
        Ok(())
    })
}

/// The labs' drivers all look at the same moment: what is let go of is what is too much, and no more.
#[test]
fn a_new_replica_gets_its_share_at_once() -> Result<()> {
    story::run(async {
        let Some(shared) = Shared::open().await? else {
            return Ok(());
        };
        let mut labs = Vec::new();
        for nth in 1..=12 {
            labs.push(shared.lab(&format!("lab-{nth}")).await?);
        }
        let db = &shared.app.db;
        let (first, second) = (Replica::default(), Replica::default());
        first.beat(db).await.map_err(failed)?;
        let seats = taken(&shared, &first, &labs).await?;
        assert_eq!(seats.len(), 12, "alone it drives all");
        second.beat(db).await.map_err(failed)?;
        assert_eq!(taken(&shared, &second, &labs).await?, []);
        let left = try_join_all(seats.iter().map(|seat| first.share(db, seat))).await;
        let left = left
            .map_err(failed)?
            .into_iter()
            .filter(|left| *left)
            .count();
        assert_eq!(left, 6);
        let (its, new) = futures_util::try_join!(
            taken(&shared, &first, &labs),
            taken(&shared, &second, &labs)
        )?;
        assert_eq!((its.len(), new.len()), (6, 6));
        Ok(())
    })
}

#[tokio::test]
async fn a_device_has_one_open_lease_whoever_asks() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    let (round, lease) = (
        world.rounds().await?.remove(0),
        world.leases().await?.remove(0),
    );
    let why = Reason::new(reason::Code::Planned, "Once more.");
    let by = By {
        actor: LAVAFED,
        fence: None,
    };
    let txn = world.app.db.begin().await.map_err(failed)?;
    let (device, state) = (lease.device_id, LeaseState::Planned);
    let begun = begin_lease(&txn, &round, device, state, &why, by, world.now()).await;
    assert_eq!(
        begun.map(|lease| lease.id).map_err(|error| error.code),
        Err(Code::AlreadyLeased)
    );
    Ok(())
}

#[tokio::test]
async fn the_health_found_is_written_once() -> Result<()> {
    let mut world = World::new(Setting::default()).await?;
    until_held(&mut world).await?;
    let lease = world.leases().await?.remove(0);
    let why = Reason::new(reason::Code::Acquired, "Once more.");
    let entry = Entry::of_lease(&lease, TrailKind::Note, "again", &why);
    let facts = lease::ActiveModel {
        saved_health: Set(Some(Health::Maintenance)),
        ..Default::default()
    };
    let by = By {
        actor: LAVAFED,
        fence: None,
    };
    let txn = world.app.db.begin().await.map_err(failed)?;
    let noted = note_lease(&txn, &lease, facts, &entry, by, world.now()).await;
    assert_eq!(noted.map_err(|error| error.code), Err(Code::Conflict));
    Ok(())
}

/// The clock that all replicas go by jumps by an hour, either way, while devices are held; that of the labs does not.
#[tokio::test]
async fn a_clock_that_jumps_costs_nobody_a_device() -> Result<()> {
    for hours in [1, -1] {
        let mut world = World::new(Setting::default()).await?;
        until_held(&mut world).await?;
        let mut labs = world.now();
        let jumped = labs + TimeDelta::hours(hours);
        world
            .hands
            .store(jumped.timestamp_micros(), Ordering::SeqCst);
        let end = at("21:00:00")?.max(jumped + TimeDelta::hours(1));
        while world.now() < end {
            let pause = match world.tick().await? {
                Pace::Now => TimeDelta::milliseconds(200),
                Pace::Soon | Pace::Idle(_) => TimeDelta::seconds(10),
            };
            labs += pause;
            let now = world.now() + pause;
            world.hands.store(now.timestamp_micros(), Ordering::SeqCst);
            world.federation.advance(labs);
        }
        assert_eq!(
            world.told().await?,
            [
                "board-1 Released RESTORED, found Good, left Good",
                "board-2 Released RESTORED, found Unknown, left Unknown",
            ],
            "{hours}"
        );
    }
    Ok(())
}
