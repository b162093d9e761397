//! Alerts: what a person has to know.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::alert;

use super::{context, lab::Lab, lease::Lease, loader::row, scalar::AlertKind};
use crate::service;

/// Something that needs a person, and lasts.
pub(super) struct Alert(alert::Model);

#[Object]
impl Alert {
    /// What it is about.
    async fn kind(&self) -> AlertKind {
        self.0.kind.into()
    }

    /// What is wrong and what to do.
    async fn sentence(&self) -> &str {
        &self.0.sentence
    }

    /// When it began.
    async fn since(&self) -> DateTime<Utc> {
        self.0.since
    }

    /// The lab it is about, if it is about one.
    async fn lab(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Lab>> {
        match self.0.lab_id {
            Some(id) => Ok(row!(ctx, id)?.map(Lab)),
            None => Ok(None),
        }
    }

    /// The lease it is about, if it is about one.
    async fn lease(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Lease>> {
        match self.0.lease_id {
            Some(id) => Ok(row!(ctx, id)?.map(Lease)),
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub(super) struct AlertQuery;

#[Object]
impl AlertQuery {
    /// What lasts, the oldest first.
    async fn alerts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Alert>> {
        Ok(service::alert::open(context::app(ctx)?.db.read())
            .await?
            .into_iter()
            .map(Alert)
            .collect())
    }
}
