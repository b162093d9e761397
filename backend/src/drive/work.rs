//! The tasks that drive: one beats the heart of this replica, one for each lab
//! takes its seat and ticks.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use entity::lab::LabId;
use tokio::{
    sync::watch,
    task::{self, JoinSet},
};

use super::{
    Memory, Pace,
    seat::{Replica, Seat},
    servers::{Reach, Servers},
    tick::tick,
    webhook,
};
use crate::{
    app::App,
    error::{Code, Result},
    lease::HEARTBEAT,
};

/// How often new labs, seats that became free, and replicas that want their share are looked for.
const LOOK: Duration = Duration::from_secs(2);
/// After something was done its effect is looked at this soon.
const AT_ONCE: Duration = Duration::from_millis(200);
/// How long a lab in which nothing is on is left alone.
const IDLE: Duration = Duration::from_secs(30);

/// Drives labs until `stop` says so; then ends what is under way and lets go.
pub async fn run(app: Arc<App>, reach: Reach, mut stop: watch::Receiver<bool>) {
    let replica = Arc::new(Replica::default());
    let mut tasks = JoinSet::new();
    let (heart, heart_app) = (Arc::clone(&replica), Arc::clone(&app));
    let beating = tokio::spawn(async move { beat(&heart_app, &heart).await });
    let teller = Arc::clone(&app);
    let transport = reach.to_federated.clone();
    let telling = tokio::spawn(async move { webhook::tell(&teller, transport).await });
    let mut driven: HashMap<LabId, task::Id> = HashMap::new();
    while !*stop.borrow() {
        if let Ok(labs) = crate::service::lab::all(app.db.read()).await {
            for lab in labs {
                driven.entry(lab.id).or_insert_with(|| {
                    let (app, replica) = (Arc::clone(&app), Arc::clone(&replica));
                    let (reach, stop) = (reach.clone(), stop.clone());
                    let task = async move { drive(&app, &replica, lab.id, reach, stop).await };
                    tasks.spawn(task).id()
                });
            }
        }
        tokio::select! {
            Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                let id = match ended {
                    Ok((id, ())) => id,
                    Err(error) => {
                        tracing::error!("the task of a lab broke, and is begun anew: {error}");
                        error.id()
                    }
                };
                driven.retain(|_, task| *task != id);
            }
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
    while tasks.join_next().await.is_some() {}
    beating.abort();
    telling.abort();
    if let Err(error) = replica.leave_all(&app.db).await {
        tracing::warn!(
            code = error.code.as_str(),
            "the labs stay taken for a while: {error}"
        );
    }
}

async fn beat(app: &App, replica: &Replica) {
    let pause = HEARTBEAT.to_std().unwrap_or(LOOK);
    loop {
        if let Err(error) = replica.beat(&app.db).await {
            tracing::warn!(code = error.code.as_str(), "no heartbeat: {error}");
        }
        tokio::time::sleep(pause).await;
    }
}

/// Drives one lab, whenever its seat can be had.
async fn drive(
    app: &App,
    replica: &Replica,
    lab: LabId,
    reach: Reach,
    mut stop: watch::Receiver<bool>,
) {
    let mut servers = Servers::new(reach);
    while !*stop.borrow() {
        match replica.take(&app.db, lab).await {
            Ok(Some(seat)) => {
                tracing::info!(lab.id = %lab, fence = seat.fence, "drives the lab");
                if let Err(error) = sit(app, replica, &seat, &mut servers, &mut stop).await {
                    tracing::warn!(lab.id = %lab, code = error.code.as_str(), "no longer drives the lab: {error}");
                }
            }
            Ok(None) => {}
            Err(error) if error.code == Code::NotFound => return,
            Err(error) => {
                tracing::warn!(lab.id = %lab, code = error.code.as_str(), "cannot take the lab: {error}");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn sit(
    app: &App,
    replica: &Replica,
    seat: &Seat,
    servers: &mut Servers,
    stop: &mut watch::Receiver<bool>,
) -> Result<()> {
    let mut memory = Memory::default();
    let mut wakes = app.wakes.subscribe();
    let mut looked = Instant::now();
    while !*stop.borrow() {
        let pace = match tick(app, servers, &mut memory, replica, seat).await {
            Ok(pace) => pace,
            Err(error) if error.code == Code::Conflict => return Err(error),
            Err(error) => {
                tracing::warn!(lab.id = %seat.lab, code = error.code.as_str(), "a tick failed: {error}");
                Pace::Soon
            }
        };
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            match replica.share(&app.db, seat).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.code == Code::Conflict => return Err(error),
                Err(error) => {
                    tracing::warn!(lab.id = %seat.lab, code = error.code.as_str(), "keeps the lab: {error}");
                }
            }
        }
        let pause = match pace {
            Pace::Now => AT_ONCE,
            Pace::Soon => Duration::from_secs(app.config.poll_seconds.max(1).into()),
            Pace::Idle(opens_at) => until(app, opens_at).await?,
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            woken = wakes.changed() => if woken.is_err() { return Ok(()) },
            _ = stop.changed() => {}
        }
    }
    Ok(())
}

async fn until(app: &App, opens_at: Option<chrono::DateTime<chrono::Utc>>) -> Result<Duration> {
    let Some(at) = opens_at else { return Ok(IDLE) };
    let left = (at - app.db.now().await?).to_std().unwrap_or(AT_ONCE);
    Ok(left.clamp(AT_ONCE, IDLE))
}
