//! `devices/`: the one resource a remote lab is written to. Must not know what
//! a change sets in motion.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Answer, Request,
    list::{self, Field},
};
use crate::{
    journal::Change,
    words::{DeviceHealth, DeviceState, Release},
    world::{By, Device, World},
};

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    device_type: &'a str,
    device_version: Option<&'a str>,
    physical_owner: Option<&'a str>,
    physical_group: Option<&'a str>,
    description: Option<&'a str>,
    tags: &'a [u32],
    state: DeviceState,
    health: DeviceHealth,
    last_health_report_job: Option<u32>,
    worker_host: Option<&'a str>,
    is_synced: bool,
}

fn show(device: &Device, named: bool) -> Shown<'_> {
    Shown {
        hostname: named.then_some(device.hostname.as_str()),
        device_type: &device.device_type,
        device_version: None,
        physical_owner: None,
        physical_group: None,
        description: device.description.as_deref(),
        tags: &device.tags,
        state: device.state,
        health: device.health,
        last_health_report_job: device.last_health_report_job,
        worker_host: device.worker.as_deref(),
        is_synced: false,
    }
}

pub(super) fn not_found(world: &World, what: &str) -> Answer {
    match world.release {
        Release::V2023_01 => Answer::detail(404, "Not found."),
        Release::V2026_10 => Answer::detail(404, &format!("No {what} matches the given query.")),
    }
}

/// A Retired device is there only for who asks for all.
fn visible<'a>(world: &'a World, request: &Request, hostname: &str) -> Result<&'a Device, Answer> {
    let all = request
        .parameter("all")
        .is_some_and(|value| !value.is_empty());
    world
        .devices
        .get(hostname)
        .filter(|device| all || device.health != DeviceHealth::Retired)
        .ok_or_else(|| not_found(world, "Device"))
}

pub(super) fn collection(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    if request.method == "POST" {
        return create(world, request).unwrap_or_else(|answer| answer);
    }
    let healths: Vec<_> = DeviceHealth::ALL.iter().map(|word| word.as_str()).collect();
    let states: Vec<_> = DeviceState::ALL.iter().map(|word| word.as_str()).collect();
    for (name, words) in [("health", healths), ("state", states)] {
        if let Some(answer) = list::bad_word(request, world.release, name, &words) {
            return answer;
        }
    }
    let all = request
        .parameter("all")
        .is_some_and(|value| !value.is_empty());
    let listed = world
        .devices
        .values()
        .filter(|device| all || device.health != DeviceHealth::Retired);
    let found = list::select(request, listed, |device, name| field(world, device, name));
    list::page(request, &found, |device| show(device, true))
}

fn field(world: &World, device: &Device, name: &str) -> Option<Field> {
    let text = |value: Option<&str>| value.map_or(Field::Null, |text| Field::Text(text.to_owned()));
    Some(match name {
        "hostname" => text(Some(&device.hostname)),
        "device_type" => text(Some(&device.device_type)),
        "worker_host" => text(device.worker.as_deref()),
        "description" => text(device.description.as_deref()),
        "health" => Field::Word(device.health.as_str()),
        "state" => Field::Word(device.state.as_str()),
        "tags" => {
            let own = world
                .tags
                .iter()
                .filter(|tag| device.tags.contains(&tag.id));
            Field::Texts(own.map(|tag| tag.name.clone()).collect())
        }
        _ => return None,
    })
}

fn create(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    let by = request.need(world, |_| false)?;
    let fields = request.fields()?;
    let missing: Vec<&str> = ["hostname", "device_type", "health"]
        .into_iter()
        .filter(|name| fields.get(*name).is_none_or(Value::is_null))
        .collect();
    if world.release == Release::V2026_10 && missing.contains(&"device_type") {
        return Err(Answer::exception(
            "ValidationError",
            "{'device_type': ['This field cannot be null.']}",
        ));
    }
    if !missing.is_empty() {
        return Err(required(&missing));
    }
    let hostname = text(&fields, "hostname").unwrap_or_default();
    if world.devices.contains_key(&hostname) {
        return Err(Answer::field(
            "hostname",
            "device with this Hostname already exists.",
        ));
    }
    let mut device = Device {
        hostname: hostname.clone(),
        device_type: String::new(),
        worker: None,
        health: DeviceHealth::Maintenance,
        state: DeviceState::Idle,
        description: None,
        tags: Vec::new(),
        dictionary: None,
        last_health_report_job: None,
    };
    let health = fill(world, &mut device, &fields)?;
    device.health = health.unwrap_or(device.health);
    let health = device.health;
    let answer = Answer::json(201, &show(&device, true));
    world.devices.insert(hostname.clone(), device);
    let created = Change::DeviceCreated {
        device: hostname,
        health,
    };
    world.note(&by, created);
    world.stir();
    Ok(answer)
}

pub(super) fn required(names: &[&str]) -> Answer {
    #[derive(Serialize)]
    struct Missing<'a>(#[serde(serialize_with = "in_order")] &'a [&'a str]);
    fn in_order<S: serde::Serializer>(names: &&[&str], to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(names.iter().map(|name| (name, ["This field is required."])))
    }
    Answer::json(400, &Missing(names))
}

pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// Checks what was sent and puts all but the health into the device.
fn fill(
    world: &World,
    device: &mut Device,
    fields: &Map<String, Value>,
) -> Result<Option<DeviceHealth>, Answer> {
    let invalid = |pk: &str| format!("Invalid pk \"{pk}\" - object does not exist.");
    if let Some(name) = text(fields, "device_type") {
        if !world.types.contains_key(&name) {
            return Err(Answer::field("device_type", &invalid(&name)));
        }
        device.device_type = name;
    }
    if let Some(value) = fields.get("worker_host") {
        let name = value.as_str().map(str::to_owned);
        if let Some(name) = name
            .as_ref()
            .filter(|name| !world.workers.contains_key(*name))
        {
            return Err(Answer::field("worker_host", &invalid(name)));
        }
        device.worker = name;
    }
    if let Some(value) = fields.get("tags").and_then(Value::as_array) {
        device.tags.clear();
        for id in value {
            let known = world
                .tags
                .iter()
                .find(|tag| Some(u64::from(tag.id)) == id.as_u64());
            let tag = known.ok_or_else(|| Answer::field("tags", &invalid(&id.to_string())))?;
            device.tags.push(tag.id);
        }
    }
    if fields.contains_key("description") {
        device.description = text(fields, "description");
    }
    let Some(word) = text(fields, "health") else {
        return Ok(None);
    };
    match DeviceHealth::named(&word) {
        Some(health) => Ok(Some(health)),
        None => Err(Answer::field(
            "health",
            &format!("\"{word}\" is not a valid choice."),
        )),
    }
}

pub(super) fn item(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let hostname = words.get(1).copied().unwrap_or_default();
    let answer = match request.method.as_str() {
        "GET" => {
            visible(world, request, hostname).map(|found| Answer::json(200, &show(found, true)))
        }
        "DELETE" => delete(world, request, hostname),
        _ => change(world, request, hostname),
    };
    answer.unwrap_or_else(|answer| answer)
}

fn delete(world: &mut World, request: &Request, hostname: &str) -> Result<Answer, Answer> {
    let by = request.need(world, |_| false)?;
    visible(world, request, hostname)?;
    world.delete_device(&by, hostname);
    Ok(Answer::new(204, None, bytes::Bytes::new()))
}

fn change(world: &mut World, request: &Request, hostname: &str) -> Result<Answer, Answer> {
    let by = request.need(world, |_| false)?;
    let before = visible(world, request, hostname)?.clone();
    let fields = request.fields()?;
    if request.method == "PUT" {
        let missing: Vec<&str> = ["device_type", "health"]
            .into_iter()
            .filter(|name| !fields.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            return Err(required(&missing));
        }
    }
    let mut after = before.clone();
    let health = fill(world, &mut after, &fields)?;
    world.devices.insert(hostname.to_owned(), after.clone());
    note_fields(world, &by, &before, &after);
    if let Some(health) = health {
        world.set_device_health(&by, hostname, health, None);
    }
    if before.worker != after.worker {
        world.device_moved(hostname);
    }
    let shown = world.devices.get(hostname).unwrap_or(&after);
    Ok(Answer::json(200, &show(shown, false)))
}

fn note_fields(world: &mut World, by: &By, before: &Device, after: &Device) {
    let tags = |device: &Device| Some(format!("{:?}", device.tags));
    let own_type = |device: &Device| Some(device.device_type.clone());
    let pairs = [
        ("device_type", own_type(before), own_type(after)),
        ("worker_host", before.worker.clone(), after.worker.clone()),
        (
            "description",
            before.description.clone(),
            after.description.clone(),
        ),
        ("tags", tags(before), tags(after)),
    ];
    for (field, old, new) in pairs {
        if old != new {
            let device = before.hostname.clone();
            world.note(
                by,
                Change::DeviceField {
                    device,
                    field,
                    before: old,
                    after: new,
                },
            );
            world.stir();
        }
    }
}

pub(super) fn set_health(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let hostname = words.get(1).copied().unwrap_or_default();
    let run = |world: &mut World| {
        let by = request.need(world, |rights| rights.add_device)?;
        visible(world, request, hostname)?;
        // the permission on one device does not help here
        request
            .need(world, |rights| rights.change_device)
            .map_err(|_| Answer::insufficient())?;
        let fields = request.fields()?;
        let word = text(&fields, "health");
        let upper = word.as_ref().map(|word| word.to_uppercase());
        let health = DeviceHealth::ALL
            .iter()
            .find(|health| Some(health.as_str().to_uppercase()) == upper);
        let Some(health) = health else {
            let shown = upper.unwrap_or_else(|| "None".to_owned());
            return Err(Answer::message(
                400,
                &format!("Wrong device health {shown}"),
            ));
        };
        let reason = text(&fields, "reason");
        world.set_device_health(&by, hostname, *health, reason.as_deref());
        Ok(Answer::message(202, "OK"))
    };
    run(world).unwrap_or_else(|answer| answer)
}

pub(super) fn dictionary(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let hostname = words.get(1).copied().unwrap_or_default();
    let read = |world: &World| {
        let device = visible(world, request, hostname)?;
        let missing = format!("Device '{hostname}' does not have a configuration");
        let own = device.dictionary.clone();
        let text = own.ok_or_else(|| Answer::detail(400, &missing))?;
        if request
            .parameter("render")
            .is_some_and(|value| value == "true")
        {
            let rendered = format!(
                "hostname: '{hostname}'\ndevicetype: '{}'\n",
                device.device_type
            );
            return Ok(Answer::file(
                "application/yaml",
                &format!("{hostname}.yaml"),
                rendered,
            ));
        }
        Ok(Answer::file(
            "text/plain",
            &format!("{hostname}.jinja2"),
            text,
        ))
    };
    let write = |world: &mut World| {
        let by = request.need(world, |rights| rights.add_device)?;
        visible(world, request, hostname)?;
        let user = request
            .user(world)
            .map(|user| user.rights.may_change(hostname));
        if user != Some(true) {
            return Err(Answer::insufficient());
        }
        let fields = request.fields()?;
        let Some(text) = text(&fields, "dictionary") else {
            return Err(Answer::field("dictionary", "This field is required."));
        };
        world.set_dictionary(&by, hostname, text);
        Ok(Answer::message(200, "device config successfully updated"))
    };
    let answer = if request.method == "POST" {
        write(world)
    } else {
        read(world)
    };
    answer.unwrap_or_else(|answer| answer)
}

/// Answers 200 whatever it finds.
pub(super) fn validate(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    let text = String::from_utf8_lossy(&request.body);
    let message = match (world.dictionary_error(&text), world.release) {
        (None, _) => "Device dictionary valid.".to_owned(),
        (Some(name), Release::V2023_01) => format!("Device dictionary invalid: {name}"),
        (Some(name), Release::V2026_10) => format!(
            "Device dictionary invalid: '{name}' not found in search paths: \
             '/etc/lava-server/dispatcher-config/devices', \
             '/etc/lava-server/dispatcher-config/device-types', \
             '/usr/share/lava-server/device-types'"
        ),
    };
    Answer::message(200, &message)
}
