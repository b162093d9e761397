//! The release question answered in one sentence, from a version's counts.
//!
//! Must not know how the sentence is set.

use super::summary::Summary;

/// "2026.11 is *not ready*: 4 regressions and 1 new failure against 2026.10".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub standing: Standing,
    pub because: String,
    /// How much is known.
    pub coverage: String,
    /// What is missing and why; empty when nothing is.
    pub holes: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Ready,
    NotReady,
    /// Nothing has been reported of it.
    Untested,
}

impl Standing {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not ready",
            Self::Untested => "not tested yet",
        }
    }
}

pub(crate) fn answer(summary: &Summary) -> Answer {
    let standing = if summary.tested == 0 {
        Standing::Untested
    } else if summary.ready {
        Standing::Ready
    } else {
        Standing::NotReady
    };
    Answer {
        standing,
        because: because(standing, summary),
        coverage: format!(
            "{} % of {} tested",
            summary.tested_percent(),
            plural(summary.expected, "expected cell")
        ),
        holes: holes(summary),
    }
}

fn because(standing: Standing, summary: &Summary) -> String {
    let against = summary
        .baseline
        .as_ref()
        .map(|baseline| format!(" against {baseline}"))
        .unwrap_or_default();
    let loud: Vec<String> = [
        (summary.regressions, "regression"),
        (summary.new_failures, "new failure"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, noun)| plural(count, noun))
    .collect();
    let waived = match summary.waived {
        0 => String::new(),
        count => format!(", {count} waived"),
    };
    match (standing, loud.is_empty()) {
        (Standing::Untested, _) => "no result has been reported".to_owned(),
        (_, false) => format!("{}{against}{waived}", loud.join(" and ")),
        (Standing::Ready, true) => format!("no regression{against}"),
        (Standing::NotReady, true) => format!(
            "only {} % of {} tested, no regression so far{against}",
            summary.tested_percent(),
            plural(summary.expected, "expected cell")
        ),
    }
}

fn holes(summary: &Summary) -> String {
    let holes: Vec<String> = [
        ("infra", summary.infra),
        ("running", summary.running),
        ("planned", summary.planned),
        ("not reached", summary.not_reached),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(noun, count)| format!("{noun} {count}"))
    .collect();
    if holes.is_empty() {
        String::new()
    } else {
        format!("without a verdict: {}", holes.join(", "))
    }
}

/// "1 regression", "4 regressions".
pub(crate) fn plural(count: u32, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        Summary {
            expected: 195,
            tested: 179,
            baseline: Some("2026.10".into()),
            ..Summary::default()
        }
    }

    #[test]
    fn the_loudest_reason_is_said() {
        let broken = Summary {
            regressions: 4,
            new_failures: 1,
            ..summary()
        };
        let said = answer(&broken);
        assert_eq!(said.standing, Standing::NotReady);
        assert_eq!(
            said.because,
            "4 regressions and 1 new failure against 2026.10"
        );

        let waived = Summary {
            waived: 5,
            ready: true,
            ..broken
        };
        assert_eq!(
            answer(&waived).because,
            "4 regressions and 1 new failure against 2026.10, 5 waived"
        );

        let ready = Summary {
            ready: true,
            ..summary()
        };
        assert_eq!(answer(&ready).because, "no regression against 2026.10");

        let early = Summary {
            tested: 20,
            ..summary()
        };
        assert_eq!(
            answer(&early).because,
            "only 10 % of 195 expected cells tested, no regression so far against 2026.10"
        );
        assert_eq!(answer(&Summary::default()).standing, Standing::Untested);
    }

    #[test]
    fn holes_are_named() {
        let holes = Summary {
            infra: 3,
            planned: 13,
            ..summary()
        };
        let said = answer(&holes);
        assert_eq!(said.coverage, "91 % of 195 expected cells tested");
        assert_eq!(said.holes, "without a verdict: infra 3, planned 13");
        assert_eq!(answer(&summary()).holes, "");
    }
}
