//! Waivers: what broke and does not count against a version.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::waiver;

use super::{
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    error::{UserError, split},
    feature::Feature,
    loader::{present, row},
    node::{self, Kind},
    scalar::EventNumber,
    version::Version,
};
use crate::{
    app::App,
    service::{
        self,
        waiver::{Cell, Terms, WaiverFilter},
    },
};

/// Somebody takes responsibility for a regression or a new failure: it does not
/// keep the version from release until the waiver ends.
pub(super) struct Waiver(pub(super) waiver::Model);

impl From<waiver::Model> for Waiver {
    fn from(row: waiver::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Waiver {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Waiver, self.0.id.0)
    }

    async fn version(&self, ctx: &Context<'_>) -> async_graphql::Result<Version> {
        Ok(Version(present(row!(ctx, self.0.version_id)?)?))
    }

    async fn feature(&self, ctx: &Context<'_>) -> async_graphql::Result<Feature> {
        Ok(Feature(present(row!(ctx, self.0.feature_id)?)?))
    }

    /// Null of a generic feature.
    async fn device_type(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DeviceType>> {
        match self.0.device_type_id {
            Some(id) => Ok(Some(DeviceType(present(row!(ctx, id)?)?))),
            None => Ok(None),
        }
    }

    /// Why it does not count.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Where it is followed up.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// When it ends by itself.
    async fn until(&self) -> DateTime<Utc> {
        self.0.ends_at
    }

    /// When it was waived.
    async fn waived_at(&self) -> DateTime<Utc> {
        self.0.from_at
    }

    /// Who waived: operator, or token; with the token's description for who may
    /// administer.
    async fn waived_by(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        shown(ctx, &self.0.waived_by)
    }

    /// The event that tells of it.
    async fn from_event(&self) -> EventNumber {
        EventNumber(self.0.from_event)
    }

    /// Null while it is in force; as of an event, null when it was then.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.until_at
    }

    /// Who ended it; lavafed when its time was over.
    async fn ended_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        self.0
            .ended_by
            .as_deref()
            .map(|by| shown(ctx, by))
            .transpose()
    }

    async fn until_event(&self) -> Option<EventNumber> {
        self.0.until_event.map(EventNumber)
    }
}

fn shown<'a>(ctx: &Context<'_>, actor: &'a str) -> async_graphql::Result<&'a str> {
    if context::actor(ctx)?.may_administer().is_ok() {
        return Ok(actor);
    }
    Ok(actor.split_once(':').map_or(actor, |(kind, _)| kind))
}

#[derive(Default)]
pub(super) struct WaiverQuery;

#[Object]
impl WaiverQuery {
    /// The newest first.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn waivers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name of a version.")] version: Option<String>,
        #[graphql(default, desc = "Also those that ended.")] past: bool,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Waiver>> {
        let db = context::app(ctx)?.db.read();
        let version = match version {
            Some(name) => Some(service::version::get(db, &name).await?.id),
            None => None,
        };
        let filter = WaiverFilter { version, past };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        let total = if context::wants_total(ctx) {
            service::waiver::count(db, &filter).await?
        } else {
            0
        };
        let page = service::waiver::page(db, &filter, &window).await?;
        Ok(connection(page, total))
    }
}

#[derive(InputObject)]
pub(super) struct WaiveCellInput {
    version: String,
    feature: String,
    /// Left out of a generic feature.
    device_type: Option<String>,
    /// Why it does not count, in one line.
    reason: String,
    /// Where it is followed up.
    url: String,
    /// When it ends by itself, within 366 days.
    until: DateTime<Utc>,
}

#[derive(InputObject)]
pub(super) struct UnwaiveCellInput {
    version: String,
    feature: String,
    /// Left out of a generic feature.
    device_type: Option<String>,
}

macro_rules! payloads {
    ($($name:ident)*) => {
        $(
            #[derive(SimpleObject)]
            pub(super) struct $name {
                /// As it is now; null with errors.
                waiver: Option<Waiver>,
                /// What is wrong with the input.
                errors: Vec<UserError>,
            }

            impl $name {
                fn of(outcome: crate::error::Result<waiver::Model>) -> async_graphql::Result<Self> {
                    let (waiver, errors) = split(outcome)?;
                    Ok(Self {
                        waiver: waiver.map(Waiver),
                        errors,
                    })
                }
            }
        )*
    };
}

payloads!(WaiveCellPayload UnwaiveCellPayload);

#[derive(Default)]
pub(super) struct WaiverMutation;

#[Object]
impl WaiverMutation {
    /// Waives a regression or a new failure; a waiver the cell has already ends
    /// with that. Scope admin.
    async fn waive_cell(
        &self,
        ctx: &Context<'_>,
        input: WaiveCellInput,
    ) -> async_graphql::Result<WaiveCellPayload> {
        let (app, actor): (&Arc<App>, _) = (context::app(ctx)?, context::actor(ctx)?);
        let cell = Cell {
            version: &input.version,
            feature: &input.feature,
            device_type: input.device_type.as_deref(),
        };
        let terms = Terms {
            reason: &input.reason,
            url: &input.url,
            ends_at: input.until,
        };
        WaiveCellPayload::of(service::waiver::waive(app, actor, cell, terms, Utc::now()).await)
    }

    /// Ends the waiver of a cell. Scope admin.
    async fn unwaive_cell(
        &self,
        ctx: &Context<'_>,
        input: UnwaiveCellInput,
    ) -> async_graphql::Result<UnwaiveCellPayload> {
        let (app, actor): (&Arc<App>, _) = (context::app(ctx)?, context::actor(ctx)?);
        let cell = Cell {
            version: &input.version,
            feature: &input.feature,
            device_type: input.device_type.as_deref(),
        };
        UnwaiveCellPayload::of(service::waiver::unwaive(app, actor, cell, Utc::now()).await)
    }
}
