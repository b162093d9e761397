//! Several cells seen as one. A single cell is the fold of itself, so there is
//! one rule for what a place of the grid shows.

use std::collections::HashSet;

use entity::{cell::RealVerdict, version};

use super::{
    Summary, View,
    slice::{Entry, Slice, Spot},
    view::Rolling,
};
use crate::{
    app::App,
    change::{self, Change},
    release::{self, Standing},
    rollup::CellStatus,
};

/// What a place of the grid shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellVerdict {
    Pass,
    /// A fold that has no failure, but holes.
    PassSoFar,
    Fail,
    Flaky,
    Infra,
    Running,
    Planned,
    NotReached,
    NotApplicable,
}

/// What a place shows, with verdicts carried from older versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    Own(CellVerdict),
    Carried(RealVerdict),
}

impl Letter {
    /// Its letter in a packed row.
    #[must_use]
    pub fn packed(self) -> char {
        match self {
            Self::Own(CellVerdict::Pass) => 'P',
            Self::Own(CellVerdict::PassSoFar) => 'S',
            Self::Own(CellVerdict::Fail) => 'F',
            Self::Own(CellVerdict::Flaky) => 'Y',
            Self::Own(CellVerdict::Infra) => 'I',
            Self::Own(CellVerdict::Running) => 'R',
            Self::Own(CellVerdict::Planned) => 'L',
            Self::Own(CellVerdict::NotReached) => 'N',
            Self::Own(CellVerdict::NotApplicable) => '-',
            Self::Carried(RealVerdict::Pass) => 'p',
            Self::Carried(RealVerdict::Fail) => 'f',
        }
    }
}

/// The letter of a change in a packed row.
#[must_use]
pub fn change_letter(change: Option<Change>) -> char {
    match change {
        Some(Change::Regression) => 'R',
        Some(Change::NewFailure) => 'N',
        Some(Change::Fixed) => 'F',
        Some(Change::StillFailing) => 'S',
        Some(Change::Flaky) => 'Y',
        Some(Change::Gone) => 'G',
        Some(Change::NewPass) => 'P',
        Some(Change::Appeared) => 'A',
        None => '.',
    }
}

/// Cells counted by what they show and by how they changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    pub pass: u32,
    pub fail: u32,
    pub flaky: u32,
    pub infra: u32,
    pub running: u32,
    pub planned: u32,
    pub not_reached: u32,
    pub regressions: u32,
    pub new_failures: u32,
    pub fixed: u32,
    pub still_failing: u32,
    pub flaky_changes: u32,
    pub gone: u32,
    pub new_passes: u32,
    pub appeared: u32,
    carried_passes: u32,
    carried_fails: u32,
}

impl Fold {
    /// Cells there are: tested, running or expected.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.pass
            + self.fail
            + self.flaky
            + self.infra
            + self.running
            + self.planned
            + self.not_reached
    }

    /// The worst own verdict; holes show what is carried to them only when
    /// there is no own verdict at all.
    #[must_use]
    pub fn letter(&self) -> Letter {
        let own = Letter::Own;
        match self {
            Self { fail: 1.., .. } => own(CellVerdict::Fail),
            Self { flaky: 1.., .. } => own(CellVerdict::Flaky),
            Self { infra: 1.., .. } => own(CellVerdict::Infra),
            Self { pass: 1.., .. } if self.pass == self.total() => own(CellVerdict::Pass),
            Self { pass: 1.., .. } => own(CellVerdict::PassSoFar),
            Self { running: 1.., .. } => own(CellVerdict::Running),
            Self {
                not_reached: 1.., ..
            } => own(CellVerdict::NotReached),
            Self {
                carried_fails: 1.., ..
            } => Letter::Carried(RealVerdict::Fail),
            Self {
                carried_passes: 1..,
                ..
            } => Letter::Carried(RealVerdict::Pass),
            Self { planned: 1.., .. } => own(CellVerdict::Planned),
            Self { .. } => own(CellVerdict::NotApplicable),
        }
    }

    /// The loudest change among the cells.
    #[must_use]
    pub fn change(&self) -> Option<Change> {
        let counts = [
            (Change::Regression, self.regressions),
            (Change::NewFailure, self.new_failures),
            (Change::Fixed, self.fixed),
            (Change::StillFailing, self.still_failing),
            (Change::Flaky, self.flaky_changes),
            (Change::Gone, self.gone),
            (Change::NewPass, self.new_passes),
            (Change::Appeared, self.appeared),
        ];
        change::loudest(
            counts
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(class, _)| class),
        )
    }

    pub(super) fn add(&mut self, told: &Told) {
        match told.verdict {
            CellVerdict::Pass | CellVerdict::PassSoFar => self.pass += 1,
            CellVerdict::Fail => self.fail += 1,
            CellVerdict::Flaky => self.flaky += 1,
            CellVerdict::Infra => self.infra += 1,
            CellVerdict::Running => self.running += 1,
            CellVerdict::NotReached => self.not_reached += 1,
            CellVerdict::NotApplicable => {}
            CellVerdict::Planned => self.planned += 1,
        }
        match told.carried {
            Some(RealVerdict::Pass) => self.carried_passes += 1,
            Some(RealVerdict::Fail) => self.carried_fails += 1,
            None => {}
        }
        self.count(told.change);
    }

    fn count(&mut self, change: Option<Change>) {
        match change {
            Some(Change::Regression) => self.regressions += 1,
            Some(Change::NewFailure) => self.new_failures += 1,
            Some(Change::Fixed) => self.fixed += 1,
            Some(Change::StillFailing) => self.still_failing += 1,
            Some(Change::Flaky) => self.flaky_changes += 1,
            Some(Change::Gone) => self.gone += 1,
            Some(Change::NewPass) => self.new_passes += 1,
            Some(Change::Appeared) => self.appeared += 1,
            None => {}
        }
    }
}

/// What a single cell shows by itself.
pub(super) fn status_of(view: &View, entry: &Entry) -> CellVerdict {
    let status = entry.numbers.map(|numbers| numbers.status());
    match status {
        Some(status @ (CellStatus::Pass | CellStatus::Fail | CellStatus::Flaky)) => {
            verdict_of_status(status)
        }
        _ if view.runs(entry) => CellVerdict::Running,
        Some(status @ (CellStatus::Infra | CellStatus::NotReached)) => verdict_of_status(status),
        None if entry.running_since.is_some() => CellVerdict::NotReached,
        None if entry.expected => CellVerdict::Planned,
        None => CellVerdict::NotApplicable,
    }
}

/// What attempts show.
pub(super) fn verdict_of_status(status: CellStatus) -> CellVerdict {
    match status {
        CellStatus::Pass => CellVerdict::Pass,
        CellStatus::Fail => CellVerdict::Fail,
        CellStatus::Flaky => CellVerdict::Flaky,
        CellStatus::Infra => CellVerdict::Infra,
        CellStatus::NotReached => CellVerdict::NotReached,
    }
}

/// What one cell tells, by itself and against its baseline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) verdict: CellVerdict,
    /// Shown where there is no verdict yet.
    carried: Option<RealVerdict>,
    pub(super) change: Option<Change>,
}

impl Told {
    /// Of a cell as its attempts left it.
    pub(super) fn own(verdict: CellVerdict, change: Option<Change>) -> Self {
        Self {
            verdict,
            carried: None,
            change,
        }
    }
}

/// What an entry tells against its counterpart in the baseline; `base` is None
/// when there is no baseline.
pub(super) fn tell(
    view: &View,
    entry: Option<&Entry>,
    base: Option<Option<&Entry>>,
    carried: impl FnOnce() -> Option<RealVerdict>,
) -> Told {
    let verdict = entry.map_or(CellVerdict::NotApplicable, |entry| status_of(view, entry));
    let planned = verdict == CellVerdict::Planned;
    let change = base.and_then(|base| change::between(&View::side(base), &View::side(entry)));
    Told {
        verdict,
        carried: if planned { carried() } else { None },
        change,
    }
}

/// What all cells of a version tell, those it has lost since the baseline too.
pub(super) fn tell_all<'v>(
    view: &'v View,
    slice: &'v Slice,
    base: Option<&'v Slice>,
    rolling: &'v Rolling,
) -> impl Iterator<Item = (Spot, Told)> {
    let ours = slice.spots.iter().map(move |(spot, entry)| {
        let before = base.map(|base| base.spots.get(spot));
        let carried = || rolling.carried(spot).map(|carried| carried.verdict);
        (*spot, tell(view, Some(entry), before, carried))
    });
    let theirs = base.into_iter().flat_map(|base| &base.spots);
    let lost = theirs.filter(|(spot, _)| !slice.spots.contains_key(*spot));
    ours.chain(lost.map(move |(spot, entry)| (*spot, tell(view, None, Some(Some(entry)), || None))))
}

/// Counts those of a version's cells that are let through. Whether it is ready is
/// asked of all.
pub(in crate::service) fn summarize(
    app: &App,
    view: &View,
    version: &version::Model,
    baseline: Option<&version::Model>,
    lets: impl Fn(&Spot) -> bool,
) -> Summary {
    let mut summary = Summary {
        baseline: baseline.map(|row| row.name.clone()),
        ..Summary::default()
    };
    summary.standing.needed_percent = app.config.ready_percent;
    let mut whole = summary.standing;
    let Some(slice) = view.slice(version.id) else {
        return answered(summary, version, &whole);
    };
    let waived: HashSet<Spot> = view
        .catalog
        .waivers_of(version.id)
        .map(|row| (row.feature_id, row.device_type_id))
        .collect();
    let base = baseline.and_then(|base| view.slice(base.id));
    for (spot, told) in tell_all(view, slice, base, &Rolling::default()) {
        let waived = waived.contains(&spot);
        whole.count(told.change, waived);
        if lets(&spot) {
            summary.fold.add(&told);
            summary.standing.count(told.change, waived);
        }
    }
    for (spot, entry) in &slice.spots {
        let tested = entry
            .numbers
            .is_some_and(|numbers| numbers.latest.is_some());
        let (expected, tested) = (
            u32::from(entry.expected),
            u32::from(entry.expected && tested),
        );
        whole.expected += expected;
        whole.tested += tested;
        if lets(spot) {
            summary.standing.expected += expected;
            summary.standing.tested += tested;
            let last_at = entry.numbers.map(|numbers| numbers.last_at);
            summary.last_at = summary.last_at.max(last_at);
        }
    }
    answered(summary, version, &whole)
}

/// Whether it can be released is told of the whole version, whatever is counted.
fn answered(mut summary: Summary, version: &version::Model, whole: &Standing) -> Summary {
    summary.ready = release::obstacles(whole).is_empty();
    let baseline = summary.baseline.as_deref();
    summary.sentence = release::sentence(&version.name, baseline, whole);
    summary
}
