//! The protocol between a worker and the server, as far as it is seen from
//! outside: registering and pinging. Must not know what jobs do.

use serde::Serialize;

use super::{Answer, Request};
use crate::{
    journal::Change,
    words::{JobState, Release, WorkerHealth},
    world::{By, World},
};

#[derive(Serialize)]
struct Ordered<'a> {
    id: u32,
    token: &'a str,
}

#[derive(Serialize)]
struct Orders<'a> {
    cancel: Vec<Ordered<'a>>,
    running: Vec<Ordered<'a>>,
    start: Vec<Ordered<'a>>,
}

fn error(status: u16, text: &str) -> Answer {
    Answer::pair(status, "error", text)
}

pub(super) fn workers(world: &mut World, request: &Request, name: &str) -> Answer {
    match (request.method.as_str(), name) {
        ("GET", _) => ping(world, request, name),
        ("POST", "") => register(world, request),
        ("POST", _) => error(403, "POST is forbidden for such url"),
        _ => Answer::new(405, None, bytes::Bytes::new()),
    }
}

fn ping(world: &mut World, request: &Request, name: &str) -> Answer {
    let Some(worker) = world.workers.get(name) else {
        return error(404, &format!("Unknown worker '{name}'"));
    };
    match request.lava_token.as_deref() {
        None => return error(400, "Missing 'token'"),
        Some(token) if token != worker.token => return error(400, "Invalid 'token'"),
        Some(_) => {}
    }
    let Some(version) = request.parameter("version") else {
        return error(400, "Missing 'version'");
    };
    let fits = world.ping(name, version);
    let jobs = |state: JobState| -> Vec<Ordered<'_>> {
        let open = world.open.iter().filter_map(|id| world.jobs.get(id));
        let own = open.filter(|job| {
            let device = job.device.as_ref().and_then(|name| world.devices.get(name));
            job.state == state && device.is_some_and(|own| own.worker.as_deref() == Some(name))
        });
        own.map(|job| Ordered {
            id: job.id,
            token: &job.token,
        })
        .collect()
    };
    let orders = Orders {
        cancel: jobs(JobState::Canceling),
        running: jobs(JobState::Running),
        start: if fits {
            jobs(JobState::Scheduled)
        } else {
            Vec::new()
        },
    };
    // a dispatcher of another version may still finish what it has
    if !fits && orders.cancel.is_empty() && orders.running.is_empty() {
        let text = format!("Version mismatch '{version}' vs '{}'", world.version);
        return error(409, &text);
    }
    Answer::json(200, &orders)
}

fn register(world: &mut World, request: &Request) -> Answer {
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |key: &str| {
        let mut found = fields.iter().filter(|(name, _)| name == key);
        found.next().map(|(_, value)| value.as_str())
    };
    let Some(name) = field("name") else {
        return error(400, "Missing 'name'");
    };
    let known = world.workers.contains_key(name);
    let (who, superuser) = match (field("username"), field("password")) {
        (Some(user), Some(password)) => {
            let found = world.user(user).filter(|own| own.password == password);
            let Some(found) = found else {
                return error(403, &format!("Unknown user {user}"));
            };
            (found.name.clone(), found.rights.superuser)
        }
        _ if world.release == Release::V2026_10 => {
            return error(403, "Auto registration is disabled");
        }
        _ => {
            let address = request.forwarded_for.as_deref().unwrap_or("127.0.0.1");
            if !address.starts_with("127.") {
                return error(
                    403,
                    &format!("Auto registration is forbidden for '{address}'"),
                );
            }
            (address.to_owned(), false)
        }
    };
    if known && !superuser {
        return error(403, &format!("Worker '{name}' already registered"));
    }
    if !known {
        let mut worker = world.new_worker(name, WorkerHealth::Active);
        worker.description = Some(format!("Auto registered by {who}"));
        world.workers.insert(name.to_owned(), worker);
        let by = By {
            user: who,
            via: crate::journal::Via::Rest {
                method: request.method.clone(),
                path: request.path.clone(),
            },
        };
        world.note(
            &by,
            Change::WorkerCreated {
                worker: name.to_owned(),
            },
        );
    }
    #[derive(Serialize)]
    struct Registered<'a> {
        name: &'a str,
        token: &'a str,
    }
    let token = world
        .workers
        .get(name)
        .map_or("", |worker| worker.token.as_str());
    Answer::json(200, &Registered { name, token })
}
