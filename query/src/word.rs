//! The closed sets of words. How they are written; what they mean is said by
//! who has the cells.

/// A word of a closed set.
pub trait Word: Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    /// As it is written: small letters and hyphens.
    fn word(self) -> &'static str;

    /// Capitals and underscores are taken as well: GraphQL writes so.
    fn find(text: &str) -> Option<Self> {
        let plain = plain(text);
        Self::ALL.iter().copied().find(|word| word.word() == plain)
    }

    /// The word that was probably meant.
    #[must_use]
    fn nearest(text: &str) -> Option<&'static str> {
        let plain = plain(text);
        let near = Self::ALL.iter().map(|word| word.word());
        near.map(|word| (strsim::damerau_levenshtein(word, &plain), word))
            .min_by_key(|(distance, _)| *distance)
            .filter(|(distance, word)| *distance <= 1 + word.len() / 3)
            .map(|(_, word)| word)
    }
}

/// Longer than any word; what is longer is none, and costs no more to compare.
const LONGEST: usize = 40;

fn plain(text: &str) -> String {
    text.chars()
        .take(LONGEST)
        .map(|sign| match sign {
            '_' => '-',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail,
    Flaky,
    Infra,
    Running,
    Planned,
    NotReached,
    NotApplicable,
}

impl Word for Verdict {
    const ALL: &'static [Self] = &[
        Self::Pass,
        Self::Fail,
        Self::Flaky,
        Self::Infra,
        Self::Running,
        Self::Planned,
        Self::NotReached,
        Self::NotApplicable,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Flaky => "flaky",
            Self::Infra => "infra",
            Self::Running => "running",
            Self::Planned => "planned",
            Self::NotReached => "not-reached",
            Self::NotApplicable => "not-applicable",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Regression,
    NewFailure,
    Fixed,
    StillFailing,
    Flaky,
    Gone,
    NewPass,
    Appeared,
    None,
}

impl Word for Change {
    const ALL: &'static [Self] = &[
        Self::Regression,
        Self::NewFailure,
        Self::Fixed,
        Self::StillFailing,
        Self::Flaky,
        Self::Gone,
        Self::NewPass,
        Self::Appeared,
        Self::None,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::NewFailure => "new-failure",
            Self::Fixed => "fixed",
            Self::StillFailing => "still-failing",
            Self::Flaky => "flaky",
            Self::Gone => "gone",
            Self::NewPass => "new-pass",
            Self::Appeared => "appeared",
            Self::None => "none",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Deploy,
    Boot,
    Test,
}

impl Word for Action {
    const ALL: &'static [Self] = &[Self::Deploy, Self::Boot, Self::Test];

    fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Boot => "boot",
            Self::Test => "test",
        }
    }
}

/// The first two of the feature, the others of the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Generic,
    Device,
    Release,
    Development,
}

impl Word for Kind {
    const ALL: &'static [Self] = &[
        Self::Generic,
        Self::Device,
        Self::Release,
        Self::Development,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Device => "device",
            Self::Release => "release",
            Self::Development => "development",
        }
    }
}
