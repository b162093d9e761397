//! Labs: remote LAVA instances that lend devices.

use chrono::{DateTime, NaiveTime, Timelike as _, Utc};
use entity::{
    device,
    lab::{self, Door, LabId},
    receipt, source, token, veto_day,
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
    error::{Error, Result},
    service::name,
    window::Daily,
};

/// What can be said of a lab; None leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct LabSettings {
    pub url: Option<String>,
    pub time_zone: Option<String>,
    /// `HH:MM` in the lab's time zone.
    pub window_opens: Option<String>,
    pub window_minutes: Option<i32>,
    pub paused: Option<bool>,
}

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
    app.change_catalog(now, async |txn, _| add_in(txn, name, settings, now).await)
        .await
}

/// Adds a lab within a transaction that tells of it by its own event.
///
/// # Errors
/// As `add`.
pub async fn add_in(
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
    settings.apply(&mut row)?;
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
        let mut row = get(txn, name)
            .await
            .map_err(|error| error.at("name"))?
            .into_active_model();
        settings.apply(&mut row)?;
        if row.is_changed() {
            Ok(row.update(txn).await?)
        } else {
            get(txn, name).await
        }
    })
    .await
}

/// Removes a lab that lends nothing and has told nothing.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when it has devices, tokens or results.
pub async fn remove(app: &App, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<()> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let row = get(txn, name).await.map_err(|error| error.at("name"))?;
        if in_use(txn, row.id).await? {
            let sentence = format!(
                "The lab {name} has devices, tokens or results; they are kept. Pause it instead."
            );
            return Err(Error::conflict(sentence).at("name"));
        }
        source::Entity::delete_many()
            .filter(source::Column::LabId.eq(row.id))
            .exec(txn)
            .await?;
        lab::Entity::delete_by_id(row.id).exec(txn).await?;
        Ok(())
    })
    .await
}

async fn in_use(txn: &DatabaseTransaction, id: LabId) -> Result<bool> {
    if device::Entity::find()
        .filter(device::Column::LabId.eq(id))
        .count(txn)
        .await?
        > 0
    {
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

impl LabSettings {
    fn apply(&self, row: &mut lab::ActiveModel) -> Result<()> {
        if let Some(url) = &self.url {
            if !(url.starts_with("https://") || url.starts_with("http://")) || url.len() > 500 {
                return Err(Error::input(
                    "url",
                    "A lab's URL begins with https:// or http://.",
                ));
            }
            row.url = Set(Some(url.trim_end_matches('/').to_owned()));
        }
        if let Some(zone) = &self.time_zone {
            if zone.parse::<chrono_tz::Tz>().is_err() {
                return Err(Error::input(
                    "timeZone",
                    format!("{zone:?} is no time zone. It is a name such as Europe/Paris."),
                ));
            }
            row.time_zone = Set(zone.clone());
        }
        if let Some(opens) = &self.window_opens {
            let time = NaiveTime::parse_from_str(opens, "%H:%M").map_err(|_| {
                Error::input(
                    "windowOpens",
                    format!("{opens:?} is no time of day such as 20:00."),
                )
            })?;
            row.window_opens =
                Set(i32::try_from(time.num_seconds_from_midnight() / 60).unwrap_or(0));
        }
        if let Some(minutes) = self.window_minutes {
            if !(0..=24 * 60).contains(&minutes) {
                return Err(Error::input(
                    "windowMinutes",
                    "A daily window takes 0 to 1440 minutes.",
                ));
            }
            row.window_minutes = Set(minutes);
        }
        if let Some(paused) = self.paused {
            row.paused = Set(paused);
        }
        Ok(())
    }
}

/// The lab's daily window.
///
/// # Errors
/// When the database fails.
pub async fn window(db: &impl ConnectionTrait, lab: &lab::Model) -> Result<Daily> {
    let days_off = veto_day::Entity::find()
        .filter(veto_day::Column::LabId.eq(lab.id))
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.day)
        .collect();
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
