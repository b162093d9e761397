//! The cells that a query finds as a file, written while they are read: CSV for
//! spreadsheets, JSON for scripts, with the same columns.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    response::Response,
};
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use futures_util::{StreamExt as _, stream};
use query::Word as _;
use serde::Serialize;

use super::{
    Edge,
    asked::{self, Asked},
    error::refused,
};
use crate::{
    error::{Error, Result},
    service::grid::{
        change_word,
        search::{Found, Search},
        verdict_word,
    },
};

#[derive(Clone, Copy)]
enum Form {
    Csv,
    Json,
}

pub(super) async fn csv(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    answer(&edge, request.uri(), request.headers(), Form::Csv).await
}

pub(super) async fn json(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    answer(&edge, request.uri(), request.headers(), Form::Json).await
}

async fn answer(edge: &Edge, uri: &Uri, headers: &HeaderMap, form: Form) -> Response {
    match export(edge, uri, headers, form).await {
        Ok(response) => response,
        Err(error) => refused(error),
    }
}

async fn export(edge: &Edge, uri: &Uri, headers: &HeaderMap, form: Form) -> Result<Response> {
    asked::may_read(edge, headers).await?;
    let Asked { query, as_of } = Asked::read(uri)?;
    let mut search = Search::open(&edge.app, query, as_of, true, Utc::now()).await?;
    // What fails at once is still answered with its status.
    let first = search.next().await?;
    let (ending, content_type) = match form {
        Form::Csv => ("csv", "text/csv; charset=utf-8; header=present"),
        Form::Json => ("json", "application/json; charset=utf-8"),
    };
    let name = format!("cells-{}.{ending}", search.event);
    let mut response = Response::new(Body::from_stream(pieces(search, first, form)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("authorization, cookie"),
    );
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The bytes of the file. It ends early, and so is seen to be broken, when the
/// cells cannot be read to their end.
fn pieces(
    search: Search,
    first: Option<Vec<Found>>,
    form: Form,
) -> impl stream::Stream<Item = Result<Bytes>> {
    let mut writer = Writer { form, rows: 0 };
    let head = writer.head(&search).and_then(|mut head| {
        head.extend(writer.rows(first.as_deref().unwrap_or_default())?);
        Ok(head.into())
    });
    let rest = stream::try_unfold((search, writer), async |(mut search, mut writer)| {
        let Some(found) = search.next().await.inspect_err(|error| {
            tracing::warn!(code = error.code.as_str(), "an export ends early: {error}");
        })?
        else {
            return Ok(None);
        };
        let rows = Bytes::from(writer.rows(&found)?);
        Ok(Some((rows, (search, writer))))
    });
    let tail = match form {
        Form::Csv => Bytes::new(),
        Form::Json => Bytes::from_static(b"\n]}\n"),
    };
    // An error is the last piece.
    stream::once(async { head })
        .chain(rest)
        .chain(stream::once(async { Ok(tail) }))
        .scan(false, |broken, piece| {
            let told = (!*broken).then_some(piece);
            *broken |= matches!(told, Some(Err(_)));
            async { told }
        })
}

/// A cell as both forms have it.
#[derive(Serialize)]
struct Line<'a> {
    version: &'a str,
    feature: &'a str,
    /// None for a generic feature.
    device_type: Option<&'a str>,
    verdict: &'static str,
    change: &'static str,
    baseline: Option<&'a str>,
    labs: Vec<&'a str>,
    attempts: i32,
    passes: i32,
    fails: i32,
    infras: i32,
    not_reached: i32,
    last_at: Option<String>,
    age_seconds: Option<i64>,
}

const COLUMNS: [&str; 14] = [
    "version",
    "feature",
    "device_type",
    "verdict",
    "change",
    "baseline",
    "labs",
    "attempts",
    "passes",
    "fails",
    "infras",
    "not_reached",
    "last_at",
    "age_seconds",
];

impl<'a> From<&'a Found> for Line<'a> {
    fn from(found: &'a Found) -> Self {
        let attempts = found.attempts;
        Self {
            version: &found.version.name,
            feature: &found.feature.name,
            device_type: found.device_type.as_ref().map(|row| row.name.as_str()),
            verdict: verdict_word(found.verdict).word(),
            change: change_word(found.change).word(),
            baseline: found.baseline.as_ref().map(|row| row.name.as_str()),
            labs: found.labs.iter().map(|row| row.name.as_str()).collect(),
            attempts: attempts.all(),
            passes: attempts.passes,
            fails: attempts.fails,
            infras: attempts.infras,
            not_reached: attempts.not_reached,
            last_at: found
                .last_at
                .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            age_seconds: found.age,
        }
    }
}

impl Line<'_> {
    fn fields(&self) -> [String; COLUMNS.len()] {
        let age = self.age_seconds.map(|age| age.to_string());
        [
            harmless(self.version),
            harmless(self.feature),
            harmless(self.device_type.unwrap_or_default()),
            harmless(self.verdict),
            harmless(self.change),
            harmless(self.baseline.unwrap_or_default()),
            harmless(&self.labs.join(" ")),
            self.attempts.to_string(),
            self.passes.to_string(),
            self.fails.to_string(),
            self.infras.to_string(),
            self.not_reached.to_string(),
            self.last_at.clone().unwrap_or_default(),
            age.unwrap_or_default(),
        ]
    }
}

/// A spreadsheet takes what begins like this for a formula, unless a quote
/// stands before it.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

struct Writer {
    form: Form,
    rows: usize,
}

impl Writer {
    fn head(&self, search: &Search) -> Result<Vec<u8>> {
        match self.form {
            Form::Csv => records([COLUMNS.map(str::to_owned)]),
            Form::Json => {
                let text = serde_json::to_string(&search.query().to_string());
                let text = text.map_err(Error::internal)?;
                Ok(format!("{{\"event\":{},\"query\":{text},\"cells\":[", search.event).into())
            }
        }
    }

    fn rows(&mut self, found: &[Found]) -> Result<Vec<u8>> {
        let lines = found.iter().map(Line::from);
        match self.form {
            Form::Csv => records(lines.map(|line| line.fields())),
            Form::Json => {
                let mut out = Vec::new();
                for line in lines {
                    let separator: &[u8] = if self.rows == 0 { b"\n" } else { b",\n" };
                    out.extend_from_slice(separator);
                    serde_json::to_writer(&mut out, &line).map_err(Error::internal)?;
                    self.rows += 1;
                }
                Ok(out)
            }
        }
    }
}

fn records(lines: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> Result<Vec<u8>> {
    let ending = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new()
        .terminator(ending)
        .from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).map_err(Error::internal)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::internal(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_none() {
        for (text, written) in [
            ("x15", "x15"),
            ("a=b", "a=b"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-odd-", "'-odd-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), written);
        }
    }

    #[test]
    fn columns_are_the_names_of_json() {
        let line = Line {
            version: "2026.10",
            feature: "a,\"b\"",
            device_type: None,
            verdict: "pass",
            change: "none",
            baseline: None,
            labs: vec!["paris", "rennes"],
            attempts: 1,
            passes: 1,
            fails: 0,
            infras: 0,
            not_reached: 0,
            last_at: None,
            age_seconds: None,
        };
        let json = serde_json::to_string(&line).unwrap();
        let mut rest = json.as_str();
        for column in COLUMNS {
            let name = format!("\"{column}\":");
            rest = rest.split_once(&name).expect("in their order").1;
        }
        let record = records([line.fields()]).unwrap();
        assert_eq!(
            String::from_utf8(record).unwrap(),
            "2026.10,\"a,\"\"b\"\"\",,pass,none,,paris rennes,1,1,0,0,0,,\r\n"
        );
    }
}
