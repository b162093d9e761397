//! Looks at every server as the driver would, and says what would go wrong.
//! Writes nothing anywhere.

mod dictionary;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{device, lab};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::servers::{Reach, federated_client, lab_client};
use crate::{
    app::App,
    error::Result,
    lava::{
        self,
        client::{CallError, Client, WorkerHealth},
    },
    service::device as devices,
};

/// Clocks that differ by more make logs hard to read together.
const SKEW: TimeDelta = TimeDelta::seconds(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Fine,
    Warning,
    /// Devices cannot be borrowed, or not be given back.
    Wrong,
}

/// Something the doctor looked at.
#[derive(Clone, Debug)]
pub struct Finding {
    pub level: Level,
    /// The server it is about.
    pub place: String,
    pub sentence: String,
}

/// What is found, place by place.
struct Chart {
    place: String,
    findings: Vec<Finding>,
}

impl Chart {
    fn new(place: String) -> Self {
        Self {
            place,
            findings: Vec::new(),
        }
    }

    fn say(&mut self, level: Level, sentence: impl Into<String>) {
        self.findings.push(Finding {
            level,
            place: self.place.clone(),
            sentence: sentence.into(),
        });
    }

    /// The answer, or the failure as a finding.
    fn heard<T>(&mut self, answer: Result<T, CallError>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(error) => {
                self.say(Level::Wrong, error.sentence);
                None
            }
        }
    }
}

/// Looks at the federated server and at all labs, or at one.
///
/// # Errors
/// When the database fails.
pub async fn look(app: &App, reach: &Reach, only: Option<&str>) -> Result<Vec<Finding>> {
    let mut findings = federated(app, reach).await?;
    for lab in crate::service::lab::all(app.db.read()).await? {
        if only.is_none_or(|name| name == lab.name) {
            findings.extend(of_lab(app, reach, &lab).await?);
        }
    }
    Ok(findings)
}

async fn federated(app: &App, reach: &Reach) -> Result<Vec<Finding>> {
    let mut chart = Chart::new("federated server".to_owned());
    let client = match federated_client(&app.config, reach.to_federated.clone()) {
        Ok(client) => client,
        Err(sentence) => {
            chart.say(Level::Wrong, sentence);
            return Ok(chart.findings);
        }
    };
    let version = greet(app, &mut chart, &client).await?;
    match chart.heard(client.shows_tokens().await) {
        Some(Some(false)) => chart.say(
            Level::Wrong,
            "lavafed's user is no superuser there: it may neither make devices nor read workers' tokens.",
        ),
        Some(Some(true)) => chart.say(Level::Fine, "lavafed's user is a superuser, as it must be."),
        Some(None) => chart.say(
            Level::Warning,
            "Whether lavafed's user is a superuser there, as it must be, cannot be told before there is a worker.",
        ),
        None => {}
    }
    let old = version
        .as_deref()
        .and_then(|name| lava::version::parse(name).ok())
        .zip(lava::version::parse("2026.04").ok())
        .is_some_and(|(told, since)| told.ordinal < since.ordinal);
    if old {
        chart.say(
            Level::Warning,
            "Before 2026.04 workers on the server's own host may register by themselves. Switch it off if others have accounts there.",
        );
    }
    callback(app, &mut chart);
    templates(app, &mut chart).await?;
    Ok(chart.findings)
}

/// Whether LAVA's callbacks can find us, as far as the address tells.
fn callback(app: &App, chart: &mut Chart) {
    let url = app.config.callback_url();
    let local = |url: &str| {
        ["//127.", "//localhost", "//[::1]", "//0.0.0.0"]
            .iter()
            .any(|mark| url.contains(mark))
    };
    let server = app.config.federation_url.clone().unwrap_or_default();
    if local(&url) && !local(&server) {
        chart.say(
            Level::Warning,
            format!("Callbacks are to go to {url}, which only this host reaches. Set public_url or callback_url; until then results come by polling."),
        );
    } else {
        chart.say(Level::Fine, format!("Callbacks go to {url}."));
    }
    if local(&app.config.dispatcher_url()) {
        chart.say(
            Level::Warning,
            "Dispatchers in labs are told to connect to a loopback address. Set dispatcher_url.",
        );
    }
}

/// Whether the plan can be carried out by the templates.
async fn templates(app: &App, chart: &mut Chart) -> Result<()> {
    for problem in crate::service::plan::check_templates(app).await? {
        chart.say(Level::Wrong, problem);
    }
    Ok(())
}

/// What every server is asked. Gives its version.
async fn greet(app: &App, chart: &mut Chart, client: &Client) -> Result<Option<String>> {
    let version = chart.heard(client.version().await);
    let Some(version) = version else {
        return Ok(None);
    };
    let who = chart.heard(client.whoami().await).flatten();
    match who {
        Some(user) => chart.say(
            Level::Fine,
            format!(
                "LAVA {version} at {} knows us as {user}.",
                client.base_url()
            ),
        ),
        None => chart.say(
            Level::Wrong,
            format!(
                "LAVA {version} at {} takes us for nobody: the API token is not valid there.",
                client.base_url()
            ),
        ),
    }
    if let Some(theirs) = chart.heard(client.server_time().await).flatten() {
        skew(chart, theirs, app.db.now().await?);
    }
    Ok(Some(version))
}

fn skew(chart: &mut Chart, theirs: DateTime<Utc>, ours: DateTime<Utc>) {
    let skew = theirs - ours;
    if skew.abs() > SKEW {
        chart.say(
            Level::Warning,
            format!(
                "Its clock differs from ours by {} s. Let both be set by NTP.",
                skew.num_seconds()
            ),
        );
    }
}

async fn of_lab(app: &App, reach: &Reach, lab: &lab::Model) -> Result<Vec<Finding>> {
    let mut chart = Chart::new(format!("lab {}", lab.name));
    if lab.window_minutes == 0 {
        chart.say(Level::Warning, "It has no daily window and lends nothing.");
    }
    let client = match lab_client(app, lab, reach.to_labs.clone()) {
        Ok(client) => client,
        Err(sentence) => {
            chart.say(Level::Wrong, sentence);
            return Ok(chart.findings);
        }
    };
    if greet(app, &mut chart, &client).await?.is_none() {
        return Ok(chart.findings);
    }
    if client.shows_tokens().await.ok().flatten() == Some(true) {
        chart.say(
            Level::Warning,
            "lavafed's user is a superuser there: far more than it needs. Global add_device and change_device suffice for the door rest, change_device on the lent devices for the door xmlrpc.",
        );
    }
    let devices = device::Entity::find()
        .filter(device::Column::LabId.eq(lab.id))
        .filter(device::Column::Lendable.eq(true))
        .order_by_asc(device::Column::Hostname)
        .all(app.db.read())
        .await?;
    if devices.is_empty() {
        chart.say(Level::Warning, "It lends no device.");
    }
    for row in &devices {
        of_device(&mut chart, &client, row).await;
    }
    docker_devices(&mut chart, &client, &devices).await;
    Ok(chart.findings)
}

async fn of_device(chart: &mut Chart, client: &Client, row: &device::Model) {
    let name = &row.hostname;
    let Some(found) = chart.heard(client.device(name).await) else {
        return;
    };
    if found.is_none() {
        chart.say(
            Level::Wrong,
            format!("It has no device {name}, or does not show it to us."),
        );
        return;
    }
    if let Some(why) = devices::not_equipped(row) {
        chart.say(
            Level::Wrong,
            format!("{name} cannot be borrowed: {}", why.sentence),
        );
    }
    match chart.heard(client.may_set_health(name).await) {
        Some(true) => chart.say(Level::Fine, format!("{name} can be borrowed.")),
        Some(false) => chart.say(
            Level::Wrong,
            format!(
                "We may not set the health of {name}: the API token's user lacks the permission."
            ),
        ),
        None => {}
    }
    let text = match (&row.dictionary, row.share_dictionary) {
        (Some(text), _) => Some(text.clone()),
        (None, true) => chart.heard(client.dictionary(name).await).flatten(),
        (None, false) => None,
    };
    for line in text
        .as_deref()
        .map(dictionary::suspicious)
        .unwrap_or_default()
    {
        chart.say(
            Level::Warning,
            format!("The dictionary of {name} that the federated server gets looks like it holds a credential in line {line}; anybody can read it there."),
        );
    }
}

async fn docker_devices(chart: &mut Chart, client: &Client, devices: &[device::Model]) {
    let mut names: Vec<_> = devices
        .iter()
        .filter_map(|row| row.docker_device.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        match chart.heard(client.device(&name).await) {
            Some(Some(found)) => {
                if let Some(worker) = found.worker_host {
                    busy_worker(chart, client, &name, &worker).await;
                }
            }
            Some(None) => chart.say(
                Level::Wrong,
                format!("It has no docker device {name}, which is to run the dispatcher."),
            ),
            None => {}
        }
    }
}

async fn busy_worker(chart: &mut Chart, client: &Client, device: &str, worker: &str) {
    if let Some(Some(row)) = chart.heard(client.worker(worker).await)
        && row.health != WorkerHealth::Active
    {
        chart.say(
            Level::Warning,
            format!("The worker {worker} of the docker device {device} is not Active."),
        );
    }
}
