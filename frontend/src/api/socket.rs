//! The one socket of the page, speaking `graphql-transport-ws`.
//!
//! Must not know what an event means to a page, nor when to try again: it
//! lives as long as its connection and then says why it ended.

use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::TimeoutFuture;
use graphql_client::QueryBody;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::http::Problem;
use super::json;
use super::operations::{grid_changes, lease_changes};

const PROTOCOL: &str = "graphql-transport-ws";
/// Silence after which the server is asked for a sign of life, and after which
/// the connection counts as dead.
const QUIET_MS: u32 = 15_000;

/// What the socket tells while it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Connected,
    /// Everything up to this event has been told.
    Event(i64),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Lost,
    /// The event to resume behind is no longer kept: read everything anew.
    Resync,
}

/// A message of the protocol on its way out.
#[derive(Serialize)]
struct Out<P> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'static str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

/// A message of the protocol on its way in.
struct Frame {
    kind: String,
    payload: JsValue,
}

/// Connects, subscribes behind `after`, and tells until the connection ends.
pub(crate) async fn listen(url: &str, after: Option<i64>, mut tell: impl FnMut(News)) -> End {
    let Ok(mut socket) = WebSocket::open_with_protocol(url, PROTOCOL) else {
        return End::Lost;
    };
    if send(&mut socket, plain("connection_init")).await.is_none() {
        return End::Lost;
    }
    let mut asked_for_life = false;
    loop {
        let frame = match select(socket.next(), TimeoutFuture::new(QUIET_MS)).await {
            Either::Left((Some(Ok(Message::Text(text))), _)) => {
                asked_for_life = false;
                frame(&text)
            }
            Either::Left(_) => return End::Lost,
            Either::Right(_) if asked_for_life => return End::Lost,
            Either::Right(_) => {
                asked_for_life = true;
                if send(&mut socket, plain("ping")).await.is_none() {
                    return End::Lost;
                }
                continue;
            }
        };
        let Some(frame) = frame else {
            return End::Lost;
        };
        match frame.kind.as_str() {
            "connection_ack" => {
                for subscription in [grid(after), leases(after)] {
                    if send(&mut socket, subscription).await.is_none() {
                        return End::Lost;
                    }
                }
                tell(News::Connected);
            }
            "next" => match event_of(&frame.payload) {
                Ok(event) => tell(News::Event(event)),
                Err(end) => return end,
            },
            "error" => {
                return json::read(frame.payload)
                    .map_or(End::Lost, |list: Vec<Problem>| end_of(&list));
            }
            "ping" if send(&mut socket, plain("pong")).await.is_none() => return End::Lost,
            "complete" => return End::Lost,
            _ => {}
        }
    }
}

async fn send(socket: &mut WebSocket, text: Option<String>) -> Option<()> {
    socket.send(Message::Text(text?)).await.ok()
}

fn plain(kind: &'static str) -> Option<String> {
    json::write(&Out::<()> {
        id: None,
        kind,
        payload: None,
    })
}

fn grid(after: Option<i64>) -> Option<String> {
    let (query, name) = (grid_changes::QUERY, grid_changes::OPERATION_NAME);
    subscribe("grid", query, name, after)
}

fn leases(after: Option<i64>) -> Option<String> {
    let (query, name) = (lease_changes::QUERY, lease_changes::OPERATION_NAME);
    subscribe("leases", query, name, after)
}

/// Both resume behind the same number: pages read all they show anew, so what
/// one of them has not told yet is in what the other makes them read.
fn subscribe(
    id: &'static str,
    query: &'static str,
    operation_name: &'static str,
    after: Option<i64>,
) -> Option<String> {
    json::write(&Out {
        id: Some(id),
        kind: "subscribe",
        payload: Some(QueryBody {
            variables: grid_changes::Variables { after },
            query,
            operation_name,
        }),
    })
}

fn frame(text: &str) -> Option<Frame> {
    let value = json::parse(text)?;
    Some(Frame {
        kind: json::member(&value, "type")?.as_string()?,
        payload: json::member(&value, "payload").unwrap_or(JsValue::NULL),
    })
}

fn event_of(payload: &JsValue) -> Result<i64, End> {
    if let Some(errors) = json::member(payload, "errors") {
        return Err(json::read(errors).map_or(End::Lost, |list: Vec<Problem>| end_of(&list)));
    }
    let data = json::member(payload, "data").ok_or(End::Lost)?;
    ["gridChanged", "deviceLeaseChanged"]
        .into_iter()
        .find_map(|name| json::member(&json::member(&data, name)?, "event")?.as_f64())
        .map(|event| event as i64)
        .ok_or(End::Lost)
}

/// An `error` message carries a list of GraphQL errors.
fn end_of(problems: &[Problem]) -> End {
    let resync = problems
        .iter()
        .any(|problem| problem.code() == Some("RESYNC_REQUIRED"));
    if resync { End::Resync } else { End::Lost }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_asks_for_reading_anew() {
        let end = |text: &str| end_of(&serde_json::from_str::<Vec<Problem>>(text).unwrap());
        let gap = r#"[{ "message": "gone", "extensions": { "code": "RESYNC_REQUIRED" } }]"#;
        assert_eq!(end(gap), End::Resync);
        assert_eq!(end(r#"[{ "message": "x" }]"#), End::Lost);
        assert_eq!(end("[]"), End::Lost);
    }
}
