//! Keeping a value within its scalar. What `{{ value }}` writes is spelled in
//! characters that mean nothing to YAML, and turned back after the document was
//! read. So a quote, a newline or a colon in the name of a lab stays a character
//! of that name, wherever the template puts it; and text is never taken for a
//! number, while numbers stay numbers. Must not know what a value is for.

use std::fmt::Write as _;

use minijinja::{Error, ErrorKind, Output, State, Value, value::ValueKind};

use crate::lava::yaml::Node;

/// A character stands for the one this much below it; the first one for nothing.
/// It is a plane of Unicode that is free for private use, and printable in YAML.
const PLANE: u32 = 0xF_0000;

/// Lists and maps within each other that a value may hold.
const DEEPEST: usize = 20;

/// Writes a value as the engine asks for: the formatter of the environment.
pub(super) fn write(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    let mut text = String::new();
    put(&mut text, value, 0)?;
    out.write_str(&text).map_err(Error::from)
}

fn put(text: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > DEEPEST {
        return Err(refused(format!("lists within lists, more than {DEEPEST}")));
    }
    match value.kind() {
        // a macro or a block, encoded when it was written
        ValueKind::String if value.is_safe() => text.push_str(value.as_str().unwrap_or_default()),
        ValueKind::String => encode(text, value.as_str().unwrap_or_default()),
        ValueKind::Undefined => {}
        ValueKind::None => text.push_str("null"),
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => write!(text, "{value}")?,
        ValueKind::Seq | ValueKind::Iterable => {
            text.push('[');
            for item in value.try_iter()? {
                put(text, &item, depth + 1)?;
                text.push_str(", ");
            }
            text.push(']');
        }
        ValueKind::Map => {
            text.push('{');
            for key in value.try_iter()? {
                put(text, &key, depth + 1)?;
                text.push_str(": ");
                put(text, &value.get_item(&key)?, depth + 1)?;
                text.push_str(", ");
            }
            text.push('}');
        }
        kind => return Err(refused(format!("a value that cannot be written ({kind})"))),
    }
    Ok(())
}

fn refused(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

fn encode(text: &mut String, plain: &str) {
    text.extend(char::from_u32(PLANE));
    text.extend(plain.chars().filter_map(|c| match u32::from(c) {
        _ if c.is_ascii_alphanumeric() => Some(c),
        0..=0xFFFF => char::from_u32(PLANE + u32::from(c)),
        _ => Some(c),
    }));
}

/// Turns back what was encoded in a text.
pub(super) fn decoded(text: &str) -> String {
    text.chars()
        .filter_map(|c| match u32::from(c).checked_sub(PLANE) {
            Some(0) => None,
            Some(below) if below <= 0xFFFF => char::from_u32(below),
            Some(_) | None => Some(c),
        })
        .collect()
}

/// Turns back what was encoded in any key and value of a document.
pub(super) fn decode(node: &mut Node) {
    match node {
        Node::Scalar(scalar) => scalar.text = decoded(&scalar.text),
        Node::List(items) => items.iter_mut().for_each(decode),
        Node::Map(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            decode(key);
            decode(value);
        }),
    }
}
