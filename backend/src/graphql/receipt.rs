//! Receipts: notifications and their fate.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::receipt::{self, ReceiptId};

use super::{
    connection::{List, connection},
    context::{self, Window},
    error::{UserError, split},
    job::{Job, Source},
    loader::{present, row},
    node::{self, Kind},
    scalar::{ReceiptFormat, ReceiptState},
};
use crate::{auth, service};

/// One notification as it arrived, and what became of it.
pub(super) struct Receipt(pub(super) receipt::Model);

impl From<receipt::Model> for Receipt {
    fn from(row: receipt::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Receipt {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Receipt, self.0.id.0)
    }

    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at
    }

    async fn source(&self, ctx: &Context<'_>) -> async_graphql::Result<Source> {
        Ok(Source(present(row!(ctx, self.0.source_id)?)?))
    }

    async fn format(&self) -> ReceiptFormat {
        self.0.format.into()
    }

    /// How often the same notification came.
    async fn deliveries(&self) -> i32 {
        self.0.deliveries
    }

    async fn state(&self) -> ReceiptState {
        self.0.state.into()
    }

    /// Why it does not count in full: a code.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Why it does not count in full: a sentence.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    async fn job(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Job>> {
        match self.0.job_id {
            Some(id) => Ok(row!(ctx, id)?.map(Job)),
            None => Ok(None),
        }
    }

    async fn applied_at(&self) -> Option<DateTime<Utc>> {
        self.0.applied_at
    }

    /// The body as it is kept, scrubbed of secrets. Scope admin.
    async fn body(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        context::actor(ctx)?.may_administer()?;
        Ok(String::from_utf8_lossy(&self.0.body).into_owned())
    }
}

#[derive(Default)]
pub(super) struct ReceiptQuery;

#[Object]
impl ReceiptQuery {
    /// Newest first.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn receipts(
        &self,
        ctx: &Context<'_>,
        state: Option<ReceiptState>,
        #[graphql(desc = "federated, ci or lab:NAME")] source: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Receipt>> {
        let db = context::app(ctx)?.db.read();
        let source = match source {
            Some(name) => Some(
                auth::source_named(db, &name)
                    .await
                    .map_err(|error| error.at("source"))?
                    .id,
            ),
            None => None,
        };
        let state = state.map(Into::into);
        let total = if context::wants_total(ctx) {
            service::receipt::count(db, state, source).await?
        } else {
            0
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        Ok(connection(
            service::receipt::page(db, state, source, &window).await?,
            total,
        ))
    }
}

/// Without ids all that do not count in full.
#[derive(InputObject)]
pub(super) struct ReplayReceiptsInput {
    #[graphql(default)]
    ids: Vec<ID>,
}

#[derive(SimpleObject)]
pub(super) struct ReplayReceiptsPayload {
    /// How many met their fate anew.
    replayed: i32,
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct ReceiptMutation;

#[Object]
impl ReceiptMutation {
    /// Lets receipts that do not count in full meet their fate anew. Scope admin.
    async fn replay_receipts(
        &self,
        ctx: &Context<'_>,
        input: ReplayReceiptsInput,
    ) -> async_graphql::Result<ReplayReceiptsPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        actor.may_administer()?;
        let ids: crate::error::Result<Vec<_>> = input
            .ids
            .iter()
            .map(|id| {
                node::parse_as(id, Kind::Receipt)
                    .map(ReceiptId)
                    .map_err(|error| error.at("ids"))
            })
            .collect();
        let outcome = match ids {
            Ok(ids) => service::receipt::replay(app, &ids, Utc::now).await,
            Err(error) => Err(error),
        };
        let (replayed, errors) = split(outcome)?;
        let replayed = i32::try_from(replayed.unwrap_or(0)).unwrap_or(i32::MAX);
        Ok(ReplayReceiptsPayload { replayed, errors })
    }
}
