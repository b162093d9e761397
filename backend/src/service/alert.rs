//! What a person has to know: read by everybody, raised and cleared by who
//! drives a lab. Must not know when something is worth an alert.

use chrono::{DateTime, Utc};
use entity::{
    alert::{self, AlertKind},
    lab::LabId,
    lease::LeaseId,
};
use sea_orm::{
    ActiveEnum as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, Iterable as _, QueryFilter as _,
    QueryOrder as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::error::Result;

/// What lasts, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<alert::Model>> {
    Ok(alert::Entity::find()
        .filter(alert::Column::Until.is_null())
        .order_by_asc(alert::Column::Since)
        .order_by_asc(alert::Column::Id)
        .all(db)
        .await?)
}

/// How many alerts of each kind last.
///
/// # Errors
/// When the database fails.
pub async fn open_by_kind(db: &impl ConnectionTrait) -> Result<Vec<(String, usize)>> {
    let open = open(db).await?;
    let counted = AlertKind::iter().map(|kind| {
        let count = open.iter().filter(|alert| alert.kind == kind).count();
        (kind.to_value(), count)
    });
    Ok(counted.collect())
}

/// Whether an alert of a kind lasts.
///
/// # Errors
/// When the database fails.
pub async fn lasts(db: &impl ConnectionTrait, kind: AlertKind) -> Result<bool> {
    let row = alert::Entity::find()
        .filter(alert::Column::Kind.eq(kind))
        .filter(alert::Column::Until.is_null())
        .one(db)
        .await?;
    Ok(row.is_some())
}

/// Raises the alert of a key; one that lasts gets the new sentence.
///
/// # Errors
/// When the database fails.
pub async fn raise(
    txn: &impl ConnectionTrait,
    key: &str,
    kind: AlertKind,
    lab: Option<LabId>,
    lease: Option<LeaseId>,
    sentence: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = alert::ActiveModel {
        id: NotSet,
        key: Set(key.to_owned()),
        kind: Set(kind),
        lab_id: Set(lab),
        lease_id: Set(lease),
        sentence: Set(sentence.to_owned()),
        since: Set(now),
        until: Set(None),
        told_at: Set(None),
        told_end_at: Set(None),
    };
    let lasting = OnConflict::column(alert::Column::Key)
        .target_and_where(Expr::col(alert::Column::Until).is_null())
        .update_column(alert::Column::Sentence)
        .to_owned();
    alert::Entity::insert(row)
        .on_conflict(lasting)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Ends the alert of a key, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn clear(txn: &impl ConnectionTrait, key: &str, now: DateTime<Utc>) -> Result<()> {
    alert::Entity::update_many()
        .col_expr(alert::Column::Until, Expr::value(now))
        .filter(alert::Column::Key.eq(key))
        .filter(alert::Column::Until.is_null())
        .exec(txn)
        .await?;
    Ok(())
}
