//! Rows of submissions and what is common to FED and SLAVE jobs: planned, sent,
//! looked up, cancelled. `lease::submission` says what is next.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    job::{JobState, JobType},
    lease as lease_row, round as round_row,
    submission::{self, SubmissionState},
    token::{self, Scope, TokenId},
    trail::TrailKind,
};
use sea_orm::{
    ActiveEnum as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    sea_query::Expr,
};

use super::{
    known::Changed,
    tick::{Tick, sending},
};
use crate::{
    auth::jwt,
    error::{Error, Result},
    lava::client::{CallError, Client, Job, JobNumber},
    lease::{
        SLAVE_GRACE,
        reason::{Code, Reason},
        submission::JobSight,
    },
    service::transition::{self, Entry},
};

/// A job is not asked to end more often than this.
const CANCEL_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// A SLAVE job for a docker device of the lab, in the round's own transaction.
pub(super) async fn plan_dispatcher(
    tick: &Tick<'_>,
    txn: &DatabaseTransaction,
    round: &round_row::Model,
    docker_device: &str,
) -> Result<submission::Model> {
    let row = submission::ActiveModel {
        source_id: Set(tick.lab_source.id),
        job_type: Set(JobType::Slave),
        docker_device: Set(Some(docker_device.to_owned())),
        worker: Set(Some(worker_name(&tick.lab.name, docker_device))),
        times_out_at: Set(Some(round.ends_at + SLAVE_GRACE)),
        ..planned(round, tick.now)
    };
    insert(tick, txn, row, "A dispatcher is wanted.").await
}

/// A FED job for a held device.
pub(super) async fn plan_job(
    tick: &Tick<'_>,
    txn: &DatabaseTransaction,
    round: &round_row::Model,
    lease: &lease_row::Model,
    template: &str,
    attempt: i32,
) -> Result<submission::Model> {
    let row = submission::ActiveModel {
        source_id: Set(tick.federated_source.id),
        lease_id: Set(Some(lease.id)),
        job_type: Set(JobType::Fed),
        template: Set(Some(template.to_owned())),
        attempt: Set(attempt),
        times_out_at: Set(Some(lease.ends_at + SLAVE_GRACE)),
        ..planned(round, tick.now)
    };
    insert(tick, txn, row, "Its turn in the plan.").await
}

fn planned(round: &round_row::Model, now: DateTime<Utc>) -> submission::ActiveModel {
    submission::ActiveModel {
        id: NotSet,
        round_id: Set(round.id),
        lease_id: Set(None),
        source_id: NotSet,
        job_type: NotSet,
        name: NotSet,
        docker_device: Set(None),
        worker: Set(None),
        template: Set(None),
        attempt: Set(1),
        state: Set(SubmissionState::Planned),
        code: Set(Code::Planned.as_str().to_owned()),
        reason: NotSet,
        external_id: Set(None),
        job_id: Set(None),
        token_id: NotSet,
        planned_at: Set(now),
        asked_at: Set(None),
        submitted_at: Set(None),
        pinged_at: Set(None),
        online_at: Set(None),
        cancel_at: Set(None),
        lost_at: Set(None),
        over_at: Set(None),
        seen_at: Set(None),
        times_out_at: NotSet,
    }
}

async fn insert(
    tick: &Tick<'_>,
    txn: &DatabaseTransaction,
    mut row: submission::ActiveModel,
    sentence: &str,
) -> Result<submission::Model> {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let kind = row.job_type.clone().unwrap();
    // who else uses the server, or an older database of ours, has other names
    let name = format!(
        "lavafed {} {} {}",
        kind.to_value(),
        tick.lab.name,
        nonce.get(..12).unwrap_or(&nonce)
    );
    let expires = row.times_out_at.clone().unwrap().unwrap_or(tick.now) + TimeDelta::hours(1);
    let token = token::ActiveModel {
        id: NotSet,
        jti: Set(nonce),
        description: Set(format!("callback of {name}")),
        scope: Set(Scope::Report),
        source_id: Set(Some(row.source_id.clone().unwrap())),
        created_at: Set(tick.now),
        expires_at: Set(Some(expires)),
        revoked_at: Set(None),
        last_used_at: Set(None),
    };
    let token = token::Entity::insert(token)
        .exec_with_returning(txn)
        .await?;
    row.token_id = Set(Some(token.id));
    row.name = Set(name);
    row.reason = Set(sentence.to_owned());
    let row = submission::Entity::insert(row)
        .exec_with_returning(txn)
        .await?;
    let why = Reason::new(Code::Planned, sentence);
    let after = row.state.to_value();
    let entry = Entry {
        after: Some(&after),
        ..entry(tick, &row, TrailKind::Transition, transition::STATE, &why)
    };
    transition::append_trail(txn, &entry, tick.by(), tick.now).await?;
    Ok(row)
}

/// The dispatcher's name at the federated server: the same each day.
fn worker_name(lab: &str, docker_device: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') {
            c
        } else {
            '-'
        }
    };
    format!("lavafed-{lab}-{docker_device}")
        .chars()
        .map(plain)
        .collect()
}

pub(super) fn entry<'a>(
    tick: &Tick<'_>,
    row: &submission::Model,
    kind: TrailKind,
    action: &'a str,
    why: &'a Reason,
) -> Entry<'a> {
    Entry {
        lab: tick.lab.id,
        round: Some(row.round_id),
        lease: row.lease_id,
        submission: Some(row.id),
        kind,
        action,
        before: None,
        after: None,
        why,
        event: None,
    }
}

/// The JWT of a submission's own token: the same whenever it is made.
pub(super) async fn own_token(tick: &Tick<'_>, id: TokenId) -> Result<String> {
    let row = token::Entity::find_by_id(id)
        .one(tick.app.db.read())
        .await?
        .ok_or_else(|| Error::internal("a submission has no token"))?;
    let sources = [&tick.lab_source, &tick.federated_source];
    let its = row.source_id.unwrap_or(tick.federated_source.id);
    let source = sources.into_iter().find(|source| source.id == its);
    let source = source.map(|source| source.name.clone());
    let expires = row.expires_at.unwrap_or(tick.now);
    jwt::sign(
        &tick.app.key,
        &jwt::Claims::new(row.jti, row.scope, source, expires),
    )
}

/// Moves a submission to another state, with the facts that are set with it.
pub(super) async fn move_to(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    to: SubmissionState,
    why: &Reason,
    facts: submission::ActiveModel,
) -> Result<()> {
    let txn = tick.begin().await?;
    move_in(tick, &txn, row, to, why, facts).await?;
    tick.commit(txn, Changed::Submissions, None).await
}

pub(super) async fn move_in(
    tick: &Tick<'_>,
    txn: &DatabaseTransaction,
    row: &submission::Model,
    to: SubmissionState,
    why: &Reason,
    mut facts: submission::ActiveModel,
) -> Result<()> {
    facts.state = Set(to);
    facts.code = Set(why.code.as_str().to_owned());
    facts.reason = Set(why.sentence.clone());
    if to == SubmissionState::Over {
        facts.over_at = Set(Some(tick.now));
        if let Some(token) = row.token_id {
            revoke(txn, token, tick.now).await?;
        }
    }
    if to == SubmissionState::Canceling && row.cancel_at.is_none() {
        facts.cancel_at = Set(Some(tick.now));
    }
    let changed = submission::Entity::update_many()
        .set(facts)
        .filter(submission::Column::Id.eq(row.id))
        .filter(submission::Column::State.eq(row.state))
        .exec(txn)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::conflict(format!(
            "The submission {} was changed meanwhile.",
            row.id
        )));
    }
    let (before, after) = (row.state.to_value(), to.to_value());
    let entry = Entry {
        before: Some(&before),
        after: Some(&after),
        ..entry(tick, row, TrailKind::Transition, transition::STATE, why)
    };
    transition::append_trail(txn, &entry, tick.by(), tick.now).await?;
    Ok(())
}

/// A job's own token is good until the job ends.
async fn revoke(txn: &DatabaseTransaction, id: TokenId, now: DateTime<Utc>) -> Result<()> {
    token::Entity::update_many()
        .col_expr(token::Column::RevokedAt, Expr::value(now))
        .filter(token::Column::Id.eq(id))
        .filter(token::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

/// Keeps facts of a submission that stays in its state.
pub(super) async fn note(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    action: &str,
    why: &Reason,
    facts: submission::ActiveModel,
) -> Result<()> {
    let txn = tick.begin().await?;
    submission::Entity::update_many()
        .set(facts)
        .filter(submission::Column::Id.eq(row.id))
        .exec(&txn)
        .await?;
    let entry = entry(tick, row, TrailKind::Note, action, why);
    transition::append_trail(&txn, &entry, tick.by(), tick.now).await?;
    tick.commit(txn, Changed::Submissions, None).await
}

/// Submits a job: its intent is durable before, its number after.
pub(super) async fn submit(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    client: &Client,
    definition: &str,
    facts: submission::ActiveModel,
) -> Result<Result<JobNumber, CallError>> {
    let why = sending(format!("Submit the job {:?}.", row.name));
    let asked = submission::ActiveModel {
        asked_at: Set(Some(tick.now)),
        ..facts
    };
    move_to(tick, row, SubmissionState::Submitting, &why, asked).await?;
    let sent = submission::Model {
        state: SubmissionState::Submitting,
        ..row.clone()
    };
    let intent = entry(tick, row, TrailKind::Intent, "submit", &why);
    let answer = tick.write(&intent, client.submit(definition)).await?;
    match &answer {
        Ok(number) => adopt(tick, &sent, number).await?,
        Err(error) if error.kind.surely_not_applied() => {
            let why = Reason::new(Code::NotSent, error.sentence.clone());
            let facts = submission::ActiveModel {
                asked_at: Set(None),
                ..Default::default()
            };
            move_to(tick, &sent, SubmissionState::Planned, &why, facts).await?;
        }
        Err(_) => {}
    }
    Ok(answer)
}

/// Knows from now on which job of the server it is.
pub(super) async fn adopt(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    number: &JobNumber,
) -> Result<()> {
    let why = Reason::new(
        Code::Submitted,
        format!("LAVA has it as job {}.", number.as_str()),
    );
    let facts = submission::ActiveModel {
        external_id: Set(Some(number.as_str().to_owned())),
        submitted_at: Set(Some(tick.now)),
        ..Default::default()
    };
    move_to(tick, row, SubmissionState::Submitted, &why, facts).await
}

/// Looks for a job by its name. More than one, after an answer was lost: the
/// first is kept, the others are cancelled.
pub(super) async fn look_up(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    client: &Client,
) -> Result<Result<JobSight, CallError>> {
    let jobs = match named(row, client).await {
        Ok(jobs) => jobs,
        Err(error) => return Ok(Err(error)),
    };
    let Some(first) = jobs.last() else {
        return Ok(Ok(JobSight::Absent));
    };
    adopt(tick, row, &first.id).await?;
    Ok(Ok(JobSight::There(first.state)))
}

/// All jobs of the name, newest first. The server's clock may be off.
async fn named(row: &submission::Model, client: &Client) -> Result<Vec<Job>, CallError> {
    let since = row.planned_at - TimeDelta::hours(25);
    client.jobs_since(since, &row.name).await
}

/// Cancels jobs of a submission's name that are not the one we know: an answer
/// was lost, and both arrived. Whether all of them are over or end.
pub(super) async fn cancel_strays(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    client: &Client,
) -> Result<Result<bool, CallError>> {
    let jobs = match named(row, client).await {
        Ok(jobs) => jobs,
        Err(error) => return Ok(Err(error)),
    };
    let mut ended = true;
    for job in jobs {
        let ours = row.external_id.as_deref() == Some(job.id.as_str());
        if !ours && job.state != JobState::Finished {
            ended &= job.state == JobState::Canceling;
            let answer = cancel_job(tick, row, client, &job.id).await?;
            if let Some(Err(error)) = answer {
                return Ok(Err(error));
            }
        }
    }
    Ok(Ok(ended))
}

/// Whether no other job of its name goes on: once it is over nobody looks for one.
pub(super) async fn leaves_nothing(tick: &mut Tick<'_>, row: &submission::Model) -> Result<bool> {
    let sent = row.external_id.is_some();
    let (true, Ok(client)) = (sent, tick.remote.clone()) else {
        return Ok(!sent);
    };
    let answer = cancel_strays(tick, row, &client).await?;
    tick.heard(&answer);
    Ok(answer.unwrap_or(false))
}

/// Asks the server to end the job; not again within some seconds.
pub(super) async fn cancel_job(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    client: &Client,
    number: &JobNumber,
) -> Result<Option<Result<(), CallError>>> {
    let key = format!("{} {}", client.base_url(), number.as_str());
    let recent = tick
        .memory
        .canceled
        .get(&key)
        .is_some_and(|at| tick.now - *at < CANCEL_AGAIN);
    if recent {
        return Ok(None);
    }
    let why = sending(format!("Cancel job {}.", number.as_str()));
    let intent = entry(tick, row, TrailKind::Intent, "cancel", &why);
    let answer = tick.write(&intent, client.cancel(number)).await?;
    tick.memory.canceled.insert(key, tick.now);
    Ok(Some(answer))
}
