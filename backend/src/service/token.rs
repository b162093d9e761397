//! Tokens: created and shown once, listed, revoked.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    event::EventKind,
    token::{self, Scope, TokenId},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::Expr,
};

use crate::{
    app::App,
    auth::{self, Actor, jwt},
    db::Db,
    error::{Error, Result},
    event::{self, Subject},
    service::page::{self, Page, Window},
};

/// How long a token is good for unless something else is said.
pub const DEFAULT_LIFE: TimeDelta = TimeDelta::days(365);
/// Longest life of a token.
const LONGEST_LIFE: TimeDelta = TimeDelta::days(3_660);

#[derive(Clone, Debug)]
pub struct NewToken {
    pub description: String,
    pub scope: Scope,
    /// `federated`, `ci` or `lab:NAME`.
    pub speaks_for: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A created token. The JWT is not kept: it is shown now or never.
#[derive(Clone)]
pub struct Created {
    pub jwt: String,
    pub row: token::Model,
}

/// # Errors
/// `BAD_USER_INPUT` naming the field; `NOT_FOUND` when there is no such lab.
pub async fn create(
    app: &App,
    actor: &Actor,
    new: &NewToken,
    now: DateTime<Utc>,
) -> Result<Created> {
    actor.may_administer()?;
    let expires_at = new.expires_at.unwrap_or(now + DEFAULT_LIFE);
    check(new, expires_at, now)?;
    let txn = app.db.begin().await?;
    let source = match &new.speaks_for {
        Some(name) => Some(
            auth::source_named(&txn, name)
                .await
                .map_err(|error| error.at("for"))?,
        ),
        None => None,
    };
    if new.scope == Scope::Lend && source.as_ref().is_none_or(|source| source.lab_id.is_none()) {
        return Err(Error::input(
            "for",
            "A token of scope lend speaks for a lab: lab: and its name.",
        ));
    }
    let jti = uuid::Uuid::new_v4().simple().to_string();
    let speaks_for = source.as_ref().map(|source| source.name.clone());
    let claims = jwt::Claims::new(jti.clone(), new.scope, speaks_for, expires_at);
    let jwt = jwt::sign(&app.key, &claims)?;
    let row = token::ActiveModel {
        id: NotSet,
        jti: Set(jti),
        description: Set(new.description.trim().to_owned()),
        scope: Set(new.scope),
        source_id: Set(source.map(|source| source.id)),
        created_at: Set(now),
        expires_at: Set(Some(expires_at)),
        revoked_at: Set(None),
        last_used_at: Set(None),
    };
    let row = token::Entity::insert(row).exec_with_returning(&txn).await?;
    txn.commit().await?;
    Ok(Created { jwt, row })
}

fn check(new: &NewToken, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    let length = new.description.trim().chars().count();
    if !(1..=200).contains(&length) {
        return Err(Error::input(
            "description",
            "A token's description takes 1 to 200 characters.",
        ));
    }
    if expires_at <= now {
        return Err(Error::input(
            "expiresAt",
            "The token would have expired already.",
        ));
    }
    if expires_at - now > LONGEST_LIFE {
        return Err(Error::input(
            "expiresAt",
            "A token is good for at most ten years.",
        ));
    }
    match (new.scope, &new.speaks_for) {
        (Scope::Report | Scope::Lend, None) => Err(Error::input(
            "for",
            "A token of this scope says whom it speaks for: federated, ci or lab:NAME.",
        )),
        (Scope::Read | Scope::Admin, Some(_)) => Err(Error::input(
            "for",
            "A token of this scope speaks for nobody.",
        )),
        (Scope::Report | Scope::Lend, Some(_)) | (Scope::Read | Scope::Admin, None) => Ok(()),
    }
}

/// # Errors
/// `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, id: TokenId) -> Result<token::Model> {
    token::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or_else(|| Error::not_found("token", &id.to_string()))
}

/// Tokens, newest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(db: &impl ConnectionTrait, window: &Window) -> Result<Page<token::Model>> {
    page::by_id(db, token::Entity::find(), token::Column::Id, true, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    page::count(db, token::Entity::find()).await
}

/// Revokes a token from now on; one that is revoked stays so. Its event makes
/// every replica close the sockets that were opened with it.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    id: TokenId,
    now: DateTime<Utc>,
) -> Result<token::Model> {
    actor.may_administer()?;
    let txn = app.db.begin().await?;
    let known = get(&txn, id).await?;
    if known.revoked_at.is_some() {
        return Ok(known);
    }
    let mut row = known.into_active_model();
    row.revoked_at = Set(Some(now));
    let row = row.update(&txn).await?;
    let no = event::append(&txn, EventKind::TokenRevoked, now, Subject::default()).await?;
    txn.commit().await?;
    app.head.advance(no);
    Ok(row)
}

/// Notes that a token was used, to the minute.
///
/// # Errors
/// When the database fails.
pub async fn touch(
    db: &Db,
    id: TokenId,
    last_used: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    if last_used.is_some_and(|last| now - last < TimeDelta::minutes(1)) {
        return Ok(());
    }
    let txn = db.begin().await?;
    token::Entity::update_many()
        .col_expr(token::Column::LastUsedAt, Expr::value(now))
        .filter(token::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(())
}
