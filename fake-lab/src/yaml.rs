//! Values of YAML documents: read with `saphyr`, written as LAVA's Python
//! writes them. Must not know what a document is about.

use std::fmt::Write as _;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use saphyr_parser::Parser;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    /// In the order in which the keys were written.
    Map(Vec<(String, Value)>),
}

/// Where and why a text is no YAML document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) reason: String,
}

impl Value {
    pub(crate) fn read(text: &str) -> Result<Self, YamlError> {
        // the loader's own `load_from_str` reads char by char
        let documents =
            Yaml::load_from_parser(&mut Parser::new_from_str(text)).map_err(|error| YamlError {
                line: error.marker().line(),
                column: error.marker().col() + 1,
                reason: error.info().to_owned(),
            })?;
        Ok(documents.first().map_or(Self::Null, Self::from_yaml))
    }

    fn from_yaml(node: &Yaml<'_>) -> Self {
        match node {
            Yaml::Value(Scalar::Boolean(value)) => Self::Bool(*value),
            Yaml::Value(Scalar::Integer(value)) => Self::Int(*value),
            Yaml::Value(Scalar::FloatingPoint(value)) => Self::Float(value.into_inner()),
            Yaml::Value(Scalar::String(value)) => Self::Text(value.to_string()),
            Yaml::Representation(text, _, _) => Self::Text(text.to_string()),
            Yaml::Sequence(items) => Self::List(items.iter().map(Self::from_yaml).collect()),
            Yaml::Mapping(pairs) => Self::Map(
                pairs
                    .iter()
                    .map(|(key, value)| (Self::from_yaml(key).to_text(), Self::from_yaml(value)))
                    .collect(),
            ),
            Yaml::Tagged(_, inner) => Self::from_yaml(inner),
            Yaml::Value(Scalar::Null) | Yaml::Alias(_) | Yaml::BadValue => Self::Null,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List(_) => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::List(_)
            | Self::Map(_) => None,
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Map(_) => &[],
        }
    }

    pub(crate) fn pairs(&self) -> &[(String, Self)] {
        match self {
            Self::Map(pairs) => pairs,
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List(_) => &[],
        }
    }

    /// Any scalar as Python's `str` shows it.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Null => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Text(text) => text.clone(),
            Self::List(_) | Self::Map(_) => self.write(false),
        }
    }

    /// A block-style document; `sorted` is how LAVA before 2024 writes maps.
    pub(crate) fn write(&self, sorted: bool) -> String {
        let mut out = String::new();
        match self {
            Self::Map(pairs) if !pairs.is_empty() => write_map(&mut out, pairs, 0, sorted),
            Self::List(items) if !items.is_empty() => write_list(&mut out, items, 0, sorted),
            scalar => {
                write_scalar(&mut out, scalar);
                out.push('\n');
            }
        }
        out
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

fn write_map(out: &mut String, pairs: &[(String, Value)], indent: usize, sorted: bool) {
    let mut order: Vec<&(String, Value)> = pairs.iter().collect();
    if sorted {
        order.sort_by(|a, b| a.0.cmp(&b.0));
    }
    for (nth, (key, value)) in order.into_iter().enumerate() {
        if nth > 0 {
            let _ = write!(out, "{:indent$}", "");
        }
        write_text(out, key);
        out.push(':');
        match value {
            Value::Map(inner) if !inner.is_empty() => {
                let deeper = indent + 2;
                let _ = write!(out, "\n{:deeper$}", "");
                write_map(out, inner, deeper, sorted);
            }
            // Python does not indent a list below its key
            Value::List(items) if !items.is_empty() => {
                let _ = write!(out, "\n{:indent$}", "");
                write_list(out, items, indent, sorted);
            }
            scalar => {
                out.push(' ');
                write_scalar(out, scalar);
                out.push('\n');
            }
        }
    }
}

fn write_list(out: &mut String, items: &[Value], indent: usize, sorted: bool) {
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            let _ = write!(out, "{:indent$}", "");
        }
        out.push_str("- ");
        match item {
            Value::Map(inner) if !inner.is_empty() => write_map(out, inner, indent + 2, sorted),
            Value::List(inner) if !inner.is_empty() => write_list(out, inner, indent + 2, sorted),
            scalar => {
                write_scalar(out, scalar);
                out.push('\n');
            }
        }
    }
}

fn write_scalar(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => {
            let _ = write!(out, "{value:?}");
        }
        Value::Text(text) => write_text(out, text),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

fn write_text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else if text.chars().all(|c| (' '..='~').contains(&c)) {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                ' '..='~' => out.push(c),
                c if u32::from(c) <= 0xffff => {
                    let _ = write!(out, "\\u{:04X}", u32::from(c));
                }
                c => {
                    let _ = write!(out, "\\U{:08X}", u32::from(c));
                }
            }
        }
        out.push('"');
    }
}

/// Whether Python writes a text without quotes.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let second = chars.next();
    let opens = match first {
        '-' | '?' | ':' => second.is_none_or(|c| c == ' '),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' | ' ' | '=' => true,
        _ => false,
    };
    !opens
        && text.chars().all(|c| (' '..='~').contains(&c))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !resolves(text)
}

/// Whether a plain text would be read as something else, by the rules of YAML 1.1.
fn resolves(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if matches!(
        lower.as_str(),
        "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "<<" | ".inf" | ".nan"
    ) {
        return true;
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    is_integer(digits) || is_float(digits) || is_time(text)
}

fn is_integer(digits: &str) -> bool {
    if let Some(hex) = digits.strip_prefix("0x") {
        return !hex.is_empty() && hex.chars().all(|c| c.is_ascii_hexdigit() || c == '_');
    }
    // whole, or base sixty such as 1:30
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || c == '_' || c == ':')
}

/// YAML 1.1 needs a dot, and a sign in the exponent: `0E-10` stays a text.
fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let exponent_fits = exponent.is_none_or(|text| {
        text.strip_prefix(['+', '-'])
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    });
    let whole = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    exponent_fits
        && mantissa
            .split_once('.')
            .is_some_and(|(left, right)| mantissa.len() > 1 && whole(left) && whole(right))
}

/// A date, or a date with a time.
fn is_time(text: &str) -> bool {
    let date = text.get(..10).unwrap_or_default();
    let shape = date.chars().enumerate().all(|(at, c)| match at {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    });
    date.len() == 10
        && shape
        && match text.get(10..11) {
            None => true,
            Some(mark) => matches!(mark, " " | "T" | "t"),
        }
}
