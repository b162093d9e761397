//! What can be said of a device, and what of it is refused. Must not know who
//! says it.

use entity::device::{self, DeviceId};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};

use crate::{
    error::{Error, Result},
    service::{device_type, name},
};

/// None leaves it as it is; an empty text takes it away.
#[derive(Clone, Debug, Default)]
pub struct DeviceSettings {
    pub device_type: Option<String>,
    pub federated_name: Option<String>,
    pub lendable: Option<bool>,
    pub docker_device: Option<String>,
    pub dictionary: Option<String>,
    pub share_dictionary: Option<bool>,
}

/// More than the largest dictionary of LAVA's own.
const LONGEST_DICTIONARY: usize = 64 * 1024;

impl DeviceSettings {
    /// Nothing is said but what an owner may say.
    pub(super) fn is_the_owners(&self) -> bool {
        self.device_type.is_none() && self.federated_name.is_none()
    }

    /// Something is said by which a lent device is found again.
    pub(super) fn moves(&self, known: &device::Model) -> bool {
        let other = |new: &Option<String>, old: &Option<String>| {
            new.as_ref()
                .is_some_and(|new| *new != old.clone().unwrap_or_default())
        };
        self.device_type.is_some()
            || other(&self.federated_name, &known.federated_name)
            || other(&self.docker_device, &known.docker_device)
    }
}

/// Changes a device of a lab.
pub(super) async fn apply(
    txn: &impl ConnectionTrait,
    lab: &str,
    known: device::Model,
    settings: &DeviceSettings,
) -> Result<device::Model> {
    let mut row = known.clone().into_active_model();
    set_type_and_name(txn, &mut row, &known, settings).await?;
    if let Some(docker_device) = &settings.docker_device {
        row.docker_device = Set(said(docker_device));
        if !docker_device.is_empty() {
            name::lava_name("dockerDevice", "device's hostname", docker_device)?;
        }
    }
    if let Some(dictionary) = &settings.dictionary {
        if dictionary.len() > LONGEST_DICTIONARY || dictionary.contains('\0') {
            return Err(Error::input(
                "dictionary",
                format!(
                    "A device dictionary is text of at most {} KiB.",
                    LONGEST_DICTIONARY / 1024
                ),
            ));
        }
        row.dictionary = Set(said(dictionary));
    }
    if let Some(share) = settings.share_dictionary {
        row.share_dictionary = Set(share);
    }
    if let Some(lendable) = settings.lendable {
        row.lendable = Set(lendable);
    }
    if *row.lendable.as_ref() && row.federated_name.as_ref().is_none() {
        row.federated_name = Set(Some(free_name(txn, lab, &known.hostname).await?));
    }
    save(txn, row, known).await
}

/// Changes a device of the federated server's own.
pub(super) async fn apply_federated(
    txn: &impl ConnectionTrait,
    known: device::Model,
    settings: &DeviceSettings,
) -> Result<device::Model> {
    if settings.lendable == Some(true) {
        return Err(Error::input(
            "lendable",
            format!(
                "{} belongs to the federated server: nobody lends it.",
                known.hostname
            ),
        ));
    }
    if settings
        .federated_name
        .as_ref()
        .is_some_and(|name| *name != known.hostname)
    {
        return Err(Error::input(
            "federatedName",
            "The federated server's own devices are called by their hostnames there.",
        ));
    }
    let mut row = known.clone().into_active_model();
    set_type_and_name(txn, &mut row, &known, settings).await?;
    save(txn, row, known).await
}

async fn save(
    txn: &impl ConnectionTrait,
    row: device::ActiveModel,
    known: device::Model,
) -> Result<device::Model> {
    if row.is_changed() {
        Ok(row.update(txn).await?)
    } else {
        Ok(known)
    }
}

async fn set_type_and_name(
    txn: &impl ConnectionTrait,
    row: &mut device::ActiveModel,
    known: &device::Model,
    settings: &DeviceSettings,
) -> Result<()> {
    if let Some(name) = &settings.device_type {
        let kind = device_type::get(txn, name)
            .await
            .map_err(|error| error.at("deviceType"))?;
        row.device_type_id = Set(kind.id);
    }
    if let Some(name) = &settings.federated_name {
        name::lava_name("federatedName", "device's hostname", name)?;
        if taken(txn, name, known.id).await? {
            let sentence = format!("Another device is called {name:?} on the federated server.");
            return Err(Error::conflict(sentence).at("federatedName"));
        }
        row.federated_name = Set(Some(name.clone()));
    }
    Ok(())
}

async fn taken(txn: &impl ConnectionTrait, name: &str, ours: DeviceId) -> Result<bool> {
    let other = device::Entity::find()
        .filter(device::Column::FederatedName.eq(name))
        .filter(device::Column::Id.ne(ours))
        .one(txn)
        .await?;
    Ok(other.is_some())
}

/// A name for the federated server that no device has there: of the lab and the
/// hostname, with a number where that is needed.
async fn free_name(txn: &impl ConnectionTrait, lab: &str, hostname: &str) -> Result<String> {
    let wished = wished_name(lab, hostname);
    for number in 1.. {
        let name = numbered(&wished, number);
        // the device itself has none yet
        let other = device::Entity::find()
            .filter(device::Column::FederatedName.eq(&name))
            .one(txn)
            .await?;
        if other.is_none() {
            return Ok(name);
        }
    }
    Ok(wished)
}

/// What a device is to be called there. Other signs than these are known to
/// trouble one release of LAVA or the other.
fn wished_name(lab: &str, hostname: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    format!("{lab}-{hostname}")
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .take(LONGEST_WISHED)
        .collect()
}

/// Leaves room for a number within LAVA's limit of 200.
const LONGEST_WISHED: usize = 190;

fn numbered(name: &str, number: u32) -> String {
    match number {
        1 => name.to_owned(),
        _ => format!("{name}-{number}"),
    }
}

fn said(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_the_federated_server_is_made_of_lab_and_hostname() {
        assert_eq!(wished_name("paris", "bbb-01"), "paris-bbb-01");
        assert_eq!(wished_name("a+b", "x_1.y+z"), "a-b-x_1.y-z");
        let long = wished_name(&"l".repeat(100), &"h".repeat(200));
        assert_eq!(long.len(), 190);
        assert!(numbered(&long, u32::MAX).len() <= 201);
        assert_eq!(numbered("paris-bbb-01", 2), "paris-bbb-01-2");
    }
}
