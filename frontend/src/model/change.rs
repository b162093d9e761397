//! How a cell changed against the baseline.
//!
//! Must not know how the mark is drawn.

/// The class of a change, loudest first, as the schema spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ChangeClass {
    Regression,
    NewFailure,
    Fixed,
    StillFailing,
    Flaky,
    NewPass,
    Appeared,
    Gone,
}

impl ChangeClass {
    /// The letter of a packed row: the outer `None` for an unknown letter, the
    /// inner one for "no change".
    pub(crate) fn from_letter(letter: char) -> Option<Option<Self>> {
        Some(match letter {
            '.' => None,
            'R' => Some(Self::Regression),
            'F' => Some(Self::Fixed),
            'N' => Some(Self::NewFailure),
            'S' => Some(Self::StillFailing),
            'P' => Some(Self::NewPass),
            'A' => Some(Self::Appeared),
            'G' => Some(Self::Gone),
            'Y' => Some(Self::Flaky),
            _ => return None,
        })
    }

    /// The word of the contract; `None` for one this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "REGRESSION" => Self::Regression,
            "NEW_FAILURE" => Self::NewFailure,
            "FIXED" => Self::Fixed,
            "STILL_FAILING" => Self::StillFailing,
            "FLAKY" => Self::Flaky,
            "NEW_PASS" => Self::NewPass,
            "APPEARED" => Self::Appeared,
            "GONE" => Self::Gone,
            _ => return None,
        })
    }

    /// The mark in the corner of a cell; a change that only says "as before" or
    /// that the glyph already tells has none.
    pub(crate) fn mark(self) -> Option<&'static str> {
        match self {
            Self::Regression => Some("R"),
            Self::NewFailure => Some("N"),
            Self::Fixed => Some("F"),
            Self::Gone => Some("\u{2212}"),
            Self::StillFailing | Self::Flaky | Self::NewPass | Self::Appeared => None,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::NewFailure => "new failure",
            Self::Fixed => "fixed",
            Self::StillFailing => "still failing",
            Self::Flaky => "flaky",
            Self::NewPass => "new pass",
            Self::Appeared => "new",
            Self::Gone => "gone",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Regression => "regression: passed in the baseline",
            Self::NewFailure => "new failure: no verdict in the baseline",
            Self::Fixed => "fixed: failed in the baseline",
            Self::StillFailing => "still failing: failed in the baseline",
            Self::Gone => "gone: had a verdict in the baseline",
            Self::Flaky | Self::NewPass | Self::Appeared => self.word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_contract_is_known() {
        for letter in "RFNSPAGY.".chars() {
            assert!(ChangeClass::from_letter(letter).is_some(), "{letter}");
        }
        assert_eq!(ChangeClass::from_letter('x'), None);
        assert_eq!(ChangeClass::from_letter('.'), Some(None));
    }

    #[test]
    fn the_loudest_change_sorts_first() {
        assert!(ChangeClass::Regression < ChangeClass::NewFailure);
        assert!(ChangeClass::NewFailure < ChangeClass::Fixed);
    }
}
