//! What changed lately as an Atom feed (RFC 4287). Escaped by the writer of XML.

use std::{io, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use query::Word as _;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use sha2::{Digest as _, Sha256};

use super::{
    Edge,
    asked::{self, Asked},
    error::refused,
    media,
};
use crate::{
    error::{Error, Result},
    service::grid::{
        change_word,
        news::{self, News},
        verdict_word,
    },
};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/atom+xml; charset=utf-8");
const PATH: &str = "/feed.atom";

pub(super) async fn feed(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    match answer(&edge, request.uri(), request.headers()).await {
        Ok(response) => response,
        Err(error) => refused(error),
    }
}

async fn answer(edge: &Edge, uri: &Uri, headers: &HeaderMap) -> Result<Response> {
    asked::may_read(edge, headers).await?;
    let Asked { query, as_of } = Asked::read(uri)?;
    if as_of.is_some() {
        return Err(Error::input("asOf", "A feed tells of what is new."));
    }
    let tag = format!(
        "\"{}-{}\"",
        edge.app.head.current(),
        env!("CARGO_PKG_VERSION")
    );
    let mut response = if media::is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let news = news::news(&edge.app, &query, Utc::now()).await?;
        let feed = Feed {
            query: query.to_string(),
            home: edge.app.config.public_url.as_deref().unwrap_or_default(),
        };
        let mut response = Response::new(Body::from(feed.write(&news).map_err(Error::internal)?));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        response
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=60"),
    );
    headers.insert(
        header::VARY,
        HeaderValue::from_static("authorization, cookie"),
    );
    Ok(response)
}

struct Feed<'a> {
    /// In the one way it is written.
    query: String,
    /// Where lavafed is reached; without it links are relative to the feed.
    home: &'a str,
}

impl Feed<'_> {
    fn write(&self, news: &[News]) -> io::Result<Vec<u8>> {
        let newest = news.iter().map(|one| one.at).max();
        let title = if self.query.is_empty() {
            "lavafed: what changed".to_owned()
        } else {
            format!("lavafed: what changed of {}", self.query)
        };
        let own = self.link(&format!(
            "{PATH}?query={}",
            urlencoding::encode(&self.query)
        ));
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        writer
            .create_element("feed")
            .with_attribute(("xmlns", "http://www.w3.org/2005/Atom"))
            .write_inner_content(|writer| {
                element(writer, "id", &id(&["feed", self.home, &self.query]))?;
                element(writer, "title", &title)?;
                element(writer, "updated", &moment(newest.unwrap_or_default()))?;
                writer
                    .create_element("author")
                    .write_inner_content(|writer| element(writer, "name", "lavafed"))?;
                link(writer, "self", &own)?;
                news.iter().try_for_each(|one| self.entry(writer, one))
            })?;
        Ok(writer.into_inner())
    }

    fn entry(&self, writer: &mut Writer<Vec<u8>>, news: &News) -> io::Result<()> {
        let device_type = news.device_type.as_ref().map(|row| row.name.as_str());
        let place = match device_type {
            Some(name) => format!("{} on {name}", news.feature.name),
            None => news.feature.name.clone(),
        };
        let verdict = verdict_word(news.verdict).word();
        let change = change_word(news.change);
        let change = match change {
            query::Change::None => String::new(),
            told => format!(" ({})", told.word()),
        };
        let title = format!("{}: {place}: {verdict}{change}", news.version.name);
        let before = news.before.map(|before| verdict_word(before).word());
        let summary = match before {
            Some(before) => format!(
                "It was {before} and is {verdict} with LAVA {}.",
                news.version.name
            ),
            None => format!(
                "Its first result with LAVA {} is {verdict}.",
                news.version.name
            ),
        };
        let key = id(&[
            "news",
            &news.version.name,
            &news.feature.name,
            device_type.unwrap_or_default(),
            &news.event.to_string(),
            &moment(news.at),
        ]);
        let page = format!("/versions/{}", urlencoding::encode(&news.version.name));
        writer
            .create_element("entry")
            .write_inner_content(|writer| {
                element(writer, "id", &key)?;
                element(writer, "title", &title)?;
                element(writer, "updated", &moment(news.at))?;
                link(writer, "alternate", &self.link(&page))?;
                element(writer, "summary", &summary)
            })?;
        Ok(())
    }

    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.home.trim_end_matches('/'))
    }
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    writer
        .create_element(name)
        .write_text_content(BytesText::new(text))?;
    Ok(())
}

fn link(writer: &mut Writer<Vec<u8>>, relation: &str, address: &str) -> io::Result<()> {
    writer
        .create_element("link")
        .with_attributes([("rel", relation), ("href", address)])
        .write_empty()?;
    Ok(())
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The same for the same parts, whenever it is asked.
fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    format!("urn:uuid:{id}")
}
