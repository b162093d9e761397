//! Labs.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::lab;

use super::{
    connection::{List, connection},
    context::{self, Window},
    device::{Device, devices_of},
    error::{UserError, split},
    node::{self, Kind},
};
use crate::service::{self, device::DeviceFilter, lab::LabSettings, page};

/// A remote LAVA instance that lends devices for a fixed time every day.
pub(super) struct Lab(pub(super) lab::Model);

impl From<lab::Model> for Lab {
    fn from(row: lab::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Lab {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Lab, self.0.id.0)
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// A name of the IANA time zone database.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// When the daily window opens: HH:MM in the lab's time zone.
    async fn window_opens(&self) -> String {
        format!(
            "{:02}:{:02}",
            self.0.window_opens / 60,
            self.0.window_opens % 60
        )
    }

    /// Length of the daily window; 0 while the lab lends nothing.
    async fn window_minutes(&self) -> i32 {
        self.0.window_minutes
    }

    async fn paused(&self) -> bool {
        self.0.paused
    }

    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The devices it has made known.
    async fn devices(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Device>> {
        let filter = DeviceFilter {
            lab: Some(self.0.id),
            ..DeviceFilter::default()
        };
        devices_of(
            ctx,
            &filter,
            &Window {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }
}

#[derive(Default)]
pub(super) struct LabQuery;

#[Object]
impl LabQuery {
    async fn lab(&self, ctx: &Context<'_>, name: String) -> async_graphql::Result<Option<Lab>> {
        Ok(service::lab::find(context::app(ctx)?.db.read(), &name)
            .await?
            .map(Lab))
    }

    /// By name.
    async fn labs(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Lab>> {
        let rows = service::lab::all(context::app(ctx)?.db.read()).await?;
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
}

#[derive(InputObject)]
pub(super) struct AddLabInput {
    /// As it stands in `lab:NAME`.
    name: String,
    url: Option<String>,
    #[graphql(default_with = "String::from(\"UTC\")")]
    time_zone: String,
    /// HH:MM in the lab's time zone.
    #[graphql(default_with = "String::from(\"00:00\")")]
    window_opens: String,
    #[graphql(default = 0)]
    window_minutes: i32,
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub(super) struct UpdateLabInput {
    name: String,
    url: Option<String>,
    time_zone: Option<String>,
    /// HH:MM in the lab's time zone.
    window_opens: Option<String>,
    window_minutes: Option<i32>,
    paused: Option<bool>,
}

#[derive(InputObject)]
pub(super) struct RemoveLabInput {
    name: String,
}

#[derive(SimpleObject)]
pub(super) struct AddLabPayload {
    lab: Option<Lab>,
    errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(super) struct UpdateLabPayload {
    lab: Option<Lab>,
    errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(super) struct RemoveLabPayload {
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct LabMutation;

#[Object]
impl LabMutation {
    /// Adds a lab. Scope admin.
    async fn add_lab(
        &self,
        ctx: &Context<'_>,
        input: AddLabInput,
    ) -> async_graphql::Result<AddLabPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let settings = LabSettings {
            url: input.url,
            time_zone: Some(input.time_zone),
            window_opens: Some(input.window_opens),
            window_minutes: Some(input.window_minutes),
            paused: None,
        };
        let added = service::lab::add(app, actor, &input.name, &settings, Utc::now()).await;
        let (lab, errors) = split(added)?;
        Ok(AddLabPayload {
            lab: lab.map(Lab),
            errors,
        })
    }

    /// Changes a lab. Scope admin.
    async fn update_lab(
        &self,
        ctx: &Context<'_>,
        input: UpdateLabInput,
    ) -> async_graphql::Result<UpdateLabPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let settings = LabSettings {
            url: input.url,
            time_zone: input.time_zone,
            window_opens: input.window_opens,
            window_minutes: input.window_minutes,
            paused: input.paused,
        };
        let updated = service::lab::update(app, actor, &input.name, &settings, Utc::now()).await;
        let (lab, errors) = split(updated)?;
        Ok(UpdateLabPayload {
            lab: lab.map(Lab),
            errors,
        })
    }

    /// Removes a lab that has neither devices nor tokens nor results. Scope admin.
    async fn remove_lab(
        &self,
        ctx: &Context<'_>,
        input: RemoveLabInput,
    ) -> async_graphql::Result<RemoveLabPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let removed = service::lab::remove(app, actor, &input.name, Utc::now()).await;
        Ok(RemoveLabPayload {
            errors: split(removed)?.1,
        })
    }
}
