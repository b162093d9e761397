//! Two versions compared, cell by cell: own verdicts only, and summed after, so
//! that a fix never hides a regression.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    device_type, feature,
    version::{self, VersionId},
    waiver,
};

use super::grid::{
    CellVerdict, View,
    catalog::Catalog,
    cell::{HISTORY, failing_run, verdict_of},
    slice::Spot,
    view::Wanted,
};
use crate::{
    app::App,
    change::{self, Change},
    error::{Error, Result},
};

#[derive(Clone, Debug)]
pub struct Comparison {
    pub event: i64,
    pub base: version::Model,
    pub head: version::Model,
    /// Loudest first, then in the order of the catalogue.
    pub changes: Vec<CellChange>,
}

#[derive(Clone, Debug)]
pub struct CellChange {
    pub feature: feature::Model,
    pub device_type: Option<device_type::Model>,
    pub class: Change,
    pub base: CellVerdict,
    pub head: CellVerdict,
    /// Of the head's cell.
    pub waiver: Option<waiver::Model>,
    /// First version of the run of failing versions that ends with the head.
    pub failing_since: Option<version::Model>,
    pub failing_versions: u32,
    /// Tells the change apart from the others.
    pub cursor: String,
}

struct Both<'a>(&'a str, &'a str);

impl Wanted for Both<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        let head = catalog.version(self.1)?;
        let older = catalog.older_than(head.id).iter().take(HISTORY);
        let mut wanted: BTreeSet<_> = older.map(|row| row.id).collect();
        wanted.extend([catalog.version(self.0)?.id, head.id]);
        Ok(wanted)
    }
}

/// # Errors
/// `NOT_FOUND` for a version that is not known; `BAD_USER_INPUT` for one
/// compared with itself.
pub async fn compare(
    app: &App,
    base: &str,
    head: &str,
    as_of: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Comparison> {
    if base == head {
        return Err(Error::input(
            "head",
            "A version cannot be compared with itself.",
        ));
    }
    let view = View::open(app, as_of, &Both(base, head), now).await?;
    let catalog = &view.catalog;
    let (base, head) = (catalog.version(base)?, catalog.version(head)?);
    Ok(Comparison {
        event: view.event,
        base: base.clone(),
        head: head.clone(),
        changes: changes(&view, base, head),
    })
}

/// The cells that changed, loudest first, then in the order of the catalogue.
pub(super) fn changes(
    view: &View,
    base: &version::Model,
    head: &version::Model,
) -> Vec<CellChange> {
    let mut changes = Vec::new();
    for (feature, device_type) in view.catalog.places() {
        let spot: Spot = (feature.id, device_type.map(|row| row.id));
        let side = |version: &version::Model| View::side(view.entry(version.id, spot));
        let Some(class) = change::between(&side(base), &side(head)) else {
            continue;
        };
        let run = failing_run(view, head, &[spot]);
        changes.push(CellChange {
            feature: feature.clone(),
            device_type: device_type.cloned(),
            class,
            base: verdict_of(view, base.id, spot),
            head: verdict_of(view, head.id, spot),
            waiver: view.catalog.waiver(head.id, spot).cloned(),
            failing_since: run.since.cloned(),
            failing_versions: run.length,
            cursor: cursor(feature, device_type),
        });
    }
    // A stable sort: equal classes stay in the order of the catalogue.
    changes.sort_by_key(|change| change.class);
    changes
}

/// Tells the place of a cell apart from the others.
pub(super) fn cursor(feature: &feature::Model, device_type: Option<&device_type::Model>) -> String {
    match device_type {
        Some(row) => format!("{}@{}", feature.name, row.name),
        None => feature.name.clone(),
    }
}

/// How many cells changed in which way, the loudest first.
#[must_use]
pub fn counts(comparison: &Comparison) -> BTreeMap<Change, usize> {
    let mut counts = BTreeMap::new();
    for change in &comparison.changes {
        *counts.entry(change.class).or_default() += 1;
    }
    counts
}
