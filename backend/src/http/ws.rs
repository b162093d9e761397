//! Sockets, by `graphql-transport-ws`: one task a socket reads, writes and
//! watches the caller's right; one task an operation runs it. A client that
//! does not read is not written to for long.

mod message;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::parser::types::OperationType;
use axum::{
    extract::{
        FromRequestParts as _,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Map, Value, value::RawValue};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Instant, timeout},
};

use super::{
    Edge,
    error::Refusal,
    graphql::{self, BODY, authorization, is_refused, write},
    limits,
    media::Media,
    operation::{self, End},
    request::Parameters,
};
use crate::{error::Code, graphql::Caller};
use message::{Close, FromClient, PROTOCOL, ToClient};

/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(3);
/// Operations that one socket may have under way.
const OPERATIONS: usize = 64;
/// Messages that wait for a slow client.
const QUEUE: usize = 16;
/// How long a client may not take a message.
const SEND: Duration = Duration::from_secs(10);
/// How often a silent client is asked whether it is there.
const PING: Duration = Duration::from_secs(20);

pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    let wanted = headers
        .get(header::UPGRADE)
        .and_then(|value| value.to_str().ok());
    wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case("websocket"))
}

pub(super) async fn open(edge: Arc<Edge>, parts: &mut Parts) -> Response {
    match upgrade(edge, parts).await {
        Ok(response) => response,
        Err(refusal) => graphql::refuse(Media::Json, refusal),
    }
}

async fn upgrade(edge: Arc<Edge>, parts: &mut Parts) -> Result<Response, Refusal> {
    if !is_same_site(&parts.headers, &edge.app.config.public_url()) {
        return Err(Refusal {
            status: StatusCode::FORBIDDEN,
            code: Code::Forbidden,
            message: "A page of another site may not open a socket here.".to_owned(),
        });
    }
    let presented = Presented {
        header: authorization(&parts.headers)?.map(str::to_owned),
        signed_in: edge.signed_in(&parts.headers).await?,
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let permit = Arc::clone(&edge.sockets)
        .try_acquire_owned()
        .map_err(|_| Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: Code::Unavailable,
            message: "Too many sockets are open. Try again in a moment.".to_owned(),
        })?;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(BODY)
        .max_frame_size(BODY);
    Ok(upgrade.on_upgrade(async move |socket| {
        metrics::gauge!("lavafed_sockets").increment(1);
        serve(edge, socket, presented).await;
        metrics::gauge!("lavafed_sockets").decrement(1);
        drop(permit);
    }))
}

/// Browsers say from which page a socket is opened, and open it across sites
/// without asking us. Others say nothing.
fn is_same_site(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    let Some(authority) = origin.split_once("://").map(|(_, authority)| authority) else {
        return false;
    };
    let public: Option<Uri> = public_url.parse().ok();
    let public = public.as_ref().and_then(Uri::authority);
    text(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(authority))
        || public.is_some_and(|public| public.as_str().eq_ignore_ascii_case(authority))
}

/// Who a client says it is before its first message, which may say another.
struct Presented {
    header: Option<String>,
    signed_in: Option<Caller>,
}

async fn serve(edge: Arc<Edge>, mut socket: WebSocket, presented: Presented) {
    let closing = match greet(&edge, &mut socket, presented).await {
        Ok(caller) => converse(edge, &mut socket, caller).await,
        Err(closing) => closing,
    };
    let parting = async {
        if let Some(close) = closing {
            let farewell = Message::Close(Some(close.frame()));
            socket.send(farewell).await?;
        }
        // The client's farewell, or our answer to it, ends the socket.
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<_, axum::Error>(())
    };
    let _cut_where_it_does_not_answer = timeout(Duration::from_secs(1), parting).await;
}

/// Reads the next message. None inside: one that is of no matter.
async fn read(socket: &mut WebSocket) -> Result<Option<FromClient>, Option<Close>> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => FromClient::read(&text).map(Some).map_err(Some),
        Some(Ok(Message::Binary(_))) => Err(Some(Close::new(4400, "Invalid message: not text"))),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(None),
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Option<Close>> {
    match timeout(SEND, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        // It does not take what we send, so it would not take a reason.
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

async fn say(socket: &mut WebSocket, message: &ToClient<'_>) -> Result<(), Option<Close>> {
    send(socket, Message::Text(message.text().into())).await
}

/// Waits for `connection_init`, and finds out who the client is.
async fn greet(
    edge: &Edge,
    socket: &mut WebSocket,
    before: Presented,
) -> Result<Caller, Option<Close>> {
    if socket.protocol().is_none() {
        return Err(Some(Close::new(4406, "Subprotocol not acceptable")));
    }
    let greeting = timeout(INIT, await_init(socket)).await;
    let payload = greeting
        .unwrap_or_else(|_| Err(Some(Close::new(4408, "Connection initialisation timeout"))))?;
    let presented = message::authorization(payload.as_ref()).or(before.header.as_deref());
    let caller = match (presented, before.signed_in) {
        (None, Some(caller)) => Ok(caller),
        (presented, _) => edge.caller(presented).await,
    };
    let caller = caller.map_err(|error| {
        let code = error.code;
        metrics::counter!("lavafed_refusals_total", "door" => "socket", "code" => code.as_str())
            .increment(1);
        if code == Code::Unavailable {
            Some(Close::new(1013, error.message))
        } else {
            Some(Close::new(4403, format!("Forbidden: {error}")))
        }
    })?;
    say(socket, &ToClient::ConnectionAck).await?;
    Ok(caller)
}

async fn await_init(socket: &mut WebSocket) -> Result<Option<Map<String, Value>>, Option<Close>> {
    loop {
        match read(socket).await? {
            Some(FromClient::ConnectionInit { payload }) => return Ok(payload),
            Some(FromClient::Subscribe { .. }) => {
                return Err(Some(Close::new(4401, "Unauthorized")));
            }
            Some(FromClient::Ping) => say(socket, &ToClient::Pong).await?,
            Some(FromClient::Pong | FromClient::Complete { .. }) | None => {}
        }
    }
}

/// What an operation has to tell.
struct Told {
    id: Arc<str>,
    /// Tells operations apart that had the same id one after the other.
    no: u64,
    text: String,
    last: bool,
}

/// The operations of a socket.
struct Operations {
    edge: Arc<Edge>,
    caller: Caller,
    under_way: HashMap<Arc<str>, (u64, AbortHandle)>,
    tasks: JoinSet<()>,
    told: mpsc::Sender<Told>,
    begun: u64,
}

/// Talks with a client until one of the two has enough.
async fn converse(edge: Arc<Edge>, socket: &mut WebSocket, caller: Caller) -> Option<Close> {
    let end = operation::end(Arc::clone(&edge), caller.actor.clone());
    tokio::pin!(end);
    let (told, mut queue) = mpsc::channel(QUEUE);
    let mut operations = Operations {
        edge,
        caller,
        under_way: HashMap::new(),
        tasks: JoinSet::new(),
        told,
        begun: 0,
    };
    let mut pings = tokio::time::interval_at(Instant::now() + PING, PING);
    let mut heard = Instant::now();
    loop {
        let step = tokio::select! {
            end = &mut end => Err(Some(match end {
                End::Refused => Close::new(4403, "Forbidden: the token has expired or was revoked"),
                End::Stopping => Close::new(1001, "The server stops"),
            })),
            message = read(socket) => {
                heard = Instant::now();
                match message {
                    Ok(Some(message)) => operations.hear(socket, message).await,
                    Ok(None) => Ok(()),
                    Err(close) => Err(close),
                }
            }
            Some(told) = queue.recv() => operations.tell(socket, told).await,
            Some(_) = operations.tasks.join_next() => Ok(()),
            _ = pings.tick() => {
                if heard.elapsed() > 3 * PING {
                    Err(None)
                } else {
                    send(socket, Message::Ping(Bytes::new())).await
                }
            }
        };
        if let Err(closing) = step {
            return closing;
        }
    }
}

impl Operations {
    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        message: FromClient,
    ) -> Result<(), Option<Close>> {
        match message {
            FromClient::ConnectionInit { .. } => {
                Err(Some(Close::new(4429, "Too many initialisation requests")))
            }
            FromClient::Ping => say(socket, &ToClient::Pong).await,
            FromClient::Pong => Ok(()),
            FromClient::Complete { id } => {
                if let Some((_, task)) = self.under_way.remove(id.as_str()) {
                    task.abort();
                }
                Ok(())
            }
            FromClient::Subscribe { id, payload } => self.begin(socket, id, payload).await,
        }
    }

    async fn begin(
        &mut self,
        socket: &mut WebSocket,
        id: String,
        payload: Parameters,
    ) -> Result<(), Option<Close>> {
        if self.under_way.contains_key(id.as_str()) {
            let reason = format!("Subscriber for {id} already exists");
            return Err(Some(Close::new(4409, reason)));
        }
        if self.under_way.len() >= OPERATIONS {
            let message = format!("A socket has at most {OPERATIONS} operations under way.");
            let errors = [limits::refusal(Code::LimitExceeded, message)];
            let refused = ToClient::Error {
                id: &id,
                payload: &errors,
            };
            return say(socket, &refused).await;
        }
        let id: Arc<str> = id.into();
        self.begun += 1;
        let operation = run(
            Arc::clone(&self.edge),
            self.caller.clone(),
            payload,
            Arc::clone(&id),
            self.begun,
            self.told.clone(),
        );
        let task = self.tasks.spawn(operation);
        self.under_way.insert(id, (self.begun, task));
        Ok(())
    }

    async fn tell(&mut self, socket: &mut WebSocket, told: Told) -> Result<(), Option<Close>> {
        let known = self.under_way.get(&told.id).map(|(no, _)| *no);
        // The client completed it meanwhile.
        if known != Some(told.no) {
            return Ok(());
        }
        if told.last {
            self.under_way.remove(&told.id);
        }
        send(socket, Message::Text(told.text.into())).await
    }
}

/// Runs an operation, telling its results one by one.
async fn run(
    edge: Arc<Edge>,
    caller: Caller,
    payload: Parameters,
    id: Arc<str>,
    no: u64,
    queue: mpsc::Sender<Told>,
) {
    let tell = async |text, last| {
        let id = Arc::clone(&id);
        // Nobody listens any more: the task is about to be aborted.
        let _gone = queue.send(Told { id, no, text, last }).await;
    };
    let mut request = async_graphql::Request::from(payload);
    let cost = match limits::check(&mut request) {
        Ok(cost) => graphql::wants_cost(&request).then_some(cost),
        Err(error) => {
            let mut refused = async_graphql::Response::from_errors(vec![error]);
            limits::settle(&mut refused);
            return tell(error_text(&id, &refused), true).await;
        }
    };
    let kind = operation::kind(&mut request);
    let mut results = std::pin::pin!(operation::results(&edge, caller, request, kind.operation));
    // A stream of events that cannot begin is an error, not a result.
    let subscribes = kind.operation == Some(OperationType::Subscription);
    let failed = |answer: &async_graphql::Response| {
        is_refused(answer) || subscribes && answer.data == async_graphql::Value::Null
    };
    let mut first = true;
    while let Some(mut answer) = results.next().await {
        let json = write(&mut answer, cost);
        if first && failed(&answer) {
            return tell(error_text(&id, &answer), true).await;
        }
        first = false;
        let Some(payload) = String::from_utf8(json)
            .ok()
            .and_then(|json| RawValue::from_string(json).ok())
        else {
            return;
        };
        let next = ToClient::Next {
            id: &id,
            payload: &payload,
        };
        tell(next.text(), false).await;
    }
    tell(ToClient::Complete { id: &id }.text(), true).await;
}

fn error_text(id: &str, answer: &async_graphql::Response) -> String {
    let payload = &answer.errors;
    ToClient::Error { id, payload }.text()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_socket_is_opened_from_our_own_pages_only() {
        let table = [
            (None, true),
            (Some("http://127.0.0.1:8080"), true),
            (Some("https://lavafed.example"), true),
            (Some("http://127.0.0.1:8081"), false),
            (Some("https://elsewhere.example"), false),
            (Some("https://lavafed.example.evil"), false),
            (Some("null"), false),
            (Some(""), false),
        ];
        for (origin, fine) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            let same = is_same_site(&headers, "https://lavafed.example/fed");
            assert_eq!(same, fine, "{origin:?}");
        }
    }
}
