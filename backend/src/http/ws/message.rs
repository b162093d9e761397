//! The messages of `graphql-transport-ws`, and the codes with which it closes
//! a socket. Pure.

use async_graphql::ServerError;
use axum::extract::ws::CloseFrame;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::request::Parameters;

pub(super) const PROTOCOL: &str = "graphql-transport-ws";
/// Letters of an operation's id.
const ID: usize = 128;
/// Bytes of a reason, by the WebSocket protocol.
const REASON: usize = 123;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping,
    Pong,
    Subscribe { id: String, payload: Parameters },
    Complete { id: String },
}

impl FromClient {
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let message: Self = serde_json::from_str(text)
            .map_err(|error| Close::new(4400, format!("Invalid message: {error}")))?;
        match &message {
            Self::Subscribe { id, .. } if id.is_empty() || id.chars().count() > ID => {
                let reason = format!("Invalid message: an id has 1 to {ID} letters");
                Err(Close::new(4400, reason))
            }
            Self::ConnectionInit { .. }
            | Self::Ping
            | Self::Pong
            | Self::Subscribe { .. }
            | Self::Complete { .. } => Ok(message),
        }
    }
}

/// The token in the payload of `connection_init`, whatever the case of its
/// name; GraphiQL puts headers there.
pub(super) fn authorization(payload: Option<&Map<String, Value>>) -> Option<&str> {
    payload?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?
        .1
        .as_str()
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToClient<'a> {
    ConnectionAck,
    Pong,
    Next {
        id: &'a str,
        payload: &'a serde_json::value::RawValue,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl ToClient<'_> {
    pub(super) fn text(&self) -> String {
        // All of it is JSON already.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why we close a socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    reason: String,
}

impl Close {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        let mut end = REASON.min(reason.len());
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self { code, reason }
    }

    pub(super) fn frame(self) -> CloseFrame {
        CloseFrame {
            code: self.code,
            reason: self.reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_closes_the_socket() {
        let table = [
            (r#"{"type":"connection_init"}"#, true),
            (r#"{"type":"connection_init","payload":null}"#, true),
            (
                r#"{"type":"connection_init","payload":{"authorization":"x"}}"#,
                true,
            ),
            (r#"{"type":"ping","payload":{}}"#, true),
            (
                r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }"}}"#,
                true,
            ),
            (r#"{"type":"complete","id":"1"}"#, true),
            (r#"{"type":"connection_init","payload":"x"}"#, false),
            (
                r#"{"type":"subscribe","id":"","payload":{"query":"{ a }"}}"#,
                false,
            ),
            (r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#, false),
            (r#"{"type":"subscribe","id":"1","payload":{}}"#, false),
            (r#"{"type":"start","id":"1"}"#, false),
            (r#"{"id":"1"}"#, false),
            ("[]", false),
            ("hello", false),
        ];
        for (text, fine) in table {
            let closed = FromClient::read(text).err().map(|close| close.code);
            assert_eq!(closed, (!fine).then_some(4400), "{text}");
        }
    }

    #[test]
    fn a_reason_fits_into_its_frame() {
        assert_eq!(Close::new(4409, "é".repeat(100)).reason.len(), 122);
    }
}
