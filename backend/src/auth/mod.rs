//! Who calls, and what they may do. Knows tokens, not how they are sent.

pub mod jwt;
pub mod key;

use chrono::{DateTime, Utc};
use entity::{
    source::{self, SourceId},
    token::{self, Scope, TokenId},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::{
    db::Db,
    error::{Code, Error, Result},
};

/// As much as the audit trail takes.
const LONGEST_NAME: usize = 200;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Actor {
    Anonymous,
    Token(TokenActor),
    /// The operator at the command line.
    Operator,
}

/// The bearer of a valid token.
#[derive(Clone, Debug)]
pub struct TokenActor {
    pub id: TokenId,
    /// What it is for, in the words of who made it.
    pub description: String,
    pub scope: Scope,
    /// Whom it speaks for.
    pub source: Option<SourceId>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Actor {
    /// # Errors
    /// `UNAUTHENTICATED` without a token where reading is closed.
    pub fn may_read(&self, public_read: bool) -> Result<()> {
        match self {
            Self::Anonymous if !public_read => Err(unauthenticated("Reading here needs a token.")),
            Self::Anonymous | Self::Token(_) | Self::Operator => Ok(()),
        }
    }

    /// # Errors
    /// `UNAUTHENTICATED` without a token, `FORBIDDEN` with one of another scope.
    pub fn may_administer(&self) -> Result<()> {
        match self {
            Self::Operator => Ok(()),
            Self::Token(token) if token.scope == Scope::Admin => Ok(()),
            Self::Token(_) => Err(forbidden("This needs a token of scope admin.")),
            Self::Anonymous => Err(unauthenticated("This needs a token of scope admin.")),
        }
    }

    /// The source for whose lab the caller may lend; None: for every lab.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token, `FORBIDDEN` with one of another scope.
    pub fn may_lend(&self) -> Result<Option<SourceId>> {
        let needed = "This needs the lab's token of scope lend, or one of scope admin.";
        match self {
            Self::Operator => Ok(None),
            Self::Token(token) => match (token.scope, token.source) {
                (Scope::Admin, _) => Ok(None),
                (Scope::Lend, Some(source)) => Ok(Some(source)),
                (Scope::Lend, None) | (Scope::Read | Scope::Report, _) => Err(forbidden(needed)),
            },
            Self::Anonymous => Err(unauthenticated(needed)),
        }
    }

    /// As the audit trail names who acts.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match self {
            Self::Anonymous => "nobody".to_owned(),
            Self::Operator => "operator".to_owned(),
            Self::Token(token) => format!("token:{}", token.description),
        };
        name.chars().take(LONGEST_NAME).collect()
    }

    /// The source the caller reports for, and its token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token, `FORBIDDEN` with one that speaks for nobody.
    pub fn may_report(&self) -> Result<(TokenId, SourceId)> {
        match self {
            Self::Token(TokenActor {
                id,
                scope: Scope::Report,
                source: Some(source),
                ..
            }) => Ok((*id, *source)),
            Self::Token(_) => Err(forbidden(
                "Reporting needs a token of scope report, which says whom it speaks for.",
            )),
            Self::Anonymous | Self::Operator => {
                Err(unauthenticated("Reporting needs a token of scope report."))
            }
        }
    }
}

/// Recognises a presented token: signed by us, not expired, not revoked.
///
/// # Errors
/// `UNAUTHENTICATED`, with a sentence that does not repeat the token.
pub async fn authenticate(
    db: &Db,
    key: &key::SigningKey,
    presented: &str,
    now: DateTime<Utc>,
) -> Result<TokenActor> {
    let claims = jwt::verify(key, presented, now)?;
    let row = token::Entity::find()
        .filter(token::Column::Jti.eq(claims.jti))
        .one(db.read())
        .await?
        .ok_or_else(|| unauthenticated("The token is not known here."))?;
    if row.revoked_at.is_some() {
        return Err(unauthenticated("The token was revoked."));
    }
    Ok(TokenActor {
        id: row.id,
        description: row.description,
        scope: row.scope,
        source: row.source_id,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    })
}

/// Whether a token that was valid still is.
///
/// # Errors
/// When the database fails.
pub async fn still_valid(db: &Db, actor: &TokenActor, now: DateTime<Utc>) -> Result<bool> {
    if actor.expires_at.is_some_and(|end| end <= now) {
        return Ok(false);
    }
    let row = token::Entity::find_by_id(actor.id).one(db.read()).await?;
    Ok(row.is_some_and(|row| row.revoked_at.is_none()))
}

/// The token in an `Authorization` value: `Bearer …`, `Token …`, or bare as LAVA sends it.
#[must_use]
pub fn presented(authorization: &str) -> &str {
    let value = authorization.trim();
    match value.split_once(' ') {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") =>
        {
            rest.trim()
        }
        _ => value,
    }
}

/// The source a name stands for: `federated`, `ci` or `lab:NAME`.
///
/// # Errors
/// `NOT_FOUND` when no lab has that name.
pub async fn source_named(db: &impl sea_orm::ConnectionTrait, name: &str) -> Result<source::Model> {
    source::Entity::find()
        .filter(source::Column::Name.eq(name))
        .one(db)
        .await?
        .ok_or_else(|| {
            Error::new(
                Code::NotFound,
                format!("There is no source {name:?}. It is federated, ci, or lab: and the name of a lab."),
            )
        })
}

pub(crate) fn unauthenticated(message: &str) -> Error {
    Error::new(Code::Unauthenticated, message)
}

pub(crate) fn forbidden(message: &str) -> Error {
    Error::new(Code::Forbidden, message)
}
