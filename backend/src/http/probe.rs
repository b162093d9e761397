//! For those who watch the server: does it live, is it ready, what has it done.

use std::sync::Arc;
use std::sync::OnceLock;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::{Edge, error::Refusal};
use crate::{
    error::{Code, Error},
    event, service,
};

/// Upper bounds of the classes into which times fall, in seconds.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
/// Upper bounds of the classes for counts.
const COUNTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The process lives.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The database answers and its schema is ours.
pub(super) async fn ready(State(edge): State<Arc<Edge>>) -> Response {
    match check(&edge).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => Refusal::from(error).into_response(),
    }
}

async fn check(edge: &Edge) -> Result<(), Error> {
    event::bounds(edge.app.db.read()).await?;
    if edge.app.db.needs_migration().await? {
        return Err(Error::new(
            Code::Unavailable,
            "The database is not up to date. Stop the server and type: lavafed migrate",
        ));
    }
    Ok(())
}

pub(super) async fn metrics(State(edge): State<Arc<Edge>>) -> Response {
    metrics::gauge!("lavafed_event_head").set(edge.app.head.current() as f64);
    if let Err(error) = count_leases(&edge).await {
        tracing::warn!(
            code = error.code.as_str(),
            "leases are not counted: {error}"
        );
    }
    let text = recorder().map(PrometheusHandle::render);
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    (
        [(header::CONTENT_TYPE, content_type)],
        text.unwrap_or_default(),
    )
        .into_response()
}

/// What is open now, the same from every replica.
async fn count_leases(edge: &Edge) -> Result<(), Error> {
    let db = edge.app.db.read();
    for (state, count) in service::lease::open_by_state(db).await? {
        metrics::gauge!("lavafed_leases", "state" => state).set(count as f64);
    }
    for (kind, count) in service::alert::open_by_kind(db).await? {
        metrics::gauge!("lavafed_alerts", "kind" => kind).set(count as f64);
    }
    Ok(())
}

/// What is counted in this process. None: somebody else counts already.
pub(super) fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|recorder| {
            recorder.set_buckets_for_metric(Matcher::Suffix("_per_commit".to_owned()), &COUNTS)
        })
        .and_then(PrometheusBuilder::install_recorder);
    match recorder {
        Ok(recorder) => {
            describe();
            Some(recorder)
        }
        Err(error) => {
            tracing::warn!("nothing is counted: {error}");
            None
        }
    }
}

fn describe() {
    metrics::describe_counter!(
        "lavafed_http_requests_total",
        "Requests answered, by door and class of status."
    );
    metrics::describe_histogram!("lavafed_http_request_seconds", "How long requests took.");
    metrics::describe_counter!(
        "lavafed_refusals_total",
        "Requests refused before anything was done, by door and code."
    );
    metrics::describe_counter!(
        "lavafed_answers_total",
        "GraphQL answers: kept ones, ones made to be kept, and the caller's own."
    );
    metrics::describe_counter!("lavafed_panics_total", "Panics caught.");
    metrics::describe_counter!(
        "lavafed_receipts_total",
        "Receipts that met their fate, by state."
    );
    metrics::describe_histogram!(
        "lavafed_receipts_per_commit",
        "Notifications stored by one commit."
    );
    metrics::describe_gauge!("lavafed_sockets", "Open sockets.");
    metrics::describe_gauge!("lavafed_connections", "Open connections, sockets included.");
    metrics::describe_gauge!("lavafed_event_head", "Number of the newest event.");
    metrics::describe_gauge!("lavafed_leases", "Open leases, by state.");
    metrics::describe_gauge!("lavafed_alerts", "Alerts that last, by kind.");
}
