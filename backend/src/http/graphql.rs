//! The door `/graphql`, by the specification of GraphQL over HTTP: POST with
//! JSON only (a form of another site cannot send that), GET for queries only,
//! statuses by the form of answer. Streams, sockets and the page of GraphiQL
//! are next door. Knows nothing of the types of the schema.

use std::sync::Arc;

use async_graphql::{
    Request as Asked, Response as Answer, ServerError, Value, parser::types::OperationType,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use chrono::Utc;
use entity::token::Scope;
use serde::Serialize;

use super::{
    Edge,
    answers::{Encoded, Key},
    error::{Refusal, hint},
    limits::{self, Cost},
    media::{self, Encoding, Media},
    operation,
    order::Document,
    request, session, spa, sse, ws,
};
use crate::{
    auth::{self, Actor},
    error::Code,
    graphql::Caller,
};

/// Bytes of a request's body.
pub(super) const BODY: usize = 256 * 1024;
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");

pub(super) async fn answer(State(edge): State<Arc<Edge>>, asked: Request) -> Response {
    let (mut parts, body) = asked.into_parts();
    if ws::is_upgrade(&parts.headers) {
        return ws::open(edge, &mut parts).await;
    }
    let get = match parts.method {
        Method::GET | Method::HEAD => true,
        Method::POST => false,
        _ => return not_allowed(StatusCode::METHOD_NOT_ALLOWED, METHODS),
    };
    let Some(media) = media::accepted(&parts.headers, get) else {
        let refusal = Refusal {
            status: StatusCode::NOT_ACCEPTABLE,
            code: Code::BadUserInput,
            message: "The answer is application/json, application/graphql-response+json or text/event-stream.".to_owned(),
        };
        return refuse(Media::Json, refusal);
    };
    if media == Media::Html {
        return spa::graphiql(&parts.headers);
    }
    match respond(&edge, &parts, body, media, get).await {
        Ok(response) => response,
        Err(refusal) => refuse(media, refusal),
    }
}

async fn respond(
    edge: &Arc<Edge>,
    parts: &Parts,
    body: Body,
    media: Media,
    get: bool,
) -> Result<Response, Refusal> {
    let caller = match admitted(edge, &parts.headers, get).await {
        Ok(caller) => caller,
        Err(refusal) => {
            request::discard(body).await;
            return Err(refusal);
        }
    };
    let asked = if get {
        Bytes::copy_from_slice(parts.uri.query().unwrap_or_default().as_bytes())
    } else {
        request::read(body, BODY).await?
    };
    let key = Key {
        event: edge.app.head.current(),
        media,
        encoding: media::encoding(&parts.headers),
        get,
        asked,
    };
    let reader = is_reader(&caller.actor);
    if reader && let Some(kept) = edge.answers.get(&key) {
        edge.counts.kept.increment(1);
        return Ok(send(kept));
    }
    let request = if get {
        request::from_query(std::str::from_utf8(&key.asked).unwrap_or_default())?
    } else {
        request::from_json(&key.asked)?
    };
    execute(edge, caller, request, &key, reader).await
}

/// Whether an operation may be asked by GET, which changes nothing: a browser's
/// `EventSource` knows no other way to subscribe.
fn may_be_got(operation: OperationType, media: Media) -> bool {
    match operation {
        OperationType::Query => true,
        OperationType::Mutation => false,
        OperationType::Subscription => media == Media::EventStream,
    }
}

/// Who asks, if they may read and ask in this form.
async fn admitted(edge: &Edge, headers: &HeaderMap, get: bool) -> Result<Caller, Refusal> {
    if !get && !media::is_json(headers) {
        return Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: Code::BadUserInput,
            message: "The body must be application/json in UTF-8.".to_owned(),
        });
    }
    caller(edge, headers).await
}

/// Who asks, if they may read.
pub(super) async fn caller(edge: &Edge, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let authorization = authorization(headers)?;
    let signed_in = match authorization {
        Some(_) => None,
        None => edge.signed_in(headers).await?,
    };
    match signed_in {
        Some(caller) => Ok(caller),
        None => Ok(edge.caller(authorization).await?),
    }
}

/// The `Authorization` header, if there is one.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    value.to_str().map(Some).map_err(|_| Refusal {
        status: StatusCode::UNAUTHORIZED,
        code: Code::Unauthenticated,
        message: "The token is not one of ours.".to_owned(),
    })
}

impl Edge {
    /// Who signed in from the page that asks. One whose token is no longer valid
    /// reads on as anybody.
    pub(super) async fn signed_in(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<Caller>, crate::error::Error> {
        let Some(token) = session::token(headers) else {
            return Ok(None);
        };
        match self.caller(Some(&token)).await {
            Ok(caller) => Ok(Some(caller)),
            Err(error) if error.code == Code::Unauthenticated => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Who presents this `Authorization` value, if they may read.
    pub(super) async fn caller(
        &self,
        authorization: Option<&str>,
    ) -> Result<Caller, crate::error::Error> {
        let actor = self.app.actor(authorization, Utc::now()).await?;
        actor.may_read(self.app.config.public_read)?;
        Ok(Caller {
            actor,
            credential: authorization.map(|value| auth::presented(value).to_owned()),
        })
    }
}

/// Whether the caller is shown what everybody is shown.
fn is_reader(actor: &Actor) -> bool {
    match actor {
        Actor::Anonymous => true,
        Actor::Token(token) => match token.scope {
            Scope::Read | Scope::Report => true,
            // an owner is shown what others are not
            Scope::Lend | Scope::Admin => false,
        },
        Actor::Operator => false,
    }
}

async fn execute(
    edge: &Arc<Edge>,
    caller: Caller,
    mut request: Asked,
    key: &Key,
    reader: bool,
) -> Result<Response, Refusal> {
    let cost = match limits::check(&mut request) {
        Ok(cost) => cost,
        Err(error) if key.media == Media::EventStream => return Ok(sse::failed(error)),
        Err(error) => return Ok(send(encode(Answer::from_errors(vec![error]), None, key))),
    };
    let kind = operation::kind(&mut request);
    if key.get
        && kind
            .operation
            .is_some_and(|asked| !may_be_got(asked, key.media))
    {
        return Ok(not_allowed(
            StatusCode::METHOD_NOT_ALLOWED,
            HeaderValue::from_static("POST"),
        ));
    }
    let cost = wants_cost(&request).then_some(cost);
    if key.media == Media::EventStream {
        return sse::stream(edge, caller, request, kind.operation, cost);
    }
    if !(reader && kind.shared) {
        edge.counts.own.increment(1);
        return Ok(send(encode(edge.execute(caller, request).await, cost, key)));
    }
    let place = match edge.answers.get_or_place(key).await {
        Ok(kept) => return Ok(send(kept)),
        Err(place) => place,
    };
    edge.counts.made.increment(1);
    let answer = edge.execute(caller, request).await;
    let fine = answer.errors.is_empty();
    let encoded = encode(answer, cost, key);
    // An event in between: the answer may be of before or after it.
    if fine && edge.app.head.current() == key.event {
        let _evicted = place.insert(encoded.clone());
    }
    Ok(send(encoded))
}

impl Edge {
    async fn execute(&self, caller: Caller, mut request: Asked) -> Answer {
        let document = Document::of(&mut request);
        let mut answer = self.schema.execute(request.data(caller)).await;
        if let Some(document) = document.filter(|_| answer.data != Value::Null) {
            document.order().apply(&mut answer.data);
        }
        answer
    }
}

/// A request asks for its cost by `"extensions": {"cost": true}`.
pub(super) fn wants_cost(request: &Asked) -> bool {
    request.extensions.0.get("cost") == Some(&Value::Boolean(true))
}

/// An answer as it is written. One that was not executed has no data.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<CostReport>,
}

#[derive(Serialize)]
struct CostReport {
    cost: Costs,
}

#[derive(Serialize)]
struct Costs {
    complexity: usize,
    depth: usize,
    nodes: usize,
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    complexity: usize,
    depth: usize,
    nodes: usize,
}

/// Whether the answer tells of a document that was not executed.
pub(super) fn is_refused(answer: &Answer) -> bool {
    answer.data == Value::Null
        && !answer.errors.is_empty()
        && answer.errors.iter().all(|error| error.path.is_empty())
}

/// The bytes of an answer, its errors bounded and each with a code.
pub(super) fn write(answer: &mut Answer, cost: Option<Cost>) -> Vec<u8> {
    limits::settle(answer);
    let written = Written {
        data: (!is_refused(answer)).then_some(&answer.data),
        errors: &answer.errors,
        extensions: cost.map(|cost| CostReport {
            cost: Costs {
                complexity: cost.complexity,
                depth: cost.depth,
                nodes: cost.nodes,
                limits: Limits {
                    complexity: limits::COMPLEXITY,
                    depth: limits::DEPTH,
                    nodes: limits::NODES,
                },
            },
        }),
    };
    // Names and values of GraphQL are always JSON.
    serde_json::to_vec(&written).unwrap_or_default()
}

fn encode(mut answer: Answer, cost: Option<Cost>, key: &Key) -> Encoded {
    let body = write(&mut answer, cost);
    Encoded::new(status(&answer, key.media), key.media, key.encoding, body)
}

/// The status of an answer. `application/json` says 200 of all that was read as
/// a request; the newer form says 400 of a document that was not executed.
fn status(answer: &Answer, media: Media) -> StatusCode {
    let failed = |code: Code| {
        let mut errors = answer.errors.iter();
        answer.data == Value::Null
            && errors.any(|error| limits::code_of(error) == Some(code.as_str()))
    };
    if failed(Code::Unavailable) {
        StatusCode::SERVICE_UNAVAILABLE
    } else if failed(Code::Internal) {
        StatusCode::INTERNAL_SERVER_ERROR
    } else if media == Media::GraphqlResponse && is_refused(answer) {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    }
}

fn send(encoded: Encoded) -> Response {
    let mut response = Response::new(Body::from(encoded.body));
    *response.status_mut() = encoded.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, encoded.media.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, accept-encoding, authorization, cookie"),
    );
    if let Some(encoding) = encoded.encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    hint(response)
}

/// Refuses in the form of a GraphQL answer.
pub(super) fn refuse(media: Media, refusal: Refusal) -> Response {
    metrics::counter!("lavafed_refusals_total", "door" => "graphql", "code" => refusal.code.as_str())
        .increment(1);
    let media = match media {
        Media::GraphqlResponse => Media::GraphqlResponse,
        Media::Json | Media::EventStream | Media::Html => Media::Json,
    };
    let error = limits::refusal(refusal.code, refusal.message);
    let body = write(&mut Answer::from_errors(vec![error]), None);
    send(Encoded::new(
        refusal.status,
        media,
        Encoding::Identity,
        body,
    ))
}

fn not_allowed(status: StatusCode, allow: HeaderValue) -> Response {
    let refusal = Refusal {
        status,
        code: Code::BadUserInput,
        message: "This is asked by another method.".to_owned(),
    };
    let mut response = refuse(Media::Json, refusal);
    response.headers_mut().insert(header::ALLOW, allow);
    response.into_response()
}
