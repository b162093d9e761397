//! Features: declared before a verdict on them can count.

use chrono::{DateTime, Utc};
use entity::{feature, job_feature, plan};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _,
};

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    service::name,
};

/// # Errors
/// `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<feature::Model> {
    find(db, name)
        .await?
        .ok_or_else(|| Error::not_found("feature", name))
}

/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<feature::Model>> {
    Ok(feature::Entity::find()
        .filter(feature::Column::Name.eq(name))
        .one(db)
        .await?)
}

/// Declares a feature; one that is declared gets the new description.
///
/// # Errors
/// `FEATURES_MALFORMED` for what is no feature's name.
pub async fn declare(
    app: &App,
    actor: &Actor,
    name: &str,
    description: Option<&str>,
    now: DateTime<Utc>,
) -> Result<feature::Model> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, no| {
        declare_in(txn, name, description, no, now).await
    })
    .await
}

/// Declares a feature within a transaction whose event is `no`.
///
/// # Errors
/// `FEATURES_MALFORMED` for what is no feature's name.
pub async fn declare_in(
    txn: &impl ConnectionTrait,
    name: &str,
    description: Option<&str>,
    no: i64,
    now: DateTime<Utc>,
) -> Result<feature::Model> {
    let action = name::feature_action(name).map_err(|error| error.at("name"))?;
    if let Some(known) = find(txn, name).await? {
        let Some(description) = description else {
            return Ok(known);
        };
        let mut row = known.into_active_model();
        row.description = Set(description.to_owned());
        return Ok(row.update(txn).await?);
    }
    let row = feature::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        action: Set(action),
        description: Set(description.unwrap_or_default().to_owned()),
        created_at: Set(now),
        event_no: Set(no),
    };
    Ok(feature::Entity::insert(row)
        .exec_with_returning(txn)
        .await?)
}

/// Removes a feature that nothing refers to.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when it has results or a place in the plan.
pub async fn remove(app: &App, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<()> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let row = get(txn, name).await.map_err(|error| error.at("name"))?;
        let jobs = job_feature::Entity::find()
            .filter(job_feature::Column::FeatureId.eq(row.id))
            .count(txn)
            .await?;
        let planned = plan::Entity::find()
            .filter(plan::Column::FeatureId.eq(row.id))
            .count(txn)
            .await?;
        if jobs + planned > 0 {
            let sentence =
                format!("The feature {name} has results or a place in the plan; they are kept.");
            return Err(Error::conflict(sentence).at("name"));
        }
        feature::Entity::delete_by_id(row.id).exec(txn).await?;
        Ok(())
    })
    .await
}
