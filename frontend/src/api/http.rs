//! One GraphQL request over HTTP, and its failures in words.
//!
//! Must not know which operation it carries.

use gloo_net::http::Request;
use graphql_client::{GraphQLQuery, Response};
use web_sys::AbortSignal;

/// Why there is no answer: a sentence, and the stable code if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub sentence: String,
    pub code: Option<String>,
}

/// An answer that takes longer is not waited for.
const PATIENCE_MS: u32 = 20_000;
const ACCEPT: &str = "application/graphql-response+json, application/json;q=0.9";

pub(crate) async fn ask<Q: GraphQLQuery>(
    variables: Q::Variables,
) -> Result<Q::ResponseData, Failure> {
    let unsent =
        |error: gloo_net::Error| Failure::new(format!("The question was not sent: {error}."));
    let patience = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let response = Request::post("/graphql")
        .header("accept", ACCEPT)
        .abort_signal(Some(&patience))
        .json(&Q::build_query(variables))
        .map_err(unsent)?
        .send()
        .await
        .map_err(|_| {
            Failure::new(if patience.aborted() {
                format!("The server did not answer within {} s.", PATIENCE_MS / 1000)
            } else {
                "The server cannot be reached.".to_owned()
            })
        })?;
    let status = response.status();
    let answer: Response<Q::ResponseData> = response.json().await.map_err(|error| {
        Failure::new(if (200..300).contains(&status) {
            format!(
                "The server's answer was not understood: {error}. \
                 Page and server may be of different versions; load the page anew."
            )
        } else {
            format!("The server answered {status}.")
        })
    })?;
    match (
        answer.data,
        answer.errors.and_then(|errors| errors.into_iter().next()),
    ) {
        (Some(data), None) => Ok(data),
        (_, Some(error)) => Err(Failure {
            code: error
                .extensions
                .as_ref()
                .and_then(|extensions| extensions.get("code"))
                .and_then(|code| code.as_str())
                .map(str::to_owned),
            sentence: format!("The server said: {}", error.message),
        }),
        (None, None) => Err(Failure::new(format!(
            "The server answered {status} without data."
        ))),
    }
}

impl Failure {
    pub(crate) fn new(sentence: String) -> Self {
        Self {
            sentence,
            code: None,
        }
    }
}
