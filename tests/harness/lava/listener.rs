//! The other side of a LAVA job: an HTTP server that gives the job its files and records the notifications it sends.
//!
//! Must not judge what it gets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::Value;

use super::wait::eventually;

/// Listens on a free port of the loopback interface until it is dropped.
pub struct Listener {
    url: String,
    notifications: Notifications,
    task: tokio::task::JoinHandle<()>,
}

/// One callback as it arrived.
#[derive(Clone, Debug)]
pub struct Notification {
    /// What the job was told to call: the last part of the path.
    pub name: String,
    pub headers: HeaderMap,
    pub body: Value,
}

type Notifications = Arc<Mutex<Vec<Notification>>>;

impl Listener {
    /// Serves a kernel and a file system; the answer to a notification is always 200.
    pub async fn start(kernel: Vec<u8>, filesystem: Vec<u8>) -> Result<Self> {
        let (kernel, filesystem) = (Bytes::from(kernel), Bytes::from(filesystem));
        let vanished = kernel.len();
        let notifications = Notifications::default();
        let router = Router::new()
            .route("/vmlinuz", get(|| async move { kernel }))
            .route("/initramfs.cpio.gz", get(|| async move { filesystem }))
            .route(
                "/vanished/vmlinuz",
                any(move |method| async move { vanish(&method, vanished) }),
            )
            .route("/notification/{name}", post(record))
            .layer(DefaultBodyLimit::max(64 << 20))
            .with_state(Arc::clone(&notifications));
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", socket.local_addr()?);
        let task = tokio::spawn(async move {
            // ends only with the runtime or by abort
            let _ = axum::serve(socket, router).await;
        });
        Ok(Self {
            url,
            notifications,
            task,
        })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address for a notification of that name.
    #[must_use]
    pub fn callback(&self, name: &str) -> String {
        format!("{}/notification/{name}", self.url)
    }

    /// All notifications of that name so far.
    pub fn received(&self, name: &str) -> Result<Vec<Notification>> {
        let Ok(all) = self.notifications.lock() else {
            bail!("a thread died while it held the notifications")
        };
        Ok(all
            .iter()
            .filter(|notification| notification.name == name)
            .cloned()
            .collect())
    }

    /// Waits for a notification of that name that tells of a state, as LAVA spells it.
    pub async fn wait_for(&self, name: &str, state: &str, limit: Duration) -> Result<Notification> {
        eventually(
            &format!("a notification {name} tells of {state}"),
            limit,
            || async {
                let mut all = self.received(name)?.into_iter();
                Ok(all.find(|found| {
                    found.body.get("state_string").and_then(Value::as_str) == Some(state)
                }))
            },
        )
        .await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A file that is there when LAVA validates the job and gone when it fetches it: to LAVA an infrastructure error.
fn vanish(method: &Method, length: usize) -> Response {
    if method == Method::HEAD {
        return [(header::CONTENT_LENGTH, length)].into_response();
    }
    StatusCode::NOT_FOUND.into_response()
}

async fn record(
    State(notifications): State<Notifications>,
    Path(name): Path<String>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> StatusCode {
    let Ok(mut notifications) = notifications.lock() else {
        return StatusCode::INTERNAL_SERVER_ERROR;
    };
    notifications.push(Notification {
        name,
        headers,
        body,
    });
    StatusCode::OK
}
