//! Names in a report become rows: versions, device-types and devices not seen
//! before are made known. Features are not: they are declared first.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    device::{self, DeviceId},
    device_type::{self, DeviceTypeId},
    event::EventKind,
    feature,
    lab::LabId,
    source::{self, SourceId},
    version::{self, VersionId},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
};

use crate::{
    error::{Code, Error, Result},
    event::{self, Subject},
    lava,
    service::name,
};

/// The rows behind names, each read once per transaction.
#[derive(Debug, Default)]
pub(super) struct Names {
    versions: HashMap<String, VersionId>,
    device_types: HashMap<String, DeviceTypeId>,
    devices: HashMap<(SourceId, String), DeviceId>,
    features: HashMap<String, Option<feature::Model>>,
    sources: HashMap<SourceId, Option<LabId>>,
}

impl Names {
    pub(super) async fn version(
        &mut self,
        txn: &impl ConnectionTrait,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<VersionId> {
        if let Some(id) = self.versions.get(name) {
            return Ok(*id);
        }
        let known = version::Entity::find()
            .filter(version::Column::Name.eq(name))
            .one(txn)
            .await?;
        let id = match known {
            Some(row) => row.id,
            None => make_version(txn, name, now).await?.id,
        };
        self.versions.insert(name.to_owned(), id);
        Ok(id)
    }

    pub(super) async fn device_type(
        &mut self,
        txn: &impl ConnectionTrait,
        name: &str,
        may_appear: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<DeviceTypeId>> {
        if let Some(id) = self.device_types.get(name) {
            return Ok(Some(*id));
        }
        name::lava_name("deviceType", "device-type", name)?;
        let filter = device_type::Column::Name.eq(name);
        let known = device_type::Entity::find().filter(filter).one(txn).await?;
        let id = match known {
            Some(row) => row.id,
            None if may_appear => make_device_type(txn, name, now).await?.0.id,
            None => return Ok(None),
        };
        self.device_types.insert(name.to_owned(), id);
        Ok(Some(id))
    }

    /// The device of that name at the source. One the federated server knows
    /// and nobody lends is its own.
    pub(super) async fn device(
        &mut self,
        txn: &impl ConnectionTrait,
        source: SourceId,
        hostname: &str,
        device_type: Option<DeviceTypeId>,
        now: DateTime<Utc>,
    ) -> Result<Option<DeviceId>> {
        let key = (source, hostname.to_owned());
        if let Some(id) = self.devices.get(&key) {
            return Ok(Some(*id));
        }
        name::lava_name("device", "device's hostname", hostname)?;
        let lab = self.lab_of(txn, source).await?;
        let filter = match lab {
            Some(lab) => Condition::all()
                .add(device::Column::LabId.eq(lab))
                .add(device::Column::Hostname.eq(hostname)),
            None => Condition::all().add(device::Column::FederatedName.eq(hostname)),
        };
        let known = device::Entity::find().filter(filter).one(txn).await?;
        let id = match (known, device_type) {
            (Some(row), _) => row.id,
            (None, None) => return Ok(None),
            (None, Some(device_type)) => {
                catalog_event(txn, now).await?;
                let row = device::ActiveModel {
                    id: NotSet,
                    hostname: Set(hostname.to_owned()),
                    lab_id: Set(lab),
                    device_type_id: Set(device_type),
                    federated_name: Set(lab.is_none().then(|| hostname.to_owned())),
                    lendable: Set(false),
                    created_at: Set(now),
                    docker_device: Set(None),
                    dictionary: Set(None),
                    share_dictionary: Set(false),
                };
                device::Entity::insert(row)
                    .exec_with_returning(txn)
                    .await?
                    .id
            }
        };
        self.devices.insert(key, id);
        Ok(Some(id))
    }

    pub(super) async fn feature(
        &mut self,
        txn: &impl ConnectionTrait,
        name: &str,
    ) -> Result<Option<feature::Model>> {
        if let Some(known) = self.features.get(name) {
            return Ok(known.clone());
        }
        let filter = feature::Column::Name.eq(name);
        let row = feature::Entity::find().filter(filter).one(txn).await?;
        self.features.insert(name.to_owned(), row.clone());
        Ok(row)
    }

    async fn lab_of(&mut self, txn: &impl ConnectionTrait, id: SourceId) -> Result<Option<LabId>> {
        if let Some(lab) = self.sources.get(&id) {
            return Ok(*lab);
        }
        let row = source::Entity::find_by_id(id)
            .one(txn)
            .await?
            .ok_or_else(|| Error::new(Code::NotFound, "The token's source is gone."))?;
        self.sources.insert(id, row.lab_id);
        Ok(row.lab_id)
    }
}

/// Makes a version known.
pub(crate) async fn make_version(
    txn: &impl ConnectionTrait,
    name: &str,
    now: DateTime<Utc>,
) -> Result<version::Model> {
    let parsed = lava::version::parse(name)
        .map_err(|error| Error::new(Code::VersionMalformed, error.to_string()))?;
    let event_no = catalog_event(txn, now).await?;
    let row = version::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        ordinal: Set(parsed.ordinal),
        kind: Set(parsed.kind),
        created_at: Set(now),
        event_no: Set(event_no),
    };
    Ok(version::Entity::insert(row)
        .exec_with_returning(txn)
        .await?)
}

/// Makes a device-type known. Gives the event that tells of it, too.
pub(crate) async fn make_device_type(
    txn: &impl ConnectionTrait,
    name: &str,
    now: DateTime<Utc>,
) -> Result<(device_type::Model, i64)> {
    let event = catalog_event(txn, now).await?;
    let row = device_type::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        created_at: Set(now),
        event_no: Set(event),
    };
    Ok((
        device_type::Entity::insert(row)
            .exec_with_returning(txn)
            .await?,
        event,
    ))
}

async fn catalog_event(txn: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<i64> {
    event::append(txn, EventKind::CatalogChanged, now, Subject::default()).await
}
