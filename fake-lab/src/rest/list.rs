//! Lists: filters, order and pages. Must not know what is listed.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Answer, Request};
use crate::words::Release;

/// A value that can be filtered and ordered by.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(super) enum Field {
    Null,
    Text(String),
    Number(i64),
    Time(DateTime<Utc>),
    Bool(bool),
    /// The name of an enumeration, whose values are checked.
    Word(&'static str),
    Texts(Vec<String>),
}

/// Names that are no filters.
const RESERVED: &[&str] = &["limit", "offset", "ordering", "format", "all"];

/// The items that pass every known filter, in the wanted order.
pub(super) fn select<'a, T>(
    request: &Request,
    items: impl Iterator<Item = &'a T>,
    field: impl Fn(&'a T, &str) -> Option<Field>,
) -> Vec<&'a T> {
    let filters: Vec<(&str, &str, &str)> = request
        .query
        .iter()
        .filter(|(key, value)| !RESERVED.contains(&key.as_str()) && !value.is_empty())
        .map(|(key, value)| {
            let (name, operator) = split(key);
            (name, operator, value.as_str())
        })
        .collect();
    let passes = |item: &&'a T| {
        filters.iter().all(|(name, operator, wanted)| {
            field(item, name).is_none_or(|own| keeps(&own, operator, wanted))
        })
    };
    let mut found: Vec<&T> = items.filter(passes).collect();
    if let Some(ordering) = request.parameter("ordering") {
        let (name, reverse) = match ordering.strip_prefix('-') {
            Some(name) => (name, true),
            None => (ordering, false),
        };
        found.sort_by(|a, b| {
            let order = field(a, name).partial_cmp(&field(b, name));
            let order = order.unwrap_or(std::cmp::Ordering::Equal);
            if reverse { order.reverse() } else { order }
        });
    }
    found
}

/// A wrong value of an enumeration is an error, and another one in each release.
pub(super) fn bad_word(
    request: &Request,
    release: Release,
    name: &str,
    words: &[&'static str],
) -> Option<Answer> {
    let value = request.parameter(name).filter(|value| !value.is_empty())?;
    if words.contains(&value) {
        return None;
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    Some(match release {
        Release::V2023_01 => Answer::html(500),
        Release::V2026_10 => Answer::json(
            400,
            &[format!(
                "Select a valid choice. {value} is not one of the available choices: ({})",
                quoted.join(", ")
            )],
        ),
    })
}

/// `device_type__name__in` is the operator `in` on the field `device_type`.
fn split(key: &str) -> (&str, &str) {
    let mut parts = key.split("__");
    let name = parts.next().unwrap_or_default();
    let last = parts.last().unwrap_or_default();
    let operators = [
        "in",
        "gt",
        "gte",
        "lt",
        "lte",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "iexact",
    ];
    (name, if operators.contains(&last) { last } else { "" })
}

fn keeps(own: &Field, operator: &str, wanted: &str) -> bool {
    if operator == "in" {
        return wanted.split(',').any(|one| keeps(own, "", one));
    }
    match own {
        Field::Null => false,
        Field::Bool(value) => (wanted.eq_ignore_ascii_case("true") || wanted == "1") == *value,
        Field::Number(value) => wanted
            .parse::<i64>()
            .is_ok_and(|wanted| ordered(value, operator, &wanted)),
        Field::Time(value) => wanted
            .parse::<DateTime<Utc>>()
            .is_ok_and(|wanted| ordered(value, operator, &wanted)),
        Field::Word(value) => matches_text(value, operator, wanted),
        Field::Text(value) => matches_text(value, operator, wanted),
        Field::Texts(values) => values.iter().any(|own| matches_text(own, operator, wanted)),
    }
}

fn ordered<T: PartialOrd>(own: &T, operator: &str, wanted: &T) -> bool {
    match operator {
        "gt" => own > wanted,
        "gte" => own >= wanted,
        "lt" => own < wanted,
        "lte" => own <= wanted,
        _ => own == wanted,
    }
}

fn matches_text(own: &str, operator: &str, wanted: &str) -> bool {
    match operator {
        "contains" => own.contains(wanted),
        "icontains" => own.to_lowercase().contains(&wanted.to_lowercase()),
        "startswith" => own.starts_with(wanted),
        "endswith" => own.ends_with(wanted),
        "iexact" => own.eq_ignore_ascii_case(wanted),
        _ => own == wanted,
    }
}

#[derive(Serialize)]
struct Page<T> {
    count: usize,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<T>,
}

/// The page that was asked for, with absolute links to its neighbours.
pub(super) fn page<T, S: Serialize>(
    request: &Request,
    items: &[T],
    show: impl Fn(&T) -> S,
) -> Answer {
    let number = |name: &str| request.parameter(name)?.parse::<usize>().ok();
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(50);
    let offset = number("offset").unwrap_or(0);
    let count = items.len();
    let next = (offset + limit < count).then(|| link(request, limit, Some(offset + limit)));
    let previous = (offset > 0).then(|| {
        let before = offset.saturating_sub(limit);
        link(request, limit, (before > 0).then_some(before))
    });
    let results = items.iter().skip(offset).take(limit).map(show).collect();
    Answer::json(
        200,
        &Page {
            count,
            next,
            previous,
            results,
        },
    )
}

fn link(request: &Request, limit: usize, offset: Option<usize>) -> String {
    let mut pairs: Vec<(String, String)> = request
        .query
        .iter()
        .filter(|(key, _)| key != "limit" && key != "offset")
        .cloned()
        .collect();
    pairs.push(("limit".to_owned(), limit.to_string()));
    if let Some(offset) = offset {
        pairs.push(("offset".to_owned(), offset.to_string()));
    }
    pairs.sort();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{}?{query}", request.absolute(&request.path))
}

impl Request {
    /// A URL of this server, as the client calls it.
    pub(super) fn absolute(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }
}
