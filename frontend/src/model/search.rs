//! What stands in the search box: words, which are looked for in names at once,
//! or a query, which the server reads.
//!
//! Must not know the grammar of queries beyond telling the two apart and how a
//! term begins: it is the server's.

use super::address::{Asked, Filter};
use super::change::ChangeClass;

const FIELDS: [&str; 9] = [
    "version",
    "feature",
    "device-type",
    "lab",
    "verdict",
    "change",
    "age",
    "action",
    "kind",
];

const VALUES: [(&str, &[&str]); 5] = [
    (
        "verdict",
        &[
            "fail",
            "flaky",
            "infra",
            "running",
            "planned",
            "not-reached",
            "pass",
        ],
    ),
    (
        "change",
        &[
            "regression",
            "new-failure",
            "fixed",
            "still-failing",
            "flaky",
            "gone",
            "new-pass",
        ],
    ),
    ("action", &["deploy", "boot", "test"]),
    ("kind", &["generic", "device", "release", "development"]),
    ("age", &["30d", "7d", "12h"]),
];

/// Suggestions beyond these are not read by anybody.
const MOST: usize = 40;

/// What the server has to read; `None` for plain words.
pub(crate) fn query(text: &str) -> Option<String> {
    let text = text.trim();
    let is_term = |word: &str| {
        word.contains(['(', ')', '"', ':', '<', '>'])
            || ["and", "or", "not"].contains(&word)
            || (word.starts_with('-') && word.len() > 1)
            || word
                .split_once(['=', '!'])
                .is_some_and(|(field, _)| FIELDS.contains(&field))
    };
    text.split_whitespace()
        .any(is_term)
        .then(|| text.to_owned())
}

/// The names that a page knows, for suggestions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names {
    pub versions: Vec<String>,
    pub features: Vec<String>,
    pub device_types: Vec<String>,
}

/// The text with its last word completed, in each way that fits.
pub(crate) fn completions(text: &str, names: &Names) -> Vec<String> {
    let begins = text
        .rfind(|sign: char| sign.is_whitespace() || sign == '(')
        .map_or(0, |at| at + 1);
    let (before, word) = text.split_at(begins);
    let denied = word.strip_prefix('-');
    let (sign, word) = match denied {
        Some(rest) => ("-", rest),
        None => ("", word),
    };
    let (stem, value) = match word.find([':', '=', '<', '>']) {
        Some(at) => {
            let end = word
                .get(at..)
                .and_then(|rest| rest.find(|sign| ![':', '=', '<', '>'].contains(&sign)))
                .map_or(word.len(), |length| at + length);
            word.split_at(end)
        }
        None => ("", word),
    };
    let field = stem.trim_end_matches([':', '=', '<', '>', '!']);
    let wanted = value.to_ascii_lowercase();
    let fits = |candidate: &str| {
        let candidate = candidate.to_ascii_lowercase();
        candidate.starts_with(&wanted) && candidate != wanted
    };
    let named: &[String] = match field {
        "version" => &names.versions,
        "feature" => &names.features,
        "device-type" => &names.device_types,
        _ => &[],
    };
    let fixed = VALUES.iter().filter(|(of, _)| *of == field);
    let values = fixed
        .flat_map(|(_, values)| values.iter().map(|value| (*value).to_owned()))
        .chain(named.iter().cloned());
    let fields = FIELDS
        .iter()
        .filter(|_| stem.is_empty())
        .map(|field| format!("{field}:"));
    values
        .chain(fields)
        .filter(|candidate| fits(candidate))
        .take(MOST)
        .map(|candidate| format!("{before}{sign}{stem}{candidate}"))
        .collect()
}

/// A text cut where it is wrong: before it, the wrong piece, and after. A place
/// in bytes that does not fit the text is at its end.
pub(crate) fn cut(text: &str, at: usize, length: usize) -> (&str, &str, &str) {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let (wrong, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
    (before, wrong, after)
}

/// The query that finds what a page shows, for files of it.
pub(crate) fn shown(asked: &Asked, own: &[(&str, &str)]) -> String {
    let mut terms: Vec<String> = own
        .iter()
        .map(|(field, name)| format!("{field}:{}", quoted(name)))
        .collect();
    let text = asked.search.trim();
    if query(text).is_some() {
        terms.push(format!("({text})"));
    } else {
        terms.extend(text.split_whitespace().map(quoted));
    }
    let filters: Vec<String> = asked.filter.iter().map(|filter| term(*filter)).collect();
    match filters.as_slice() {
        [] => {}
        [one] => terms.push(one.clone()),
        several => terms.push(format!("({})", several.join(" or "))),
    }
    terms.join(" ")
}

fn term(filter: Filter) -> String {
    let field = match filter {
        Filter::Change(_) => "change",
        Filter::Verdict(_) => "verdict",
    };
    let word = match filter {
        Filter::Change(ChangeClass::Flaky) => "flaky",
        Filter::Change(_) | Filter::Verdict(_) => filter.word(),
    };
    format!("{field}:{word}")
}

fn quoted(name: &str) -> String {
    let plain = |sign: char| sign.is_alphanumeric() || "._/+-".contains(sign);
    let word = ["and", "or", "not"].contains(&name.to_ascii_lowercase().as_str());
    if !word && !name.starts_with('-') && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_queries() {
        for words in [
            "",
            "u-boot",
            "2026.10 fastboot",
            "test.shell=0_smoke",
            "anderson",
        ] {
            assert_eq!(query(words), None, "{words}");
        }
        for text in [
            "verdict:fail",
            "boot or deploy",
            "-x15",
            "version>=2026.10",
            "lab=paris",
            "verdict!=pass",
            "(x15",
            "verdit:fail",
        ] {
            assert_eq!(query(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn the_last_word_is_completed() {
        let names = Names {
            versions: vec!["2026.10".into(), "2026.11".into()],
            features: vec!["boot.u-boot".into()],
            device_types: vec!["x15".into()],
        };
        for (text, expected) in [
            ("ver", &["version:", "verdict:"][..]),
            ("verdict:f", &["verdict:fail", "verdict:flaky"]),
            ("u-boot -device-type:X", &["u-boot -device-type:x15"]),
            (
                "(version>=2026.1",
                &["(version>=2026.10", "(version>=2026.11"],
            ),
            ("verdict:fail", &[]),
            ("feature:boot.u", &["feature:boot.u-boot"]),
            ("nothing:x", &[]),
        ] {
            assert_eq!(completions(text, &names), expected, "{text}");
        }
        assert_eq!(completions("", &names).len(), FIELDS.len());
    }

    #[test]
    fn a_fault_is_cut_out() {
        assert_eq!(cut("verdict:fial x", 8, 4), ("verdict:", "fial", " x"));
        assert_eq!(cut("lab:", 4, 0), ("lab:", "", ""));
        assert_eq!(cut("ä", 1, 9), ("ä", "", ""));
        assert_eq!(cut("aä", 1, 9), ("a", "ä", ""));
    }

    #[test]
    fn what_is_shown_is_a_query() {
        let shown =
            |address: &str, own: &[(&str, &str)]| super::shown(&Asked::from_query(address), own);
        assert_eq!(shown("", &[]), "");
        assert_eq!(
            shown("q=fast%20x15&show=regression", &[("version", "2026.11")]),
            "version:2026.11 fast x15 change:regression"
        );
        assert_eq!(
            shown(
                "q=a%3Ab%20or%20c&show=fail%2Cfixed",
                &[("device-type", "a b\"")]
            ),
            "device-type:\"a b\\\"\" (a:b or c) (verdict:fail or change:fixed)"
        );
    }
}
