//! `lavafed device`: what labs lend.

use std::path::PathBuf;

use chrono::Utc;
use clap::{Args, Subcommand};
use lavafed::{
    app::App,
    auth::Actor,
    config::Config,
    error::Code,
    service::{
        device::{self, DeviceSettings},
        device_type, lab, lookup,
    },
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::{place, print, sentence, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List devices: all, or those of a lab
    List { lab: Option<String> },
    /// Lend a device of a lab; one that is not known is added
    Lend {
        lab: String,
        /// LAVA's key of the device in its lab
        hostname: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Lend a device no more; a lease that is on goes on until it is released
    Keep { lab: String, hostname: String },
    /// Remove a device that was never lent and has run no job
    Remove { lab: String, hostname: String },
}

#[derive(Args)]
pub(crate) struct Settings {
    /// Needed for a device that is not known yet
    #[arg(long = "type", value_name = "DEVICE-TYPE")]
    device_type: Option<String>,
    /// Hostname of the lab's docker device that reaches it
    #[arg(long, value_name = "HOSTNAME")]
    docker_device: Option<String>,
    /// A file with its dictionary for the federated server
    #[arg(long, value_name = "FILE")]
    dictionary: Option<PathBuf>,
    /// Without a dictionary, show the lab's own to the federated server
    #[arg(long)]
    share_dictionary: bool,
    /// What it is called there [default: LAB-HOSTNAME]
    #[arg(long, value_name = "NAME")]
    federated_name: Option<String>,
}

const WHO: &Actor = &Actor::Operator;

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    match command {
        Command::List { lab } => list(&app, lab.as_deref()).await,
        Command::Lend {
            lab,
            hostname,
            settings,
        } => lend(&app, &lab, &hostname, settings).await,
        Command::Keep { lab, hostname } => {
            let settings = DeviceSettings {
                lendable: Some(false),
                ..DeviceSettings::default()
            };
            device::update(&app, WHO, Some(&lab), &hostname, &settings, Utc::now())
                .await
                .map_err(sentence)?;
            eprintln!("It is lent no more.");
            Ok(())
        }
        Command::Remove { lab, hostname } => {
            device::remove(&app, WHO, Some(&lab), &hostname, Utc::now())
                .await
                .map_err(sentence)?;
            eprintln!("Removed.");
            Ok(())
        }
    }
}

async fn lend(app: &App, lab: &str, hostname: &str, settings: Settings) -> Result<(), String> {
    let dictionary = match settings.dictionary {
        Some(file) => Some(
            std::fs::read_to_string(&file)
                .map_err(|error| format!("Cannot read {}: {error}.", file.display()))?,
        ),
        None => None,
    };
    let settings = DeviceSettings {
        device_type: settings.device_type,
        federated_name: settings.federated_name,
        lendable: Some(true),
        docker_device: settings.docker_device,
        dictionary,
        share_dictionary: settings.share_dictionary.then_some(true),
    };
    let now = Utc::now();
    let known = device::find(app.db.read(), Some(lab), hostname).await;
    let lent = if known.map_err(sentence)?.is_some() {
        device::update(app, WHO, Some(lab), hostname, &settings, now).await
    } else {
        if let Some(name) = &settings.device_type {
            make_type(app, name).await?;
        }
        device::add(app, WHO, lab, hostname, &settings, now).await
    };
    let lent = lent.map_err(sentence)?;
    eprintln!(
        "It is lent, and called {} on the federated server.",
        lent.federated_name.as_deref().unwrap_or_default()
    );
    if let Some(lack) = device::not_equipped(&lent) {
        eprintln!("It will be skipped for now: {}", lack.sentence);
    }
    Ok(())
}

/// Who lends a device of a new type means to make it known.
async fn make_type(app: &App, name: &str) -> Result<(), String> {
    match device_type::add(app, WHO, name, Utc::now()).await {
        Ok(_) => {
            eprintln!("The device-type {name} is new here.");
            Ok(())
        }
        Err(error) if error.code == Code::Conflict => Ok(()),
        Err(error) => Err(sentence(error)),
    }
}

async fn list(app: &App, lab: Option<&str>) -> Result<(), String> {
    let mut select = entity::device::Entity::find().order_by_asc(entity::device::Column::Id);
    if let Some(name) = lab {
        let lab = lab::get(app.db.read(), name).await.map_err(sentence)?;
        select = select.filter(entity::device::Column::LabId.eq(lab.id));
    }
    let devices = select
        .all(app.db.read())
        .await
        .map_err(|error| sentence(error.into()))?;
    let types: Vec<_> = devices.iter().map(|row| row.device_type_id).collect();
    let types = lookup::device_types(app, &types).await.map_err(sentence)?;
    let labs: Vec<_> = devices.iter().filter_map(|row| row.lab_id).collect();
    let labs = lookup::labs(app, &labs).await.map_err(sentence)?;
    let ids: Vec<_> = devices.iter().map(|row| row.id).collect();
    let leases = lookup::open_leases(app, &ids).await.map_err(sentence)?;
    let rows: Vec<_> = devices
        .into_iter()
        .map(|device| {
            let lab = device.lab_id.and_then(|id| labs.get(&id));
            let kind = types.get(&device.device_type_id);
            let state = match (leases.get(&device.id), device.lendable) {
                (Some(lease), _) => format!("in lease {}", lease.id),
                (None, false) => "not lent".to_owned(),
                (None, true) => match device::not_equipped(&device) {
                    Some(lack) => lack.sentence,
                    None => "lent".to_owned(),
                },
            };
            [
                lab.map_or_else(|| "-".to_owned(), |lab| lab.name.clone()),
                device.hostname,
                kind.map_or_else(String::new, |kind| kind.name.clone()),
                device.federated_name.unwrap_or_else(|| "-".to_owned()),
                device.docker_device.unwrap_or_else(|| "-".to_owned()),
                state,
            ]
        })
        .collect();
    print(table(
        [
            "LAB",
            "HOSTNAME",
            "TYPE",
            "FEDERATED NAME",
            "DOCKER DEVICE",
            "STATE",
        ],
        &rows,
    ))
}
