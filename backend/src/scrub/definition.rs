//! Secrets in YAML that stands as text in a body: job definitions, and the
//! results of a suite. Must not know what the YAML means otherwise.

use super::{
    MARK,
    words::{Secrets, Words},
};
use crate::lava::yaml::{self, Limits, Node, Scalar, ScalarKind};

/// Notes the secrets of a definition.
pub(super) fn collect(text: &str, secrets: &mut Secrets) {
    match yaml::parse(text, &Limits::DEFINITION) {
        Ok(mut node) => hide(&mut node, Region::Open, &mut |secret| secrets.add(secret)),
        Err(error) => secrets.unreadable(format!("it cannot be read as YAML ({error})")),
    }
}

/// A definition without its secrets.
pub(super) fn clean(text: &str, words: &Words) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let Ok(mut node) = yaml::parse(text, &Limits::DEFINITION) else {
        return words.clean(text);
    };
    hide(&mut node, Region::Open, &mut |_| {});
    replace(&mut node, words);
    let written = node.to_string();
    if words.are_in(&written) {
        // it reaches over several nodes
        "The definition is not kept: a secret is part of its structure.".to_owned()
    } else {
        written
    }
}

/// The results of a suite without secrets; as they were if they hold none.
pub(super) fn clean_results(text: &str, words: &Words) -> String {
    let Ok(mut node) = yaml::parse(text, &Limits::RESULTS) else {
        return words.clean(text);
    };
    if !replace(&mut node, words) {
        return words.clean(text);
    }
    words.clean(&node.to_string())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    Open,
    /// Below `notify`, where a `token` or `email` is a secret.
    Notify,
    /// Below `secrets`: every value is a secret, the keys are their names.
    Secrets,
    /// Everything is a secret.
    Secret,
}

fn hide(node: &mut Node, region: Region, found: &mut impl FnMut(&str)) {
    match node {
        Node::Scalar(scalar) => {
            if matches!(region, Region::Secrets | Region::Secret) && scalar.kind != ScalarKind::Null
            {
                found(&scalar.text);
                scalar.text = MARK.to_owned();
                scalar.kind = ScalarKind::Text;
            }
        }
        Node::List(items) => items.iter_mut().for_each(|item| hide(item, region, found)),
        Node::Map(pairs) => pairs
            .iter_mut()
            .for_each(|(key, value)| hide_pair(key, value, region, found)),
    }
}

fn hide_pair(key: &mut Node, value: &mut Node, region: Region, found: &mut impl FnMut(&str)) {
    let name = key.text().map(str::to_ascii_lowercase);
    let below = match (region, name.as_deref()) {
        (Region::Secret, _) | (Region::Notify, Some("token" | "email")) => Region::Secret,
        (Region::Secrets, _) | (_, Some("secrets")) => Region::Secrets,
        (_, Some("notify")) => Region::Notify,
        (Region::Open | Region::Notify, _) => region,
    };
    // a name without a value is no name
    let alone = matches!(
        value,
        Node::Scalar(Scalar {
            kind: ScalarKind::Null,
            ..
        })
    );
    match region {
        Region::Open | Region::Notify => hide(key, region, found),
        Region::Secrets if key.text().is_some() && !alone => {}
        Region::Secrets | Region::Secret => hide(key, Region::Secret, found),
    }
    hide(value, below, found);
}

/// Takes words out of every scalar; whether there were any.
fn replace(node: &mut Node, words: &Words) -> bool {
    match node {
        Node::Scalar(scalar) => {
            let found = words.are_in(&scalar.text);
            if found {
                scalar.text = words.clean(&scalar.text);
                scalar.kind = ScalarKind::Text;
            }
            found
        }
        // every node is looked at, so no short cut
        Node::List(items) => items
            .iter_mut()
            .fold(false, |found, item| replace(item, words) | found),
        Node::Map(pairs) => pairs.iter_mut().fold(false, |found, (key, value)| {
            replace(key, words) | replace(value, words) | found
        }),
    }
}
