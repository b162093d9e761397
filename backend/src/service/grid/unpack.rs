//! Reads a packed row again, for who writes its cells as words.

use entity::cell::RealVerdict;

use super::{
    CellVerdict, Fold, Letter, Packed,
    fold::change_letter,
    found::{change_word, verdict_word},
};
use crate::change::Change;

/// What one place of a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub letter: Letter,
    pub change: Option<Change>,
    /// Cells that pass and cells there are, where a place stands for several.
    pub counts: Option<(u32, u32)>,
}

const LETTERS: [Letter; 11] = [
    Letter::Own(CellVerdict::Pass),
    Letter::Own(CellVerdict::PassSoFar),
    Letter::Own(CellVerdict::Fail),
    Letter::Own(CellVerdict::Flaky),
    Letter::Own(CellVerdict::Infra),
    Letter::Own(CellVerdict::Running),
    Letter::Own(CellVerdict::Planned),
    Letter::Own(CellVerdict::NotReached),
    Letter::Own(CellVerdict::NotApplicable),
    Letter::Carried(RealVerdict::Pass),
    Letter::Carried(RealVerdict::Fail),
];
const CHANGES: [Change; 8] = [
    Change::Regression,
    Change::NewFailure,
    Change::Fixed,
    Change::StillFailing,
    Change::Flaky,
    Change::Gone,
    Change::NewPass,
    Change::Appeared,
];

impl Packed {
    /// The places of the row, in the order of its columns.
    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let mut changes = self.changes.chars();
        let mut counts = self.counts.as_bytes().chunks_exact(4);
        self.verdicts.chars().map(move |packed| {
            let told = changes.next();
            Place {
                letter: letter(packed),
                change: told.and_then(change),
                counts: counts.next().and_then(two),
            }
        })
    }
}

fn letter(packed: char) -> Letter {
    let mut all = LETTERS.into_iter();
    all.find(|letter| letter.packed() == packed)
        .unwrap_or(Letter::Own(CellVerdict::NotApplicable))
}

fn change(packed: char) -> Option<Change> {
    let mut all = CHANGES.into_iter();
    all.find(|change| change_letter(Some(*change)) == packed)
}

fn two(digits: &[u8]) -> Option<(u32, u32)> {
    let number = |digits: &[u8]| u32::from_str_radix(str::from_utf8(digits).ok()?, 36).ok();
    Some((number(digits.get(..2)?)?, number(digits.get(2..)?)?))
}

impl From<&Fold> for Place {
    fn from(fold: &Fold) -> Self {
        Self {
            letter: fold.letter(),
            change: fold.change(),
            counts: Some((fold.pass, fold.total())),
        }
    }
}

/// From an older version.
fn carried(verdict: query::Verdict) -> String {
    use query::Word as _;
    format!("carried {}", verdict.word())
}

impl Place {
    /// Empty where there is no cell.
    #[must_use]
    pub fn words(&self) -> String {
        use query::Word as _;
        let verdict = match self.letter {
            Letter::Own(CellVerdict::NotApplicable) => return String::new(),
            Letter::Own(verdict) => verdict_word(verdict).word().to_owned(),
            Letter::Carried(RealVerdict::Pass) => carried(query::Verdict::Pass),
            Letter::Carried(RealVerdict::Fail) => carried(query::Verdict::Fail),
        };
        let counts = match (self.letter, self.counts) {
            (Letter::Own(_), Some((passed, total))) if total > 1 => format!(" {passed}/{total}"),
            (Letter::Own(_) | Letter::Carried(_), _) => String::new(),
        };
        let change = match self.change {
            Some(change) => format!(", {}", change_word(Some(change)).word()),
            None => String::new(),
        };
        format!("{verdict}{counts}{change}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_read_as_it_was_written() {
        let verdicts: String = LETTERS.iter().map(|letter| letter.packed()).collect();
        let changes: String = CHANGES
            .iter()
            .map(|change| change_letter(Some(*change)))
            .chain("...".chars())
            .collect();
        let packed = Packed {
            verdicts,
            changes,
            counts: "0305zzzz".to_owned(),
        };
        let places: Vec<_> = packed.places().collect();
        let letters: Vec<_> = places.iter().map(|place| place.letter).collect();
        assert_eq!(letters, LETTERS);
        let changes: Vec<_> = places.iter().filter_map(|place| place.change).collect();
        assert_eq!(changes, CHANGES);
        let counts: Vec<_> = places.iter().filter_map(|place| place.counts).collect();
        assert_eq!(counts, [(3, 5), (1295, 1295)]);
    }

    #[test]
    fn a_place_is_told_in_words() {
        let place = |verdict: &str, change: &str, counts: &str| {
            let packed = Packed {
                verdicts: verdict.to_owned(),
                changes: change.to_owned(),
                counts: counts.to_owned(),
            };
            packed.places().next().map(|place| place.words()).unwrap()
        };
        assert_eq!(place("F", "R", "0305"), "fail 3/5, regression");
        assert_eq!(place("P", ".", ""), "pass");
        assert_eq!(place("P", ".", "0101"), "pass");
        assert_eq!(place("p", ".", "0003"), "carried pass");
        assert_eq!(place("-", ".", "0000"), "");
        assert_eq!(place("N", ".", ""), "not-reached");
    }
}
