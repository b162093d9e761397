//! How a lab answers, as its page shows it.

use chrono::TimeDelta;
use entity::lab_driver;
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::tick::{Tick, outcome};
use crate::error::Result;

/// How often a lab in which nothing is on is asked how it does.
const PROBE: TimeDelta = TimeDelta::minutes(5);
/// How exact the time of the last contact is.
const EXACT: TimeDelta = TimeDelta::minutes(1);

/// Asks a lab in which nothing is on.
pub(super) async fn probe(tick: &mut Tick<'_>) -> Result<()> {
    let due = tick
        .memory
        .probed_at
        .is_none_or(|at| tick.now - at >= PROBE);
    if let (true, Ok(client)) = (due, tick.remote.clone()) {
        tick.memory.probed_at = Some(tick.now);
        let answer = client.version().await;
        tick.heard(&answer);
    }
    Ok(())
}

/// Keeps how the lab answered in this tick, if that is news.
pub(super) async fn keep(tick: &mut Tick<'_>) -> Result<()> {
    if tick.known.driver.is_none() {
        tick.known.driver = lab_driver::Entity::find_by_id(tick.lab.id)
            .one(tick.app.db.read())
            .await?;
    }
    let known = tick.known.driver.as_ref();
    let Some(news) = known.and_then(|known| news(tick, known)) else {
        return Ok(());
    };
    let facts = lab_driver::ActiveModel {
        contacted_at: Set(news.contacted_at),
        failing_since: Set(news.failing_since),
        failure_code: Set(news.failure_code.clone()),
        failure: Set(news.failure.clone()),
        ..Default::default()
    };
    tick.seat.note(&tick.app.db, facts).await?;
    tick.known.driver = Some(news);
    Ok(())
}

fn news(tick: &Tick<'_>, known: &lab_driver::Model) -> Option<lab_driver::Model> {
    let Some(error) = tick.failure.clone() else {
        let stale = known.failing_since.is_some()
            || known.contacted_at.is_none_or(|at| tick.now - at > EXACT);
        return (tick.contacted && stale).then(|| lab_driver::Model {
            contacted_at: Some(tick.now),
            failing_since: None,
            failure_code: None,
            failure: None,
            ..known.clone()
        });
    };
    let why = outcome::<()>(&Err(error));
    let new = known.failing_since.is_none() || known.failure.as_ref() != Some(&why.sentence);
    new.then(|| lab_driver::Model {
        failing_since: known.failing_since.or(Some(tick.now)),
        failure_code: Some(why.code.as_str().to_owned()),
        failure: Some(why.sentence),
        ..known.clone()
    })
}
