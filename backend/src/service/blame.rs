//! Is it LAVA, the device-type or the lab? Gathers what stands around a failing
//! place as of one event; what that allows one to say is in `crate::blame`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    device::{self, DeviceId},
    device_type::DeviceTypeId,
    feature::FeatureId,
    job::{self, JobId},
    lab::LabId,
    verdict::{self, Verdict},
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, JoinType, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, RelationTrait as _,
};

use super::{
    grid::{CellVerdict, cell::CellDetail},
    job::attempts_on,
    lab,
};
use crate::{
    app::App,
    blame::{self, Before, Evidence, Subject, Suspect, Tally},
    error::Result,
};

/// The newest attempts at a place that are looked at.
const ATTEMPTS: u64 = 1_000;
/// The newest of the feature in the version, wherever they ran.
const EVERYWHERE: u64 = 20_000;
/// What a lab ran so long before and after a failing attempt is of those hours.
const HOURS: TimeDelta = TimeDelta::hours(3);
/// Verdicts of other jobs that are read at most.
const NEIGHBOURS: u64 = 5_000;

#[derive(Clone, Debug)]
pub struct Blame {
    pub suspect: Suspect,
    pub sentence: String,
    pub evidence: Evidence,
}

/// A lab, or with None the devices of the federated server itself.
type Owner = Option<LabId>;

/// `None` where the question does not arise: nothing failed.
///
/// # Errors
/// When the database fails.
pub async fn blame(app: &App, cell: &CellDetail) -> Result<Option<Blame>> {
    match cell.verdict {
        CellVerdict::Fail | CellVerdict::Flaky | CellVerdict::Infra => {}
        CellVerdict::Pass
        | CellVerdict::PassSoFar
        | CellVerdict::Running
        | CellVerdict::Planned
        | CellVerdict::NotReached
        | CellVerdict::NotApplicable => return Ok(None),
    }
    let evidence = gather(app, cell).await?;
    Ok(blame::suspect(&evidence)
        .zip(blame::sentence(&evidence))
        .map(|((suspect, _), sentence)| Blame {
            suspect,
            sentence,
            evidence,
        }))
}

async fn gather(app: &App, cell: &CellDetail) -> Result<Evidence> {
    let db = app.db.read();
    let around = &cell.around;
    let types: Vec<DeviceTypeId> = around.failing.iter().map(|row| row.id).collect();
    let on = (!cell.feature.is_generic()).then_some(types.as_slice());
    let attempts = attempts_on(db, &cell.place(), on, cell.event, ATTEMPTS).await?;
    let owners = owners(db, &attempts).await?;
    let mut own = Tally::default();
    let mut labs: BTreeMap<Owner, Tally> = BTreeMap::new();
    let mut hours: BTreeMap<Owner, DateTime<Utc>> = BTreeMap::new();
    for (said, job) in &attempts {
        own.count(said.verdict);
        let Some(owner) = job.device_id.and_then(|id| owners.get(&id)) else {
            continue;
        };
        labs.entry(*owner).or_default().count(said.verdict);
        if matches!(said.verdict, Verdict::Fail | Verdict::Infra) {
            // The newest comes first.
            hours.entry(*owner).or_insert(job.submitted_at);
        }
    }
    labs.retain(|_, tally| tally.all() > 0);
    let everywhere = everywhere(db, cell).await?;
    let failing = everywhere
        .values()
        .filter(|(said, _)| *said == Verdict::Fail);
    let labs_failing: BTreeSet<Owner> = failing.filter_map(|(_, owner)| *owner).collect();
    Ok(Evidence {
        subject: subject(cell),
        attempts: own,
        labs: named(db, labs).await?,
        others_failing: around.others_failing,
        others_passing: around.others_passing,
        labs_failing: u32::try_from(labs_failing.len()).unwrap_or(u32::MAX),
        neighbours: neighbours(db, cell, &hours, &everywhere).await?,
        before: around.before.as_ref().map(|(version, verdict)| Before {
            version: version.name.clone(),
            worked: matches!(verdict, CellVerdict::Pass | CellVerdict::PassSoFar),
        }),
    })
}

/// What each job says of the feature on whatever device-type, and whose device it ran on; None: on none.
type Everywhere = HashMap<JobId, (Verdict, Option<Owner>)>;

async fn everywhere(db: &impl ConnectionTrait, cell: &CellDetail) -> Result<Everywhere> {
    let device = job::Entity::belongs_to(device::Entity)
        .from(job::Column::DeviceId)
        .to(device::Column::Id);
    let rows: Vec<(JobId, Verdict, Option<DeviceId>, Owner)> = verdict::Entity::find()
        .select_only()
        .column(verdict::Column::JobId)
        .column(verdict::Column::Verdict)
        .column(device::Column::Id)
        .column(device::Column::LabId)
        .join(JoinType::InnerJoin, verdict::Relation::Job.def())
        .join(JoinType::LeftJoin, device.into())
        .filter(verdict::Column::VersionId.eq(cell.version.id))
        .filter(verdict::Column::FeatureId.eq(cell.feature.id))
        .filter(verdict::Column::EventNo.lte(cell.event))
        .order_by_desc(verdict::Column::EventNo)
        .limit(EVERYWHERE)
        .into_tuple()
        .all(db)
        .await?;
    let mut last = Everywhere::new();
    for (job, said, device, owner) in rows {
        last.entry(job).or_insert((said, device.map(|_| owner)));
    }
    Ok(last)
}

fn subject(cell: &CellDetail) -> Subject {
    if cell.feature.is_generic() {
        return Subject::Generic;
    }
    match &cell.device_type {
        Some(row) => Subject::Cell {
            device_type: row.name.clone(),
        },
        None => Subject::Fold {
            failing: cell
                .around
                .failing
                .iter()
                .map(|row| row.name.clone())
                .collect(),
        },
    }
}

async fn owners(
    db: &impl ConnectionTrait,
    attempts: &[(verdict::Model, job::Model)],
) -> Result<HashMap<DeviceId, Owner>> {
    let ids: BTreeSet<_> = attempts
        .iter()
        .filter_map(|(_, job)| job.device_id)
        .collect();
    let rows = device::Entity::find()
        .filter(device::Column::Id.is_in(ids))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.lab_id)).collect())
}

async fn named(
    db: &impl ConnectionTrait,
    labs: BTreeMap<Owner, Tally>,
) -> Result<Vec<(String, Tally)>> {
    let rows = lab::all(db).await?;
    let name = |owner: Owner| {
        let row = rows.iter().find(|row| Some(row.id) == owner);
        row.map_or_else(
            || "the federated server's lab".to_owned(),
            |row| row.name.clone(),
        )
    };
    let mut named: Vec<_> = labs.into_iter().map(|(id, of)| (name(id), of)).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(named)
}

/// How the jobs of the failing labs went in those hours that did not try this feature.
async fn neighbours(
    db: &impl ConnectionTrait,
    cell: &CellDetail,
    hours: &BTreeMap<Owner, DateTime<Utc>>,
    own: &Everywhere,
) -> Result<Tally> {
    if hours.is_empty() {
        return Ok(Tally::default());
    }
    let device = job::Entity::belongs_to(device::Entity)
        .from(job::Column::DeviceId)
        .to(device::Column::Id);
    let mut near = Condition::any();
    for (owner, at) in hours {
        let of_lab = match owner {
            Some(id) => device::Column::LabId.eq(*id),
            None => device::Column::LabId.is_null(),
        };
        near = near.add(
            Condition::all()
                .add(of_lab)
                .add(job::Column::SubmittedAt.between(*at - HOURS, *at + HOURS)),
        );
    }
    let rows: Vec<(JobId, FeatureId, Verdict)> = verdict::Entity::find()
        .select_only()
        .column(verdict::Column::JobId)
        .column(verdict::Column::FeatureId)
        .column(verdict::Column::Verdict)
        .join(JoinType::InnerJoin, verdict::Relation::Job.def())
        .join(JoinType::InnerJoin, device.into())
        .filter(job::Column::VersionId.eq(cell.version.id))
        .filter(verdict::Column::FeatureId.ne(cell.feature.id))
        .filter(verdict::Column::EventNo.lte(cell.event))
        .filter(near)
        .order_by_desc(verdict::Column::EventNo)
        .limit(NEIGHBOURS)
        .into_tuple()
        .all(db)
        .await?;
    let mut last: HashMap<(JobId, FeatureId), Verdict> = HashMap::new();
    for (job, feature, said) in rows {
        if !own.contains_key(&job) {
            last.entry((job, feature)).or_insert(said);
        }
    }
    Ok(by_job(&last))
}

/// A job counts once: by its worst verdict that says something.
fn by_job(said: &HashMap<(JobId, FeatureId), Verdict>) -> Tally {
    let mut jobs: HashMap<JobId, Tally> = HashMap::new();
    for ((job, _), verdict) in said {
        jobs.entry(*job).or_default().count(*verdict);
    }
    let mut tally = Tally::default();
    for of in jobs.values() {
        match of {
            Tally { infras: 1.., .. } => tally.count(Verdict::Infra),
            Tally { fails: 1.., .. } => tally.count(Verdict::Fail),
            Tally { passes: 1.., .. } => tally.count(Verdict::Pass),
            Tally { .. } => {}
        }
    }
    tally
}
