//! Features and the plan.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{feature, plan};

use super::{
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    error::{UserError, split},
    loader::{present, row},
    node::{self, Kind},
    scalar::{EventNumber, FeatureAction, FeatureKind},
};
use crate::service::{
    self, grid, page,
    plan::{Exercise, PlanFilter},
};

/// One capability of LAVA.
pub(super) struct Feature(pub(super) feature::Model);

impl From<feature::Model> for Feature {
    fn from(row: feature::Model) -> Self {
        Self(row)
    }
}

fn kind(row: &feature::Model) -> FeatureKind {
    if row.is_generic() {
        FeatureKind::Generic
    } else {
        FeatureKind::Device
    }
}

#[Object]
impl Feature {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Feature, self.0.id.0)
    }

    /// Begins with what it belongs to: generic, deploy, boot or test.
    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn kind(&self) -> FeatureKind {
        kind(&self.0)
    }

    /// Null for a generic feature.
    async fn action(&self) -> Option<FeatureAction> {
        self.0.action.map(Into::into)
    }

    async fn description(&self) -> &str {
        &self.0.description
    }

    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// A feature that is expected to be tested on a device-type.
pub(super) struct PlanEntry(pub(super) plan::Model);

impl From<plan::Model> for PlanEntry {
    fn from(row: plan::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl PlanEntry {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::PlanEntry, self.0.id.0)
    }

    async fn feature(&self, ctx: &Context<'_>) -> async_graphql::Result<Feature> {
        Ok(Feature(present(row!(ctx, self.0.feature_id)?)?))
    }

    /// Null for a generic feature.
    async fn device_type(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DeviceType>> {
        match self.0.device_type_id {
            Some(id) => Ok(row!(ctx, id)?.map(DeviceType)),
            None => Ok(None),
        }
    }

    async fn from_at(&self) -> DateTime<Utc> {
        self.0.from_at
    }

    async fn from_event(&self) -> EventNumber {
        EventNumber(self.0.from_event)
    }

    /// The job template by which lavafed exercises it; null: others report it.
    async fn template(&self) -> Option<&str> {
        self.0.template.as_deref()
    }

    /// Null while it is in force.
    async fn until_at(&self) -> Option<DateTime<Utc>> {
        self.0.until_at
    }

    async fn until_event(&self) -> Option<EventNumber> {
        self.0.until_event.map(EventNumber)
    }
}

#[derive(Default)]
pub(super) struct FeatureQuery;

#[Object]
impl FeatureQuery {
    async fn feature(
        &self,
        ctx: &Context<'_>,
        name: String,
    ) -> async_graphql::Result<Option<Feature>> {
        Ok(service::feature::find(context::app(ctx)?.db.read(), &name)
            .await?
            .map(Feature))
    }

    /// Generic ones, then deploy, boot and test; each by name.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn features(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "kind")] of_kind: Option<FeatureKind>,
        action: Option<FeatureAction>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Feature>> {
        let catalog = grid::cache::catalog(context::app(ctx)?).await?;
        let mut rows = catalog.features.clone();
        rows.retain(|row| of_kind.is_none_or(|wanted| kind(row) == wanted));
        let action = action.map(entity::feature::FeatureAction::from);
        rows.retain(|row| action.is_none() || row.action == action);
        let window = Window {
            first,
            after,
            last,
            before,
        };
        Ok(connection(
            page::of_list(&rows, &window, |row| &row.name)?,
            rows.len() as u64,
        ))
    }

    /// What is expected to be tested.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn plan(
        &self,
        ctx: &Context<'_>,
        feature: Option<String>,
        device_type: Option<String>,
        #[graphql(default = false, desc = "Also entries that are no longer in force.")] past: bool,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<PlanEntry>> {
        let db = context::app(ctx)?.db.read();
        let mut filter = PlanFilter {
            past,
            ..PlanFilter::default()
        };
        if let Some(name) = feature {
            filter.feature = Some(service::feature::get(db, &name).await?.id);
        }
        if let Some(name) = device_type {
            filter.device_type = Some(service::device_type::get(db, &name).await?.id);
        }
        let total = if context::wants_total(ctx) {
            service::plan::count(db, &filter).await?
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
            service::plan::page(db, &filter, &window).await?,
            total,
        ))
    }
}

#[derive(InputObject)]
pub(super) struct DeclareFeatureInput {
    name: String,
    /// Left out: one that is declared keeps its description.
    description: Option<String>,
}

#[derive(SimpleObject)]
pub(super) struct DeclareFeaturePayload {
    feature: Option<Feature>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RemoveFeatureInput {
    name: String,
}

#[derive(SimpleObject)]
pub(super) struct RemoveFeaturePayload {
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct ExpectInput {
    feature: String,
    /// Empty for a generic feature.
    #[graphql(default)]
    device_types: Vec<String>,
    /// The job template by which lavafed exercises it on these device-types. Left
    /// out it stays as it is; empty: others report it.
    template: Option<String>,
}

#[derive(InputObject)]
pub(super) struct UnexpectInput {
    feature: String,
    /// Empty for a generic feature.
    #[graphql(default)]
    device_types: Vec<String>,
}

#[derive(SimpleObject)]
pub(super) struct ExpectPayload {
    entries: Vec<PlanEntry>,
    errors: Vec<UserError>,
}

impl ExpectPayload {
    fn of(outcome: crate::error::Result<Vec<plan::Model>>) -> async_graphql::Result<Self> {
        let (entries, errors) = split(outcome)?;
        let entries = entries.into_iter().flatten().map(PlanEntry).collect();
        Ok(Self { entries, errors })
    }
}

#[derive(Default)]
pub(super) struct FeatureMutation;

#[Object]
impl FeatureMutation {
    /// Declares a feature: from now on verdicts on it count. Scope admin.
    async fn declare_feature(
        &self,
        ctx: &Context<'_>,
        input: DeclareFeatureInput,
    ) -> async_graphql::Result<DeclareFeaturePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let description = input.description.as_deref();
        let declared =
            service::feature::declare(app, actor, &input.name, description, Utc::now()).await;
        let (feature, errors) = split(declared)?;
        Ok(DeclareFeaturePayload {
            feature: feature.map(Feature),
            errors,
        })
    }

    /// Removes a feature that nothing refers to. Scope admin.
    async fn remove_feature(
        &self,
        ctx: &Context<'_>,
        input: RemoveFeatureInput,
    ) -> async_graphql::Result<RemoveFeaturePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let removed = service::feature::remove(app, actor, &input.name, Utc::now()).await;
        Ok(RemoveFeaturePayload {
            errors: split(removed)?.1,
        })
    }

    /// Adds a feature on device-types to the plan; of what is in it already the
    /// job template may change. Scope admin.
    async fn expect_feature(
        &self,
        ctx: &Context<'_>,
        input: ExpectInput,
    ) -> async_graphql::Result<ExpectPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let on = &input.device_types;
        let exercise = match input.template {
            None => Exercise::AsItIs,
            Some(name) if name.is_empty() => Exercise::ByOthers,
            Some(name) => Exercise::By(name),
        };
        let now = Utc::now();
        ExpectPayload::of(
            service::plan::expect(app, actor, &input.feature, on, &exercise, now).await,
        )
    }

    /// Ends entries of the plan. Scope admin.
    async fn unexpect_feature(
        &self,
        ctx: &Context<'_>,
        input: UnexpectInput,
    ) -> async_graphql::Result<ExpectPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let on = &input.device_types;
        ExpectPayload::of(service::plan::unexpect(app, actor, &input.feature, on, Utc::now()).await)
    }
}
