//! Cells while a batch changes them: each is read once with all its attempts,
//! changed in memory, and written once with its folds. Its state after each
//! event is kept as a change.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use entity::{
    cell::{self, Place},
    cell_change,
    device_type::DeviceTypeId,
    feature::FeatureId,
    fold,
    job::{self, JobId},
    verdict::{self, Verdict},
    version::VersionId,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use super::batch::CHUNK;
use crate::{
    error::Result,
    rollup::{self, CellStatus, Last, Rollup},
};

/// What one job says of the cell's feature.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    message: Option<String>,
    said: rollup::Attempt,
}

impl Attempt {
    pub(super) fn new(job: &job::Model, verdict: Verdict, message: Option<String>) -> Self {
        Self {
            message,
            said: rollup::Attempt {
                verdict,
                submitted_at: job.submitted_at,
                source: job.source_id,
                external_id: job.external_id.clone(),
                job: job.id,
            },
        }
    }

    /// The verdict row that event `no` adds.
    pub(super) fn row(&self, place: Place, no: i64) -> verdict::ActiveModel {
        verdict::ActiveModel {
            id: NotSet,
            event_no: Set(no),
            job_id: Set(self.said.job),
            feature_id: Set(place.feature),
            version_id: Set(place.version),
            device_type_id: Set(place.device_type),
            verdict: Set(self.said.verdict),
            message: Set(self.message.clone()),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct RollupRows {
    cells: HashMap<Place, Vec<Attempt>>,
    changes: Vec<cell_change::ActiveModel>,
    /// The newest state of each changed cell, in an order that every
    /// transaction follows, so that two never wait for each other.
    changed: BTreeMap<Place, (Numbers, i64)>,
    folds: BTreeMap<FoldKey, FoldChange>,
}

/// A cell of which there is at least one attempt.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    rollup: Rollup,
    status: CellStatus,
    last: Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FoldKey {
    version: VersionId,
    feature: Option<FeatureId>,
    device_type: Option<DeviceTypeId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct FoldChange {
    passed: i32,
    failed: i32,
    flaky: i32,
    infra: i32,
    not_reached: i32,
    last_at: DateTime<Utc>,
}

impl RollupRows {
    /// Whether an attempt says something else than its job said before.
    pub(super) async fn differs(
        &mut self,
        txn: &DatabaseTransaction,
        place: Place,
        attempt: &Attempt,
    ) -> Result<bool> {
        let attempts = self.load(txn, place).await?;
        let known = attempts
            .iter()
            .find(|known| known.said.job == attempt.said.job);
        Ok(known.is_none_or(|known| {
            known.said.verdict != attempt.said.verdict || known.message != attempt.message
        }))
    }

    /// Puts what a job says into its cell, which `differs` has loaded.
    pub(super) fn put(&mut self, place: Place, attempt: Attempt, no: i64) {
        let attempts = self.cells.entry(place).or_default();
        let before = numbers(attempts);
        match attempts
            .iter_mut()
            .find(|known| known.said.job == attempt.said.job)
        {
            Some(known) => *known = attempt,
            None => attempts.push(attempt),
        }
        if let Some(after) = numbers(attempts) {
            self.change_folds(place, before.map(|numbers| numbers.status), &after);
            self.changes.push(change_row(place, &after, no));
            self.changed.insert(place, (after, no));
        }
    }

    /// The attempts of a cell: of each job the last it said.
    async fn load(&mut self, txn: &DatabaseTransaction, key: Place) -> Result<&mut Vec<Attempt>> {
        match self.cells.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(attempts(txn, key).await?)),
        }
    }

    fn change_folds(&mut self, key: Place, before: Option<CellStatus>, after: &Numbers) {
        let by_feature = FoldKey {
            version: key.version,
            feature: Some(key.feature),
            device_type: None,
        };
        let by_device_type = key.device_type.map(|id| FoldKey {
            version: key.version,
            feature: None,
            device_type: Some(id),
        });
        for fold in std::iter::once(by_feature).chain(by_device_type) {
            let change = self.folds.entry(fold).or_default();
            if let Some(before) = before {
                change.count(before, -1);
            }
            change.count(after.status, 1);
            change.last_at = Ord::max(change.last_at, after.last.at);
        }
    }

    pub(super) async fn write(self, txn: &DatabaseTransaction) -> Result<()> {
        for chunk in self.changes.chunks(CHUNK) {
            cell_change::Entity::insert_many(chunk.to_vec())
                .exec_without_returning(txn)
                .await?;
        }
        let (generic, typed): (Vec<_>, Vec<_>) = self
            .changed
            .into_iter()
            .partition(|(key, _)| key.device_type.is_none());
        write_cells(txn, generic, generic_cell()).await?;
        write_cells(txn, typed, typed_cell()).await?;
        let (by_feature, by_device_type): (Vec<_>, Vec<_>) = self
            .folds
            .into_iter()
            .partition(|(key, _)| key.feature.is_some());
        write_folds(
            txn,
            by_feature,
            fold::Column::FeatureId,
            fold::Column::DeviceTypeId,
        )
        .await?;
        write_folds(
            txn,
            by_device_type,
            fold::Column::DeviceTypeId,
            fold::Column::FeatureId,
        )
        .await
    }
}

impl FoldChange {
    fn count(&mut self, status: CellStatus, by: i32) {
        match status {
            CellStatus::Pass => self.passed += by,
            CellStatus::Fail => self.failed += by,
            CellStatus::Flaky => self.flaky += by,
            CellStatus::Infra => self.infra += by,
            CellStatus::NotReached => self.not_reached += by,
        }
    }
}

async fn attempts(txn: &DatabaseTransaction, key: Place) -> Result<Vec<Attempt>> {
    let rows = verdict::Entity::find()
        .find_also_related(job::Entity)
        .filter(verdict::Column::VersionId.eq(key.version))
        .filter(verdict::Column::FeatureId.eq(key.feature))
        .filter(match key.device_type {
            Some(id) => verdict::Column::DeviceTypeId.eq(id),
            None => verdict::Column::DeviceTypeId.is_null(),
        })
        .order_by_asc(verdict::Column::EventNo)
        .all(txn)
        .await?;
    let mut latest: BTreeMap<JobId, Attempt> = BTreeMap::new();
    for (said, job) in rows {
        if let Some(job) = job {
            latest.insert(job.id, Attempt::new(&job, said.verdict, said.message));
        }
    }
    Ok(latest.into_values().collect())
}

fn numbers(attempts: &[Attempt]) -> Option<Numbers> {
    let said: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.said.clone())
        .collect();
    let rollup = rollup::roll_up(&said);
    Some(Numbers {
        rollup,
        status: rollup.status()?,
        last: rollup.last?,
    })
}

fn change_row(key: Place, after: &Numbers, no: i64) -> cell_change::ActiveModel {
    cell_change::ActiveModel {
        id: NotSet,
        event_no: Set(no),
        version_id: Set(key.version),
        feature_id: Set(key.feature),
        device_type_id: Set(key.device_type),
        latest: Set(after.rollup.latest),
        passes: Set(after.rollup.passes),
        fails: Set(after.rollup.fails),
        infras: Set(after.rollup.infras),
        not_reached: Set(after.rollup.not_reached),
        last_job_id: Set(after.last.job),
        last_at: Set(after.last.at),
    }
}

fn generic_cell() -> OnConflict {
    OnConflict::columns([cell::Column::VersionId, cell::Column::FeatureId])
        .target_and_where(Expr::col(cell::Column::DeviceTypeId).is_null())
        .to_owned()
}

fn typed_cell() -> OnConflict {
    OnConflict::columns([
        cell::Column::VersionId,
        cell::Column::FeatureId,
        cell::Column::DeviceTypeId,
    ])
    .target_and_where(Expr::col(cell::Column::DeviceTypeId).is_not_null())
    .to_owned()
}

async fn write_cells(
    txn: &DatabaseTransaction,
    cells: Vec<(Place, (Numbers, i64))>,
    mut conflict: OnConflict,
) -> Result<()> {
    use cell::Column::{EventNo, Fails, Infras, LastAt, LastJobId, Latest, NotReached, Passes};
    conflict.update_columns([
        Latest, Passes, Fails, Infras, NotReached, LastJobId, LastAt, EventNo,
    ]);
    let rows: Vec<_> = cells
        .into_iter()
        .map(|(key, (after, no))| cell::ActiveModel {
            id: NotSet,
            version_id: Set(key.version),
            feature_id: Set(key.feature),
            device_type_id: Set(key.device_type),
            latest: Set(after.rollup.latest),
            passes: Set(after.rollup.passes),
            fails: Set(after.rollup.fails),
            infras: Set(after.rollup.infras),
            not_reached: Set(after.rollup.not_reached),
            last_job_id: Set(after.last.job),
            last_at: Set(after.last.at),
            event_no: Set(no),
        })
        .collect();
    for chunk in rows.chunks(CHUNK) {
        cell::Entity::insert_many(chunk.to_vec())
            .on_conflict(conflict.clone())
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

async fn write_folds(
    txn: &DatabaseTransaction,
    folds: Vec<(FoldKey, FoldChange)>,
    axis: fold::Column,
    folded: fold::Column,
) -> Result<()> {
    use fold::Column::{Failed, Flaky, Infra, NotReached, Passed};
    let mut conflict = OnConflict::columns([fold::Column::VersionId, axis])
        .target_and_where(Expr::col(folded).is_null())
        .to_owned();
    let kept = |column: fold::Column| Expr::col((fold::Entity, column));
    let added = |column: fold::Column| Expr::col(("excluded", column));
    for column in [Passed, Failed, Flaky, Infra, NotReached] {
        conflict.value(column, kept(column).add(added(column)));
    }
    let at = fold::Column::LastAt;
    conflict.value(
        at,
        Expr::case(kept(at).lt(added(at)), added(at)).finally(kept(at)),
    );
    let rows: Vec<_> = folds
        .into_iter()
        .map(|(key, change)| fold::ActiveModel {
            id: NotSet,
            version_id: Set(key.version),
            feature_id: Set(key.feature),
            device_type_id: Set(key.device_type),
            passed: Set(change.passed),
            failed: Set(change.failed),
            flaky: Set(change.flaky),
            infra: Set(change.infra),
            not_reached: Set(change.not_reached),
            last_at: Set(change.last_at),
        })
        .collect();
    for chunk in rows.chunks(CHUNK) {
        fold::Entity::insert_many(chunk.to_vec())
            .on_conflict(conflict.clone())
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}
