//! What lavafed is told of the demo's labs, by the use cases by which it is
//! told of real ones. Must not know the servers' side.

use chrono::{DateTime, Utc};
use entity::round::{self, RoundState};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{
    TEMPLATES, day,
    world::{self, DEVICE_TYPE, DOCKER, LAB_TOKEN, LABS, Lab},
};
use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    lava::client::Secret,
    service::{
        device::{self, DeviceSettings, NewDevice},
        device_type,
        lab::{self, LabSettings},
        plan::{self, Exercise},
    },
};

/// Declares labs, devices and plan; what is declared already stays.
pub(super) async fn declare(app: &App, now: DateTime<Utc>) -> Result<()> {
    for lab in &LABS {
        if lab::find(app.db.read(), lab.name).await?.is_none() {
            declare_lab(app, lab, now).await?;
        }
    }
    let on = [DEVICE_TYPE.to_owned()];
    for (template, _) in TEMPLATES {
        let exercises = app.templates.exercises(template);
        let exercises = exercises
            .ok_or_else(|| Error::internal(format!("the template {template} cannot be used")))?;
        for feature in exercises {
            let by = Exercise::By(template.to_owned());
            plan::expect(app, &Actor::Operator, &feature.name, &on, &by, now).await?;
        }
    }
    Ok(())
}

async fn declare_lab(app: &App, lab: &Lab, now: DateTime<Utc>) -> Result<()> {
    let settings = LabSettings {
        url: Some(world::url(lab.name)),
        api_token: Some(Secret::new(LAB_TOKEN)),
        ..window(lab, now)
    };
    let row = lab::add(app, &Actor::Operator, lab.name, &settings, now).await?;
    let kind = device_type::get(app.db.read(), DEVICE_TYPE).await?;
    for (hostname, _) in lab.devices {
        app.change_catalog(now, async |txn, _| {
            let new = NewDevice {
                lab: row.id,
                hostname: (*hostname).to_owned(),
                device_type: kind.id,
                federated_name: Some(format!("{}-{hostname}", lab.name)),
                lendable: true,
            };
            device::add_in(txn, &new, now).await
        })
        .await?;
        let settings = DeviceSettings {
            docker_device: Some(DOCKER.to_owned()),
            dictionary: Some(format!("{{% extends '{DEVICE_TYPE}.jinja2' %}}\n")),
            ..DeviceSettings::default()
        };
        let (who, lab) = (&Actor::Operator, Some(lab.name));
        device::update(app, who, lab, hostname, &settings, now).await?;
    }
    Ok(())
}

/// Each lab's window is that of its day, unless a round is on in another.
pub(super) async fn keep_windows(app: &App, now: DateTime<Utc>) -> Result<()> {
    for lab in &LABS {
        let row = lab::get(app.db.read(), lab.name).await?;
        let on = round::Entity::find()
            .filter(round::Column::LabId.eq(row.id))
            .filter(round::Column::State.ne(RoundState::Ended))
            .one(app.db.read())
            .await?;
        let settings = window(lab, now);
        let opens = format!("{:02}:{:02}", row.window_opens / 60, row.window_opens % 60);
        if on.is_none() && settings.window_opens.as_ref() != Some(&opens) {
            lab::update(app, &Actor::Operator, lab.name, &settings, now).await?;
        }
    }
    Ok(())
}

fn window(lab: &Lab, now: DateTime<Utc>) -> LabSettings {
    let opens = day::opening(now, lab.behind);
    LabSettings {
        time_zone: Some(lab.time_zone.name().to_owned()),
        window_opens: Some(day::local(opens, lab.time_zone)),
        window_minutes: Some(day::WINDOW),
        ..LabSettings::default()
    }
}
