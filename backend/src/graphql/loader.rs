//! Rows that fields refer to, fetched together for all that ask at once.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use entity::{
    device::{self, DeviceId},
    device_type::{self, DeviceTypeId},
    feature::{self, FeatureId},
    job::{self, JobId},
    lab::{self, LabId},
    source::{self, SourceId},
    version::{self, VersionId},
};

use crate::{app::App, error::Error, service::lookup};

pub(super) struct Rows(Arc<App>);

macro_rules! loads {
    ($id:ty, $row:ty, $lookup:path) => {
        impl Loader<$id> for Rows {
            type Value = $row;
            type Error = Arc<Error>;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $row>, Arc<Error>> {
                $lookup(&self.0, ids).await.map_err(Arc::new)
            }
        }
    };
}

loads!(VersionId, version::Model, lookup::versions);
loads!(LabId, lab::Model, lookup::labs);
loads!(DeviceTypeId, device_type::Model, lookup::device_types);
loads!(DeviceId, device::Model, lookup::devices);
loads!(FeatureId, feature::Model, lookup::features);
loads!(SourceId, source::Model, lookup::sources);
loads!(JobId, job::Model, lookup::jobs);

pub(super) fn loader(app: Arc<App>) -> DataLoader<Rows> {
    DataLoader::new(Rows(app), tokio::spawn)
}

/// Loads a row by its id.
macro_rules! row {
    ($ctx:expr, $id:expr) => {
        match $ctx
            .data::<async_graphql::dataloader::DataLoader<$crate::graphql::loader::Rows>>()?
            .load_one($id)
            .await
        {
            Ok(row) => Ok::<_, async_graphql::Error>(row),
            Err(error) => Err($crate::error::Error::new(error.code, error.message.clone()).into()),
        }
    };
}
pub(super) use row;

/// A row that a foreign key says is there.
pub(super) fn present<T>(row: Option<T>) -> async_graphql::Result<T> {
    row.ok_or_else(|| Error::internal("a row that is referred to is gone").into())
}
