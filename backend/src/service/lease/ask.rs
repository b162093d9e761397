//! What may be asked of leases: a device to be lent now, or to be given back
//! now. Nothing is sent to a LAVA server here.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    device,
    lab::LabId,
    lease::{self, LeaseId, LeaseState},
    round::{self, RoundState},
    trail::TrailKind,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::get;
use crate::{
    app::App,
    auth::Actor,
    error::{Code, Error, Result},
    event,
    lease::reason::{self, Reason},
    service::{
        device as devices,
        lab::lend,
        transition::{self, By, Entry},
    },
};

/// The lease that is meant.
#[derive(Clone, Debug)]
pub enum Wanted {
    Id(LeaseId),
    /// The open one of a device, else its last.
    Of {
        lab: String,
        hostname: String,
    },
}

/// Plans a lease in the lab's open round for a device that has none.
///
/// # Errors
/// What `lend::allowed` refuses; `NOT_FOUND`, `NO_OPEN_ROUND`,
/// `WINDOW_TOO_SHORT`, `NOT_LENDABLE` or `ALREADY_LEASED`.
pub async fn acquire(
    app: &App,
    actor: &Actor,
    lab: &str,
    hostname: &str,
    now: DateTime<Utc>,
) -> Result<lease::Model> {
    let lab = lend::allowed(app.db.read(), actor, lab)
        .await
        .map_err(|error| error.at("lab"))?;
    let txn = app.db.begin().await?;
    event::lock(&txn).await?;
    let device = devices::get(&txn, Some(&lab.name), hostname).await?;
    if let Some(open) = devices::open_lease(&txn, device.id).await? {
        let sentence = format!("{hostname} has the open lease {}: {}", open.id, open.reason);
        return Err(Error::new(Code::AlreadyLeased, sentence).at("hostname"));
    }
    if !device.lendable {
        let sentence = format!("{hostname} is not lent. Mark it as lendable first.");
        return Err(Error::new(Code::NotLendable, sentence).at("hostname"));
    }
    if let Some(lack) = devices::not_equipped(&device) {
        return Err(Error::new(Code::NotLendable, lack.sentence).at("hostname"));
    }
    let round = open_round(&txn, lab.id).await?.ok_or_else(|| {
        let why = if lab.paused {
            "it is paused"
        } else {
            "its window is closed, or the federated server does not answer"
        };
        let sentence = format!("No round of the lab {} is open: {why}.", lab.name);
        Error::new(Code::NoOpenRound, sentence).at("lab")
    })?;
    let needed = app.config.closing_seconds + app.config.worthwhile_seconds;
    if round.ends_at - now < TimeDelta::seconds(needed.into()) {
        let sentence = format!(
            "The window of the lab {} ends at {}: what is left is not worth a lease.",
            lab.name,
            round.ends_at.format("%H:%M UTC")
        );
        return Err(Error::new(Code::WindowTooShort, sentence).at("lab"));
    }
    let why = Reason::new(
        reason::Code::Planned,
        "It was asked for; its dispatcher is awaited.",
    );
    let name = actor.name();
    let by = By {
        actor: &name,
        fence: None,
    };
    let lease =
        transition::begin_lease(&txn, &round, device.id, LeaseState::Planned, &why, by, now)
            .await
            .map_err(|error| error.at("hostname"))?;
    txn.commit().await?;
    app.head.advance(lease.event_no);
    app.wake();
    Ok(lease)
}

/// The lab's open round, which stays so until the transaction ends.
async fn open_round(txn: &DatabaseTransaction, lab: LabId) -> Result<Option<round::Model>> {
    Ok(round::Entity::find()
        .filter(round::Column::LabId.eq(lab))
        .filter(round::Column::State.eq(RoundState::Open))
        .lock_exclusive()
        .one(txn)
        .await?)
}

/// Asks for a device back now. However often it is asked, it is noted once; a
/// lease that is over stays as it is. `keep_in_maintenance` cannot be taken back.
///
/// # Errors
/// What `lend::allowed` refuses, and `NOT_FOUND`.
pub async fn release(
    app: &App,
    actor: &Actor,
    wanted: &Wanted,
    keep_in_maintenance: bool,
    now: DateTime<Utc>,
) -> Result<lease::Model> {
    let speaks_for = actor.may_lend()?;
    let txn = app.db.begin().await?;
    event::lock(&txn).await?;
    let lease = meant(&txn, wanted).await?;
    lend::check(&txn, speaks_for, lease.lab_id).await?;
    let keep = keep_in_maintenance || lease.keep_in_maintenance;
    let asked = lease.release_asked.is_some() && keep == lease.keep_in_maintenance;
    if lease.state.is_final() || asked {
        return Ok(lease);
    }
    let why = Reason::new(reason::Code::OwnerAsked, sentence(actor, keep));
    let facts = lease::ActiveModel {
        release_asked: Set(Some(why.code.as_str().to_owned())),
        release_reason: Set(Some(why.sentence.clone())),
        keep_in_maintenance: Set(keep),
        ..Default::default()
    };
    let name = actor.name();
    let by = By {
        actor: &name,
        fence: None,
    };
    let entry = Entry::of_lease(&lease, TrailKind::Note, "release", &why);
    let no = transition::note_lease(&txn, &lease, facts, &entry, by, now).await?;
    let asked = get(&txn, lease.id).await?;
    txn.commit().await?;
    app.head.advance(no);
    app.wake();
    Ok(asked)
}

async fn meant(txn: &impl ConnectionTrait, wanted: &Wanted) -> Result<lease::Model> {
    let (lab, hostname) = match wanted {
        Wanted::Id(id) => return get(txn, *id).await.map_err(|error| error.at("lease")),
        Wanted::Of { lab, hostname } => (lab, hostname),
    };
    let device: device::Model = devices::get(txn, Some(lab), hostname).await?;
    if let Some(open) = devices::open_lease(txn, device.id).await? {
        return Ok(open);
    }
    lease::Entity::find()
        .filter(lease::Column::DeviceId.eq(device.id))
        .order_by_desc(lease::Column::Id)
        .one(txn)
        .await?
        .ok_or_else(|| {
            let sentence = format!("{hostname} was never lent.");
            Error::new(Code::NotFound, sentence).at("hostname")
        })
}

fn sentence(actor: &Actor, keep: bool) -> String {
    let who = match actor {
        Actor::Operator => "The operator",
        Actor::Token(token) if token.scope == entity::token::Scope::Lend => "The lab's owner",
        Actor::Token(_) | Actor::Anonymous => "An administrator",
    };
    let how = if keep {
        ", to be left in Maintenance"
    } else {
        ""
    };
    format!("{who} wants it back now{how}.")
}
