//! What a query means.

use crate::{
    pattern::Pattern,
    word::{Action, Change, Kind, Verdict, Word},
};

/// None asks for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(pub Option<Expression>);

/// `All` and `Any` have two members or more, and none of their own sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Term(Term),
}

/// Each with one value or more, of which one must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A part of the version's, feature's or device-type's name.
    Part(Vec<Pattern>),
    /// A whole name.
    Name(Name, Vec<Pattern>),
    Version(Order, VersionBound),
    Age(Order, Age),
    Verdict(Vec<Verdict>),
    Change(Vec<Change>),
    Action(Vec<Action>),
    Kind(Vec<Kind>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Version,
    Feature,
    DeviceType,
    Lab,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(crate) fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionBound {
    pub name: String,
    pub ordinal: i64,
}

/// As it was written, so that it is shown as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    pub count: u32,
    pub unit: Unit,
}

impl Age {
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.count) * self.unit.seconds()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
}

impl Unit {
    pub(crate) const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Week];

    pub(crate) fn letter(self) -> char {
        match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
        }
    }
}

/// What can stand before an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Version,
    Feature,
    DeviceType,
    Lab,
    Verdict,
    Change,
    Age,
    Action,
    Kind,
}

impl Word for Field {
    const ALL: &'static [Self] = &[
        Self::Version,
        Self::Feature,
        Self::DeviceType,
        Self::Lab,
        Self::Verdict,
        Self::Change,
        Self::Age,
        Self::Action,
        Self::Kind,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Feature => "feature",
            Self::DeviceType => "device-type",
            Self::Lab => "lab",
            Self::Verdict => "verdict",
            Self::Change => "change",
            Self::Age => "age",
            Self::Action => "action",
            Self::Kind => "kind",
        }
    }
}

impl Term {
    /// What stands before the operator; None for bare words.
    #[must_use]
    pub fn field(&self) -> Option<Field> {
        Some(match self {
            Self::Part(_) => return None,
            Self::Name(Name::Version, _) | Self::Version(..) => Field::Version,
            Self::Name(Name::Feature, _) => Field::Feature,
            Self::Name(Name::DeviceType, _) => Field::DeviceType,
            Self::Name(Name::Lab, _) => Field::Lab,
            Self::Age(..) => Field::Age,
            Self::Verdict(_) => Field::Verdict,
            Self::Change(_) => Field::Change,
            Self::Action(_) => Field::Action,
            Self::Kind(_) => Field::Kind,
        })
    }
}

impl Expression {
    /// The members as one; those of the same sort are taken in.
    pub(crate) fn all(members: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(members.len());
        for member in members {
            match member {
                Self::All(inner) => flat.extend(inner),
                Self::Any(_) | Self::Not(_) | Self::Term(_) => flat.push(member),
            }
        }
        Self::alone(flat, Self::All)
    }

    pub(crate) fn any(members: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(members.len());
        for member in members {
            match member {
                Self::Any(inner) => flat.extend(inner),
                Self::All(_) | Self::Not(_) | Self::Term(_) => flat.push(member),
            }
        }
        Self::alone(flat, Self::Any)
    }

    fn alone(mut members: Vec<Self>, several: fn(Vec<Self>) -> Self) -> Self {
        match members.pop() {
            Some(only) if members.is_empty() => only,
            last => {
                members.extend(last);
                several(members)
            }
        }
    }
}
