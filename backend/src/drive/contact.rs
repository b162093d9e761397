//! How a lab answers, as its page shows it.

use chrono::TimeDelta;
use entity::lab_driver;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::tick::{Tick, outcome};
use crate::error::Result;

/// How often a lab in which nothing is on is asked how it does.
const PROBE: TimeDelta = TimeDelta::minutes(5);
/// How exact the time of the last contact is.
const EXACT: TimeDelta = TimeDelta::seconds(30);

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

/// Keeps how the lab answered in this tick.
pub(super) async fn keep(tick: &mut Tick<'_>) -> Result<()> {
    if !tick.contacted && tick.failure.is_none() {
        return Ok(());
    }
    let known = lab_driver::Entity::find_by_id(tick.lab.id)
        .one(tick.app.db.read())
        .await?;
    let Some(known) = known else { return Ok(()) };
    let mut facts = lab_driver::ActiveModel::default();
    let news = match tick.failure.clone() {
        Some(error) => {
            let why = outcome::<()>(&Err(error));
            facts.failing_since = Set(known.failing_since.or(Some(tick.now)));
            facts.failure_code = Set(Some(why.code.as_str().to_owned()));
            facts.failure = Set(Some(why.sentence.clone()));
            known.failing_since.is_none() || known.failure.as_ref() != Some(&why.sentence)
        }
        None => {
            facts.contacted_at = Set(Some(tick.now));
            facts.failing_since = Set(None);
            facts.failure_code = Set(None);
            facts.failure = Set(None);
            known.failing_since.is_some()
                || known.contacted_at.is_none_or(|at| tick.now - at > EXACT)
        }
    };
    if !news {
        return Ok(());
    }
    let acted = tick.acted;
    let txn = tick.begin().await?;
    lab_driver::Entity::update_many()
        .set(facts)
        .filter(lab_driver::Column::LabId.eq(tick.lab.id))
        .exec(&txn)
        .await?;
    tick.commit(txn, None).await?;
    // nothing follows from it
    tick.acted = acted;
    Ok(())
}
