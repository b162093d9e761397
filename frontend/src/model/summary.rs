//! The counts of one version and whether it can be released.
//!
//! Must not know sentences: those are `answer`.

/// Counts of cells, never of folds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub expected: u32,
    pub tested: u32,
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
    pub waived: u32,
    pub last_at: Option<String>,
    pub baseline: Option<String>,
    /// Whether it can be released, and why.
    pub sentence: String,
}

impl Summary {
    /// Share of the expected cells that have a verdict; rounded down, so that
    /// 100 is said only when nothing is missing.
    pub(crate) fn tested_percent(&self) -> u32 {
        percent(self.tested, self.expected)
    }
}

/// Rounded down, and at least 1 for anything that is more than nothing: 0 and
/// 100 are promises.
pub(crate) fn percent(part: u32, whole: u32) -> u32 {
    if whole == 0 || part == 0 {
        return 0;
    }
    let share = u64::from(part.min(whole)) * 100 / u64::from(whole);
    u32::try_from(share).unwrap_or(100).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundred_and_zero_are_promises() {
        let cases = [
            (0, 0, 0),
            (0, 5, 0),
            (1, 999, 1),
            (998, 999, 99),
            (5, 5, 100),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }
}
