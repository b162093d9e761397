//! How a cell changed from one version to another, by own verdicts only.
//! Pure: must not know where the cells come from, nor sum them; changes are
//! told per cell first and counted after.

use entity::cell::RealVerdict;

use crate::rollup::CellStatus;

/// A cell of one version, as far as a comparison looks at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// None: no attempt.
    pub status: Option<CellStatus>,
    pub latest: Option<RealVerdict>,
    /// The plan of the version expects it.
    pub expected: bool,
}

/// The loudest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Passed, fails.
    Regression,
    /// Had no verdict, fails.
    NewFailure,
    /// Failed, passes.
    Fixed,
    StillFailing,
    /// Passed and failed within one of the versions: no change can be told.
    Flaky,
    /// Had a verdict, has none and is not expected any more.
    Gone,
    /// Was expected or tried without a verdict, passes.
    NewPass,
    /// Was not known, passes.
    Appeared,
}

impl Side {
    fn is_flaky(&self) -> bool {
        self.status == Some(CellStatus::Flaky)
    }

    fn is_known(&self) -> bool {
        self.expected || self.status.is_some()
    }
}

/// The change of a cell from `base` to `head`; None when there is nothing to
/// tell: it still passes, or `head` has no verdict yet.
#[must_use]
pub fn between(base: &Side, head: &Side) -> Option<Change> {
    use RealVerdict::{Fail, Pass};
    match (base.latest, head.latest) {
        (_, None) if head.expected => None,
        (Some(_), None) => Some(Change::Gone),
        (None, None) => None,
        (_, Some(_)) if base.is_flaky() || head.is_flaky() => Some(Change::Flaky),
        (Some(Pass), Some(Fail)) => Some(Change::Regression),
        (Some(Fail), Some(Pass)) => Some(Change::Fixed),
        (Some(Fail), Some(Fail)) => Some(Change::StillFailing),
        (Some(Pass), Some(Pass)) => None,
        (None, Some(Fail)) => Some(Change::NewFailure),
        (None, Some(Pass)) if base.is_known() => Some(Change::NewPass),
        (None, Some(Pass)) => Some(Change::Appeared),
    }
}

/// What a folded cell shows of the changes below it.
#[must_use]
pub fn loudest(changes: impl IntoIterator<Item = Change>) -> Option<Change> {
    changes.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: Side = Side {
        status: Some(CellStatus::Pass),
        latest: Some(RealVerdict::Pass),
        expected: true,
    };
    const FAIL: Side = Side {
        status: Some(CellStatus::Fail),
        latest: Some(RealVerdict::Fail),
        expected: true,
    };
    const FLAKY_PASS: Side = Side {
        status: Some(CellStatus::Flaky),
        ..PASS
    };
    const FLAKY_FAIL: Side = Side {
        status: Some(CellStatus::Flaky),
        ..FAIL
    };
    const EXPECTED: Side = Side {
        status: None,
        latest: None,
        expected: true,
    };
    const INFRA: Side = Side {
        status: Some(CellStatus::Infra),
        latest: None,
        expected: false,
    };
    const UNKNOWN: Side = Side {
        status: None,
        latest: None,
        expected: false,
    };

    #[test]
    fn tells_every_change() {
        use Change::{Appeared, Fixed, Flaky, Gone, NewFailure, NewPass, Regression, StillFailing};
        let unplanned = Side {
            expected: false,
            ..PASS
        };
        for (base, head, change) in [
            (PASS, PASS, None),
            (PASS, FAIL, Some(Regression)),
            (FAIL, PASS, Some(Fixed)),
            (FAIL, FAIL, Some(StillFailing)),
            (EXPECTED, FAIL, Some(NewFailure)),
            (UNKNOWN, FAIL, Some(NewFailure)),
            (INFRA, FAIL, Some(NewFailure)),
            (EXPECTED, PASS, Some(NewPass)),
            (INFRA, PASS, Some(NewPass)),
            (UNKNOWN, PASS, Some(Appeared)),
            (UNKNOWN, unplanned, Some(Appeared)),
            (PASS, UNKNOWN, Some(Gone)),
            (FAIL, INFRA, Some(Gone)),
            (FLAKY_PASS, UNKNOWN, Some(Gone)),
            (PASS, EXPECTED, None),
            (FAIL, EXPECTED, None),
            (FLAKY_FAIL, EXPECTED, None),
            (UNKNOWN, UNKNOWN, None),
            (INFRA, UNKNOWN, None),
            (EXPECTED, INFRA, None),
            (FLAKY_PASS, FAIL, Some(Flaky)),
            (FLAKY_FAIL, PASS, Some(Flaky)),
            (PASS, FLAKY_FAIL, Some(Flaky)),
            (FAIL, FLAKY_PASS, Some(Flaky)),
            (UNKNOWN, FLAKY_FAIL, Some(Flaky)),
            (FLAKY_PASS, FLAKY_PASS, Some(Flaky)),
        ] {
            assert_eq!(between(&base, &head), change, "{base:?} -> {head:?}");
        }
    }

    #[test]
    fn a_fold_shows_the_loudest() {
        assert_eq!(
            loudest([Change::Fixed, Change::Regression, Change::NewFailure]),
            Some(Change::Regression)
        );
        assert_eq!(
            loudest([Change::NewPass, Change::StillFailing]),
            Some(Change::StillFailing)
        );
        assert_eq!(loudest([]), None);
    }
}
