//! The cells of recently read versions, kept in memory and patched by the
//! numbered events. Never trusted beyond its event number: each use first
//! brings it up to the newest event, in one snapshot of the database.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    cell_change,
    event::{self as event_row, EventKind},
    version::VersionId,
};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use tokio::sync::Mutex;

use super::{catalog::Catalog, slice::Slice};
use crate::{app::App, error::Result, event};

/// Cells kept in memory; some 100 bytes each.
const MOST_CELLS: usize = 1_000_000;
/// Behind by more events than this, everything is read anew.
const MOST_PATCHES: i64 = 2_000;

#[derive(Debug, Default)]
pub struct GridCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// None: nothing was read yet.
    event: Option<i64>,
    catalog: Arc<Catalog>,
    slices: HashMap<VersionId, KeptSlice>,
    clock: u64,
}

#[derive(Debug)]
struct KeptSlice {
    slice: Arc<Slice>,
    used: u64,
}

/// What a read gets: pictures that do not change.
pub(super) struct Reading {
    pub(super) event: i64,
    /// Of a picture of the past: its last attempt.
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) slices: HashMap<VersionId, Arc<Slice>>,
}

impl GridCache {
    /// The catalogue and the slices that `wanted` picks from it, as of the newest event.
    pub(super) async fn read(
        &self,
        app: &App,
        wanted: impl FnOnce(&Catalog) -> Result<BTreeSet<VersionId>>,
    ) -> Result<Reading> {
        let mut kept = self.0.lock().await;
        let txn = app.db.snapshot().await?;
        let (newest, _) = event::bounds(&txn).await?;
        kept.advance(&txn, newest).await?;
        let wanted = wanted(&kept.catalog)?;
        let mut slices = HashMap::with_capacity(wanted.len());
        for id in wanted {
            if let Some(slice) = kept.slice(&txn, id, newest).await? {
                slices.insert(id, slice);
            }
        }
        kept.forget_unused();
        txn.commit().await?;
        Ok(Reading {
            event: newest,
            ended_at: None,
            catalog: Arc::clone(&kept.catalog),
            slices,
        })
    }
}

/// The catalogue as of the newest event.
///
/// # Errors
/// When the database fails.
pub async fn catalog(app: &App) -> Result<Arc<Catalog>> {
    Ok(app.grids.read(app, |_| Ok(BTreeSet::new())).await?.catalog)
}

impl Kept {
    async fn advance(&mut self, txn: &DatabaseTransaction, newest: i64) -> Result<()> {
        let behind = self.event.map(|event| newest - event);
        match behind {
            Some(0) => return Ok(()),
            Some(1..=MOST_PATCHES) => self.patch(txn, newest).await?,
            Some(_) | None => {
                self.slices.clear();
                self.catalog = Arc::new(Catalog::load(txn, newest).await?);
            }
        }
        self.event = Some(newest);
        Ok(())
    }

    async fn patch(&mut self, txn: &DatabaseTransaction, newest: i64) -> Result<()> {
        // Half-patched slices must not survive an error.
        let since = self.event.take().unwrap_or_default();
        let events = event_row::Entity::find()
            .filter(event_row::Column::No.gt(since))
            .filter(event_row::Column::No.lte(newest))
            .all(txn)
            .await?;
        let catalog_changed = events
            .iter()
            .any(|row| row.kind == EventKind::CatalogChanged);
        if catalog_changed {
            self.catalog = Arc::new(Catalog::load(txn, newest).await?);
        }
        let touched: BTreeSet<VersionId> = events.iter().filter_map(|row| row.version_id).collect();
        let changes = cell_change::Entity::find()
            .filter(cell_change::Column::EventNo.gt(since))
            .filter(cell_change::Column::EventNo.lte(newest))
            .order_by_asc(cell_change::Column::EventNo)
            .all(txn)
            .await?;
        for row in &changes {
            if let Some(kept) = self.slices.get_mut(&row.version_id) {
                Arc::make_mut(&mut kept.slice).patch(row);
            }
        }
        for (id, kept) in &mut self.slices {
            if touched.contains(id) {
                Arc::make_mut(&mut kept.slice).read_running(txn).await?;
            }
            if touched.contains(id) || catalog_changed {
                Arc::make_mut(&mut kept.slice).expect(&self.catalog, newest);
            }
        }
        Ok(())
    }

    async fn slice(
        &mut self,
        txn: &DatabaseTransaction,
        id: VersionId,
        newest: i64,
    ) -> Result<Option<Arc<Slice>>> {
        self.clock += 1;
        if let Some(kept) = self.slices.get_mut(&id) {
            kept.used = self.clock;
            return Ok(Some(Arc::clone(&kept.slice)));
        }
        let Some(version) = self.catalog.version_by_id(id) else {
            return Ok(None);
        };
        let slice = Arc::new(Slice::load(txn, &self.catalog, version, newest).await?);
        self.slices.insert(
            id,
            KeptSlice {
                slice: Arc::clone(&slice),
                used: self.clock,
            },
        );
        Ok(Some(slice))
    }

    fn forget_unused(&mut self) {
        let mut cells: usize = self
            .slices
            .values()
            .map(|kept| kept.slice.spots.len())
            .sum();
        while cells > MOST_CELLS {
            let oldest = self
                .slices
                .iter()
                .min_by_key(|(_, kept)| kept.used)
                .map(|(id, _)| *id);
            let Some(gone) = oldest.and_then(|id| self.slices.remove(&id)) else {
                return;
            };
            cells = cells.saturating_sub(gone.slice.spots.len());
        }
    }
}
