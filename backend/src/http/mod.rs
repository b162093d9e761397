//! HTTP, at the edge: turns bytes into one typed value, calls a use case or the
//! schema, and turns what comes back into bytes. Decides nothing about labs,
//! jobs or the grid, and asks the database for nothing itself.
//!
//! `serve` keeps the connections; `guard` is around every request; each door
//! below has a file. `/graphql` has the most: `request`, `media` and `limits`
//! read what is asked, `answers` keeps what was answered, `sse` and `ws` answer
//! again and again.

mod answers;
mod asked;
mod badge;
mod callback;
mod count;
mod error;
mod export;
mod feed;
mod graphql;
mod guard;
mod limits;
mod media;
mod operation;
mod order;
mod plain;
mod probe;
mod request;
mod serve;
mod session;
mod spa;
mod sse;
mod ws;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};
use tokio::sync::{Semaphore, watch};

use crate::{app::App, graphql::Schema};

pub use serve::{serve, stop_signal};

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What the doors share.
struct Edge {
    app: Arc<App>,
    schema: Schema,
    answers: answers::Answers,
    counts: Arc<count::Counts>,
    /// One permit for each socket that may be opened.
    sockets: Arc<Semaphore>,
    /// One permit for each stream of events.
    streams: Arc<Semaphore>,
    /// One permit for each kibibyte of notifications in memory.
    bodies: Semaphore,
    stopping: watch::Sender<bool>,
}

impl Edge {
    fn new(app: Arc<App>, sockets: usize) -> Arc<Self> {
        // Counting begins with the first door.
        probe::recorder();
        Arc::new(Self {
            schema: crate::graphql::schema(Arc::clone(&app)),
            app,
            answers: answers::Answers::new(),
            counts: Arc::new(count::Counts::new()),
            sockets: Arc::new(Semaphore::new(sockets)),
            // They take up connections, of which others need some too.
            streams: Arc::new(Semaphore::new(sockets.div_ceil(2))),
            bodies: Semaphore::new(callback::BODIES as usize),
            stopping: watch::Sender::new(false),
        })
    }
}

/// Every path there is.
fn router(edge: Arc<Edge>) -> Router {
    Router::new()
        .route("/graphql", any(graphql::answer))
        .route("/api/lava/callback", post(callback::receive))
        .route("/api/lava/callback/", post(callback::receive))
        .route(
            "/api/session",
            post(session::sign_in).delete(session::sign_out),
        )
        .route("/export/cells.csv", get(export::csv))
        .route("/export/cells.json", get(export::json))
        .route("/badge/{subject}/{file}", get(badge::badge))
        .route("/feed.atom", get(feed::feed))
        .route("/healthz", get(probe::health))
        .route("/readyz", get(probe::ready))
        .route("/metrics", get(probe::metrics))
        .fallback(spa::page)
        .layer(from_fn_with_state(Arc::clone(&edge.counts), guard::around))
        .with_state(edge)
}
