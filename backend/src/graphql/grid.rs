//! The grid: any two of version, feature and device-type, packed.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    context,
    scalar::{EventNumber, FeatureAction, GridAxis, VersionKind},
};
use crate::{
    error::Error,
    service::grid::{self, GridQuery, Key},
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
    /// Regressions and new failures that do not count against it.
    waived: u32,
    new_passes: u32,
    appeared: u32,
    gone: u32,
    flaky_changes: u32,
    last_at: Option<DateTime<Utc>>,
    /// The version it is compared with.
    baseline: Option<String>,
    /// No regression and no new failure that is not waived, and enough of the expected cells tested.
    ready: bool,
    /// Whether it can be released, and why.
    sentence: String,
}

impl From<grid::Summary> for Summary {
    fn from(summary: grid::Summary) -> Self {
        let fold = summary.fold;
        Self {
            expected: summary.standing.expected,
            tested: summary.standing.tested,
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
            waived: summary.standing.waived,
            gone: fold.gone,
            flaky_changes: fold.flaky_changes,
            last_at: summary.last_at,
            baseline: summary.baseline,
            ready: summary.ready,
            sentence: summary.sentence,
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
    /// Of a version: its cells of the features and device-types asked for,
    /// whatever a query finds. `ready` is asked of the whole version.
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

    /// How the one feature or device-type that is asked for stands over the
    /// versions. Null but on the first page of versions as rows.
    async fn sentence(&self) -> Option<&str> {
        self.grid.sentence.as_deref()
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

    /// How many rows there are, of which `rows` is one page. With a `query` and
    /// versions as rows: how many versions it does not rule out by themselves.
    async fn total_rows(&self) -> i32 {
        i32::try_from(self.grid.total_rows).unwrap_or(i32::MAX)
    }

    /// Give it as `after` for the next page.
    async fn end_cursor(&self) -> Option<&str> {
        self.grid.end_cursor.as_deref()
    }

    async fn has_next_page(&self) -> bool {
        self.grid.has_next_page
    }
}

#[derive(Default)]
pub(super) struct GridQueries;

#[Object]
impl GridQueries {
    /// Any two of version, feature and device-type, the third filtered or
    /// folded. Its cost is its rows and columns.
    ///
    /// With a `query` a grid shows the cells that it finds, as if there were no
    /// others: a place shows and counts these alone, and only rows and columns
    /// with one of them remain. The summary of a version still tells of all its
    /// cells of the features and device-types asked for. With versions as rows a page looks at `first` versions and shows
    /// those with a cell that is found: it may be short, or empty before the last.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn grid(
        &self,
        ctx: &Context<'_>,
        rows: GridAxis,
        columns: GridAxis,
        #[graphql(
            desc = "Left out: all, newest first; where they are not the rows, the newest `first`."
        )]
        versions: Option<Vec<String>>,
        #[graphql(desc = "Left out: all.")] features: Option<Vec<String>>,
        #[graphql(desc = "Left out: all, and generic features.")] device_types: Option<Vec<String>>,
        #[graphql(desc = "Left out: for each version the last release before it.")]
        baseline: Option<String>,
        #[graphql(default = 100, desc = "1 to 1000.")] first: i32,
        after: Option<String>,
        #[graphql(desc = "Left out: the newest event.")] as_of: Option<EventNumber>,
        #[graphql(
            desc = "Cells that are shown, such as `change:regression device-type:x15`; see `cells`."
        )]
        query: Option<String>,
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
            query: query.as_deref().map(grid::parse).transpose()?,
        };
        let grid = grid::grid(context::app(ctx)?, &query, Utc::now()).await?;
        Ok(Grid {
            grid,
            rows,
            columns,
        })
    }
}
