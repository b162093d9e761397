//! Labs: remote LAVA instances that lend devices.

pub mod contribution;
pub mod lend;
mod settings;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    alert, device,
    lab::{self, Door, LabId},
    lab_driver, lease, receipt, round, source, token, trail, veto_day,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    app::App,
    auth::Actor,
    config::Config,
    error::{Error, Result},
    lava::client::Secret,
    seal,
    service::name,
    window::Daily,
};

pub use settings::LabSettings;

/// # Errors
/// `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<lab::Model> {
    find(db, name)
        .await?
        .ok_or_else(|| Error::not_found("lab", name))
}

/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<lab::Model>> {
    Ok(lab::Entity::find()
        .filter(lab::Column::Name.eq(name))
        .one(db)
        .await?)
}

/// All labs, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<lab::Model>> {
    let mut rows = lab::Entity::find().all(db).await?;
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}

/// Adds a lab, and the source its tokens speak for.
///
/// # Errors
/// `BAD_USER_INPUT` naming the field, or `CONFLICT` when the name is taken.
pub async fn add(
    app: &App,
    actor: &Actor,
    name: &str,
    settings: &LabSettings,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let lab = add_in(&app.config, txn, name, settings, now).await?;
        match &settings.api_token {
            Some(token) => set_token(app, txn, lab, token).await,
            None => Ok(lab),
        }
    })
    .await
}

/// Adds a lab, without an API token, within a transaction that tells of it by
/// its own event.
///
/// # Errors
/// As `add`.
pub async fn add_in(
    config: &Config,
    txn: &DatabaseTransaction,
    name: &str,
    settings: &LabSettings,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    name::lab_name("name", name)?;
    if find(txn, name).await?.is_some() {
        return Err(Error::conflict(format!("There is a lab {name:?} already.")).at("name"));
    }
    let mut row = lab::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        url: Set(None),
        time_zone: Set("UTC".to_owned()),
        window_opens: Set(0),
        window_minutes: Set(0),
        paused: Set(false),
        created_at: Set(now),
        door: Set(Door::Rest),
        lava_user: Set(None),
        api_token: Set(None),
    };
    settings.apply(config, &mut row)?;
    let lab = lab::Entity::insert(row).exec_with_returning(txn).await?;
    let source = source::ActiveModel {
        id: NotSet,
        name: Set(format!("lab:{name}")),
        lab_id: Set(Some(lab.id)),
    };
    source::Entity::insert(source)
        .exec_without_returning(txn)
        .await?;
    Ok(lab)
}

/// Changes what is given and leaves the rest.
///
/// # Errors
/// `BAD_USER_INPUT` naming the field, or `NOT_FOUND`.
pub async fn update(
    app: &App,
    actor: &Actor,
    name: &str,
    settings: &LabSettings,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let known = get(txn, name).await.map_err(|error| error.at("name"))?;
        let mut row = known.clone().into_active_model();
        settings.apply(&app.config, &mut row)?;
        let lab = if row.is_changed() {
            row.update(txn).await?
        } else {
            known
        };
        match &settings.api_token {
            Some(token) => set_token(app, txn, lab, token).await,
            None => Ok(lab),
        }
    })
    .await
}

async fn set_token(
    app: &App,
    txn: &DatabaseTransaction,
    lab: lab::Model,
    token: &Secret,
) -> Result<lab::Model> {
    let token = settings::api_token(token)?;
    let sealed = seal::seal(&app.key, lab.id, &token)?;
    let mut row = lab.into_active_model();
    row.api_token = Set(Some(sealed));
    Ok(row.update(txn).await?)
}

/// Removes a lab that lends nothing and has told nothing.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when it has leases, devices, tokens or results.
pub async fn remove(app: &App, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<()> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let row = get(txn, name).await.map_err(|error| error.at("name"))?;
        let open = lease::Entity::open()
            .filter(lease::Column::LabId.eq(row.id))
            .one(txn)
            .await?;
        if let Some(lease) = open {
            let sentence = format!(
                "The lab {name} has the open lease {}: its device is not back yet. Pause the lab and wait until all are back.",
                lease.id
            );
            return Err(Error::conflict(sentence).at("name"));
        }
        if in_use(txn, row.id).await? {
            let sentence = format!(
                "The lab {name} has devices, leases, tokens or results; they are kept. Pause it instead."
            );
            return Err(Error::conflict(sentence).at("name"));
        }
        forget(txn, row.id).await
    })
    .await
}

async fn in_use(txn: &DatabaseTransaction, id: LabId) -> Result<bool> {
    let devices = device::Entity::find().filter(device::Column::LabId.eq(id));
    let rounds = round::Entity::find().filter(round::Column::LabId.eq(id));
    let trail = trail::Entity::find().filter(trail::Column::LabId.eq(id));
    if devices.count(txn).await? + rounds.count(txn).await? + trail.count(txn).await? > 0 {
        return Ok(true);
    }
    let source = source::Entity::find()
        .filter(source::Column::LabId.eq(id))
        .one(txn)
        .await?;
    let Some(source) = source else {
        return Ok(false);
    };
    let tokens = token::Entity::find()
        .filter(token::Column::SourceId.eq(source.id))
        .count(txn)
        .await?;
    let receipts = receipt::Entity::find()
        .filter(receipt::Column::SourceId.eq(source.id))
        .count(txn)
        .await?;
    let jobs = entity::job::Entity::find()
        .filter(entity::job::Column::SourceId.eq(source.id))
        .count(txn)
        .await?;
    Ok(tokens + receipts + jobs > 0)
}

/// Deletes a lab and what is of no worth without it.
async fn forget(txn: &DatabaseTransaction, id: LabId) -> Result<()> {
    veto_day::Entity::delete_many()
        .filter(veto_day::Column::LabId.eq(id))
        .exec(txn)
        .await?;
    alert::Entity::delete_many()
        .filter(alert::Column::LabId.eq(id))
        .exec(txn)
        .await?;
    lab_driver::Entity::delete_by_id(id).exec(txn).await?;
    source::Entity::delete_many()
        .filter(source::Column::LabId.eq(id))
        .exec(txn)
        .await?;
    lab::Entity::delete_by_id(id).exec(txn).await?;
    Ok(())
}

/// The lab's daily window.
///
/// # Errors
/// When the database fails.
pub async fn window(db: &impl ConnectionTrait, lab: &lab::Model) -> Result<Daily> {
    daily(lab, lend::veto_days(db, lab.id).await?)
}

/// The lab's daily window with these days off.
///
/// # Errors
/// `INTERNAL` when the row holds no time zone.
pub fn daily(lab: &lab::Model, days_off: Vec<NaiveDate>) -> Result<Daily> {
    let zone = lab
        .time_zone
        .parse()
        .map_err(|_| Error::internal(format!("{:?} is no time zone", lab.time_zone)))?;
    Ok(Daily {
        zone,
        opens: u32::try_from(lab.window_opens).unwrap_or_default(),
        minutes: u32::try_from(lab.window_minutes).unwrap_or_default(),
        days_off,
    })
}
