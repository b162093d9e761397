//! The audit trail of leases and rounds.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::trail;

use super::{
    connection::{List, connection},
    context::{self, Window},
    scalar::{EventNumber, TrailKind},
};
use crate::service::{self, lease::Trail};

/// What was decided, done, or found.
pub(super) struct TrailEntry(pub(super) trail::Model);

impl From<trail::Model> for TrailEntry {
    fn from(row: trail::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl TrailEntry {
    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Who acted: lavafed, operator, or token; with the token's description for
    /// who may administer.
    async fn actor(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        if context::actor(ctx)?.may_administer().is_ok() {
            return Ok(&self.0.actor);
        }
        Ok(self
            .0
            .actor
            .split_once(':')
            .map_or(self.0.actor.as_str(), |(kind, _)| kind))
    }

    /// Whether it was decided, about to be done, done, or found.
    async fn kind(&self) -> TrailKind {
        self.0.kind.into()
    }

    /// What is done, such as set_health; state for a transition.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// What was before, such as a state or a health.
    async fn before(&self) -> Option<&str> {
        self.0.before.as_deref()
    }

    /// What is after.
    async fn after(&self) -> Option<&str> {
        self.0.after.as_deref()
    }

    /// Why: a stable code.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Why: a sentence.
    async fn sentence(&self) -> &str {
        &self.0.sentence
    }

    /// The event that tells of it.
    async fn event(&self) -> Option<EventNumber> {
        self.0.event_no.map(EventNumber)
    }
}

pub(super) async fn trail_of(
    ctx: &Context<'_>,
    of: Trail,
    window: &Window,
) -> async_graphql::Result<List<TrailEntry>> {
    let db = context::app(ctx)?.db.read();
    let total = if context::wants_total(ctx) {
        service::lease::trail_length(db, of).await?
    } else {
        0
    };
    let page = service::lease::trail(db, of, window).await?;
    Ok(connection(page, total))
}
