//! What a cell or a job says of a feature, with its words and its letter.
//!
//! Must not know how a verdict is drawn: glyphs and colours are `components`.

use serde::{Deserialize, Serialize};

/// The verdict of a cell, as the schema spells it and the legend orders it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CellVerdict {
    Pass,
    PassSoFar,
    Fail,
    Flaky,
    Infra,
    Running,
    Planned,
    NotReached,
    NotApplicable,
}

/// The verdict of one job on one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Verdict {
    Pass,
    Fail,
    Infra,
    NotReached,
}

/// What a cell of the grid shows: its own verdict, or one carried from an
/// older version, which is for the eye only and never counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    Own(CellVerdict),
    CarriedPass,
    CarriedFail,
}

impl CellVerdict {
    /// The word of the contract; `None` for one this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "PASS" => Self::Pass,
            "PASS_SO_FAR" => Self::PassSoFar,
            "FAIL" => Self::Fail,
            "FLAKY" => Self::Flaky,
            "INFRA" => Self::Infra,
            "RUNNING" => Self::Running,
            "PLANNED" => Self::Planned,
            "NOT_REACHED" => Self::NotReached,
            "NOT_APPLICABLE" => Self::NotApplicable,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::PassSoFar => "pass so far",
            Self::Fail => "fail",
            Self::Flaky => "flaky",
            Self::Infra => "infra",
            Self::Running => "running",
            Self::Planned => "planned",
            Self::NotReached => "not reached",
            Self::NotApplicable => "not applicable",
        }
    }

    /// One line for the legend, where the word alone does not explain itself.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Flaky => "flaky: both ways in one version",
            Self::Infra => "infra: no verdict",
            Self::PassSoFar => "pass so far",
            Self::Pass
            | Self::Fail
            | Self::Running
            | Self::Planned
            | Self::NotReached
            | Self::NotApplicable => self.word(),
        }
    }
}

impl Verdict {
    /// The word of the contract; `None` for one this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "PASS" => Self::Pass,
            "FAIL" => Self::Fail,
            "INFRA" => Self::Infra,
            "NOT_REACHED" => Self::NotReached,
            _ => return None,
        })
    }

    /// A job's verdict is drawn like the cell it would make alone.
    pub(crate) fn as_cell(self) -> CellVerdict {
        match self {
            Self::Pass => CellVerdict::Pass,
            Self::Fail => CellVerdict::Fail,
            Self::Infra => CellVerdict::Infra,
            Self::NotReached => CellVerdict::NotReached,
        }
    }
}

impl Shown {
    /// The letter of a packed row; `None` for one this page does not know.
    pub(crate) fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'P' => Self::Own(CellVerdict::Pass),
            'S' => Self::Own(CellVerdict::PassSoFar),
            'F' => Self::Own(CellVerdict::Fail),
            'Y' => Self::Own(CellVerdict::Flaky),
            'I' => Self::Own(CellVerdict::Infra),
            'R' => Self::Own(CellVerdict::Running),
            'L' => Self::Own(CellVerdict::Planned),
            'N' => Self::Own(CellVerdict::NotReached),
            '-' => Self::Own(CellVerdict::NotApplicable),
            'p' => Self::CarriedPass,
            'f' => Self::CarriedFail,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Own(verdict) => verdict.word(),
            Self::CarriedPass => "pass in an older version",
            Self::CarriedFail => "fail in an older version",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Own(verdict) => verdict.meaning(),
            Self::CarriedPass => "carried pass",
            Self::CarriedFail => "carried fail",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_contract_is_known() {
        for letter in "PSFYIRLN-pf".chars() {
            assert!(Shown::from_letter(letter).is_some(), "{letter}");
        }
        assert_eq!(Shown::from_letter('x'), None);
        assert_eq!(
            Shown::from_letter('L'),
            Some(Shown::Own(CellVerdict::Planned))
        );
    }
}
