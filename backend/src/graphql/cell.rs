//! A cell of the grid in detail: its attempts, its history, and why it is empty.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{cell::RealVerdict, verdict};

use super::{
    context,
    device_type::DeviceType,
    feature::Feature,
    job::Job,
    lab::Lab,
    scalar::{CellVerdict, ChangeClass, EventNumber, HoleReason, Suspect, Verdict},
    version::Version,
};
use crate::{
    error::{Code, Error},
    service::{
        self,
        grid::{self, cell::CellDetail},
    },
};

/// A verdict of an older version: shown, never counted.
#[derive(SimpleObject)]
pub(super) struct CarriedVerdict {
    version: Version,
    verdict: Verdict,
    at: DateTime<Utc>,
    /// Older than 30 days.
    stale: bool,
}

/// What one job says of a cell.
#[derive(SimpleObject)]
pub(super) struct Attempt {
    job: Job,
    verdict: Verdict,
    message: Option<String>,
}

/// What a cell showed in a version.
#[derive(SimpleObject)]
pub(super) struct HistoryPoint {
    version: String,
    verdict: CellVerdict,
}

/// A lab's attempts at a cell.
#[derive(SimpleObject)]
pub(super) struct LabCount {
    /// Null: devices of the federated server itself.
    lab: Option<Lab>,
    attempts: i32,
    passes: i32,
    fails: i32,
    infras: i32,
}

/// A cell of a fold.
#[derive(SimpleObject)]
pub(super) struct CellPart {
    device_type: Option<DeviceType>,
    verdict: CellVerdict,
    /// Against the baseline.
    change: Option<ChangeClass>,
    attempts: i32,
    /// When the last attempt was submitted.
    last_at: Option<DateTime<Utc>>,
    /// Why there is no verdict; null when there is one.
    reason: Option<HoleReason>,
    /// The reason as a sentence.
    reason_text: Option<&'static str>,
}

impl From<&CellDetail> for CellPart {
    fn from(of: &CellDetail) -> Self {
        Self {
            device_type: of.device_type.clone().map(DeviceType),
            verdict: of.verdict.into(),
            change: of.change.map(Into::into),
            attempts: of.attempts.all(),
            last_at: of.last_at,
            reason: of.reason.map(Into::into),
            reason_text: of.reason.map(grid::cell::HoleReason::sentence),
        }
    }
}

/// Is it LAVA, the device-type or the lab? The answer, and the counts behind it.
pub(super) struct Blame(service::blame::Blame);

/// How attempts or jobs ended.
#[derive(SimpleObject)]
pub(super) struct Tally {
    passes: u32,
    fails: u32,
    infras: u32,
}

impl From<crate::blame::Tally> for Tally {
    fn from(of: crate::blame::Tally) -> Self {
        Self {
            passes: of.passes,
            fails: of.fails,
            infras: of.infras,
        }
    }
}

#[Object]
impl Blame {
    async fn suspect(&self) -> Suspect {
        self.0.suspect.into()
    }

    /// The answer and why, in one sentence.
    async fn sentence(&self) -> &str {
        &self.0.sentence
    }

    /// Attempts at the place; of a fold at its device-types that fail.
    async fn attempts(&self) -> Tally {
        self.0.evidence.attempts.into()
    }

    /// Labs in which the feature fails in the version, on whatever device-type.
    async fn failing_labs(&self) -> u32 {
        self.0.evidence.labs_failing
    }

    /// Other device-types on which the feature fails in the version.
    async fn others_failing(&self) -> u32 {
        self.0.evidence.others_failing
    }

    /// Other device-types on which it passes.
    async fn others_passing(&self) -> u32 {
        self.0.evidence.others_passing
    }

    /// Other jobs of the failing labs in those hours, by what they say of other features.
    async fn lab_jobs(&self) -> Tally {
        self.0.evidence.neighbours.into()
    }

    /// The nearest version before that has a verdict there.
    async fn before(&self) -> Option<&str> {
        let before = self.0.evidence.before.as_ref();
        before.map(|before| before.version.as_str())
    }

    /// Whether it passed then.
    async fn worked_before(&self) -> Option<bool> {
        let before = self.0.evidence.before.as_ref();
        before.map(|before| before.worked)
    }
}

/// A cell; without a device-type, for a feature of devices, the fold over its
/// device-types.
pub(super) struct Cell {
    detail: CellDetail,
    /// The event to read attempts as of.
    as_of: i64,
}

#[Object]
impl Cell {
    async fn event(&self) -> EventNumber {
        EventNumber(self.detail.event)
    }

    async fn version(&self) -> Version {
        Version(self.detail.version.clone())
    }

    async fn feature(&self) -> Feature {
        Feature(self.detail.feature.clone())
    }

    async fn device_type(&self) -> Option<DeviceType> {
        self.detail.device_type.clone().map(DeviceType)
    }

    async fn verdict(&self) -> CellVerdict {
        self.detail.verdict.into()
    }

    /// Against the baseline; the loudest of a fold.
    async fn change(&self) -> Option<ChangeClass> {
        self.detail.change.map(Into::into)
    }

    async fn baseline(&self) -> Option<Version> {
        self.detail.baseline.clone().map(Version)
    }

    async fn passed(&self) -> u32 {
        self.detail.passed
    }

    async fn total(&self) -> u32 {
        self.detail.total
    }

    async fn attempts(&self) -> i32 {
        self.detail.attempts.all()
    }

    async fn passes(&self) -> i32 {
        self.detail.attempts.passes
    }

    async fn fails(&self) -> i32 {
        self.detail.attempts.fails
    }

    async fn infras(&self) -> i32 {
        self.detail.attempts.infras
    }

    async fn not_reached(&self) -> i32 {
        self.detail.attempts.not_reached
    }

    /// When the last attempt was submitted.
    async fn last_at(&self) -> Option<DateTime<Utc>> {
        self.detail.last_at
    }

    /// Why there is no verdict; null when there is one.
    async fn reason(&self) -> Option<HoleReason> {
        self.detail.reason.map(Into::into)
    }

    /// The reason as a sentence.
    async fn reason_text(&self) -> Option<&'static str> {
        self.detail.reason.map(grid::cell::HoleReason::sentence)
    }

    async fn carried(&self) -> Option<CarriedVerdict> {
        let (version, verdict, at, stale) = self.detail.carried.clone()?;
        let verdict = match verdict {
            RealVerdict::Pass => verdict::Verdict::Pass,
            RealVerdict::Fail => verdict::Verdict::Fail,
        };
        Some(CarriedVerdict {
            version: Version(version),
            verdict: verdict.into(),
            at,
            stale,
        })
    }

    /// First version of the run of failing versions that ends here.
    async fn failing_since(&self) -> Option<Version> {
        self.detail.failing_since.clone().map(Version)
    }

    async fn failing_versions(&self) -> u32 {
        self.detail.failing_versions
    }

    async fn last_passing(&self) -> Option<Version> {
        self.detail.last_passing.clone().map(Version)
    }

    /// The cells of a fold, worst first; empty for a single cell. More of one is to be had by its own `cell`.
    async fn parts(&self) -> Vec<CellPart> {
        self.detail.parts.iter().map(CellPart::from).collect()
    }

    /// Newest first; at most 100.
    async fn recent_attempts(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> async_graphql::Result<Vec<Attempt>> {
        let limit = bounded("first", first)?;
        let db = context::app(ctx)?.db.read();
        let rows =
            service::job::attempts_of_cell(db, &self.detail.place(), self.as_of, limit).await?;
        Ok(rows
            .into_iter()
            .map(|(said, job)| Attempt {
                job: Job(job),
                verdict: said.verdict.into(),
                message: said.message,
            })
            .collect())
    }

    /// Up to and with this version, oldest first; at most 60.
    async fn history(
        &self,
        #[graphql(default = 20)] last: i32,
    ) -> async_graphql::Result<Vec<HistoryPoint>> {
        let last = usize::try_from(bounded("last", last)?).unwrap_or(usize::MAX);
        let points = self.detail.history.iter();
        let skipped = points.len().saturating_sub(last);
        Ok(points
            .skip(skipped)
            .map(|(version, verdict)| HistoryPoint {
                version: version.clone(),
                verdict: (*verdict).into(),
            })
            .collect())
    }

    /// Is it LAVA, the device-type or the lab? Null when nothing failed.
    async fn blame(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Blame>> {
        let told = service::blame::blame(context::app(ctx)?, &self.detail).await?;
        Ok(told.map(Blame))
    }

    /// Which labs tried it.
    async fn labs(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<LabCount>> {
        let db = context::app(ctx)?.db.read();
        let counts = service::job::labs_of_cell(db, &self.detail.place(), self.as_of).await?;
        Ok(counts
            .into_iter()
            .map(|(lab, count)| LabCount {
                lab: lab.map(Lab),
                attempts: count.all(),
                passes: count.passes,
                fails: count.fails,
                infras: count.infras,
            })
            .collect())
    }
}

fn bounded(field: &str, number: i32) -> crate::error::Result<u64> {
    match u64::try_from(number) {
        Ok(number @ 1..=100) => Ok(number),
        Ok(_) | Err(_) => Err(Error::input(
            field,
            format!("{field} is 1 to 100, not {number}."),
        )),
    }
}

#[derive(Default)]
pub(super) struct CellQuery;

#[Object]
impl CellQuery {
    /// One place of the grid in detail.
    async fn cell(
        &self,
        ctx: &Context<'_>,
        version: String,
        feature: String,
        #[graphql(desc = "Left out for a feature of devices: the fold over its device-types.")]
        device_type: Option<String>,
        #[graphql(desc = "Left out: the last release before the version.")] baseline: Option<
            String,
        >,
        as_of: Option<EventNumber>,
    ) -> async_graphql::Result<Option<Cell>> {
        let query = grid::cell::CellQuery {
            version: &version,
            feature: &feature,
            device_type: device_type.as_deref(),
            baseline: baseline.as_deref(),
            as_of: as_of.map(|event| event.0),
        };
        match grid::cell::cell(context::app(ctx)?, query, Utc::now()).await {
            Ok(detail) => Ok(Some(Cell {
                as_of: detail.event,
                detail,
            })),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
