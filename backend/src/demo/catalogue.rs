//! Writes what the demo knows before the first result, and what changes of it
//! over the year: labs, devices, features and the plan. Everything goes through
//! the use cases that real changes go through.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{device_type::DeviceTypeId, feature::FeatureId};
use sea_orm::DatabaseTransaction;

use super::{
    device_types::DEVICE_TYPES,
    features::FEATURES,
    labs::{self, LABS},
    plan,
    versions::Version,
};
use crate::{
    app::App,
    auth::Actor,
    config::Config,
    error::Result,
    service::{
        device::{self, DeviceSettings, NewDevice},
        feature, job,
        lab::{self, LabSettings},
        plan::{self as plans, Exercise},
    },
};

/// A cell as it stands in the plan; generic features have no device-type.
type Cell = (&'static str, Option<&'static str>);

/// The rows behind the names.
#[derive(Debug, Default)]
pub(super) struct Rows {
    features: HashMap<&'static str, FeatureId>,
    device_types: HashMap<&'static str, DeviceTypeId>,
}

/// Declares everything there is from the beginning.
pub(super) async fn write(app: &App, at: DateTime<Utc>) -> Result<Rows> {
    app.change_catalog(at, async |txn, no| {
        let mut rows = Rows::default();
        for (name, description) in FEATURES {
            let row = feature::declare_in(txn, name, Some(description), no, at).await?;
            rows.features.insert(name, row.id);
        }
        for device_type in &DEVICE_TYPES {
            let (row, _) = job::make_device_type(txn, device_type.name, at).await?;
            rows.device_types.insert(device_type.name, row.id);
        }
        for lab in &LABS {
            write_lab(&app.config, txn, lab, &rows, at).await?;
        }
        Ok(rows)
    })
    .await
}

async fn write_lab(
    config: &Config,
    txn: &DatabaseTransaction,
    lab: &labs::Lab,
    rows: &Rows,
    at: DateTime<Utc>,
) -> Result<()> {
    let settings = LabSettings {
        url: Some(url_of(lab.name)),
        time_zone: Some(lab.time_zone.to_owned()),
        window_opens: Some(lab.opens.to_owned()),
        window_minutes: Some(lab.minutes),
        ..LabSettings::default()
    };
    let row = lab::add_in(config, txn, lab.name, &settings, at).await?;
    for (device_type, count) in lab.devices {
        let Some(id) = rows.device_types.get(device_type) else {
            continue;
        };
        for number in 1..=*count {
            let hostname = labs::hostname(device_type, number);
            let federated = labs::federated_name(lab.name, device_type, number);
            let new = NewDevice {
                lab: row.id,
                hostname,
                device_type: *id,
                federated_name: Some(federated),
                lendable: true,
            };
            device::add_in(txn, &new, at).await?;
        }
    }
    Ok(())
}

/// Where a lab, or the federated server, would be reached.
pub(super) fn url_of(name: &str) -> String {
    format!("https://{name}.example.org")
}

/// Writes what changes when a version comes up for test.
pub(super) async fn change(app: &App, rows: &Rows, place: usize, version: &Version) -> Result<()> {
    let at = version.begins;
    let begin: Vec<Cell> = cells_where(|(from, _)| from == place);
    if !begin.is_empty() {
        app.change_catalog(at, async |txn, no| {
            for (feature, device_type) in &begin {
                let device_type = device_type.and_then(|name| rows.device_types.get(name).copied());
                if let Some(feature) = rows.features.get(feature) {
                    plans::expect_in(txn, *feature, device_type, &Exercise::AsItIs, no, at).await?;
                }
            }
            Ok(())
        })
        .await?;
    }
    for (feature, device_type) in cells_where(|(_, until)| until == place) {
        let on: Vec<String> = device_type.iter().map(|name| (*name).to_owned()).collect();
        plans::unexpect(app, &Actor::Operator, feature, &on, at).await?;
    }
    for device_type in &DEVICE_TYPES {
        if plan::withdrawn(device_type.name) == place {
            withdraw(app, device_type.name, at).await?;
        }
    }
    Ok(())
}

/// No lab lends the device-type any more.
async fn withdraw(app: &App, device_type: &str, at: DateTime<Utc>) -> Result<()> {
    let settings = DeviceSettings {
        lendable: Some(false),
        ..DeviceSettings::default()
    };
    for (lab, count) in labs::with(device_type) {
        for number in 1..=count {
            let hostname = labs::hostname(device_type, number);
            device::update(
                app,
                &Actor::Operator,
                Some(lab.name),
                &hostname,
                &settings,
                at,
            )
            .await?;
        }
    }
    Ok(())
}

fn cells_where(wanted: impl Fn((usize, usize)) -> bool) -> Vec<Cell> {
    let generic = FEATURES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| name.starts_with("generic."))
        .map(|name| (name, None));
    let typed = DEVICE_TYPES.iter().flat_map(|device_type| {
        plan::features_of(device_type)
            .into_iter()
            .map(|feature| (feature, Some(device_type.name)))
    });
    generic
        .chain(typed)
        .filter(|(feature, device_type)| {
            wanted(plan::lifetime(feature, device_type.unwrap_or_default()))
        })
        .collect()
}
