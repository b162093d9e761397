//! The FED jobs of held devices: chosen, submitted, polled. `lease::choose` and
//! `lease::submission` say what is next.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::{
    cell, device,
    job::{self, JobHealth, JobState},
    lease::{self, LeaseState},
    plan,
    round::RoundState,
    submission::{self, SubmissionState},
    verdict::{self, Verdict},
};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{
    known::{Changed, OnNow},
    leases::Turns,
    result, rounds,
    submissions::{self, look_up},
    tick::Tick,
};
use crate::{
    error::Result,
    lava::{
        client::{CallFailure, Client, JobNumber},
        tag,
    },
    lease::{
        choose::{Candidate, Choice, Done, FeatureAge, choose},
        reason::{Code, Reason},
        state::SETTLE,
        submission::{Act, JobSight, Step, unsent},
    },
    template::{
        Callback,
        fed::{self, FedJob},
    },
};

/// Steps of one job within one tick.
const STEPS: usize = 4;
/// For a template whose time-out is not known.
const TAKES: TimeDelta = TimeDelta::minutes(15);

/// What a held device does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is not held, or a job of it is not over.
    Busy,
    Run {
        template: String,
        attempt: i32,
    },
    Done,
}

pub(super) async fn turn(
    tick: &Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    device: &device::Model,
) -> Result<Turn> {
    let ours: Vec<_> = on
        .submissions
        .iter()
        .filter(|row| row.lease_id == Some(lease.id))
        .collect();
    let busy = ours.iter().any(|row| row.state != SubmissionState::Over);
    if lease.state != LeaseState::Held || busy || on.round.state != RoundState::Open {
        return Ok(Turn::Busy);
    }
    let mut done = Vec::with_capacity(ours.len());
    for row in ours {
        done.push(Done {
            template: row.template.clone().unwrap_or_default(),
            attempt: row.attempt,
            again: again(tick, row).await?,
        });
    }
    let candidates = candidates(tick, on, device).await?;
    let left = lease.ends_at - tick.timing.closing - tick.now;
    Ok(match choose(&candidates, &done, left) {
        Choice::Run { template, attempt } => Turn::Run { template, attempt },
        Choice::NoTime | Choice::Done => Turn::Done,
    })
}

/// Whether a job that is over is worth another try.
async fn again(tick: &Tick<'_>, row: &submission::Model) -> Result<bool> {
    let Some(id) = row.job_id else {
        return Ok(false);
    };
    let db = tick.app.db.read();
    let job = job::Entity::find_by_id(id).one(db).await?;
    if job.is_none_or(|job| job.health != JobHealth::Complete) {
        return Ok(true);
    }
    let bad = verdict::Entity::find()
        .filter(verdict::Column::JobId.eq(id))
        .filter(verdict::Column::Verdict.is_in([Verdict::Fail, Verdict::Infra]))
        .one(db)
        .await?;
    Ok(bad.is_some())
}

/// The templates of the plan for a device, with what each would tell.
async fn candidates(tick: &Tick<'_>, on: &OnNow, device: &device::Model) -> Result<Vec<Candidate>> {
    let db = tick.app.db.read();
    let rows = plan::Entity::find()
        .filter(plan::Column::UntilEvent.is_null())
        .filter(plan::Column::Template.is_not_null())
        .filter(plan::Column::DeviceTypeId.eq(device.device_type_id))
        .all(db)
        .await?;
    let cells = cell::Entity::find()
        .filter(cell::Column::VersionId.eq(on.round.version_id))
        .filter(cell::Column::DeviceTypeId.eq(device.device_type_id))
        .filter(cell::Column::Latest.is_not_null())
        .all(db)
        .await?;
    let mut ages: BTreeMap<String, Vec<FeatureAge>> = BTreeMap::new();
    for row in rows {
        let last_at = cells
            .iter()
            .find(|cell| cell.feature_id == row.feature_id)
            .map(|cell| cell.last_at);
        ages.entry(row.template.unwrap_or_default())
            .or_default()
            .push(FeatureAge { last_at });
    }
    Ok(ages
        .into_iter()
        .map(|(template, features)| Candidate {
            takes: tick.app.templates.takes(&template).unwrap_or(TAKES),
            template,
            features,
        })
        .collect())
}

pub(super) async fn step_all(tick: &mut Tick<'_>, on: &OnNow, turns: &Turns) -> Result<()> {
    for lease in &on.leases {
        if let (LeaseState::Held, Some(Turn::Run { template, attempt })) =
            (lease.state, turns.get(&lease.id))
        {
            let txn = tick.begin().await?;
            submissions::plan_job(tick, &txn, &on.round, lease, template, *attempt).await?;
            tick.commit(txn, Changed::Submissions, None).await?;
        }
    }
    for row in &on.submissions {
        if let (Some(id), false) = (row.lease_id, row.state == SubmissionState::Over)
            && let Some(lease) = on.leases.iter().find(|lease| lease.id == id)
        {
            step_one(tick, on, lease, row.clone(), &on.version).await?;
        }
    }
    Ok(())
}

async fn step_one(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    mut row: submission::Model,
    version: &str,
) -> Result<()> {
    let Ok(client) = tick.federated.clone() else {
        return Ok(());
    };
    let mut job = JobSight::Unseen;
    for _ in 0..STEPS {
        let sent = match row.state {
            SubmissionState::Planned | SubmissionState::Submitting => false,
            SubmissionState::Submitted | SubmissionState::Canceling => true,
            SubmissionState::Over => return Ok(()),
        };
        if sent {
            return poll(tick, on, lease, &row, &client, version).await;
        }
        let refused = tick.memory.refused.get(&row.id).cloned();
        let unwanted = unwanted(on, lease);
        match unsent(&row, job, refused.as_deref(), unwanted, tick.now) {
            Step::Wait | Step::Note(_) => return Ok(()),
            Step::Move { to, why } => {
                submissions::move_to(tick, &row, to, &why, submission::ActiveModel::default())
                    .await?;
            }
            Step::Do(Act::Submit) => {
                return submit(tick, on, lease, &row, &client, version).await;
            }
            Step::Do(Act::LookUp | Act::Cancel) => {
                let answer = look_up(tick, &row, &client).await?;
                tick.heard_federated(&answer);
                job = answer.unwrap_or(JobSight::Unseen);
                if job == JobSight::Unseen {
                    return Ok(());
                }
            }
        }
        let found = submission::Entity::find_by_id(row.id)
            .one(tick.app.db.read())
            .await?;
        let Some(found) = found else { return Ok(()) };
        row = found;
    }
    Ok(())
}

fn unwanted(on: &OnNow, lease: &lease::Model) -> Option<Reason> {
    let wanted = lease.state == LeaseState::Held && on.round.state == RoundState::Open;
    (!wanted).then(|| Reason::new(Code::NoLongerNeeded, "The device is being given back."))
}

async fn submit(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    row: &submission::Model,
    client: &Client,
    version: &str,
) -> Result<()> {
    if !rounds::is_still(tick, version).await {
        return Ok(());
    }
    let device = on.devices.iter().find(|row| row.id == lease.device_id);
    let (Some(device), Some(template), Some(token)) = (device, &row.template, row.token_id) else {
        return Ok(());
    };
    let kind = entity::device_type::Entity::find_by_id(device.device_type_id)
        .one(tick.app.db.read())
        .await?;
    let name = device.federated_name.clone().unwrap_or_default();
    let device_type = kind.map(|row| row.name).unwrap_or_default();
    let callback_url = tick.app.config.callback_url();
    let callback_token = submissions::own_token(tick, token).await?;
    let job = FedJob {
        name: &row.name,
        device_type: &device_type,
        version,
        device: &name,
        tag: &tag::of_device(&name),
        lab: &tick.lab.name,
        lease: lease.id,
        left: lease.ends_at - tick.timing.closing - tick.now,
        callback: Callback {
            url: &callback_url,
            token: &callback_token,
        },
    };
    let definition = match fed::definition(&tick.app.templates, template, &job) {
        Ok(job) => job,
        Err(problem) => {
            tick.memory.refused.insert(row.id, problem.to_string());
            tick.acted = true;
            return Ok(());
        }
    };
    let facts = submission::ActiveModel {
        times_out_at: Set(Some(tick.now + definition.ends_within)),
        ..Default::default()
    };
    let answer = submissions::submit(tick, row, client, &definition.text, facts).await?;
    tick.heard_federated(&answer);
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

/// Cancels a job that nobody waits for any more, because the dispatcher it needs is gone: left as it is, it
/// would run as soon as another dispatcher of that name is there.
async fn end_left_behind(
    tick: &mut Tick<'_>,
    lease: &lease::Model,
    row: &submission::Model,
    client: &Client,
    number: &JobNumber,
    state: JobState,
) -> Result<()> {
    let left = lease.state.is_final() || row.times_out_at.is_some_and(|end| tick.now > end);
    if !left || state == JobState::Canceling {
        return Ok(());
    }
    if let Some(answer) = submissions::cancel_job(tick, row, client, number).await? {
        tick.heard_federated(&answer);
    }
    Ok(())
}

/// How long a server that cannot say whether a job has a twin, or will not end it, holds up the end of a round: LAVA's
/// own time-out ends such a twin as well.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// Whether no other job of its name goes on: once it is over nobody looks for one.
async fn is_alone(tick: &mut Tick<'_>, row: &submission::Model, client: &Client) -> Result<bool> {
    let answer = submissions::cancel_strays(tick, row, client).await?;
    tick.heard_federated(&answer);
    Ok(answer.unwrap_or(false))
}

/// Asks how a job does; when it is finished, fetches and records what it says.
async fn poll(
    tick: &mut Tick<'_>,
    on: &OnNow,
    lease: &lease::Model,
    row: &submission::Model,
    client: &Client,
    version: &str,
) -> Result<()> {
    let Some(number) = row.external_id.as_deref().and_then(JobNumber::parse) else {
        return Ok(());
    };
    let answer = client.job(&number).await;
    tick.heard_federated(&answer);
    let over = |code, sentence: &str| Reason::new(code, sentence);
    let late = lease.state.is_final() || on.round.state == RoundState::Closing;
    let behind = |by| {
        late && row
            .times_out_at
            .is_some_and(|end| tick.now > end + SETTLE + by)
    };
    // time enough to be cancelled, and to be seen so
    let (dead, given_up) = (behind(TimeDelta::zero()), behind(PATIENCE));
    match answer {
        Ok(Some(job)) if job.state == JobState::Finished => {
            let over = is_alone(tick, row, client).await? || given_up;
            if tick.memory.told.get(&row.id) == Some(&JobState::Finished) {
                return if over {
                    result::end(tick, row, lease, &job).await
                } else {
                    Ok(())
                };
            }
            let results = client.results(&number).await;
            tick.heard_federated(&results);
            let Ok(results) = results else { return Ok(()) };
            // credited to the version that ran it, or to none
            let Some(told) = rounds::version_told(tick).await else {
                return Ok(());
            };
            let moved = told != version;
            let report = result::of_finished(tick, row, &job, results, moved).await?;
            result::record_finished(tick, row, lease, &job, report, over).await
        }
        Ok(Some(job)) => {
            result::record_state(tick, row, &job).await?;
            end_left_behind(tick, lease, row, client, &number, job.state).await
        }
        Ok(None) => {
            let why = over(Code::JobVanished, "LAVA has no such job any more.");
            submissions::move_to(
                tick,
                row,
                SubmissionState::Over,
                &why,
                submission::ActiveModel::default(),
            )
            .await
        }
        Err(_) => Ok(()),
    }?;
    if dead && (is_alone(tick, row, client).await? || given_up) {
        let found = submission::Entity::find_by_id(row.id)
            .one(tick.app.db.read())
            .await?;
        if let Some(row) = found.filter(|row| row.state != SubmissionState::Over) {
            let why = over(
                Code::TimedOut,
                "LAVA's own time-out has passed, and it still does not show the job finished.",
            );
            submissions::move_to(
                tick,
                &row,
                SubmissionState::Over,
                &why,
                submission::ActiveModel::default(),
            )
            .await?;
        }
    }
    Ok(())
}
