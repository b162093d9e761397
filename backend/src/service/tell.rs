//! What events tell, for subscribers: rows read behind a number, page by page.

use chrono::{DateTime, Utc};
use entity::{
    cell::RealVerdict,
    cell_change,
    device::DeviceId,
    event::{self as event_row, EventKind},
    job,
    lab::LabId,
    lease, trail,
    version::VersionId,
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Query,
};

use crate::{
    app::App,
    error::{Code, Error, Result},
    event,
    rollup::{self, CellStatus},
    service::transition,
};

/// Events read at once.
const PAGE: u64 = 200;

/// A recorded job, and the event that tells of it.
#[derive(Clone, Debug)]
pub struct JobTold {
    pub event: i64,
    pub at: DateTime<Utc>,
    pub job: job::Model,
}

/// A lease that an event tells of, as it is by now, and what the trail says of
/// the event.
#[derive(Clone, Debug)]
pub struct LeaseTold {
    pub event: i64,
    pub at: DateTime<Utc>,
    pub lease: lease::Model,
    pub entries: Vec<trail::Model>,
}

/// What an event changed in the grid; without a version the catalogue changed.
#[derive(Clone, Debug)]
pub struct GridTold {
    pub event: i64,
    pub at: DateTime<Utc>,
    pub version: Option<VersionId>,
    pub cells: Vec<CellTold>,
}

#[derive(Clone, Debug)]
pub struct CellTold {
    pub change: cell_change::Model,
    pub status: CellStatus,
    /// None: the cell had no attempt before.
    pub before: Option<CellStatus>,
    pub latest: Option<RealVerdict>,
}

/// Where a subscription begins: behind `after`, or with what comes.
///
/// # Errors
/// `RESYNC_REQUIRED` when events behind `after` are gone already;
/// `BAD_USER_INPUT` when there is no such event yet.
pub async fn begin(app: &App, after: Option<i64>) -> Result<i64> {
    let (newest, oldest) = event::bounds(app.db.read()).await?;
    app.head.advance(newest);
    match after {
        None => Ok(newest),
        Some(after) if after > newest || after < 0 => Err(Error::input(
            "after",
            format!("There is no event {after}; the newest is {newest}."),
        )),
        Some(after) if after + 1 < oldest => Err(resync(after)),
        Some(after) => Ok(after),
    }
}

fn resync(after: i64) -> Error {
    Error::new(
        Code::ResyncRequired,
        format!(
            "The events behind {after} are no longer kept. Read what you show anew, then subscribe from its event."
        ),
    )
}

/// The events behind `after`, oldest first; none are left out.
///
/// # Errors
/// `RESYNC_REQUIRED` when some were forgotten meanwhile.
pub async fn events(app: &App, after: i64) -> Result<Vec<event_row::Model>> {
    let rows = event_row::Entity::find()
        .filter(event_row::Column::No.gt(after))
        .order_by_asc(event_row::Column::No)
        .limit(PAGE)
        .all(app.db.read())
        .await?;
    let (_, oldest) = event::bounds(app.db.read()).await?;
    if after + 1 < oldest && rows.first().is_none_or(|row| row.no != after + 1) {
        return Err(resync(after));
    }
    Ok(rows)
}

/// Whether an event behind `after` tells of something that who drives a lab has
/// not done by itself: the catalogue changed, or somebody asks for a lease.
///
/// # Errors
/// When the database fails.
pub async fn concerns_drivers(app: &App, after: i64) -> Result<bool> {
    let asked = Query::select()
        .column(trail::Column::EventNo)
        .from(trail::Entity)
        .and_where(trail::Column::EventNo.gt(after))
        .and_where(trail::Column::Fence.eq(transition::NO_FENCE))
        .take();
    let of_lease = Condition::all()
        .add(event_row::Column::Kind.eq(EventKind::LeaseChanged))
        .add(event_row::Column::No.in_subquery(asked));
    let row = event_row::Entity::find()
        .filter(event_row::Column::No.gt(after))
        .filter(
            Condition::any()
                .add(event_row::Column::Kind.eq(EventKind::CatalogChanged))
                .add(of_lease),
        )
        .one(app.db.read())
        .await?;
    Ok(row.is_some())
}

/// What an event tells of a job; None when it tells of something else.
///
/// # Errors
/// When the database fails.
pub async fn job(app: &App, row: &event_row::Model) -> Result<Option<JobTold>> {
    let (EventKind::JobRecorded, Some(id)) = (row.kind, row.job_id) else {
        return Ok(None);
    };
    let job = job::Entity::find_by_id(id).one(app.db.read()).await?;
    Ok(job.map(|job| JobTold {
        event: row.no,
        at: row.at,
        job,
    }))
}

/// What an event tells of a lease; None when it tells of something else, or of
/// another lab or device than these.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    app: &App,
    row: &event_row::Model,
    lab: Option<LabId>,
    device: Option<DeviceId>,
) -> Result<Option<LeaseTold>> {
    let (EventKind::LeaseChanged, Some(id)) = (row.kind, row.lease_id) else {
        return Ok(None);
    };
    let lease = lease::Entity::find_by_id(id).one(app.db.read()).await?;
    let ours = |lease: &lease::Model| {
        lab.is_none_or(|id| lease.lab_id == id) && device.is_none_or(|id| lease.device_id == id)
    };
    let Some(lease) = lease.filter(ours) else {
        return Ok(None);
    };
    let entries = trail::Entity::find()
        .filter(trail::Column::EventNo.eq(row.no))
        .filter(trail::Column::LeaseId.eq(id))
        .order_by_asc(trail::Column::Id)
        .all(app.db.read())
        .await?;
    Ok(Some(LeaseTold {
        event: row.no,
        at: row.at,
        lease,
        entries,
    }))
}

/// What an event tells of the grid; None when it tells of something else.
///
/// # Errors
/// When the database fails.
pub async fn grid(app: &App, row: &event_row::Model) -> Result<Option<GridTold>> {
    let version = match row.kind {
        EventKind::TokenRevoked | EventKind::LeaseChanged => return Ok(None),
        EventKind::CatalogChanged => None,
        EventKind::JobRecorded => row.version_id,
    };
    let changes = cell_change::Entity::find()
        .filter(cell_change::Column::EventNo.eq(row.no))
        .order_by_asc(cell_change::Column::Id)
        .all(app.db.read())
        .await?;
    let mut cells = Vec::with_capacity(changes.len());
    for change in changes {
        let before = before(app, &change).await?;
        let status = rollup::status(change.passes, change.fails, change.infras);
        cells.push(CellTold {
            latest: change.latest,
            change,
            status,
            before,
        });
    }
    Ok(Some(GridTold {
        event: row.no,
        at: row.at,
        version,
        cells,
    }))
}

async fn before(app: &App, change: &cell_change::Model) -> Result<Option<CellStatus>> {
    let on = match change.device_type_id {
        Some(id) => cell_change::Column::DeviceTypeId.eq(id),
        None => cell_change::Column::DeviceTypeId.is_null(),
    };
    let row = cell_change::Entity::find()
        .filter(cell_change::Column::VersionId.eq(change.version_id))
        .filter(cell_change::Column::FeatureId.eq(change.feature_id))
        .filter(on)
        .filter(cell_change::Column::EventNo.lt(change.event_no))
        .order_by_desc(cell_change::Column::EventNo)
        .one(app.db.read())
        .await?;
    Ok(row.map(|row| rollup::status(row.passes, row.fails, row.infras)))
}
