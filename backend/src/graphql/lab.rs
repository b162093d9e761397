//! Labs.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::lab;

use super::{
    connection::{List, connection},
    context::{self, Window},
    device::{Device, devices_of},
    error::{UserError, split},
    lease::{Lease, leases_of},
    lending::{LabContact, LabContribution, LabDriver, LabSpan, LabWindow, owner_only},
    loader::{DaysOffOf, DriverOf, GivenBy, row},
    node::{self, Kind},
    round::{Round, rounds_of},
    scalar::LabDoor,
};
use crate::{
    error::Error,
    lava::client::Secret,
    service::{
        self, device::DeviceFilter, lab::LabSettings, lease::LeaseFilter, page, round::RoundFilter,
    },
};

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

    /// Length of the daily window; 0: nobody said when it lends.
    async fn window_minutes(&self) -> i32 {
        self.0.window_minutes
    }

    /// It lends nothing until it is resumed.
    async fn paused(&self) -> bool {
        self.0.paused
    }

    /// How the health of its devices is set.
    async fn door(&self) -> LabDoor {
        self.0.door.into()
    }

    /// Whose the API token is. Scope admin, or lend of the lab.
    async fn lava_user(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        owner_only(ctx, Some(self.0.id)).await?;
        Ok(self.0.lava_user.as_deref())
    }

    /// Without one nothing can be borrowed from it. The token itself is never told.
    async fn has_api_token(&self) -> bool {
        self.0.api_token.is_some()
    }

    /// Days of its own time on which no window opens.
    async fn veto_days(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<NaiveDate>> {
        Ok(row!(ctx, DaysOffOf(self.0.id))?.unwrap_or_default())
    }

    /// Its window now.
    async fn window(&self, ctx: &Context<'_>) -> async_graphql::Result<LabWindow> {
        let days_off = row!(ctx, DaysOffOf(self.0.id))?.unwrap_or_default();
        Ok(service::lab::daily(&self.0, days_off)?
            .at(Utc::now())
            .into())
    }

    /// Its windows that are open at some time between two instants, at most
    /// 31 days apart.
    async fn windows(
        &self,
        ctx: &Context<'_>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> async_graphql::Result<Vec<LabSpan>> {
        if to - from > TimeDelta::days(31) {
            return Err(Error::input("to", "It is more than 31 days after `from`.").into());
        }
        let days_off = row!(ctx, DaysOffOf(self.0.id))?.unwrap_or_default();
        let windows = service::lab::daily(&self.0, days_off)?.between(from, to);
        Ok(windows.into_iter().map(Into::into).collect())
    }

    /// What it gave within the last 30 days.
    async fn contribution(&self, ctx: &Context<'_>) -> async_graphql::Result<LabContribution> {
        let given = row!(ctx, GivenBy(self.0.id))?;
        Ok(given.unwrap_or_default().into())
    }

    /// How it answers.
    async fn contact(&self, ctx: &Context<'_>) -> async_graphql::Result<LabContact> {
        let driver = row!(ctx, DriverOf(self.0.id))?;
        Ok(LabContact::of(driver.as_ref()))
    }

    /// Who drives it; null: nobody did yet.
    async fn driver(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<LabDriver>> {
        let driver: Option<entity::lab_driver::Model> = row!(ctx, DriverOf(self.0.id))?;
        Ok(driver.map(Into::into))
    }

    /// Its leases, newest first.
    async fn leases(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Only those that are not over.")] current: bool,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Lease>> {
        let filter = LeaseFilter {
            lab: Some(self.0.id),
            current,
            ..LeaseFilter::default()
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        leases_of(ctx, &filter, &window).await
    }

    /// Its rounds, newest first.
    async fn rounds(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Round>> {
        let filter = RoundFilter {
            lab: Some(self.0.id),
            current: false,
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        rounds_of(ctx, &filter, &window).await
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
    /// 1 to 1440; left out: it lends nothing yet.
    window_minutes: Option<i32>,
    /// How the health of its devices is set.
    #[graphql(default_with = "LabDoor::Rest")]
    door: LabDoor,
    /// Whose the API token is; XML-RPC asks for it.
    lava_user: Option<String>,
    /// The token by which lavafed calls the lab; kept sealed.
    api_token: Option<String>,
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub(super) struct UpdateLabInput {
    name: String,
    url: Option<String>,
    time_zone: Option<String>,
    /// HH:MM in the lab's time zone.
    window_opens: Option<String>,
    /// 1 to 1440.
    window_minutes: Option<i32>,
    paused: Option<bool>,
    /// How the health of its devices is set.
    door: Option<LabDoor>,
    /// Whose the API token is; empty: not said.
    lava_user: Option<String>,
    /// The token by which lavafed calls the lab; kept sealed.
    api_token: Option<String>,
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
            window_minutes: input.window_minutes,
            paused: None,
            door: Some(input.door.into()),
            lava_user: input.lava_user,
            api_token: input.api_token.map(Secret::new),
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
            door: input.door.map(Into::into),
            lava_user: input.lava_user,
            api_token: input.api_token.map(Secret::new),
        };
        let updated = service::lab::update(app, actor, &input.name, &settings, Utc::now()).await;
        let (lab, errors) = split(updated)?;
        Ok(UpdateLabPayload {
            lab: lab.map(Lab),
            errors,
        })
    }

    /// Removes a lab that has neither devices nor leases nor tokens nor results.
    /// Scope admin.
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
