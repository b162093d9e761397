//! One GraphQL request over HTTP, and its failures in words.
//!
//! Must not know which operation it carries.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use gloo_net::http::{Method, RequestBuilder};
use graphql_client::{GraphQLQuery, QueryBody};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::json;

/// Why there is no answer: a sentence, and the stable code if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub sentence: String,
    pub code: Option<String>,
    /// Where in a text it is: bytes from its begin, and how many.
    pub place: Option<(usize, usize)>,
}

/// One of the errors of an answer.
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
    #[serde(default)]
    place: Option<Place>,
}

#[derive(Clone, Copy, Deserialize)]
struct Place {
    at: i64,
    length: i64,
}

/// An answer that takes longer is not waited for.
const PATIENCE_MS: u32 = 20_000;
const ACCEPT: &str = "application/graphql-response+json, application/json;q=0.9";

/// The variables of questions that are read member by member.
#[derive(Clone, Default)]
pub(super) struct About(Vec<(&'static str, Word)>);

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Flag(bool),
    Number(i64),
    List(Vec<String>),
}

impl About {
    pub(super) fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Word::Text(text.into()))
    }

    pub(super) fn text_if(self, name: &'static str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    pub(super) fn number_if(self, name: &'static str, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.with(name, Word::Number(number)),
            None => self,
        }
    }

    pub(super) fn list(self, name: &'static str, list: Vec<String>) -> Self {
        self.with(name, Word::List(list))
    }

    pub(super) fn flag(self, name: &'static str, flag: bool) -> Self {
        self.with(name, Word::Flag(flag))
    }

    fn with(mut self, name: &'static str, word: Word) -> Self {
        self.0.push((name, word));
        self
    }
}

impl Serialize for About {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, word)| (name, word)))
    }
}

/// The data of an answer that is read member by member.
pub(super) fn ask_facts(
    query: &'static str,
    operation_name: &'static str,
    variables: About,
) -> LocalBoxFuture<'static, Result<JsValue, Failure>> {
    fetch(json::write(&QueryBody {
        variables,
        query,
        operation_name,
    }))
}

/// The data of an answer, not yet read.
pub(crate) async fn ask_unread<Q: GraphQLQuery>(
    variables: Q::Variables,
) -> Result<JsValue, Failure> {
    fetch(json::write(&Q::build_query(variables))).await
}

pub(crate) fn read<T: DeserializeOwned>(data: JsValue) -> Result<T, Failure> {
    json::read(data).map_err(|misfit| misunderstood(misfit.0))
}

/// Boxed and not generic, so that there is one of it in the page.
fn fetch(body: Option<String>) -> LocalBoxFuture<'static, Result<JsValue, Failure>> {
    async move {
        let body = body.ok_or_else(|| Failure::new("The question could not be written."))?;
        let (status, text) = send(Method::POST, "/graphql", Some(body)).await?;
        let answer = json::parse(&text).ok_or_else(|| {
            Failure::new(&format!("The server answered {status}, and not in JSON."))
        })?;
        let problems: Vec<Problem> = match json::member(&answer, "errors") {
            Some(errors) => read(errors)?,
            None => Vec::new(),
        };
        match problems.into_iter().next() {
            Some(problem) => Err(Failure {
                code: problem.code().map(str::to_owned),
                place: problem.place(),
                sentence: match problem.place() {
                    Some(_) => problem.message,
                    None => format!(
                        "The server said: {}.",
                        problem.message.trim_end_matches('.')
                    ),
                },
            }),
            None => json::member(&answer, "data").ok_or_else(|| {
                Failure::new(&format!("The server answered {status} without data."))
            }),
        }
    }
    .boxed_local()
}

/// Status and text of what is answered to JSON, whatever the status.
pub(super) async fn send(
    method: Method,
    door: &str,
    body: Option<String>,
) -> Result<(u16, String), Failure> {
    let patience = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let builder = RequestBuilder::new(door)
        .method(method)
        .header("accept", ACCEPT)
        .header("content-type", "application/json")
        .abort_signal(Some(&patience));
    let unreached = |_| {
        Failure::new(if patience.aborted() {
            "The server did not answer within 20 s."
        } else {
            "The server cannot be reached."
        })
    };
    let request = match body {
        Some(body) => builder.body(body),
        None => builder.build(),
    };
    let request = request.map_err(unreached)?;
    let response = request.send().await.map_err(unreached)?;
    let text = response.text().await.map_err(unreached)?;
    Ok((response.status(), text))
}

pub(crate) fn misunderstood(what: &str) -> Failure {
    Failure::new(&format!(
        "The server's answer was not understood ({what}). \
         Page and server may be of different versions: load the page anew."
    ))
}

impl Problem {
    pub(crate) fn code(&self) -> Option<&str> {
        self.extensions.as_ref()?.code.as_deref()
    }

    fn place(&self) -> Option<(usize, usize)> {
        let Place { at, length } = self.extensions.as_ref()?.place?;
        Some((at.try_into().ok()?, length.try_into().ok()?))
    }
}

impl Failure {
    /// What would be the same if it were asked again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("NOT_FOUND" | "BAD_USER_INPUT" | "UNAUTHENTICATED" | "FORBIDDEN")
        )
    }

    /// It is the question's fault, and nobody's who asks.
    pub(crate) fn is_of_question(&self) -> bool {
        matches!(self.code.as_deref(), Some("NOT_FOUND" | "BAD_USER_INPUT"))
    }

    /// What is asked for is not there.
    pub(crate) fn is_missing(&self) -> bool {
        self.code.as_deref() == Some("NOT_FOUND")
    }

    pub(crate) fn new(sentence: &str) -> Self {
        Self {
            sentence: sentence.to_owned(),
            code: None,
            place: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_may_have_a_code() {
        let problem = |text: &str| serde_json::from_str::<Problem>(text).unwrap();
        let coded = r#"{"message": "No.", "path": ["x"], "extensions": {"code": "FORBIDDEN"}}"#;
        assert_eq!(problem(coded).code(), Some("FORBIDDEN"));
        assert_eq!(problem(r#"{"message": "No."}"#).code(), None);
    }
}
