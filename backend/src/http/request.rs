//! Reads a GraphQL request out of a body or a query string, by the
//! specification of GraphQL over HTTP. Knows nothing of documents.

use std::time::Duration;

use async_graphql::{Extensions, Request, Variables};
use axum::{body::Body, http::StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Refusal;
use crate::error::Code;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(8);

/// The parameters of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "one object with a query")]
pub(super) struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Map<String, Value>>,
}

impl From<Parameters> for Request {
    fn from(said: Parameters) -> Self {
        let mut request = Self::new(said.query);
        request.operation_name = said.operation_name;
        let variables = said.variables.unwrap_or_default();
        request.variables = Variables::from_json(Value::Object(variables));
        let asked = said.extensions.unwrap_or_default().into_iter();
        let asked = asked
            .filter_map(|(name, value)| Some((name, async_graphql::Value::from_json(value).ok()?)));
        request.extensions = Extensions(asked.collect());
        request
    }
}

/// Reads a body to its end, or stops where it gets too long.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let reading = tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect());
    match reading.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long(limit)),
        Ok(Err(error)) => Err(Refusal::input(format!("The body ended early: {error}."))),
        Err(_) => Err(Refusal {
            status: StatusCode::REQUEST_TIMEOUT,
            code: Code::LimitExceeded,
            message: format!("The body took longer than {} seconds.", PATIENCE.as_secs()),
        }),
    }
}

/// Takes the body of a request that is refused unread: who still sends when the
/// connection closes would not see why.
pub(super) async fn discard(mut body: Body) {
    const MOST: usize = 64 * 1024 * 1024;
    const PATIENCE: Duration = Duration::from_secs(2);
    let rest = async {
        let mut taken = 0;
        while let Some(Ok(frame)) = body.frame().await
            && taken < MOST
        {
            taken += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    // More than that, or slower: then the sender must do without.
    let _late = tokio::time::timeout(PATIENCE, rest).await;
}

pub(super) fn too_long(limit: usize) -> Refusal {
    Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: Code::LimitExceeded,
        message: format!("The body has more than {limit} bytes, which is the limit."),
    }
}

pub(super) fn from_json(body: &[u8]) -> Result<Request, Refusal> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Refusal::input(
            "A list of requests is not answered. Send one request at a time.",
        ));
    }
    let said: Parameters = serde_json::from_slice(body)
        .map_err(|error| Refusal::input(format!("The body is no request: {error}.")))?;
    Ok(said.into())
}

pub(super) fn from_query(query: &str) -> Result<Request, Refusal> {
    let mut said = Parameters {
        query: String::new(),
        operation_name: None,
        variables: None,
        extensions: None,
    };
    let mut asked = false;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "query" => {
                said.query = value.into_owned();
                asked = true;
            }
            "operationName" if !value.is_empty() => said.operation_name = Some(value.into_owned()),
            "variables" if !value.is_empty() => said.variables = map("variables", &value)?,
            "extensions" if !value.is_empty() => said.extensions = map("extensions", &value)?,
            _ => {}
        }
    }
    if !asked {
        return Err(Refusal::input("The parameter query is missing."));
    }
    Ok(said.into())
}

fn map(name: &str, json: &str) -> Result<Option<Map<String, Value>>, Refusal> {
    serde_json::from_str(json).map_err(|error| {
        Refusal::input(format!("The parameter {name} is no JSON object: {error}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_object_with_a_query() {
        let table = [
            (r#"{"query":"{ a }"}"#, true),
            (
                r#"{"query":"{ a }","variables":null,"operationName":null,"extensions":null}"#,
                true,
            ),
            (r#"{"query":"{ a }","variables":{"b":[1]},"more":1}"#, true),
            (r#"{"query":null}"#, false),
            (r#"{"notquery":"{ a }"}"#, false),
            (r#"{"query":"{ a }","variables":"b"}"#, false),
            (r#"{"query":"{ a }","variables":["b"]}"#, false),
            (r#"{"query":"{ a }","operationName":1}"#, false),
            (r#"{"query":"{ a }","extensions":[]}"#, false),
            (r#"[{"query":"{ a }"}]"#, false),
            (r#"["{ a }"]"#, false),
            ("", false),
            ("\u{0}", false),
        ];
        for (body, fine) in table {
            assert_eq!(from_json(body.as_bytes()).is_ok(), fine, "{body}");
        }
        assert!(from_json(b"{\"query\":\"\xff\"}").is_err());
        assert!(from_json("[".repeat(100_000).as_bytes()).is_err());
        let nested = format!(
            "{{\"query\":\"a\",\"variables\":{{\"a\":{}",
            "[".repeat(100_000)
        );
        assert!(from_json(nested.as_bytes()).is_err());
    }

    #[test]
    fn a_query_string_has_json_in_its_parameters() {
        let request =
            from_query("query=%7B+a+%7D&variables=%7B%22b%22:1%7D&operationName=c").unwrap();
        assert_eq!(request.query, "{ a }");
        assert_eq!(request.variables.len(), 1);
        assert_eq!(request.operation_name.as_deref(), Some("c"));
        for wrong in [
            "",
            "variables=%7B%7D",
            "query=a&variables=b",
            "query=a&extensions=1",
        ] {
            assert!(from_query(wrong).is_err(), "{wrong}");
        }
    }
}
