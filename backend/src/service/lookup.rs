//! Rows by their ids, many at once.

use std::collections::HashMap;

use entity::{device, device_type, feature, job, lab, plan, receipt, source, token, version};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::{app::App, error::Result};

macro_rules! by_ids {
    ($name:ident, $table:ident, $id:ty) => {
        /// # Errors
        /// When the database fails.
        pub async fn $name(app: &App, ids: &[$id]) -> Result<HashMap<$id, $table::Model>> {
            let rows = $table::Entity::find()
                .filter($table::Column::Id.is_in(ids.iter().copied()))
                .all(app.db.read())
                .await?;
            Ok(rows.into_iter().map(|row| (row.id, row)).collect())
        }
    };
}

by_ids!(versions, version, version::VersionId);
by_ids!(labs, lab, lab::LabId);
by_ids!(device_types, device_type, device_type::DeviceTypeId);
by_ids!(devices, device, device::DeviceId);
by_ids!(features, feature, feature::FeatureId);
by_ids!(sources, source, source::SourceId);
by_ids!(jobs, job, job::JobId);
by_ids!(receipts, receipt, receipt::ReceiptId);
by_ids!(tokens, token, token::TokenId);
by_ids!(plan_entries, plan, entity::plan::PlanId);
