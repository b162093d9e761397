//! Devices.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::device;

use super::{
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    error::{UserError, split},
    lab::Lab,
    lease::Lease,
    lending::owner_only,
    loader::{LentIn, present, row},
    node::{self, Kind},
};
use crate::service::{
    self,
    device::{DeviceFilter, DeviceSettings},
};

/// A device of a lab, or one of the federated server's own.
pub(super) struct Device(pub(super) device::Model);

impl From<device::Model> for Device {
    fn from(row: device::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Device {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Device, self.0.id.0)
    }

    /// LAVA's key of the device in its lab.
    async fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// Null: the device belongs to the federated server.
    async fn lab(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Lab>> {
        match self.0.lab_id {
            Some(id) => Ok(row!(ctx, id)?.map(Lab)),
            None => Ok(None),
        }
    }

    async fn device_type(&self, ctx: &Context<'_>) -> async_graphql::Result<DeviceType> {
        Ok(DeviceType(present(row!(ctx, self.0.device_type_id)?)?))
    }

    /// Its name on the federated server.
    async fn federated_name(&self) -> Option<&str> {
        self.0.federated_name.as_deref()
    }

    /// Its owner lends it.
    async fn lendable(&self) -> bool {
        self.0.lendable
    }

    /// Hostname of the lab's docker device that reaches it.
    async fn docker_device(&self) -> Option<&str> {
        self.0.docker_device.as_deref()
    }

    /// It has a dictionary of its own for the federated server.
    async fn has_dictionary(&self) -> bool {
        self.0.dictionary.is_some()
    }

    /// Its dictionary for the federated server. Scope admin, or lend of the lab.
    async fn dictionary(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        owner_only(ctx, self.0.lab_id).await?;
        Ok(self.0.dictionary.as_deref())
    }

    /// Without a dictionary of its own, the lab's is shown to the federated server.
    async fn share_dictionary(&self) -> bool {
        self.0.share_dictionary
    }

    /// Its lease that is not over.
    async fn lease(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Lease>> {
        Ok(row!(ctx, LentIn(self.0.id))?.map(Lease))
    }

    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

pub(super) async fn devices_of(
    ctx: &Context<'_>,
    filter: &DeviceFilter,
    window: &Window,
) -> async_graphql::Result<List<Device>> {
    let db = context::app(ctx)?.db.read();
    let total = if context::wants_total(ctx) {
        service::device::count(db, filter).await?
    } else {
        0
    };
    Ok(connection(
        service::device::page(db, filter, window).await?,
        total,
    ))
}

#[derive(Default)]
pub(super) struct DeviceQuery;

#[Object]
impl DeviceQuery {
    /// By natural key.
    async fn device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Left out: a device of the federated server itself.")] lab: Option<String>,
        hostname: String,
    ) -> async_graphql::Result<Option<Device>> {
        let db = context::app(ctx)?.db.read();
        Ok(service::device::find(db, lab.as_deref(), &hostname)
            .await?
            .map(Device))
    }

    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn devices(
        &self,
        ctx: &Context<'_>,
        lab: Option<String>,
        device_type: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Device>> {
        let db = context::app(ctx)?.db.read();
        let mut filter = DeviceFilter::default();
        if let Some(name) = lab {
            filter.lab = Some(service::lab::get(db, &name).await?.id);
        }
        if let Some(name) = device_type {
            filter.device_type = Some(service::device_type::get(db, &name).await?.id);
        }
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

#[derive(InputObject)]
pub(super) struct AddDeviceInput {
    lab: String,
    hostname: String,
    device_type: String,
    /// What it is called on the federated server; jobs there name it so.
    federated_name: Option<String>,
    #[graphql(default = false)]
    lendable: bool,
    /// Hostname of the lab's docker device that reaches it: USB and serial belong
    /// to one host.
    docker_device: Option<String>,
    /// Its dictionary for the federated server.
    dictionary: Option<String>,
    /// Without a dictionary, the lab's own may be shown to the federated server.
    #[graphql(default = false)]
    share_dictionary: bool,
}

/// What is left out stays as it is; an empty text takes it away.
#[derive(InputObject)]
pub(super) struct UpdateDeviceInput {
    lab: Option<String>,
    hostname: String,
    device_type: Option<String>,
    federated_name: Option<String>,
    /// One without a name on the federated server gets one: LAB-HOSTNAME.
    lendable: Option<bool>,
    /// Hostname of the lab's docker device that reaches it.
    docker_device: Option<String>,
    /// Its dictionary for the federated server.
    dictionary: Option<String>,
    /// Without a dictionary, the lab's own may be shown to the federated server.
    share_dictionary: Option<bool>,
}

#[derive(InputObject)]
pub(super) struct RemoveDeviceInput {
    lab: Option<String>,
    hostname: String,
}

#[derive(SimpleObject)]
pub(super) struct AddDevicePayload {
    device: Option<Device>,
    errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(super) struct UpdateDevicePayload {
    device: Option<Device>,
    errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(super) struct RemoveDevicePayload {
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct DeviceMutation;

#[Object]
impl DeviceMutation {
    /// Adds a device of a lab. Scope admin.
    async fn add_device(
        &self,
        ctx: &Context<'_>,
        input: AddDeviceInput,
    ) -> async_graphql::Result<AddDevicePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let settings = DeviceSettings {
            device_type: Some(input.device_type),
            federated_name: input.federated_name,
            lendable: Some(input.lendable),
            docker_device: input.docker_device,
            dictionary: input.dictionary,
            share_dictionary: Some(input.share_dictionary),
        };
        let added = service::device::add(
            app,
            actor,
            &input.lab,
            &input.hostname,
            &settings,
            Utc::now(),
        )
        .await;
        let (device, errors) = split(added)?;
        Ok(AddDevicePayload {
            device: device.map(Device),
            errors,
        })
    }

    /// Changes a device. Scope admin; lend of the lab for all but deviceType and
    /// federatedName.
    async fn update_device(
        &self,
        ctx: &Context<'_>,
        input: UpdateDeviceInput,
    ) -> async_graphql::Result<UpdateDevicePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let settings = DeviceSettings {
            device_type: input.device_type,
            federated_name: input.federated_name,
            lendable: input.lendable,
            docker_device: input.docker_device,
            dictionary: input.dictionary,
            share_dictionary: input.share_dictionary,
        };
        let lab = input.lab.as_deref();
        let updated =
            service::device::update(app, actor, lab, &input.hostname, &settings, Utc::now()).await;
        let (device, errors) = split(updated)?;
        Ok(UpdateDevicePayload {
            device: device.map(Device),
            errors,
        })
    }

    /// Removes a device that was never lent and has run no job. Scope admin.
    async fn remove_device(
        &self,
        ctx: &Context<'_>,
        input: RemoveDeviceInput,
    ) -> async_graphql::Result<RemoveDevicePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let lab = input.lab.as_deref();
        let removed = service::device::remove(app, actor, lab, &input.hostname, Utc::now()).await;
        Ok(RemoveDevicePayload {
            errors: split(removed)?.1,
        })
    }
}
