//! One GraphQL request over HTTP, and its failures in words.
//!
//! Must not know which operation it carries.

use gloo_net::http::{Request, RequestBuilder};
use graphql_client::GraphQLQuery;
use serde::Deserialize;
use web_sys::AbortSignal;

use super::json;

/// Why there is no answer: a sentence, and the stable code if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub sentence: String,
    pub code: Option<String>,
}

/// What a GraphQL server answers, as far as the page needs it.
#[derive(Deserialize)]
pub(crate) struct Envelope<T> {
    pub data: Option<T>,
    #[serde(default)]
    pub errors: Vec<Problem>,
}

#[derive(Deserialize)]
pub(crate) struct Problem {
    message: String,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    #[serde(default)]
    code: Option<String>,
}

/// An answer that takes longer is not waited for.
const PATIENCE_MS: u32 = 20_000;
const ACCEPT: &str = "application/graphql-response+json, application/json;q=0.9";

pub(crate) async fn ask<Q: GraphQLQuery>(
    variables: Q::Variables,
) -> Result<Q::ResponseData, Failure> {
    let body = json::write(&Q::build_query(variables))
        .ok_or_else(|| Failure::new("The question could not be written.".to_owned()))?;
    let (status, text) = send(body).await?;
    let answer = json::parse(&text).and_then(json::read::<Envelope<Q::ResponseData>>);
    match answer {
        Ok(answer) => unwrap(answer, status),
        Err(why) => Err(misunderstood(status, &why)),
    }
}

/// Not generic, so that there is one of it in the page.
async fn send(body: String) -> Result<(u16, String), Failure> {
    let patience = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let builder: RequestBuilder = Request::post("/graphql")
        .header("accept", ACCEPT)
        .header("content-type", "application/json")
        .abort_signal(Some(&patience));
    let unreached = |_| {
        Failure::new(if patience.aborted() {
            format!("The server did not answer within {} s.", PATIENCE_MS / 1000)
        } else {
            "The server cannot be reached.".to_owned()
        })
    };
    let request = builder.body(body).map_err(unreached)?;
    let response = request.send().await.map_err(unreached)?;
    let text = response.text().await.map_err(unreached)?;
    Ok((response.status(), text))
}

fn unwrap<T>(answer: Envelope<T>, status: u16) -> Result<T, Failure> {
    match (answer.data, answer.errors.into_iter().next()) {
        (Some(data), None) => Ok(data),
        (_, Some(problem)) => Err(Failure {
            code: problem.code().map(str::to_owned),
            sentence: format!("The server said: {}", problem.message),
        }),
        (None, None) => Err(Failure::new(format!(
            "The server answered {status} without data."
        ))),
    }
}

fn misunderstood(status: u16, why: &str) -> Failure {
    Failure::new(if (200..300).contains(&status) {
        format!(
            "The server's answer was not understood: {why}. \
             Page and server may be of different versions; load the page anew."
        )
    } else {
        format!("The server answered {status}.")
    })
}

impl Problem {
    pub(crate) fn code(&self) -> Option<&str> {
        self.extensions.as_ref()?.code.as_deref()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<i64, Failure> {
        unwrap(serde_json::from_str(text).unwrap(), 200)
    }

    #[test]
    fn an_error_is_told_with_its_code() {
        assert_eq!(said(r#"{"data": 7}"#), Ok(7));
        let failure = said(
            r#"{"data": null, "errors": [{"message": "No.", "path": ["x"],
                "extensions": {"code": "FORBIDDEN", "more": 1}}]}"#,
        )
        .unwrap_err();
        assert_eq!(failure.sentence, "The server said: No.");
        assert_eq!(failure.code.as_deref(), Some("FORBIDDEN"));
        assert!(said("{}").unwrap_err().sentence.contains("without data"));
        assert_eq!(misunderstood(503, "x").sentence, "The server answered 503.");
    }
}
