//! One transaction's worth of reports. Each is recorded in turn and gets its
//! own event; what they add up to in cells and folds is written once, in
//! `finish`.

use std::collections::{HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use entity::{
    cell::Place,
    device::DeviceId,
    device_type::DeviceTypeId,
    event::{self as event_row, EventKind},
    feature::{self, FeatureId},
    job::{self, JobHealth, JobId, JobType},
    job_feature, verdict,
    version::VersionId,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
    sea_query::OnConflict,
};

use super::{
    JobReport, Recorded, Told,
    names::Names,
    rollup_rows::{RollupRows, Said, Word},
};
use crate::{
    error::{Code, Error, Result},
    event,
    service::name,
};

/// Rows written by one statement; far below the databases' limits.
pub(super) const CHUNK: usize = 500;

pub struct Batch<'t> {
    txn: &'t DatabaseTransaction,
    names: Names,
    rollups: RollupRows,
    /// What each job of the batch has said so far.
    said: HashMap<JobId, HashMap<FeatureId, Said>>,
    verdicts: Vec<verdict::ActiveModel>,
    features: Vec<job_feature::ActiveModel>,
    events: Vec<event_row::ActiveModel>,
    newest: Option<i64>,
}

/// The rows a report's names stand for.
#[derive(Default)]
struct Links {
    version: Option<VersionId>,
    device_type: Option<DeviceTypeId>,
    device: Option<DeviceId>,
}

impl<'t> Batch<'t> {
    /// Takes the lock under which events are numbered, so that what is read
    /// from here on stays true until the transaction ends, replicas or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(txn: &'t DatabaseTransaction) -> Result<Self> {
        event::lock(txn).await?;
        Ok(Self {
            txn,
            names: Names::default(),
            rollups: RollupRows::default(),
            said: HashMap::new(),
            verdicts: Vec::new(),
            features: Vec::new(),
            events: Vec::new(),
            newest: None,
        })
    }

    /// Records what is told of one job, as of `now`.
    ///
    /// # Errors
    /// With a code for the user when the report is not one that can be
    /// recorded; then it has written nothing and the batch goes on. `INTERNAL`
    /// and `UNAVAILABLE` end the transaction.
    pub async fn record(&mut self, report: &JobReport, now: DateTime<Utc>) -> Result<Recorded> {
        check(report)?;
        let known = job::Entity::find()
            .filter(job::Column::SourceId.eq(report.source))
            .filter(job::Column::ExternalId.eq(&report.external_id))
            .filter(job::Column::SubmittedAt.eq(report.submitted_at))
            .one(self.txn)
            .await?;
        let links = match &known {
            Some(known) if is_linked(known, report) => Links::default(),
            Some(_) | None => self.link(report, now).await?,
        };
        let (features, undeclared) = self.features_of(report).await?;
        let Some(known) = known else {
            let no = event::next_number(self.txn).await?;
            let row = first_row(report, &links, no, now);
            let row = job::Entity::insert(row)
                .exec_with_returning(self.txn)
                .await?;
            self.said.insert(row.id, HashMap::new());
            let words = self.words(&row, report, &features).await?;
            self.write(&row, &features, words, no, now).await?;
            return Ok(Recorded {
                job: row.id,
                event: Some(no),
                late: false,
                undeclared,
            });
        };
        if report.state < known.state {
            return Ok(Recorded {
                job: known.id,
                event: None,
                late: true,
                undeclared: Vec::new(),
            });
        }
        let merged = merge(&known, report, &links, now);
        let fresh = self.fresh_features(&known, features.clone()).await?;
        let words = self.words(&merged, report, &features).await?;
        if merged == known && fresh.is_empty() && words.is_empty() {
            return Ok(Recorded {
                job: known.id,
                event: None,
                late: false,
                undeclared,
            });
        }
        let no = event::next_number(self.txn).await?;
        let mut row = merged.into_active_model().reset_all();
        row.event_no = Set(no);
        let row = row.update(self.txn).await?;
        self.write(&row, &fresh, words, no, now).await?;
        Ok(Recorded {
            job: row.id,
            event: Some(no),
            late: false,
            undeclared,
        })
    }

    /// Writes what the recorded reports add up to. Returns the newest event.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish(self) -> Result<Option<i64>> {
        for chunk in self.features.chunks(CHUNK) {
            job_feature::Entity::insert_many(chunk.to_vec())
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(self.txn)
                .await?;
        }
        for chunk in self.verdicts.chunks(CHUNK) {
            verdict::Entity::insert_many(chunk.to_vec())
                .exec_without_returning(self.txn)
                .await?;
        }
        for chunk in self.events.chunks(CHUNK) {
            event_row::Entity::insert_many(chunk.to_vec())
                .exec_without_returning(self.txn)
                .await?;
        }
        self.rollups.write(self.txn).await?;
        Ok(self.newest)
    }

    async fn link(&mut self, report: &JobReport, now: DateTime<Utc>) -> Result<Links> {
        let fed = report.job_type == JobType::Fed;
        let device_type = match &report.device_type {
            Some(name) => self.names.device_type(self.txn, name, fed, now).await?,
            None => None,
        };
        if let (None, Some(name)) = (device_type, &report.device_type)
            && report.named_features().any(|name| is_of_devices(name))
        {
            return Err(Error::not_found("device-type", name).at("deviceType"));
        }
        let version = match &report.version {
            Some(name) => Some(self.names.version(self.txn, name, now).await?),
            None => None,
        };
        let device = match &report.device {
            Some(name) if fed => {
                self.names
                    .device(self.txn, report.source, name, device_type, now)
                    .await?
            }
            _ => None,
        };
        Ok(Links {
            version,
            device_type,
            device,
        })
    }

    /// The declared features a report names, and the names nobody declared.
    async fn features_of(
        &mut self,
        report: &JobReport,
    ) -> Result<(Vec<feature::Model>, Vec<String>)> {
        let mut declared: Vec<feature::Model> = Vec::new();
        let mut undeclared = Vec::new();
        for name in report.named_features() {
            match self.names.feature(self.txn, name).await? {
                Some(row) if declared.iter().any(|known| known.id == row.id) => {}
                Some(row) => declared.push(row),
                None if undeclared.contains(name) => {}
                None => undeclared.push(name.clone()),
            }
        }
        Ok((declared, undeclared))
    }

    async fn fresh_features(
        &self,
        job: &job::Model,
        mut features: Vec<feature::Model>,
    ) -> Result<Vec<feature::Model>> {
        let known = job_feature::Entity::find()
            .filter(job_feature::Column::JobId.eq(job.id))
            .all(self.txn)
            .await?;
        features.retain(|feature| !known.iter().any(|row| row.feature_id == feature.id));
        Ok(features)
    }

    /// The report's verdicts that differ from what the job said before.
    async fn words(
        &mut self,
        job: &job::Model,
        report: &JobReport,
        features: &[feature::Model],
    ) -> Result<Vec<Word>> {
        if report.verdicts.is_none() {
            return Ok(Vec::new());
        }
        let said = match self.said.entry(job.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(said_by(self.txn, job.id).await?),
        };
        let mut words = Vec::new();
        for told in report.verdicts.iter().flatten() {
            let feature = features.iter().find(|row| row.name == told.feature);
            let Some(place) = feature.and_then(|feature| place(job, feature)) else {
                continue;
            };
            let now = Said {
                verdict: told.verdict,
                message: told.message.clone(),
            };
            let before = said.insert(place.feature, now.clone());
            if before.as_ref() != Some(&now) {
                words.push(Word {
                    place,
                    said: now,
                    revises: before.is_some(),
                });
            }
        }
        Ok(words)
    }

    /// Notes what event `no` adds to a job; `finish` writes it.
    async fn write(
        &mut self,
        job: &job::Model,
        features: &[feature::Model],
        words: Vec<Word>,
        no: i64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.newest = Some(no);
        self.events.push(event_row::ActiveModel {
            no: Set(no),
            kind: Set(EventKind::JobRecorded),
            at: Set(now),
            job_id: Set(Some(job.id)),
            version_id: Set(job.version_id),
            lease_id: Set(None),
        });
        self.features
            .extend(features.iter().map(|feature| job_feature::ActiveModel {
                job_id: Set(job.id),
                feature_id: Set(feature.id),
            }));
        for word in words {
            self.verdicts.push(word.row(job.id, no));
            self.rollups.put(self.txn, job, &word, no).await?;
        }
        Ok(())
    }
}

/// Whether a job has all the rows that the report's names could stand for: what it was linked to stays.
fn is_linked(known: &job::Model, report: &JobReport) -> bool {
    let has = |id: bool, name: &Option<String>| id || name.is_none();
    has(known.version_id.is_some(), &report.version)
        && has(known.device_type_id.is_some(), &report.device_type)
        && (known.job_type != JobType::Fed || has(known.device_id.is_some(), &report.device))
}

/// What a job said of each feature, as it is in the database.
async fn said_by(txn: &DatabaseTransaction, job: JobId) -> Result<HashMap<FeatureId, Said>> {
    let rows = verdict::Entity::find()
        .filter(verdict::Column::JobId.eq(job))
        .order_by_asc(verdict::Column::EventNo)
        .all(txn)
        .await?;
    let said = rows.into_iter().map(|row| {
        let said = Said {
            verdict: row.verdict,
            message: row.message,
        };
        (row.feature_id, said)
    });
    Ok(said.collect())
}

/// The cell a job's verdict on a feature belongs to; none without a version,
/// or for a feature of devices without a device-type.
fn place(job: &job::Model, feature: &feature::Model) -> Option<Place> {
    let device_type = if feature.is_generic() {
        None
    } else {
        Some(job.device_type_id?)
    };
    Some(Place {
        version: job.version_id?,
        feature: feature.id,
        device_type,
    })
}

/// Whether a verdict on the feature belongs to a device-type.
fn is_of_devices(feature: &str) -> bool {
    name::feature_action(feature).is_ok_and(|action| action.is_some())
}

/// Refuses what cannot be recorded before anything is written.
fn check(report: &JobReport) -> Result<()> {
    if report.external_id.is_empty() || report.external_id.len() > 200 {
        return Err(Error::input(
            "externalId",
            "A job's id takes 1 to 200 characters.",
        ));
    }
    if report.external_id.chars().any(char::is_control) {
        return Err(Error::input(
            "externalId",
            "A job's id has no control characters.",
        ));
    }
    match &report.version {
        Some(name) => {
            crate::lava::version::parse(name).map_err(|error| {
                Error::new(Code::VersionMalformed, error.to_string()).at("version")
            })?;
        }
        None if report.job_type == JobType::Slave => {}
        None => {
            return Err(Error::new(
                Code::VersionMissing,
                "The job does not say which version of LAVA it tested: its metadata lacks lavafed.version.",
            )
            .at("version"));
        }
    }
    if let Some(name) = &report.device_type {
        name::lava_name("deviceType", "device-type", name)?;
    }
    if let Some(name) = &report.device {
        name::lava_name("device", "device's hostname", name)?;
    }
    for feature in report.named_features() {
        let action = name::feature_action(feature)?;
        if action.is_some() && report.device_type.is_none() {
            return Err(Error::new(
                Code::DeviceTypeMissing,
                format!("The job names the feature {feature:?} of a device, but no device-type."),
            )
            .at("deviceType"));
        }
    }
    Ok(())
}

fn first_row(report: &JobReport, links: &Links, no: i64, now: DateTime<Utc>) -> job::ActiveModel {
    job::ActiveModel {
        id: NotSet,
        source_id: Set(report.source),
        external_id: Set(report.external_id.clone()),
        submitted_at: Set(report.submitted_at),
        job_type: Set(report.job_type),
        description: Set(report.description.clone()),
        version_id: Set(links.version),
        device_type_id: Set(links.device_type),
        device_id: Set(links.device),
        state: Set(report.state),
        health: Set(report.health),
        started_at: Set(report.started_at),
        ended_at: Set(report.ended_at),
        error_type: Set(report.error_type.clone()),
        error_message: Set(report.error_message.clone()),
        failing_action: Set(report.failing_action.clone()),
        log_line: Set(report.log_line),
        url: Set(report.url.clone()),
        created_at: Set(now),
        event_no: Set(no),
        callback_at: Set((report.told == Told::ByReport).then_some(now)),
        poll_at: Set((report.told == Told::ByFetch).then_some(now)),
    }
}

/// What is known of the job after the report: what was missing is filled in,
/// what links the job to its cells stays.
fn merge(known: &job::Model, report: &JobReport, links: &Links, now: DateTime<Utc>) -> job::Model {
    let (callback_at, poll_at) = match report.told {
        Told::ByReport => (known.callback_at.or(Some(now)), known.poll_at),
        Told::ByFetch => (known.callback_at, known.poll_at.or(Some(now))),
    };
    let health = match report.health {
        JobHealth::Unknown => known.health,
        JobHealth::Complete | JobHealth::Incomplete | JobHealth::Canceled => report.health,
    };
    let keep = known.clone();
    job::Model {
        state: report.state.max(known.state),
        health,
        version_id: keep.version_id.or(links.version),
        device_type_id: keep.device_type_id.or(links.device_type),
        device_id: keep.device_id.or(links.device),
        started_at: keep.started_at.or(report.started_at),
        ended_at: keep.ended_at.or(report.ended_at),
        error_type: keep.error_type.or_else(|| report.error_type.clone()),
        error_message: keep.error_message.or_else(|| report.error_message.clone()),
        failing_action: keep
            .failing_action
            .or_else(|| report.failing_action.clone()),
        log_line: keep.log_line.or(report.log_line),
        url: keep.url.or_else(|| report.url.clone()),
        callback_at,
        poll_at,
        ..keep
    }
}
