//! LAVA's door: a notification comes in as LAVA sends it, and is answered when
//! it is stored. LAVA reads no more of the answer than its status.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use entity::receipt::{ReceiptId, ReceiptState};
use serde::Serialize;
use tokio::sync::SemaphorePermit;

use super::{Edge, error::Refusal, graphql, media, request};
use crate::{
    auth::{self, Actor},
    error::Code,
    lava::notification::NotificationFormat,
    service::ingest::{self, Stored},
};

/// Bytes of a notification.
const BODY: usize = 16 * 1024 * 1024;
/// Kibibytes of notifications that are held in memory at once.
pub(super) const BODIES: u32 = 256 * 1024;

/// What the sender is told of its notification.
#[derive(Serialize)]
struct Told {
    receipt: ReceiptId,
    state: &'static str,
    deliveries: i32,
}

pub(super) async fn receive(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    match store(&edge, request).await {
        Ok(stored) => Json(told(stored)).into_response(),
        Err(refusal) => {
            let code = refusal.code.as_str();
            metrics::counter!("lavafed_refusals_total", "door" => "callback", "code" => code)
                .increment(1);
            tracing::info!(code, "refused a notification: {}", refusal.message);
            refusal.into_response()
        }
    }
}

async fn store(edge: &Edge, request: Request) -> Result<Stored, Refusal> {
    let (parts, body) = request.into_parts();
    let now = Utc::now();
    // Before the body is read: who may not report need not send it.
    let (actor, format) = match sender(edge, &parts.headers, now).await {
        Ok(sender) => sender,
        Err(refusal) => {
            request::discard(body).await;
            return Err(refusal);
        }
    };
    let credential = graphql::authorization(&parts.headers)?;
    let credential = credential.map(|value| auth::presented(value).to_owned());
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY) {
        request::discard(body).await;
        return Err(request::too_long(BODY));
    }
    // Given back when the notification is stored.
    let _room = edge.room(announced.unwrap_or(BODY)).await;
    let body = request::read(body, BODY).await?;
    let stored =
        ingest::receive_notification(&edge.app, &actor, credential, format, body, now).await?;
    Ok(stored)
}

impl Edge {
    /// Room in memory for a body: who finds none waits, as long as a request may take.
    async fn room(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let kibibytes = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        self.bodies.acquire_many(kibibytes.min(BODIES)).await.ok()
    }
}

/// Who sends, if they may report, and in which form.
async fn sender(
    edge: &Edge,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<(Actor, NotificationFormat), Refusal> {
    let authorization = graphql::authorization(headers)?;
    let actor = edge.app.actor(authorization, now).await?;
    actor.may_report()?;
    Ok((actor, format(headers)?))
}

fn format(headers: &HeaderMap) -> Result<NotificationFormat, Refusal> {
    let content_type = media::content_type(headers);
    match content_type.as_ref().map(|(essence, _)| essence.as_str()) {
        Some("application/json") => Ok(NotificationFormat::Json),
        Some("application/x-www-form-urlencoded") => Ok(NotificationFormat::Urlencoded),
        Some(_) | None => Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: Code::BadUserInput,
            message: "A notification is application/json or application/x-www-form-urlencoded. Set content-type: json in the notify block.".to_owned(),
        }),
    }
}

fn told(stored: Stored) -> Told {
    Told {
        receipt: stored.id,
        state: match stored.state {
            ReceiptState::Pending => "PENDING",
            ReceiptState::Accepted => "ACCEPTED",
            ReceiptState::Partial => "PARTIAL",
            ReceiptState::Late => "LATE",
            ReceiptState::Refused => "REFUSED",
            ReceiptState::Invalid => "INVALID",
        },
        deliveries: stored.deliveries,
    }
}
