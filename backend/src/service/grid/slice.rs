//! All cells of one version in memory, with what is expected and what runs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    cell::{self, RealVerdict},
    cell_change,
    device_type::DeviceTypeId,
    feature::{self, FeatureId},
    job::{self, JobState},
    job_feature,
    version::{self, VersionId},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::catalog::Catalog;
use crate::{
    error::Result,
    rollup::{self, CellStatus},
};

/// The place of a cell within its version.
pub type Spot = (FeatureId, Option<DeviceTypeId>);

#[derive(Clone, Debug)]
pub struct Slice {
    pub version: VersionId,
    pub spots: BTreeMap<Spot, Entry>,
    /// The event at which the version was last tested, or made known.
    last_tested: i64,
}

/// One cell; there is an entry when there is a verdict, a job or an expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub expected: bool,
    pub numbers: Option<Numbers>,
    /// When the newest job that is not over was submitted.
    pub running_since: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub latest: Option<RealVerdict>,
    pub passes: i32,
    pub fails: i32,
    pub infras: i32,
    pub not_reached: i32,
    pub last_at: DateTime<Utc>,
    pub event: i64,
}

impl Numbers {
    #[must_use]
    pub fn status(&self) -> CellStatus {
        rollup::status(self.passes, self.fails, self.infras)
    }

    #[must_use]
    pub fn attempts(&self) -> i32 {
        self.passes + self.fails + self.infras + self.not_reached
    }
}

impl Slice {
    /// The version as it is.
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        catalog: &Catalog,
        version: &version::Model,
        event: i64,
    ) -> Result<Self> {
        let cells = cell::Entity::find()
            .filter(cell::Column::VersionId.eq(version.id))
            .all(db)
            .await?;
        let mut slice = Self::empty(version);
        for row in cells {
            slice.put((row.feature_id, row.device_type_id), numbers_of_cell(&row));
        }
        slice.expect(catalog, event);
        slice.read_running(db).await?;
        Ok(slice)
    }

    /// The version as it was at an event; what ran then is not known any more.
    pub(super) async fn load_as_of(
        db: &impl ConnectionTrait,
        catalog: &Catalog,
        version: &version::Model,
        event: i64,
    ) -> Result<Self> {
        let changes = cell_change::Entity::find()
            .filter(cell_change::Column::VersionId.eq(version.id))
            .filter(cell_change::Column::EventNo.lte(event))
            .order_by_asc(cell_change::Column::EventNo)
            .all(db)
            .await?;
        let mut slice = Self::empty(version);
        for row in changes {
            slice.patch(&row);
        }
        slice.expect(catalog, event);
        Ok(slice)
    }

    fn empty(version: &version::Model) -> Self {
        Self {
            version: version.id,
            spots: BTreeMap::new(),
            last_tested: version.event_no,
        }
    }

    fn put(&mut self, spot: Spot, numbers: Numbers) {
        self.last_tested = self.last_tested.max(numbers.event);
        self.spots.entry(spot).or_default().numbers = Some(numbers);
    }

    /// Takes over a change of one cell.
    pub(super) fn patch(&mut self, row: &cell_change::Model) {
        self.put((row.feature_id, row.device_type_id), numbers_of_change(row));
    }

    /// Marks what is expected, anew.
    pub(super) fn expect(&mut self, catalog: &Catalog, as_of: i64) {
        for entry in self.spots.values_mut() {
            entry.expected = false;
        }
        for spot in catalog.expected(self.version, self.last_tested, as_of) {
            self.spots.entry(spot).or_default().expected = true;
        }
        self.drop_void();
    }

    /// Marks what runs, anew.
    pub(super) async fn read_running(&mut self, db: &impl ConnectionTrait) -> Result<()> {
        for entry in self.spots.values_mut() {
            entry.running_since = None;
        }
        let running: Vec<(FeatureId, Option<DeviceTypeId>, DateTime<Utc>)> =
            job_feature::Entity::find()
                .select_only()
                .column(job_feature::Column::FeatureId)
                .column(job::Column::DeviceTypeId)
                .column_as(job::Column::SubmittedAt.max(), "since")
                .inner_join(job::Entity)
                .filter(job::Column::VersionId.eq(self.version))
                .filter(job::Column::State.lt(JobState::Finished))
                .group_by(job_feature::Column::FeatureId)
                .group_by(job::Column::DeviceTypeId)
                .into_tuple()
                .all(db)
                .await?;
        let ids: BTreeSet<FeatureId> = running.iter().map(|(feature, ..)| *feature).collect();
        let features = feature::Entity::find()
            .filter(feature::Column::Id.is_in(ids))
            .all(db)
            .await?;
        let generic: BTreeSet<FeatureId> = features
            .iter()
            .filter(|feature| feature.is_generic())
            .map(|feature| feature.id)
            .collect();
        for (feature, of_job, since) in running {
            let device_type = of_job.filter(|_| !generic.contains(&feature));
            let entry = self.spots.entry((feature, device_type)).or_default();
            entry.running_since = entry.running_since.max(Some(since));
        }
        self.drop_void();
        Ok(())
    }

    fn drop_void(&mut self) {
        self.spots.retain(|_, entry| *entry != Entry::default());
    }
}

fn numbers_of_cell(row: &cell::Model) -> Numbers {
    Numbers {
        latest: row.latest,
        passes: row.passes,
        fails: row.fails,
        infras: row.infras,
        not_reached: row.not_reached,
        last_at: row.last_at,
        event: row.event_no,
    }
}

fn numbers_of_change(row: &cell_change::Model) -> Numbers {
    Numbers {
        latest: row.latest,
        passes: row.passes,
        fails: row.fails,
        infras: row.infras,
        not_reached: row.not_reached,
        last_at: row.last_at,
        event: row.event_no,
    }
}
