//! `lavafed lab`: the labs that lend devices. What is written here a running
//! server sees and acts on.

use std::{io::Read as _, path::PathBuf};

use chrono::{NaiveDate, Utc};
use clap::{Args, Subcommand, ValueEnum};
use entity::lab::{self as row, Door};
use lavafed::{
    app::App,
    auth::Actor,
    config::Config,
    lava::client::Secret,
    service::{
        lab::{self, LabSettings, lend},
        lookup,
    },
    window::Window,
};

use super::{place, print, sentence, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List all labs: when they lend, and how they answer
    List,
    /// Add a lab
    Add {
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Change what is given of a lab
    Set {
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Lend nothing more; what is lent is given back
    Pause { name: String },
    /// Lend again, from the next window on
    Resume { name: String },
    /// Keep the API token by which the lab is called; read from standard input
    Token {
        name: String,
        /// Read it from this file instead
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Open no window on that day
    Veto {
        name: String,
        /// Such as 2026-12-24, in the lab's time zone
        day: NaiveDate,
    },
    /// Open the window on that day after all
    Unveto { name: String, day: NaiveDate },
    /// Remove a lab that has neither devices nor leases nor results
    Remove { name: String },
}

#[derive(Args)]
pub(crate) struct Settings {
    /// Address of its LAVA server, such as https://lava.example.org
    #[arg(long)]
    url: Option<String>,
    /// A name such as Europe/Paris
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// When its daily window opens, such as 20:00, in its time zone
    #[arg(long, value_name = "HH:MM")]
    opens: Option<String>,
    /// How long the window is open: 1 to 1440 minutes
    #[arg(long)]
    minutes: Option<i32>,
    /// How the health of its devices is set
    #[arg(long)]
    door: Option<DoorArg>,
    /// Whose the API token is; the door xmlrpc asks for it
    #[arg(long, value_name = "USER")]
    lava_user: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DoorArg {
    /// The token's user may add and change all devices
    Rest,
    /// The token's user may change the lent devices only
    Xmlrpc,
}

impl From<Settings> for LabSettings {
    fn from(settings: Settings) -> Self {
        Self {
            url: settings.url,
            time_zone: settings.time_zone,
            window_opens: settings.opens,
            window_minutes: settings.minutes,
            paused: None,
            door: settings.door.map(|door| match door {
                DoorArg::Rest => Door::Rest,
                DoorArg::Xmlrpc => Door::XmlRpc,
            }),
            lava_user: settings.lava_user,
            api_token: None,
        }
    }
}

const WHO: &Actor = &Actor::Operator;

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    let now = Utc::now();
    let said = match command {
        Command::List => return list(&app).await,
        Command::Add { name, settings } => {
            lab::add(&app, WHO, &name, &settings.into(), now).await.map(|row| {
                format!(
                    "Added. Next, its API token: lavafed lab token {0}; and its devices: lavafed device lend {0} HOSTNAME",
                    row.name
                )
            })
        }
        Command::Set { name, settings } => lab::update(&app, WHO, &name, &settings.into(), now)
            .await
            .map(|_| "Changed.".to_owned()),
        Command::Pause { name } => lend::pause(&app, WHO, &name, now)
            .await
            .map(|_| "Paused. What is lent is given back by the running server.".to_owned()),
        Command::Resume { name } => lend::resume(&app, WHO, &name, now)
            .await
            .map(|_| "Lends again, from the next window on.".to_owned()),
        Command::Token { name, file } => {
            let settings = LabSettings {
                api_token: Some(read_token(file)?),
                ..LabSettings::default()
            };
            lab::update(&app, WHO, &name, &settings, now)
                .await
                .map(|_| "Kept, sealed.".to_owned())
        }
        Command::Veto { name, day } => lend::veto(&app, WHO, &name, day, now)
            .await
            .map(|_| format!("No window opens on {day}.")),
        Command::Unveto { name, day } => lend::unveto(&app, WHO, &name, day, now)
            .await
            .map(|_| format!("The window opens on {day} after all.")),
        Command::Remove { name } => lab::remove(&app, WHO, &name, now)
            .await
            .map(|()| "Removed.".to_owned()),
    };
    eprintln!("{}", said.map_err(sentence)?);
    Ok(())
}

/// Never from an argument, which other users of the machine see.
fn read_token(file: Option<PathBuf>) -> Result<Secret, String> {
    let text = match file {
        Some(file) => std::fs::read_to_string(&file)
            .map_err(|error| format!("Cannot read {}: {error}.", file.display()))?,
        None => {
            let mut text = String::new();
            // a token is no longer than a line; a stream without an end is none
            std::io::stdin()
                .take(64 * 1024)
                .read_to_string(&mut text)
                .map_err(|error| format!("Cannot read the API token: {error}."))?;
            text
        }
    };
    Ok(Secret::new(text.trim()))
}

async fn list(app: &App) -> Result<(), String> {
    let labs = lab::all(app.db.read()).await.map_err(sentence)?;
    let ids: Vec<_> = labs.iter().map(|row| row.id).collect();
    let drivers = lookup::drivers(app, &ids).await.map_err(sentence)?;
    let mut rows = Vec::with_capacity(labs.len());
    for lab in labs {
        let driver = drivers.get(&lab.id);
        let answers = match driver.and_then(|row| row.failure.clone()) {
            Some(failure) => failure,
            None => match driver.and_then(|row| row.contacted_at) {
                Some(at) => format!("well, {}", at.format("%Y-%m-%d %H:%M UTC")),
                None => "not called yet".to_owned(),
            },
        };
        rows.push([
            lab.name.clone(),
            lab.url.clone().unwrap_or_else(|| "-".to_owned()),
            daily(&lab),
            now_as(app, &lab).await?,
            if lab.api_token.is_some() { "yes" } else { "no" }.to_owned(),
            answers,
        ]);
    }
    print(table(
        ["NAME", "URL", "WINDOW", "NOW", "TOKEN", "ANSWERS"],
        &rows,
    ))
}

fn daily(lab: &row::Model) -> String {
    if lab.window_minutes == 0 {
        return "never".to_owned();
    }
    format!(
        "{:02}:{:02} {} min {}",
        lab.window_opens / 60,
        lab.window_opens % 60,
        lab.window_minutes,
        lab.time_zone
    )
}

async fn now_as(app: &App, lab: &row::Model) -> Result<String, String> {
    if lab.paused {
        return Ok("paused".to_owned());
    }
    let window = lab::window(app.db.read(), lab).await.map_err(sentence)?;
    Ok(match window.at(Utc::now()) {
        Window::Open { until, .. } => format!("open until {}", until.format("%H:%M UTC")),
        Window::Closed {
            opens_at: Some(opens_at),
        } => format!("opens {}", opens_at.format("%Y-%m-%d %H:%M UTC")),
        Window::Closed { opens_at: None } => "closed".to_owned(),
    })
}
