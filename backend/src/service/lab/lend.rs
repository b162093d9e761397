//! What an owner says of a lab without an administrator: not now, again, and not
//! on these days. Must not touch leases: who drives the lab reads what is said.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    lab::{self, LabId},
    round::{self, RoundState},
    source::{self, SourceId},
    trail::TrailKind,
    veto_day,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
};

use super::get;
use crate::{
    app::App,
    auth::{self, Actor},
    error::{Error, Result},
    lease::reason::{Code, Reason},
    service::transition::{self, By, Entry},
};

/// How far ahead days off may lie, and how far back they may be corrected.
const AHEAD: TimeDelta = TimeDelta::days(732);
const BACK: TimeDelta = TimeDelta::days(2);

/// The lab of that name, when the caller speaks for it: by a `lend` token of its
/// own, as an administrator, or as the operator.
///
/// # Errors
/// `UNAUTHENTICATED` without a token, `FORBIDDEN` with one of another lab or
/// scope, `NOT_FOUND`.
pub async fn allowed(db: &impl ConnectionTrait, actor: &Actor, name: &str) -> Result<lab::Model> {
    let speaks_for = actor.may_lend()?;
    let lab = get(db, name).await?;
    check(db, speaks_for, lab.id).await?;
    Ok(lab)
}

/// Whether a source, as `Actor::may_lend` gives it, speaks for the lab.
///
/// # Errors
/// `FORBIDDEN` when it speaks for another.
pub async fn check(
    db: &impl ConnectionTrait,
    speaks_for: Option<SourceId>,
    lab: LabId,
) -> Result<()> {
    let Some(source) = speaks_for else {
        return Ok(());
    };
    let source = source::Entity::find_by_id(source).one(db).await?;
    if source.and_then(|row| row.lab_id) == Some(lab) {
        return Ok(());
    }
    Err(auth::forbidden("The token lends for another lab."))
}

/// Lends nothing more until `resume`; what is out is given back. A paused lab
/// stays so.
///
/// # Errors
/// `NOT_FOUND`, or what `allowed` refuses.
pub async fn pause(app: &App, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<lab::Model> {
    set_paused(app, actor, name, true, now).await
}

/// Lends again, from the next window on.
///
/// # Errors
/// As `pause`.
pub async fn resume(
    app: &App,
    actor: &Actor,
    name: &str,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    set_paused(app, actor, name, false, now).await
}

async fn set_paused(
    app: &App,
    actor: &Actor,
    name: &str,
    paused: bool,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    let known = allowed(app.db.read(), actor, name)
        .await
        .map_err(|error| error.at("lab"))?;
    if known.paused == paused {
        return Ok(known);
    }
    app.change_catalog(now, async |txn, no| {
        let mut row = get(txn, name).await?.into_active_model();
        row.paused = Set(paused);
        let lab = row.update(txn).await?;
        if paused {
            note_pause(txn, actor, lab.id, no, now).await?;
        }
        Ok(lab)
    })
    .await
}

/// A round that is on ends by it: its trail says who did so.
async fn note_pause(
    txn: &DatabaseTransaction,
    actor: &Actor,
    lab: LabId,
    event: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let open = round::Entity::find()
        .filter(round::Column::LabId.eq(lab))
        .filter(round::Column::State.ne(RoundState::Ended))
        .one(txn)
        .await?;
    let Some(open) = open else {
        return Ok(());
    };
    let why = Reason::new(Code::LabPaused, "The lab was paused.");
    let entry = Entry {
        lab,
        round: Some(open.id),
        lease: None,
        submission: None,
        kind: TrailKind::Note,
        action: "pause",
        before: None,
        after: None,
        why: &why,
        event: Some(event),
    };
    let name = actor.name();
    let by = By {
        actor: &name,
        fence: None,
    };
    transition::append_trail(txn, &entry, by, now).await?;
    Ok(())
}

/// The days on which no window of the lab opens, in their order.
///
/// # Errors
/// When the database fails.
pub async fn veto_days(db: &impl ConnectionTrait, lab: LabId) -> Result<Vec<NaiveDate>> {
    let rows = veto_day::Entity::find()
        .filter(veto_day::Column::LabId.eq(lab))
        .order_by_asc(veto_day::Column::Day)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.day).collect())
}

/// No window opens on that local day of the lab. Gives all such days.
///
/// # Errors
/// `NOT_FOUND`, `BAD_USER_INPUT` for a day far away, or what `allowed` refuses.
pub async fn veto(
    app: &App,
    actor: &Actor,
    name: &str,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    let lab = allowed(app.db.read(), actor, name)
        .await
        .map_err(|error| error.at("lab"))?;
    let today = now.date_naive();
    if day > today + AHEAD || day < today - BACK {
        return Err(Error::input(
            "day",
            format!("The {day} is neither one of the next two years nor just past."),
        ));
    }
    app.change_catalog(now, async |txn, _| {
        if veto_days(txn, lab.id).await?.contains(&day) {
            return Ok(());
        }
        let row = veto_day::ActiveModel {
            id: NotSet,
            lab_id: Set(lab.id),
            day: Set(day),
        };
        veto_day::Entity::insert(row)
            .exec_without_returning(txn)
            .await?;
        Ok(())
    })
    .await?;
    Ok(lab)
}

/// The window opens on that day after all.
///
/// # Errors
/// As `veto`.
pub async fn unveto(
    app: &App,
    actor: &Actor,
    name: &str,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    let lab = allowed(app.db.read(), actor, name)
        .await
        .map_err(|error| error.at("lab"))?;
    app.change_catalog(now, async |txn, _| {
        veto_day::Entity::delete_many()
            .filter(veto_day::Column::LabId.eq(lab.id))
            .filter(veto_day::Column::Day.eq(day))
            .exec(txn)
            .await?;
        Ok(())
    })
    .await?;
    Ok(lab)
}
