//! What every resolver needs from its context.

use std::sync::Arc;

use async_graphql::Context;

use super::Caller;
pub(super) use crate::service::page::Window;
use crate::{app::App, auth::Actor};

pub(super) fn app<'c>(ctx: &Context<'c>) -> async_graphql::Result<&'c Arc<App>> {
    ctx.data::<Arc<App>>()
}

pub(super) fn actor<'c>(ctx: &Context<'c>) -> async_graphql::Result<&'c Actor> {
    Ok(&ctx.data::<Caller>()?.actor)
}

/// Whether the document asks for `totalCount`; counting costs.
pub(super) fn wants_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}
