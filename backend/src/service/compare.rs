//! Two versions compared, cell by cell: own verdicts only, and summed after, so
//! that a fix never hides a regression.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    device_type, feature,
    version::{self, VersionId},
};

use super::grid::{
    CellVerdict, View, catalog::Catalog, cell::verdict_of, slice::Spot, view::Wanted,
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
    /// Tells the change apart from the others.
    pub cursor: String,
}

struct Both<'a>(&'a str, &'a str);

impl Wanted for Both<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        Ok([catalog.version(self.0)?.id, catalog.version(self.1)?.id].into())
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
    let mut changes = Vec::new();
    for feature in &catalog.features {
        let none = feature.is_generic().then_some(None);
        let types = catalog
            .device_types
            .iter()
            .filter(|_| !feature.is_generic())
            .map(Some);
        for device_type in none.into_iter().chain(types) {
            let spot: Spot = (feature.id, device_type.map(|row| row.id));
            let side = |version: &version::Model| View::side(view.entry(version.id, spot));
            if let Some(class) = change::between(&side(base), &side(head)) {
                changes.push(CellChange {
                    feature: feature.clone(),
                    device_type: device_type.cloned(),
                    class,
                    base: verdict_of(&view, base.id, spot),
                    head: verdict_of(&view, head.id, spot),
                    cursor: match device_type {
                        Some(row) => format!("{}@{}", feature.name, row.name),
                        None => feature.name.clone(),
                    },
                });
            }
        }
    }
    // A stable sort: equal classes stay in the order of the catalogue.
    changes.sort_by_key(|change| change.class);
    Ok(Comparison {
        event: view.event,
        base: base.clone(),
        head: head.clone(),
        changes,
    })
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
