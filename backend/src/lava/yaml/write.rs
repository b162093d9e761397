//! Writing a document: block style, one line for each entry, aliases written
//! out, comments lost. Reading it again gives the same document. Must not
//! quote what reads well without.

use std::fmt::{self, Formatter};

use saphyr_parser::ScalarStyle;

use super::{Node, Scalar, ScalarKind, kind};

impl fmt::Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(_) => writeln!(f, "{}", Flow(self)),
            Self::List(_) | Self::Map(_) => write_block(f, self, 0),
        }
    }
}

const INDENT: usize = 2;

/// The entries of a list or map; whoever calls has indented the first one.
fn write_block(f: &mut Formatter<'_>, node: &Node, indent: usize) -> fmt::Result {
    let margin = |f: &mut Formatter<'_>, nth| match nth {
        0 => Ok(()),
        _ => write!(f, "{:indent$}", ""),
    };
    match node {
        Node::Scalar(_) => Ok(()),
        Node::List(items) if items.is_empty() => writeln!(f, "[]"),
        Node::Map(pairs) if pairs.is_empty() => writeln!(f, "{{}}"),
        Node::List(items) => items.iter().enumerate().try_for_each(|(nth, item)| {
            margin(f, nth)?;
            write!(f, "- ")?;
            write_item(f, item, indent + INDENT)
        }),
        Node::Map(pairs) => pairs
            .iter()
            .enumerate()
            .try_for_each(|(nth, (key, value))| {
                margin(f, nth)?;
                // longer keys, lists and maps need the explicit form
                const LONGEST_KEY: usize = 200;
                match key {
                    Node::Scalar(scalar) if scalar.text.len() <= LONGEST_KEY => {
                        write!(f, "{}:", Plain(scalar))?;
                    }
                    Node::Scalar(_) | Node::List(_) | Node::Map(_) => {
                        write!(f, "? {}\n{:indent$}:", Flow(key), "")?;
                    }
                }
                write_value(f, value, indent + INDENT)
            }),
    }
}

/// What follows the `:` of a pair.
fn write_value(f: &mut Formatter<'_>, node: &Node, indent: usize) -> fmt::Result {
    let opens = match node {
        Node::List(items) => !items.is_empty(),
        Node::Map(pairs) => !pairs.is_empty(),
        Node::Scalar(_) => false,
    };
    if opens {
        write!(f, "\n{:indent$}", "")?;
    } else {
        write!(f, " ")?;
    }
    write_item(f, node, indent)
}

/// A node that begins where the line stands.
fn write_item(f: &mut Formatter<'_>, node: &Node, indent: usize) -> fmt::Result {
    let Node::Scalar(scalar) = node else {
        return write_block(f, node, indent);
    };
    let Some(lines) = literal_lines(scalar) else {
        // what merges as a key is nothing that LAVA's reader knows as a value
        return if node.is_merge() {
            writeln!(f, "{}", Flow(node))
        } else {
            writeln!(f, "{}", Plain(scalar))
        };
    };
    let chomping = if scalar.text.ends_with('\n') { "" } else { "-" };
    writeln!(f, "|{chomping}")?;
    lines.into_iter().try_for_each(|line| match line {
        "" => writeln!(f),
        line => writeln!(f, "{:indent$}{line}", ""),
    })
}

/// The lines of a text that can be written as a literal block.
fn literal_lines(scalar: &Scalar) -> Option<Vec<&str>> {
    let text = scalar.text.strip_suffix('\n').unwrap_or(&scalar.text);
    let printable = |c: char| c == '\n' || c == '\t' || (' '..='~').contains(&c);
    let plain_edges = text.trim() == text;
    (scalar.kind == ScalarKind::Text
        && !text.is_empty()
        && scalar.text.contains('\n')
        && plain_edges
        && text.chars().all(printable))
    .then(|| text.split('\n').collect())
}

/// A scalar in block style, without quotes where that is safe.
struct Plain<'a>(&'a Scalar);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Scalar { text, kind } = self.0;
        match kind {
            ScalarKind::Null => f.write_str("null"),
            ScalarKind::Number | ScalarKind::Bool => f.write_str(text),
            ScalarKind::Text if is_safe(text) => f.write_str(text),
            ScalarKind::Text => f.write_str(&quoted(text)),
        }
    }
}

/// A node on one line, every text quoted.
struct Flow<'a>(&'a Node);

impl fmt::Display for Flow<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Node::Scalar(scalar) if scalar.kind == ScalarKind::Text => {
                f.write_str(&quoted(&scalar.text))
            }
            Node::Scalar(scalar) => Plain(scalar).fmt(f),
            Node::List(items) => {
                f.write_str("[")?;
                items
                    .iter()
                    .try_for_each(|item| write!(f, "{}, ", Flow(item)))?;
                f.write_str("]")
            }
            Node::Map(pairs) => {
                f.write_str("{")?;
                pairs.iter().try_for_each(|(key, value)| {
                    write!(f, "? {} : {}, ", Flow(key), Flow(value))
                })?;
                f.write_str("}")
            }
        }
    }
}

/// No quotes are needed in block style; stricter than YAML.
fn is_safe(text: &str) -> bool {
    text == "<<"
        || (text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '$'))
            && text.chars().all(|c| (' '..='~').contains(&c))
            && !text.ends_with([' ', ':'])
            && !text.contains(": ")
            && !text.contains(" #")
            && !is_like_a_number(text)
            && kind(text, ScalarStyle::Plain, None) == ScalarKind::Text)
}

/// What LAVA's reader may take for a date, a time, or a number in another base:
/// `2026-11-22`, `12:30:45`, `0b101`. Some that it would not take are among them.
fn is_like_a_number(text: &str) -> bool {
    let part = |c: char| c.is_ascii_digit() || "_:.+- TtZzXxOoBbEe".contains(c);
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(part)
}

/// JSON's strings are YAML's double-quoted ones, but for what YAML cannot print.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) <= 0xffff => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}
