//! What a world lends and expects: labs, their devices, and the plan with its job templates.

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use entity::device_type::DeviceTypeId;
use entity::{lab, plan};
use lavafed::app::App;
use lavafed::auth::Actor;
use lavafed::lava::client::Secret;
use lavafed::service::{device, feature, lab as labs};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};

use crate::world::{Stand, US, failed};

/// The job templates of each world.
pub(crate) const SMOKE: &str = "device_type: {{ device_type }}
timeouts:
  job: {minutes: 5}
  action: {minutes: 4}
  connection: {minutes: 2}
metadata:
  lavafed.features: deploy.tmpfs test.shell=0_smoke/uname
actions:
- deploy:
    to: tmpfs
    images: {kernel: {url: 'http://files.example/kernel'}}
- boot:
    method: qemu
    prompts: ['#']
- test:
    definitions:
    - from: inline
      name: smoke
      path: inline/smoke.yaml
      repository:
        metadata: {format: Lava-Test Test Definition 1.0, name: smoke, description: smoke}
        run:
          steps:
          - lava-test-case uname --shell uname -a
";
pub(crate) const BOOT: &str = "device_type: {{ device_type }}
timeouts:
  job: {minutes: 3}
  action: {minutes: 2}
  connection: {minutes: 2}
metadata:
  lavafed.features: boot.qemu
actions:
- deploy:
    to: tmpfs
    images: {kernel: {url: 'http://files.example/kernel'}}
- boot:
    method: qemu
    prompts: ['#']
";

/// A lab as it is told to lavafed.
pub(crate) struct LabSpec<'a> {
    pub name: &'a str,
    pub url: &'a str,
    /// In UTC, such as `20:00`.
    pub opens: &'a str,
    pub minutes: i32,
    pub xml_rpc: bool,
    pub stands: &'a [Stand],
}

/// All but the labs: the device-type that all devices are of, and its plan.
pub(crate) async fn furnish(app: &App, now: DateTime<Utc>) -> Result<DeviceTypeId> {
    let kind = device_type(app, now).await?;
    plan(app, kind, now).await?;
    Ok(kind)
}

/// The device-type that all devices are of.
async fn device_type(app: &App, now: DateTime<Utc>) -> Result<DeviceTypeId> {
    let txn = app.db.begin().await.map_err(failed)?;
    let kind = entity::device_type::ActiveModel {
        name: Set("qemu".to_owned()),
        created_at: Set(now),
        event_no: Set(1),
        ..Default::default()
    };
    let kind = entity::device_type::Entity::insert(kind)
        .exec_with_returning(&txn)
        .await?;
    txn.commit().await?;
    Ok(kind.id)
}

/// A lab with its devices, all lendable.
pub(crate) async fn lab(
    app: &App,
    spec: &LabSpec<'_>,
    kind: DeviceTypeId,
    now: DateTime<Utc>,
) -> Result<lab::Model> {
    let settings = labs::LabSettings {
        url: Some(spec.url.to_owned()),
        time_zone: Some("UTC".to_owned()),
        window_opens: Some(spec.opens.to_owned()),
        window_minutes: Some(spec.minutes),
        ..Default::default()
    };
    let row = labs::add(app, &Actor::Operator, spec.name, &settings, now)
        .await
        .map_err(failed)?;
    let sealed =
        lavafed::seal::seal(&app.key, row.id, &Secret::new("lab-secret")).map_err(failed)?;
    let mut facts = row.clone().into_active_model();
    facts.api_token = Set(Some(sealed));
    if spec.xml_rpc {
        facts.door = Set(lab::Door::XmlRpc);
        facts.lava_user = Set(Some(US.to_owned()));
    }
    let txn = app.db.begin().await.map_err(failed)?;
    let row = facts.update(&txn).await?;
    for stand in spec.stands {
        let new = device::NewDevice {
            lab: row.id,
            hostname: stand.hostname.clone(),
            device_type: kind,
            federated_name: Some(format!("{}-{}", spec.name, stand.hostname)),
            lendable: true,
        };
        let device = device::add_in(&txn, &new, now).await.map_err(failed)?;
        let mut facts = device.into_active_model();
        facts.docker_device = Set(Some(stand.docker_device.to_owned()));
        facts.dictionary = Set(Some("{% extends 'qemu.jinja2' %}\n".to_owned()));
        facts.update(&txn).await?;
    }
    txn.commit().await?;
    Ok(row)
}

/// Both templates on the device-type.
async fn plan(app: &App, kind: DeviceTypeId, now: DateTime<Utc>) -> Result<()> {
    for template in ["smoke", "boot"] {
        let exercised = app.templates.exercises(template);
        for told in exercised.with_context(|| format!("no template {template}"))? {
            let row = feature::declare(app, &Actor::Operator, &told.name, None, now)
                .await
                .map_err(failed)?;
            let txn = app.db.begin().await.map_err(failed)?;
            let entry = plan::ActiveModel {
                feature_id: Set(row.id),
                device_type_id: Set(Some(kind)),
                from_event: Set(1),
                from_at: Set(now),
                until_event: Set(None),
                until_at: Set(None),
                template: Set(Some(template.to_owned())),
                ..Default::default()
            };
            plan::Entity::insert(entry)
                .exec_without_returning(&txn)
                .await?;
            txn.commit().await?;
        }
    }
    Ok(())
}
