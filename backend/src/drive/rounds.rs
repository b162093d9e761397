//! Rounds: begun with their leases, closed, ended. `lease::round` says when.

use std::collections::BTreeSet;

use entity::{
    device, device_type, lease as lease_row,
    lease::LeaseState,
    plan,
    round::{self, RoundState},
    submission::{self, SubmissionState},
    version,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::{
    known::{self, Changed, LATELY, OnNow, read},
    submissions,
    tick::Tick,
};
use crate::{
    error::Result,
    lease::{
        reason::{Code, Reason},
        round::{Seen, Start, close, start},
    },
    service::{device as devices, job::make_version, transition},
    window::Window,
};

/// The lab's round that is on, begun now if it is time, closed if it is.
pub(super) async fn keep(tick: &mut Tick<'_>, window: Window) -> Result<Option<OnNow>> {
    let on = known::on(tick).await?;
    let worth_asking = on.is_some() || matches!(window, Window::Open { .. });
    let told = if worth_asking {
        version_lately(tick).await
    } else {
        None
    };
    let lab = tick.lab.clone();
    let seen = Seen {
        lab: &lab,
        window,
        version: told.as_deref(),
    };
    let Some(on) = on else {
        return begin(tick, &seen).await;
    };
    if on.round.state != RoundState::Open {
        return Ok(Some(on));
    }
    Ok(Some(
        match close(&on.round, &on.version, &seen, &tick.timing, tick.now) {
            Some(why) => OnNow {
                round: close_now(tick, on.round, &why).await?,
                ..on
            },
            None => on,
        },
    ))
}

/// The federated server's version, if need be as it was a moment ago.
async fn version_lately(tick: &mut Tick<'_>) -> Option<String> {
    if let Some((at, told)) = &tick.memory.version_told
        && tick.now - *at < LATELY
    {
        return Some(told.clone());
    }
    let told = version_told(tick).await;
    tick.memory.version_told = told.clone().map(|told| (tick.now, told));
    told
}

async fn last_of(tick: &Tick<'_>) -> Result<Option<round::Model>> {
    Ok(round::Entity::find()
        .filter(round::Column::LabId.eq(tick.lab.id))
        .order_by_desc(round::Column::Id)
        .one(tick.app.db.read())
        .await?)
}

/// The federated server's version by its own word; None when it does not tell.
pub(super) async fn version_told(tick: &mut Tick<'_>) -> Option<String> {
    let client = tick.federated.clone().ok()?;
    let told = client.version().await;
    tick.heard_federated(&told);
    told.ok()
}

/// Whether the federated server still is of the round's version; asked before each submission. If not, the next tick
/// ends the round.
pub(super) async fn is_still(tick: &mut Tick<'_>, version: &str) -> bool {
    let told = version_told(tick).await;
    let same = told.as_deref() == Some(version);
    if !same {
        tick.memory.version_told = None;
    }
    same
}

async fn begin(tick: &mut Tick<'_>, seen: &Seen<'_>) -> Result<Option<OnNow>> {
    let last = match seen.window {
        Window::Open { .. } => last_of(tick).await?,
        Window::Closed { .. } => None,
    };
    let (opens_at, ends_at) = match start(seen, last.as_ref(), &tick.timing, tick.now) {
        Start::No(sentence) => {
            say_once(tick, sentence);
            return Ok(None);
        }
        Start::Yes { opens_at, ends_at } => (opens_at, ends_at),
    };
    if let Err(sentence) = tick.remote.as_ref().and(tick.federated.as_ref()) {
        let sentence = sentence.clone();
        say_once(tick, sentence);
        return Ok(None);
    }
    let Some(told) = seen.version else {
        return Ok(None);
    };
    let wishes = wishes(tick).await?;
    if wishes.is_empty() {
        say_once(tick, "The lab lends no device.".to_owned());
        return Ok(None);
    }
    tick.memory.said = None;
    let round = begin_with(tick, told, opens_at, ends_at, &wishes).await?;
    tracing::info!(lab.name = %tick.lab.name, round.id = %round.id, version = told, "a round begins");
    Ok(Some(read(tick, round, told.to_owned()).await?))
}

fn say_once(tick: &mut Tick<'_>, sentence: String) {
    if tick.memory.said.as_ref() != Some(&sentence) {
        tracing::info!(lab.name = %tick.lab.name, "no round: {sentence}");
        tick.memory.said = Some(sentence);
    }
}

/// A lendable device, and why it is not lent today after all.
struct Wish {
    device: device::Model,
    skip: Option<Reason>,
}

async fn wishes(tick: &Tick<'_>) -> Result<Vec<Wish>> {
    let db = tick.app.db.read();
    let devices = device::Entity::find()
        .filter(device::Column::LabId.eq(tick.lab.id))
        .filter(device::Column::Lendable.eq(true))
        .order_by_asc(device::Column::Id)
        .all(db)
        .await?;
    let planned: BTreeSet<_> = plan::Entity::find()
        .filter(plan::Column::UntilEvent.is_null())
        .filter(plan::Column::Template.is_not_null())
        .all(db)
        .await?
        .into_iter()
        .filter_map(|row| row.device_type_id)
        .collect();
    let open: BTreeSet<_> = lease_row::Entity::open()
        .filter(lease_row::Column::LabId.eq(tick.lab.id))
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.device_id)
        .collect();
    let mut wishes = Vec::with_capacity(devices.len());
    for device in devices {
        if open.contains(&device.id) {
            continue;
        }
        let skip = if !planned.contains(&device.device_type_id) {
            let kind = device_type::Entity::find_by_id(device.device_type_id)
                .one(db)
                .await?
                .map_or_else(String::new, |row| row.name);
            Some(Reason::new(
                Code::NothingPlanned,
                format!("The plan has no job template for the device-type {kind}."),
            ))
        } else {
            devices::not_equipped(&device)
        };
        wishes.push(Wish { device, skip });
    }
    Ok(wishes)
}

async fn begin_with(
    tick: &mut Tick<'_>,
    told: &str,
    opens_at: chrono::DateTime<chrono::Utc>,
    ends_at: chrono::DateTime<chrono::Utc>,
    wishes: &[Wish],
) -> Result<round::Model> {
    let txn = tick.begin().await?;
    let known = version::Entity::find()
        .filter(version::Column::Name.eq(told))
        .one(&txn)
        .await?;
    let version = match known {
        Some(row) => row.id,
        None => make_version(&txn, told, tick.now).await?.id,
    };
    let row = round::ActiveModel {
        id: NotSet,
        lab_id: Set(tick.lab.id),
        version_id: Set(version),
        opens_at: Set(opens_at),
        ends_at: Set(ends_at),
        state: Set(RoundState::Open),
        code: Set(None),
        reason: Set(None),
        started_at: Set(tick.now),
        closing_at: Set(None),
        ended_at: Set(None),
    };
    let round = round::Entity::insert(row).exec_with_returning(&txn).await?;
    let planned = Reason::new(
        Code::Planned,
        "The lab's window is open; its dispatcher is awaited.",
    );
    let mut event = None;
    let mut docker_devices = BTreeSet::new();
    for wish in wishes {
        let (state, why) = match &wish.skip {
            Some(why) => (LeaseState::Skipped, why),
            None => (LeaseState::Planned, &planned),
        };
        let lease = transition::begin_lease(
            &txn,
            &round,
            wish.device.id,
            state,
            why,
            tick.by(),
            tick.now,
        )
        .await?;
        event = Some(lease.event_no);
        if wish.skip.is_none() {
            docker_devices.extend(wish.device.docker_device.clone());
        }
    }
    for docker_device in docker_devices {
        submissions::plan_dispatcher(tick, &txn, &round, &docker_device).await?;
    }
    tick.commit(txn, Changed::Leases, event).await?;
    Ok(round)
}

async fn close_now(tick: &mut Tick<'_>, open: round::Model, why: &Reason) -> Result<round::Model> {
    let txn = tick.begin().await?;
    round::Entity::update_many()
        .set(round::ActiveModel {
            state: Set(RoundState::Closing),
            code: Set(Some(why.code.as_str().to_owned())),
            reason: Set(Some(why.sentence.clone())),
            closing_at: Set(Some(tick.now)),
            ..Default::default()
        })
        .filter(round::Column::Id.eq(open.id))
        .filter(round::Column::State.eq(RoundState::Open))
        .exec(&txn)
        .await?;
    tick.commit(txn, Changed::Nothing, None).await?;
    tracing::info!(lab.name = %tick.lab.name, round.id = %open.id, "the round closes: {why}");
    Ok(round::Model {
        state: RoundState::Closing,
        code: Some(why.code.as_str().to_owned()),
        reason: Some(why.sentence.clone()),
        closing_at: Some(tick.now),
        ..open
    })
}

/// Ends a round whose leases and jobs are all over. Whether it did.
pub(super) async fn end(tick: &mut Tick<'_>, on: &OnNow) -> Result<bool> {
    let leases = on.leases.iter().all(|lease| lease.state.is_final());
    let jobs = on
        .submissions
        .iter()
        .all(|row| row.state == SubmissionState::Over);
    if !(leases && jobs) {
        return Ok(false);
    }
    let txn = tick.begin().await?;
    // somebody may have wished for a device meanwhile; from here on nobody can
    let _round = round::Entity::find_by_id(on.round.id)
        .lock_exclusive()
        .one(&txn)
        .await?;
    let waiting = lease_row::Entity::open()
        .filter(lease_row::Column::RoundId.eq(on.round.id))
        .one(&txn)
        .await?;
    if waiting.is_some() {
        return Ok(false);
    }
    let mut facts = round::ActiveModel {
        state: Set(RoundState::Ended),
        ended_at: Set(Some(tick.now)),
        ..Default::default()
    };
    if on.round.code.is_none() {
        facts.code = Set(Some(Code::RoundDone.as_str().to_owned()));
        facts.reason = Set(Some("Everything planned is done.".to_owned()));
    }
    round::Entity::update_many()
        .set(facts)
        .filter(
            Condition::all()
                .add(round::Column::Id.eq(on.round.id))
                .add(round::Column::State.ne(RoundState::Ended)),
        )
        .exec(&txn)
        .await?;
    tick.commit(txn, Changed::Nothing, None).await?;
    tracing::info!(lab.name = %tick.lab.name, round.id = %on.round.id, "the round has ended");
    Ok(true)
}

/// The latest SLAVE submission of a docker device in a round.
pub(super) fn dispatcher_of<'a>(
    on: &'a OnNow,
    docker_device: Option<&str>,
) -> Option<&'a submission::Model> {
    let wanted = docker_device?;
    on.submissions
        .iter()
        .rfind(|row| row.docker_device.as_deref() == Some(wanted))
}
