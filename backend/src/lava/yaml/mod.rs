//! Reading YAML that anybody may have written, within limits on size, depth,
//! nodes and aliases, and writing it again. Must not know what the document is
//! about.
//!
//! One reader for everything, on the events of `saphyr-parser`: what is read
//! from a definition and what is scrubbed from it must be the same document,
//! and scalars must keep the spelling a typed reader loses. They follow the
//! reader of LAVA where it matters: an unquoted `2026.10` is a number, and
//! stays `2026.10` when it is written again.

mod write;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

/// What a document may cost. Aliases count as what they stand for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes: usize,
    pub depth: usize,
    pub nodes: usize,
    pub aliases: usize,
}

impl Limits {
    /// A job definition; inline test definitions make some of them long.
    pub const DEFINITION: Self = Self {
        bytes: 2 * 1024 * 1024,
        depth: 64,
        nodes: 100_000,
        aliases: 1_000,
    };
    /// The results of one suite: some 35 nodes for each test case.
    pub const RESULTS: Self = Self {
        bytes: 16 * 1024 * 1024,
        depth: 64,
        nodes: 1_000_000,
        aliases: 10_000,
    };
    /// The results of all suites of a job in one document.
    pub const ALL_RESULTS: Self = Self {
        bytes: 32 * 1024 * 1024,
        depth: 64,
        nodes: 2_000_000,
        aliases: 20_000,
    };
}

/// Where and why a text is not a YAML document within the limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct YamlError {
    pub line: usize,
    pub column: usize,
    pub reason: String,
}

impl YamlError {
    fn at(mark: Marker, reason: impl Into<String>) -> Self {
        Self {
            line: mark.line().max(1),
            column: mark.col() + 1,
            reason: reason.into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// As written, without quotes and escapes.
    pub text: String,
    pub kind: ScalarKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarKind {
    Text,
    Number,
    Bool,
    Null,
}

impl Node {
    /// The text of any scalar but null, numbers and booleans as written.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(scalar) if scalar.kind != ScalarKind::Null => Some(&scalar.text),
            Self::Scalar(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Scalar(_) | Self::Map(_) => &[],
        }
    }

    /// The value of a key. The last of equal keys wins, and a key of the map
    /// itself wins over a merged one (`<<`), as in LAVA's reader.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().remove(key)
    }

    /// Keys and values of a map, merged ones included; empty for anything else.
    #[must_use]
    pub fn entries(&self) -> BTreeMap<&str, &Self> {
        let Self::Map(pairs) = self else {
            return BTreeMap::new();
        };
        let mut entries = BTreeMap::new();
        for (_, value) in pairs.iter().filter(|(key, _)| key.is_merge()) {
            let sources = match value {
                Self::List(items) => items.as_slice(),
                Self::Map(_) | Self::Scalar(_) => std::slice::from_ref(value),
            };
            for source in sources {
                for (key, value) in source.entries() {
                    entries.entry(key).or_insert(value);
                }
            }
        }
        for (key, value) in pairs.iter().filter(|(key, _)| !key.is_merge()) {
            if let Some(key) = key.text() {
                entries.insert(key, value);
            }
        }
        entries
    }

    #[must_use]
    pub fn is_merge(&self) -> bool {
        self.text() == Some("<<")
    }
}

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Node, YamlError> {
    if text.len() > limits.bytes {
        return Err(YamlError {
            line: 1,
            column: 1,
            reason: format!(
                "{} bytes of YAML are more than the {} that are read",
                text.len(),
                limits.bytes
            ),
        });
    }
    let mut composer = Composer::new(*limits);
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| YamlError::at(*error.marker(), error.info().to_owned()))?;
        composer.take(event, span)?;
    }
    Ok(composer.document.unwrap_or(Node::Scalar(Scalar {
        text: String::new(),
        kind: ScalarKind::Null,
    })))
}

/// A node with what it costs to repeat it.
#[derive(Clone, Debug)]
struct Built {
    node: Node,
    nodes: usize,
    bytes: usize,
    height: usize,
}

/// A list or map that is still open.
#[derive(Debug)]
struct Frame {
    built: Built,
    anchor: usize,
    key: Option<Node>,
}

struct Composer {
    limits: Limits,
    open: Vec<Frame>,
    anchors: HashMap<usize, Built>,
    document: Option<Node>,
    nodes: usize,
    bytes: usize,
    aliases: usize,
}

impl Composer {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            open: Vec::new(),
            anchors: HashMap::new(),
            document: None,
            nodes: 0,
            bytes: 0,
            aliases: 0,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.document.is_some() => Err(YamlError::at(
                span.start,
                "a second document begins, one is expected",
            )),
            Event::DocumentStart(_) => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let kind = kind(&text, style, tag.as_deref().map(|tag| tag.suffix.as_str()));
                let built = Built {
                    nodes: 1,
                    bytes: text.len(),
                    height: 1,
                    node: Node::Scalar(Scalar {
                        text: text.into_owned(),
                        kind,
                    }),
                };
                self.add(built, anchor, span)
            }
            Event::SequenceStart(anchor, _) => self.begin(Node::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.begin(Node::Map(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.repeat(anchor, span),
        }
    }

    fn begin(&mut self, node: Node, anchor: usize, span: Span) -> Result<(), YamlError> {
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(span));
        }
        self.open.push(Frame {
            built: Built {
                node,
                nodes: 1,
                bytes: 0,
                height: 1,
            },
            anchor,
            key: None,
        });
        self.charge(1, 0, span)
    }

    fn end(&mut self, span: Span) -> Result<(), YamlError> {
        let Some(frame) = self.open.pop() else {
            return Ok(());
        };
        // charged when it began
        self.place(frame.built, frame.anchor, span)
    }

    fn repeat(&mut self, anchor: usize, span: Span) -> Result<(), YamlError> {
        self.aliases += 1;
        if self.aliases > self.limits.aliases {
            return Err(YamlError::at(
                span.start,
                format!("more than {} aliases", self.limits.aliases),
            ));
        }
        let Some(built) = self.anchors.get(&anchor) else {
            return Err(YamlError::at(span.start, "an alias within what it names"));
        };
        let (nodes, bytes) = (built.nodes, built.bytes);
        if self.open.len() + built.height > self.limits.depth {
            return Err(self.too_deep(span));
        }
        self.charge(nodes, bytes, span)?;
        match self.anchors.get(&anchor).cloned() {
            Some(built) => self.place(built, 0, span),
            None => Ok(()),
        }
    }

    fn add(&mut self, built: Built, anchor: usize, span: Span) -> Result<(), YamlError> {
        self.charge(built.nodes, built.bytes, span)?;
        self.place(built, anchor, span)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, built: Built, anchor: usize, span: Span) -> Result<(), YamlError> {
        if anchor != 0 {
            self.charge(built.nodes, built.bytes, span)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.document = Some(built.node);
            return Ok(());
        };
        frame.built.nodes += built.nodes;
        frame.built.bytes += built.bytes;
        frame.built.height = frame.built.height.max(built.height + 1);
        match (&mut frame.built.node, frame.key.take()) {
            (Node::List(items), _) => items.push(built.node),
            (Node::Map(_), None) => frame.key = Some(built.node),
            (Node::Map(pairs), Some(key)) => pairs.push((key, built.node)),
            (Node::Scalar(_), _) => {}
        }
        Ok(())
    }

    fn charge(&mut self, nodes: usize, bytes: usize, span: Span) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.nodes > self.limits.nodes {
            return Err(YamlError::at(
                span.start,
                format!("more than {} nodes", self.limits.nodes),
            ));
        }
        if self.bytes > self.limits.bytes.saturating_mul(2) {
            return Err(YamlError::at(
                span.start,
                "aliases make the document too large",
            ));
        }
        Ok(())
    }

    fn too_deep(&self, span: Span) -> YamlError {
        YamlError::at(
            span.start,
            format!("nested deeper than {}", self.limits.depth),
        )
    }
}

fn kind(text: &str, style: ScalarStyle, tag: Option<&str>) -> ScalarKind {
    if style != ScalarStyle::Plain || tag == Some("str") {
        return ScalarKind::Text;
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "yes" | "Yes" | "YES" | "no"
        | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => ScalarKind::Bool,
        _ if is_number(text) => ScalarKind::Number,
        _ => ScalarKind::Text,
    }
}

/// A whole or decimal number as YAML 1.1 writes them, `1_000`, `0x1F` and
/// `.inf` included.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(
        digits.to_ascii_lowercase().as_str(),
        ".inf" | ".nan" | "infinity"
    ) {
        return true;
    }
    if let Some(hex) = digits.strip_prefix("0x") {
        return !hex.is_empty() && hex.chars().all(|c| c.is_ascii_hexdigit() || c == '_');
    }
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    starts && digits.replace('_', "").parse::<f64>().is_ok()
}
