//! What a field, an operator and values mean together.

use crate::{
    Age, Expression, Fault, Field, Name, Order, Ordinal, Pattern, Term, Unit, VersionBound,
    fault::said, word::Word,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Is,
    IsNot,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    fn order(self) -> Option<Order> {
        match self {
            Self::Is | Self::IsNot => None,
            Self::Less => Some(Order::Less),
            Self::LessOrEqual => Some(Order::LessOrEqual),
            Self::Greater => Some(Order::Greater),
            Self::GreaterOrEqual => Some(Order::GreaterOrEqual),
        }
    }
}

/// A value where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) text: String,
    pub(crate) quoted: bool,
}

impl Value {
    pub(crate) fn fault(&self, message: String) -> Fault {
        Fault {
            at: self.at,
            length: self.length,
            message,
        }
    }

    fn pattern(&self) -> Pattern {
        if self.quoted {
            Pattern::exact(&self.text)
        } else {
            Pattern::open(&self.text)
        }
    }
}

pub(crate) fn of_parts(parts: &[Value]) -> Expression {
    Expression::Term(Term::Part(parts.iter().map(Value::pattern).collect()))
}

/// `place` is the operator's.
pub(crate) fn of_field(
    field: &Value,
    operator: Operator,
    place: (usize, usize),
    values: &[Value],
    ordinal: Ordinal,
) -> Result<Expression, Fault> {
    let Some(known) = Field::find(&field.text) else {
        return Err(unknown::<Field>(field, "field", "fields"));
    };
    let at_operator = |message: String| Fault {
        at: place.0,
        length: place.1,
        message,
    };
    let term = match (known, operator.order()) {
        (Field::Version, Some(order)) => {
            Term::Version(order, bound(single(known, values)?, ordinal)?)
        }
        (Field::Age, Some(order)) => Term::Age(order, age(single(known, values)?)?),
        (Field::Age, None) => {
            let message = "An age is compared: age<12h, age>30d.";
            return Err(at_operator(message.to_owned()));
        }
        (_, Some(_)) => {
            let message = format!(
                "Only version and age are compared; expected : behind {}.",
                known.word()
            );
            return Err(at_operator(message));
        }
        (Field::Version, None) => name(Name::Version, values),
        (Field::Feature, None) => name(Name::Feature, values),
        (Field::DeviceType, None) => name(Name::DeviceType, values),
        (Field::Lab, None) => name(Name::Lab, values),
        (Field::Verdict, None) => Term::Verdict(words(values, "verdict", "verdicts")?),
        (Field::Change, None) => Term::Change(words(values, "change", "changes")?),
        (Field::Action, None) => Term::Action(words(values, "action", "actions")?),
        (Field::Kind, None) => Term::Kind(words(values, "kind", "kinds")?),
    };
    let term = Expression::Term(term);
    Ok(match operator {
        Operator::IsNot => Expression::Not(Box::new(term)),
        Operator::Is
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual => term,
    })
}

fn name(name: Name, values: &[Value]) -> Term {
    Term::Name(name, values.iter().map(Value::pattern).collect())
}

fn words<W: Word>(values: &[Value], one: &str, many: &str) -> Result<Vec<W>, Fault> {
    values
        .iter()
        .map(|value| W::find(&value.text).ok_or_else(|| unknown::<W>(value, one, many)))
        .collect()
}

fn unknown<W: Word>(value: &Value, one: &str, many: &str) -> Fault {
    let known: Vec<_> = W::ALL.iter().map(|word| word.word()).collect();
    let nearest = W::nearest(&value.text).map(|word| format!(", perhaps {word}"));
    value.fault(format!(
        "There is no {one} {}{}; {many} are {}.",
        said(&value.text),
        nearest.unwrap_or_default(),
        known.join(", ")
    ))
}

fn single(field: Field, values: &[Value]) -> Result<&Value, Fault> {
    match values {
        [only] => Ok(only),
        [_, second, ..] => {
            Err(second.fault(format!("{} is compared with one value.", field.word())))
        }
        [] => Err(Fault {
            at: 0,
            length: 0,
            message: format!("{} is compared with a value.", field.word()),
        }),
    }
}

fn bound(value: &Value, ordinal: Ordinal) -> Result<VersionBound, Fault> {
    match ordinal(&value.text) {
        Some(ordinal) => Ok(VersionBound {
            name: value.text.clone(),
            ordinal,
        }),
        None => Err(value.fault(format!(
            "Expected a version such as 2026.10, not {}; \
             with : a * stands for any characters.",
            said(&value.text)
        ))),
    }
}

fn age(value: &Value) -> Result<Age, Fault> {
    let read = || {
        let unit = Unit::ALL
            .into_iter()
            .find(|unit| value.text.ends_with(unit.letter()))?;
        let digits = value.text.strip_suffix(unit.letter())?;
        let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
        let count = digits.parse().ok().filter(|_| plain)?;
        Some(Age { count, unit })
    };
    read().ok_or_else(|| {
        value.fault(format!(
            "Expected a number and m, h, d or w, such as 30d, not {}.",
            said(&value.text)
        ))
    })
}
