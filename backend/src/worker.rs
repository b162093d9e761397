//! The server's duties beside answering: storing and applying notifications,
//! following what other processes commit, forgetting what is old. Each runs in
//! a task of its own until the server stops.

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    app::App,
    drive::{self, servers::Reach},
    error::Result,
    event,
    service::{ingest, receipt, tell, waiver},
};

/// How long a stored notification may wait when nothing wakes its applier.
const TICK: Duration = Duration::from_secs(1);
/// How long calls under way may take when the server stops.
const LAST_CALLS: Duration = Duration::from_secs(8);
/// How often, at most, who drives is waken by what other processes wrote.
const HEARD: Duration = Duration::from_millis(250);
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
    let waivers = Arc::clone(app);
    duties.spawn(async move { end_waivers(&waivers).await });
    duties
}

/// The labs being driven, until that is ended.
pub struct Driving {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    _hearing: JoinSet<()>,
}

/// Drives the labs, if there is a federated server to lend to.
///
/// # Errors
/// A sentence that says why no server can be spoken to.
pub fn drive(app: &Arc<App>) -> Result<Option<Driving>, String> {
    if app.config.federation_url.is_none() {
        return Ok(None);
    }
    let reach = Reach::network(&app.config)?;
    Ok(Some(drive_by(app, reach)))
}

/// Drives the labs, their servers reached in a given way.
#[must_use]
pub fn drive_by(app: &Arc<App>, reach: Reach) -> Driving {
    let (stop, stopped) = watch::channel(false);
    let mut hearing = JoinSet::new();
    let hearer = Arc::clone(app);
    hearing.spawn(async move { hear(&hearer).await });
    let task = tokio::spawn(drive::run(Arc::clone(app), reach, stopped));
    Driving {
        stop,
        task,
        _hearing: hearing,
    }
}

impl Driving {
    /// Ends what is under way and lets go of the labs, or stops after a while: what
    /// was sent by then has its intent in the database.
    pub async fn end(self) {
        let _nobody = self.stop.send(true);
        let mut task = self.task;
        if tokio::time::timeout(LAST_CALLS, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Wakes who drives labs when a command or another replica wrote what they go by.
pub async fn hear(app: &App) {
    let mut heads = app.head.subscribe();
    let mut heard = *heads.borrow_and_update();
    while heads.changed().await.is_ok() {
        let head = *heads.borrow_and_update();
        match tell::concerns_drivers(app, heard).await {
            Ok(true) => app.wake(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(
                    code = error.code.as_str(),
                    "what is asked is seen late: {error}"
                );
            }
        }
        heard = head;
        tokio::time::sleep(HEARD).await;
    }
}

/// Ends waivers whose time is over.
async fn end_waivers(app: &App) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        match waiver::end_overdue(app, Utc::now()).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "waivers ended with their time"),
            Err(error) => {
                tracing::warn!(code = error.code.as_str(), "waivers end late: {error}");
            }
        }
    }
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
