//! Answers as a stream of events: the distinct-connections mode of GraphQL over
//! SSE. Each result is an event `next`, the end an event `complete`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_graphql::{Request, Response as Answer, ServerError, parser::types::OperationType};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::{Edge, error::Refusal, graphql::write, limits::Cost, media::Media, operation};
use crate::{error::Code, graphql::Caller};

/// How often a comment tells that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(12);
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// # Errors
/// `UNAVAILABLE` when too many streams are open.
pub(super) fn stream(
    edge: &Arc<Edge>,
    caller: Caller,
    request: Request,
    operation: Option<OperationType>,
    cost: Option<Cost>,
) -> Result<Response, Refusal> {
    let permit = Arc::clone(&edge.streams)
        .try_acquire_owned()
        .map_err(|_| Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: Code::Unavailable,
            message: "Too many streams are open. Try again in a moment.".to_owned(),
        })?;
    let end = operation::end(Arc::clone(edge), caller.actor.clone());
    let results = operation::results(edge, caller, request, operation);
    let results = results.map(move |mut answer| next(&mut answer, cost));
    let ended = async move {
        let reason = end.await;
        next(&mut Answer::from_errors(vec![reason.error()]), None)
    };
    // The end of the caller's right, or of the server, ends the stream.
    let results = operation::until(results, ended);
    let events = results.chain(stream::iter([complete()]));
    Ok(respond(events.map(move |event| {
        // Kept as long as the stream.
        let _permit = &permit;
        event
    })))
}

/// A document that is refused is told in a stream too: the client reads one.
pub(super) fn failed(error: ServerError) -> Response {
    let told = next(&mut Answer::from_errors(vec![error]), None);
    respond(stream::iter([told, complete()]))
}

fn next(answer: &mut Answer, cost: Option<Cost>) -> Bytes {
    // JSON as we write it is one line.
    [
        b"event: next\ndata: ",
        write(answer, cost).as_slice(),
        b"\n\n",
    ]
    .concat()
    .into()
}

/// With empty data, as the protocol has it: a browser drops an event with none,
/// which is what axum's own events would write.
fn complete() -> Bytes {
    Bytes::from_static(b"event: complete\ndata:\n\n")
}

fn respond(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let kept_alive = stream::unfold(Box::pin(events), |mut events| async move {
        let silent = Bytes::from_static(b":\n\n");
        let event = match tokio::time::timeout(KEEP_ALIVE, events.next()).await {
            Ok(event) => event?,
            Err(_) => silent,
        };
        Some((event, events))
    });
    let body = Body::from_stream(kept_alive.map(Ok::<_, Infallible>));
    let headers = [
        (header::CONTENT_TYPE, Media::EventStream.content_type()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // A proxy that collects the events before it passes them on stops that.
        (ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}
