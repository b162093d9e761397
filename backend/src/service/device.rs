//! Devices: what labs lend, and what the federated server has of its own.

use chrono::{DateTime, Utc};
use entity::{
    device::{self, DeviceId},
    device_type::DeviceTypeId,
    job as job_rows,
    lab::LabId,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, Select,
};

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    service::{
        device_type, lab, name,
        page::{self, Page, Window},
    },
};

/// What can be said of a device; None leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct DeviceSettings {
    pub device_type: Option<String>,
    pub federated_name: Option<String>,
    pub lendable: Option<bool>,
}

/// Which devices to list; what is None does not matter.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    pub lab: Option<LabId>,
    pub device_type: Option<DeviceTypeId>,
}

impl DeviceFilter {
    fn select(&self) -> Select<device::Entity> {
        device::Entity::find().filter(
            Condition::all()
                .add_option(self.lab.map(|id| device::Column::LabId.eq(id)))
                .add_option(
                    self.device_type
                        .map(|id| device::Column::DeviceTypeId.eq(id)),
                ),
        )
    }
}

/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &DeviceFilter,
    window: &Window,
) -> Result<Page<device::Model>> {
    page::by_id(db, filter.select(), device::Column::Id, false, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &DeviceFilter) -> Result<u64> {
    page::count(db, filter.select()).await
}

/// The device a lab calls by a hostname; without a lab, one of the federated
/// server's own.
///
/// # Errors
/// `NOT_FOUND` when the lab is not known.
pub async fn find(
    db: &impl ConnectionTrait,
    lab: Option<&str>,
    hostname: &str,
) -> Result<Option<device::Model>> {
    let of = match lab {
        Some(name) => device::Column::LabId.eq(lab::get(db, name)
            .await
            .map_err(|error| error.at("lab"))?
            .id),
        None => device::Column::LabId.is_null(),
    };
    let filter = Condition::all()
        .add(of)
        .add(device::Column::Hostname.eq(hostname));
    Ok(device::Entity::find().filter(filter).one(db).await?)
}

/// # Errors
/// `NOT_FOUND`.
pub async fn get(
    db: &impl ConnectionTrait,
    lab: Option<&str>,
    hostname: &str,
) -> Result<device::Model> {
    find(db, lab, hostname)
        .await?
        .ok_or_else(|| Error::not_found("device", hostname).at("hostname"))
}

/// Adds a device of a lab.
///
/// # Errors
/// `BAD_USER_INPUT` or `NOT_FOUND` naming the field; `CONFLICT` when the lab
/// has a device of that name, or the federated server one of the other.
pub async fn add(
    app: &App,
    actor: &Actor,
    lab: &str,
    hostname: &str,
    settings: &DeviceSettings,
    now: DateTime<Utc>,
) -> Result<device::Model> {
    actor.may_administer()?;
    name::lava_name("hostname", "device's hostname", hostname)?;
    app.change_catalog(now, async |txn, _| {
        if find(txn, Some(lab), hostname).await?.is_some() {
            let sentence = format!("The lab {lab} has a device {hostname} already.");
            return Err(Error::conflict(sentence).at("hostname"));
        }
        let lab = lab::get(txn, lab).await.map_err(|error| error.at("lab"))?;
        let kind = settings.device_type.as_deref().unwrap_or_default();
        let kind = device_type::get(txn, kind)
            .await
            .map_err(|error| error.at("deviceType"))?;
        let federated = settings.federated_name.as_deref();
        free_on_federated(txn, federated, None).await?;
        let lendable = settings.lendable.unwrap_or(false);
        add_in(txn, lab.id, hostname, kind.id, federated, lendable, now).await
    })
    .await
}

/// Adds a device within a transaction that tells of it by its own event.
///
/// # Errors
/// When the database fails or refuses.
pub async fn add_in(
    txn: &impl ConnectionTrait,
    lab: LabId,
    hostname: &str,
    device_type: DeviceTypeId,
    federated_name: Option<&str>,
    lendable: bool,
    now: DateTime<Utc>,
) -> Result<device::Model> {
    let row = device::ActiveModel {
        id: NotSet,
        hostname: Set(hostname.to_owned()),
        lab_id: Set(Some(lab)),
        device_type_id: Set(device_type),
        federated_name: Set(federated_name.map(str::to_owned)),
        lendable: Set(lendable),
        created_at: Set(now),
    };
    Ok(device::Entity::insert(row).exec_with_returning(txn).await?)
}

/// Changes what is given and leaves the rest.
///
/// # Errors
/// As `add`.
pub async fn update(
    app: &App,
    actor: &Actor,
    lab: Option<&str>,
    hostname: &str,
    settings: &DeviceSettings,
    now: DateTime<Utc>,
) -> Result<device::Model> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let known = get(txn, lab, hostname).await?;
        let mut row = known.clone().into_active_model();
        if let Some(name) = &settings.device_type {
            let kind = device_type::get(txn, name)
                .await
                .map_err(|error| error.at("deviceType"))?;
            row.device_type_id = Set(kind.id);
        }
        if let Some(name) = &settings.federated_name {
            if known.lab_id.is_none() && *name != known.hostname {
                return Err(Error::input(
                    "federatedName",
                    "The federated server's own devices are called by their hostnames there.",
                ));
            }
            free_on_federated(txn, Some(name), Some(known.id)).await?;
            row.federated_name = Set(Some(name.clone()));
        }
        if let Some(lendable) = settings.lendable {
            row.lendable = Set(lendable);
        }
        if row.is_changed() {
            Ok(row.update(txn).await?)
        } else {
            Ok(known)
        }
    })
    .await
}

/// Removes a device that has run no job.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when it has jobs: those are kept.
pub async fn remove(
    app: &App,
    actor: &Actor,
    lab: Option<&str>,
    hostname: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, _| {
        let row = get(txn, lab, hostname).await?;
        let jobs = job_rows::Entity::find()
            .filter(job_rows::Column::DeviceId.eq(row.id))
            .count(txn)
            .await?;
        if jobs > 0 {
            let sentence = format!(
                "The device {hostname} has run jobs; they are kept. Stop lending it instead."
            );
            return Err(Error::conflict(sentence).at("hostname"));
        }
        device::Entity::delete_by_id(row.id).exec(txn).await?;
        Ok(())
    })
    .await
}

async fn free_on_federated(
    txn: &impl ConnectionTrait,
    federated_name: Option<&str>,
    ours: Option<DeviceId>,
) -> Result<()> {
    let Some(name) = federated_name else {
        return Ok(());
    };
    name::lava_name("federatedName", "device's hostname", name)?;
    let taken = device::Entity::find()
        .filter(device::Column::FederatedName.eq(name))
        .one(txn)
        .await?;
    match taken {
        Some(other) if Some(other.id) != ours => {
            let sentence = format!("Another device is called {name:?} on the federated server.");
            Err(Error::conflict(sentence).at("federatedName"))
        }
        Some(_) | None => Ok(()),
    }
}
