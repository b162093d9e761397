//! The grid, a cell of it, and the comparison of two versions.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{cell::RealVerdict, verdict};

use super::{
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    feature::Feature,
    job::Job,
    lab::Lab,
    scalar::{
        CellVerdict, ChangeClass, EventNumber, FeatureAction, GridAxis, HoleReason, Verdict,
        VersionKind,
    },
    version::Version,
};
use crate::{
    error::Error,
    service::{
        self, compare,
        grid::{self, GridQuery, Key, cell::CellDetail},
        page,
    },
};

/// Cells counted by verdict, and by change against the baseline. Never folds.
#[derive(SimpleObject)]
pub(super) struct Summary {
    /// Cells the plan expects.
    expected: u32,
    /// Expected cells with an own verdict.
    tested: u32,
    pass: u32,
    fail: u32,
    flaky: u32,
    infra: u32,
    running: u32,
    planned: u32,
    not_reached: u32,
    regressions: u32,
    new_failures: u32,
    fixed: u32,
    still_failing: u32,
    new_passes: u32,
    appeared: u32,
    gone: u32,
    flaky_changes: u32,
    last_at: Option<DateTime<Utc>>,
    /// The version it is compared with.
    baseline: Option<String>,
    /// No regression, no new failure, and enough of the expected cells tested.
    ready: bool,
}

impl From<grid::Summary> for Summary {
    fn from(summary: grid::Summary) -> Self {
        let fold = summary.fold;
        Self {
            expected: summary.expected,
            tested: summary.tested,
            pass: fold.pass,
            fail: fold.fail,
            flaky: fold.flaky,
            infra: fold.infra,
            running: fold.running,
            planned: fold.planned,
            not_reached: fold.not_reached,
            regressions: fold.regressions,
            new_failures: fold.new_failures,
            fixed: fold.fixed,
            still_failing: fold.still_failing,
            new_passes: fold.new_passes,
            appeared: fold.appeared,
            gone: fold.gone,
            flaky_changes: fold.flaky_changes,
            last_at: summary.last_at,
            baseline: summary.baseline,
            ready: summary.ready,
        }
    }
}

/// What stands at one place of an axis, and its cells folded.
#[derive(SimpleObject)]
pub(super) struct GridHeader {
    name: String,
    /// Of a feature; null for a generic one.
    action: Option<FeatureAction>,
    /// Of a version.
    kind: Option<VersionKind>,
    /// Of a version: all its cells, whatever is filtered.
    summary: Option<Summary>,
    /// The cells behind this place folded, as a letter of `GridRow.verdicts`.
    /// A generic feature has no device-type: on a grid with that axis its
    /// verdict is here alone.
    verdict: String,
    /// As a letter of `GridRow.changes`.
    change: String,
    passed: u32,
    total: u32,
}

impl From<grid::Header> for GridHeader {
    fn from(header: grid::Header) -> Self {
        let (action, kind) = match header.key {
            Key::Version(_, kind) => (None, Some(kind.into())),
            Key::Feature(_, action) => (action.map(Into::into), None),
            Key::DeviceType(_) => (None, None),
        };
        Self {
            name: header.name,
            action,
            kind,
            summary: header.summary.map(Into::into),
            verdict: header.fold.letter().packed().to_string(),
            change: grid::change_letter(header.fold.change()).to_string(),
            passed: header.fold.pass,
            total: header.fold.total(),
        }
    }
}

/// A row of the grid, packed.
#[derive(SimpleObject)]
pub(super) struct GridRow {
    header: GridHeader,
    /// One letter a column: P pass, S pass so far (a fold without failure, but
    /// with holes), F fail, Y flaky, I infra, R running, L planned, N not
    /// reached, - not applicable; p and f are verdicts carried from an older
    /// version.
    verdicts: String,
    /// One letter a column: R regression, N new failure, F fixed, S still
    /// failing, Y flaky, G gone, P new pass, A appeared, . none. A fold shows
    /// its loudest.
    changes: String,
    /// Four characters a column: cells that pass and cells there are, two
    /// base-36 digits each (0305 is 3 of 5). Empty unless a place stands for
    /// several cells.
    counts: String,
}

/// Any two of version, feature and device-type; the third is filtered or folded.
pub(super) struct Grid {
    grid: grid::Grid,
    rows: GridAxis,
    columns: GridAxis,
}

#[Object]
impl Grid {
    /// The event as of which it is; subscribe behind it.
    async fn event(&self) -> EventNumber {
        EventNumber(self.grid.event)
    }

    async fn row_axis(&self) -> GridAxis {
        self.rows
    }

    async fn column_axis(&self) -> GridAxis {
        self.columns
    }

    async fn columns(&self) -> Vec<GridHeader> {
        self.grid.columns.iter().cloned().map(Into::into).collect()
    }

    async fn rows(&self) -> Vec<GridRow> {
        let rows = self.grid.rows.iter().cloned();
        rows.map(|(header, packed)| GridRow {
            header: header.into(),
            verdicts: packed.verdicts,
            changes: packed.changes,
            counts: packed.counts,
        })
        .collect()
    }

    /// How many rows there are, of which `rows` is one page.
    async fn total_rows(&self) -> i32 {
        i32::try_from(self.grid.total_rows).unwrap_or(i32::MAX)
    }

    /// Give it as `after` for the next page.
    async fn end_cursor(&self) -> Option<&str> {
        self.grid
            .rows
            .last()
            .map(|(header, _)| header.name.as_str())
    }

    async fn has_next_page(&self) -> bool {
        self.grid.has_next_page
    }
}

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

    /// The cells of a fold, worst first; empty for a single cell.
    async fn parts(&self) -> Vec<Cell> {
        let parts = self.detail.parts.iter().cloned();
        parts
            .map(|detail| Cell {
                detail,
                as_of: self.as_of,
            })
            .collect()
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

#[derive(SimpleObject)]
pub(super) struct ChangeCount {
    class: ChangeClass,
    count: i32,
}

/// A cell that changed.
pub(super) struct CellChange(compare::CellChange);

impl From<compare::CellChange> for CellChange {
    fn from(change: compare::CellChange) -> Self {
        Self(change)
    }
}

#[Object]
impl CellChange {
    async fn feature(&self) -> Feature {
        Feature(self.0.feature.clone())
    }

    async fn device_type(&self) -> Option<DeviceType> {
        self.0.device_type.clone().map(DeviceType)
    }

    async fn class(&self) -> ChangeClass {
        self.0.class.into()
    }

    async fn base(&self) -> CellVerdict {
        self.0.base.into()
    }

    async fn head(&self) -> CellVerdict {
        self.0.head.into()
    }
}

/// Two versions compared cell by cell; own verdicts only.
pub(super) struct Comparison(compare::Comparison);

#[Object]
impl Comparison {
    async fn event(&self) -> EventNumber {
        EventNumber(self.0.event)
    }

    async fn base(&self) -> Version {
        Version(self.0.base.clone())
    }

    async fn head(&self) -> Version {
        Version(self.0.head.clone())
    }

    /// How many cells changed in which way; sums never cancel.
    async fn counts(&self) -> Vec<ChangeCount> {
        let counts = compare::counts(&self.0);
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        counts
            .into_iter()
            .map(|(class, count)| ChangeCount {
                class: class.into(),
                count: number(count),
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
        let mut changes = self.0.changes.clone();
        changes.retain(|change| {
            classes
                .as_ref()
                .is_none_or(|classes| classes.contains(&change.class.into()))
        });
        let window = Window {
            first,
            after,
            last,
            before,
        };
        let page = page::of_list(&changes, &window, |change| &change.cursor)?;
        Ok(connection(page, changes.len() as u64))
    }
}

#[derive(Default)]
pub(super) struct GridQueries;

#[Object]
impl GridQueries {
    /// Any two of version, feature and device-type, the third filtered or
    /// folded. Its cost is its rows and columns.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn grid(
        &self,
        ctx: &Context<'_>,
        rows: GridAxis,
        columns: GridAxis,
        #[graphql(desc = "Left out: all, newest first.")] versions: Option<Vec<String>>,
        #[graphql(desc = "Left out: all.")] features: Option<Vec<String>>,
        #[graphql(desc = "Left out: all, and generic features.")] device_types: Option<Vec<String>>,
        #[graphql(desc = "Left out: for each version the last release before it.")]
        baseline: Option<String>,
        #[graphql(default = 100, desc = "1 to 1000.")] first: i32,
        after: Option<String>,
        #[graphql(desc = "Left out: the newest event.")] as_of: Option<EventNumber>,
    ) -> async_graphql::Result<Grid> {
        let length = match usize::try_from(first) {
            Ok(length @ 1..=1000) => length,
            Ok(_) | Err(_) => {
                return Err(Error::input(
                    "first",
                    format!("A grid has 1 to 1000 rows, not {first}."),
                )
                .into());
            }
        };
        let query = GridQuery {
            rows: rows.into(),
            columns: columns.into(),
            versions,
            features,
            device_types,
            baseline,
            first: length,
            after,
            as_of: as_of.map(|event| event.0),
        };
        let grid = grid::grid(context::app(ctx)?, &query, Utc::now()).await?;
        Ok(Grid {
            grid,
            rows,
            columns,
        })
    }

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
            Err(error) if error.code == crate::error::Code::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Compares two versions cell by cell.
    async fn compare(
        &self,
        ctx: &Context<'_>,
        base: String,
        head: String,
        as_of: Option<EventNumber>,
    ) -> async_graphql::Result<Comparison> {
        let as_of = as_of.map(|event| event.0);
        let app = context::app(ctx)?;
        Ok(Comparison(
            compare::compare(app, &base, &head, as_of, Utc::now()).await?,
        ))
    }
}
