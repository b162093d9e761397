//! Speaking HTTP to lavafed, and picking apart what comes back.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{Stream, stream};
use reqwest::{Client, RequestBuilder, Response, header as header_names};
use serde_json::{Value, json};

/// # Errors
/// When the system has no place for a client.
pub fn new() -> Result<Client> {
    Ok(Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .no_proxy()
        .build()?)
}

/// Sends a request that is answered at once.
///
/// # Errors
/// When there is no answer.
pub async fn send(request: RequestBuilder) -> Result<Answer> {
    let response = request.timeout(Duration::from_secs(30)).send().await?;
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into());
    Ok(Answer { status, body })
}

/// Asks for a stream of answers to a document.
///
/// # Errors
/// When the stream is refused.
pub async fn subscribe(
    request: RequestBuilder,
    query: &str,
) -> Result<impl Stream<Item = Result<Value>> + Unpin + Send + use<>> {
    let response = request
        .header(header_names::ACCEPT, "text/event-stream")
        .json(&json!({ "query": query }))
        .send()
        .await?;
    if !response.status().is_success() {
        bail!("{} {}", response.status(), response.text().await?);
    }
    let reader = Some((response, Events::default()));
    Ok(Box::pin(stream::unfold(reader, |reader| async {
        let (mut response, mut events) = reader?;
        match events.next(&mut response).await {
            Ok(Some(value)) => Some((Ok(value), Some((response, events)))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })))
}

/// Server-sent events, put together from what arrives.
#[derive(Default)]
struct Events {
    arrived: Vec<u8>,
    told: VecDeque<Value>,
    complete: bool,
}

impl Events {
    /// The next answer; None when the server said that it was the last.
    async fn next(&mut self, response: &mut Response) -> Result<Option<Value>> {
        loop {
            if let Some(value) = self.told.pop_front() {
                return Ok(Some(value));
            }
            if self.complete {
                return Ok(None);
            }
            let chunk = response.chunk().await?;
            let chunk = chunk.context("the stream ended without its last event")?;
            self.arrived.extend_from_slice(&chunk);
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<()> {
        while let Some(end) = self.arrived.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.arrived.drain(..end + 2).collect();
            let event = String::from_utf8(event)?;
            let field = |name| event.lines().find_map(|line| line.strip_prefix(name));
            match field("event: ") {
                Some("next") => {
                    let data = field("data: ").context("data")?;
                    self.told.push_back(serde_json::from_str(data)?);
                }
                Some("complete") => self.complete = true,
                Some(other) => bail!("an event {other}"),
                // a comment that keeps the connection
                None => {}
            }
        }
        Ok(())
    }
}

/// An answer of one of the doors.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The data of a GraphQL answer without errors.
    ///
    /// # Errors
    /// When it has errors.
    pub fn data(mut self) -> Result<Value> {
        if let Some(errors) = self.body.get("errors") {
            bail!("{} {errors}", self.status);
        }
        self.body
            .get_mut("data")
            .map(Value::take)
            .with_context(|| format!("{} without data", self.status))
    }

    /// The code of a refusal: of the first GraphQL error, or of a door that speaks no GraphQL.
    #[must_use]
    pub fn code(&self) -> &str {
        text(&self.body, "/errors/0/extensions/code")
            .or_else(|| text(&self.body, "/code"))
            .unwrap_or_default()
    }

    /// Status and code, for tables.
    #[must_use]
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }
}

/// A header of an answer; empty when there is none.
#[must_use]
pub fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    let value = response.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The text at a JSON pointer.
#[must_use]
pub fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

/// The value at a JSON pointer; null when there is none.
#[must_use]
pub fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The value at a JSON pointer, taken out.
#[must_use]
pub fn take(value: &mut Value, pointer: &str) -> Value {
    value
        .pointer_mut(pointer)
        .map(Value::take)
        .unwrap_or_default()
}

/// The members of the list at a JSON pointer; none when there is no list.
#[must_use]
pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    at(value, pointer).as_array().map_or(&[], Vec::as_slice)
}

/// One text of each member of a list.
#[must_use]
pub fn texts<'v>(value: &'v Value, pointer: &str, field: &str) -> Vec<&'v str> {
    list(value, pointer)
        .iter()
        .filter_map(|member| text(member, field))
        .collect()
}
