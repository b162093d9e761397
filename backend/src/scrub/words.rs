//! Finding secrets as text, in every spelling a notification may hold them in.
//! Must not know where they were found.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde_json::Value;

use super::MARK;

/// Shorter ones would be found in ordinary words.
const SHORTEST: usize = 6;
const MOST: usize = 1_000;
const MOST_BYTES: usize = 128 * 1024;

/// The secrets found so far.
pub(super) struct Secrets {
    found: BTreeSet<String>,
    bytes: usize,
    unknown: Option<String>,
}

/// What is looked for.
pub(super) struct Words {
    /// None: it could not be built, so no text can be let through.
    searcher: Option<AhoCorasick>,
}

impl Secrets {
    /// The credential as it was presented, with its scheme or without.
    pub(super) fn new(credential: &str) -> Self {
        let mut secrets = Self {
            found: BTreeSet::new(),
            bytes: 0,
            unknown: None,
        };
        secrets.add(credential.rsplit(' ').next().unwrap_or(credential));
        secrets
    }

    pub(super) fn add(&mut self, secret: &str) {
        for word in std::iter::once(secret).chain(secret.lines()) {
            let word = word.trim();
            // what is part of the mark shows everywhere
            if word.chars().count() < SHORTEST || MARK.contains(word) {
                continue;
            }
            if self.found.len() >= MOST || self.bytes + word.len() > MOST_BYTES {
                self.unknown
                    .get_or_insert_with(|| "it holds more secrets than are looked for".to_owned());
                return;
            }
            if self.found.insert(word.to_owned()) {
                self.bytes += word.len();
            }
        }
    }

    /// Secrets stand where they cannot be read.
    pub(super) fn unreadable(&mut self, why: String) {
        self.unknown.get_or_insert(why);
    }

    /// What to look for, and why that may not be all.
    pub(super) fn into_words(self) -> (Words, Option<String>) {
        (Words::new(&self.found), self.unknown)
    }
}

impl Words {
    fn new(secrets: &BTreeSet<String>) -> Self {
        let patterns: BTreeSet<String> = secrets
            .iter()
            .flat_map(|secret| spellings(secret))
            .collect();
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns)
            .ok();
        Self { searcher }
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        self.searcher
            .as_ref()
            .is_none_or(|searcher| searcher.is_match(text))
    }

    pub(super) fn clean(&self, text: &str) -> String {
        let Some(searcher) = &self.searcher else {
            return MARK.to_owned();
        };
        let mut clean = String::with_capacity(text.len());
        searcher.replace_all_with(text, &mut clean, |_, _, clean| {
            clean.push_str(MARK);
            true
        });
        clean
    }
}

/// A secret as plain text, in the quotes of JSON (Python's too, which are
/// ASCII) and YAML, and percent-encoded in each usual way.
fn spellings(secret: &str) -> [String; 8] {
    let json = Value::from(secret).to_string();
    let json = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'))
        .unwrap_or(secret)
        .to_owned();
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let spaced = encoded.replace('+', "%20");
    [
        secret.to_owned(),
        ascii(&json),
        json,
        secret.replace('\'', "''"),
        lower_hex(&encoded),
        lower_hex(&spaced),
        encoded,
        spaced,
    ]
}

fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars()
        .map(|c| {
            if c.is_ascii() {
                return c.to_string();
            }
            c.encode_utf16(&mut units)
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect()
        })
        .collect()
}

fn lower_hex(encoded: &str) -> String {
    let mut left = 0;
    encoded
        .chars()
        .map(|c| {
            left = if c == '%' { 2 } else { i32::max(left - 1, -1) };
            if left >= 0 { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}
