//! What a reader has asked for, as the query part of the address.
//!
//! The address is the whole state of a page: a copied link shows the same.
//! Must not know the browser's history.

use super::change::ChangeClass;
use super::verdict::{CellVerdict, Shown};

/// Everything after the `?`. What is not asked for is not in the address.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    pub search: String,
    pub filter: Vec<Filter>,
    pub density: Option<Density>,
    pub baseline: Option<String>,
    /// Only this device-type, instead of the fold over all.
    pub on: Option<String>,
    /// Releases whose folding is not the default one.
    pub folds: Vec<String>,
    pub cell: Option<AskedCell>,
    /// As of this event, instead of now.
    pub at: Option<i64>,
    /// What is shown of a version instead of its grid.
    pub list: Option<List>,
}

/// Why a version is ready or not, as lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Changes,
    Missing,
    Waivers,
}

/// The cell whose panel is open; on a version's page the version is the page's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AskedCell {
    pub version: Option<String>,
    pub feature: String,
    pub device_type: Option<String>,
}

/// A count that filters when it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Change(ChangeClass),
    Verdict(CellVerdict),
}

/// Height of a row in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Density {
    Roomy,
    Compact,
    Strip,
}

const FILTERS: [(&str, Filter); 15] = [
    ("regression", Filter::Change(ChangeClass::Regression)),
    ("new-failure", Filter::Change(ChangeClass::NewFailure)),
    ("fixed", Filter::Change(ChangeClass::Fixed)),
    ("fail", Filter::Verdict(CellVerdict::Fail)),
    ("flaky", Filter::Verdict(CellVerdict::Flaky)),
    ("infra", Filter::Verdict(CellVerdict::Infra)),
    ("running", Filter::Verdict(CellVerdict::Running)),
    ("planned", Filter::Verdict(CellVerdict::Planned)),
    ("not-reached", Filter::Verdict(CellVerdict::NotReached)),
    ("pass", Filter::Verdict(CellVerdict::Pass)),
    ("still-failing", Filter::Change(ChangeClass::StillFailing)),
    ("gone", Filter::Change(ChangeClass::Gone)),
    ("new-pass", Filter::Change(ChangeClass::NewPass)),
    ("appeared", Filter::Change(ChangeClass::Appeared)),
    ("flaky-change", Filter::Change(ChangeClass::Flaky)),
];

impl Filter {
    pub(crate) fn matches(self, shown: Shown, change: Option<ChangeClass>) -> bool {
        match self {
            Self::Change(class) => change == Some(class),
            // A fold with holes that passes so far is asked for by "pass".
            Self::Verdict(CellVerdict::Pass) => matches!(
                shown,
                Shown::Own(CellVerdict::Pass | CellVerdict::PassSoFar)
            ),
            Self::Verdict(verdict) => shown == Shown::Own(verdict),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        FILTERS
            .iter()
            .find(|(_, filter)| *filter == self)
            .map_or("", |(word, _)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        FILTERS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, filter)| *filter)
    }
}

impl List {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Missing => "missing",
            Self::Waivers => "waivers",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Changes, Self::Missing, Self::Waivers]
            .into_iter()
            .find(|list| list.word() == word)
    }
}

impl Density {
    pub(crate) const ALL: [Self; 3] = [Self::Roomy, Self::Compact, Self::Strip];

    pub(crate) fn pixels(self) -> &'static str {
        match self {
            Self::Roomy => "36",
            Self::Compact => "24",
            Self::Strip => "12",
        }
    }

    pub(crate) fn next(self) -> Self {
        match self {
            Self::Roomy => Self::Compact,
            Self::Compact => Self::Strip,
            Self::Strip => Self::Roomy,
        }
    }
}

impl Asked {
    /// Reads a query; what is not understood is left out, since an address is
    /// typed and cut by people.
    pub(crate) fn from_query(query: &str) -> Self {
        let mut asked = Self::default();
        let (mut version, mut feature, mut device_type) = (None, None, None);
        for (key, value) in query.trim_start_matches('?').split('&').filter_map(pair) {
            match key {
                "q" => asked.search = value,
                "show" => {
                    asked.filter = value.split(',').filter_map(Filter::from_word).collect();
                }
                "rows" => {
                    asked.density = Density::ALL
                        .into_iter()
                        .find(|density| density.pixels() == value);
                }
                "baseline" => asked.baseline = Some(value),
                "on" => asked.on = Some(value),
                "at" => asked.at = value.parse().ok(),
                "list" => asked.list = List::from_word(&value),
                "fold" => asked.folds = value.split(',').map(str::to_owned).collect(),
                "version" => version = Some(value),
                "feature" => feature = Some(value),
                "device-type" => device_type = Some(value),
                _ => {}
            }
        }
        asked.cell = feature.map(|feature| AskedCell {
            version,
            feature,
            device_type,
        });
        asked
    }

    /// The query, without its `?`; empty when nothing is asked for.
    pub(crate) fn to_query(&self) -> String {
        let joined = |words: Vec<&str>| words.join(",");
        let cell = self.cell.as_ref();
        let pairs = [
            ("q", self.search.clone()),
            (
                "show",
                joined(self.filter.iter().map(|filter| filter.word()).collect()),
            ),
            (
                "rows",
                self.density
                    .map(|density| density.pixels().to_owned())
                    .unwrap_or_default(),
            ),
            (
                "at",
                self.at.map(|event| event.to_string()).unwrap_or_default(),
            ),
            (
                "list",
                self.list
                    .map(|list| list.word().to_owned())
                    .unwrap_or_default(),
            ),
            ("baseline", self.baseline.clone().unwrap_or_default()),
            ("on", self.on.clone().unwrap_or_default()),
            (
                "fold",
                joined(self.folds.iter().map(String::as_str).collect()),
            ),
            (
                "version",
                cell.and_then(|cell| cell.version.clone())
                    .unwrap_or_default(),
            ),
            (
                "feature",
                cell.map(|cell| cell.feature.clone()).unwrap_or_default(),
            ),
            (
                "device-type",
                cell.and_then(|cell| cell.device_type.clone())
                    .unwrap_or_default(),
            ),
        ];
        let kept: Vec<String> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!("{key}={}", urlencoding::encode(&value)))
            .collect();
        kept.join("&")
    }

    pub(crate) fn toggled(&self, filter: Filter) -> Self {
        let mut next = self.clone();
        if next.filter.contains(&filter) {
            next.filter.retain(|kept| *kept != filter);
        } else {
            next.filter.push(filter);
        }
        next
    }
}

/// `key=value`; none that is cut short, empty or badly encoded.
pub(super) fn pair(text: &str) -> Option<(&str, String)> {
    let (key, value) = text.split_once('=')?;
    let value = value.replace('+', " ");
    let value = urlencoding::decode(&value).ok()?.into_owned();
    (!value.is_empty()).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_round_trip() {
        for query in [
            "",
            "q=fast%20boot%26x&show=regression%2Cfail&rows=12&baseline=2026.09&on=x15",
            "at=1234&list=changes",
            "fold=2026.08%2C2026.09&version=2026.11&feature=test.shell%3D0_a%2Fb&device-type=x15",
        ] {
            assert_eq!(Asked::from_query(query).to_query(), query);
        }
    }

    #[test]
    fn nonsense_is_left_out() {
        let asked = Asked::from_query("?rows=77&show=what&device-type=x15&nope=1&q=");
        assert_eq!(asked, Asked::default());
    }

    #[test]
    fn every_filter_has_a_word() {
        for (word, filter) in FILTERS {
            assert_eq!(Filter::from_word(word), Some(filter));
            assert_eq!(filter.word(), word);
        }
    }

    #[test]
    fn pass_finds_folds_that_pass_so_far() {
        let pass = Filter::Verdict(CellVerdict::Pass);
        assert!(pass.matches(Shown::Own(CellVerdict::PassSoFar), None));
        assert!(!pass.matches(Shown::CarriedPass, None));
    }
}
