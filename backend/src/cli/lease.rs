//! `lavafed lease`: what is lent, and what is wanted back. The running server
//! acts on what is asked here.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use entity::lease::{self as row, LeaseId};
use lavafed::{
    app::App,
    auth::Actor,
    config::Config,
    service::{
        lab,
        lease::{self, LeaseFilter, Wanted},
        lookup,
        page::Window,
    },
};
use sea_orm::ActiveEnum as _;

use super::{place, print, sentence, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the leases that are not over
    List {
        /// Of this lab only
        #[arg(long)]
        lab: Option<String>,
        /// The last 100, over or not
        #[arg(long)]
        all: bool,
    },
    /// Want a device back now
    Release {
        /// As `lease list` shows it
        id: i64,
        /// Leave it in Maintenance instead of setting it back to the health it had
        #[arg(long)]
        keep_in_maintenance: bool,
    },
}

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    match command {
        Command::List { lab, all } => list(&app, lab.as_deref(), all, Utc::now()).await,
        Command::Release {
            id,
            keep_in_maintenance,
        } => release(&app, LeaseId(id), keep_in_maintenance).await,
    }
}

async fn release(app: &App, id: LeaseId, keep: bool) -> Result<(), String> {
    let wanted = Wanted::Id(id);
    let lease = lease::release(app, &Actor::Operator, &wanted, keep, Utc::now())
        .await
        .map_err(sentence)?;
    if lease.state.is_final() {
        eprintln!("Lease {id} is over already: {}", lease.reason);
    } else if place::served_at(&app.config).is_some() {
        eprintln!("Asked for. Watch it by: lavafed lease list");
    } else {
        eprintln!(
            "Asked for. The server that drives the lab acts on it; here none runs from {}.",
            app.config.data_dir.display()
        );
    }
    Ok(())
}

async fn list(app: &App, lab: Option<&str>, all: bool, now: DateTime<Utc>) -> Result<(), String> {
    let db = app.db.read();
    let lab = match lab {
        Some(name) => Some(lab::get(db, name).await.map_err(sentence)?.id),
        None => None,
    };
    let filter = LeaseFilter {
        lab,
        current: !all,
        ..LeaseFilter::default()
    };
    let leases = every(app, &filter, all).await?;
    let devices: Vec<_> = leases.iter().map(|row| row.device_id).collect();
    let devices = lookup::devices(app, &devices).await.map_err(sentence)?;
    let labs: Vec<_> = leases.iter().map(|row| row.lab_id).collect();
    let labs = lookup::labs(app, &labs).await.map_err(sentence)?;
    let rows: Vec<_> = leases
        .into_iter()
        .map(|lease| {
            let device = devices.get(&lease.device_id);
            let lab = labs.get(&lease.lab_id);
            [
                lease.id.to_string(),
                lab.map_or_else(String::new, |lab| lab.name.clone()),
                device.map_or_else(String::new, |device| device.hostname.clone()),
                state(&lease, now),
                lease.ends_at.format("%Y-%m-%d %H:%M UTC").to_string(),
                lease.reason,
            ]
        })
        .collect();
    print(table(
        ["ID", "LAB", "HOSTNAME", "STATE", "ENDS AT", "REASON"],
        &rows,
    ))
}

/// All open leases, or the last page of all.
async fn every(app: &App, filter: &LeaseFilter, all: bool) -> Result<Vec<row::Model>, String> {
    let mut window = Window::default();
    let mut rows = Vec::new();
    loop {
        let page = lease::page(app.db.read(), filter, &window)
            .await
            .map_err(sentence)?;
        window.after = page.rows.last().map(|(cursor, _)| cursor.clone());
        rows.extend(page.rows.into_iter().map(|(_, row)| row));
        if all || !page.has_next {
            return Ok(rows);
        }
    }
}

fn state(lease: &row::Model, now: DateTime<Utc>) -> String {
    let state = lease.state.to_value();
    if lease::is_overdue(lease, now) {
        return format!("{state}, overdue");
    }
    if lease.release_asked.is_some() && !lease.state.is_final() {
        return format!("{state}, wanted back");
    }
    state
}
