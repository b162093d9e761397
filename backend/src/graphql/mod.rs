//! The GraphQL schema: types, queries, mutations and subscriptions over the use
//! cases. Knows nothing of HTTP, and asks the database through `service` only.

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema as Built};

use crate::app::App;

pub type Schema = Built<Query, EmptyMutation, EmptySubscription>;

/// What came with a request beside the document.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: crate::auth::Actor,
    /// The token as it was presented, to be scrubbed from what is stored.
    pub credential: Option<String>,
}

pub struct Query;

#[Object]
impl Query {
    /// The number of the newest event.
    async fn event(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<i64> {
        Ok(ctx.data::<Arc<App>>()?.head.current())
    }
}

#[must_use]
pub fn schema(app: Arc<App>) -> Schema {
    Built::build(Query, EmptyMutation, EmptySubscription).data(app).finish()
}
