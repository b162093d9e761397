//! The door within the process: a tower service on the same world, with the
//! faults told as errors. Must not wait: what takes time says how much.

use std::{
    future::{Ready, ready},
    sync::OnceLock,
    task::{Context, Poll},
};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response};

use crate::{
    FakeLava,
    fault::{Applied, Call, Fault, Pending},
    rest::{self, Answer},
    world::World,
};

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} after {} ms", after.num_milliseconds())]
pub struct DoorError {
    pub kind: DoorErrorKind,
    /// How long the client waited for it.
    pub after: TimeDelta,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorErrorKind {
    #[error("connection refused")]
    Refused,
    #[error("connection reset")]
    Reset,
    #[error("timed out")]
    TimedOut,
    /// The body ended before its announced length.
    #[error("half a body")]
    HalfBody,
}

/// How long an answer took, as an extension of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay(pub TimeDelta);

/// A handle on a server as a client has it.
#[derive(Clone)]
pub struct Door {
    lava: FakeLava,
    limit: TimeDelta,
}

impl FakeLava {
    /// A client that waits ten seconds for an answer.
    #[must_use]
    pub fn service(&self) -> Door {
        self.service_with_limit(TimeDelta::seconds(10))
    }

    #[must_use]
    pub fn service_with_limit(&self, limit: TimeDelta) -> Door {
        Door {
            lava: self.clone(),
            limit,
        }
    }
}

impl tower::Service<Request<Bytes>> for Door {
    type Response = Response<Bytes>;
    type Error = DoorError;
    type Future = Ready<Result<Response<Bytes>, DoorError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DoorError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(self.send(request))
    }
}

impl Door {
    /// One call, without any waiting.
    pub fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, DoorError> {
        let mut world = self.lava.world();
        let (fault, answer) = receive(&mut world, rest::Request::new(request), self.limit);
        let date = world.shown(world.now);
        drop(world);
        let error = |kind, after| Err(DoorError { kind, after });
        let late = |by: TimeDelta| {
            if by >= self.limit {
                return error(DoorErrorKind::TimedOut, self.limit);
            }
            let mut response = answer.clone().into_response(date);
            response.extensions_mut().insert(Delay(by));
            Ok(response)
        };
        match fault {
            Fault::Refused => error(DoorErrorKind::Refused, TimeDelta::zero()),
            Fault::ResetBefore | Fault::ResetAfter => {
                error(DoorErrorKind::Reset, TimeDelta::zero())
            }
            Fault::HalfBody => error(DoorErrorKind::HalfBody, TimeDelta::zero()),
            Fault::AppliedLate { .. } => error(DoorErrorKind::TimedOut, self.limit),
            Fault::Late { by, .. } => late(by),
            Fault::Drip => {
                let seconds = i64::try_from(answer.body.len()).unwrap_or(i64::MAX / 1000);
                late(TimeDelta::seconds(seconds))
            }
            Fault::Gigabyte => {
                let mut response = answer.clone().into_response(date);
                let length = http::HeaderValue::from(GIGABYTE);
                response.headers_mut().insert("content-length", length);
                *response.body_mut() = beginning_of_a_gigabyte();
                Ok(response)
            }
            Fault::None
            | Fault::Status(_)
            | Fault::Html
            | Fault::WrongJson
            | Fault::Forbidden
            | Fault::NotFound
            | Fault::Moved
            | Fault::Twice => Ok(answer.into_response(date)),
        }
    }
}

pub(crate) const GIGABYTE: u64 = 1 << 30;

/// More than any client should read, made once.
fn beginning_of_a_gigabyte() -> Bytes {
    static BEGINNING: OnceLock<Bytes> = OnceLock::new();
    BEGINNING
        .get_or_init(|| vec![b' '; 33 << 20].into())
        .clone()
}

/// Takes a call: decides what goes wrong, and applies what has to be applied now.
fn receive(world: &mut World, request: rest::Request, limit: TimeDelta) -> (Fault, Answer) {
    let fault = decide(world, &request);
    let answer = apply(world, request, fault, limit);
    (fault, answer)
}

/// Writes a call down and decides what goes wrong with it.
pub(crate) fn decide(world: &mut World, request: &rest::Request) -> Fault {
    let mut call = Call {
        at: world.now,
        nth: world.calls.len(),
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.raw_query.clone(),
        user: request.user(world).map(|user| user.name.clone()),
        rpc: rest::rpc_method(request),
        fault: Fault::None,
    };
    if let Some(mut plan) = world.fault.take() {
        call.fault = plan(&call);
        world.fault = Some(plan);
    }
    if rest::is_unexpected(world, request) {
        world.unexpected.push(call.clone());
    }
    let fault = call.fault;
    world.calls.push(call);
    fault
}

/// The answer to a call, once what it asks for has been done or put off.
pub(crate) fn apply(
    world: &mut World,
    request: rest::Request,
    fault: Fault,
    limit: TimeDelta,
) -> Answer {
    let nothing = || Answer::new(200, None, Bytes::new());
    match fault {
        Fault::None | Fault::ResetAfter | Fault::HalfBody | Fault::Gigabyte | Fault::Drip => {
            rest::handle(world, &request)
        }
        Fault::Twice => {
            rest::handle(world, &request);
            rest::handle(world, &request)
        }
        Fault::WrongJson => {
            rest::handle(world, &request);
            Answer::pair(200, "unexpected", "thing")
        }
        // a client that still waits when it is applied gets its answer
        Fault::Late { by, applied } => match applied {
            Applied::AtEnd if by >= limit => {
                postpone(world, request, by);
                nothing()
            }
            Applied::AtOnce | Applied::AtEnd => rest::handle(world, &request),
            Applied::Never => Answer::html(504),
        },
        Fault::AppliedLate { by } => {
            postpone(world, request, by);
            nothing()
        }
        Fault::Refused | Fault::ResetBefore => nothing(),
        Fault::Status(status) => Answer::html(status),
        Fault::Html => Answer::html(200),
        Fault::Forbidden => Answer::detail(403, "Invalid token."),
        Fault::NotFound => Answer::detail(404, "Not found."),
        Fault::Moved => Answer::moved("/moved/"),
    }
}

fn postpone(world: &mut World, request: rest::Request, by: TimeDelta) {
    let at = world.now + by;
    world.pending.push(Pending { at, request });
}
