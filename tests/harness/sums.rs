//! What cells and folds must be, computed anew from jobs and verdicts, and whether the tables say so.
//! Shares no code with lavafed: that is what it is for.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use entity::cell::RealVerdict;
use entity::verdict::Verdict;
use entity::{cell, cell_change, fold, job, verdict};
use sea_orm::{ConnectionTrait, EntityTrait as _, QueryOrder as _};

type Place = (i64, i64, Option<i64>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbers {
    latest: Option<RealVerdict>,
    passes: i32,
    fails: i32,
    infras: i32,
    not_reached: i32,
    last_job: i64,
    last_at: DateTime<Utc>,
}

/// Compares the tables of results with what the verdicts add up to.
///
/// # Errors
/// When a cell, the newest of its changes or a fold is not what it must be.
pub async fn check(db: &impl ConnectionTrait) -> Result<()> {
    let expected = cells(db).await?;
    let kept = cell::Entity::find().all(db).await?;
    ensure!(kept.len() == expected.len(), "cells are missing or doubled");
    for row in kept {
        let place = (
            row.version_id.0,
            row.feature_id.0,
            row.device_type_id.map(|id| id.0),
        );
        let kept = Numbers {
            latest: row.latest,
            passes: row.passes,
            fails: row.fails,
            infras: row.infras,
            not_reached: row.not_reached,
            last_job: row.last_job_id.0,
            last_at: row.last_at,
        };
        let expected = expected.get(&place);
        ensure!(
            expected == Some(&kept),
            "cell {place:?} is {kept:?}, not {expected:?}"
        );
    }
    check_changes(db, &expected).await?;
    check_folds(db, &expected).await
}

async fn cells(db: &impl ConnectionTrait) -> Result<BTreeMap<Place, Numbers>> {
    let jobs: BTreeMap<i64, job::Model> = job::Entity::find()
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id.0, row))
        .collect();
    // of each job the last it said of a feature
    let mut said: BTreeMap<(i64, i64), verdict::Model> = BTreeMap::new();
    for row in verdict::Entity::find()
        .order_by_asc(verdict::Column::EventNo)
        .all(db)
        .await?
    {
        said.insert((row.job_id.0, row.feature_id.0), row);
    }
    let mut attempts: Vec<(&job::Model, verdict::Model)> = said
        .into_values()
        .filter_map(|row| Some((jobs.get(&row.job_id.0)?, row)))
        .collect();
    attempts.sort_by(|(a, _), (b, _)| {
        (a.submitted_at, a.source_id.0, &a.external_id).cmp(&(
            b.submitted_at,
            b.source_id.0,
            &b.external_id,
        ))
    });
    let mut cells: BTreeMap<Place, Numbers> = BTreeMap::new();
    for (job, row) in attempts {
        let place = (
            row.version_id.0,
            row.feature_id.0,
            row.device_type_id.map(|id| id.0),
        );
        let cell = cells.entry(place).or_insert(Numbers {
            latest: None,
            passes: 0,
            fails: 0,
            infras: 0,
            not_reached: 0,
            last_job: 0,
            last_at: DateTime::UNIX_EPOCH,
        });
        match row.verdict {
            Verdict::Pass => {
                cell.passes += 1;
                cell.latest = Some(RealVerdict::Pass);
            }
            Verdict::Fail => {
                cell.fails += 1;
                cell.latest = Some(RealVerdict::Fail);
            }
            Verdict::Infra => cell.infras += 1,
            Verdict::NotReached => cell.not_reached += 1,
        }
        cell.last_job = job.id.0;
        cell.last_at = job.submitted_at;
    }
    Ok(cells)
}

async fn check_changes(
    db: &impl ConnectionTrait,
    expected: &BTreeMap<Place, Numbers>,
) -> Result<()> {
    let mut newest = BTreeMap::new();
    for row in cell_change::Entity::find()
        .order_by_asc(cell_change::Column::EventNo)
        .order_by_asc(cell_change::Column::Id)
        .all(db)
        .await?
    {
        let place = (
            row.version_id.0,
            row.feature_id.0,
            row.device_type_id.map(|id| id.0),
        );
        newest.insert(
            place,
            Numbers {
                latest: row.latest,
                passes: row.passes,
                fails: row.fails,
                infras: row.infras,
                not_reached: row.not_reached,
                last_job: row.last_job_id.0,
                last_at: row.last_at,
            },
        );
    }
    ensure!(
        newest == *expected,
        "changes are {newest:?}, not {expected:?}"
    );
    Ok(())
}

/// Passed, failed, flaky, infra, not reached.
type Counts = [i32; 5];

async fn check_folds(db: &impl ConnectionTrait, cells: &BTreeMap<Place, Numbers>) -> Result<()> {
    // by version, and by feature (true) or device-type
    let mut expected: BTreeMap<(i64, bool, i64), Counts> = BTreeMap::new();
    for ((version, feature, device_type), cell) in cells {
        let shows = match (cell.passes > 0, cell.fails > 0, cell.infras > 0) {
            (true, false, _) => 0,
            (false, true, _) => 1,
            (true, true, _) => 2,
            (false, false, true) => 3,
            (false, false, false) => 4,
        };
        let by_type = device_type.map(|id| (*version, false, id));
        for key in std::iter::once((*version, true, *feature)).chain(by_type) {
            let counts = expected.entry(key).or_default();
            if let Some(count) = counts.get_mut(shows) {
                *count += 1;
            }
        }
    }
    let mut kept = BTreeMap::new();
    for row in fold::Entity::find().all(db).await? {
        let counts = [
            row.passed,
            row.failed,
            row.flaky,
            row.infra,
            row.not_reached,
        ];
        let key = match (row.feature_id, row.device_type_id) {
            (Some(feature), None) => (row.version_id.0, true, feature.0),
            (None, Some(device_type)) => (row.version_id.0, false, device_type.0),
            _ => anyhow::bail!("a fold over both axes or none: {row:?}"),
        };
        ensure!(kept.insert(key, counts).is_none(), "two folds of {key:?}");
    }
    ensure!(kept == expected, "folds are {kept:?}, not {expected:?}");
    Ok(())
}
