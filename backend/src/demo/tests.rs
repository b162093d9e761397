//! What the invented history must show, and that its tables add up.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    cell, device, device_type, feature, fold, job, lab,
    verdict::{self, Verdict},
    version,
};
use indicatif::ProgressBar;
use sea_orm::EntityTrait as _;

use super::{
    device_types::{DEVICE_TYPES, Template},
    features::FEATURES,
    labs::LABS,
    plan::CI_JOBS,
    script::Script,
    *,
};
use crate::{
    app::App,
    config::Config,
    db::Db,
    rollup::{self, Attempt, CellStatus},
    service::grid::{self, Summary},
};

const NEWEST: &str = "2026.11";

fn end() -> DateTime<Utc> {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

async fn empty() -> (tempfile::TempDir, Arc<App>) {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        data_dir: dir.path().to_owned(),
        ..Config::default()
    };
    let db = Db::open(&config).await.unwrap();
    db.migrate().await.unwrap();
    let app = App::open(config, db, true).await.unwrap();
    (dir, app)
}

fn all_jobs(end: DateTime<Utc>) -> Vec<Vec<schedule::Job>> {
    let (script, versions) = (Script::new(), versions::all(end));
    (0..versions.len())
        .map(|place| schedule::jobs_of(&script, &versions, place))
        .collect()
}

#[test]
fn the_same_end_gives_the_same_history() {
    let told = format!("{:?}", all_jobs(end()));
    assert!(told == format!("{:?}", all_jobs(end())));
    // at another time of day only the times differ
    let counts = |jobs: &[Vec<schedule::Job>]| jobs.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(
        counts(&all_jobs(end())),
        counts(&all_jobs(end() + TimeDelta::hours(7)))
    );
}

#[test]
fn nothing_is_told_before_it_happens() {
    let versions = versions::all(end());
    for (version, jobs) in versions.iter().zip(all_jobs(end())) {
        let mut last = version.begins;
        for job in jobs {
            assert!(last <= job.told_at(), "{} {job:?}", version.name);
            last = job.told_at();
            assert!(
                version.begins <= job.submitted_at,
                "{} {job:?}",
                version.name
            );
            assert!(
                job.submitted_at < job.started_at,
                "{} {job:?}",
                version.name
            );
        }
        assert!(
            last <= version.ends,
            "{} is told of until {last}",
            version.name
        );
    }
}

#[test]
fn a_job_is_known_by_what_it_is_called() {
    let mut called = HashSet::new();
    let versions = versions::all(end());
    for kind in &DEVICE_TYPES {
        for template in kind.jobs {
            if let Some(exercise) = schedule::exercise(versions.len() - 1, kind, template) {
                let name = schedule::describe(&exercise);
                assert!(called.insert(name.clone()), "{name}");
            }
        }
    }
}

#[test]
fn every_name_is_there_once_and_used() {
    let declared: HashSet<_> = FEATURES.iter().map(|(name, _)| *name).collect();
    assert_eq!(declared.len(), FEATURES.len());
    let fed = DEVICE_TYPES.iter().flat_map(|kind| kind.jobs);
    let ci = CI_JOBS
        .iter()
        .flat_map(|(_, _, features)| features.split(' '));
    let used: HashSet<_> = fed.flat_map(Template::features).chain(ci).collect();
    assert_eq!(declared, used);
    let kinds: HashSet<_> = DEVICE_TYPES.iter().map(|kind| kind.name).collect();
    assert_eq!(kinds.len(), DEVICE_TYPES.len());
    let lent = LABS
        .iter()
        .flat_map(|lab| lab.devices.iter().map(|(name, _)| *name));
    assert_eq!(kinds, lent.collect());
}

#[tokio::test]
async fn a_year_reads_like_a_release_managers_day() {
    let (_dir, app) = empty().await;
    let written = history(&app, end(), &ProgressBar::hidden()).await.unwrap();
    assert_eq!(
        (written.versions, counts(&app).await),
        (60, [60, 80, 25, 8, 52, written.jobs])
    );
    let before = summary(&app, end()).await;
    let fold = before.fold;
    assert_eq!(before.baseline.as_deref(), Some("2026.10"));
    assert_eq!(
        (
            fold.regressions,
            fold.new_failures,
            fold.fixed,
            before.ready
        ),
        (4, 1, 3, false)
    );
    assert_eq!(before.standing.tested * 100 / before.standing.expected, 91);
    assert!(fold.flaky > 0 && fold.infra > 0 && fold.running > 0 && fold.planned > 0);
    assert!(fold.not_reached > 0 && fold.still_failing > 0);
    assert_rollups_are_those_of_the_verdicts(&app).await;

    // the labs go on
    let script = Script::new();
    let ticks = 60;
    for tick in 1..=ticks {
        live::step(&app, &script, end() + TimeDelta::seconds(20 * tick))
            .await
            .unwrap();
    }
    let after = summary(&app, end() + TimeDelta::hours(1)).await;
    assert_eq!(
        (
            after.fold.regressions,
            after.fold.new_failures,
            after.fold.fixed
        ),
        (4, 1, 3)
    );
    assert!(after.last_at > before.last_at);
    let (before, after) = (before.standing, after.standing);
    assert!(after.tested > before.tested && after.tested < after.expected);
    assert_eq!(
        counts(&app).await[5],
        written.jobs + usize::try_from(ticks).unwrap()
    );
    assert_rollups_are_those_of_the_verdicts(&app).await;
}

async fn summary(app: &App, now: DateTime<Utc>) -> Summary {
    grid::summary(app, NEWEST, None, None, now).await.unwrap()
}

async fn counts(app: &App) -> [usize; 6] {
    let db = app.db.read();
    [
        version::Entity::find().all(db).await.unwrap().len(),
        feature::Entity::find().all(db).await.unwrap().len(),
        device_type::Entity::find().all(db).await.unwrap().len(),
        lab::Entity::find().all(db).await.unwrap().len(),
        device::Entity::find().all(db).await.unwrap().len(),
        job::Entity::find().all(db).await.unwrap().len(),
    ]
}

/// Cells and folds, computed anew from what the jobs said.
async fn assert_rollups_are_those_of_the_verdicts(app: &App) {
    let db = app.db.read();
    let mut attempts: BTreeMap<cell::Place, Vec<Attempt>> = BTreeMap::new();
    for (said, job) in verdict::Entity::find()
        .find_also_related(job::Entity)
        .all(db)
        .await
        .unwrap()
    {
        let job = job.unwrap();
        let place = cell::Place {
            version: said.version_id,
            feature: said.feature_id,
            device_type: said.device_type_id,
        };
        attempts.entry(place).or_default().push(Attempt {
            verdict: said.verdict,
            submitted_at: job.submitted_at,
            source: job.source_id,
            external_id: job.external_id,
            job: job.id,
        });
    }
    let mut folds: BTreeMap<_, [i32; 5]> = BTreeMap::new();
    let mut expected: BTreeMap<cell::Place, _> = BTreeMap::new();
    for (place, attempts) in &attempts {
        let count = |verdict: Verdict| {
            let of = attempts.iter().filter(|said| said.verdict == verdict);
            i32::try_from(of.count()).unwrap()
        };
        let (sum, _) = rollup::roll_up(attempts.iter());
        let status = sum.status().unwrap();
        expected.insert(
            *place,
            (
                sum.latest,
                count(Verdict::Pass),
                count(Verdict::Fail),
                count(Verdict::Infra),
                count(Verdict::NotReached),
                sum.last.unwrap().job,
            ),
        );
        let by_feature = (place.version, Some(place.feature), None);
        let by_type = place.device_type.map(|id| (place.version, None, Some(id)));
        for key in std::iter::once(by_feature).chain(by_type) {
            let fold = folds.entry(key).or_default();
            let slot = match status {
                CellStatus::Pass => 0,
                CellStatus::Fail => 1,
                CellStatus::Flaky => 2,
                CellStatus::Infra => 3,
                CellStatus::NotReached => 4,
            };
            fold[slot] += 1;
        }
    }
    let cells: BTreeMap<_, _> = cell::Entity::find()
        .all(db)
        .await
        .unwrap()
        .into_iter()
        .map(|row| {
            let place = cell::Place {
                version: row.version_id,
                feature: row.feature_id,
                device_type: row.device_type_id,
            };
            let numbers = (
                row.latest,
                row.passes,
                row.fails,
                row.infras,
                row.not_reached,
                row.last_job_id,
            );
            (place, numbers)
        })
        .collect();
    assert!(cells == expected, "cells differ from their verdicts");
    let kept: BTreeMap<_, _> = fold::Entity::find()
        .all(db)
        .await
        .unwrap()
        .into_iter()
        .map(|row| {
            let key = (row.version_id, row.feature_id, row.device_type_id);
            let numbers = [
                row.passed,
                row.failed,
                row.flaky,
                row.infra,
                row.not_reached,
            ];
            (key, numbers)
        })
        .collect();
    assert!(kept == folds, "folds differ from their cells");
}

#[tokio::test]
async fn real_data_is_left_alone() {
    let (dir, app) = empty().await;
    let operator = crate::auth::Actor::Operator;
    crate::service::feature::declare(&app, &operator, "boot.u-boot", None, end())
        .await
        .unwrap();
    clear(&app.config).unwrap();
    let told = fill(&app).await.unwrap_err();
    assert!(told.contains("--data-dir"), "{told}");
    assert!(!dir.path().join("demo").exists());
    assert_eq!(counts(&app).await[1], 1);
}

#[tokio::test]
async fn what_a_demo_left_is_kept_when_complete_and_cleared_when_not() {
    let (dir, app) = empty().await;
    let operator = crate::auth::Actor::Operator;
    crate::service::feature::declare(&app, &operator, "boot.u-boot", None, end())
        .await
        .unwrap();
    let (mark, database) = (dir.path().join("demo"), dir.path().join("lavafed.db"));
    std::fs::write(&mark, "complete, made by generator 1\n").unwrap();
    clear(&app.config).unwrap();
    assert_eq!(fill(&app).await.unwrap(), Filled::Kept);
    assert!(database.exists());
    for left in ["unfinished\n", "complete, made by generator 0\n"] {
        std::fs::write(&mark, left).unwrap();
        std::fs::write(&database, "").unwrap();
        clear(&app.config).unwrap();
        assert!(!mark.exists() && !database.exists());
    }
}
