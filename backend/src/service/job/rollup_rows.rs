//! Cells while a batch changes them: the numbers of each are read once, changed
//! in memory, and written once with its folds. Its state after each event is
//! kept as a change. All its attempts are read only where the numbers do not
//! tell enough: a job takes back what it said, or says a real verdict late in a
//! cell whose last attempt came to none.

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
    sea_query::{Expr, ExprTrait as _, OnConflict, SimpleExpr},
};

use super::batch::CHUNK;
use crate::{
    error::{Error, Result},
    rollup::{self, Attempt, CellStatus, Last, Rollup},
};

/// What a job says of a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) verdict: Verdict,
    pub(super) message: Option<String>,
}

/// What a job says anew of the feature of a cell.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) place: Place,
    pub(super) said: Said,
    /// It takes back what the job said before.
    pub(super) revises: bool,
}

impl Word {
    /// The verdict row that event `no` adds.
    pub(super) fn row(&self, job: JobId, no: i64) -> verdict::ActiveModel {
        verdict::ActiveModel {
            id: NotSet,
            event_no: Set(no),
            job_id: Set(job),
            feature_id: Set(self.place.feature),
            version_id: Set(self.place.version),
            device_type_id: Set(self.place.device_type),
            verdict: Set(self.said.verdict),
            message: Set(self.said.message.clone()),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct RollupRows {
    cells: HashMap<Place, Cell>,
    changes: Vec<cell_change::ActiveModel>,
    /// The newest state of each changed cell, in an order that every
    /// transaction follows, so that two never wait for each other.
    changed: BTreeMap<Place, (Numbers, i64)>,
    folds: BTreeMap<FoldKey, FoldChange>,
}

/// A cell as the batch has it so far.
#[derive(Debug, Default)]
struct Cell {
    rollup: Rollup,
    last: Option<Attempt>,
    /// The attempts the batch put in; once `whole`, all there are.
    attempts: BTreeMap<JobId, Attempt>,
    whole: bool,
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
    /// Puts what a job says into its cell.
    pub(super) async fn put(
        &mut self,
        txn: &DatabaseTransaction,
        job: &job::Model,
        word: &Word,
        no: i64,
    ) -> Result<()> {
        let place = word.place;
        let cell = match self.cells.entry(place) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(Cell::read(txn, place).await?),
        };
        let before = cell.numbers();
        cell.put(txn, place, attempt(job, word.said.verdict), word.revises)
            .await?;
        if let Some(after) = cell.numbers() {
            self.change_folds(place, before.map(|numbers| numbers.status), &after);
            self.changes.push(change_row(place, &after, no));
            self.changed.insert(place, (after, no));
        }
        Ok(())
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

impl Cell {
    /// The numbers of a cell and its last attempt, as they are in the database.
    async fn read(txn: &DatabaseTransaction, place: Place) -> Result<Self> {
        use cell::Column::{DeviceTypeId, FeatureId, VersionId};
        let row = cell::Entity::find()
            .filter(VersionId.eq(place.version))
            .filter(FeatureId.eq(place.feature))
            .filter(of_device_type(place, DeviceTypeId))
            .one(txn)
            .await?;
        let Some(row) = row else {
            return Ok(Self::default());
        };
        let last = verdict::Entity::find()
            .find_also_related(job::Entity)
            .filter(verdict::Column::JobId.eq(row.last_job_id))
            .filter(verdict::Column::FeatureId.eq(place.feature))
            .order_by_desc(verdict::Column::EventNo)
            .one(txn)
            .await?;
        let Some((said, Some(job))) = last else {
            return Err(Error::internal("a cell's last job said nothing of it"));
        };
        Ok(Self {
            rollup: Rollup {
                latest: row.latest,
                passes: row.passes,
                fails: row.fails,
                infras: row.infras,
                not_reached: row.not_reached,
                last: Some(Last {
                    job: row.last_job_id,
                    at: row.last_at,
                }),
            },
            last: Some(attempt(&job, said.verdict)),
            ..Self::default()
        })
    }

    async fn put(
        &mut self,
        txn: &DatabaseTransaction,
        place: Place,
        attempt: Attempt,
        revises: bool,
    ) -> Result<()> {
        let added = if revises {
            None
        } else {
            self.rollup.add(self.last.as_ref(), &attempt)
        };
        self.attempts.insert(attempt.job, attempt.clone());
        if let Some(rollup) = added {
            self.rollup = rollup;
            if rollup.last.is_some_and(|last| last.job == attempt.job) {
                self.last = Some(attempt);
            }
            return Ok(());
        }
        if !self.whole {
            for (job, known) in attempts(txn, place).await? {
                self.attempts.entry(job).or_insert(known);
            }
            self.whole = true;
        }
        let (rollup, last) = rollup::roll_up(self.attempts.values());
        self.last = last.cloned();
        self.rollup = rollup;
        Ok(())
    }

    fn numbers(&self) -> Option<Numbers> {
        Some(Numbers {
            rollup: self.rollup,
            status: self.rollup.status()?,
            last: self.rollup.last?,
        })
    }
}

fn attempt(job: &job::Model, verdict: Verdict) -> Attempt {
    Attempt {
        verdict,
        submitted_at: job.submitted_at,
        source: job.source_id,
        external_id: job.external_id.clone(),
        job: job.id,
    }
}

/// The attempts at a cell that are in the database: of each job the last it said.
async fn attempts(txn: &DatabaseTransaction, place: Place) -> Result<BTreeMap<JobId, Attempt>> {
    use verdict::Column::{DeviceTypeId, EventNo, FeatureId, VersionId};
    let rows = verdict::Entity::find()
        .find_also_related(job::Entity)
        .filter(VersionId.eq(place.version))
        .filter(FeatureId.eq(place.feature))
        .filter(of_device_type(place, DeviceTypeId))
        .order_by_asc(EventNo)
        .all(txn)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(said, job)| Some(attempt(&job?, said.verdict)))
        .map(|attempt| (attempt.job, attempt))
        .collect())
}

fn of_device_type(place: Place, column: impl sea_orm::ColumnTrait) -> SimpleExpr {
    match place.device_type {
        Some(id) => column.eq(id),
        None => column.is_null(),
    }
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
