//! A query as text: one way to write each, never longer than what was read.

use std::fmt::{self, Display, Formatter, Write as _};

use crate::{Age, Expression, Field, Order, Pattern, Query, Term, word::Word};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |inner| inner.fmt(f))
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(members) => between(f, " ", members, |f, member| match member {
                Self::Any(_) => within(f, member),
                Self::All(_) | Self::Not(_) | Self::Term(_) => member.fmt(f),
            }),
            Self::Any(members) => between(f, " or ", members, |f, member| member.fmt(f)),
            Self::Not(inner) => {
                f.write_char('-')?;
                match **inner {
                    Self::All(_) | Self::Any(_) => within(f, inner),
                    Self::Not(_) | Self::Term(_) => inner.fmt(f),
                }
            }
            Self::Term(term) => term.fmt(f),
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field() {
            f.write_str(field.word())?;
        }
        match self {
            Self::Part(patterns) => between(f, ",", patterns, show_pattern),
            Self::Name(_, patterns) => {
                f.write_char(':')?;
                between(f, ",", patterns, show_pattern)
            }
            Self::Version(order, bound) => {
                order.fmt(f)?;
                show_text(f, &bound.name)
            }
            Self::Age(order, Age { count, unit }) => write!(f, "{order}{count}{}", unit.letter()),
            Self::Verdict(words) => show_words(f, words),
            Self::Change(words) => show_words(f, words),
            Self::Action(words) => show_words(f, words),
            Self::Kind(words) => show_words(f, words),
        }
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

fn within(f: &mut Formatter<'_>, inner: &Expression) -> fmt::Result {
    write!(f, "({inner})")
}

fn between<T>(
    f: &mut Formatter<'_>,
    separator: &str,
    members: &[T],
    show: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        show(f, member)?;
    }
    Ok(())
}

fn show_words<W: Word>(f: &mut Formatter<'_>, words: &[W]) -> fmt::Result {
    f.write_char(':')?;
    between(f, ",", words, |f, word| f.write_str(word.word()))
}

fn show_pattern(f: &mut Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    if pattern.is_open() {
        f.write_str(&pattern.pieces().join("*"))
    } else {
        pattern
            .pieces()
            .iter()
            .try_for_each(|piece| show_text(f, piece))
    }
}

fn show_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    if is_bare(text) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for sign in text.chars() {
        if matches!(sign, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(sign)?;
    }
    f.write_char('"')
}

fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.chars().all(|sign| is_bare_sign(sign) && sign != '*')
        && !is_keyword(text)
}

pub(crate) fn is_keyword(text: &str) -> bool {
    ["and", "or", "not"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

pub(crate) fn is_bare_sign(sign: char) -> bool {
    !sign.is_whitespace() && !matches!(sign, '(' | ')' | '"' | ',' | ':' | '=' | '<' | '>' | '!')
}
