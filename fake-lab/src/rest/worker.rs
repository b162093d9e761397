//! `workers/`. Must not know what runs on them.

use serde::Serialize;
use serde_json::Value;

use super::{
    Answer, Request, device,
    list::{self, Field},
};
use crate::{
    journal::Change,
    time,
    words::{Release, WorkerHealth, WorkerState},
    world::{Worker, World},
};

/// 2023.01 shows the health first, 2026.10 the state.
#[derive(Serialize)]
struct Shown<'a> {
    hostname: &'a str,
    #[serde(rename = "health", skip_serializing_if = "Option::is_none")]
    health_first: Option<WorkerHealth>,
    state: WorkerState,
    #[serde(rename = "health", skip_serializing_if = "Option::is_none")]
    health_second: Option<WorkerHealth>,
    description: Option<&'a str>,
    last_ping: String,
    job_limit: u32,
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

fn show<'a>(world: &World, request: &Request, worker: &'a Worker) -> Shown<'a> {
    let superuser = request
        .user(world)
        .is_some_and(|user| user.rights.superuser);
    let old = world.release == Release::V2023_01;
    Shown {
        hostname: &worker.hostname,
        health_first: old.then_some(worker.health),
        state: worker.state,
        health_second: (!old).then_some(worker.health),
        description: worker.description.as_deref(),
        last_ping: time::rest(world.shown(world.last_ping(worker))),
        job_limit: worker.job_limit,
        version: worker.version.as_deref(),
        token: superuser.then_some(worker.token.as_str()),
    }
}

pub(super) fn collection(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    if request.method == "POST" {
        return create(world, request).unwrap_or_else(|answer| answer);
    }
    let found = list::select(request, world.workers.values(), |worker, name| match name {
        "hostname" => Some(Field::Text(worker.hostname.clone())),
        "health" => Some(Field::Word(worker.health.as_str())),
        "state" => Some(Field::Word(worker.state.as_str())),
        _ => None,
    });
    list::page(request, &found, |worker| show(world, request, worker))
}

fn create(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    let by = request.need(world, |rights| rights.add_worker)?;
    let fields = request.fields()?;
    let Some(hostname) = device::text(&fields, "hostname") else {
        return Err(device::required(&["hostname"]));
    };
    if world.workers.contains_key(&hostname) {
        return Err(Answer::field(
            "hostname",
            "worker with this Hostname already exists.",
        ));
    }
    let health = health(&fields)?.unwrap_or(WorkerHealth::Active);
    let mut worker = world.new_worker(&hostname, health);
    worker.description = device::text(&fields, "description");
    let answer = Answer::json(201, &show(world, request, &worker));
    world.workers.insert(hostname.clone(), worker);
    world.note(&by, Change::WorkerCreated { worker: hostname });
    Ok(answer)
}

fn health(fields: &serde_json::Map<String, Value>) -> Result<Option<WorkerHealth>, Answer> {
    let Some(word) = device::text(fields, "health") else {
        return Ok(None);
    };
    let problem = format!("\"{word}\" is not a valid choice.");
    let health = WorkerHealth::named(&word);
    health
        .map(Some)
        .ok_or_else(|| Answer::field("health", &problem))
}

pub(super) fn item(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let hostname = words.get(1).copied().unwrap_or_default();
    let run = |world: &mut World| {
        let missing = device::not_found(world, "Worker");
        if request.method == "GET" {
            let found = world.workers.get(hostname).ok_or(missing)?;
            return Ok(Answer::json(200, &show(world, request, found)));
        }
        let by = request.need(world, |rights| rights.change_worker)?;
        if request.method == "DELETE" {
            return Err(Answer::forbidden());
        }
        let fields = request.fields()?;
        let health = health(&fields)?;
        let worker = world.workers.get_mut(hostname).ok_or(missing)?;
        let mut changed = Vec::new();
        if fields.contains_key("description") {
            worker.description = device::text(&fields, "description");
            changed.push("description");
        }
        if let Some(limit) = fields.get("job_limit").and_then(Value::as_u64) {
            worker.job_limit = u32::try_from(limit).unwrap_or(u32::MAX);
            changed.push("job_limit");
        }
        for field in changed {
            let worker = hostname.to_owned();
            world.note(&by, Change::WorkerChanged { worker, field });
        }
        if let Some(health) = health {
            world.set_worker_health(&by, hostname, health);
        }
        world.stir();
        let found = world.workers.get(hostname).ok_or_else(Answer::forbidden)?;
        Ok(Answer::json(200, &show(world, request, found)))
    };
    run(world).unwrap_or_else(|answer| answer)
}

pub(super) fn set_health(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let hostname = words.get(1).copied().unwrap_or_default();
    let run = |world: &mut World| {
        let by = request.need(world, |rights| rights.add_worker && rights.change_worker)?;
        if !world.workers.contains_key(hostname) {
            return Err(device::not_found(world, "Worker"));
        }
        let word = device::text(&request.fields()?, "health").map(|word| word.to_uppercase());
        let health = WorkerHealth::ALL
            .iter()
            .find(|health| Some(health.as_str().to_uppercase()) == word);
        let Some(health) = health else {
            let shown = word.unwrap_or_else(|| "None".to_owned());
            return Err(Answer::message(
                400,
                &format!("Wrong worker health {shown}"),
            ));
        };
        world.set_worker_health(&by, hostname, *health);
        Ok(Answer::message(202, "OK"))
    };
    run(world).unwrap_or_else(|answer| answer)
}

/// What a worker has before anybody writes its files.
const DEFAULT_CONFIG: &str = "dispatcher_ip: 127.0.0.1";
const DEFAULT_ENV: &str = "purge: true\noverrides:\n  LC_ALL: C.UTF-8\n  LANG: C\n";

pub(super) fn file(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let hostname = words.get(1).copied().unwrap_or_default();
    let is_env = words.last() == Some(&"env");
    let (name, key) = if is_env {
        ("env.yaml", "env")
    } else {
        ("dispatcher.yaml", "config")
    };
    let run = |world: &mut World| {
        let missing = device::not_found(world, "Worker");
        if request.method == "GET" {
            let worker = world.workers.get(hostname).ok_or(missing)?;
            let (own, default) = if is_env {
                (&worker.env, DEFAULT_ENV)
            } else {
                (&worker.config, DEFAULT_CONFIG)
            };
            let text = own.as_deref().unwrap_or(default).trim_end().to_owned();
            return Ok(Answer::file("application/yaml", name, text));
        }
        let by = request.need(world, |rights| rights.add_worker && rights.change_worker)?;
        let fields = request.fields()?;
        let Some(text) = device::text(&fields, key) else {
            return Err(Answer::field(key, "This field is required."));
        };
        let worker = world.workers.get_mut(hostname).ok_or(missing)?;
        if is_env {
            worker.env = Some(text);
        } else {
            worker.config = Some(text);
        }
        let worker = hostname.to_owned();
        world.note(&by, Change::WorkerChanged { worker, field: key });
        Ok(Answer::message(200, "content successfully updated"))
    };
    run(world).unwrap_or_else(|answer| answer)
}
