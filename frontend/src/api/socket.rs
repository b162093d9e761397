//! The one socket of the page, speaking `graphql-transport-ws`.
//!
//! Must not know what an event means to a page, nor when to try again: it
//! lives as long as its connection and then says why it ended.

use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::TimeoutFuture;
use graphql_client::{GraphQLQuery, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::operations::{GridChanges, grid_changes};

const PROTOCOL: &str = "graphql-transport-ws";
const SUBSCRIPTION: &str = "grid";
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

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    payload: Value,
}

/// Connects, subscribes behind `after`, and tells until the connection ends.
pub(crate) async fn listen(url: &str, after: Option<i64>, mut tell: impl FnMut(News)) -> End {
    let Ok(mut socket) = WebSocket::open_with_protocol(url, PROTOCOL) else {
        return End::Lost;
    };
    if send(&mut socket, &json!({ "type": "connection_init" }))
        .await
        .is_none()
    {
        return End::Lost;
    }
    let mut asked_for_life = false;
    loop {
        let frame = match select(socket.next(), TimeoutFuture::new(QUIET_MS)).await {
            Either::Left((Some(Ok(Message::Text(text))), _)) => {
                asked_for_life = false;
                serde_json::from_str::<Frame>(&text)
            }
            Either::Left(_) => return End::Lost,
            Either::Right(_) if asked_for_life => return End::Lost,
            Either::Right(_) => {
                asked_for_life = true;
                if send(&mut socket, &json!({ "type": "ping" }))
                    .await
                    .is_none()
                {
                    return End::Lost;
                }
                continue;
            }
        };
        let Ok(frame) = frame else {
            return End::Lost;
        };
        match frame.kind.as_str() {
            "connection_ack" => {
                let query = GridChanges::build_query(grid_changes::Variables { after });
                let subscribe =
                    json!({ "id": SUBSCRIPTION, "type": "subscribe", "payload": query });
                if send(&mut socket, &subscribe).await.is_none() {
                    return End::Lost;
                }
                tell(News::Connected);
            }
            "next" => match event_of(frame.payload) {
                Ok(Some(event)) => tell(News::Event(event)),
                Ok(None) => {}
                Err(end) => return end,
            },
            "error" => return end_of(&frame.payload),
            "ping" => {
                if send(&mut socket, &json!({ "type": "pong" }))
                    .await
                    .is_none()
                {
                    return End::Lost;
                }
            }
            "complete" => return End::Lost,
            _ => {}
        }
    }
}

async fn send(socket: &mut WebSocket, frame: &Value) -> Option<()> {
    socket.send(Message::Text(frame.to_string())).await.ok()
}

fn event_of(payload: Value) -> Result<Option<i64>, End> {
    let errors = payload.get("errors").cloned();
    match serde_json::from_value::<Response<grid_changes::ResponseData>>(payload) {
        Ok(Response {
            data: Some(data), ..
        }) => Ok(Some(data.grid_changed.event)),
        Ok(_) => match errors {
            Some(errors) => Err(end_of(&errors)),
            None => Ok(None),
        },
        Err(_) => Err(End::Lost),
    }
}

/// An `error` frame carries a list of GraphQL errors.
fn end_of(errors: &Value) -> End {
    let resync = errors.as_array().is_some_and(|errors| {
        errors.iter().any(|error| {
            error
                .pointer("/extensions/code")
                .and_then(Value::as_str)
                .is_some_and(|code| code == "RESYNC_REQUIRED")
        })
    });
    if resync { End::Resync } else { End::Lost }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_from_its_frame() {
        let payload = json!({ "data": { "gridChanged": {
            "event": 918_204, "at": "2026-11-21T04:31:00Z", "version": null, "cells": [
                { "feature": "boot.fastboot", "deviceType": "x15", "verdict": "FAIL", "before": "PASS" }
            ] } } });
        assert_eq!(event_of(payload), Ok(Some(918_204)));
        assert_eq!(
            event_of(json!({ "data": { "gridChanged": {} } })),
            Err(End::Lost)
        );
    }

    #[test]
    fn a_gap_asks_for_reading_anew() {
        let errors = json!([{ "message": "gone", "extensions": { "code": "RESYNC_REQUIRED" } }]);
        assert_eq!(end_of(&errors), End::Resync);
        assert_eq!(
            event_of(json!({ "data": null, "errors": errors })),
            Err(End::Resync)
        );
        assert_eq!(end_of(&json!([{ "message": "x" }])), End::Lost);
    }
}
