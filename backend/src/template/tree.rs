//! Building and changing a YAML document. Must not know what it is about.

use crate::lava::yaml::{Node, Scalar, ScalarKind};

pub(super) fn text(text: impl Into<String>) -> Node {
    Node::Scalar(Scalar {
        text: text.into(),
        kind: ScalarKind::Text,
    })
}

pub(super) fn number(number: i64) -> Node {
    Node::Scalar(Scalar {
        text: number.to_string(),
        kind: ScalarKind::Number,
    })
}

pub(super) fn map<const N: usize>(pairs: [(&str, Node); N]) -> Node {
    Node::Map(pairs.map(|(key, value)| (text(key), value)).into())
}

/// Sets the value of a key, whatever stood there.
pub(super) fn set(node: &mut Node, key: &str, value: Node) {
    let Node::Map(pairs) = node else {
        *node = map([(key, value)]);
        return;
    };
    pairs.retain(|(own, _)| own.is_merge() || own.text() != Some(key));
    pairs.push((text(key), value));
}

/// The value of a key, to be changed: a merged one (`<<`) becomes an own one.
pub(super) fn own<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    let place = match (place(node, key), node.get(key)) {
        (Some(place), _) => place,
        (None, Some(merged)) => {
            let merged = merged.clone();
            set(node, key, merged);
            place(node, key)?
        }
        (None, None) => return None,
    };
    match node {
        Node::Map(pairs) => pairs.get_mut(place).map(|(_, value)| value),
        Node::Scalar(_) | Node::List(_) => None,
    }
}

/// Where a map itself has the key.
fn place(node: &Node, key: &str) -> Option<usize> {
    let Node::Map(pairs) = node else { return None };
    pairs
        .iter()
        .rposition(|(own, _)| !own.is_merge() && own.text() == Some(key))
}

/// The keys of a map, merged ones included.
pub(super) fn keys(node: &Node) -> Vec<String> {
    node.entries().into_keys().map(str::to_owned).collect()
}
