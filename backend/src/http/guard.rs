//! Around every request: an id, the time it may take, what a panic becomes, the
//! headers that protect a browser, and the count. Logs no header and no query
//! string: they may hold a token.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use async_graphql::ServerError;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::{LIMIT, error::Refusal, limits};
use crate::error::{Code, Error};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What a page of ours may load: itself. WebAssembly needs its own word.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Ids of this process's requests begin with it.
static PROCESS: LazyLock<String> = LazyLock::new(|| {
    let id = uuid::Uuid::new_v4().simple().to_string();
    id.chars().take(8).collect()
});
static REQUESTS: AtomicU64 = AtomicU64::new(1);

pub(super) async fn around(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = format!("{}-{}", *PROCESS, REQUESTS.fetch_add(1, Ordering::Relaxed));
    let door = door(request.uri().path());
    let span = tracing::info_span!("request", request.id = %id, http.door = door);
    let method = request.method().clone();
    let answering = tokio::time::timeout(LIMIT, next.run(request));
    let answering = AssertUnwindSafe(answering).catch_unwind();
    let mut response = match answering.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => late(),
        Err(_) => Refusal::from(span.in_scope(panic_error)).into_response(),
    };
    let status = response.status();
    span.in_scope(|| {
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        let status = status.as_u16();
        tracing::debug!(http.method = %method, http.status = status, milliseconds, "answered");
    });
    protect(response.headers_mut());
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let class = status_class(status);
    metrics::counter!("lavafed_http_requests_total", "door" => door, "status" => class)
        .increment(1);
    metrics::histogram!("lavafed_http_request_seconds", "door" => door)
        .record(began.elapsed().as_secs_f64());
    response
}

/// A short word for a path, so that paths do not fill the metrics.
fn door(path: &str) -> &'static str {
    match path {
        "/graphql" => "graphql",
        "/api/lava/callback" | "/api/lava/callback/" => "callback",
        "/export/cells.csv" | "/export/cells.json" => "export",
        "/feed.atom" => "feed",
        "/healthz" | "/readyz" | "/metrics" => "probe",
        _ if path.starts_with("/badge/") => "badge",
        _ => "page",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
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

fn protect(headers: &mut HeaderMap) {
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
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
    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_one_answer_with_an_id() {
        let routes: Router = Router::new()
            .route("/", get(async || -> &'static str { panic!("on purpose") }))
            .layer(from_fn(around));
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
