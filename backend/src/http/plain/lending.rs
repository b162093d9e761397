//! What is lent, by whom, as plain tables.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Named, Plain, Row, Table, farm};
use crate::{
    app::App,
    error::Result,
    graphql::node::Kind,
    service::{
        device::{self, DeviceFilter},
        lab,
        lease::{self, LeaseFilter},
        lookup, page,
    },
    window::Window,
};

pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) async fn leases(app: &Arc<App>) -> Result<Plain> {
    let filter = LeaseFilter {
        current: true,
        ..LeaseFilter::default()
    };
    let page = lease::page(app.db.read(), &filter, &page::Window::default()).await?;
    let leases: Vec<_> = page.rows.into_iter().map(|(_, row)| row).collect();
    let all = lease::count(app.db.read(), &filter).await?;
    let ids: Vec<_> = leases.iter().map(|row| row.lab_id).collect();
    let labs = lookup::labs(app, &ids).await?;
    let ids: Vec<_> = leases.iter().map(|row| row.device_id).collect();
    let devices = lookup::devices(app, &ids).await?;
    let rows = leases.iter().map(|row| {
        let device = devices.get(&row.device_id).map(|row| row.hostname.clone());
        let lab = labs.get(&row.lab_id).map(|row| row.name.clone());
        Row {
            head: Named {
                name: device.unwrap_or_default(),
                href: farm::path("leases", Kind::Lease, row.id.0),
            },
            cells: vec![
                lab.unwrap_or_default(),
                format!("{:?}", row.state).to_lowercase(),
                row.reason.clone(),
                moment(row.ends_at),
            ],
        }
    });
    let states = lease::open_by_state(app.db.read()).await?;
    let states = states.into_iter().filter(|(_, count)| *count > 0);
    let states: Vec<_> = states
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let sentence = match all {
        0 => "No device is lent now.".to_owned(),
        1 => format!("1 lease is not over: {}.", states.join(", ")),
        many => format!("{many} leases are not over: {}.", states.join(", ")),
    };
    Ok(Plain {
        heading: "Leases".to_owned(),
        top: None,
        sentences: vec![sentence],
        tables: vec![Table {
            caption: "Leases that are not over".to_owned(),
            corner: "device",
            columns: ["lab", "state", "reason", "back by"]
                .map(Named::only)
                .into(),
            rows: rows.collect(),
        }],
        links: Vec::new(),
    })
}

/// What a lab lends.
pub(super) async fn lab(app: &Arc<App>, name: &str, now: DateTime<Utc>) -> Result<Plain> {
    let db = app.db.read();
    let row = lab::get(db, name).await?;
    let filter = DeviceFilter {
        lab: Some(row.id),
        ..DeviceFilter::default()
    };
    let page = device::page(db, &filter, &page::Window::default()).await?;
    let devices: Vec<_> = page.rows.into_iter().map(|(_, row)| row).collect();
    let all = device::count(db, &filter).await?;
    let ids: Vec<_> = devices.iter().map(|row| row.device_type_id).collect();
    let types = lookup::device_types(app, &ids).await?;
    let rows = devices.iter().map(|device| {
        let kind = types.get(&device.device_type_id);
        Row {
            head: Named {
                name: device.hostname.clone(),
                href: Some(farm::device_path(name, &device.hostname)),
            },
            cells: vec![kind.map(|row| row.name.clone()).unwrap_or_default()],
        }
    });
    let lends = when(app, &row, now).await?;
    let many = match all {
        1 => "1 device".to_owned(),
        many => format!("{many} devices"),
    };
    Ok(Plain {
        heading: format!("Lab {name}"),
        top: None,
        sentences: vec![format!("The lab {name} has {many}; lends: {lends}.")],
        tables: vec![Table {
            caption: format!("Devices of the lab {name}"),
            corner: "device",
            columns: vec![Named::only("device-type")],
            rows: rows.collect(),
        }],
        links: Vec::new(),
    })
}

async fn when(app: &Arc<App>, row: &entity::lab::Model, now: DateTime<Utc>) -> Result<String> {
    let daily = lab::window(app.db.read(), row).await?;
    Ok(in_words(row, daily.at(now)))
}

fn in_words(row: &entity::lab::Model, window: Window) -> String {
    match window {
        _ if row.paused => "paused".to_owned(),
        Window::Open { until, .. } => format!("until {}", moment(until)),
        Window::Closed { opens_at: Some(at) } => format!("from {}", moment(at)),
        Window::Closed { opens_at: None } => "never".to_owned(),
    }
}

pub(super) async fn labs(app: &Arc<App>, now: DateTime<Utc>) -> Result<Plain> {
    let labs = lab::all(app.db.read()).await?;
    let ids: Vec<_> = labs.iter().map(|row| row.id).collect();
    let mut days_off = lookup::days_off(app, &ids).await?;
    let mut rows = Vec::new();
    for row in &labs {
        let daily = lab::daily(row, days_off.remove(&row.id).unwrap_or_default())?;
        rows.push(Row {
            head: Named::at("labs", &row.name),
            cells: vec![row.time_zone.clone(), in_words(row, daily.at(now))],
        });
    }
    let sentence = match labs.len() {
        0 => "No lab lends devices yet.".to_owned(),
        1 => "1 lab is known.".to_owned(),
        many => format!("{many} labs are known."),
    };
    Ok(Plain {
        heading: "Labs".to_owned(),
        top: None,
        sentences: vec![sentence],
        tables: vec![Table {
            caption: "Labs and when they lend".to_owned(),
            corner: "lab",
            columns: ["time zone", "lends"].map(Named::only).into(),
            rows,
        }],
        links: Vec::new(),
    })
}
