//! Whether a cell is asked for.

use crate::{Action, Change, Expression, Kind, Name, Pattern, Query, Term, Verdict, VersionBound};

/// A cell, as far as a query looks at it.
pub trait Row {
    fn version(&self) -> &str;
    /// Where its version stands among all.
    fn ordinal(&self) -> i64;
    fn feature(&self) -> &str;
    /// None for a generic feature.
    fn device_type(&self) -> Option<&str>;
    /// The labs whose jobs it sums up.
    fn labs(&self) -> impl Iterator<Item = &str>;
    fn verdict(&self) -> Verdict;
    fn change(&self) -> Change;
    /// Seconds since its last attempt; None without one.
    fn age(&self) -> Option<i64>;
    /// None for a generic feature.
    fn action(&self) -> Option<Action>;
    /// Whether its version is a release.
    fn is_release(&self) -> bool;
}

impl Query {
    #[must_use]
    pub fn matches(&self, row: &impl Row) -> bool {
        self.0
            .as_ref()
            .is_none_or(|expression| expression.matches(row))
    }

    /// Whether a term looks at something, so that only what is looked at must be read.
    #[must_use]
    pub fn names(&self, looked_at: impl Fn(&Term) -> bool) -> bool {
        self.0
            .as_ref()
            .is_some_and(|expression| expression.names(&looked_at))
    }
}

impl Expression {
    fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::All(members) => members.iter().all(|member| member.matches(row)),
            Self::Any(members) => members.iter().any(|member| member.matches(row)),
            Self::Not(inner) => !inner.matches(row),
            Self::Term(term) => term.matches(row),
        }
    }

    fn names(&self, looked_at: &impl Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(members) | Self::Any(members) => {
                members.iter().any(|member| member.names(looked_at))
            }
            Self::Not(inner) => inner.names(looked_at),
            Self::Term(term) => looked_at(term),
        }
    }
}

impl Term {
    fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::Part(parts) => parts.iter().any(|part| {
                part.is_part_of(row.version())
                    || part.is_part_of(row.feature())
                    || row.device_type().is_some_and(|name| part.is_part_of(name))
            }),
            Self::Name(Name::Version, names) => whole(names, row.version()),
            Self::Name(Name::Feature, names) => whole(names, row.feature()),
            Self::Name(Name::DeviceType, names) => {
                row.device_type().is_some_and(|name| whole(names, name))
            }
            Self::Name(Name::Lab, names) => row.labs().any(|name| whole(names, name)),
            Self::Version(order, VersionBound { ordinal, .. }) => {
                order.holds(&row.ordinal(), ordinal)
            }
            Self::Age(order, age) => row.age().is_some_and(|is| order.holds(&is, &age.seconds())),
            Self::Verdict(verdicts) => verdicts.contains(&row.verdict()),
            Self::Change(changes) => changes.contains(&row.change()),
            Self::Action(actions) => row.action().is_some_and(|action| actions.contains(&action)),
            Self::Kind(kinds) => kinds.iter().any(|kind| match kind {
                Kind::Generic => row.action().is_none(),
                Kind::Device => row.action().is_some(),
                Kind::Release => row.is_release(),
                Kind::Development => !row.is_release(),
            }),
        }
    }
}

fn whole(names: &[Pattern], name: &str) -> bool {
    names.iter().any(|pattern| pattern.is_whole(name))
}
