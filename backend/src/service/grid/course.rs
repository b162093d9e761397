//! The course of one feature or device-type over the newest versions, from a
//! view; how it is said is in `crate::course`.

use std::collections::BTreeSet;

use entity::version::{self, VersionId};

use super::{
    Axis, CellVerdict, GridQuery, View,
    catalog::Catalog,
    cell::{HISTORY, failing_run, verdict_of},
    slice::Spot,
};
use crate::course::{Course, Failing, Parts, sentence};

/// What a grid is the course of; None where it is of several.
#[derive(Clone, Copy)]
enum Subject<'q> {
    Feature(&'q str),
    DeviceType(&'q str),
}

fn subject(query: &GridQuery) -> Option<Subject<'_>> {
    let begins = query.rows == Axis::Version && query.after.is_none() && query.versions.is_none();
    if !begins {
        return None;
    }
    match (query.features.as_deref(), query.device_types.as_deref()) {
        (Some([name]), None) => Some(Subject::Feature(name)),
        (None, Some([name])) => Some(Subject::DeviceType(name)),
        _ => None,
    }
}

/// The versions that its sentence looks at.
pub(super) fn versions(catalog: &Catalog, query: &GridQuery) -> BTreeSet<VersionId> {
    if subject(query).is_none() {
        return BTreeSet::new();
    }
    let newest = catalog.versions.iter().take(2 * HISTORY);
    newest.map(|row| row.id).collect()
}

/// How what a grid is of stands, in one sentence.
pub(super) fn told(view: &View, query: &GridQuery) -> Option<String> {
    let subject = subject(query)?;
    let (spots, names, parts) = spots(view, subject)?;
    let name = match subject {
        Subject::Feature(name) | Subject::DeviceType(name) => name,
    };
    let newest = view.catalog.versions.iter().take(HISTORY);
    let mut newest = newest.filter(|row| view.slice(row.id).is_some());
    let Some(version) = newest.find(|row| Counts::of(view, row, &spots).tested() > 0) else {
        return Some(format!(
            "{name} has no verdict in the last {HISTORY} versions."
        ));
    };
    let now = Counts::of(view, version, &spots);
    let fails = spots
        .iter()
        .zip(&names)
        .filter(|(spot, _)| verdict_of(view, version.id, **spot) == CellVerdict::Fail)
        .map(|(spot, name)| Failing {
            name: name.clone(),
            since: failing_run(view, version, &[*spot])
                .since
                .unwrap_or(version)
                .name
                .clone(),
        });
    let older = view.catalog.older_than(version.id).iter().take(HISTORY);
    let older: Vec<_> = older
        .map(|row| (row, Counts::of(view, row, &spots)))
        .filter(|(_, counts)| counts.tested() > 0)
        .collect();
    let worked = older
        .iter()
        .find(|(_, counts)| counts.works == counts.tested());
    let failed = older.iter().find(|(_, counts)| counts.fails > 0);
    Some(sentence(&Course {
        name: name.to_owned(),
        parts,
        version: version.name.clone(),
        works: now.works,
        unsteady: now.unsteady,
        fails: fails.collect(),
        untold: now.untold,
        worked: worked.map(|(row, counts)| (row.name.clone(), counts.works)),
        failed: failed.map(|(row, _)| row.name.clone()),
    }))
}

/// The cells it is made of, and what each is called there.
fn spots(view: &View, subject: Subject<'_>) -> Option<(Vec<Spot>, Vec<String>, Parts)> {
    let catalog = &view.catalog;
    let types = || catalog.device_types.iter();
    let (pairs, parts): (Vec<(Spot, String)>, Parts) = match subject {
        Subject::Feature(name) => {
            let feature = catalog.feature(name).ok()?;
            if feature.is_generic() {
                (vec![((feature.id, None), name.to_owned())], Parts::None)
            } else {
                let all = types().map(|row| ((feature.id, Some(row.id)), row.name.clone()));
                (all.collect(), Parts::DeviceTypes)
            }
        }
        Subject::DeviceType(name) => {
            let row = catalog.device_type(name).ok()?;
            let features = catalog.features.iter().filter(|row| !row.is_generic());
            let all = features.map(|of| ((of.id, Some(row.id)), of.name.clone()));
            (all.collect(), Parts::Features)
        }
    };
    let (spots, names) = pairs.into_iter().unzip();
    Some((spots, names, parts))
}

/// The cells of one version, counted.
#[derive(Default)]
struct Counts {
    works: u32,
    fails: u32,
    unsteady: u32,
    untold: u32,
}

impl Counts {
    fn of(view: &View, version: &version::Model, spots: &[Spot]) -> Self {
        let mut counts = Self::default();
        for spot in spots {
            match verdict_of(view, version.id, *spot) {
                CellVerdict::Pass | CellVerdict::PassSoFar => counts.works += 1,
                CellVerdict::Fail => counts.fails += 1,
                CellVerdict::Flaky => counts.unsteady += 1,
                CellVerdict::Infra
                | CellVerdict::Running
                | CellVerdict::Planned
                | CellVerdict::NotReached => counts.untold += 1,
                CellVerdict::NotApplicable => {}
            }
        }
        counts
    }

    fn tested(&self) -> u32 {
        self.works + self.fails + self.unsteady
    }
}
