//! Can a version be released? What broke since the last release, what is still
//! missing and why, and what is waived, all as of one event. The rule itself is
//! in `crate::release`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    device_type, feature,
    version::{self, VersionId},
    waiver,
};

use super::{
    compare::{self, CellChange},
    grid::{
        self, CellVerdict, View,
        catalog::Catalog,
        cell::{HISTORY, HoleReason, reason_of, verdict_of},
        slice::Spot,
        view::Wanted,
    },
    waiver::Cell,
};
use crate::{
    app::App,
    change::{self, Change},
    error::{Error, Result},
    release::Standing,
};

#[derive(Clone, Debug)]
pub struct Release {
    pub event: i64,
    pub version: version::Model,
    pub baseline: Option<version::Model>,
    pub standing: Standing,
    pub last_at: Option<DateTime<Utc>>,
    /// Loudest first, then in the order of the catalogue.
    pub changes: Vec<CellChange>,
    /// Expected cells without a verdict, in the order of the catalogue.
    pub missing: Vec<Missing>,
    /// In force, the oldest first.
    pub waivers: Vec<waiver::Model>,
}

/// An expected cell without a verdict.
#[derive(Clone, Debug)]
pub struct Missing {
    pub feature: feature::Model,
    pub device_type: Option<device_type::Model>,
    pub verdict: CellVerdict,
    /// None: it is being tested.
    pub reason: Option<HoleReason>,
    /// Tells it apart from the others.
    pub cursor: String,
}

/// A version, what it is compared with, and how long it has been so.
struct WithBaseline<'a> {
    version: &'a str,
    baseline: Option<&'a str>,
}

impl Wanted for WithBaseline<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        let version = catalog.version(self.version)?;
        let mut wanted: BTreeSet<_> = catalog
            .older_than(version.id)
            .iter()
            .take(HISTORY)
            .map(|row| row.id)
            .collect();
        wanted.insert(version.id);
        match self.baseline {
            Some(name) => wanted.extend([catalog.version(name)?.id]),
            None => wanted.extend(catalog.release_before(version.id).map(|row| row.id)),
        }
        Ok(wanted)
    }
}

/// # Errors
/// `NOT_FOUND` for a version that is not known; `BAD_USER_INPUT` for one
/// compared with itself, or an event that is not yet.
pub async fn release(
    app: &App,
    version: &str,
    baseline: Option<&str>,
    as_of: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Release> {
    if baseline == Some(version) {
        let sentence = "A version cannot be compared with itself.";
        return Err(Error::input("baseline", sentence));
    }
    let plan = WithBaseline { version, baseline };
    let view = View::open(app, as_of, &plan, now).await?;
    let row = view.catalog.version(version)?;
    let base = view.baseline_of(row, baseline)?;
    let summary = grid::summarize(app, &view, row, base, |_| true);
    let changes = base.map_or_else(Vec::new, |base| compare::changes(&view, base, row));
    Ok(Release {
        event: view.event,
        version: row.clone(),
        baseline: base.cloned(),
        standing: summary.standing,
        last_at: summary.last_at,
        changes,
        missing: missing(&view, row.id),
        waivers: view.catalog.waivers_of(row.id).cloned().collect(),
    })
}

/// How a cell changed against the last release, by the names of its place.
///
/// # Errors
/// `NOT_FOUND` for a name that is not known; `BAD_USER_INPUT` for a device-type
/// with a generic feature, or none with another.
pub async fn change_of(
    app: &App,
    cell: Cell<'_>,
    now: DateTime<Utc>,
) -> Result<(VersionId, Spot, Option<Change>)> {
    let plan = WithBaseline {
        version: cell.version,
        baseline: None,
    };
    let view = View::open(app, None, &plan, now)
        .await
        .map_err(|error| error.at("version"))?;
    let version = view.catalog.version(cell.version)?;
    let feature = view
        .catalog
        .feature(cell.feature)
        .map_err(|error| error.at("feature"))?;
    let device_type = match cell.device_type {
        Some(name) => Some(
            view.catalog
                .device_type(name)
                .map_err(|error| error.at("deviceType"))?,
        ),
        None => None,
    };
    if feature.is_generic() != device_type.is_none() {
        let sentence = if feature.is_generic() {
            "A generic feature has no device-type."
        } else {
            "Name the device-type: a feature of devices is waived on one at a time."
        };
        return Err(Error::input("deviceType", sentence));
    }
    let spot = (feature.id, device_type.map(|row| row.id));
    let change = view.catalog.release_before(version.id).and_then(|base| {
        let side = |id| View::side(view.entry(id, spot));
        change::between(&side(base.id), &side(version.id))
    });
    Ok((version.id, spot, change))
}

fn missing(view: &View, version: VersionId) -> Vec<Missing> {
    let expected_and_untested = |spot: &Spot| {
        view.entry(version, *spot).is_some_and(|entry| {
            entry.expected && entry.numbers.is_none_or(|numbers| numbers.latest.is_none())
        })
    };
    view.catalog
        .places()
        .filter(|(feature, device_type)| {
            expected_and_untested(&(feature.id, device_type.map(|row| row.id)))
        })
        .map(|(feature, device_type)| {
            let spot = (feature.id, device_type.map(|row| row.id));
            let verdict = verdict_of(view, version, spot);
            Missing {
                feature: feature.clone(),
                device_type: device_type.cloned(),
                verdict,
                reason: reason_of(view, version, &[spot], verdict),
                cursor: compare::cursor(feature, device_type),
            }
        })
        .collect()
}

/// How many changes there are of each class, and how many of them are waived;
/// the loudest class first.
#[must_use]
pub fn counts(changes: &[CellChange]) -> BTreeMap<Change, (usize, usize)> {
    let mut counts: BTreeMap<Change, (usize, usize)> = BTreeMap::new();
    for change in changes {
        let (all, waived) = counts.entry(change.class).or_default();
        *all += 1;
        *waived += usize::from(change.waiver.is_some());
    }
    counts
}

/// How many cells are missing for each reason, the most first.
#[must_use]
pub fn missing_counts(missing: &[Missing]) -> Vec<(Option<HoleReason>, usize)> {
    let mut counts: Vec<(Option<HoleReason>, usize)> = Vec::new();
    for cell in missing {
        match counts.iter_mut().find(|(reason, _)| *reason == cell.reason) {
            Some((_, count)) => *count += 1,
            None => counts.push((cell.reason, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
