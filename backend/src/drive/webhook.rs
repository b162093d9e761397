//! Tells alerts, and their ends, to an address of the operator's: each once it
//! was taken, again until then. Must not know what raises them.

use std::time::Duration;

use bytes::Bytes;
use entity::alert;
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use tower::ServiceExt as _;

use crate::{app::App, error::Result, lava::client::Transport};

const PAUSE: Duration = Duration::from_secs(5);
/// After a refusal the address is left alone for a while.
const PATIENCE: Duration = Duration::from_secs(60);
const AT_ONCE: u64 = 20;

/// Until it is dropped. Returns at once when no address is set.
pub(super) async fn tell(app: &App, transport: Transport) {
    let Some(url) = app.config.webhook_url.clone() else {
        return;
    };
    loop {
        let pause = match tell_some(app, &transport, &url).await {
            Ok(true) => PAUSE,
            Ok(false) => PATIENCE,
            Err(error) => {
                tracing::warn!(code = error.code.as_str(), "alerts are told later: {error}");
                PATIENCE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// False: the address did not take them.
async fn tell_some(app: &App, transport: &Transport, url: &str) -> Result<bool> {
    let ended = Condition::all()
        .add(alert::Column::Until.is_not_null())
        .add(alert::Column::ToldEndAt.is_null());
    let rows = alert::Entity::find()
        .filter(
            Condition::any()
                .add(alert::Column::ToldAt.is_null())
                .add(ended),
        )
        .order_by_asc(alert::Column::Id)
        .limit(AT_ONCE)
        .all(app.db.read())
        .await?;
    for row in rows {
        let body = serde_json::json!({
            "alert": row.id.0,
            "kind": row.kind.to_value(),
            "state": if row.until.is_some() { "over" } else { "open" },
            "lab": lab_name(app, row.lab_id).await?,
            "lease": row.lease_id.map(|id| id.0),
            "sentence": row.sentence,
            "since": row.since,
            "until": row.until,
            "url": format!("{}/leases", app.config.public_url()),
        });
        if !post(transport, url, body.to_string()).await {
            tracing::warn!(alert = row.key, "the webhook did not take an alert");
            return Ok(false);
        }
        let now = app.db.now().await?;
        let txn = app.db.begin().await?;
        let mut update = alert::Entity::update_many()
            .col_expr(alert::Column::ToldAt, Expr::value(now))
            .filter(alert::Column::Id.eq(row.id));
        if row.until.is_some() {
            update = update.col_expr(alert::Column::ToldEndAt, Expr::value(now));
        }
        update.exec(&txn).await?;
        txn.commit().await?;
    }
    Ok(true)
}

async fn lab_name(app: &App, id: Option<entity::lab::LabId>) -> Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    let row = entity::lab::Entity::find_by_id(id)
        .one(app.db.read())
        .await?;
    Ok(row.map(|row| row.name))
}

async fn post(transport: &Transport, url: &str, body: String) -> bool {
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .body(Bytes::from(body));
    let Ok(request) = request else { return false };
    transport
        .clone()
        .oneshot(request)
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
