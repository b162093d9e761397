//! Waivers: who takes responsibility for what broke, why, where it is followed
//! up, and until when. In force from one event until another, also when they end
//! by themselves: so what was waived is known as of any event.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{version::VersionId, waiver};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, Select,
};
use url::Url;

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    release,
    service::{
        grid::slice::Spot,
        page::{self, Page, Window},
        release as releases, transition,
    },
};

const LONGEST_REASON: usize = 500;
const LONGEST_URL: usize = 500;
/// A waiver that outlives this is no exception any more.
const LONGEST_DAYS: i64 = 366;

/// A cell by its names.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    pub version: &'a str,
    pub feature: &'a str,
    pub device_type: Option<&'a str>,
}

/// What is said of a waiver.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub reason: &'a str,
    pub url: &'a str,
    pub ends_at: DateTime<Utc>,
}

/// Which waivers to list; what is None does not matter.
#[derive(Clone, Debug, Default)]
pub struct WaiverFilter {
    pub version: Option<VersionId>,
    /// Also waivers that ended.
    pub past: bool,
}

impl WaiverFilter {
    fn select(&self) -> Select<waiver::Entity> {
        waiver::Entity::find().filter(
            Condition::all()
                .add_option(self.version.map(|id| waiver::Column::VersionId.eq(id)))
                .add_option((!self.past).then(|| waiver::Column::UntilEvent.is_null())),
        )
    }
}

/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &WaiverFilter,
    window: &Window,
) -> Result<Page<waiver::Model>> {
    page::by_id(db, filter.select(), waiver::Column::Id, true, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &WaiverFilter) -> Result<u64> {
    page::count(db, filter.select()).await
}

/// Waives a cell that broke; a waiver it has already ends with that.
///
/// # Errors
/// `NOT_FOUND` for a name that is not known; `BAD_USER_INPUT` for terms that are
/// none; `CONFLICT` when the cell did not break.
pub async fn waive(
    app: &App,
    actor: &Actor,
    cell: Cell<'_>,
    terms: Terms<'_>,
    now: DateTime<Utc>,
) -> Result<waiver::Model> {
    actor.may_administer()?;
    let (reason, url) = (reason(terms.reason)?, link(terms.url)?);
    let ends_at = end(terms.ends_at, now)?;
    let (version, spot, change) = releases::change_of(app, cell, now).await?;
    if !change.is_some_and(release::blocks) {
        let sentence = format!(
            "{} is neither a regression nor a new failure of {}: there is nothing to waive.",
            named(cell),
            cell.version
        );
        return Err(Error::conflict(sentence).at("feature"));
    }
    app.change_catalog(now, async |txn, no| {
        let by = actor.name();
        if let Some(known) = in_force(txn, version, spot).await? {
            finish(txn, known, &by, no, now).await?;
        }
        let row = waiver::ActiveModel {
            id: NotSet,
            version_id: Set(version),
            feature_id: Set(spot.0),
            device_type_id: Set(spot.1),
            reason: Set(reason),
            url: Set(url),
            ends_at: Set(ends_at),
            from_event: Set(no),
            from_at: Set(now),
            waived_by: Set(by),
            until_event: Set(None),
            until_at: Set(None),
            ended_by: Set(None),
        };
        Ok(waiver::Entity::insert(row).exec_with_returning(txn).await?)
    })
    .await
}

/// Ends the waiver of a cell.
///
/// # Errors
/// `NOT_FOUND` for a name that is not known, or when the cell is not waived.
pub async fn unwaive(
    app: &App,
    actor: &Actor,
    cell: Cell<'_>,
    now: DateTime<Utc>,
) -> Result<waiver::Model> {
    actor.may_administer()?;
    let (version, spot, _) = releases::change_of(app, cell, now).await?;
    app.change_catalog(now, async |txn, no| {
        let known = in_force(txn, version, spot)
            .await?
            .ok_or_else(|| Error::not_found("waiver of", &named(cell)).at("feature"))?;
        finish(txn, known, &actor.name(), no, now).await
    })
    .await
}

/// Ends the waivers whose time is over. Gives how many.
///
/// # Errors
/// When the database fails.
pub async fn end_overdue(app: &App, now: DateTime<Utc>) -> Result<usize> {
    let overdue = || waiver::Entity::in_force().filter(waiver::Column::EndsAt.lte(now));
    if overdue().one(app.db.read()).await?.is_none() {
        return Ok(0);
    }
    app.change_catalog(now, async |txn, no| {
        // Another replica may have been first.
        let rows = overdue().all(txn).await?;
        let count = rows.len();
        for row in rows {
            finish(txn, row, transition::LAVAFED, no, now).await?;
        }
        Ok(count)
    })
    .await
}

async fn in_force(
    txn: &impl ConnectionTrait,
    version: VersionId,
    (feature, device_type): Spot,
) -> Result<Option<waiver::Model>> {
    let on = match device_type {
        Some(id) => waiver::Column::DeviceTypeId.eq(id),
        None => waiver::Column::DeviceTypeId.is_null(),
    };
    Ok(waiver::Entity::in_force()
        .filter(waiver::Column::VersionId.eq(version))
        .filter(waiver::Column::FeatureId.eq(feature))
        .filter(on)
        .one(txn)
        .await?)
}

async fn finish(
    txn: &impl ConnectionTrait,
    known: waiver::Model,
    by: &str,
    no: i64,
    now: DateTime<Utc>,
) -> Result<waiver::Model> {
    let mut row = known.into_active_model();
    row.until_event = Set(Some(no));
    row.until_at = Set(Some(now));
    row.ended_by = Set(Some(by.to_owned()));
    Ok(row.update(txn).await?)
}

fn named(cell: Cell<'_>) -> String {
    match cell.device_type {
        Some(device_type) => format!("{} on {device_type}", cell.feature),
        None => cell.feature.to_owned(),
    }
}

fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    if (1..=LONGEST_REASON).contains(&text.chars().count()) && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(Error::input(
        "reason",
        format!("A reason is one line of 1 to {LONGEST_REASON} characters."),
    ))
}

fn link(text: &str) -> Result<String> {
    let text = text.trim();
    let readable = Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if readable && text.len() <= LONGEST_URL {
        return Ok(text.to_owned());
    }
    Err(Error::input(
        "url",
        format!(
            "A link to where it is followed up begins with https:// or http:// and has at most {LONGEST_URL} characters."
        ),
    ))
}

fn end(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if at > now && at <= now + TimeDelta::days(LONGEST_DAYS) {
        return Ok(at);
    }
    Err(Error::input(
        "until",
        format!("A waiver ends in the future, within {LONGEST_DAYS} days."),
    ))
}
