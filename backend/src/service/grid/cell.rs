//! One place of the grid in detail: a cell, or for a device feature without a
//! device-type the fold over its device-types.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    cell::{Place, RealVerdict},
    device_type::{self, DeviceTypeId},
    feature,
    verdict::Verdict,
    version::{self, VersionId},
};

use super::{
    Fold, View,
    around::{self, Around},
    catalog::Catalog,
    fold::{self, CellVerdict, Letter, status_of},
    slice::{Entry, Spot},
    view::{Carried, Rolling, Wanted},
};
use crate::{
    app::App,
    change::Change,
    error::{Error, Result},
};

/// How many versions back the history of a cell is read.
pub(in crate::service) const HISTORY: usize = 60;
/// A carried verdict older than this is marked as stale.
const STALE: TimeDelta = TimeDelta::days(30);

/// Why an expected cell has no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoleReason {
    Planned,
    NoDeviceLent,
    InfraFailed,
    JobNeverReported,
    NotReached,
    /// Of a picture of the past: what ran and what was lent then is not kept.
    NotKnown,
}

impl HoleReason {
    /// What a reader is told.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Planned => "Expected, and no job has tried it yet.",
            Self::NoDeviceLent => "Expected, but nobody lends a device of this type.",
            Self::InfraFailed => {
                "Every attempt ended in an error of the lab or its infrastructure."
            }
            Self::JobNeverReported => "A job was to try it and never told how it ended.",
            Self::NotReached => "Every attempt ended before it came to this feature.",
            Self::NotKnown => {
                "Expected, and without a result then; whether a job was on its way is not known any more."
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct CellQuery<'a> {
    pub version: &'a str,
    pub feature: &'a str,
    pub device_type: Option<&'a str>,
    pub baseline: Option<&'a str>,
    pub as_of: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct CellDetail {
    pub event: i64,
    pub version: version::Model,
    pub feature: feature::Model,
    pub device_type: Option<device_type::Model>,
    pub baseline: Option<version::Model>,
    pub verdict: CellVerdict,
    pub change: Option<Change>,
    pub passed: u32,
    pub total: u32,
    pub attempts: Attempts,
    pub last_at: Option<DateTime<Utc>>,
    pub reason: Option<HoleReason>,
    pub carried: Option<(version::Model, RealVerdict, DateTime<Utc>, bool)>,
    /// First version of the run of failing versions that ends here.
    pub failing_since: Option<version::Model>,
    pub failing_versions: u32,
    pub last_passing: Option<version::Model>,
    /// Oldest first; the last one is this version.
    pub history: Vec<(String, CellVerdict)>,
    pub parts: Vec<CellDetail>,
    pub around: Around,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    pub passes: i32,
    pub fails: i32,
    pub infras: i32,
    pub not_reached: i32,
}

impl CellDetail {
    /// Where its verdicts are; of a fold without a device-type.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            version: self.version.id,
            feature: self.feature.id,
            device_type: self.device_type.as_ref().map(|row| row.id),
        }
    }
}

struct WithHistory<'a>(CellQuery<'a>);

impl Wanted for WithHistory<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        let version = catalog.version(self.0.version)?;
        let mut wanted: BTreeSet<_> = catalog
            .older_than(version.id)
            .iter()
            .take(HISTORY)
            .map(|row| row.id)
            .collect();
        wanted.insert(version.id);
        match self.0.baseline {
            Some(name) => {
                wanted.insert(catalog.version(name)?.id);
            }
            None => wanted.extend(catalog.release_before(version.id).map(|row| row.id)),
        }
        Ok(wanted)
    }
}

/// # Errors
/// `NOT_FOUND` for a version, feature or device-type that is not known;
/// `BAD_USER_INPUT` for a device-type with a generic feature.
pub async fn cell(app: &App, query: CellQuery<'_>, now: DateTime<Utc>) -> Result<CellDetail> {
    let view = View::open(app, query.as_of, &WithHistory(query), now).await?;
    let catalog = &view.catalog;
    let version = catalog.version(query.version)?;
    let feature = catalog.feature(query.feature)?;
    let baseline = view.baseline_of(version, query.baseline)?;
    let device_type = match query.device_type {
        Some(_) if feature.is_generic() => {
            return Err(Error::input(
                "deviceType",
                "A generic feature has no device-type.",
            ));
        }
        Some(name) => Some(catalog.device_type(name)?),
        None => None,
    };
    let at = At {
        view: &view,
        version,
        feature,
        baseline,
    };
    let spots: Vec<Spot> = match device_type {
        Some(row) => vec![(feature.id, Some(row.id))],
        None => at.spots_of_feature(),
    };
    let mut detail = at.detail(&spots, device_type);
    if device_type.is_none() && !feature.is_generic() {
        detail.parts = catalog
            .device_types
            .iter()
            .filter(|row| spots.contains(&(feature.id, Some(row.id))))
            .map(|row| at.detail(&[(feature.id, Some(row.id))], Some(row)))
            .collect();
        detail.parts.sort_by_key(|part| worst_first(part.verdict));
    }
    Ok(detail)
}

/// A version and feature of a view.
struct At<'v> {
    view: &'v View,
    version: &'v version::Model,
    feature: &'v feature::Model,
    baseline: Option<&'v version::Model>,
}

impl At<'_> {
    /// All the feature's cells in this version.
    fn spots_of_feature(&self) -> Vec<Spot> {
        let slice = self.view.slice(self.version.id);
        let spots = slice.into_iter().flat_map(|slice| slice.spots.keys());
        spots
            .filter(|(feature, _)| *feature == self.feature.id)
            .copied()
            .collect()
    }

    fn detail(&self, spots: &[Spot], device_type: Option<&device_type::Model>) -> CellDetail {
        let mut fold = Fold::default();
        let mut attempts = Attempts::default();
        let mut last_at = None;
        let mut carried = None;
        self.view.walk(&[self.version], |version, _, rolling| {
            for spot in spots {
                let entry = self
                    .view
                    .entry(version.id, *spot)
                    .copied()
                    .unwrap_or_default();
                let base = self.baseline.map(|base| self.view.entry(base.id, *spot));
                let older = || rolling.carried(spot).map(|carried| carried.verdict);
                fold.add(&fold::tell(self.view, Some(&entry), base, older));
                attempts.add(&entry);
                last_at = last_at.max(entry.numbers.map(|numbers| numbers.last_at));
                carried = carried.or_else(|| self.carried(&entry, rolling, spot));
            }
        });
        let verdict = own_verdict(&fold);
        let run = failing_run(self.view, self.version, spots);
        CellDetail {
            event: self.view.event,
            version: self.version.clone(),
            feature: self.feature.clone(),
            device_type: device_type.cloned(),
            baseline: self.baseline.cloned(),
            verdict,
            change: fold.change(),
            passed: fold.pass,
            total: fold.total(),
            attempts,
            last_at,
            reason: reason_of(self.view, self.version.id, spots, verdict),
            carried: carried.and_then(|carried| self.describe(carried)),
            failing_since: run.since.cloned(),
            failing_versions: run.length,
            last_passing: run.last_passing.cloned(),
            history: self.history(spots),
            parts: Vec::new(),
            around: around::around(self.view, self.version.id, self.feature.id, spots),
        }
    }

    fn carried(&self, entry: &Entry, rolling: &Rolling, spot: &Spot) -> Option<Carried> {
        let hole = entry.expected && entry.numbers.is_none_or(|numbers| numbers.latest.is_none());
        hole.then(|| rolling.carried(spot)).flatten()
    }

    fn describe(
        &self,
        carried: Carried,
    ) -> Option<(version::Model, RealVerdict, DateTime<Utc>, bool)> {
        let from = self.view.catalog.version_by_id(carried.version)?;
        let stale = self.view.now - carried.at > STALE;
        Some((from.clone(), carried.verdict, carried.at, stale))
    }

    fn history(&self, spots: &[Spot]) -> Vec<(String, CellVerdict)> {
        let older = self
            .view
            .catalog
            .older_than(self.version.id)
            .iter()
            .take(HISTORY);
        older
            .rev()
            .chain(std::iter::once(self.version))
            .map(|row| (row.name.clone(), verdict_in(self.view, row.id, spots)))
            .collect()
    }
}

/// Why a place has no verdict.
pub(in crate::service) fn reason_of(
    view: &View,
    version: VersionId,
    spots: &[Spot],
    verdict: CellVerdict,
) -> Option<HoleReason> {
    let entries = spots.iter().filter_map(|spot| view.entry(version, *spot));
    match verdict {
        CellVerdict::Infra => Some(HoleReason::InfraFailed),
        CellVerdict::NotReached => {
            let mut entries = entries;
            let lost = entries.all(|entry| entry.numbers.is_none());
            Some(if lost {
                HoleReason::JobNeverReported
            } else {
                HoleReason::NotReached
            })
        }
        CellVerdict::Planned if view.is_of_the_past() => Some(HoleReason::NotKnown),
        CellVerdict::Planned => {
            let mut types = spots
                .iter()
                .filter_map(|(_, device_type)| *device_type)
                .peekable();
            let lent = |id: DeviceTypeId| {
                view.catalog
                    .lent
                    .as_ref()
                    .is_none_or(|lent| lent.contains(&id))
            };
            let nobody = types.peek().is_some() && !types.any(lent);
            Some(if nobody {
                HoleReason::NoDeviceLent
            } else {
                HoleReason::Planned
            })
        }
        CellVerdict::Pass
        | CellVerdict::PassSoFar
        | CellVerdict::Fail
        | CellVerdict::Flaky
        | CellVerdict::Running
        | CellVerdict::NotApplicable => None,
    }
}

pub(super) fn verdict_in(view: &View, version: VersionId, spots: &[Spot]) -> CellVerdict {
    let mut fold = Fold::default();
    for spot in spots {
        if let Some(entry) = view.entry(version, *spot) {
            fold.add(&fold::tell(view, Some(entry), None, || None));
        }
    }
    own_verdict(&fold)
}

/// How far back the versions fail without one that passes in between.
pub(in crate::service) fn failing_run<'v>(
    view: &'v View,
    version: &'v version::Model,
    spots: &[Spot],
) -> Run<'v> {
    let mut run = Run {
        since: None,
        length: 0,
        last_passing: None,
    };
    if verdict_in(view, version.id, spots) == CellVerdict::Fail {
        run.since = Some(version);
        run.length = 1;
    }
    for row in view.catalog.older_than(version.id).iter().take(HISTORY) {
        match verdict_in(view, row.id, spots) {
            CellVerdict::Fail if run.length > 0 => {
                run.since = Some(row);
                run.length += 1;
            }
            CellVerdict::Pass | CellVerdict::PassSoFar => {
                run.last_passing = Some(row);
                break;
            }
            CellVerdict::Fail
            | CellVerdict::Flaky
            | CellVerdict::Infra
            | CellVerdict::Running
            | CellVerdict::Planned
            | CellVerdict::NotReached
            | CellVerdict::NotApplicable => {}
        }
    }
    run
}

/// A run of failing versions that ends with one.
pub(in crate::service) struct Run<'v> {
    pub(in crate::service) since: Option<&'v version::Model>,
    pub(in crate::service) length: u32,
    last_passing: Option<&'v version::Model>,
}

impl Attempts {
    pub(crate) fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passes += 1,
            Verdict::Fail => self.fails += 1,
            Verdict::Infra => self.infras += 1,
            Verdict::NotReached => self.not_reached += 1,
        }
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        if let Some(numbers) = entry.numbers {
            self.passes += numbers.passes;
            self.fails += numbers.fails;
            self.infras += numbers.infras;
            self.not_reached += numbers.not_reached;
        }
    }

    #[must_use]
    pub fn all(&self) -> i32 {
        self.passes + self.fails + self.infras + self.not_reached
    }
}

/// What the version itself says; a carried verdict is none of its own.
fn own_verdict(fold: &Fold) -> CellVerdict {
    match fold.letter() {
        Letter::Own(verdict) => verdict,
        Letter::Carried(_) => CellVerdict::Planned,
    }
}

fn worst_first(verdict: CellVerdict) -> u8 {
    match verdict {
        CellVerdict::Fail => 0,
        CellVerdict::Flaky => 1,
        CellVerdict::Infra => 2,
        CellVerdict::NotReached => 3,
        CellVerdict::Running => 4,
        CellVerdict::Planned => 5,
        CellVerdict::PassSoFar => 6,
        CellVerdict::Pass => 7,
        CellVerdict::NotApplicable => 8,
    }
}

/// What a cell shows by itself, for those who hold an entry of a view.
#[must_use]
pub fn verdict_of(view: &View, version: VersionId, spot: Spot) -> CellVerdict {
    view.entry(version, spot)
        .map_or(CellVerdict::NotApplicable, |entry| status_of(view, entry))
}
