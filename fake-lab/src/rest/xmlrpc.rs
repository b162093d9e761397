//! The XML-RPC door: HTTP basic with a user's token, faults instead of status
//! codes. Must not know what a change sets in motion.

use dxr::{Fault, FaultResponse, MethodCall, MethodResponse, Value};

use super::{Answer, Request};
use crate::{
    journal::{Change, Via},
    words::{DeviceHealth, DeviceState},
    world::{By, Device, User, World},
};

/// The name of the method, for whoever counts calls.
pub(crate) fn method(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    MethodCall::from_xml(text)
        .ok()
        .map(|call| call.name.into_owned())
}

pub(super) fn call(world: &mut World, request: &Request) -> Answer {
    if request.method != "POST" {
        return Answer::html(200);
    }
    let Ok(user) = request.basic_user(world).map(|user| user.cloned()) else {
        return Answer::new(401, Some("text/plain"), "Invalid token".into());
    };
    let text = String::from_utf8_lossy(&request.body);
    let Ok(call) = MethodCall::from_xml(&text) else {
        return answer(Err(Fault::new(400, "The call cannot be read.".to_owned())));
    };
    answer(run(world, user.as_ref(), &call.name, &call.params))
}

/// What [`run`] knows.
pub(super) const METHODS: &[&str] = &[
    "system.version",
    "system.api_version",
    "system.whoami",
    "scheduler.devices.update",
    "scheduler.devices.show",
    "scheduler.devices.list",
    "scheduler.devices.get_dictionary",
    "scheduler.put_into_maintenance_mode",
    "scheduler.put_into_online_mode",
    "scheduler.workers.list",
    "scheduler.jobs.cancel",
    "scheduler.jobs.submit",
];

fn answer(result: Result<Value, Fault>) -> Answer {
    let text = match result {
        Ok(value) => MethodResponse { value }.to_xml(),
        Err(fault) => FaultResponse { fault }.to_xml(),
    };
    Answer::new(200, Some("text/xml"), text.unwrap_or_default().into())
}

fn run(world: &mut World, user: Option<&User>, name: &str, args: &[Value]) -> Result<Value, Fault> {
    let text = |at: usize| match args.get(at) {
        Some(Value::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match name {
        "system.version" => Ok(Value::String(world.version.clone())),
        "system.api_version" => Ok(Value::Integer(2)),
        "system.whoami" => Ok(user.map_or(Value::Nil, |user| Value::String(user.name.clone()))),
        "scheduler.devices.list" => Ok(Value::Array(
            world
                .devices
                .values()
                .filter(|device| device.health != DeviceHealth::Retired)
                .map(|device| listed(world, device))
                .collect(),
        )),
        "scheduler.devices.show" => device(world, text(0)).map(|device| shown(world, device)),
        "scheduler.devices.get_dictionary" => {
            let found = device(world, text(0))?;
            let missing = || {
                Fault::new(
                    404,
                    format!("Device '{}' does not have a configuration", found.hostname),
                )
            };
            found
                .dictionary
                .clone()
                .map(Value::String)
                .ok_or_else(missing)
        }
        "scheduler.devices.update" => update(world, user, args),
        "scheduler.put_into_maintenance_mode" => put(
            world,
            user,
            name,
            text(0),
            DeviceHealth::Maintenance,
            text(1),
        ),
        "scheduler.put_into_online_mode" => {
            put(world, user, name, text(0), DeviceHealth::Unknown, text(1))
        }
        "scheduler.workers.list" => Ok(Value::Array(
            world.workers.keys().cloned().map(Value::String).collect(),
        )),
        "scheduler.jobs.cancel" => cancel(world, user, name, args),
        "scheduler.jobs.submit" => submit(world, user, name, text(0)),
        _ => Err(Fault::new(
            -32601,
            format!("method '{name}' is not supported"),
        )),
    }
}

fn needed(user: Option<&User>) -> Result<&User, Fault> {
    user.ok_or_else(|| {
        Fault::new(
            401,
            "Authentication with user and token required for this API.".to_owned(),
        )
    })
}

fn by(user: &User, method: &str) -> By {
    By {
        user: user.name.clone(),
        via: Via::XmlRpc {
            method: method.to_owned(),
        },
    }
}

fn device<'a>(world: &'a World, name: Option<&str>) -> Result<&'a Device, Fault> {
    let name = name.unwrap_or_default();
    let missing = || Fault::new(404, format!("Device '{name}' was not found."));
    world.devices.get(name).ok_or_else(missing)
}

/// A device the user may change, by name.
fn own<'a>(world: &'a World, user: &User, name: Option<&str>) -> Result<&'a Device, Fault> {
    let found = device(world, name)?;
    if user.rights.may_change(&found.hostname) {
        return Ok(found);
    }
    Err(Fault::new(
        403,
        format!(
            "User '{}' needs admin permission on device {}.",
            user.name, found.hostname
        ),
    ))
}

/// hostname, worker, user, group, public, health, description: None leaves as it is.
fn update(world: &mut World, user: Option<&User>, args: &[Value]) -> Result<Value, Fault> {
    let user = needed(user)?;
    let by = by(user, "scheduler.devices.update");
    let text = |at: usize| match args.get(at) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let hostname = own(world, user, text(0).as_deref())?.hostname.clone();
    let health = match text(5) {
        None => None,
        Some(word) => {
            let mut known = DeviceHealth::ALL.iter();
            let found = known.find(|health| health.as_str().to_uppercase() == word);
            let invalid = || Fault::new(400, format!("Health '{word}' is invalid"));
            Some(*found.ok_or_else(invalid)?)
        }
    };
    if let Some(worker) = text(1) {
        if !world.workers.contains_key(&worker) {
            return Err(Fault::new(404, format!("Unable to find worker '{worker}'")));
        }
        world.move_device(&by, &hostname, Some(worker));
    }
    if let Some(description) = text(6)
        && let Some(device) = world.devices.get_mut(&hostname)
    {
        let before = device.description.replace(description.clone());
        let change = Change::DeviceField {
            device: hostname.clone(),
            field: "description",
            before,
            after: Some(description),
        };
        world.note(&by, change);
    }
    if let Some(health) = health {
        world.set_device_health(&by, &hostname, health, None);
    }
    Ok(Value::Nil)
}

fn put(
    world: &mut World,
    user: Option<&User>,
    method: &str,
    name: Option<&str>,
    health: DeviceHealth,
    reason: Option<&str>,
) -> Result<Value, Fault> {
    let user = needed(user)?;
    let hostname = own(world, user, name)?.hostname.clone();
    world.set_device_health(&by(user, method), &hostname, health, reason);
    Ok(Value::Nil)
}

fn cancel(
    world: &mut World,
    user: Option<&User>,
    method: &str,
    args: &[Value],
) -> Result<Value, Fault> {
    let user = needed(user)?;
    let id = match args.first() {
        Some(Value::Integer(id)) => u32::try_from(*id).ok(),
        Some(Value::String(id)) => id.parse().ok(),
        _ => None,
    };
    let missing = || Fault::new(404, "Specified job not found.".to_owned());
    let job = id.and_then(|id| world.jobs.get(&id)).ok_or_else(missing)?;
    let device = job.device.as_deref();
    let may = user.name == job.submitter
        || user.rights.change_testjob
        || device.is_some_and(|device| user.rights.may_change(device));
    if !may {
        return Err(Fault::new(
            403,
            "Permission denied for user to cancel this job.".to_owned(),
        ));
    }
    let id = job.id;
    world.cancel(&by(user, method), id);
    Ok(Value::Nil)
}

fn submit(
    world: &mut World,
    user: Option<&User>,
    method: &str,
    text: Option<&str>,
) -> Result<Value, Fault> {
    let user = needed(user)?;
    let result = world.submit(&by(user, method), text.unwrap_or_default());
    match result {
        Ok(id) => Ok(Value::Integer(i32::try_from(id).unwrap_or(i32::MAX))),
        Err(error) => Err(Fault::new(400, super::job::problem(&error))),
    }
}

fn words(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Struct(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn current(world: &World, device: &Device) -> Value {
    let job = world.job_on(&device.hostname);
    let id = job.and_then(|job| i32::try_from(job.id).ok());
    id.map_or(Value::Nil, Value::Integer)
}

fn listed(world: &World, device: &Device) -> Value {
    words([
        ("hostname", Value::String(device.hostname.clone())),
        ("type", Value::String(device.device_type.clone())),
        ("health", Value::String(device.health.to_string())),
        ("state", Value::String(device.state.to_string())),
        ("current_job", current(world, device)),
        ("pipeline", Value::Boolean(true)),
    ])
}

fn shown(world: &World, device: &Device) -> Value {
    let optional = |text: &Option<String>| text.clone().map_or(Value::Nil, Value::String);
    let tags = world
        .tags
        .iter()
        .filter(|tag| device.tags.contains(&tag.id));
    let checks = world
        .job_on(&device.hostname)
        .is_some_and(|job| job.health_check);
    words([
        ("hostname", Value::String(device.hostname.clone())),
        ("device_type", Value::String(device.device_type.clone())),
        ("health", Value::String(device.health.to_string())),
        ("state", Value::String(device.state.to_string())),
        (
            "health_job",
            Value::Boolean(checks && device.state != DeviceState::Idle),
        ),
        ("description", optional(&device.description)),
        ("pipeline", Value::Boolean(true)),
        (
            "has_device_dict",
            Value::Boolean(device.dictionary.is_some()),
        ),
        ("worker", optional(&device.worker)),
        ("current_job", current(world, device)),
        (
            "tags",
            Value::Array(tags.map(|tag| Value::String(tag.name.clone())).collect()),
        ),
    ])
}
