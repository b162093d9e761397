//! Badges: a few words as a small picture, for the pages of others. Escaped by
//! the writer of XML; draws with attributes alone, so no style or script runs.

use std::{io, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::Utc;
use quick_xml::{Writer, events::BytesText};

use super::{Edge, asked, error::refused, media};
use crate::{
    error::{Code, Error, Result},
    service::{
        badge::{self, Badge, Subject, Tone},
        name,
    },
};

const ENDING: &str = ".svg";
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("image/svg+xml; charset=utf-8");
const CACHED_BY_ALL: HeaderValue = HeaderValue::from_static("public, max-age=60");
const CACHED_BY_READER: HeaderValue = HeaderValue::from_static("private, max-age=60");

pub(super) async fn badge(
    State(edge): State<Arc<Edge>>,
    Path((subject, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match answer(&edge, &subject, &file, &headers).await {
        Ok(response) => response,
        Err(error) => refused(error),
    }
}

async fn answer(edge: &Edge, subject: &str, file: &str, headers: &HeaderMap) -> Result<Response> {
    asked::may_read(edge, headers).await?;
    let subject = match subject {
        "version" => Subject::Version,
        "feature" => Subject::Feature,
        "device-type" => Subject::DeviceType,
        "lab" => Subject::Lab,
        _ => {
            let message = "There are badges of a version, feature, device-type and lab.";
            return Err(Error::new(Code::NotFound, message));
        }
    };
    let Some(name) = file.strip_suffix(ENDING) else {
        return Err(Error::new(
            Code::NotFound,
            "A badge's address ends in .svg.",
        ));
    };
    let tag = format!(
        "\"{}-{}\"",
        edge.app.head.current(),
        env!("CARGO_PKG_VERSION")
    );
    if media::is_known(headers, &tag) {
        return Ok(tagged(
            edge,
            StatusCode::NOT_MODIFIED.into_response(),
            Some(&tag),
        ));
    }
    let (status, badge) = match badge::badge(&edge.app, subject, name, Utc::now()).await {
        Ok(badge) => (StatusCode::OK, badge),
        Err(error) if error.code == Code::NotFound => (StatusCode::NOT_FOUND, unknown(name)),
        Err(error) => return Err(error),
    };
    let mut response = Response::new(Body::from(draw(&badge).map_err(Error::internal)?));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, CONTENT_TYPE);
    let tag = status.is_success().then_some(tag);
    Ok(tagged(edge, response, tag.as_deref()))
}

fn tagged(edge: &Edge, mut response: Response, tag: Option<&str>) -> Response {
    let headers = response.headers_mut();
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
        headers.insert(header::ETAG, tag);
    }
    let cached = if edge.app.config.public_read {
        CACHED_BY_ALL
    } else {
        CACHED_BY_READER
    };
    headers.insert(header::CACHE_CONTROL, cached);
    headers.insert(
        header::VARY,
        HeaderValue::from_static("authorization, cookie"),
    );
    // It is made for the pages of others.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    response
}

fn unknown(name: &str) -> Badge {
    Badge {
        label: name.to_owned(),
        message: "unknown".to_owned(),
        tone: Tone::Plain,
    }
}

/// White letters on each are readable: 4.5 to 1 at least.
fn colour(badge: &Badge) -> &'static str {
    match badge.tone {
        Tone::Good => "#1a7f37",
        Tone::Bad => "#b3261e",
        Tone::Open => "#8a5a00",
        Tone::Plain => "#555b62",
    }
}

const HEIGHT: usize = 20;
/// About as wide as two letters of 11 pixels are.
const TWO_LETTERS: usize = 13;
const MARGIN: usize = 6;

fn width(text: &str) -> usize {
    text.chars().count() * TWO_LETTERS / 2 + 2 * MARGIN
}

fn draw(badge: &Badge) -> io::Result<Vec<u8>> {
    let label = name::shortened(&badge.label);
    let (left, right) = (width(&label), width(&badge.message));
    let whole = (left + right).to_string();
    let height = HEIGHT.to_string();
    let said = format!("{label}: {}", badge.message);
    let mut writer = Writer::new(Vec::new());
    writer
        .create_element("svg")
        .with_attributes([
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", whole.as_str()),
            ("height", height.as_str()),
            ("role", "img"),
            ("aria-label", said.as_str()),
        ])
        .write_inner_content(|writer| {
            writer
                .create_element("title")
                .write_text_content(BytesText::new(&said))?;
            half(writer, 0, left, "#30363d", &label)?;
            half(writer, left, right, colour(badge), &badge.message)
        })?;
    Ok(writer.into_inner())
}

fn half(
    writer: &mut Writer<Vec<u8>>,
    begin: usize,
    wide: usize,
    colour: &str,
    text: &str,
) -> io::Result<()> {
    let [x, width, height] = [begin, wide, HEIGHT].map(|number| number.to_string());
    let attributes = [
        ("x", x.as_str()),
        ("width", width.as_str()),
        ("height", height.as_str()),
        ("fill", colour),
    ];
    writer
        .create_element("rect")
        .with_attributes(attributes)
        .write_empty()?;
    let [x, length] = [begin + MARGIN, wide - 2 * MARGIN].map(|number| number.to_string());
    let attributes = [
        ("x", x.as_str()),
        ("y", "14"),
        ("fill", "#ffffff"),
        ("font-family", "Verdana,Geneva,sans-serif"),
        ("font-size", "11"),
        ("textLength", length.as_str()),
        ("lengthAdjust", "spacingAndGlyphs"),
        ("aria-hidden", "true"),
    ];
    writer
        .create_element("text")
        .with_attributes(attributes)
        .write_text_content(BytesText::new(text))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_is_it_is_text() {
        let name = "<script>alert(\"1\")</script>&'";
        let drawn = String::from_utf8(draw(&unknown(name)).unwrap()).unwrap();
        assert!(!drawn.contains("<script"), "{drawn}");
        assert!(drawn.contains("&lt;script&gt;"), "{drawn}");
        let mut reader = quick_xml::Reader::from_str(&drawn);
        let mut elements = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                    elements.push(tag.name().as_ref().to_owned());
                }
                _ => {}
            }
        }
        assert_eq!(elements, ["svg", "title", "rect", "text", "rect", "text"]);
    }
}
