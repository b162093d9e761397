//! Answers as a stream of events: the distinct-connections mode of GraphQL over
//! SSE. Each result is an event `next`, the end an event `complete`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_graphql::{Request, Response as Answer, ServerError, parser::types::OperationType};
use axum::response::{
    IntoResponse as _, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};

use super::{Edge, graphql::write, limits::Cost, operation};
use crate::graphql::Caller;

/// How often a comment tells that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

pub(super) fn stream(
    edge: &Arc<Edge>,
    caller: Caller,
    request: Request,
    operation: Option<OperationType>,
    cost: Option<Cost>,
) -> Response {
    let end = operation::end(Arc::clone(edge), caller.actor.clone());
    let results = operation::results(edge, caller, request, operation);
    let results = results.map(move |mut answer| next(&mut answer, cost));
    let ended = async move {
        let reason = end.await;
        next(&mut Answer::from_errors(vec![reason.error()]), None)
    };
    // The end of the caller's right, or of the server, ends the stream.
    let results = operation::until(results, ended);
    respond(results.chain(stream::iter([complete()])))
}

/// A document that is refused is told in a stream too: the client reads one.
pub(super) fn failed(error: ServerError) -> Response {
    let told = next(&mut Answer::from_errors(vec![error]), None);
    respond(stream::iter([told, complete()]))
}

fn next(answer: &mut Answer, cost: Option<Cost>) -> Event {
    let json = write(answer, cost);
    Event::default()
        .event("next")
        .data(String::from_utf8(json).unwrap_or_default())
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}

fn respond(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    Sse::new(events.map(Ok::<_, Infallible>))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}
