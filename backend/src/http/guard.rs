//! Around every request: an id, the time it may take, what a panic becomes, the
//! headers that protect a browser, and the count. Logs no header and no query
//! string: they may hold a token.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use async_graphql::ServerError;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::{
    LIMIT,
    count::{Counts, Door},
    error::Refusal,
    limits,
};
use crate::error::{Code, Error};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What a page of ours may load: itself. WebAssembly needs its own word.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// What an answer that is no page may load.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Ids of this process's requests begin with it.
static PROCESS: LazyLock<String> = LazyLock::new(|| {
    let id = uuid::Uuid::new_v4().simple().to_string();
    id.chars().take(8).collect()
});
static REQUESTS: AtomicU64 = AtomicU64::new(1);

pub(super) async fn around(
    State(counts): State<Arc<Counts>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = format!("{}-{}", *PROCESS, REQUESTS.fetch_add(1, Ordering::Relaxed));
    let door = Door::of(request.uri().path());
    let span = tracing::info_span!("request", request.id = %id, http.door = door.name());
    let method = request.method().clone();
    let answering = tokio::time::timeout(LIMIT, next.run(request));
    let answering = AssertUnwindSafe(answering).catch_unwind();
    let mut response = match answering.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => late(),
        Err(_) => Refusal::from(span.in_scope(panic_error)).into_response(),
    };
    let status = response.status();
    let took = began.elapsed();
    span.in_scope(|| {
        let milliseconds = took.as_secs_f64() * 1000.0;
        let status = status.as_u16();
        tracing::debug!(http.method = %method, http.status = status, milliseconds, "answered");
    });
    protect(response.headers_mut(), door);
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    counts.answered(door, status, took);
    response
}

fn late() -> Response {
    let message = format!("The request took longer than {} seconds.", LIMIT.as_secs());
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: Code::Unavailable,
        message,
    }
    .into_response()
}

/// A panic was caught: counts it and says so with an id.
fn panic_error() -> Error {
    metrics::counter!("lavafed_panics_total").increment(1);
    Error::internal("a panic was caught, see the lines before")
}

/// The same, for a place that answers in GraphQL.
pub(super) fn panicked() -> ServerError {
    let error = panic_error();
    limits::refusal(error.code, error.message)
}

fn protect(headers: &mut HeaderMap, door: Door) {
    let policy = match door {
        Door::Page => POLICY,
        Door::Graphql
        | Door::Callback
        | Door::Session
        | Door::Export
        | Door::Feed
        | Door::Badge
        | Door::Probe => DATA_POLICY,
    };
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(policy));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(HeaderName::from_static("cross-origin-resource-policy"))
        .or_insert(HeaderValue::from_static("same-origin"));
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_one_answer_with_an_id() {
        let routes: Router = Router::new()
            .route("/", get(async || -> &'static str { panic!("on purpose") }))
            .layer(from_fn_with_state(Arc::new(Counts::new()), around));
        let response = routes.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key(REQUEST_ID));
        assert!(
            response
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told["code"], "INTERNAL");
        assert!(!told.to_string().contains("on purpose"), "{told}");
    }
}
