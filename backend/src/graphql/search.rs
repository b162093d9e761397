//! The cells that a query finds, across versions.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};

use super::{
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    feature::Feature,
    lab::Lab,
    scalar::{CellVerdict, ChangeClass, EventNumber},
    version::Version,
};
use crate::service::grid::{
    self,
    search::{self, Found},
};

/// A cell that a query found.
pub(super) struct FoundCell(Found);

impl From<Found> for FoundCell {
    fn from(found: Found) -> Self {
        Self(found)
    }
}

#[Object]
impl FoundCell {
    async fn version(&self) -> Version {
        Version(self.0.version.clone())
    }

    async fn feature(&self) -> Feature {
        Feature(self.0.feature.clone())
    }

    /// Null for a generic feature.
    async fn device_type(&self) -> Option<DeviceType> {
        self.0.device_type.clone().map(DeviceType)
    }

    /// NOT_APPLICABLE: the baseline has the cell, this version has lost it.
    async fn verdict(&self) -> CellVerdict {
        self.0.verdict.into()
    }

    /// Against the baseline.
    async fn change(&self) -> Option<ChangeClass> {
        self.0.change.map(Into::into)
    }

    /// The last release before its version.
    async fn baseline(&self) -> Option<Version> {
        self.0.baseline.clone().map(Version)
    }

    async fn attempts(&self) -> i32 {
        self.0.attempts.all()
    }

    async fn passes(&self) -> i32 {
        self.0.attempts.passes
    }

    async fn fails(&self) -> i32 {
        self.0.attempts.fails
    }

    async fn infras(&self) -> i32 {
        self.0.attempts.infras
    }

    async fn not_reached(&self) -> i32 {
        self.0.attempts.not_reached
    }

    /// When the last attempt was submitted.
    async fn last_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_at
    }

    /// Seconds since then; as of an older event: until the last attempt of then.
    async fn age(&self) -> Option<i64> {
        self.0.age
    }

    /// The labs whose devices tried it, by name.
    async fn labs(&self) -> Vec<Lab> {
        self.0.labs.iter().cloned().map(Lab).collect()
    }
}

#[derive(Default)]
pub(super) struct SearchQuery;

#[Object]
impl SearchQuery {
    /// The cells that a query finds, newest version first, then by feature and
    /// device-type. The same text gives the same cells here, in `grid`, in
    /// `/export/cells.csv` and in `/export/cells.json`.
    ///
    /// A query is made of terms: `verdict:fail version>=2026.01 device-type:x15`.
    /// Terms beside each other must all hold; `or` lets either hold, `not` or a
    /// `-` right before a term denies it, parentheses group. Fields are
    /// `version`, `feature`, `device-type`, `lab` (whole names, in which a `*`
    /// stands for any characters), `verdict`, `change`, `action` (`deploy`,
    /// `boot`, `test`) and `kind` (`generic`, `device`, `release`,
    /// `development`); a comma stands between values of which one must fit.
    /// `version` and `age` are compared: `version<2026.10`, `age>30d`. A word
    /// without a field is a part of a version's, feature's or device-type's name.
    /// What has blanks or signs of the language stands in quotes.
    ///
    /// A query that cannot be read is `BAD_USER_INPUT` with the place in
    /// `extensions.place`: the byte `at` which it begins and its `length`.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn cells(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Empty: all cells.")] query: String,
        #[graphql(desc = "Left out: the newest event.")] as_of: Option<EventNumber>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<FoundCell>> {
        let app = context::app(ctx)?;
        let as_of = as_of.map(|event| event.0);
        let window = Window {
            first,
            after,
            last,
            before,
        };
        let query = grid::parse(&query)?;
        let asked = ctx.look_ahead();
        let labs = [asked.field("nodes"), asked.field("edges").field("node")]
            .iter()
            .any(|cell| cell.field("labs").exists());
        let now = Utc::now();
        let page = search::page(app, query.clone(), as_of, &window, labs, now).await?;
        let total = if context::wants_total(ctx) {
            search::count(app, query, as_of, now).await?
        } else {
            0
        };
        Ok(connection(page, total))
    }
}
