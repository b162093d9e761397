//! A LAVA server that answers from the recordings and holds the client to the
//! recorded requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, header};
use serde_json::Value;
use tower::service_fn;

use super::super::{Client, Credentials, Door, Secret, Transport, TransportError};

pub(super) const RELEASES: [&str; 2] = ["2023.01", "2026.10"];
const TOKEN: &str = "recorded-token";

pub(super) struct Recorded {
    pub(super) release: &'static str,
    records: Value,
}

/// One exchange: the recorded one, or with another path or body.
#[derive(Clone)]
pub(super) struct Step {
    method: String,
    path: String,
    body: Value,
    answer: Value,
}

pub(super) fn recorded() -> Vec<Recorded> {
    RELEASES
        .into_iter()
        .map(|release| {
            let path = format!(
                "{}/../tests/fixtures/lava/{release}/rest-{release}.json",
                env!("CARGO_MANIFEST_DIR")
            );
            let text = std::fs::read_to_string(&path).expect(&path);
            Recorded {
                release,
                records: serde_json::from_str::<Value>(&text).expect(&path)["records"].take(),
            }
        })
        .collect()
}

impl Recorded {
    pub(super) fn record(&self, name: &str) -> &Value {
        let record = &self.records[name];
        assert!(!record.is_null(), "{} has no {name}", self.release);
        record
    }

    pub(super) fn step(&self, name: &str) -> Step {
        let record = self.record(name);
        let text = |key: &str| record["request"][key].as_str().expect(key).to_owned();
        Step {
            method: text("method"),
            path: text("path"),
            body: record["request"]["body"].clone(),
            answer: record["response"].clone(),
        }
    }

    /// The body of the recorded answer.
    pub(super) fn body(&self, name: &str) -> &Value {
        &self.record(name)["response"]["body"]
    }
}

impl Step {
    pub(super) fn at(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    pub(super) fn sent(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    pub(super) fn answered(mut self, body: Value) -> Self {
        self.answer["body"] = body;
        self
    }

    /// Whether this is what the client sent.
    fn check(&self, request: &Request<Bytes>) {
        let uri = request.uri();
        assert_eq!(
            (
                request.method().as_str(),
                uri.path_and_query().expect("path").as_str()
            ),
            (self.method.as_str(), self.path.as_str())
        );
        let sent = match (request.body(), &self.body) {
            (body, _) if body.is_empty() => Value::Null,
            (body, Value::String(_)) => String::from_utf8(body.to_vec()).expect("text").into(),
            (body, _) => serde_json::from_slice(body).expect("JSON"),
        };
        assert_eq!(sent, self.body, "{} {}", self.method, self.path);
        let header = |name| Some(request.headers().get(name)?.to_str().expect("text"));
        assert_eq!(header(header::ACCEPT), Some("application/json"));
        assert_eq!(
            header(header::AUTHORIZATION),
            Some(format!("Token {TOKEN}").as_str())
        );
        let kind = match &self.body {
            Value::Null => None,
            Value::String(_) => Some("text/plain"),
            _ => Some("application/json"),
        };
        assert_eq!(header(header::CONTENT_TYPE), kind);
    }

    fn response(&self) -> Response<Bytes> {
        let status = self.answer["status"].as_u64().expect("status");
        let mut response = Response::builder().status(u16::try_from(status).expect("status"));
        for (name, value) in self.answer["headers"].as_object().expect("headers") {
            response = response.header(name, value.as_str().expect("value"));
        }
        let kind = self.answer["headers"]["Content-Type"].as_str();
        let body = match &self.answer["body"] {
            Value::Null => Bytes::new(),
            Value::String(text) if kind != Some("application/json") => text.clone().into(),
            body => body.to_string().into(),
        };
        response.body(body).expect("response")
    }
}

/// What is left of a script; dropped, it must be empty.
pub(super) struct Script(Arc<Mutex<VecDeque<Step>>>);

impl Drop for Script {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let left: Vec<_> = self
                .0
                .lock()
                .expect("script")
                .drain(..)
                .map(|step| step.path)
                .collect();
            assert!(left.is_empty(), "not asked: {left:?}");
        }
    }
}

/// A client whose calls are these, in this order.
pub(super) fn client<const N: usize>(steps: [Step; N]) -> (Client, Script) {
    let script = Arc::new(Mutex::new(VecDeque::from(steps)));
    let own = script.clone();
    let client = client_over(move |request| {
        let step = own.lock().expect("script").pop_front();
        let step = step.unwrap_or_else(|| panic!("nobody expected {:?}", request.uri()));
        step.check(&request);
        Ok(step.response())
    });
    (client, Script(script))
}

/// A client whose server is a function.
pub(super) fn client_over(
    serve: impl Fn(Request<Bytes>) -> Result<Response<Bytes>, TransportError> + Send + Sync + 'static,
) -> Client {
    let serve = Arc::new(serve);
    let transport = Transport::new(service_fn(move |request| {
        let serve = serve.clone();
        async move { serve(request) }
    }));
    Client::new(
        "http://lava.example/",
        Some(credentials()),
        Door::Rest,
        transport,
    )
    .expect("client")
}

pub(super) fn credentials() -> Credentials {
    Credentials {
        user: Some("lender".to_owned()),
        token: Secret::new(TOKEN),
    }
}
