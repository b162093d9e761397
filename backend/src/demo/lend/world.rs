//! The servers of the demo's lending: they live in memory and their time is
//! the machine's. Must not know the database.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use fake_lab::{
    DeviceHealth, Door, DoorErrorKind, FakeLava, Fault, Federation, Outcome, Release, Rights,
    Script, Start, Timing,
};

use super::{super::versions, day};
use crate::{
    drive::servers::Reach,
    lava::client::{Transport, TransportError},
};

/// A lab that lends all day long.
pub(super) struct Lab {
    pub(super) name: &'static str,
    pub(super) time_zone: chrono_tz::Tz,
    /// Minutes by which its day is behind.
    pub(super) behind: i64,
    pub(super) devices: &'static [(&'static str, DeviceHealth)],
    /// Now and then it does not answer.
    unlucky: bool,
}

pub(super) const LABS: [Lab; 2] = [
    Lab {
        name: "demo-nantes",
        time_zone: chrono_tz::Europe::Paris,
        behind: 0,
        devices: &[
            ("qemu-a", DeviceHealth::Good),
            ("qemu-b", DeviceHealth::Unknown),
            ("qemu-c", DeviceHealth::Bad),
        ],
        unlucky: false,
    },
    Lab {
        name: "demo-denver",
        time_zone: chrono_tz::America::Denver,
        behind: 4,
        devices: &[
            ("qemu-1", DeviceHealth::Good),
            ("qemu-2", DeviceHealth::Good),
        ],
        unlucky: true,
    },
];

pub(super) const FEDERATED: &str = "federated-demo";
pub(super) const FEDERATED_TOKEN: &str = "demo-federated";
pub(super) const LAB_TOKEN: &str = "demo-lab";
/// The device in each lab that runs the dispatcher.
pub(super) const DOCKER: &str = "docker-01";
pub(super) const DEVICE_TYPE: &str = "qemu";
/// lavafed's user on all servers.
const US: &str = "lavafed";
/// How long a job runs, in seconds, by the place of its number.
const RUNS: [i64; 5] = [24, 38, 31, 19, 45];
/// One job of so many fails by the lab's fault.
const INFRA: u32 = 11;

/// Where a server would be reached; nothing is there.
pub(super) fn url(name: &str) -> String {
    format!("https://{name}.example.org")
}

/// The servers at `now`, and the way to them.
pub(super) fn open(now: DateTime<Utc>) -> (Federation, Reach) {
    let timing = Timing {
        scheduler: TimeDelta::seconds(2),
        ping: TimeDelta::seconds(5),
        end_noticed: 1,
        cancel: (1, 4),
        ..Timing::default()
    };
    let federated = FakeLava::new(Release::V2026_10, now);
    federated.set_timing(timing);
    federated.upgrade(versions::newest_name());
    federated.add_user(US, FEDERATED_TOKEN, Rights::superuser());
    federated.add_template(DEVICE_TYPE);
    federated.set_script(script);
    let labs: Vec<_> = LABS.iter().map(|lab| server(lab, timing, now)).collect();
    let doors: Vec<_> = LABS
        .iter()
        .zip(&labs)
        .map(|(lab, server)| (format!("{}.example.org", lab.name), server.service()))
        .collect();
    let door = federated.service();
    let reach = Reach {
        to_labs: played(move |host| {
            let found = doors.iter().find(|(name, _)| name == host);
            found.map(|(_, door)| door.clone())
        }),
        to_federated: played(move |_| Some(door.clone())),
        clock: None,
    };
    let federation = Federation::new(federated, labs).boot_delay(TimeDelta::seconds(6));
    (federation, reach)
}

fn server(lab: &Lab, timing: Timing, now: DateTime<Utc>) -> FakeLava {
    const WORKER: &str = "lab-worker";
    let server = FakeLava::new(Release::V2026_10, now);
    server.set_timing(timing);
    server.add_user(US, LAB_TOKEN, Rights::add_and_change_device());
    server.add_device_type("docker");
    server.add_device_type(DEVICE_TYPE);
    server.add_online_worker(WORKER);
    server.add_device(DOCKER, "docker", WORKER, DeviceHealth::Good);
    for (hostname, health) in lab.devices {
        server.add_device(hostname, DEVICE_TYPE, WORKER, *health);
    }
    if lab.unlucky {
        let behind = lab.behind;
        server.set_faults(move |call| {
            if day::is_dark(call.at, behind) {
                Fault::Refused
            } else {
                Fault::None
            }
        });
    }
    server
}

/// How a job of the federated server ends.
fn script(start: &Start<'_>) -> Option<Script> {
    let place = usize::try_from(start.id).unwrap_or_default() % RUNS.len();
    let runs = RUNS.get(place).copied().unwrap_or(30);
    let outcome = if start.id % INFRA == INFRA - 1 {
        Outcome::Infrastructure
    } else {
        // what the inline definitions of the templates say
        Outcome::Complete {
            results: Vec::new(),
        }
    };
    Some(Script {
        outcome,
        duration: TimeDelta::seconds(runs),
    })
}

/// A way to played servers of this process, by the host that is called.
pub fn played(door: impl Fn(&str) -> Option<Door> + Clone + Send + Sync + 'static) -> Transport {
    Transport::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let door = door(&host);
        async move {
            let door =
                door.ok_or_else(|| TransportError::NotSent(format!("there is no {host}")))?;
            door.send(request).map_err(|error| {
                let sentence = error.to_string();
                match error.kind {
                    DoorErrorKind::Refused => TransportError::NotSent(sentence),
                    DoorErrorKind::Reset | DoorErrorKind::TimedOut | DoorErrorKind::HalfBody => {
                        TransportError::Unanswered(sentence)
                    }
                }
            })
        }
    }))
}
