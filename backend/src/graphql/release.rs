//! Can a version be released?

use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    compare::CellChange,
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    feature::Feature,
    scalar::{CellVerdict, ChangeClass, EventNumber, HoleReason},
    version::Version,
    waiver::Waiver,
};
use crate::{
    release::{self as rule, Obstacle},
    service::{page, release},
};

/// What keeps a version from release.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObstacleCode {
    /// Regressions that are not waived.
    Regressions,
    /// New failures that are not waived.
    NewFailures,
    /// Too few of the expected cells have a verdict.
    TooLittleTested,
    /// The plan expects nothing.
    NothingExpected,
}

#[derive(SimpleObject)]
pub(super) struct ReleaseObstacle {
    code: ObstacleCode,
    /// Cells that are in the way, or that have to be tested before there are enough.
    count: u32,
    /// It in words.
    text: String,
}

/// How many cells changed in one way, and how many of them are waived.
#[derive(SimpleObject)]
pub(super) struct ReleaseCount {
    class: ChangeClass,
    count: usize,
    waived: usize,
}

#[derive(SimpleObject)]
pub(super) struct MissingCount {
    /// Null: they are being tested.
    reason: Option<HoleReason>,
    count: usize,
}

/// An expected cell without a verdict.
pub(super) struct MissingCell(release::Missing);

impl From<release::Missing> for MissingCell {
    fn from(cell: release::Missing) -> Self {
        Self(cell)
    }
}

#[Object]
impl MissingCell {
    async fn feature(&self) -> Feature {
        Feature(self.0.feature.clone())
    }

    async fn device_type(&self) -> Option<DeviceType> {
        self.0.device_type.clone().map(DeviceType)
    }

    async fn verdict(&self) -> CellVerdict {
        self.0.verdict.into()
    }

    /// Null: it is being tested.
    async fn reason(&self) -> Option<HoleReason> {
        self.0.reason.map(Into::into)
    }
}

/// Whether a version can be released, and what keeps it from that.
pub(super) struct Release(release::Release);

#[Object]
impl Release {
    /// The event as of which it is; with it as `asOf` the answer never changes.
    async fn event(&self) -> EventNumber {
        EventNumber(self.0.event)
    }

    async fn version(&self) -> Version {
        Version(self.0.version.clone())
    }

    /// What it is compared with; null when there is no release before it.
    async fn baseline(&self) -> Option<Version> {
        self.0.baseline.clone().map(Version)
    }

    /// No regression and no new failure that is not waived, and enough of the
    /// expected cells tested.
    async fn ready(&self) -> bool {
        rule::obstacles(&self.0.standing).is_empty()
    }

    /// The answer in one sentence.
    async fn sentence(&self) -> String {
        let baseline = self.0.baseline.as_ref().map(|row| row.name.as_str());
        rule::sentence(&self.0.version.name, baseline, &self.0.standing)
    }

    /// Empty when it is ready.
    async fn obstacles(&self) -> Vec<ReleaseObstacle> {
        let standing = &self.0.standing;
        let found = rule::obstacles(standing);
        found
            .iter()
            .map(|obstacle| {
                let (code, count) = match *obstacle {
                    Obstacle::Regressions(count) => (ObstacleCode::Regressions, count),
                    Obstacle::NewFailures(count) => (ObstacleCode::NewFailures, count),
                    Obstacle::TooLittleTested(count) => (ObstacleCode::TooLittleTested, count),
                    Obstacle::NothingExpected => (ObstacleCode::NothingExpected, 0),
                };
                ReleaseObstacle {
                    code,
                    count,
                    text: rule::words(obstacle, standing),
                }
            })
            .collect()
    }

    /// Cells the plan expects.
    async fn expected(&self) -> u32 {
        self.0.standing.expected
    }

    /// Expected cells with an own verdict.
    async fn tested(&self) -> u32 {
        self.0.standing.tested
    }

    /// Percent of the expected cells that must be tested.
    async fn needed_percent(&self) -> u32 {
        self.0.standing.needed_percent
    }

    async fn last_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_at
    }

    /// How many cells changed in which way, the loudest first; sums never cancel.
    async fn counts(&self) -> Vec<ReleaseCount> {
        release::counts(&self.0.changes)
            .into_iter()
            .map(|(class, (count, waived))| ReleaseCount {
                class: class.into(),
                count,
                waived,
            })
            .collect()
    }

    /// The changed cells, loudest first.
    async fn changes(
        &self,
        #[graphql(desc = "Left out: all classes.")] classes: Option<Vec<ChangeClass>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<CellChange>> {
        let window = Window {
            first,
            after,
            last,
            before,
        };
        super::compare::page_of(&self.0.changes, classes.as_deref(), &window)
    }

    /// How many expected cells have no verdict for which reason, the most first.
    async fn missing_counts(&self) -> Vec<MissingCount> {
        release::missing_counts(&self.0.missing)
            .into_iter()
            .map(|(reason, count)| MissingCount {
                reason: reason.map(Into::into),
                count,
            })
            .collect()
    }

    /// Expected cells without a verdict.
    async fn missing(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<MissingCell>> {
        let window = Window {
            first,
            after,
            last,
            before,
        };
        let missing = &self.0.missing;
        let page = page::of_list(missing, &window, |cell| &cell.cursor)?;
        Ok(connection(page, missing.len() as u64))
    }

    /// In force, the oldest first.
    async fn waivers(&self) -> Vec<Waiver> {
        self.0.waivers.iter().cloned().map(Waiver).collect()
    }
}

#[derive(Default)]
pub(super) struct ReleaseQuery;

#[Object]
impl ReleaseQuery {
    /// Can this version be released?
    async fn release(
        &self,
        ctx: &Context<'_>,
        version: String,
        #[graphql(desc = "Left out: the last release before it.")] baseline: Option<String>,
        #[graphql(desc = "Left out: the newest event.")] as_of: Option<EventNumber>,
    ) -> async_graphql::Result<Release> {
        let as_of = as_of.map(|event| event.0);
        let app = context::app(ctx)?;
        Ok(Release(
            release::release(app, &version, baseline.as_deref(), as_of, Utc::now()).await?,
        ))
    }
}
