//! What must hold of the order of things, over the trail, the events and the journals of both servers: asked after each
//! day, as `invariants` is.

use std::collections::HashMap;

use anyhow::Result;
use entity::event::{self, EventKind};
use entity::job::JobType;
use entity::trail::TrailKind;
use entity::{device, lease, round, submission, trail};
use fake_lab::{Change, DeviceHealth};
use lavafed::lease::SLAVE_GRACE;
use lavafed::service::transition::NO_FENCE;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::invariants::{Ground, Known, shown_at};
use crate::world::US;

pub(crate) async fn asked(
    ground: &Ground<'_>,
    devices: &[device::Model],
    leases: &[lease::Model],
    trail: &[trail::Model],
    known: &Known,
    broken: &mut Vec<String>,
) -> Result<()> {
    fences_only_rise(trail, broken);
    each_change_is_told(ground, leases, trail, broken).await?;
    let rounds = round::Entity::find()
        .filter(round::Column::LabId.eq(ground.lab_id))
        .all(ground.db)
        .await?;
    let dispatchers = submission::Entity::find()
        .filter(submission::Column::RoundId.is_in(rounds.iter().map(|row| row.id)))
        .filter(submission::Column::JobType.eq(JobType::Slave))
        .all(ground.db)
        .await?;
    for device in devices
        .iter()
        .filter(|device| !known.blurred.contains(&device.hostname))
    {
        let its: Vec<_> = dispatchers
            .iter()
            .filter(|row| row.docker_device == device.docker_device)
            .collect();
        let leases: Vec<_> = leases
            .iter()
            .filter(|lease| lease.device_id == device.id)
            .collect();
        taken_and_given_back_in_order(ground, device, &leases, &rounds, &its, broken);
    }
    Ok(())
}

/// I5: once a driver began to act, none before it commits anything.
fn fences_only_rise(trail: &[trail::Model], broken: &mut Vec<String>) {
    let mut newest = NO_FENCE;
    for row in trail.iter().filter(|row| row.fence != NO_FENCE) {
        if row.fence < newest {
            broken.push(format!(
                "I5: the row {} of the trail ({}) is of the fence {}, after one of {newest}",
                row.id, row.action, row.fence
            ));
        }
        newest = newest.max(row.fence);
    }
}

/// I16: who follows the events misses no change of a lease.
async fn each_change_is_told(
    ground: &Ground<'_>,
    leases: &[lease::Model],
    trail: &[trail::Model],
    broken: &mut Vec<String>,
) -> Result<()> {
    let told: HashMap<_, _> = event::Entity::find()
        .filter(event::Column::Kind.eq(EventKind::LeaseChanged))
        .filter(event::Column::LeaseId.is_in(leases.iter().map(|lease| lease.id)))
        .all(ground.db)
        .await?
        .into_iter()
        .map(|event| (event.no, event.lease_id))
        .collect();
    let moves = trail.iter().filter(|row| {
        row.kind == TrailKind::Transition && row.submission_id.is_none() && row.lease_id.is_some()
    });
    for row in moves {
        let event = row.event_no.and_then(|no| told.get(&no));
        if event != Some(&row.lease_id) {
            broken.push(format!(
                "I16: no event tells of the row {} of the trail, to {:?}",
                row.id, row.after
            ));
        }
    }
    Ok(())
}

/// I9 and I11: a device is taken within its window and when its dispatcher is there, and set back when the federated
/// server can drive it no more.
fn taken_and_given_back_in_order(
    ground: &Ground<'_>,
    device: &device::Model,
    leases: &[&lease::Model],
    rounds: &[round::Model],
    dispatchers: &[&submission::Model],
    broken: &mut Vec<String>,
) {
    let name = &device.hostname;
    for entry in ground.lab.health_changes(name) {
        let Change::DeviceHealth { after, .. } = entry.change else {
            continue;
        };
        let lease = leases.iter().find(|lease| {
            lease.planned_at <= entry.at && lease.ended_at.is_none_or(|end| entry.at <= end)
        });
        let (Some(lease), true) = (lease, entry.user == US) else {
            continue;
        };
        let mut its = dispatchers
            .iter()
            .filter(|row| row.round_id == lease.round_id);
        if after == DeviceHealth::Maintenance {
            let round = rounds.iter().find(|round| round.id == lease.round_id);
            if !round.is_some_and(|round| round.opens_at <= entry.at && entry.at < round.ends_at) {
                broken.push(format!(
                    "I11: {name} was taken at {} out of its window",
                    entry.at
                ));
            }
            // by the clock of who took it: the lab has another
            let asked = lease.asked_at;
            if !its.any(|row| {
                row.online_at
                    .is_some_and(|at| asked.is_some_and(|asked| at <= asked))
            }) {
                broken.push(format!(
                    "I11: {name} was taken at {} before a dispatcher was there",
                    entry.at
                ));
            }
            continue;
        }
        let unreachable = its.all(|row| row.over_at.is_some_and(|at| at <= entry.at))
            || entry.at > lease.ends_at + SLAVE_GRACE;
        let federated = device.federated_name.as_deref().unwrap_or_default();
        let (health, job) = shown_at(ground.federated, federated, entry.at);
        let open = matches!(health, Some(DeviceHealth::Good | DeviceHealth::Unknown));
        if !unreachable && (open || job.is_some()) {
            broken.push(format!(
                "I9: {name} was given back at {} while the federated server showed it {health:?}, with the job {job:?}",
                entry.at
            ));
        }
    }
}
