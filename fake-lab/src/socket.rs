//! The door on a socket: HTTP/1.1 over TCP, with the faults done for real.
//! Must not know what the calls mean.
//!
//! A client that is *refused* here is cut off instead: its connection stands
//! before the request can be looked at.

use std::{io, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::stream::{self, StreamExt as _};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{
    FakeLava,
    door::{self, GIGABYTE},
    fault::{Applied, Fault},
    rest,
};

type Body = BoxBody<Bytes, io::Error>;

/// A client on a socket waits as long as it likes.
const NO_LIMIT: TimeDelta = TimeDelta::MAX;

impl FakeLava {
    /// Serves until it is dropped.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            while connections.try_join_next().is_some() {}
            connections.spawn(connection(self.clone(), stream));
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let request = rest::Request::new(Request::from_parts(parts, body));
        let fault = door::decide(&mut self.world(), &request);
        if let Fault::Late { by, applied } = fault {
            return self.late(request, by, applied).await;
        }
        let (date, answer) = {
            let mut world = self.world();
            let answer = door::apply(&mut world, request, fault, NO_LIMIT);
            (world.shown(world.now), answer)
        };
        let response = answer.into_response(date);
        match fault {
            Fault::Refused | Fault::ResetBefore | Fault::ResetAfter => {
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Fault::AppliedLate { .. } => std::future::pending().await,
            Fault::HalfBody => Ok(response.map(half)),
            Fault::Drip => Ok(response.map(drip)),
            Fault::Gigabyte => Ok(gigabyte(response)),
            Fault::None
            | Fault::Late { .. }
            | Fault::Status(_)
            | Fault::Html
            | Fault::WrongJson
            | Fault::Forbidden
            | Fault::NotFound
            | Fault::Moved
            | Fault::Twice => Ok(response.map(whole)),
        }
    }

    /// In a task of its own: it is applied even when the client has gone.
    async fn late(
        &self,
        request: rest::Request,
        by: TimeDelta,
        applied: Applied,
    ) -> io::Result<Response<Body>> {
        let server = self.clone();
        let wait = by.to_std().unwrap_or_default();
        let task = tokio::spawn(async move {
            let fault = Fault::Late { by, applied };
            let apply = |request| {
                let mut world = server.world();
                let answer = door::apply(&mut world, request, fault, NO_LIMIT);
                answer.into_response(world.shown(world.now))
            };
            if applied == Applied::AtEnd {
                tokio::time::sleep(wait).await;
                return apply(request);
            }
            let response = apply(request);
            tokio::time::sleep(wait).await;
            response
        });
        Ok(task.await.map_err(io::Error::other)?.map(whole))
    }
}

async fn connection(server: FakeLava, stream: TcpStream) {
    let service = service_fn(|request| server.answer(request));
    // an error is what a fault asked for, or a client that went away
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn whole(body: Bytes) -> Body {
    Full::new(body).map_err(|never| match never {}).boxed()
}

/// Announces all of it, and breaks off in the middle; between the two the
/// first half has to leave.
fn half(body: Bytes) -> Body {
    let sent = body.slice(..body.len() / 2);
    let first = stream::iter([Ok(Frame::data(sent))]);
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionReset.into())
    });
    let whole = StreamBody::new(Box::pin(first.chain(end)));
    BodyExt::boxed(whole)
}

fn drip(body: Bytes) -> Body {
    let bytes = stream::iter(0..body.len()).then(move |at| {
        let byte = body.slice(at..=at);
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(Frame::data(byte))
        }
    });
    BodyExt::boxed(StreamBody::new(Box::pin(bytes)))
}

fn gigabyte(mut response: Response<Bytes>) -> Response<Body> {
    const CHUNK: u64 = 1 << 16;
    let length = http::HeaderValue::from(GIGABYTE);
    response.headers_mut().insert("content-length", length);
    let chunk = Bytes::from(vec![b' '; 1 << 16]);
    let chunks = stream::iter(0..GIGABYTE / CHUNK).map(move |_| Ok(Frame::data(chunk.clone())));
    response.map(|_| BodyExt::boxed(StreamBody::new(chunks)))
}
