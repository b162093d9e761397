//! Leases: read, wished for, and asked to end. Must not move a lease that is on:
//! who drives the lab acts on what is asked here.

mod ask;

use chrono::{DateTime, Utc};
use entity::{
    device::DeviceId,
    lab::LabId,
    lease::{self, Column, LeaseId, LeaseState},
    round::RoundId,
    submission, trail,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, Iterable as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Alias, Expr, Query},
};

use crate::{
    error::{Error, Result},
    service::{
        device as devices, lab as labs,
        page::{self, Page, Window},
    },
};

pub use ask::{Wanted, acquire, release};

/// Which leases to list; what is None or empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct LeaseFilter {
    pub lab: Option<LabId>,
    pub device: Option<DeviceId>,
    pub round: Option<RoundId>,
    /// One of these.
    pub states: Vec<LeaseState>,
    /// Only those that are not over.
    pub current: bool,
    /// Only those that are not over or ended after this.
    pub ended_after: Option<DateTime<Utc>>,
    /// Only the newest lease of each device, or only all others.
    pub newest: Option<bool>,
}

impl LeaseFilter {
    fn select(&self) -> Select<lease::Entity> {
        let all = if self.current {
            lease::Entity::open()
        } else {
            lease::Entity::find()
        };
        let states = (!self.states.is_empty())
            .then(|| lease::Column::State.is_in(self.states.iter().copied()));
        let is_asked = self.newest.map(|newest| {
            let older = Condition::all().add(has_newer());
            if newest { older.not() } else { older }
        });
        all.filter(
            Condition::all()
                .add_option(is_asked)
                .add_option(self.lab.map(|id| lease::Column::LabId.eq(id)))
                .add_option(self.device.map(|id| lease::Column::DeviceId.eq(id)))
                .add_option(self.round.map(|id| lease::Column::RoundId.eq(id)))
                .add_option(states)
                .add_option(self.ended_after.map(|at| {
                    let ended_at = lease::Column::EndedAt;
                    Condition::any()
                        .add(ended_at.gt(at))
                        .add(ended_at.is_null())
                })),
        )
    }
}

/// The device of the lease was wanted again since.
fn has_newer() -> Expr {
    use sea_orm::ExprTrait as _;
    let newer = Alias::new("newer");
    let of = |column| Expr::col((newer.clone(), column));
    let own = |column| (lease::Entity, column);
    let newer_one = Query::select()
        .expr(Expr::val(1))
        .from_as(lease::Entity, newer.clone())
        .and_where(of(Column::DeviceId).equals(own(Column::DeviceId)))
        .and_where(of(Column::Id).gt(Expr::col(own(Column::Id))))
        .to_owned();
    Expr::exists(newer_one)
}

/// How many leases are in each state that is not an end.
///
/// # Errors
/// When the database fails.
pub async fn open_by_state(db: &impl ConnectionTrait) -> Result<Vec<(String, usize)>> {
    let open: Vec<LeaseState> = lease::Entity::open()
        .select_only()
        .column(lease::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let states = LeaseState::iter().filter(|state| !state.is_final());
    let counted = states.map(|state| {
        let count = open.iter().filter(|found| **found == state).count();
        (state.to_value(), count)
    });
    Ok(counted.collect())
}

/// Leases, newest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &LeaseFilter,
    window: &Window,
) -> Result<Page<lease::Model>> {
    page::by_id(db, filter.select(), lease::Column::Id, true, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &LeaseFilter) -> Result<u64> {
    page::count(db, filter.select()).await
}

/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, id: LeaseId) -> Result<Option<lease::Model>> {
    Ok(lease::Entity::find_by_id(id).one(db).await?)
}

/// # Errors
/// `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, id: LeaseId) -> Result<lease::Model> {
    find(db, id)
        .await?
        .ok_or_else(|| Error::not_found("lease", &id.to_string()))
}

/// The keys of a lab, and of a device of it.
///
/// # Errors
/// `NOT_FOUND`; `BAD_USER_INPUT` for a hostname without its lab.
pub async fn places(
    db: &impl ConnectionTrait,
    lab: Option<&str>,
    hostname: Option<&str>,
) -> Result<(Option<LabId>, Option<DeviceId>)> {
    let Some(lab) = lab else {
        return match hostname {
            None => Ok((None, None)),
            Some(_) => Err(Error::input(
                "lab",
                "A hostname is one of a lab: name the lab too.",
            )),
        };
    };
    let row = labs::get(db, lab).await.map_err(|error| error.at("lab"))?;
    let device = match hostname {
        Some(hostname) => Some(devices::get(db, Some(lab), hostname).await?.id),
        None => None,
    };
    Ok((Some(row.id), device))
}

/// What the audit trail says of a lease, or of a round without its leases.
#[derive(Clone, Copy, Debug)]
pub enum Trail {
    Lease(LeaseId),
    Round(RoundId),
}

impl Trail {
    fn select(self) -> Select<trail::Entity> {
        trail::Entity::find().filter(match self {
            Self::Lease(id) => Condition::all().add(trail::Column::LeaseId.eq(id)),
            Self::Round(id) => Condition::all()
                .add(trail::Column::RoundId.eq(id))
                .add(trail::Column::LeaseId.is_null()),
        })
    }
}

/// Entries of the audit trail, in their order.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn trail(
    db: &impl ConnectionTrait,
    of: Trail,
    window: &Window,
) -> Result<Page<trail::Model>> {
    page::by_id(db, of.select(), trail::Column::Id, false, window).await
}

/// # Errors
/// When the database fails.
pub async fn trail_length(db: &impl ConnectionTrait, of: Trail) -> Result<u64> {
    page::count(db, of.select()).await
}

/// The SLAVE jobs of a round, in the order they were planned.
///
/// # Errors
/// When the database fails.
pub async fn dispatchers(
    db: &impl ConnectionTrait,
    round: RoundId,
) -> Result<Vec<submission::Model>> {
    Ok(submission::Entity::find()
        .filter(submission::Column::RoundId.eq(round))
        .filter(submission::Column::LeaseId.is_null())
        .order_by_asc(submission::Column::Id)
        .all(db)
        .await?)
}

/// Whether a device that may be ours is not back although its window is over.
#[must_use]
pub fn is_overdue(lease: &lease::Model, now: DateTime<Utc>) -> bool {
    !lease.state.is_final() && lease.asked_at.is_some() && now > lease.ends_at
}

/// How long the device was, or is, ours: from when the lab showed our
/// Maintenance until the end. None: it never was.
#[must_use]
pub fn held_seconds(lease: &lease::Model, now: DateTime<Utc>) -> Option<i64> {
    let taken = lease.taken_at?;
    Some((lease.ended_at.unwrap_or(now) - taken).num_seconds().max(0))
}
