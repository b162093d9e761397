//! Device-types.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::device_type;

use super::{
    connection::{List, connection},
    context::{self, Window},
    device::{Device, devices_of},
    error::{UserError, split},
    node::{self, Kind},
};
use crate::service::{self, device::DeviceFilter, grid, page};

/// A kind of device, as LAVA has it.
pub(super) struct DeviceType(pub(super) device_type::Model);

impl From<device_type::Model> for DeviceType {
    fn from(row: device_type::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl DeviceType {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::DeviceType, self.0.id.0)
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    async fn devices(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Device>> {
        let filter = DeviceFilter {
            device_type: Some(self.0.id),
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
pub(super) struct DeviceTypeQuery;

#[Object]
impl DeviceTypeQuery {
    async fn device_type(
        &self,
        ctx: &Context<'_>,
        name: String,
    ) -> async_graphql::Result<Option<DeviceType>> {
        let db = context::app(ctx)?.db.read();
        Ok(service::device_type::find(db, &name).await?.map(DeviceType))
    }

    /// By name.
    async fn device_types(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<DeviceType>> {
        let catalog = grid::cache::catalog(context::app(ctx)?).await?;
        let rows = &catalog.device_types;
        let window = Window {
            first,
            after,
            last,
            before,
        };
        Ok(connection(
            page::of_list(rows, &window, |row| &row.name)?,
            rows.len() as u64,
        ))
    }
}

#[derive(InputObject)]
pub(super) struct AddDeviceTypeInput {
    name: String,
}

#[derive(SimpleObject)]
pub(super) struct AddDeviceTypePayload {
    device_type: Option<DeviceType>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RemoveDeviceTypeInput {
    name: String,
}

#[derive(SimpleObject)]
pub(super) struct RemoveDeviceTypePayload {
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct DeviceTypeMutation;

#[Object]
impl DeviceTypeMutation {
    /// Makes a device-type known before its first result. Scope admin.
    async fn add_device_type(
        &self,
        ctx: &Context<'_>,
        input: AddDeviceTypeInput,
    ) -> async_graphql::Result<AddDeviceTypePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let added = service::device_type::add(app, actor, &input.name, Utc::now()).await;
        let (device_type, errors) = split(added)?;
        Ok(AddDeviceTypePayload {
            device_type: device_type.map(DeviceType),
            errors,
        })
    }

    /// Removes a device-type that nothing refers to. Scope admin.
    async fn remove_device_type(
        &self,
        ctx: &Context<'_>,
        input: RemoveDeviceTypeInput,
    ) -> async_graphql::Result<RemoveDeviceTypePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let removed = service::device_type::remove(app, actor, &input.name, Utc::now()).await;
        Ok(RemoveDeviceTypePayload {
            errors: split(removed)?.1,
        })
    }
}
