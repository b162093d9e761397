//! What changed lately: each time a cell came to show something else, newest
//! first. Attempts that changed nothing are no news.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{cell_change, device_type, feature, version, version::VersionId};
use query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::{
    CellVerdict, View,
    catalog::Catalog,
    fold::{Told, verdict_of_status},
    found::{self, Labs, Names},
    search::{self, Chosen},
    slice::Spot,
};
use crate::{
    app::App,
    change::{self, Change, Side},
    error::Result,
    rollup,
};

/// News of a feed at most.
const MOST: usize = 50;
/// Newest changes of cells that are looked at.
const LOOKED_AT: u64 = 1_000;
/// Versions these may belong to; those of the newest changes.
const VERSIONS: usize = 16;

/// A cell that came to show something else.
#[derive(Clone, Debug)]
pub struct News {
    /// The event that brought it.
    pub event: i64,
    /// When the attempt behind it was submitted.
    pub at: DateTime<Utc>,
    pub version: version::Model,
    pub feature: feature::Model,
    pub device_type: Option<device_type::Model>,
    /// None: this was its first attempt.
    pub before: Option<CellVerdict>,
    pub verdict: CellVerdict,
    /// Against what the baseline shows now.
    pub change: Option<Change>,
}

/// News of cells that were, when they came, as the query asks.
///
/// # Errors
/// When the database fails.
pub async fn news(app: &App, query: &Query, now: DateTime<Utc>) -> Result<Vec<News>> {
    let view = View::open(app, None, &Chosen(&[]), now).await?;
    let recent = recent(app, &view, query).await?;
    let Some(oldest) = recent.iter().map(|row| row.event_no).min() else {
        return Ok(Vec::new());
    };
    let versions: BTreeSet<_> = recent.iter().map(|row| row.version_id).collect();
    let versions: Vec<_> = versions.into_iter().collect();
    let rows = cell_change::Entity::find()
        .filter(cell_change::Column::VersionId.is_in(versions.iter().copied()))
        .filter(cell_change::Column::EventNo.lte(view.event))
        .order_by_asc(cell_change::Column::EventNo)
        .order_by_asc(cell_change::Column::Id)
        .all(app.db.read())
        .await?;
    let view = View::open(app, None, &Chosen(&versions), now).await?;
    let labs = if found::asks_for_labs(query) {
        search::labs(app, &versions, view.event).await?
    } else {
        Labs::default()
    };
    let names = Names::of(&view.catalog);
    let mut shown: HashMap<(VersionId, Spot), CellVerdict> = HashMap::new();
    let mut news = Vec::new();
    for row in &rows {
        let spot = (row.feature_id, row.device_type_id);
        let status = rollup::status(row.passes, row.fails, row.infras);
        let verdict = verdict_of_status(status);
        let before = shown.insert((row.version_id, spot), verdict);
        if row.event_no < oldest || before == Some(verdict) {
            continue;
        }
        let Some(version) = view.catalog.version_by_id(row.version_id) else {
            continue;
        };
        let side = Side {
            status: Some(status),
            latest: row.latest,
            expected: view
                .entry(version.id, spot)
                .is_some_and(|entry| entry.expected),
        };
        let told = Told::own(verdict, change_of(&view, version, spot, &side));
        let candidate = names.candidate(version, spot, told, Some(row.last_at), now, &labs);
        if let Some(cell) = candidate.filter(|cell| query.matches(cell)) {
            news.push(News {
                event: row.event_no,
                at: row.last_at,
                version: version.clone(),
                feature: cell.feature.clone(),
                device_type: cell.device_type.cloned(),
                before,
                verdict,
                change: cell.change,
            });
        }
    }
    news.reverse();
    news.truncate(MOST);
    Ok(news)
}

fn change_of(view: &View, version: &version::Model, spot: Spot, own: &Side) -> Option<Change> {
    let baseline = view.catalog.release_before(version.id)?;
    change::between(&View::side(view.entry(baseline.id, spot)), own)
}

/// What a cell shows becomes another when one of its counts is no longer zero.
/// All others only confirm it, and are many more.
fn may_be_news() -> Condition {
    use cell_change::Column::{Fails, Infras, NotReached, Passes};
    let none_real = Condition::all().add(Passes.eq(0)).add(Fails.eq(0));
    let first = Condition::any()
        .add(Infras.eq(1))
        .add(Condition::all().add(Infras.eq(0)).add(NotReached.eq(1)));
    Condition::any()
        .add(Passes.eq(1))
        .add(Fails.eq(1))
        .add(none_real.add(first))
}

/// The newest changes of cells in versions that the query does not rule out.
async fn recent(app: &App, view: &View, query: &Query) -> Result<Vec<cell_change::Model>> {
    let may_find = |catalog: &Catalog, id| {
        let version = catalog.version_by_id(id);
        version.is_some_and(|row| query.may_find_in(&found::of_version(row)))
    };
    let rows = cell_change::Entity::find()
        .filter(cell_change::Column::EventNo.lte(view.event))
        .filter(may_be_news())
        .order_by_desc(cell_change::Column::EventNo)
        .order_by_desc(cell_change::Column::Id)
        .limit(LOOKED_AT)
        .all(app.db.read())
        .await?;
    let mut versions = BTreeSet::new();
    Ok(rows
        .into_iter()
        .filter(|row| may_find(&view.catalog, row.version_id))
        .take_while(|row| {
            versions.insert(row.version_id);
            versions.len() <= VERSIONS
        })
        .collect())
}
