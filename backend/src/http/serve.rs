//! Keeps the connections: accepts them up to a limit, times out those that do
//! not speak or do not listen, and ends them when the server stops.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use super::{Edge, probe, router};
use crate::app::App;

/// How long a connection may be silent before it has sent a request's head.
const HEAD: Duration = Duration::from_secs(15);
/// How long a client may not take what is sent to it.
const WRITE: Duration = Duration::from_secs(30);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
const CONNECTIONS: u64 = 8192;
/// Files we need beside connections: the database's, for the most part.
const OTHER_FILES: u64 = 128;
/// How long requests under way have when the server stops.
const STOP: Duration = Duration::from_secs(6);
/// How often what is counted is put together.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves until `stop` is done, and then at most ten seconds more.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    // A socket stays open; so that all others are served too it has its own share.
    let share = most_connections() / 2;
    let edge = Edge::new(app, share as usize);
    let routes = router(Arc::clone(&edge));
    let connections = Arc::new(Semaphore::new(share as usize));
    let mut upkeep = tokio::time::interval(UPKEEP);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = upkeep.tick() => {
                if let Some(recorder) = probe::recorder() {
                    recorder.run_upkeep();
                }
            }
            accepted = accept(&listener, &connections) => match accepted {
                Ok((stream, permit)) => keep(stream, permit, &routes, edge.stopping.subscribe()),
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    // Out of files, for example: others must close first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    edge.stopping.send_replace(true);
    // All permits are back: every connection has ended.
    let ended = async {
        tokio::join!(
            connections.acquire_many(share),
            edge.sockets.acquire_many(share)
        )
    };
    if tokio::time::timeout(STOP, ended).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut");
    }
}

/// Done when the operator or the system wants the server to stop.
///
/// # Errors
/// A sentence when signals cannot be received.
pub fn stop_signal() -> Result<impl Future<Output = ()>, String> {
    let listen = |kind| signal(kind).map_err(|error| format!("Cannot receive signals: {error}."));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

/// As many as the system lets us have files for.
fn most_connections() -> u32 {
    let files = rlimit::increase_nofile_limit(CONNECTIONS + OTHER_FILES).unwrap_or(1024);
    let most = files.saturating_sub(OTHER_FILES).clamp(16, CONNECTIONS);
    u32::try_from(most).unwrap_or(16)
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

fn keep(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    routes: &Router,
    mut stopping: watch::Receiver<bool>,
) {
    // Small answers go out at once; where that is refused they are but later.
    let _refused = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE));
    let routes = routes
        .clone()
        .map_request(|request: hyper::Request<Incoming>| request.map(Body::new));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(routes),
        )
        .with_upgrades();
    tokio::spawn(async move {
        metrics::gauge!("lavafed_connections").increment(1);
        let mut connection = std::pin::pin!(connection);
        let stopped = async {
            // An error: nobody can say it any more.
            let _stopping = stopping.wait_for(|stopping| *stopping).await;
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection ended: {error}");
        }
        metrics::gauge!("lavafed_connections").decrement(1);
        drop(permit);
    });
}
