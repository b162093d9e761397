//! `devicetypes/`. Must not know the devices.

use serde::Serialize;
use serde_json::Value;

use super::{
    Answer, Request, device,
    list::{self, Field},
};
use crate::{
    journal::Change,
    words::Release,
    world::{DeviceType, World},
};

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    architecture: Option<&'a str>,
    processor: Option<&'a str>,
    cpu_model: Option<&'a str>,
    aliases: [&'a str; 0],
    bits: Option<u32>,
    cores: [&'a str; 0],
    core_count: Option<u32>,
    description: Option<&'a str>,
    health_frequency: i64,
    disable_health_check: bool,
    health_denominator: &'a str,
    display: bool,
}

fn show(kind: &DeviceType) -> Shown<'_> {
    Shown {
        name: &kind.name,
        architecture: None,
        processor: None,
        cpu_model: None,
        aliases: [],
        bits: None,
        cores: [],
        core_count: None,
        description: kind.description.as_deref(),
        health_frequency: kind.health_frequency,
        disable_health_check: kind.disable_health_check,
        health_denominator: "hours",
        display: kind.display,
    }
}

pub(super) fn collection(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    if request.method == "POST" {
        return create(world, request).unwrap_or_else(|answer| answer);
    }
    let found = list::select(request, world.types.values(), |kind, name| match name {
        "name" => Some(Field::Text(kind.name.clone())),
        "display" => Some(Field::Bool(kind.display)),
        _ => None,
    });
    list::page(request, &found, |kind| show(kind))
}

fn create(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    let by = request.need(world, |_| false)?;
    let fields = request.fields()?;
    let missing: Vec<&str> = ["name", "aliases"]
        .into_iter()
        .filter(|name| !fields.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        return Err(device::required(&missing));
    }
    let name = device::text(&fields, "name").unwrap_or_default();
    if world.types.contains_key(&name) {
        let label = match world.release {
            Release::V2023_01 => "name",
            Release::V2026_10 => "Name",
        };
        let problem = format!("device type with this {label} already exists.");
        return Err(Answer::field("name", &problem));
    }
    let mut kind = DeviceType::new(&name);
    fill(&mut kind, &fields);
    let answer = Answer::json(201, &show(&kind));
    world.types.insert(name.clone(), kind);
    world.note(&by, Change::DeviceTypeCreated { device_type: name });
    Ok(answer)
}

fn fill(kind: &mut DeviceType, fields: &serde_json::Map<String, Value>) {
    if fields.contains_key("description") {
        kind.description = device::text(fields, "description");
    }
    let flag = |name: &str| fields.get(name).and_then(Value::as_bool);
    kind.display = flag("display").unwrap_or(kind.display);
    kind.disable_health_check = flag("disable_health_check").unwrap_or(kind.disable_health_check);
    let frequency = fields.get("health_frequency").and_then(Value::as_i64);
    kind.health_frequency = frequency.unwrap_or(kind.health_frequency);
}

pub(super) fn item(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let name = words.get(1).copied().unwrap_or_default();
    let run = |world: &mut World| {
        if request.method == "GET" {
            let found = world.types.get(name);
            let found = found.ok_or_else(|| device::not_found(world, "DeviceType"))?;
            return Ok(Answer::json(200, &show(found)));
        }
        let by = request.need(world, |_| false)?;
        let missing = device::not_found(world, "DeviceType");
        let fields = request.fields()?;
        if request.method == "DELETE" {
            return Err(Answer::forbidden());
        }
        let kind = world.types.get_mut(name).ok_or(missing)?;
        fill(kind, &fields);
        let answer = Answer::json(200, &show(kind));
        world.note(
            &by,
            Change::DeviceTypeChanged {
                device_type: name.to_owned(),
            },
        );
        world.stir();
        Ok(answer)
    };
    run(world).unwrap_or_else(|answer| answer)
}

pub(super) fn template(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let name = words.get(1).copied().unwrap_or_default();
    let run = |world: &mut World| {
        if request.method == "GET" {
            let own = world.types.get(name).and_then(|kind| kind.template.clone());
            let shipped = world.templates.contains(name);
            let shipped = shipped.then(|| format!("{{# device_type: {name} #}}\n"));
            let text = own.or(shipped);
            let missing = format!("Device-type '{name}' template was not found.");
            let text = text.ok_or_else(|| Answer::detail(400, &missing))?;
            return Ok(Answer::file(
                "application/yaml",
                &format!("{name}.jinja2"),
                text,
            ));
        }
        let by = request.need(world, |rights| rights.change_device)?;
        let missing = device::not_found(world, "DeviceType");
        let fields = request.fields()?;
        let Some(text) = device::text(&fields, "template") else {
            return Err(Answer::field("template", "This field is required."));
        };
        world.types.get_mut(name).ok_or(missing)?.template = Some(text);
        world.templates.insert(name.to_owned());
        world.note(
            &by,
            Change::Template {
                device_type: name.to_owned(),
            },
        );
        world.stir();
        Ok(Answer::new(
            204,
            Some("application/json"),
            bytes::Bytes::new(),
        ))
    };
    run(world).unwrap_or_else(|answer| answer)
}

pub(super) fn health_check(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let name = words.get(1).copied().unwrap_or_default();
    let run = |world: &mut World| {
        if request.method == "GET" {
            let own = world
                .types
                .get(name)
                .and_then(|kind| kind.health_check.clone());
            let missing = format!("Device-type '{name}' health check was not found.");
            let text = own.ok_or_else(|| Answer::detail(400, &missing))?;
            return Ok(Answer::file(
                "application/yaml",
                &format!("{name}.yaml"),
                text,
            ));
        }
        let by = request.need(world, |rights| rights.change_device)?;
        let missing = device::not_found(world, "DeviceType");
        let fields = request.fields()?;
        let Some(text) = device::text(&fields, "config") else {
            return Err(Answer::field("config", "This field is required."));
        };
        world.types.get_mut(name).ok_or(missing)?.health_check = Some(text);
        world.note(
            &by,
            Change::HealthCheck {
                device_type: name.to_owned(),
            },
        );
        world.stir();
        Ok(Answer::new(
            204,
            Some("application/json"),
            bytes::Bytes::new(),
        ))
    };
    run(world).unwrap_or_else(|answer| answer)
}
