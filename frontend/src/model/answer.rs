//! The release question answered: the server's sentence in its parts, and how
//! much is known.
//!
//! Must not know how the sentence is set.

use super::summary::Summary;

/// The words that are told apart, as `backend/src/release.rs` writes them.
const NOT_READY: &str = "not ready";

/// What stands behind the version's name: " is ", what keeps it from release,
/// ": 4 regressions against 2026.10.".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub before: &'a str,
    /// Empty when nothing does.
    pub loud: &'a str,
    pub after: &'a str,
}

/// `None` when the sentence is not about this version.
pub(crate) fn answer<'a>(version: &str, sentence: &'a str) -> Option<Answer<'a>> {
    let rest = sentence.strip_prefix(version)?;
    Some(match rest.split_once(NOT_READY) {
        Some((before, after)) => Answer {
            before,
            loud: NOT_READY,
            after,
        },
        None => Answer {
            before: rest,
            loud: "",
            after: "",
        },
    })
}

/// How much is known.
pub(crate) fn coverage(summary: &Summary) -> String {
    format!(
        "{} of {} tested",
        summary.tested,
        plural(summary.expected, "expected cell")
    )
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

    #[test]
    fn what_keeps_it_from_release_is_told_apart() {
        let broken = "2026.11 is not ready: 4 regressions against 2026.10.";
        let parts = Answer {
            before: " is ",
            loud: "not ready",
            after: ": 4 regressions against 2026.10.",
        };
        assert_eq!(answer("2026.11", broken), Some(parts));
        let ready = "2026.11 is ready: nothing broke since 2026.10.";
        let said = answer("2026.11", ready).unwrap();
        assert_eq!(
            (said.before, said.loud),
            (" is ready: nothing broke since 2026.10.", "")
        );
        assert_eq!(answer("2026.09", ready), None);
    }

    #[test]
    fn what_is_known_is_counted() {
        let summary = Summary {
            expected: 195,
            tested: 179,
            ..Summary::default()
        };
        assert_eq!(coverage(&summary), "179 of 195 expected cells tested");
    }
}
