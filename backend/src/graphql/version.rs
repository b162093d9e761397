//! Versions.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::version;

use super::{
    connection::{List, connection},
    context::{self, Window},
    error::{UserError, split},
    grid::Summary,
    node::{self, Kind},
    scalar::{EventNumber, VersionKind},
};
use crate::{
    app::App,
    service::{self, grid, page},
};

/// A version of LAVA under test.
pub(super) struct Version(pub(super) version::Model);

impl From<version::Model> for Version {
    fn from(row: version::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Version {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Version, self.0.id.0)
    }

    /// As LAVA tells it, such as 2026.10 or 2026.10.dev0042.
    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn kind(&self) -> VersionKind {
        self.0.kind.into()
    }

    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The last release before it, with which it is compared.
    async fn baseline(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Version>> {
        let catalog = grid::cache::catalog(context::app(ctx)?).await?;
        Ok(catalog.release_before(self.0.id).cloned().map(Version))
    }

    /// Its cells, counted.
    async fn summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Default: the last release before it.")] baseline: Option<String>,
        as_of: Option<EventNumber>,
    ) -> async_graphql::Result<Summary> {
        let as_of = as_of.map(|event| event.0);
        let app = context::app(ctx)?;
        Ok(
            grid::summary(app, &self.0.name, baseline.as_deref(), as_of, Utc::now())
                .await?
                .into(),
        )
    }
}

#[derive(Default)]
pub(super) struct VersionQuery;

#[Object]
impl VersionQuery {
    async fn version(
        &self,
        ctx: &Context<'_>,
        name: String,
    ) -> async_graphql::Result<Option<Version>> {
        let db = context::app(ctx)?.db.read();
        Ok(service::version::find(db, &name).await?.map(Version))
    }

    /// Newest first, in LAVA's order.
    async fn versions(
        &self,
        ctx: &Context<'_>,
        kind: Option<VersionKind>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Version>> {
        let window = Window {
            first,
            after,
            last,
            before,
        };
        let catalog = grid::cache::catalog(context::app(ctx)?).await?;
        let mut rows = catalog.versions.clone();
        rows.retain(|row| kind.is_none_or(|kind| kind == row.kind.into()));
        let page = page::of_list(&rows, &window, |row| &row.name)?;
        Ok(connection(page, rows.len() as u64))
    }
}

#[derive(InputObject)]
pub(super) struct AddVersionInput {
    name: String,
}

#[derive(SimpleObject)]
pub(super) struct AddVersionPayload {
    version: Option<Version>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RemoveVersionInput {
    name: String,
}

#[derive(SimpleObject)]
pub(super) struct RemoveVersionPayload {
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct VersionMutation;

#[Object]
impl VersionMutation {
    /// Makes a version known before its first result. Scope admin.
    async fn add_version(
        &self,
        ctx: &Context<'_>,
        input: AddVersionInput,
    ) -> async_graphql::Result<AddVersionPayload> {
        let (app, actor): (&Arc<App>, _) = (context::app(ctx)?, context::actor(ctx)?);
        let added = service::version::add(app, actor, &input.name, Utc::now()).await;
        let (version, errors) = split(added)?;
        Ok(AddVersionPayload {
            version: version.map(Version),
            errors,
        })
    }

    /// Removes a version that has no results. Scope admin.
    async fn remove_version(
        &self,
        ctx: &Context<'_>,
        input: RemoveVersionInput,
    ) -> async_graphql::Result<RemoveVersionPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let removed = service::version::remove(app, actor, &input.name, Utc::now()).await;
        Ok(RemoveVersionPayload {
            errors: split(removed)?.1,
        })
    }
}
