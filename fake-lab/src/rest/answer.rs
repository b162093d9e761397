//! An answer, in the forms LAVA has. Must not know what was asked.

use bytes::Bytes;
use serde::Serialize;

use crate::time;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// What Django shows for 404 and 500 outside the API.
const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en-us\">\n<head>\n  <meta charset=\"utf-8\">\n  \
    <title>LAVA</title>\n</head>\n<body>\n  <h1>Oops</h1>\n</body>\n</html>\n";

impl Answer {
    pub(crate) fn new(status: u16, content_type: Option<&'static str>, body: Bytes) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::new(status, Some("application/json"), body.into())
    }

    /// `{"KEY": "TEXT"}`.
    pub(crate) fn pair(status: u16, key: &str, text: &str) -> Self {
        Self::json(status, &std::collections::BTreeMap::from([(key, text)]))
    }

    pub(crate) fn detail(status: u16, text: &str) -> Self {
        Self::pair(status, "detail", text)
    }

    pub(crate) fn message(status: u16, text: &str) -> Self {
        Self::pair(status, "message", text)
    }

    /// 400 of a form: what is wrong with which field.
    pub(crate) fn field(name: &str, text: &str) -> Self {
        Self::json(400, &std::collections::BTreeMap::from([(name, [text])]))
    }

    /// How 2026.10 answers what it did not think of.
    pub(crate) fn exception(kind: &str, value: &str) -> Self {
        #[derive(Serialize)]
        struct Exception<'a> {
            exception_type: &'a str,
            exception_value: &'a str,
        }
        Self::json(
            500,
            &Exception {
                exception_type: kind,
                exception_value: value,
            },
        )
    }

    pub(crate) fn html(status: u16) -> Self {
        Self::new(
            status,
            Some("text/html; charset=utf-8"),
            Bytes::from_static(PAGE.as_bytes()),
        )
        .with("Vary", "Cookie")
    }

    pub(crate) fn moved(location: &str) -> Self {
        Self::new(301, Some("text/html; charset=utf-8"), Bytes::new()).with("Location", location)
    }

    /// Text as a file.
    pub(crate) fn file(kind: &'static str, name: &str, text: String) -> Self {
        Self::new(200, Some(kind), text.into()).with(
            "Content-Disposition",
            format!("attachment; filename={name}"),
        )
    }

    pub(crate) fn forbidden() -> Self {
        Self::detail(403, "You do not have permission to perform this action.")
    }

    pub(crate) fn anonymous() -> Self {
        Self::detail(403, "Authentication credentials were not provided.")
    }

    pub(crate) fn insufficient() -> Self {
        Self::detail(
            403,
            "Insufficient permissions. Please contact system administrator.",
        )
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn allow(self, methods: &str) -> Self {
        if self.content_type == Some("text/html; charset=utf-8") || self.status == 500 {
            return self;
        }
        self.with("Vary", "Accept, Cookie").with("Allow", methods)
    }

    /// As an HTTP response, dated by the server's clock.
    pub(crate) fn into_response(
        self,
        date: chrono::DateTime<chrono::Utc>,
    ) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = response.headers_mut();
        let kind = self
            .content_type
            .map(|kind| ("Content-Type", kind.to_owned()));
        let date = ("Date", time::http(date));
        for (name, value) in kind.into_iter().chain(self.headers).chain([date]) {
            let name = http::HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_str(&value)) {
                headers.append(name, value);
            }
        }
        response
    }
}
