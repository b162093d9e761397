//! The writers of leases and of the audit trail: each change of a lease, its row
//! of the trail and its event are one. Must know neither clock nor LAVA server,
//! nor when a change is due: whoever calls decides, opens the transaction,
//! commits it, and then tells `Head`.
//!
//! All of them take the lock that orders events before they touch a lease, so
//! that two transactions never wait for each other.

use chrono::{DateTime, Utc};
use entity::{
    device::DeviceId,
    event::EventKind,
    lab::LabId,
    lease::{self, LeaseId, LeaseState},
    round::{self, RoundId},
    submission::SubmissionId,
    trail::{self, TrailKind},
};
use sea_orm::{
    ActiveEnum as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, SqlErr,
};

use crate::{
    error::{Code, Error, Result},
    event::{self, Subject},
    lease::reason::Reason,
};

/// The actor of what lavafed does by itself.
pub const LAVAFED: &str = "lavafed";

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// As the trail has it: [`LAVAFED`], or the name of an `Actor`.
    pub actor: &'a str,
    /// The driver's fence; None for who is no driver: the row keeps the last one.
    pub fence: Option<i64>,
}

/// A row of the audit trail to be.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub lab: LabId,
    pub round: Option<RoundId>,
    pub lease: Option<LeaseId>,
    pub submission: Option<SubmissionId>,
    pub kind: TrailKind,
    /// What is done, such as `set_health`; [`STATE`] for a transition.
    pub action: &'a str,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub why: &'a Reason,
    /// The event that tells of it.
    pub event: Option<i64>,
}

/// The action of a transition.
pub const STATE: &str = "state";

impl<'a> Entry<'a> {
    /// About a lease, told by no event and without a before and after.
    #[must_use]
    pub fn of_lease(
        lease: &lease::Model,
        kind: TrailKind,
        action: &'a str,
        why: &'a Reason,
    ) -> Self {
        Self {
            lab: lease.lab_id,
            round: Some(lease.round_id),
            lease: Some(lease.id),
            submission: None,
            kind,
            action,
            before: None,
            after: None,
            why,
            event: None,
        }
    }
}

/// Appends a row to the audit trail.
///
/// # Errors
/// When the database fails.
pub async fn append_trail(
    txn: &impl ConnectionTrait,
    entry: &Entry<'_>,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = trail::ActiveModel {
        id: NotSet,
        lab_id: Set(entry.lab),
        round_id: Set(entry.round),
        lease_id: Set(entry.lease),
        submission_id: Set(entry.submission),
        at: Set(now),
        actor: Set(by.actor.to_owned()),
        fence: Set(by.fence.unwrap_or(NO_FENCE)),
        kind: Set(entry.kind),
        action: Set(entry.action.to_owned()),
        before: Set(entry.before.map(str::to_owned)),
        after: Set(entry.after.map(str::to_owned)),
        code: Set(entry.why.code.as_str().to_owned()),
        sentence: Set(entry.why.sentence.clone()),
        event_no: Set(entry.event),
    };
    trail::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// What the trail has for who is no driver.
pub const NO_FENCE: i64 = 0;

/// Begins a lease in a round: planned, or skipped at once. Gives its row, whose
/// `event_no` is the event that tells of it.
///
/// # Errors
/// `ALREADY_LEASED` when the device has an open lease; the transaction is lost then.
pub async fn begin_lease(
    txn: &impl ConnectionTrait,
    round: &round::Model,
    device: DeviceId,
    state: LeaseState,
    why: &Reason,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<lease::Model> {
    // the number first: it is the lock that orders events
    let no = event::next_number(txn).await?;
    let row = lease::ActiveModel {
        id: NotSet,
        round_id: Set(round.id),
        lab_id: Set(round.lab_id),
        device_id: Set(device),
        state: Set(state),
        code: Set(why.code.as_str().to_owned()),
        reason: Set(why.sentence.clone()),
        saved_health: Set(None),
        ends_at: Set(round.ends_at),
        planned_at: Set(now),
        asked_at: Set(None),
        taken_at: Set(None),
        idle_at: Set(None),
        prepared_at: Set(None),
        opened_at: Set(None),
        released_from_at: Set(None),
        closed_at: Set(None),
        restored_at: Set(None),
        unsettled_until: Set(None),
        ended_at: Set(state.is_final().then_some(now)),
        retakes: Set(0),
        release_asked: Set(None),
        release_reason: Set(None),
        keep_in_maintenance: Set(false),
        fence: Set(by.fence.unwrap_or(NO_FENCE)),
        event_no: Set(no),
    };
    let lease = lease::Entity::insert(row)
        .exec_with_returning(txn)
        .await
        .map_err(taken)?;
    event::append_numbered(txn, no, EventKind::LeaseChanged, now, subject(&lease)).await?;
    let after = state.to_value();
    let entry = Entry {
        after: Some(&after),
        event: Some(no),
        ..Entry::of_lease(&lease, TrailKind::Transition, STATE, why)
    };
    append_trail(txn, &entry, by, now).await?;
    Ok(lease)
}

fn taken(error: DbErr) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Error::new(Code::AlreadyLeased, "The device has an open lease already.")
        }
        Some(_) | None => error.into(),
    }
}

/// Moves a lease from the state `lease` was read in to another, with the facts
/// that are set with it. Gives the number of the event that tells of it.
///
/// Sets by itself, unless `facts` does: when giving back began, and when the
/// lease ended.
///
/// # Errors
/// `CONFLICT` when the lease is in another state by now, or a saved health would
/// be changed: then nothing may be committed.
pub async fn move_lease(
    txn: &impl ConnectionTrait,
    lease: &lease::Model,
    to: LeaseState,
    why: &Reason,
    mut facts: lease::ActiveModel,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<i64> {
    facts.state = Set(to);
    facts.code = Set(why.code.as_str().to_owned());
    facts.reason = Set(why.sentence.clone());
    if to == LeaseState::Releasing
        && lease.released_from_at.is_none()
        && facts.released_from_at.is_not_set()
    {
        facts.released_from_at = Set(Some(now));
    }
    if to.is_final() && facts.ended_at.is_not_set() {
        facts.ended_at = Set(Some(now));
    }
    let (before, after) = (lease.state.to_value(), to.to_value());
    let entry = Entry {
        before: Some(&before),
        after: Some(&after),
        ..Entry::of_lease(lease, TrailKind::Transition, STATE, why)
    };
    change(txn, lease, facts, &entry, by, now).await
}

/// Keeps facts of a lease that stays in the state it was read in, with an entry
/// of the trail about it. Gives the number of the event that tells of it.
///
/// # Errors
/// As `move_lease`.
pub async fn note_lease(
    txn: &impl ConnectionTrait,
    lease: &lease::Model,
    facts: lease::ActiveModel,
    entry: &Entry<'_>,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<i64> {
    change(txn, lease, facts, entry, by, now).await
}

async fn change(
    txn: &impl ConnectionTrait,
    lease: &lease::Model,
    mut facts: lease::ActiveModel,
    entry: &Entry<'_>,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<i64> {
    let kind = EventKind::LeaseChanged;
    let no = event::append(txn, kind, now, subject(lease)).await?;
    facts.event_no = Set(no);
    if let Some(fence) = by.fence {
        facts.fence = Set(fence);
    }
    let saves = facts.saved_health.is_set();
    let mut update = lease::Entity::update_many()
        .set(facts)
        .filter(lease::Column::Id.eq(lease.id))
        .filter(lease::Column::State.eq(lease.state));
    if saves {
        // written once, never changed
        update = update.filter(lease::Column::SavedHealth.is_null());
    }
    if update.exec(txn).await?.rows_affected != 1 {
        return Err(Error::conflict(format!(
            "The lease {} was changed meanwhile.",
            lease.id
        )));
    }
    let entry = Entry {
        event: Some(no),
        ..*entry
    };
    append_trail(txn, &entry, by, now).await?;
    Ok(no)
}

fn subject(lease: &lease::Model) -> Subject {
    Subject {
        lease: Some(lease.id),
        ..Subject::default()
    }
}
