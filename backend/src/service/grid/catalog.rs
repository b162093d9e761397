//! What can be tested and what is expected: versions in LAVA's order,
//! features, device-types and the plan, as of one event.

use std::collections::{HashMap, HashSet};

use entity::{
    device,
    device_type::{self, DeviceTypeId},
    feature::{self, FeatureId},
    plan,
    version::{self, VersionId, VersionKind},
    waiver,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::slice::Spot;
use crate::error::{Error, Result};

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Newest first.
    pub versions: Vec<version::Model>,
    /// Generic, then deploy, boot, test; each by name.
    pub features: Vec<feature::Model>,
    /// By name.
    pub device_types: Vec<device_type::Model>,
    /// Device-types of which somebody lends a device; what was lent at an
    /// earlier event is not known any more.
    pub lent: Option<HashSet<DeviceTypeId>>,
    plan: Vec<plan::Model>,
    /// In force, the oldest first.
    waivers: Vec<waiver::Model>,
    version_places: HashMap<VersionId, usize>,
}

impl Catalog {
    /// The catalogue at the newest event.
    pub(super) async fn load(db: &impl ConnectionTrait, newest: i64) -> Result<Self> {
        let lent: Vec<DeviceTypeId> = device::Entity::find()
            .select_only()
            .column(device::Column::DeviceTypeId)
            .filter(device::Column::Lendable.eq(true))
            .distinct()
            .into_tuple()
            .all(db)
            .await?;
        let lent = Some(lent.into_iter().collect());
        Ok(Self {
            lent,
            ..Self::load_as_of(db, newest).await?
        })
    }

    /// The catalogue as it was at an event.
    pub(super) async fn load_as_of(db: &impl ConnectionTrait, as_of: i64) -> Result<Self> {
        let versions = version::Entity::find()
            .filter(version::Column::EventNo.lte(as_of))
            .order_by_desc(version::Column::Ordinal)
            .order_by_desc(version::Column::Id)
            .all(db)
            .await?;
        let mut features = feature::Entity::find()
            .filter(feature::Column::EventNo.lte(as_of))
            .all(db)
            .await?;
        features.sort_by(|a, b| (a.action, &a.name).cmp(&(b.action, &b.name)));
        let mut device_types = device_type::Entity::find()
            .filter(device_type::Column::EventNo.lte(as_of))
            .all(db)
            .await?;
        device_types.sort_by(|a, b| a.name.cmp(&b.name));
        let plan = plan::Entity::find()
            .filter(plan::Column::FromEvent.lte(as_of))
            .all(db)
            .await?;
        let waivers = waivers_as_of(db, as_of).await?;
        let version_places = versions
            .iter()
            .enumerate()
            .map(|(at, row)| (row.id, at))
            .collect();
        Ok(Self {
            versions,
            features,
            device_types,
            lent: None,
            plan,
            waivers,
            version_places,
        })
    }

    /// # Errors
    /// `NOT_FOUND`.
    pub fn version(&self, name: &str) -> Result<&version::Model> {
        self.versions
            .iter()
            .find(|row| row.name == name)
            .ok_or_else(|| Error::not_found("version", name))
    }

    /// # Errors
    /// `NOT_FOUND`.
    pub fn feature(&self, name: &str) -> Result<&feature::Model> {
        self.features
            .iter()
            .find(|row| row.name == name)
            .ok_or_else(|| Error::not_found("feature", name))
    }

    /// # Errors
    /// `NOT_FOUND`.
    pub fn device_type(&self, name: &str) -> Result<&device_type::Model> {
        self.device_types
            .iter()
            .find(|row| row.name == name)
            .ok_or_else(|| Error::not_found("device-type", name))
    }

    #[must_use]
    pub fn version_by_id(&self, id: VersionId) -> Option<&version::Model> {
        self.versions.get(*self.version_places.get(&id)?)
    }

    /// The versions before this one, nearest first.
    #[must_use]
    pub fn older_than(&self, id: VersionId) -> &[version::Model] {
        self.version_places
            .get(&id)
            .and_then(|place| self.versions.get(place + 1..))
            .unwrap_or_default()
    }

    /// The last release before a version.
    #[must_use]
    pub fn release_before(&self, id: VersionId) -> Option<&version::Model> {
        self.older_than(id)
            .iter()
            .find(|row| row.kind == VersionKind::Release)
    }

    /// Where cells can be, in order: a feature on each device-type, a generic one
    /// by itself.
    pub fn places(&self) -> impl Iterator<Item = (&feature::Model, Option<&device_type::Model>)> {
        self.features.iter().flat_map(|feature| {
            let none = feature.is_generic().then_some(None);
            let types = self.device_types.iter().filter(|_| !feature.is_generic());
            none.into_iter()
                .chain(types.map(Some))
                .map(move |device_type| (feature, device_type))
        })
    }

    /// The waivers of a version, the oldest first.
    pub fn waivers_of(&self, version: VersionId) -> impl Iterator<Item = &waiver::Model> {
        self.waivers
            .iter()
            .filter(move |row| row.version_id == version)
    }

    /// The waiver of a cell.
    #[must_use]
    pub fn waiver(&self, version: VersionId, spot: Spot) -> Option<&waiver::Model> {
        self.waivers_of(version)
            .find(|row| (row.feature_id, row.device_type_id) == spot)
    }

    /// What is expected of a version that was last tested at an event: the
    /// newest version is held against the plan as it is, an older one against
    /// the plan as it was then.
    pub(super) fn expected(
        &self,
        version: VersionId,
        last_tested: i64,
        as_of: i64,
    ) -> impl Iterator<Item = (FeatureId, Option<DeviceTypeId>)> {
        let newest = self.version_places.get(&version) == Some(&0);
        let event = if newest { as_of } else { last_tested };
        self.plan
            .iter()
            .filter(move |row| {
                row.from_event <= event && row.until_event.is_none_or(|until| until > event)
            })
            .map(|row| (row.feature_id, row.device_type_id))
    }
}

/// The waivers in force at an event, as they were known then.
async fn waivers_as_of(db: &impl ConnectionTrait, as_of: i64) -> Result<Vec<waiver::Model>> {
    let mut rows = waiver::Entity::find()
        .filter(waiver::Column::FromEvent.lte(as_of))
        .filter(
            Condition::any()
                .add(waiver::Column::UntilEvent.is_null())
                .add(waiver::Column::UntilEvent.gt(as_of)),
        )
        .order_by_asc(waiver::Column::Id)
        .all(db)
        .await?;
    for row in &mut rows {
        row.until_event = None;
        row.until_at = None;
        row.ended_by = None;
    }
    Ok(rows)
}
