//! What a client sends and wants to have: `Accept`, `Accept-Encoding` and
//! `Content-Type`, read into values. Pure.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A form of answer that `/graphql` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Media {
    Json,
    GraphqlResponse,
    EventStream,
    /// The page of GraphiQL.
    Html,
}

impl Media {
    const ALL: [Self; 4] = [
        Self::Json,
        Self::GraphqlResponse,
        Self::EventStream,
        Self::Html,
    ];

    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::GraphqlResponse => ("application", "graphql-response+json"),
            Self::EventStream => ("text", "event-stream"),
            Self::Html => ("text", "html"),
        }
    }

    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        })
    }
}

/// Whether the client has what this tag is of.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter();
    tags.filter_map(|tags| tags.to_str().ok()).any(|tags| {
        tags.split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    })
}

/// How the bytes of an answer are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// The form of answer a client likes best, of those we have. None: it takes
/// none of them.
pub(super) fn accepted(headers: &HeaderMap, html: bool) -> Option<Media> {
    if !headers.contains_key(header::ACCEPT) {
        return Some(Media::Json);
    }
    let ranges: Vec<_> = weighted(headers, &header::ACCEPT).collect();
    Media::ALL
        .into_iter()
        .filter(|media| html || *media != Media::Html)
        .filter_map(|media| {
            let (specific, weight) = weight_of(&ranges, media)?;
            // Who names the newer form knows it; who takes anything may not.
            let preferred = match media {
                Media::GraphqlResponse if specific == NAMED => 3,
                Media::Json => 2,
                Media::GraphqlResponse => 1,
                Media::EventStream | Media::Html => 0,
            };
            (weight > 0).then_some(((weight, specific, preferred), media))
        })
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, media)| media)
}

/// How specific a range is that names the media type in full.
const NAMED: u8 = 2;

/// The weight that the most specific range gives, and how specific it is.
fn weight_of(ranges: &[(&str, u16)], media: Media) -> Option<(u8, u16)> {
    let (main, sub) = media.name();
    let specific = |range: &str| {
        let (a, b) = range.split_once('/')?;
        match (a.eq_ignore_ascii_case(main), b.eq_ignore_ascii_case(sub)) {
            (true, true) => Some(NAMED),
            (true, false) if b == "*" => Some(1),
            (false, false) if a == "*" && b == "*" => Some(0),
            _ => None,
        }
    };
    ranges
        .iter()
        .filter_map(|(range, weight)| Some((specific(range)?, *weight)))
        .max()
}

/// The smallest encoding a client takes.
pub(super) fn encoding(headers: &HeaderMap) -> Encoding {
    let mut brotli = false;
    let mut gzip = false;
    for (name, weight) in weighted(headers, &header::ACCEPT_ENCODING) {
        brotli |= weight > 0 && name.eq_ignore_ascii_case("br");
        gzip |= weight > 0 && name.eq_ignore_ascii_case("gzip");
    }
    match (brotli, gzip) {
        (true, _) => Encoding::Brotli,
        (false, true) => Encoding::Gzip,
        (false, false) => Encoding::Identity,
    }
}

/// The items of a list header with their `q`, in thousandths.
fn weighted<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = (&'a str, u16)> + use<'a> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts
                .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .map_or(1000, thousandths);
            (name, weight)
        })
        .filter(|(name, _)| !name.is_empty())
}

fn thousandths(q: &str) -> u16 {
    let q: f32 = q.parse().unwrap_or(1.0);
    (q.clamp(0.0, 1.0) * 1000.0) as u16
}

/// The media type of a body and its charset, in lower case.
pub(super) fn content_type(headers: &HeaderMap) -> Option<(String, Option<String>)> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next()?.to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("charset")
            .then(|| value.trim_matches('"').to_ascii_lowercase())
    });
    Some((essence, charset))
}

/// Whether a body is JSON in UTF-8, the only JSON there is.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    content_type(headers).is_some_and(|(essence, charset)| {
        essence == "application/json" && charset.is_none_or(|charset| charset == "utf-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn the_client_chooses_the_form_of_answer() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        let client =
            "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8";
        let table = [
            ("*/*", true, Some(Media::Json)),
            ("application/json", true, Some(Media::Json)),
            ("application/*;q=0.5", false, Some(Media::Json)),
            (client, true, Some(Media::GraphqlResponse)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                true,
                Some(Media::GraphqlResponse),
            ),
            (
                "application/graphql-response+json",
                true,
                Some(Media::GraphqlResponse),
            ),
            ("text/event-stream", false, Some(Media::EventStream)),
            (browser, true, Some(Media::Html)),
            (browser, false, Some(Media::Json)),
            ("text/html", false, None),
            ("application/json;q=0", true, None),
            (
                "application/json;q=0, */*;q=0.1",
                false,
                Some(Media::GraphqlResponse),
            ),
            ("image/png", true, None),
            ("", true, None),
        ];
        for (accept, html, expected) in table {
            let headers = headers(header::ACCEPT, accept);
            assert_eq!(accepted(&headers, html), expected, "{accept}");
        }
        assert_eq!(accepted(&HeaderMap::new(), true), Some(Media::Json));
    }

    #[test]
    fn the_smallest_encoding_is_taken() {
        let table = [
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip;q=1.0, br;q=0", Encoding::Gzip),
            ("deflate", Encoding::Identity),
            ("", Encoding::Identity),
        ];
        for (accept, expected) in table {
            assert_eq!(
                encoding(&headers(header::ACCEPT_ENCODING, accept)),
                expected,
                "{accept}"
            );
        }
    }

    #[test]
    fn only_utf_8_is_json() {
        let table = [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=\"utf-8\"", true),
            ("application/json; charset=latin1", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
        ];
        for (value, expected) in table {
            assert_eq!(
                is_json(&headers(header::CONTENT_TYPE, value)),
                expected,
                "{value}"
            );
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
