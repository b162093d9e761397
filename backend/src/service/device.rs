//! Devices: what labs lend, and what the federated server has of its own.

mod settings;

use chrono::{DateTime, Utc};
use entity::{
    device::{self, DeviceId},
    device_type::DeviceTypeId,
    job as job_rows,
    lab::LabId,
    lease,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, Select,
};

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    lease::reason::{Code, Reason},
    service::{
        device_type,
        lab::{self, lend},
        name,
        page::{self, Page, Window},
    },
};

pub use settings::DeviceSettings;

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

/// A device to be, within a transaction of somebody else's.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub lab: LabId,
    pub hostname: String,
    pub device_type: DeviceTypeId,
    pub federated_name: Option<String>,
    pub lendable: bool,
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
        let new = NewDevice {
            lab: lab.id,
            hostname: hostname.to_owned(),
            device_type: kind.id,
            federated_name: None,
            lendable: false,
        };
        let known = add_in(txn, &new, now).await?;
        settings::apply(txn, &lab.name, known, settings).await
    })
    .await
}

/// Adds a device within a transaction that tells of it by its own event.
///
/// # Errors
/// When the database fails or refuses.
pub async fn add_in(
    txn: &impl ConnectionTrait,
    new: &NewDevice,
    now: DateTime<Utc>,
) -> Result<device::Model> {
    let row = device::ActiveModel {
        id: NotSet,
        hostname: Set(new.hostname.clone()),
        lab_id: Set(Some(new.lab)),
        device_type_id: Set(new.device_type),
        federated_name: Set(new.federated_name.clone()),
        lendable: Set(new.lendable),
        created_at: Set(now),
        docker_device: Set(None),
        dictionary: Set(None),
        share_dictionary: Set(false),
    };
    Ok(device::Entity::insert(row).exec_with_returning(txn).await?)
}

/// Changes what is given and leaves the rest. What an owner may say of a device
/// needs no more than the lab's token of scope `lend`.
///
/// # Errors
/// As `add`; `CONFLICT` for what may not change while the device is lent.
pub async fn update(
    app: &App,
    actor: &Actor,
    lab: Option<&str>,
    hostname: &str,
    settings: &DeviceSettings,
    now: DateTime<Utc>,
) -> Result<device::Model> {
    let speaks_for = if settings.is_the_owners() {
        actor.may_lend()?
    } else {
        actor.may_administer()?;
        None
    };
    app.change_catalog(now, async |txn, _| {
        let known = get(txn, lab, hostname).await?;
        let Some(name) = lab else {
            actor.may_administer()?;
            return settings::apply_federated(txn, known, settings).await;
        };
        let lab = lab::get(txn, name).await?;
        lend::check(txn, speaks_for, lab.id).await?;
        if settings.moves(&known)
            && let Some(open) = open_lease(txn, known.id).await?
        {
            let sentence = format!(
                "The device {hostname} is lent in lease {}: its type, docker device and name on the federated server stay until it is back. Release it first.",
                open.id
            );
            return Err(Error::conflict(sentence).at("hostname"));
        }
        settings::apply(txn, name, known, settings).await
    })
    .await
}

/// The lease a device has now.
///
/// # Errors
/// When the database fails.
pub async fn open_lease(db: &impl ConnectionTrait, id: DeviceId) -> Result<Option<lease::Model>> {
    Ok(lease::Entity::open()
        .filter(lease::Column::DeviceId.eq(id))
        .one(db)
        .await?)
}

/// What a device lacks to be lent.
#[must_use]
pub fn not_equipped(device: &device::Model) -> Option<Reason> {
    if device.docker_device.is_none() {
        return Some(Reason::new(
            Code::NoDockerDevice,
            "Nobody said which docker device of the lab reaches it.",
        ));
    }
    if device.dictionary.is_none() && !device.share_dictionary {
        return Some(Reason::new(
            Code::NoDictionary,
            "It has no dictionary for the federated server, and the lab's own may not be shared.",
        ));
    }
    if device.federated_name.is_none() {
        return Some(Reason::new(
            Code::NoDictionary,
            "It has no name for the federated server.",
        ));
    }
    None
}

/// Removes a device that has run no job and was never lent.
///
/// # Errors
/// `NOT_FOUND`, or `CONFLICT` when it has leases or jobs: those are kept.
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
        if let Some(lease) = open_lease(txn, row.id).await? {
            let sentence = format!(
                "The device {hostname} is lent in lease {}. Release it, and wait until it is back.",
                lease.id
            );
            return Err(Error::conflict(sentence).at("hostname"));
        }
        let jobs = job_rows::Entity::find()
            .filter(job_rows::Column::DeviceId.eq(row.id))
            .count(txn)
            .await?;
        let leases = lease::Entity::find()
            .filter(lease::Column::DeviceId.eq(row.id))
            .count(txn)
            .await?;
        if jobs + leases > 0 {
            let sentence = format!(
                "The device {hostname} has leases or has run jobs; they are kept. Stop lending it instead."
            );
            return Err(Error::conflict(sentence).at("hostname"));
        }
        device::Entity::delete_by_id(row.id).exec(txn).await?;
        Ok(())
    })
    .await
}
