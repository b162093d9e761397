//! Lending, live: two labs and a federated server that do not exist, driven by
//! the same tasks that drive real ones, a day in nine minutes. Their servers are
//! in memory and no call leaves the process.
//!
//! - `rows`: what is declared of the labs, their devices and their plan
//! - `world`: the servers, and what goes wrong with them
//! - `day`: when which lab lends; pure
//!
//! Must not know how labs are driven.

mod day;
mod rows;
mod world;

pub use world::played;

#[cfg(test)]
mod tests;

use std::{fs, path::Path, sync::Arc, time::Duration};

use chrono::Utc;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::{app::App, config::Config, drive::servers::Reach};

/// How finely the servers' time runs.
const STEP: Duration = Duration::from_millis(500);

/// The job templates of the demo, by the names the plan has for them.
const TEMPLATES: [(&str, &str); 4] = [
    ("demo-boot", include_str!("boot.yaml.jinja2")),
    ("demo-nfs", include_str!("nfs.yaml.jinja2")),
    ("demo-services", include_str!("services.yaml.jinja2")),
    ("demo-smoke", include_str!("smoke.yaml.jinja2")),
];

/// Settings with which nothing is borrowed from anybody real, whatever the
/// operator's are, and with which a day is short. To be called before the
/// application is opened.
///
/// # Errors
/// A sentence that says what to do.
pub fn settle(config: &mut Config) -> Result<(), String> {
    let folder = config.data_dir.join("demo-templates");
    fs::create_dir_all(&folder).map_err(|error| explain(&folder, &error))?;
    for (name, text) in TEMPLATES {
        write(&folder.join(format!("{name}.yaml.jinja2")), text)?;
    }
    let token = config.data_dir.join("demo-federated-token");
    write(&token, world::FEDERATED_TOKEN)?;
    config.federation_url = Some(world::url(world::FEDERATED));
    config.federation_token_file = Some(token);
    config.dispatcher_url = None;
    config.templates = Some(folder);
    config.webhook_url = None;
    config.poll_seconds = 1;
    config.closing_seconds = 20;
    config.worthwhile_seconds = 30;
    Ok(())
}

/// Declares what is lent, if an earlier start has not, and lets the servers'
/// time run until the tasks are dropped. Gives the way to the servers.
///
/// # Errors
/// A sentence that says what the database refuses.
pub async fn open(app: &Arc<App>, duties: &mut JoinSet<()>) -> Result<Reach, String> {
    let now = Utc::now();
    rows::declare(app, now)
        .await
        .map_err(|error| error.message)?;
    let (mut federation, reach) = world::open(now);
    duties.spawn(async move {
        let mut steps = tokio::time::interval(STEP);
        steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            steps.tick().await;
            federation.advance(Utc::now());
        }
    });
    let app = Arc::clone(app);
    duties.spawn(async move {
        let mut steps = tokio::time::interval(Duration::from_secs(2));
        loop {
            steps.tick().await;
            if let Err(error) = rows::keep_windows(&app, Utc::now()).await {
                tracing::warn!(
                    code = error.code.as_str(),
                    "the demo's labs lend nothing for now: {error}"
                );
            }
        }
    });
    Ok(reach)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| explain(file, &error))
}

fn explain(file: &Path, error: &std::io::Error) -> String {
    format!(
        "The demo cannot use {}: {error}. Name another place by --data-dir.",
        file.display()
    )
}
