//! The SLAVE jobs of a round. `lease::dispatcher` says what is next.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    device,
    device_health::DeviceHealth,
    job::JobState,
    lease::LeaseState,
    round::RoundState,
    submission::{self, SubmissionState},
    trail::TrailKind,
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{
    docker,
    known::{Changed, LATELY, OnNow},
    rounds,
    submissions::{self, cancel_job, look_up},
    tick::{SWEEP, Tick, sending},
};
use crate::{
    error::Result,
    lava::client::{CallError, CallFailure, Client, JobNumber, Worker, WorkerHealth, WorkerState},
    lease::{
        dispatcher::{Seen, WorkerSight, step},
        reason::{Code, Reason},
        state::is_lent,
        submission::{Act, Fact, JobSight, Step},
    },
    template::{
        Callback,
        slave::{self, SlaveJob},
    },
};

/// Steps of one dispatcher within one tick; each but the last only moves rows.
const STEPS: usize = 6;

pub(super) async fn step_all(tick: &mut Tick<'_>, on: &OnNow) -> Result<()> {
    let docker_devices = docker_devices(on);
    plan_missing(tick, on, &docker_devices).await?;
    let rows: Vec<_> = on
        .submissions
        .iter()
        .filter(|row| row.docker_device.is_some() && row.state != SubmissionState::Over)
        .cloned()
        .collect();
    let sweep = tick.memory.swept_at.is_none_or(|at| tick.now - at > SWEEP)
        || on.round.state == RoundState::Closing;
    for row in rows {
        let need = docker_devices
            .get(row.docker_device.as_deref().unwrap_or_default())
            .cloned()
            .unwrap_or_default();
        step_one(tick, on, row, &on.version, &need, sweep).await?;
    }
    if sweep {
        tick.memory.swept_at = Some(tick.now);
    }
    Ok(())
}

/// Who needs a docker device's dispatcher.
#[derive(Clone, Debug, Default)]
struct Need {
    /// Leases that are not over.
    leases: usize,
    /// Of these, such as are not being given back yet.
    active: usize,
    /// Since when the last of those being given back waits.
    releasing_since: Option<DateTime<Utc>>,
    wanted: bool,
}

fn docker_devices(on: &OnNow) -> BTreeMap<String, Need> {
    let open = on.leases.iter().filter(|lease| !lease.state.is_final());
    let mut needs: BTreeMap<String, Need> = BTreeMap::new();
    for lease in open {
        let device = on.devices.iter().find(|row| row.id == lease.device_id);
        let Some(name) = device.and_then(|row| row.docker_device.clone()) else {
            continue;
        };
        let need = needs.entry(name).or_default();
        need.leases += 1;
        match lease.state {
            LeaseState::Planned => {
                need.active += 1;
                need.wanted = true;
            }
            LeaseState::Acquiring | LeaseState::Held => need.active += 1,
            // what was never opened has no use for a dispatcher
            LeaseState::Releasing | LeaseState::Stuck if lease.opened_at.is_none() => {
                need.leases -= 1;
            }
            LeaseState::Releasing | LeaseState::Stuck => {
                need.releasing_since = need.releasing_since.max(lease.released_from_at);
            }
            LeaseState::Released | LeaseState::Skipped => {}
        }
    }
    needs
}

/// A device that was wished for later needs a dispatcher as well.
async fn plan_missing(
    tick: &mut Tick<'_>,
    on: &OnNow,
    needs: &BTreeMap<String, Need>,
) -> Result<()> {
    if on.round.state != RoundState::Open {
        return Ok(());
    }
    for (docker_device, need) in needs {
        let there = on
            .submissions
            .iter()
            .any(|row| row.docker_device.as_ref() == Some(docker_device));
        if need.wanted && !there {
            let txn = tick.begin().await?;
            submissions::plan_dispatcher(tick, &txn, &on.round, docker_device).await?;
            tick.commit(txn, Changed::Submissions, None).await?;
        }
    }
    Ok(())
}

async fn step_one(
    tick: &mut Tick<'_>,
    on: &OnNow,
    mut row: submission::Model,
    version: &str,
    need: &Need,
    sweep: bool,
) -> Result<()> {
    if !sweep && need.active > 0 && was_well_lately(tick, &row) {
        return Ok(());
    }
    let remote = tick.remote.clone();
    let mut job = match &remote {
        Ok(client) => see_job(tick, &row, client).await?,
        Err(_) => JobSight::Unseen,
    };
    let worker = see_worker(tick, &row).await;
    if is_well(job, &worker) {
        tick.memory.looked_at.insert(row.id, tick.now);
    } else {
        tick.memory.looked_at.remove(&row.id);
    }
    if let (true, Ok(client), SubmissionState::Submitted | SubmissionState::Canceling) =
        (sweep, &remote, row.state)
    {
        let answer = submissions::cancel_strays(tick, &row, client).await?;
        tick.heard(&answer);
    }
    for _ in 0..STEPS {
        let seen = Seen {
            job,
            worker: worker.clone(),
            version: Some(version.to_owned()),
            refused: tick.memory.refused.get(&row.id).cloned(),
            needed: need.leases > 0,
            waited_since: if need.active == 0 {
                need.releasing_since
            } else {
                None
            },
            stop: None,
        };
        match step(&row, &seen, &tick.timing, tick.now) {
            Step::Wait => return Ok(()),
            Step::Note(fact) => note(tick, &row, fact).await?,
            Step::Move { to, why } => {
                if to == SubmissionState::Over
                    && why.code != Code::TimedOut
                    && !submissions::leaves_nothing(tick, &row).await?
                {
                    return Ok(());
                }
                tracing::info!(lab.name = %tick.lab.name, submission.id = %row.id, "dispatcher {to:?}: {why}");
                submissions::move_to(tick, &row, to, &why, submission::ActiveModel::default())
                    .await?;
            }
            Step::Do(act) => {
                if let Ok(client) = &remote {
                    job = act_on(tick, on, &row, client, version, act).await?;
                }
                if act != Act::LookUp {
                    return Ok(());
                }
                if job == JobSight::Unseen {
                    return Ok(());
                }
            }
        }
        row = fresh(tick, &row).await?;
    }
    Ok(())
}

fn is_well(job: JobSight, worker: &WorkerSight) -> bool {
    job == JobSight::There(JobState::Running)
        && matches!(worker, WorkerSight::There { online: true, .. })
}

/// One that is online and was seen well is not asked for again while its devices are seen to at once.
fn was_well_lately(tick: &Tick<'_>, row: &submission::Model) -> bool {
    let seen = tick.memory.looked_at.get(&row.id);
    row.state == SubmissionState::Submitted
        && row.online_at.is_some()
        && row.lost_at.is_none()
        && seen.is_some_and(|at| tick.now - *at < LATELY)
}

async fn fresh(tick: &Tick<'_>, row: &submission::Model) -> Result<submission::Model> {
    let found = submission::Entity::find_by_id(row.id)
        .one(tick.app.db.read())
        .await?;
    Ok(found.unwrap_or_else(|| row.clone()))
}

async fn see_job(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    client: &Client,
) -> Result<JobSight> {
    let Some(number) = row.external_id.as_deref().and_then(JobNumber::parse) else {
        return Ok(JobSight::Unseen);
    };
    let answer = client.job(&number).await;
    tick.heard(&answer);
    Ok(match answer {
        Ok(Some(job)) => {
            super::result::record_state(tick, row, &job).await?;
            JobSight::There(job.state)
        }
        Ok(None) => JobSight::Absent,
        Err(_) => JobSight::Unseen,
    })
}

async fn see_worker(tick: &mut Tick<'_>, row: &submission::Model) -> WorkerSight {
    if row.state != SubmissionState::Submitted {
        return WorkerSight::Unseen;
    }
    let (Ok(client), Some(name)) = (tick.federated.clone(), row.worker.as_deref()) else {
        return WorkerSight::Unseen;
    };
    let answer = client.worker(name).await;
    tick.heard_federated(&answer);
    match answer {
        Ok(Some(worker)) => WorkerSight::There {
            online: worker.state == WorkerState::Online,
            version: worker.version,
            last_ping: worker.last_ping,
        },
        Ok(None) => WorkerSight::Absent,
        Err(_) => WorkerSight::Unseen,
    }
}

async fn note(tick: &mut Tick<'_>, row: &submission::Model, fact: Fact) -> Result<()> {
    let (facts, sentence) = match fact {
        Fact::Online => (
            submission::ActiveModel {
                online_at: Set(Some(tick.now)),
                ..Default::default()
            },
            "Its worker is online with the server's version.",
        ),
        Fact::Offline => (
            submission::ActiveModel {
                lost_at: Set(Some(tick.now)),
                ..Default::default()
            },
            "Its worker went offline.",
        ),
        Fact::Back => (
            submission::ActiveModel {
                lost_at: Set(None),
                ..Default::default()
            },
            "Its worker is back.",
        ),
    };
    let why = Reason::new(Code::Online, sentence);
    submissions::note(tick, row, "worker", &why, facts).await
}

async fn act_on(
    tick: &mut Tick<'_>,
    on: &OnNow,
    row: &submission::Model,
    client: &Client,
    version: &str,
    act: Act,
) -> Result<JobSight> {
    match act {
        Act::Submit => {
            submit(tick, on, row, client, version).await?;
            Ok(JobSight::Unseen)
        }
        Act::LookUp => {
            let answer = look_up(tick, row, client).await?;
            tick.heard(&answer);
            Ok(answer.unwrap_or(JobSight::Unseen))
        }
        Act::Cancel => {
            if let Some(number) = row.external_id.as_deref().and_then(JobNumber::parse)
                && let Some(answer) = cancel_job(tick, row, client, &number).await?
            {
                tick.heard(&answer);
            }
            Ok(JobSight::Unseen)
        }
    }
}

async fn submit(
    tick: &mut Tick<'_>,
    on: &OnNow,
    row: &submission::Model,
    client: &Client,
    version: &str,
) -> Result<()> {
    let Some(name) = row.worker.clone() else {
        return Ok(());
    };
    if !rounds::is_still(tick, version).await {
        return Ok(());
    }
    if let Err(error) = close_all(tick, row).await? {
        tick.heard_federated::<()>(&Err(error));
        return Ok(());
    }
    let worker = match ensure_worker(tick, row, &name).await? {
        Ok(worker) => worker,
        Err(error) => {
            tick.heard_federated::<()>(&Err(error));
            return Ok(());
        }
    };
    let Some(token) = worker.token else {
        let sentence = "The federated server does not show the worker's token: lavafed's user there must be a superuser.";
        tick.memory.refused.insert(row.id, sentence.to_owned());
        tick.acted = true;
        return Ok(());
    };
    let callback_token = match row.token_id {
        Some(id) => submissions::own_token(tick, id).await?,
        None => return Ok(()),
    };
    let Some(docker) = docker::device(tick, row, client).await else {
        return Ok(());
    };
    let tags: Vec<_> = docker.tags.iter().map(String::as_str).collect();
    let callback_url = tick.app.config.callback_url();
    let url = tick.app.config.dispatcher_url();
    let job = SlaveJob {
        name: &row.name,
        device_type: &docker.device_type,
        docker_tags: &tags,
        docker_device: docker.may_be_named.then_some(docker.hostname.as_str()),
        lab: &tick.lab.name,
        version,
        worker: &name,
        worker_token: token.reveal(),
        url: &url,
        patience: tick.timing.dispatcher_patience,
        left: on.round.ends_at - tick.now,
        callback: Callback {
            url: &callback_url,
            token: &callback_token,
        },
    };
    let definition = match slave::definition(&tick.app.templates, &job) {
        Ok(job) => job,
        Err(problem) => {
            tick.memory.refused.insert(row.id, problem.to_string());
            tick.acted = true;
            return Ok(());
        }
    };
    let facts = submission::ActiveModel {
        pinged_at: Set(worker.last_ping),
        times_out_at: Set(Some(tick.now + definition.ends_within)),
        ..Default::default()
    };
    let answer = submissions::submit(tick, row, client, &definition.text, facts).await?;
    tick.heard(&answer);
    if let Err(error) = answer {
        match error.kind {
            CallFailure::Refused | CallFailure::Missing | CallFailure::Denied => {
                tick.memory.refused.insert(row.id, error.sentence);
            }
            CallFailure::NotSent
            | CallFailure::Unanswered
            | CallFailure::Busy { .. }
            | CallFailure::Garbled => {}
        }
    }
    Ok(())
}

/// Closes what the dispatcher will reach and nobody has taken yet: LAVA opens a
/// device when a job on it ends with an infrastructure error, however late.
async fn close_all(tick: &mut Tick<'_>, row: &submission::Model) -> Result<Result<(), CallError>> {
    let Ok(client) = tick.federated.clone() else {
        return Ok(Err(CallError::not_sent("There is no federated server.")));
    };
    let devices = device::Entity::find()
        .filter(device::Column::LabId.eq(tick.lab.id))
        .filter(device::Column::DockerDevice.eq(row.docker_device.as_deref()))
        .all(tick.app.db.read())
        .await?;
    let names: Vec<_> = devices
        .iter()
        .filter_map(|row| row.federated_name.as_deref())
        .collect();
    let known = match client.devices_named(&names).await {
        Ok(known) => known,
        Err(error) => return Ok(Err(error)),
    };
    for open in known.iter().filter(|known| is_lent(known.health)) {
        let name = &open.hostname;
        let why = sending(format!("Close {name} until it is taken."));
        let intent = submissions::entry(tick, row, TrailKind::Intent, "close", &why);
        let reason = "lavafed: nobody has lent it yet";
        let call = client.set_health(name, DeviceHealth::Maintenance, reason);
        if let Err(error) = tick.write(&intent, call).await? {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// The worker at the federated server, made or made active as needed.
async fn ensure_worker(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    name: &str,
) -> Result<Result<Worker, CallError>> {
    let Ok(client) = tick.federated.clone() else {
        return Ok(Err(CallError::not_sent("There is no federated server.")));
    };
    let worker = match client.worker(name).await {
        Ok(Some(worker)) => worker,
        Ok(None) => {
            let why = sending(format!("Make the worker {name} known."));
            let intent = submissions::entry(tick, row, TrailKind::Intent, "create_worker", &why);
            let description = format!("lavafed: dispatcher of the lab {}", tick.lab.name);
            match tick
                .write(&intent, client.create_worker(name, &description))
                .await?
            {
                Ok(worker) => worker,
                Err(error) => return Ok(Err(error)),
            }
        }
        Err(error) => return Ok(Err(error)),
    };
    if worker.health != WorkerHealth::Active {
        let why = sending(format!("Let the worker {name} take jobs."));
        let intent = submissions::entry(tick, row, TrailKind::Intent, "set_worker_health", &why);
        let call = client.set_worker_health(name, WorkerHealth::Active);
        if let Err(error) = tick.write(&intent, call).await? {
            return Ok(Err(error));
        }
    }
    Ok(Ok(worker))
}
