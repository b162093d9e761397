//! The server's duties beside answering: storing and applying notifications,
//! following what other processes commit, forgetting what is old. Each runs in
//! a task of its own until the server stops.

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use tokio::task::JoinSet;

use crate::{
    app::App,
    error::Result,
    event,
    service::{ingest, receipt},
};

/// How long a stored notification may wait when nothing wakes its applier.
const TICK: Duration = Duration::from_secs(1);
const HOURLY: Duration = Duration::from_secs(3600);

/// Starts the duties; they end when the set is dropped.
#[must_use]
pub fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut duties = JoinSet::new();
    let writer = Arc::clone(app);
    duties.spawn(async move { ingest::write(&writer).await });
    let applier = Arc::clone(app);
    duties.spawn(async move { ingest::apply(&applier, TICK).await });
    let follower = Arc::clone(app);
    duties.spawn(async move { event::follow(&follower.db, &follower.head).await });
    let keeper = Arc::clone(app);
    duties.spawn(async move { forget_old(&keeper).await });
    duties
}

async fn forget_old(app: &App) {
    let mut hours = tokio::time::interval(HOURLY);
    loop {
        hours.tick().await;
        if let Err(error) = forget_once(app).await {
            tracing::warn!(
                code = error.code.as_str(),
                "old rows are kept for now: {error}"
            );
        }
    }
}

async fn forget_once(app: &App) -> Result<()> {
    let now = Utc::now();
    let events = event::forget(
        &app.db,
        now - TimeDelta::days(app.config.keep_events_days.into()),
    )
    .await?;
    let receipts = receipt::forget(
        app,
        now - TimeDelta::days(app.config.keep_receipts_days.into()),
    )
    .await?;
    if events + receipts > 0 {
        tracing::info!(events, receipts, "forgot what is older than it is kept");
    }
    Ok(())
}
