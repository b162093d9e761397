//! Reading the grid: any two of version, feature and device-type, the third
//! filtered or folded. Works on a `View`, an unchanging picture of cells and
//! plan as of one event; counts cells, never jobs.

mod around;
pub mod cache;
pub mod catalog;
pub mod cell;
mod course;
mod fold;
mod found;
pub mod news;
mod pack;
pub mod search;
pub mod slice;
mod unpack;
pub mod view;

use chrono::{DateTime, Utc};
use entity::{
    device_type::DeviceTypeId,
    feature::{FeatureAction, FeatureId},
    version::{self, VersionId, VersionKind},
};
use query::Query;

pub use fold::{CellVerdict, Fold, Letter, change_letter};
pub use found::{change_word, parse, verdict_word};
pub use pack::Packed;
pub use unpack::Place;
pub use view::View;

pub(super) use fold::summarize;
use found::Labs;

use crate::{
    app::App,
    error::{Error, Result},
    release::Standing,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    Version,
    Feature,
    DeviceType,
}

/// Which grid is asked for. A filter that is None lets all through.
#[derive(Clone, Debug)]
pub struct GridQuery {
    pub rows: Axis,
    pub columns: Axis,
    pub versions: Option<Vec<String>>,
    pub features: Option<Vec<String>>,
    pub device_types: Option<Vec<String>>,
    /// None: each version is compared with the last release before it.
    pub baseline: Option<String>,
    pub first: usize,
    /// Name of the row behind which the page begins.
    pub after: Option<String>,
    pub as_of: Option<i64>,
    /// None lets all cells through.
    pub query: Option<Query>,
}

impl GridQuery {
    /// Whether a version may have cells that are asked for.
    fn may_find_in(&self, version: &version::Model) -> bool {
        let query = self.query.as_ref();
        query.is_none_or(|query| query.may_find_in(&found::of_version(version)))
    }
}

/// What an axis has at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub key: Key,
    /// The cells behind this place, folded.
    pub fold: Fold,
    /// Of a version only.
    pub summary: Option<Summary>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Version(VersionId, VersionKind),
    Feature(FeatureId, Option<FeatureAction>),
    DeviceType(DeviceTypeId),
}

#[derive(Clone, Debug)]
pub struct Grid {
    pub event: i64,
    /// How the one feature or device-type it is of stands.
    pub sentence: Option<String>,
    pub columns: Vec<Header>,
    pub rows: Vec<(Header, Packed)>,
    pub total_rows: usize,
    /// The name behind which the next page begins.
    pub end_cursor: Option<String>,
    pub has_next_page: bool,
}

/// A version's cells, counted by verdict and by change against its baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub fold: Fold,
    /// What the rule of release looks at.
    pub standing: Standing,
    pub last_at: Option<DateTime<Utc>>,
    pub baseline: Option<String>,
    pub ready: bool,
    /// Whether it can be released, and why.
    pub sentence: String,
}

/// # Errors
/// `BAD_USER_INPUT` for two equal axes or an event that is not yet;
/// `NOT_FOUND` for a version, feature or device-type that is not known.
pub async fn grid(app: &App, query: &GridQuery, now: DateTime<Utc>) -> Result<Grid> {
    if query.rows == query.columns {
        return Err(Error::input(
            "columns",
            "Rows and columns must be different axes.",
        ));
    }
    let plan = view::GridPlan::new(query);
    let view = View::open(app, query.as_of, &plan, now).await?;
    let labs = match &query.query {
        Some(asked) if found::asks_for_labs(asked) => {
            let versions = pack::versions_shown(&view.catalog, query)?;
            let ids: Vec<_> = versions.iter().map(|row| row.id).collect();
            search::labs(app, &ids, view.event).await?
        }
        Some(_) | None => Labs::default(),
    };
    pack::grid(app, &view, query, &labs)
}

/// A version's counts against a baseline, or against its own when None.
///
/// # Errors
/// `NOT_FOUND` for a baseline that is not known.
pub async fn summary(
    app: &App,
    version: &str,
    baseline: Option<&str>,
    as_of: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Summary> {
    let plan = view::OneVersion { version, baseline };
    let view = View::open(app, as_of, &plan, now).await?;
    let row = view.catalog.version(version)?;
    let baseline = view.baseline_of(row, baseline)?;
    Ok(fold::summarize(app, &view, row, baseline, |_| true))
}
