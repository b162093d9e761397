//! Whether a version can be released: the one rule, and the sentence that says
//! so. Pure: must not know where the cells come from, nor who waived what.

use crate::change::Change;

/// What the rule looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Cells the plan expects, and those of them with an own verdict.
    pub expected: u32,
    pub tested: u32,
    /// Percent of the expected cells that must be tested.
    pub needed_percent: u32,
    /// Not counting those that are waived.
    pub regressions: u32,
    pub new_failures: u32,
    /// Regressions and new failures that somebody takes responsibility for.
    pub waived: u32,
}

impl Standing {
    /// Takes in how one cell changed.
    pub fn count(&mut self, change: Option<Change>, waived: bool) {
        match change {
            Some(change) if blocks(change) && waived => self.waived += 1,
            Some(Change::Regression) => self.regressions += 1,
            Some(Change::NewFailure) => self.new_failures += 1,
            Some(
                Change::Fixed
                | Change::StillFailing
                | Change::Flaky
                | Change::Gone
                | Change::NewPass
                | Change::Appeared,
            )
            | None => {}
        }
    }
}

/// What keeps a version from release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    Regressions(u32),
    NewFailures(u32),
    /// Cells that have to be tested before there are enough.
    TooLittleTested(u32),
    /// Nothing is planned, so nothing can be shown to work.
    NothingExpected,
}

/// Whether a cell that changed so keeps a version from release, unless waived.
#[must_use]
pub fn blocks(change: Change) -> bool {
    match change {
        Change::Regression | Change::NewFailure => true,
        Change::Fixed
        | Change::StillFailing
        | Change::Flaky
        | Change::Gone
        | Change::NewPass
        | Change::Appeared => false,
    }
}

/// None: it is ready.
#[must_use]
pub fn obstacles(standing: &Standing) -> Vec<Obstacle> {
    let mut found = Vec::new();
    if standing.regressions > 0 {
        found.push(Obstacle::Regressions(standing.regressions));
    }
    if standing.new_failures > 0 {
        found.push(Obstacle::NewFailures(standing.new_failures));
    }
    let needed = (standing.expected * standing.needed_percent).div_ceil(100);
    if standing.expected == 0 {
        found.push(Obstacle::NothingExpected);
    } else if standing.tested < needed {
        found.push(Obstacle::TooLittleTested(needed - standing.tested));
    }
    found
}

/// The answer in one sentence.
#[must_use]
pub fn sentence(version: &str, baseline: Option<&str>, standing: &Standing) -> String {
    let obstacles = obstacles(standing);
    if obstacles.is_empty() {
        return format!("{version} is ready: {}.", why_ready(baseline, standing));
    }
    let against = baseline.map_or(String::new(), |name| format!(" against {name}"));
    let broken: Vec<String> = obstacles
        .iter()
        .filter(|obstacle| blocks_by_change(obstacle))
        .map(|obstacle| words(obstacle, standing))
        .collect();
    let mut reasons = Vec::new();
    if !broken.is_empty() {
        let waived = match standing.waived {
            0 => String::new(),
            waived => format!(" ({waived} more waived)"),
        };
        reasons.push(format!("{}{against}{waived}", broken.join(" and ")));
    }
    let others = obstacles.iter().filter(|found| !blocks_by_change(found));
    reasons.extend(others.map(|obstacle| words(obstacle, standing)));
    format!("{version} is not ready: {}.", reasons.join("; "))
}

fn why_ready(baseline: Option<&str>, standing: &Standing) -> String {
    let broke = match (baseline, standing.waived) {
        (Some(name), 0) => format!("nothing broke since {name}"),
        (Some(name), waived) => format!("all that broke since {name} is waived ({waived})"),
        (None, _) => "there is no release before it to break".to_owned(),
    };
    format!("{broke}, and {}", coverage(standing))
}

fn blocks_by_change(obstacle: &Obstacle) -> bool {
    match obstacle {
        Obstacle::Regressions(_) | Obstacle::NewFailures(_) => true,
        Obstacle::TooLittleTested(_) | Obstacle::NothingExpected => false,
    }
}

/// One obstacle in words.
#[must_use]
pub fn words(obstacle: &Obstacle, standing: &Standing) -> String {
    match *obstacle {
        Obstacle::Regressions(count) => counted(count, "regression", "regressions"),
        Obstacle::NewFailures(count) => counted(count, "new failure", "new failures"),
        Obstacle::TooLittleTested(_) => {
            format!(
                "{} ({} % needed)",
                coverage(standing),
                standing.needed_percent
            )
        }
        Obstacle::NothingExpected => "nothing is planned to be tested".to_owned(),
    }
}

/// Rounded down: 100 % says that nothing is missing.
fn coverage(standing: &Standing) -> String {
    let percent = standing.tested * 100 / standing.expected.max(1);
    format!(
        "{percent} % of {} expected cells are tested",
        standing.expected
    )
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Standing = Standing {
        expected: 195,
        tested: 176,
        needed_percent: 90,
        regressions: 0,
        new_failures: 0,
        waived: 0,
    };

    #[test]
    fn only_what_broke_and_what_is_untested_blocks() {
        use Obstacle::{NewFailures, NothingExpected, Regressions, TooLittleTested};
        let with = |regressions, new_failures, tested, expected| Standing {
            regressions,
            new_failures,
            tested,
            expected,
            ..READY
        };
        for (standing, blocking) in [
            (READY, vec![]),
            (with(0, 0, 175, 195), vec![TooLittleTested(1)]),
            (with(0, 0, 0, 0), vec![NothingExpected]),
            (with(1, 0, 0, 0), vec![Regressions(1), NothingExpected]),
            (with(4, 1, 195, 195), vec![Regressions(4), NewFailures(1)]),
            (with(0, 2, 9, 10), vec![NewFailures(2)]),
            (with(0, 0, 9, 11), vec![TooLittleTested(1)]),
            (with(0, 0, 1, 1), vec![]),
            (Standing { waived: 5, ..READY }, vec![]),
        ] {
            assert_eq!(obstacles(&standing), blocking, "{standing:?}");
        }
    }

    #[test]
    fn the_answer_is_one_sentence() {
        for (standing, baseline, said) in [
            (
                READY,
                Some("2026.10"),
                "2026.11 is ready: nothing broke since 2026.10, and 90 % of 195 expected cells are tested.",
            ),
            (
                Standing { waived: 2, ..READY },
                Some("2026.10"),
                "2026.11 is ready: all that broke since 2026.10 is waived (2), and 90 % of 195 expected cells are tested.",
            ),
            (
                READY,
                None,
                "2026.11 is ready: there is no release before it to break, and 90 % of 195 expected cells are tested.",
            ),
            (
                Standing {
                    regressions: 4,
                    new_failures: 1,
                    ..READY
                },
                Some("2026.10"),
                "2026.11 is not ready: 4 regressions and 1 new failure against 2026.10.",
            ),
            (
                Standing {
                    new_failures: 2,
                    waived: 3,
                    ..READY
                },
                Some("2026.10"),
                "2026.11 is not ready: 2 new failures against 2026.10 (3 more waived).",
            ),
            (
                Standing {
                    regressions: 1,
                    tested: 19,
                    ..READY
                },
                Some("2026.10"),
                "2026.11 is not ready: 1 regression against 2026.10; 9 % of 195 expected cells are tested (90 % needed).",
            ),
            (
                Standing {
                    expected: 0,
                    tested: 0,
                    ..READY
                },
                None,
                "2026.11 is not ready: nothing is planned to be tested.",
            ),
        ] {
            assert_eq!(sentence("2026.11", baseline, &standing), said);
        }
    }
}
