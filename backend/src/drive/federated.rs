//! A lent device at the federated server: put in place, opened, closed. It is
//! never deleted there: LAVA would delete its results with it.

use entity::{
    device, device_health::DeviceHealth, device_type, lease, submission, trail::TrailKind,
};
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::{
    known::OnNow,
    leases::{note, write},
    rounds::dispatcher_of,
    tick::{Tick, sending},
};
use crate::{
    error::{Error, Result},
    lava::{
        client::{
            CallError, CallFailure, Client, Device, DevicePatch, JobNumber, NewDevice, TagId,
        },
        tag,
    },
    lease::{
        reason::{Code, Reason},
        state::FederatedSight,
    },
    service::transition::Entry,
};

/// The device among those that the server shows; None: not asked or not told.
pub(super) fn among(device: &device::Model, shown: Option<&[Device]>) -> FederatedSight {
    let (Some(devices), Some(name)) = (shown, device.federated_name.as_deref()) else {
        return FederatedSight::Unseen;
    };
    devices
        .iter()
        .find(|row| row.hostname == name)
        .map_or(FederatedSight::Absent, |row| {
            FederatedSight::There(row.health)
        })
}

/// The device as it is now.
pub(super) async fn sight(tick: &mut Tick<'_>, device: &device::Model) -> FederatedSight {
    let (Ok(client), Some(name)) = (tick.federated.clone(), device.federated_name.as_deref())
    else {
        return FederatedSight::Unseen;
    };
    let answer = client.devices_named(&[name]).await;
    tick.heard_federated(&answer);
    among(device, answer.ok().as_deref())
}

/// Puts everything in place but the opening: device-type, tag, device, dictionary.
pub(super) async fn prepare(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    device: &device::Model,
) -> Result<()> {
    let Ok(client) = tick.federated.clone() else {
        return Ok(());
    };
    let dispatcher = dispatcher_of(on, device.docker_device.as_deref()).cloned();
    let Some(place) = place(tick, device, dispatcher.as_ref()).await? else {
        return Ok(());
    };
    let dictionary = match dictionary(tick, device).await {
        Ok(text) => text,
        Err(error) => return unprepared(tick, lease, &error),
    };
    let answer = put(tick, lease, &client, &place, &dictionary).await?;
    tick.heard_federated(&answer);
    match answer {
        Ok(()) => {
            let why = Reason::new(
                Code::Done,
                "The federated server has all that it needs to run jobs on it.",
            );
            let facts = lease::ActiveModel {
                prepared_at: Set(Some(tick.now)),
                ..Default::default()
            };
            note(tick, lease, "prepared", &why, facts).await
        }
        Err(error) => unprepared(tick, lease, &error),
    }
}

/// What the federated server refuses for good ends the lease; what it did not
/// get is tried again.
fn unprepared(tick: &mut Tick<'_>, lease: &lease::Model, error: &CallError) -> Result<()> {
    match error.kind {
        CallFailure::Refused | CallFailure::Missing | CallFailure::Denied => {
            tick.memory
                .unprepared
                .insert(lease.id, error.sentence.clone());
        }
        CallFailure::NotSent
        | CallFailure::Unanswered
        | CallFailure::Busy { .. }
        | CallFailure::Garbled => {}
    }
    Ok(())
}

/// Where and as what the device stands at the federated server.
struct Place {
    name: String,
    /// The tag that it alone has.
    tag: String,
    device_type: String,
    worker: String,
    description: String,
}

async fn place(
    tick: &Tick<'_>,
    device: &device::Model,
    dispatcher: Option<&submission::Model>,
) -> Result<Option<Place>> {
    let kind = device_type::Entity::find_by_id(device.device_type_id)
        .one(tick.app.db.read())
        .await?
        .ok_or_else(|| Error::internal("a device has no device-type"))?;
    let worker = dispatcher.and_then(|row| row.worker.clone());
    Ok(device
        .federated_name
        .clone()
        .zip(worker)
        .map(|(name, worker)| Place {
            tag: tag::of_device(&name),
            name,
            device_type: kind.name,
            worker,
            description: format!("lavafed: {} of the lab {}", device.hostname, tick.lab.name),
        }))
}

/// The owner's text, or with the owner's consent the lab's own.
async fn dictionary(tick: &mut Tick<'_>, device: &device::Model) -> Result<String, CallError> {
    if let Some(text) = &device.dictionary {
        return Ok(text.clone());
    }
    let missing = || {
        CallError::refused(format!(
            "{} has no dictionary for the federated server. Give it one, or let the lab's own be shared.",
            device.hostname
        ))
    };
    if !device.share_dictionary {
        return Err(missing());
    }
    let Ok(client) = tick.remote.clone() else {
        return Err(CallError::not_sent("The lab cannot be spoken to."));
    };
    let answer = client.dictionary(&device.hostname).await;
    tick.heard(&answer);
    answer?.ok_or_else(missing)
}

async fn put(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    client: &Client,
    place: &Place,
    dictionary: &str,
) -> Result<Result<(), CallError>> {
    if let Err(error) = ensure_type(tick, lease, client, place).await? {
        return Ok(Err(error));
    }
    let tag = match ensure_tag(tick, lease, client, place).await? {
        Ok(tag) => tag,
        Err(error) => return Ok(Err(error)),
    };
    if let Err(error) = ensure_device(tick, lease, client, place, tag).await? {
        return Ok(Err(error));
    }
    match client.dictionary(&place.name).await {
        Ok(Some(known)) if known.trim() == dictionary.trim() => {}
        Ok(_) => {
            let call = client.set_dictionary(&place.name, dictionary);
            let done = send(tick, lease, "set_dictionary", &place.name, call).await?;
            if let Err(error) = done {
                return Ok(Err(error));
            }
        }
        Err(error) => return Ok(Err(error)),
    }
    Ok(match client.validate_dictionary(dictionary).await {
        Ok(Some(complaint)) => Err(CallError::refused(format!(
            "The dictionary of {} is not valid at the federated server: {complaint}",
            place.name
        ))),
        Ok(None) => Ok(()),
        // who may validate differs; LAVA tells in its own way: the device becomes Bad
        Err(error) if error.kind == CallFailure::Denied => Ok(()),
        Err(error) => Err(error),
    })
}

async fn send<T>(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    action: &str,
    what: &str,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<Result<T, CallError>> {
    let why = sending(format!("{action} of {what} at the federated server."));
    let intent = Entry::of_lease(lease, TrailKind::Intent, action, &why);
    tick.write(&intent, call).await
}

async fn ensure_type(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    client: &Client,
    place: &Place,
) -> Result<Result<(), CallError>> {
    match client.device_type(&place.device_type).await {
        Ok(Some(_)) => Ok(Ok(())),
        Ok(None) => {
            let call = client.create_device_type(&place.device_type);
            send(tick, lease, "create_device_type", &place.device_type, call).await
        }
        Err(error) => Ok(Err(error)),
    }
}

async fn ensure_tag(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    client: &Client,
    place: &Place,
) -> Result<Result<TagId, CallError>> {
    match client.tag(&place.tag).await {
        Ok(Some(tag)) => Ok(Ok(tag)),
        Ok(None) => {
            let call = client.create_tag(&place.tag, &place.description);
            send(tick, lease, "create_tag", &place.tag, call).await
        }
        Err(error) => Ok(Err(error)),
    }
}

/// The device, closed, behind its dispatcher, with its own tag alone.
async fn ensure_device(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    client: &Client,
    place: &Place,
    tag: TagId,
) -> Result<Result<(), CallError>> {
    let closed = DeviceHealth::Maintenance;
    match client.device(&place.name).await {
        Ok(Some(known)) => {
            let same = known.health == closed
                && known.device_type == place.device_type
                && known.worker_host.as_ref() == Some(&place.worker)
                && known.tags == [tag];
            if same {
                return Ok(Ok(()));
            }
            let patch = DevicePatch {
                device_type: Some(place.device_type.clone()),
                worker_host: Some(place.worker.clone()),
                health: Some(closed),
                tags: Some(vec![tag]),
                ..DevicePatch::default()
            };
            let call = client.update_device(&place.name, &patch);
            send(tick, lease, "update_device", &place.name, call).await
        }
        Ok(None) => {
            let new = NewDevice {
                hostname: place.name.clone(),
                device_type: place.device_type.clone(),
                worker_host: Some(place.worker.clone()),
                health: closed,
                description: Some(place.description.clone()),
                tags: vec![tag],
            };
            let call = client.create_device(&new);
            send(tick, lease, "create_device", &place.name, call).await
        }
        Err(error) => Ok(Err(error)),
    }
}

/// Lets the federated server run jobs on it.
pub(super) async fn open(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    device: &device::Model,
) -> Result<()> {
    let facts = lease::ActiveModel {
        opened_at: Set(lease.opened_at.or(Some(tick.now))),
        ..Default::default()
    };
    set(tick, lease, device, DeviceHealth::Good, "open", facts).await
}

/// Lets it run no more; what runs goes on until it is cancelled.
pub(super) async fn close(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    device: &device::Model,
) -> Result<()> {
    let facts = lease::ActiveModel::default();
    set(
        tick,
        lease,
        device,
        DeviceHealth::Maintenance,
        "close",
        facts,
    )
    .await
}

async fn set(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    device: &device::Model,
    health: DeviceHealth,
    action: &str,
    facts: lease::ActiveModel,
) -> Result<()> {
    let (Ok(client), Some(name)) = (tick.federated.clone(), device.federated_name.as_deref())
    else {
        return Ok(());
    };
    let why = sending(format!(
        "Set {name} to {} at the federated server.",
        health.as_str()
    ));
    let intent = Entry {
        after: Some(health.as_str()),
        ..Entry::of_lease(lease, TrailKind::Intent, action, &why)
    };
    let reason = format!("lavafed: lease {}", lease.id);
    let answer = write(
        tick,
        lease,
        &intent,
        facts,
        client.set_health(name, health, &reason),
    )
    .await?;
    tick.heard_federated(&answer);
    if let Err(error) = &answer {
        unprepared(tick, lease, error)?;
    }
    Ok(())
}

/// Cancels a job on the device that is none of ours.
pub(super) async fn cancel_stray(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    client: &Client,
    number: &JobNumber,
) -> Result<()> {
    let call = client.cancel(number);
    let answer = send(
        tick,
        lease,
        "cancel",
        &format!("job {}", number.as_str()),
        call,
    )
    .await?;
    tick.heard_federated(&answer);
    Ok(())
}
