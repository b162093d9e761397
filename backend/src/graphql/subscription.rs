//! Subscriptions: event rows, read behind a number and then as they come.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};

use super::{
    context,
    job::Job,
    lease::Lease,
    scalar::{CellVerdict, EventNumber},
    trail::TrailEntry,
};
use crate::{
    app::App,
    error::Result,
    rollup::CellStatus,
    service::{
        grid::{self, cache},
        lease,
        tell::{self, GridTold},
    },
};

/// A job was seen for the first time, or changed.
#[derive(SimpleObject)]
pub(super) struct JobRecorded {
    event: EventNumber,
    at: DateTime<Utc>,
    job: Job,
}

/// A lease was planned, or changed.
#[derive(SimpleObject)]
pub(super) struct DeviceLeaseChanged {
    /// To resume behind.
    event: EventNumber,
    /// When.
    at: DateTime<Utc>,
    /// The lease as it is by now.
    lease: Lease,
    /// What the trail says of this event: for a transition its before and after.
    entries: Vec<TrailEntry>,
}

/// A cell an event changed.
#[derive(SimpleObject)]
pub(super) struct ChangedCell {
    feature: String,
    device_type: Option<String>,
    verdict: CellVerdict,
    before: CellVerdict,
}

/// What an event changed in the grid. Without a version the catalogue or the
/// plan changed: read the grid anew.
#[derive(SimpleObject)]
pub(super) struct GridChanged {
    event: EventNumber,
    at: DateTime<Utc>,
    version: Option<String>,
    cells: Vec<ChangedCell>,
}

#[derive(Default)]
pub struct Subscriptions;

#[Subscription]
impl Subscriptions {
    /// Jobs as they are recorded. Resumes behind `after` without a gap; without
    /// it begins with what comes. When events behind `after` are no longer kept
    /// the error is RESYNC_REQUIRED.
    async fn job_recorded(
        &self,
        ctx: &Context<'_>,
        after: Option<EventNumber>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<JobRecorded>> + use<>> {
        let app = Arc::clone(context::app(ctx)?);
        Ok(told(app, after, |app, row| {
            Box::pin(async move {
                Ok(tell::job(&app, &row).await?.map(|told| JobRecorded {
                    event: EventNumber(told.event),
                    at: told.at,
                    job: Job(told.job),
                }))
            })
        })
        .await?)
    }

    /// Leases as they change, one event after the other, resumable as `jobRecorded`.
    async fn device_lease_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only leases of this lab.")] lab: Option<String>,
        #[graphql(desc = "Only leases of this hostname of the lab.")] device: Option<String>,
        after: Option<EventNumber>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<DeviceLeaseChanged>> + use<>>
    {
        let app = Arc::clone(context::app(ctx)?);
        let (lab, device) = lease::places(app.db.read(), lab.as_deref(), device.as_deref()).await?;
        Ok(told(app, after, move |app, row| {
            Box::pin(async move {
                let told = tell::lease(&app, &row, lab, device).await?;
                Ok(told.map(|told| DeviceLeaseChanged {
                    event: EventNumber(told.event),
                    at: told.at,
                    lease: Lease(told.lease),
                    entries: told.entries.into_iter().map(TrailEntry).collect(),
                }))
            })
        })
        .await?)
    }

    /// Changes of the grid, resumable as `jobRecorded`.
    async fn grid_changed(
        &self,
        ctx: &Context<'_>,
        after: Option<EventNumber>,
        #[graphql(desc = "Only changes of this version, and of the catalogue.")] version: Option<
            String,
        >,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<GridChanged>> + use<>> {
        let app = Arc::clone(context::app(ctx)?);
        Ok(told(app, after, move |app, row| {
            let only = version.clone();
            Box::pin(async move {
                let Some(told) = tell::grid(&app, &row).await? else {
                    return Ok(None);
                };
                let changed = named(&app, told).await?;
                let ours = only.is_none() || changed.version.is_none() || changed.version == only;
                Ok(ours.then_some(changed))
            })
        })
        .await?)
    }
}

type Telling<T> = std::pin::Pin<Box<dyn Future<Output = Result<Option<T>>> + Send>>;

struct Reader<F> {
    app: Arc<App>,
    heads: tokio::sync::watch::Receiver<i64>,
    behind: i64,
    page: std::collections::VecDeque<entity::event::Model>,
    tell: F,
    failed: bool,
}

/// The events behind a number as a stream of what `tell` makes of them. Wakes
/// only tell that there is more to read: the rows are what counts.
async fn told<T: Send + 'static>(
    app: Arc<App>,
    after: Option<EventNumber>,
    tell: impl Fn(Arc<App>, entity::event::Model) -> Telling<T> + Send + 'static,
) -> Result<impl Stream<Item = async_graphql::Result<T>>> {
    let heads = app.head.subscribe();
    let behind = tell::begin(&app, after.map(|event| event.0)).await?;
    let page = std::collections::VecDeque::new();
    let reader = Reader {
        app,
        heads,
        behind,
        page,
        tell,
        failed: false,
    };
    Ok(stream::unfold(reader, |mut reader| async move {
        if reader.failed {
            return None;
        }
        match reader.next().await {
            Ok(Some(item)) => Some((Ok(item), reader)),
            Ok(None) => None,
            Err(error) => {
                reader.failed = true;
                Some((Err(error.into()), reader))
            }
        }
    }))
}

impl<T, F: Fn(Arc<App>, entity::event::Model) -> Telling<T>> Reader<F> {
    async fn next(&mut self) -> Result<Option<T>> {
        loop {
            while let Some(row) = self.page.pop_front() {
                self.behind = row.no;
                if let Some(item) = (self.tell)(Arc::clone(&self.app), row).await? {
                    return Ok(Some(item));
                }
            }
            let behind = self.behind;
            if self.heads.wait_for(|head| *head > behind).await.is_err() {
                return Ok(None);
            }
            self.page = tell::events(&self.app, self.behind).await?.into();
        }
    }
}

async fn named(app: &App, told: GridTold) -> Result<GridChanged> {
    let catalog = cache::catalog(app).await?;
    let version = told
        .version
        .and_then(|id| catalog.version_by_id(id))
        .map(|row| row.name.clone());
    let mut cells = Vec::with_capacity(told.cells.len());
    for cell in told.cells {
        let feature = catalog
            .features
            .iter()
            .find(|row| row.id == cell.change.feature_id);
        let device_type = catalog
            .device_types
            .iter()
            .find(|row| Some(row.id) == cell.change.device_type_id);
        if let Some(feature) = feature {
            cells.push(ChangedCell {
                feature: feature.name.clone(),
                device_type: device_type.map(|row| row.name.clone()),
                verdict: verdict(Some(cell.status)),
                before: verdict(cell.before),
            });
        }
    }
    Ok(GridChanged {
        event: EventNumber(told.event),
        at: told.at,
        version,
        cells,
    })
}

fn verdict(status: Option<CellStatus>) -> CellVerdict {
    let verdict = match status {
        Some(CellStatus::Pass) => grid::CellVerdict::Pass,
        Some(CellStatus::Fail) => grid::CellVerdict::Fail,
        Some(CellStatus::Flaky) => grid::CellVerdict::Flaky,
        Some(CellStatus::Infra) => grid::CellVerdict::Infra,
        Some(CellStatus::NotReached) => grid::CellVerdict::NotReached,
        None => grid::CellVerdict::Planned,
    };
    verdict.into()
}
