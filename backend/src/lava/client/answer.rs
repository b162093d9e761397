//! What a server answered, as a value or as the failure it amounts to. Must not
//! know what was asked.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CallError, CallFailure, Secret};

/// What is read beside the async threads; less is read at once.
const LONG: usize = 64 * 1024;
const LONGEST_WORDS: usize = 300;
const LONGEST_PATIENCE: Duration = Duration::from_secs(3600);

pub(super) struct Answer {
    /// Method and address, for sentences.
    pub(super) place: String,
    pub(super) status: StatusCode,
    /// The server's clock.
    pub(super) date: Option<DateTime<Utc>>,
    kind: Kind,
    location: Option<String>,
    retry_after: Option<Duration>,
    body: Bytes,
    /// Must not come back in a sentence.
    token: Option<Secret>,
}

/// What the server calls the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Xml,
    Page,
    Other,
}

impl Answer {
    pub(super) fn new(
        place: String,
        response: Response<Bytes>,
        token: Option<Secret>,
        now: DateTime<Utc>,
    ) -> Self {
        let (head, body) = response.into_parts();
        let date = text_of(&head.headers, &header::DATE).and_then(http_date);
        let retry_after = text_of(&head.headers, &header::RETRY_AFTER)
            .and_then(|text| patience(text, date.unwrap_or(now)));
        Self {
            place,
            status: head.status,
            date,
            kind: kind(text_of(&head.headers, &header::CONTENT_TYPE).unwrap_or_default()),
            location: text_of(&head.headers, &header::LOCATION)
                .map(|to| to.split(['?', '#']).next().unwrap_or_default().to_owned()),
            retry_after,
            body,
            token,
        }
    }

    /// LAVA has no such thing. A page of that status is somebody else's.
    pub(super) fn is_lavas_404(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.kind == Kind::Json
    }

    pub(super) fn is_refusal_saying(&self, phrase: &str) -> bool {
        self.status == StatusCode::BAD_REQUEST
            && self.words().is_some_and(|words| words.contains(phrase))
    }

    /// The value of a successful answer.
    pub(super) async fn json<T: DeserializeOwned + Send + 'static>(self) -> Result<T, CallError> {
        let answer = self.accepted()?;
        if answer.kind != Kind::Json {
            return Err(answer.not_lavas("JSON was expected"));
        }
        let place = answer.place.clone();
        let body = answer.body;
        let read = aside(body.len(), move || serde_json::from_slice(&body)).await?;
        read.map_err(|error| {
            CallError::garbled(format!("{place}: the answer is not LAVA's: {error}"))
        })
    }

    pub(super) fn text(self) -> Result<String, CallError> {
        let answer = self.accepted()?;
        if answer.kind == Kind::Page {
            return Err(answer.not_lavas("a text was expected"));
        }
        match String::from_utf8(answer.body.to_vec()) {
            Ok(text) => Ok(text),
            Err(_) => Err(answer.not_lavas("it is not UTF-8")),
        }
    }

    pub(super) fn xml(self) -> Result<String, CallError> {
        if self.status.is_success() && self.kind != Kind::Xml {
            return Err(self.not_lavas("XML was expected"));
        }
        self.text()
    }

    /// A write that LAVA did: it says so in JSON, or says nothing.
    pub(super) fn applied(self) -> Result<(), CallError> {
        let answer = self.accepted()?;
        if answer.kind != Kind::Json && !answer.body.is_empty() {
            return Err(answer.not_lavas("JSON was expected"));
        }
        Ok(())
    }

    pub(super) fn accepted(self) -> Result<Self, CallError> {
        let status = self.status;
        if status.is_success() {
            return Ok(self);
        }
        if status.is_redirection() {
            let to = self.location.as_deref().unwrap_or("nowhere");
            return Err(CallError::garbled(format!(
                "{}: answered {status} to {to}; redirections are not followed: give the server's \
                 address as LAVA itself answers at",
                self.place
            )));
        }
        let (kind, advice) = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (
                CallFailure::Denied,
                "; check the API token and what its user may do",
            ),
            StatusCode::NOT_FOUND if self.kind == Kind::Json => (CallFailure::Missing, ""),
            StatusCode::NOT_FOUND => (
                CallFailure::Garbled,
                "; is the address that of a LAVA server?",
            ),
            StatusCode::TOO_MANY_REQUESTS => (
                CallFailure::Busy {
                    retry_after: self.retry_after,
                },
                "",
            ),
            StatusCode::REQUEST_TIMEOUT => (CallFailure::Unanswered, ""),
            _ if status.is_client_error() => (CallFailure::Refused, ""),
            _ => (CallFailure::Unanswered, ""),
        };
        let words = match (self.words(), self.kind) {
            (Some(words), _) => format!(": {words}"),
            (None, Kind::Page) => " with a page".to_owned(),
            (None, Kind::Json | Kind::Xml | Kind::Other) => String::new(),
        };
        let sentence = format!("{}: answered {status}{words}{advice}", self.place);
        Err(CallError::new(kind, sentence))
    }

    fn not_lavas(&self, expected: &str) -> CallError {
        let got = match self.kind {
            Kind::Json => "JSON",
            Kind::Xml => "XML",
            Kind::Page => "a web page",
            Kind::Other => "something else",
        };
        CallError::garbled(format!(
            "{}: answered {} with {got}, but {expected}; is the address that of a LAVA server?",
            self.place, self.status
        ))
    }

    /// What LAVA says of a failure, in any of its forms.
    fn words(&self) -> Option<String> {
        if self.kind != Kind::Json {
            return None;
        }
        let said = said(&serde_json::from_slice(&self.body).ok()?)?;
        let said = told(&said);
        Some(match &self.token {
            Some(token) if !token.reveal().is_empty() => said.replace(token.reveal(), "(secret)"),
            Some(_) | None => said,
        })
    }
}

/// `{"detail"}`, `{"message"}`, `{"error"}`, `{"FIELD": […]}`, a bare list, or
/// the exception of a 500.
fn said(body: &Value) -> Option<String> {
    let fields = match body {
        Value::Object(fields) => fields,
        Value::Array(items) => return joined(items),
        Value::String(text) => return Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => return None,
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    if let Some(only) = text("detail")
        .or_else(|| text("message"))
        .or_else(|| text("error"))
    {
        return Some(only.to_owned());
    }
    if let (Some(kind), Some(value)) = (text("exception_type"), text("exception_value")) {
        return Some(format!("{kind}: {value}"));
    }
    let complaints: Vec<String> = fields
        .iter()
        .filter_map(|(field, items)| {
            let items = joined(items.as_array()?)?;
            Some(match field.as_str() {
                "non_field_errors" => items,
                _ => format!("{field}: {items}"),
            })
        })
        .collect();
    (!complaints.is_empty()).then(|| complaints.join("; "))
}

fn joined(items: &[Value]) -> Option<String> {
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// Words of a server, fit for a sentence. A complaint about YAML goes on by
/// quoting the text from the third line on, and that may hold secrets.
pub(super) fn told(words: &str) -> String {
    let lines: Vec<&str> = words.lines().take(2).map(str::trim).collect();
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = lines.join(" ").chars().map(plain).collect();
    let text = text.trim().trim_end_matches(':');
    match text.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Reads something; beside the async threads when it is long.
pub(super) async fn aside<T: Send + 'static>(
    bytes: usize,
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CallError> {
    if bytes < LONG {
        return Ok(read());
    }
    tokio::task::spawn_blocking(read).await.map_err(|_| {
        CallError::garbled("reading the server's answer broke off; the log says where")
    })
}

fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn kind(content_type: &str) -> Kind {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" => Kind::Json,
        "text/xml" | "application/xml" => Kind::Xml,
        "text/html" | "application/xhtml+xml" => Kind::Page,
        _ => Kind::Other,
    }
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

/// Seconds or a date.
fn patience(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let wait = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (http_date(text)? - now).to_std().unwrap_or_default(),
    };
    Some(wait.min(LONGEST_PATIENCE))
}
