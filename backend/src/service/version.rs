//! Versions of LAVA under test.

use chrono::{DateTime, Utc};
use entity::{cell, job as job_rows, round, version};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    event,
    service::job,
};

/// # Errors
/// `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<version::Model> {
    find(db, name)
        .await?
        .ok_or_else(|| Error::not_found("version", name))
}

/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<version::Model>> {
    Ok(version::Entity::find()
        .filter(version::Column::Name.eq(name))
        .one(db)
        .await?)
}

/// Makes a version known before its first result.
///
/// # Errors
/// `VERSION_MALFORMED`, or `CONFLICT` when it is known.
pub async fn add(
    app: &App,
    actor: &Actor,
    name: &str,
    now: DateTime<Utc>,
) -> Result<version::Model> {
    actor.may_administer()?;
    let txn = app.db.begin().await?;
    // Another replica may be adding the same.
    event::lock(&txn).await?;
    if find(&txn, name).await?.is_some() {
        return Err(Error::conflict(format!("The version {name:?} is known already.")).at("name"));
    }
    let row = job::make_version(&txn, name, now)
        .await
        .map_err(|error| error.at("name"))?;
    txn.commit().await?;
    app.head.advance(row.event_no);
    Ok(row)
}

/// Removes a version that has no results.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when there are results: those are kept.
pub async fn remove(app: &App, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<()> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let row = get(txn, name).await.map_err(|error| error.at("name"))?;
        let jobs = job_rows::Entity::find()
            .filter(job_rows::Column::VersionId.eq(row.id))
            .count(txn)
            .await?;
        let cells = cell::Entity::find()
            .filter(cell::Column::VersionId.eq(row.id))
            .count(txn)
            .await?;
        let rounds = round::Entity::find()
            .filter(round::Column::VersionId.eq(row.id))
            .count(txn)
            .await?;
        if jobs + cells + rounds > 0 {
            let sentence = format!("The version {name} has results or rounds; they are kept.");
            return Err(Error::conflict(sentence).at("name"));
        }
        version::Entity::delete_by_id(row.id).exec(txn).await?;
        Ok(())
    })
    .await
}
