//! The server itself.

use async_graphql::{Context, Object, SimpleObject};

use super::{context, scalar::EventNumber};

/// This lavafed.
#[derive(SimpleObject)]
pub(super) struct Server {
    /// The version of lavafed.
    version: &'static str,
    /// The data are invented.
    demo: bool,
    /// The newest event.
    event: EventNumber,
    /// Where others reach it; LAVA calls back below it.
    public_url: String,
    /// False: reading needs a token.
    public_read: bool,
}

#[derive(Default)]
pub(super) struct ServerQuery;

#[Object]
impl ServerQuery {
    async fn server(&self, ctx: &Context<'_>) -> async_graphql::Result<Server> {
        let app = context::app(ctx)?;
        Ok(Server {
            version: env!("CARGO_PKG_VERSION"),
            demo: app.demo,
            event: EventNumber(app.head.current()),
            public_url: app.config.public_url(),
            public_read: app.config.public_read,
        })
    }
}
