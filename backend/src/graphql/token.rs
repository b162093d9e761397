//! Tokens, and who is looking.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::token::{self, TokenId};

use super::{
    connection::{List, connection},
    context::{self, Window},
    error::{UserError, split},
    job::Source,
    loader::row,
    node::{self, Kind},
    scalar::Scope,
};
use crate::{
    auth::Actor,
    service::{self, token::NewToken},
};

/// A JWT that lavafed gave; the JWT itself is not kept.
pub(super) struct Token(pub(super) token::Model);

impl From<token::Model> for Token {
    fn from(row: token::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Token {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Token, self.0.id.0)
    }

    async fn description(&self) -> &str {
        &self.0.description
    }

    async fn scope(&self) -> Scope {
        self.0.scope.into()
    }

    /// Whom it speaks for; null for read and admin.
    async fn source(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Source>> {
        match self.0.source_id {
            Some(id) => Ok(row!(ctx, id)?.map(Source)),
            None => Ok(None),
        }
    }

    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }

    /// To the minute.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }
}

/// Who is looking.
#[derive(SimpleObject)]
pub(super) struct Viewer {
    /// Null for an anonymous reader.
    token: Option<Token>,
    scope: Option<Scope>,
}

#[derive(Default)]
pub(super) struct TokenQuery;

#[Object]
impl TokenQuery {
    /// Who is looking.
    async fn viewer(&self, ctx: &Context<'_>) -> async_graphql::Result<Viewer> {
        match context::actor(ctx)? {
            Actor::Anonymous | Actor::Operator => Ok(Viewer {
                token: None,
                scope: None,
            }),
            Actor::Token(actor) => {
                let row = service::token::get(context::app(ctx)?.db.read(), actor.id).await?;
                Ok(Viewer {
                    scope: Some(row.scope.into()),
                    token: Some(Token(row)),
                })
            }
        }
    }

    /// Newest first. Scope admin.
    async fn tokens(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Token>> {
        context::actor(ctx)?.may_administer()?;
        let db = context::app(ctx)?.db.read();
        let total = if context::wants_total(ctx) {
            service::token::count(db).await?
        } else {
            0
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        Ok(connection(service::token::page(db, &window).await?, total))
    }
}

#[derive(InputObject)]
pub(super) struct CreateTokenInput {
    /// 1 to 200 characters.
    description: String,
    scope: Scope,
    /// federated, ci or lab:NAME; needed for report and lend.
    r#for: Option<String>,
    /// Default: a year from now. At most ten years.
    expires_at: Option<DateTime<Utc>>,
}

#[derive(SimpleObject)]
pub(super) struct CreateTokenPayload {
    /// The JWT; shown now and never again.
    secret: Option<String>,
    token: Option<Token>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RevokeTokenInput {
    id: ID,
}

#[derive(SimpleObject)]
pub(super) struct RevokeTokenPayload {
    token: Option<Token>,
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct TokenMutation;

#[Object]
impl TokenMutation {
    /// Creates a token. Scope admin.
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        input: CreateTokenInput,
    ) -> async_graphql::Result<CreateTokenPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let new = NewToken {
            description: input.description,
            scope: input.scope.into(),
            speaks_for: input.r#for,
            expires_at: input.expires_at,
        };
        let (created, errors) = split(service::token::create(app, actor, &new, Utc::now()).await)?;
        let (secret, token) = created
            .map(|created| (created.jwt, Token(created.row)))
            .unzip();
        Ok(CreateTokenPayload {
            secret,
            token,
            errors,
        })
    }

    /// Revokes a token; its sockets are closed within a second. Scope admin.
    async fn revoke_token(
        &self,
        ctx: &Context<'_>,
        input: RevokeTokenInput,
    ) -> async_graphql::Result<RevokeTokenPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let outcome = match node::parse_as(&input.id, Kind::Token) {
            Ok(id) => service::token::revoke(app, actor, TokenId(id), Utc::now()).await,
            Err(error) => Err(error),
        };
        let (token, errors) = split(outcome)?;
        Ok(RevokeTokenPayload {
            token: token.map(Token),
            errors,
        })
    }
}
