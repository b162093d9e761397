//! An operation whose results come as a stream, over SSE or a socket, and the
//! watch over the right of its caller to see them.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{
    Request, Response as Answer, ServerError,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection},
};
use chrono::Utc;
use futures_util::{
    Stream, StreamExt as _,
    future::{self, Either},
    stream,
};
use tokio::time::Instant;

use super::{Edge, LIMIT, guard, limits};
use crate::{
    auth::{self, Actor},
    error::Code,
    graphql::Caller,
};

/// Root fields whose answers are the same for all readers, up to an event.
const SHARED: [&str; 3] = ["grid", "compare", "release"];
/// How often the caller's token is looked at.
const WATCH: Duration = Duration::from_millis(250);
/// How often it is looked up although no event tells of a revocation.
const LOOK_UP: Duration = Duration::from_secs(5);

/// What the operation of a request is.
pub(super) struct Kind {
    /// None: there is no such operation, which the execution says.
    pub(super) operation: Option<OperationType>,
    /// A query of nothing but what is the same for all readers.
    pub(super) shared: bool,
}

pub(super) fn kind(request: &mut Request) -> Kind {
    let name = request.operation_name.clone();
    let chosen = request
        .parsed_query()
        .ok()
        .and_then(|document| chosen(document, name.as_deref()));
    let Some(operation) = chosen else {
        return Kind {
            operation: None,
            shared: false,
        };
    };
    let mut fields = operation.selection_set.node.items.iter();
    let shared = operation.ty == OperationType::Query
        && fields.all(|selection| match &selection.node {
            Selection::Field(field) => SHARED.contains(&field.node.name.node.as_str()),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
        });
    Kind {
        operation: Some(operation.ty),
        shared,
    }
}

/// The operation that would be executed.
pub(super) fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut named = document
        .operations
        .iter()
        .filter(|(known, _)| name.is_none_or(|name| known.is_some_and(|known| known == name)));
    match (named.next(), named.next()) {
        (Some((_, operation)), None) => Some(&operation.node),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

/// The results of any operation: one of a query or mutation, many of a
/// subscription. A panic is the last result.
pub(super) fn results(
    edge: &Arc<Edge>,
    caller: Caller,
    request: Request,
    operation: Option<OperationType>,
) -> impl Stream<Item = Answer> + Send + use<> {
    let results = edge.schema.execute_stream(request.data(caller));
    let results = AssertUnwindSafe(results)
        .catch_unwind()
        .map(|result| result.unwrap_or_else(|_| Answer::from_errors(vec![guard::panicked()])));
    if operation == Some(OperationType::Subscription) {
        return results.left_stream();
    }
    // What is no subscription has the time of any other request.
    let late = async {
        tokio::time::sleep(LIMIT).await;
        let message = "The request took too long.";
        Answer::from_errors(vec![limits::refusal(Code::Unavailable, message)])
    };
    until(results, late).right_stream()
}

/// The items of a stream until another future is done, whose output is then the
/// last item.
pub(super) fn until<T: Send + 'static>(
    items: impl Stream<Item = T> + Send,
    end: impl Future<Output = T> + Send,
) -> impl Stream<Item = T> + Send {
    let open = Some((Box::pin(items), Box::pin(end)));
    stream::unfold(open, |open| async {
        let (mut items, mut end) = open?;
        match future::select(items.next(), &mut end).await {
            Either::Left((Some(item), _)) => Some((item, Some((items, end)))),
            Either::Left((None, _)) => None,
            Either::Right((last, _)) => Some((last, None)),
        }
    })
}

/// Why a stream or socket ends before its client wants it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The caller's token expired or was revoked.
    Refused,
    /// The server stops.
    Stopping,
}

impl End {
    pub(super) fn error(self) -> ServerError {
        match self {
            Self::Refused => limits::refusal(
                Code::Unauthenticated,
                "The token has expired or was revoked.",
            ),
            Self::Stopping => {
                limits::refusal(Code::Unavailable, "lavafed is stopping. Connect again.")
            }
        }
    }
}

/// Waits until the caller may not see results any more, or the server stops.
pub(super) async fn end(edge: Arc<Edge>, actor: Actor) -> End {
    let mut stopping = edge.stopping.subscribe();
    tokio::select! {
        // An error: nobody can say it any more.
        _ = stopping.wait_for(|stopping| *stopping) => End::Stopping,
        () = refused(&edge, &actor) => End::Refused,
    }
}

/// Waits until the caller's token is no longer valid.
async fn refused(edge: &Edge, actor: &Actor) {
    let token = match actor {
        Actor::Token(token) => token,
        Actor::Anonymous | Actor::Operator => return future::pending().await,
    };
    let mut ticks = tokio::time::interval(WATCH);
    let mut seen = edge.app.head.current();
    let mut looked_up = Instant::now();
    loop {
        ticks.tick().await;
        let now = Utc::now();
        if token.expires_at.is_some_and(|end| end <= now) {
            return;
        }
        // A revocation is an event.
        let head = edge.app.head.current();
        if head == seen && looked_up.elapsed() < LOOK_UP {
            continue;
        }
        // When the database is away nobody can have revoked it.
        if let Ok(false) = auth::still_valid(&edge.app.db, token, now).await {
            return;
        }
        seen = head;
        looked_up = Instant::now();
    }
}
