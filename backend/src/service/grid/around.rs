//! What stands around a place of the grid: the same feature on other
//! device-types of the version, and the same place in the versions before.

use entity::{
    device_type::{self, DeviceTypeId},
    feature::FeatureId,
    version::{self, VersionId},
};

use super::{
    CellVerdict, View,
    cell::{HISTORY, verdict_in, verdict_of},
    slice::Spot,
};

/// Of cells and of folds.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The device-types of the place that fail; those that are unsteady when
    /// none does, and those without a verdict when none is.
    pub failing: Vec<device_type::Model>,
    /// Other device-types by their verdict in the version.
    pub others_failing: u32,
    pub others_passing: u32,
    /// The nearest version before in which the failing ones had a verdict.
    pub before: Option<(version::Model, CellVerdict)>,
}

/// `spots` are what the place folds, one for a cell.
pub(super) fn around(
    view: &View,
    version: VersionId,
    feature: FeatureId,
    spots: &[Spot],
) -> Around {
    let verdict = |spot: &Spot| verdict_of(view, version, *spot);
    let worst = [CellVerdict::Fail, CellVerdict::Flaky, CellVerdict::Infra]
        .into_iter()
        .find(|worst| spots.iter().any(|spot| verdict(spot) == *worst));
    let Some(worst) = worst else {
        return Around::default();
    };
    let (failing, _): (Vec<Spot>, Vec<Spot>) =
        spots.iter().partition(|spot| verdict(spot) == worst);
    let mut around = Around {
        failing: types(view, &failing),
        before: before(view, version, &failing),
        ..Around::default()
    };
    let slice = view.slice(version).into_iter();
    let of_feature = slice.flat_map(|slice| {
        let from = slice.spots.range((feature, None)..).map(|(spot, _)| spot);
        from.take_while(|spot| spot.0 == feature)
    });
    for spot in of_feature.filter(|spot| !failing.contains(spot)) {
        match verdict(spot) {
            CellVerdict::Fail => around.others_failing += 1,
            CellVerdict::Pass | CellVerdict::PassSoFar => around.others_passing += 1,
            CellVerdict::Flaky
            | CellVerdict::Infra
            | CellVerdict::Running
            | CellVerdict::Planned
            | CellVerdict::NotReached
            | CellVerdict::NotApplicable => {}
        }
    }
    around
}

fn types(view: &View, spots: &[Spot]) -> Vec<device_type::Model> {
    let ids: Vec<DeviceTypeId> = spots.iter().filter_map(|(_, id)| *id).collect();
    let rows = view.catalog.device_types.iter();
    rows.filter(|row| ids.contains(&row.id)).cloned().collect()
}

fn before(
    view: &View,
    version: VersionId,
    spots: &[Spot],
) -> Option<(version::Model, CellVerdict)> {
    let older = view.catalog.older_than(version).iter().take(HISTORY);
    older
        .map(|row| (row, verdict_in(view, row.id, spots)))
        .find(|(_, verdict)| match verdict {
            CellVerdict::Pass | CellVerdict::PassSoFar | CellVerdict::Fail | CellVerdict::Flaky => {
                true
            }
            CellVerdict::Infra
            | CellVerdict::Running
            | CellVerdict::Planned
            | CellVerdict::NotReached
            | CellVerdict::NotApplicable => false,
        })
        .map(|(row, verdict)| (row.clone(), verdict))
}
