//! Whether a cell is asked for.

use crate::{Action, Change, Expression, Kind, Name, Pattern, Query, Term, Verdict, VersionBound};

/// A version, before its cells are looked at.
#[derive(Clone, Copy, Debug)]
pub struct OfVersion<'a> {
    pub name: &'a str,
    /// Where it stands among all.
    pub ordinal: i64,
    pub is_release: bool,
}

/// A cell, as far as a query looks at it.
pub trait Row {
    fn version(&self) -> OfVersion<'_>;
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
}

impl OfVersion<'_> {
    fn kind(&self) -> Kind {
        if self.is_release {
            Kind::Release
        } else {
            Kind::Development
        }
    }
}

impl Query {
    #[must_use]
    pub fn matches(&self, row: &impl Row) -> bool {
        self.0
            .as_ref()
            .is_none_or(|expression| expression.matches(row))
    }

    /// Whether any cell of a version may be found; if not, none must be read.
    #[must_use]
    pub fn may_find_in(&self, version: &OfVersion<'_>) -> bool {
        let told = self.0.as_ref().and_then(|inner| inner.of_version(version));
        told != Some(false)
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

    /// What the version alone decides.
    fn of_version(&self, version: &OfVersion<'_>) -> Option<bool> {
        // One member decides, or all do.
        let decided = |members: &[Self], by: bool| {
            let mut all = Some(!by);
            for member in members {
                match member.of_version(version) {
                    Some(told) if told == by => return Some(by),
                    Some(_) => {}
                    None => all = None,
                }
            }
            all
        };
        match self {
            Self::All(members) => decided(members, false),
            Self::Any(members) => decided(members, true),
            Self::Not(inner) => inner.of_version(version).map(|told| !told),
            Self::Term(term) => term.of_version(version),
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
    fn of_version(&self, version: &OfVersion<'_>) -> Option<bool> {
        match self {
            Self::Name(Name::Version, names) => Some(whole(names, version.name)),
            Self::Version(order, bound) => Some(order.holds(&version.ordinal, &bound.ordinal)),
            Self::Part(parts) => parts
                .iter()
                .any(|part| part.is_part_of(version.name))
                .then_some(true),
            Self::Kind(kinds) => {
                if kinds.contains(&version.kind()) {
                    return Some(true);
                }
                let of_feature = [Kind::Generic, Kind::Device];
                let open = of_feature.iter().any(|kind| kinds.contains(kind));
                (!open).then_some(false)
            }
            Self::Name(Name::Feature | Name::DeviceType | Name::Lab, _)
            | Self::Age(..)
            | Self::Verdict(_)
            | Self::Change(_)
            | Self::Action(_) => None,
        }
    }

    fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::Part(parts) => parts.iter().any(|part| {
                part.is_part_of(row.version().name)
                    || part.is_part_of(row.feature())
                    || row.device_type().is_some_and(|name| part.is_part_of(name))
            }),
            Self::Name(Name::Version, names) => whole(names, row.version().name),
            Self::Name(Name::Feature, names) => whole(names, row.feature()),
            Self::Name(Name::DeviceType, names) => {
                row.device_type().is_some_and(|name| whole(names, name))
            }
            Self::Name(Name::Lab, names) => row.labs().any(|name| whole(names, name)),
            Self::Version(order, VersionBound { ordinal, .. }) => {
                order.holds(&row.version().ordinal, ordinal)
            }
            Self::Age(order, age) => row.age().is_some_and(|is| order.holds(&is, &age.seconds())),
            Self::Verdict(verdicts) => verdicts.contains(&row.verdict()),
            Self::Change(changes) => changes.contains(&row.change()),
            Self::Action(actions) => row.action().is_some_and(|action| actions.contains(&action)),
            Self::Kind(kinds) => kinds.iter().any(|kind| match kind {
                Kind::Generic => row.action().is_none(),
                Kind::Device => row.action().is_some(),
                Kind::Release | Kind::Development => row.version().kind() == *kind,
            }),
        }
    }
}

fn whole(names: &[Pattern], name: &str) -> bool {
    names.iter().any(|pattern| pattern.is_whole(name))
}
