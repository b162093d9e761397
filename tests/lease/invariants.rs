//! What must hold of every day, whatever went wrong in it: checked over the database, its trail, and the journals of the
//! servers. Where each is asked (`here` and `order`: after every day, of a story, a seed or a town):
//!
//! | | what | asked in |
//! |---|---|---|
//! | I1 | one open lease per device | here; `seats`, `replicas` |
//! | I2 | the health found is durable before the first write, and never changes | here; `seats` |
//! | I3 | only Good and Unknown are borrowed | here; `day` |
//! | I4 | each write has its intent before it and its outcome after it | here |
//! | I5 | no write of an old fence | `order`; `seats`, `replicas` |
//! | I6 | opened at the federated server after Maintenance and Idle; the lab's own job goes on | here; `day`, `sent` |
//! | I7 | one SLAVE job per docker device, and none left | here; `dispatch`, `kills` |
//! | I8 | every lease ends | here; `given_back`, `dispatch` |
//! | I9 | set back when nothing drives it, and only over our own Maintenance | here, `order`; `day`, `given_back`, `dispatch` |
//! | I10 | given back once, however often it is asked | here; `given_back` |
//! | I11 | taken within its window, with a dispatcher there, and back in time | here, `order`; `day`, `given_back`, `bad_days` |
//! | I12 | a lab that hangs harms its own leases alone | `bad_days` |
//! | I13 | a refused credential never ends in `released` | here; `day` |
//! | I14 | what is lent cannot be removed | `given_back`; `owners` of the API |
//! | I15 | a clock that jumps costs nobody a device | `seats` |
//! | I16 | the trail replays to the same state, and an event tells of each change | here, `order` |
//! | I17 | told to stop, it ends within 10 s with nothing half done | `bad_days` |
//!
//! That a breakage of these is seen: `breakages.toml`.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, Utc};
use entity::lease::{LeaseId, LeaseState};
use entity::trail::TrailKind;
use entity::{device, lab::LabId, lease, trail};
use fake_lab::{Change, DeviceHealth, Entry, FakeLava, JobState, Via};
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use crate::order;
use crate::world::{US, World};

/// What a story knows that the world does not show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Devices whose health calls may have been applied late or twice, so that order says nothing.
    pub blurred: HashSet<String>,
    /// Devices left in Maintenance because their owner asked so.
    pub kept: HashSet<String>,
    /// The lab's credential stayed refused: a stuck lease is right.
    pub locked_out: bool,
}

/// Where it is asked: a lab, its rows, and the federated server.
pub(crate) struct Ground<'a> {
    pub db: &'a DatabaseConnection,
    pub lab_id: LabId,
    pub lab: &'a FakeLava,
    pub federated: &'a FakeLava,
}

/// All that is broken in a world, each in a sentence.
pub(crate) async fn broken(world: &World, known: &Known) -> Result<Vec<String>> {
    let ground = Ground {
        db: world.app.db.read(),
        lab_id: world.lab_row.id,
        lab: &world.lab,
        federated: &world.federated,
    };
    broken_on(&ground, known).await
}

/// All that is broken in one lab, each in a sentence.
pub(crate) async fn broken_on(ground: &Ground<'_>, known: &Known) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let devices = device::Entity::find()
        .filter(device::Column::LabId.eq(ground.lab_id))
        .all(ground.db)
        .await?;
    let leases = lease::Entity::find()
        .filter(lease::Column::DeviceId.is_in(devices.iter().map(|row| row.id)))
        .order_by_asc(lease::Column::Id)
        .all(ground.db)
        .await?;
    let trail = trail::Entity::find()
        .filter(trail::Column::LabId.eq(ground.lab_id))
        .order_by_asc(trail::Column::Id)
        .all(ground.db)
        .await?;
    let name_of: HashMap<_, _> = devices
        .iter()
        .map(|row| (row.id, row.hostname.clone()))
        .collect();
    let federated_of: HashMap<_, _> = devices
        .iter()
        .filter_map(|row| Some((row.federated_name.clone()?, row.hostname.clone())))
        .collect();

    for lease in &leases {
        let name = name_of.get(&lease.device_id).cloned().unwrap_or_default();
        of_lease(lease, &name, known, &trail, &mut broken);
    }
    every_intent_has_its_outcome(&trail, &mut broken);
    one_open_lease_per_device(&leases, &trail, &mut broken);
    for stand in ground.lab.devices() {
        of_device(
            &stand.hostname,
            &ground.lab.health_changes(&stand.hostname),
            &leases,
            &name_of,
            known,
            &mut broken,
        );
    }
    opened_only_when_ours(ground, &federated_of, &mut broken);
    order::asked(ground, &devices, &leases, &trail, known, &mut broken).await?;
    orphans(ground, &mut broken);
    for call in ground
        .lab
        .unexpected_calls()
        .into_iter()
        .chain(ground.federated.unexpected_calls())
    {
        broken.push(format!(
            "a call nobody expected: {} {}",
            call.method, call.path
        ));
    }
    Ok(broken)
}

fn of_lease(
    lease: &lease::Model,
    name: &str,
    known: &Known,
    trail: &[trail::Model],
    broken: &mut Vec<String>,
) {
    let ours: Vec<_> = trail
        .iter()
        .filter(|row| row.lease_id == Some(lease.id))
        .collect();
    let mut say = |which: &str, what: String| {
        broken.push(format!("{which}: lease {} of {name}: {what}", lease.id))
    };
    let waits = known.locked_out && lease.state == LeaseState::Stuck;
    if !(lease.state.is_final() || waits) {
        say(
            "I8",
            format!(
                "is {:?} at the end: {} {}",
                lease.state, lease.code, lease.reason
            ),
        );
    }
    match lease.saved_health {
        Some(
            entity::device_health::DeviceHealth::Good
            | entity::device_health::DeviceHealth::Unknown,
        )
        | None => {}
        Some(other) => say("I3", format!("saved {other}")),
    }
    let saved_at = ours
        .iter()
        .position(|row| row.after.as_deref() == Some("acquiring"));
    let written_at = ours.iter().position(|row| row.action == "set_health");
    if let Some(written) = written_at
        && saved_at.is_none_or(|saved| saved > written)
    {
        say(
            "I2",
            "the lab was written to before the health was saved".to_owned(),
        );
    }
    // I16: the trail replays to the same state
    let mut state: Option<&str> = None;
    for row in ours
        .iter()
        .filter(|row| row.kind == TrailKind::Transition && row.submission_id.is_none())
    {
        if row.before.as_deref() != state {
            say(
                "I16",
                format!(
                    "the trail goes from {:?}, but the lease was {state:?}",
                    row.before
                ),
            );
        }
        state = row.after.as_deref();
    }
    use sea_orm::ActiveEnum as _;
    if state != Some(lease.state.to_value().as_str()) {
        say(
            "I16",
            format!(
                "the trail ends in {state:?}, the lease is {:?}",
                lease.state
            ),
        );
    }
    if lease.state == LeaseState::Released && lease.code == "CREDENTIAL_REFUSED" {
        say(
            "I13",
            "released although the credential was refused".to_owned(),
        );
    }
    let first_write = ours
        .iter()
        .find(|row| row.action == "set_health")
        .map(|row| row.at);
    if first_write.is_some_and(|at| at < lease.planned_at) {
        say("I11", "taken before it was planned".to_owned());
    }
}

/// I4, and that no two calls for one lab are under way at once.
fn every_intent_has_its_outcome(trail: &[trail::Model], broken: &mut Vec<String>) {
    let mut open: Option<&trail::Model> = None;
    for row in trail {
        match row.kind {
            TrailKind::Intent => {
                if let Some(before) = open {
                    broken.push(format!(
                        "I4: the intent {} ({}) has no outcome",
                        before.id, before.action
                    ));
                }
                open = Some(row);
            }
            TrailKind::Outcome => {
                if open.is_none_or(|intent| {
                    intent.action != row.action || intent.lease_id != row.lease_id
                }) {
                    broken.push(format!(
                        "I4: the outcome {} ({}) has no intent",
                        row.id, row.action
                    ));
                }
                open = None;
            }
            TrailKind::Transition | TrailKind::Note => {}
        }
    }
    if let Some(intent) = open {
        broken.push(format!(
            "I4: the intent {} ({}) has no outcome",
            intent.id, intent.action
        ));
    }
}

/// I1, over all that ever was.
fn one_open_lease_per_device(
    leases: &[lease::Model],
    trail: &[trail::Model],
    broken: &mut Vec<String>,
) {
    let device_of: HashMap<LeaseId, _> = leases.iter().map(|row| (row.id, row.device_id)).collect();
    let mut open: HashMap<_, LeaseId> = HashMap::new();
    for row in trail
        .iter()
        .filter(|row| row.kind == TrailKind::Transition && row.submission_id.is_none())
    {
        let (Some(id), Some(after)) = (row.lease_id, row.after.as_deref()) else {
            continue;
        };
        let Some(device) = device_of.get(&id) else {
            continue;
        };
        if matches!(after, "released" | "skipped") {
            open.remove(device);
        } else if let Some(other) = open.insert(*device, id)
            && other != id
        {
            broken.push(format!(
                "I1: leases {other} and {id} of one device were open at once"
            ));
        }
    }
}

/// The lab's own journal of one device: nothing of the owner's is overwritten, and nothing of ours is left.
fn of_device(
    name: &str,
    changes: &[Entry],
    leases: &[lease::Model],
    name_of: &HashMap<device::DeviceId, String>,
    known: &Known,
    broken: &mut Vec<String>,
) {
    let before = broken.len();
    let mut ours = false;
    let mut restores: HashMap<LeaseId, usize> = HashMap::new();
    for entry in changes {
        let Change::DeviceHealth { before, after, .. } = &entry.change else {
            continue;
        };
        if entry.user != US {
            ours = false;
            continue;
        }
        let lease = leases.iter().find(|lease| {
            name_of.get(&lease.device_id).map(String::as_str) == Some(name)
                && lease.planned_at <= entry.at
                && lease.ended_at.is_none_or(|end| entry.at <= end)
        });
        let Some(lease) = lease else {
            broken.push(format!(
                "I11: {name} was written to at {} without a lease",
                entry.at
            ));
            continue;
        };
        if *after == DeviceHealth::Maintenance {
            if !matches!(before, DeviceHealth::Good | DeviceHealth::Unknown) {
                broken.push(format!("I3: {name} was taken although it was {before:?}"));
            }
            ours = true;
        } else {
            if !ours || *before != DeviceHealth::Maintenance {
                broken.push(format!(
                    "I9: {name} was set from {before:?} to {after:?} although that was not ours"
                ));
            }
            let saved = lease.saved_health.map(|health| health.as_str().to_owned());
            if saved != Some(format!("{after:?}")) {
                broken.push(format!("{name} was set to {after:?}, but found {saved:?}"));
            }
            *restores.entry(lease.id).or_default() += 1;
            ours = false;
        }
    }
    for (lease, count) in restores {
        if count > 1 {
            broken.push(format!(
                "I10: lease {lease} of {name} was given back {count} times"
            ));
        }
    }
    if known.blurred.contains(name) {
        broken.truncate(before);
    }
    if ours && !known.kept.contains(name) && !known.locked_out {
        broken.push(format!("{name} was left in our Maintenance"));
    }
}

/// I6: at the moment a device is opened at the federated server its lab shows Maintenance, and no job of the lab runs.
fn opened_only_when_ours(
    ground: &Ground<'_>,
    federated_of: &HashMap<String, String>,
    broken: &mut Vec<String>,
) {
    for entry in ground.federated.journal() {
        let Change::DeviceHealth {
            device,
            after: DeviceHealth::Good,
            ..
        } = &entry.change
        else {
            continue;
        };
        if entry.user != US || matches!(entry.via, Via::Lava) {
            continue;
        }
        let Some(name) = federated_of.get(device) else {
            continue;
        };
        let (health, job) = shown_at(ground.lab, name, entry.at);
        if health != Some(DeviceHealth::Maintenance) {
            broken.push(format!(
                "I6: {name} was opened while its lab showed {health:?}"
            ));
        }
        if let Some(job) = job {
            broken.push(format!(
                "I6: {name} was opened while the lab's job {job} ran on it"
            ));
        }
    }
}

/// The health of a device of a server at an instant, and the job on it, by the server's journal.
pub(crate) fn shown_at(
    fake: &FakeLava,
    name: &str,
    at: DateTime<Utc>,
) -> (Option<DeviceHealth>, Option<u32>) {
    let (mut health, mut job) = (None, None);
    for entry in fake.journal().iter().filter(|entry| entry.at <= at) {
        match &entry.change {
            Change::DeviceHealth { device, after, .. } if device == name => health = Some(*after),
            Change::JobState {
                job: id,
                after,
                device: Some(device),
            } if device == name => {
                job = match after {
                    JobState::Running => Some(*id),
                    JobState::Finished if job == Some(*id) => None,
                    _ => job,
                };
            }
            _ => {}
        }
    }
    (health, job)
}

/// I7: no SLAVE job of ours goes on, and no job of ours at the federated server.
fn orphans(ground: &Ground<'_>, broken: &mut Vec<String>) {
    for (place, fake) in [("lab", ground.lab), ("federated server", ground.federated)] {
        for job in fake.open_jobs() {
            if job.submitter == US && job.state != JobState::Canceling {
                broken.push(format!(
                    "I7: job {} of ours is {:?} in the {place}",
                    job.id, job.state
                ));
            }
        }
    }
}
