//! One call: the request with its login, the leave of the circuit, the answer
//! as bytes. Must not know what LAVA answers with.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt as _;

use super::{
    CallError, CallFailure, CircuitState, Client, TransportError, answer::Answer,
    transport::LARGEST_BODY,
};

/// What is asked of a server.
pub(super) struct Ask {
    method: Method,
    /// With its query, below the server's address.
    path: String,
    content_type: Option<&'static str>,
    accept: &'static str,
    body: Bytes,
    basic: bool,
}

impl Ask {
    pub(super) fn get(path: String) -> Self {
        Self::bare(Method::GET, path)
    }

    pub(super) fn bare(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            content_type: None,
            // without it LAVA may answer with a page
            accept: "application/json",
            body: Bytes::new(),
            basic: false,
        }
    }

    pub(super) fn json(
        method: Method,
        path: String,
        body: &impl Serialize,
    ) -> Result<Self, CallError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            CallError::new(
                CallFailure::NotSent,
                format!("{method} {path} could not be written as JSON: {error}"),
            )
        })?;
        Ok(Self {
            content_type: Some("application/json"),
            body: body.into(),
            ..Self::bare(method, path)
        })
    }

    pub(super) fn text(method: Method, path: String, text: &str) -> Self {
        Self {
            content_type: Some("text/plain"),
            body: Bytes::copy_from_slice(text.as_bytes()),
            ..Self::bare(method, path)
        }
    }

    pub(super) fn xml(body: String) -> Self {
        Self {
            content_type: Some("text/xml"),
            accept: "text/xml",
            body: body.into(),
            basic: true,
            ..Self::bare(Method::POST, "/RPC2".to_owned())
        }
    }
}

/// A path of the API; each part is one name, whatever stands in it.
pub(super) fn path(parts: &[&str]) -> Result<String, CallError> {
    let mut path = "/api/v0.2/".to_owned();
    for part in parts {
        // these would be taken for a way through the path
        if matches!(*part, "" | "." | "..") {
            return Err(CallError::new(
                CallFailure::NotSent,
                format!("{part:?} is no name that a LAVA server could have; nothing was sent"),
            ));
        }
        path.push_str(&urlencoding::encode(part));
        // without the slash LAVA redirects, and a write is lost
        path.push('/');
    }
    Ok(path)
}

impl Client {
    /// Sends once. Err: there is no answer; what the answer says is the
    /// caller's to ask.
    pub(super) async fn call(&self, ask: &Ask) -> Result<Answer, CallError> {
        let bare_path = ask.path.split('?').next().unwrap_or_default();
        let place = format!("{} {}{bare_path}", ask.method, self.base);
        let request = self.request(ask).map_err(|error| {
            let sentence = format!("{place}: no request could be made of it: {error}");
            CallError::new(CallFailure::NotSent, sentence)
        })?;
        let leave = self.circuit.enter((self.clock)()).map_err(|state| {
            let when = match state {
                CircuitState::Open { until } => {
                    format!("it is tried again at {}", until.format("%H:%M:%S UTC"))
                }
                CircuitState::HalfOpen | CircuitState::Closed => {
                    "another call tries just now whether it is back".to_owned()
                }
            };
            let sentence =
                format!("{place}: not sent, because the server did not answer lately; {when}");
            CallError::new(CallFailure::NotSent, sentence)
        })?;
        match self.transport.clone().oneshot(request).await {
            Ok(response) => {
                match response.status() {
                    // what a proxy says when the server behind it is away
                    StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT => leave.failed((self.clock)()),
                    _ => leave.answered(),
                }
                if response.body().len() > LARGEST_BODY {
                    return Err(too_large(&place));
                }
                let token = self.credentials.as_ref().map(|who| who.token.clone());
                Ok(Answer::new(place, response, token, (self.clock)()))
            }
            Err(TransportError::TooLarge) => {
                leave.answered();
                Err(too_large(&place))
            }
            Err(TransportError::NotSent(why)) => {
                leave.failed((self.clock)());
                let sentence = format!("{place}: the server was not reached: {why}");
                Err(CallError::new(CallFailure::NotSent, sentence))
            }
            // our own rule, not the server's fault
            Err(TransportError::Barred(why)) => {
                let sentence = format!("{place}: not sent: {why}");
                Err(CallError::new(CallFailure::NotSent, sentence))
            }
            Err(TransportError::Unanswered(why)) => {
                leave.failed((self.clock)());
                let sentence = format!("{place}: the server did not answer: {why}");
                Err(CallError::new(CallFailure::Unanswered, sentence))
            }
        }
    }

    fn request(&self, ask: &Ask) -> Result<Request<Bytes>, http::Error> {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(format!("{}{}", self.base, ask.path))
            .header(header::ACCEPT, ask.accept)
            .header(
                header::USER_AGENT,
                concat!("lavafed/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(kind) = ask.content_type {
            request = request.header(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let login = if ask.basic {
            &self.basic_login
        } else {
            &self.rest_login
        };
        if let Some(login) = login {
            request = request.header(header::AUTHORIZATION, login.clone());
        }
        request.body(ask.body.clone())
    }

    /// The value that must be there.
    pub(super) async fn fetch<T: DeserializeOwned + Send + 'static>(
        &self,
        ask: Ask,
    ) -> Result<T, CallError> {
        self.call(&ask).await?.json().await
    }

    /// The value, or None when LAVA has no such thing.
    pub(super) async fn find<T: DeserializeOwned + Send + 'static>(
        &self,
        ask: Ask,
    ) -> Result<Option<T>, CallError> {
        let answer = self.call(&ask).await?;
        if answer.is_lavas_404() {
            return Ok(None);
        }
        answer.json().await.map(Some)
    }

    /// The text, or None when LAVA has no such thing; of some things it says so
    /// by 400 and a phrase.
    pub(super) async fn find_text(
        &self,
        ask: Ask,
        absent: &str,
    ) -> Result<Option<String>, CallError> {
        let answer = self.call(&ask).await?;
        if answer.is_lavas_404() || answer.is_refusal_saying(absent) {
            return Ok(None);
        }
        answer.text().map(Some)
    }

    pub(super) async fn write(&self, ask: Ask) -> Result<(), CallError> {
        self.call(&ask).await?.applied()
    }
}

fn too_large(place: &str) -> CallError {
    let most = LARGEST_BODY / (1024 * 1024);
    CallError::garbled(format!("{place}: the answer is larger than {most} MiB"))
}
