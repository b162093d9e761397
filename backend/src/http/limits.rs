//! How large a GraphQL document may be, checked before it is validated: first
//! the text, so that nothing hostile is parsed, then the parsed document with
//! its variables. Pure; knows no schema.
//!
//! The checks of async-graphql come after these. They walk a document along its
//! fragment spreads, as often as these are written: what passes here is small
//! enough for that.

mod cost;
mod text;

use async_graphql::{Request, Response, ServerError, Value, parser::types::ExecutableDocument};

pub(super) use cost::Cost;

use crate::error::Code;

/// Fields below each other, the standard introspection query's included.
pub(super) const DEPTH: usize = 15;
/// Fields of a document, fragments counted wherever they are spread.
pub(super) const COMPLEXITY: usize = 1000;
/// Objects that connections and lists may return.
pub(super) const NODES: usize = 10_000;
pub(super) const ALIASES: usize = 30;
/// Fields that are read as of an event: nothing of these is kept in memory.
pub(super) const PAST: usize = 4;
/// Directives at one place.
pub(super) const DIRECTIVES: usize = 5;
pub(super) const TOKENS: usize = 1000;
/// Brackets open within each other.
pub(super) const NESTING: usize = 64;
/// Errors in one answer.
pub(super) const ERRORS: usize = 20;
/// Letters of one error's message.
const MESSAGE: usize = 500;

/// Reads the request's document and checks its limits. Variables that no
/// operation declares are dropped.
///
/// # Errors
/// What is wrong with the document, to be answered as it is.
pub(super) fn check(request: &mut Request) -> Result<Cost, ServerError> {
    text::check(&request.query)?;
    let document = async_graphql::parser::parse_query(&request.query)?;
    drop_undeclared(&document, request);
    let cost = cost::of(&document, &request.variables)?;
    request.set_parsed_query(document);
    Ok(cost)
}

fn drop_undeclared(document: &ExecutableDocument, request: &mut Request) {
    let declared = |name: &str| {
        document.operations.iter().any(|(_, operation)| {
            let mut variables = operation.node.variable_definitions.iter();
            variables.any(|variable| variable.node.name.node == name)
        })
    };
    request.variables.retain(|name, _| declared(name));
}

/// An error with a code, as all of ours have.
pub(super) fn refusal(code: Code, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    set_code(&mut error, code);
    error
}

/// A limit that the document is beyond.
fn beyond(what: &str, limit: usize) -> ServerError {
    let message = format!("The document has more than {limit} {what}, which is the limit.");
    refusal(Code::LimitExceeded, message)
}

fn set_code(error: &mut ServerError, code: Code) {
    let mut values = error.extensions.take().unwrap_or_default();
    values.set("code", code.as_str());
    error.extensions = Some(values);
}

pub(super) fn code_of(error: &ServerError) -> Option<&str> {
    match error
        .extensions
        .as_ref()
        .and_then(|values| values.get("code"))
    {
        Some(Value::String(code)) => Some(code),
        _ => None,
    }
}

/// Bounds the errors of an answer and gives each a code. What has none was
/// found by parsing, validation or the coercion of arguments: it is input.
pub(super) fn settle(response: &mut Response) {
    response.errors.truncate(ERRORS);
    for error in &mut response.errors {
        if let Some((end, _)) = error.message.char_indices().nth(MESSAGE) {
            error.message.truncate(end);
            error.message.push('…');
        }
        error.locations.truncate(ERRORS);
        if code_of(error).is_none() {
            set_code(error, Code::BadUserInput);
        }
    }
}

#[cfg(test)]
mod tests;
