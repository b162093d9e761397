//! Device-types, as LAVA has them.

use chrono::{DateTime, Utc};
use entity::{device, device_type, job as job_rows, plan};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    event,
    service::{job, name},
};

/// # Errors
/// `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<device_type::Model> {
    find(db, name)
        .await?
        .ok_or_else(|| Error::not_found("device-type", name))
}

/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<device_type::Model>> {
    Ok(device_type::Entity::find()
        .filter(device_type::Column::Name.eq(name))
        .one(db)
        .await?)
}

/// # Errors
/// `BAD_USER_INPUT` for what LAVA would not call a device-type, `CONFLICT` when it is known.
pub async fn add(
    app: &App,
    actor: &Actor,
    name: &str,
    now: DateTime<Utc>,
) -> Result<device_type::Model> {
    actor.may_administer()?;
    name::lava_name("name", "device-type", name)?;
    let txn = app.db.begin().await?;
    // Another replica may be adding the same.
    event::lock(&txn).await?;
    if find(&txn, name).await?.is_some() {
        return Err(
            Error::conflict(format!("The device-type {name:?} is known already.")).at("name"),
        );
    }
    let (row, event) = job::make_device_type(&txn, name, now).await?;
    txn.commit().await?;
    app.head.advance(event);
    Ok(row)
}

/// Removes a device-type that nothing refers to.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when it has results, devices or a place in the plan.
pub async fn remove(app: &App, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<()> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let row = get(txn, name).await.map_err(|error| error.at("name"))?;
        let jobs = job_rows::Entity::find()
            .filter(job_rows::Column::DeviceTypeId.eq(row.id))
            .count(txn)
            .await?;
        let devices = device::Entity::find()
            .filter(device::Column::DeviceTypeId.eq(row.id))
            .count(txn)
            .await?;
        let planned = plan::Entity::find()
            .filter(plan::Column::DeviceTypeId.eq(row.id))
            .count(txn)
            .await?;
        if jobs + devices + planned > 0 {
            let sentence = format!(
                "The device-type {name} has results, devices or a place in the plan; they are kept."
            );
            return Err(Error::conflict(sentence).at("name"));
        }
        device_type::Entity::delete_by_id(row.id).exec(txn).await?;
        Ok(())
    })
    .await
}
