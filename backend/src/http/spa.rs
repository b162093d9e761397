//! The page: files of the SPA carried inside the binary (a debug build reads
//! them from the checkout), packed beforehand, with tags and lasting caching
//! for hashed names. Every other path is a place within the page, which comes
//! in two bundles: what is loaded depends on the place. What the place says
//! without JavaScript is written into it, once per event.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use super::{
    Edge,
    answers::{Encoded, Key},
    asked,
    error::Refusal,
    media::{self, Encoding, Media},
    plain,
};
use crate::error::Code;

/// Beside `X` there may be `X.br` and `X.gz`.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../frontend/dist"]
#[allow_missing = true]
struct Files;

/// The pages of the bundles. Not to be had by their own names: what a bundle
/// shows, it takes from the path.
const GRID: &str = "grid.html";
const FARM: &str = "farm.html";
/// Where a path begins whose page is in the bundle of the grid; all others, and
/// the waivers of a version, are in that of the farm. The page knows the same from `frontend/src/route.rs`.
const OF_GRID: &[&str] = &["", "versions", "features", "device-types", "compare"];
const GRAPHIQL: &str = "graphiql/index.html";
/// GraphiQL carries its fonts in its style sheet.
const GRAPHIQL_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);
const LASTING: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASKED_ANEW: HeaderValue = HeaderValue::from_static("no-cache");
/// Where reading needs a token, a place tells nothing without one.
const VARY: HeaderValue = HeaderValue::from_static("accept-encoding, authorization, cookie");

pub(super) async fn page(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let mut response = Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            Code::BadUserInput,
            "There is nothing to be done here but reading.",
        )
        .into_response();
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let path = parts.uri.path().trim_start_matches('/');
    let is_page = [GRID, FARM].contains(&path);
    if !is_page && let Some(file) = file(path, &parts.headers) {
        return file;
    }
    let is_door = ["api/", "graphql/"]
        .iter()
        .any(|door| path.starts_with(door));
    // a name of something may end as a file's does
    let is_file = content_type(path).is_some() && !path.contains('/');
    if is_door || is_file || path.starts_with("graphiql/") {
        return Refusal::new(
            StatusCode::NOT_FOUND,
            Code::NotFound,
            "There is nothing here.",
        )
        .into_response();
    }
    place(&edge, &parts).await
}

/// A place of the page, with what it says to who reads without JavaScript.
async fn place(edge: &Arc<Edge>, parts: &Parts) -> Response {
    let Parts { uri, headers, .. } = parts;
    let readable = asked::may_read(edge, headers).await;
    let asked = match &readable {
        Ok(()) => plain::same(uri),
        Err(error) => format!("{} {}", error.code.as_str(), plain::same(uri)),
    };
    let key = Key {
        event: edge.app.head.current(),
        media: Media::Html,
        encoding: media::encoding(headers),
        get: true,
        asked: asked.into(),
    };
    let kept = match edge.answers.get(&key) {
        Some(kept) => Ok(kept),
        None => edge.answers.get_or_place(&key).await,
    };
    let written = match kept {
        Ok(kept) => kept,
        Err(free) => {
            let index = Files::get(bundle(uri.path().trim_start_matches('/')));
            let index = index
                .as_ref()
                .and_then(|file| str::from_utf8(&file.data).ok());
            let (status, html) = plain::page(edge, uri, readable, index, key.event).await;
            let written = Encoded::new(status, Media::Html, key.encoding, html.into_bytes());
            if status == StatusCode::OK {
                let _kept = free.insert(written.clone());
            }
            written
        }
    };
    send(&written, headers)
}

fn send(written: &Encoded, asked: &HeaderMap) -> Response {
    let hash = hex::encode(Sha256::digest(&written.body));
    let tag = format!("\"{}\"", hash.get(..24).unwrap_or_default());
    let mut response = if written.status == StatusCode::OK && media::is_known(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(written.body.clone()));
        *response.status_mut() = written.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, written.media.content_type());
        if let Some(encoding) = written.encoding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, VARY);
    headers.insert(header::CACHE_CONTROL, ASKED_ANEW);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn bundle(path: &str) -> &'static str {
    let mut parts = path.split('/');
    let begin = parts.next().unwrap_or_default();
    let is_form = begin == "versions" && parts.nth(1) == Some("waivers");
    if OF_GRID.contains(&begin) && !is_form {
        GRID
    } else {
        FARM
    }
}

/// The page of GraphiQL.
pub(super) fn graphiql(headers: &HeaderMap) -> Response {
    let mut response = file(GRAPHIQL, headers).unwrap_or_else(not_built);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, GRAPHIQL_POLICY);
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-encoding"),
    );
    response
}

fn not_built() -> Response {
    let sentence = "This lavafed was built without its page. Type: cargo xtask build --release\n";
    (StatusCode::NOT_FOUND, sentence).into_response()
}

fn file(path: &str, asked: &HeaderMap) -> Option<Response> {
    let content_type = content_type(path)?;
    // The packed ones are no files of their own.
    let (file, encoding) = packed(path, media::encoding(asked))?;
    let tag = tag(&file, encoding);
    let mut response = if media::is_known(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(file.data));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(encoding) = encoding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, HeaderValue::try_from(tag).ok()?);
    let caching = if is_hashed(path) { LASTING } else { ASKED_ANEW };
    headers.insert(header::CACHE_CONTROL, caching);
    Some(response)
}

fn packed(path: &str, wanted: Encoding) -> Option<(EmbeddedFile, Encoding)> {
    let suffix = match wanted {
        Encoding::Identity => None,
        Encoding::Gzip => Some("gz"),
        Encoding::Brotli => Some("br"),
    };
    let packed = suffix.and_then(|suffix| Files::get(&format!("{path}.{suffix}")));
    match packed {
        Some(file) => Some((file, wanted)),
        None => Some((Files::get(path)?, Encoding::Identity)),
    }
}

fn tag(file: &EmbeddedFile, encoding: Encoding) -> String {
    let hash = file.metadata.sha256_hash();
    let hash = hex::encode(hash.get(..12).unwrap_or_default());
    format!("\"{hash}{}\"", encoding.name().unwrap_or_default())
}

/// Names of trunk's files end in `-` and a hash of what is in them.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        (12..=16).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// None: no file of ours has such a name. A version's name has dots as well.
fn content_type(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names_last() {
        let table = [
            ("lavafed-1a2b3c4d5e6f708.js", true),
            ("lavafed-1a2b3c4d5e6f7081_bg.wasm", true),
            ("style-0123456789abcdef.css", true),
            ("grid.html", false),
            ("graphiql/graphiql.min.js", false),
            ("half-baked.css", false),
        ];
        for (name, lasting) in table {
            assert_eq!(is_hashed(name), lasting, "{name}");
        }
    }

    #[test]
    fn a_place_is_in_one_of_the_bundles() {
        let table = [
            ("", GRID),
            ("versions/2026.10", GRID),
            ("compare/2026.09/2026.10", GRID),
            ("versions/2026.10/waivers", FARM),
            ("versions/waivers", GRID),
            ("leases", FARM),
            ("jobs/1", FARM),
            ("nowhere", FARM),
        ];
        for (place, page) in table {
            assert_eq!(bundle(place), page, "{place}");
        }
    }

    #[test]
    fn a_place_within_the_page_is_no_file() {
        for place in [
            "versions/2026.10",
            "versions/2026.10.0042.gabc",
            "features/deploy.tftp",
            "jobs/1",
        ] {
            assert_eq!(content_type(place), None, "{place}");
        }
    }
}
