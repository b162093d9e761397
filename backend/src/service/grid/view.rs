//! A picture of the grid as of one event, from which everything a reader sees
//! is computed without asking the database again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    cell::RealVerdict,
    cell_change,
    version::{self, VersionId},
};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    GridQuery,
    cache::Reading,
    catalog::Catalog,
    slice::{Entry, Slice, Spot},
};
use crate::{
    app::App,
    change::Side,
    error::{Code, Error, Result},
    event,
};

/// How many versions back a verdict is carried from.
const CARRIED_FROM: usize = 24;

/// Newest changes of cells among which the last attempt is looked for.
const LAST: u64 = 500;

/// Which versions a read needs.
pub trait Wanted {
    /// # Errors
    /// `NOT_FOUND` for a version that is not known.
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>>;
}

#[derive(Debug)]
pub struct View {
    pub event: i64,
    pub now: DateTime<Utc>,
    pub catalog: Arc<Catalog>,
    slices: HashMap<VersionId, Arc<Slice>>,
    /// A job not over after this long counts as never reported.
    lost_after: TimeDelta,
}

/// A verdict of an older version, shown where there is no own one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    pub version: VersionId,
    pub verdict: RealVerdict,
    pub at: DateTime<Utc>,
}

/// Readings of the past: nothing of them is kept in memory, so few are made at once.
#[derive(Debug)]
pub struct Past {
    turns: Semaphore,
    waiting: Semaphore,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(2),
            waiting: Semaphore::new(24),
        }
    }
}

impl Past {
    async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        let _waits = self.waiting.try_acquire().map_err(|_| {
            let sentence =
                "Too many readings of the past are asked for at once; ask again in a moment.";
            Error::new(Code::RateLimited, sentence)
        })?;
        self.turns.acquire().await.map_err(Error::internal)
    }
}

impl View {
    pub(crate) async fn open(
        app: &App,
        as_of: Option<i64>,
        wanted: &impl Wanted,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let _turn = match as_of {
            Some(_) => Some(app.past.turn().await?),
            None => None,
        };
        Self::read(app, as_of, wanted, now).await
    }

    /// For who waits for a turn of another kind.
    pub(super) async fn read(
        app: &App,
        as_of: Option<i64>,
        wanted: &impl Wanted,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let reading = match as_of {
            None => {
                app.grids
                    .read(app, |catalog| wanted.versions(catalog))
                    .await?
            }
            Some(event) => read_as_of(app, event, wanted).await?,
        };
        let now = match as_of {
            None => now,
            // A picture of the past does not age: it ends with the last attempt of then.
            Some(_) => reading.ended_at.unwrap_or(now),
        };
        Ok(Self {
            event: reading.event,
            now,
            catalog: reading.catalog,
            slices: reading.slices,
            lost_after: TimeDelta::hours(app.config.job_lost_hours.into()),
        })
    }

    #[must_use]
    pub fn slice(&self, version: VersionId) -> Option<&Slice> {
        self.slices.get(&version).map(Arc::as_ref)
    }

    pub(crate) fn entry(&self, version: VersionId, spot: Spot) -> Option<&Entry> {
        self.slice(version)?.spots.get(&spot)
    }

    /// What ran and what was lent at an earlier event is not known any more.
    pub(super) fn is_of_the_past(&self) -> bool {
        self.catalog.lent.is_none()
    }

    /// Whether a job of the cell runs, as far as one can still believe it.
    #[must_use]
    pub fn runs(&self, entry: &Entry) -> bool {
        entry
            .running_since
            .is_some_and(|since| self.now - since < self.lost_after)
    }

    /// One side of a comparison. A version that is not there has empty cells.
    pub(crate) fn side(entry: Option<&Entry>) -> Side {
        let numbers = entry.and_then(|entry| entry.numbers);
        Side {
            status: numbers.map(|numbers| numbers.status()),
            latest: numbers.and_then(|numbers| numbers.latest),
            expected: entry.is_some_and(|entry| entry.expected),
        }
    }

    /// What a version is compared with.
    pub(in crate::service) fn baseline_of(
        &self,
        version: &version::Model,
        named: Option<&str>,
    ) -> Result<Option<&version::Model>> {
        match named {
            Some(name) => self.catalog.version(name).map(Some),
            None => Ok(self.catalog.release_before(version.id)),
        }
    }

    /// Visits these versions, oldest first, each with what the versions before
    /// it left behind.
    pub(super) fn walk(
        &self,
        shown: &[&version::Model],
        mut visit: impl FnMut(&version::Model, &Slice, &Rolling),
    ) {
        let shown: BTreeSet<VersionId> = shown.iter().map(|row| row.id).collect();
        let mut rolling = Rolling::default();
        for (place, version) in self.catalog.versions.iter().enumerate().rev() {
            let Some(slice) = self.slice(version.id) else {
                continue;
            };
            rolling.place = place;
            if shown.contains(&version.id) {
                visit(version, slice, &rolling);
            }
            rolling.take_over(slice);
        }
    }
}

/// The last verdict of each cell in the versions before one.
#[derive(Debug, Default)]
pub(super) struct Rolling {
    /// The version's place in the catalogue, newest first.
    place: usize,
    last: HashMap<Spot, (usize, Carried)>,
}

impl Rolling {
    /// What is carried to a place, unless it comes from too far back.
    pub(super) fn carried(&self, spot: &Spot) -> Option<Carried> {
        let (place, carried) = self.last.get(spot)?;
        (place.abs_diff(self.place) <= CARRIED_FROM).then_some(*carried)
    }

    fn take_over(&mut self, slice: &Slice) {
        for (spot, entry) in &slice.spots {
            let Some(numbers) = entry.numbers else {
                continue;
            };
            let Some(verdict) = numbers.latest else {
                continue;
            };
            let carried = Carried {
                version: slice.version,
                verdict,
                at: numbers.last_at,
            };
            self.last.insert(*spot, (self.place, carried));
        }
    }
}

/// The last attempt of then: results come about in the order of their attempts.
async fn last_attempt(txn: &DatabaseTransaction, as_of: i64) -> Result<Option<DateTime<Utc>>> {
    let attempts: Vec<DateTime<Utc>> = cell_change::Entity::find()
        .select_only()
        .column(cell_change::Column::LastAt)
        .filter(cell_change::Column::EventNo.lte(as_of))
        .order_by_desc(cell_change::Column::EventNo)
        .order_by_desc(cell_change::Column::Id)
        .limit(LAST)
        .into_tuple()
        .all(txn)
        .await?;
    Ok(attempts.into_iter().max())
}

async fn read_as_of(app: &App, as_of: i64, wanted: &impl Wanted) -> Result<Reading> {
    let txn = app.db.snapshot().await?;
    let (newest, _) = event::bounds(&txn).await?;
    if as_of > newest || as_of < 0 {
        return Err(Error::input(
            "asOf",
            format!("There is no event {as_of}; the newest is {newest}."),
        ));
    }
    let catalog = Catalog::load_as_of(&txn, as_of).await?;
    let mut slices = HashMap::new();
    let wanted = wanted.versions(&catalog).map_err(|mut error| {
        if error.code == Code::NotFound {
            let known = error.message.trim_end_matches('.');
            error.message = format!("{known} as of event {as_of}.");
        }
        error
    })?;
    for id in wanted {
        if let Some(version) = catalog.version_by_id(id) {
            let slice = Slice::load_as_of(&txn, &catalog, version, as_of).await?;
            slices.insert(id, Arc::new(slice));
        }
    }
    let ended_at = last_attempt(&txn, as_of).await?;
    txn.commit().await?;
    Ok(Reading {
        event: as_of,
        ended_at,
        catalog: Arc::new(catalog),
        slices,
    })
}

/// What a grid needs: its versions, what they are compared with, and what is
/// carried into them.
pub(super) struct GridPlan<'q> {
    query: &'q GridQuery,
}

impl<'q> GridPlan<'q> {
    pub(super) fn new(query: &'q GridQuery) -> Self {
        Self { query }
    }
}

impl Wanted for GridPlan<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        let shown = super::pack::versions_shown(catalog, self.query)?;
        let mut wanted = with_relatives(catalog, &shown, self.query.baseline.as_deref())?;
        wanted.extend(super::course::versions(catalog, self.query));
        Ok(wanted)
    }
}

/// What reading one version needs.
pub(super) struct OneVersion<'a> {
    pub(super) version: &'a str,
    pub(super) baseline: Option<&'a str>,
}

impl Wanted for OneVersion<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        with_relatives(catalog, &[catalog.version(self.version)?], self.baseline)
    }
}

fn with_relatives(
    catalog: &Catalog,
    shown: &[&version::Model],
    baseline: Option<&str>,
) -> Result<BTreeSet<VersionId>> {
    let mut wanted: BTreeSet<VersionId> = shown.iter().map(|row| row.id).collect();
    for row in shown {
        match baseline {
            Some(name) => wanted.insert(catalog.version(name)?.id),
            None => catalog
                .release_before(row.id)
                .is_some_and(|base| wanted.insert(base.id)),
        };
        wanted.extend(
            catalog
                .older_than(row.id)
                .iter()
                .take(CARRIED_FROM)
                .map(|row| row.id),
        );
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn two_read_the_past_and_two_dozen_wait() {
        let past = Past::default();
        let reading: Vec<_> = repeat_with(|| past.turn().now_or_never().unwrap().unwrap())
            .take(2)
            .collect();
        let mut waiting: Vec<_> = repeat_with(|| Box::pin(past.turn())).take(24).collect();
        for turn in &mut waiting {
            assert!(turn.now_or_never().is_none());
        }
        let refused = past.turn().now_or_never().unwrap();
        assert_eq!(refused.map(drop).unwrap_err().code, Code::RateLimited);
        drop(reading);
        let turns = waiting.iter_mut().map(|turn| turn.now_or_never());
        assert!(
            turns.take(2).all(|turn| turn.is_some()),
            "whoever waits has a turn"
        );
    }
}
