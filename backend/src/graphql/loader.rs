//! Rows that fields refer to, fetched together for all that ask at once.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use entity::{
    device::{self, DeviceId},
    device_type::{self, DeviceTypeId},
    feature::{self, FeatureId},
    job::{self, JobId},
    lab::{self, LabId},
    lab_driver,
    lease::{self, LeaseId},
    round::{self, RoundId},
    source::{self, SourceId},
    submission,
    version::{self, VersionId},
};

use crate::{
    app::App,
    error::Error,
    service::{lab::contribution, lookup},
};

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
loads!(LeaseId, lease::Model, lookup::leases);
loads!(RoundId, round::Model, lookup::rounds);

/// Rows that are found by what they refer to.
macro_rules! loads_by {
    ($(#[$doc:meta])* $key:ident($id:ty), $row:ty, $lookup:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) struct $key(pub(super) $id);

        impl Loader<$key> for Rows {
            type Value = $row;
            type Error = Arc<Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $row>, Arc<Error>> {
                let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
                let found = $lookup(&self.0, &ids).await.map_err(Arc::new)?;
                Ok(found.into_iter().map(|(id, row)| ($key(id), row)).collect())
            }
        }
    };
}

loads_by!(
    /// The jobs of a lease.
    JobsOf(LeaseId),
    Vec<submission::Model>,
    lookup::jobs_of_leases
);
loads_by!(
    /// The submission that became a job.
    SubmittedAs(JobId),
    submission::Model,
    lookup::submissions_of_jobs
);
loads_by!(
    /// The open lease of a device.
    LentIn(DeviceId),
    lease::Model,
    lookup::open_leases
);
loads_by!(
    /// Who drives a lab, and how it answers.
    DriverOf(LabId),
    lab_driver::Model,
    lookup::drivers
);
loads_by!(
    /// The days on which a lab opens no window.
    DaysOffOf(LabId),
    Vec<chrono::NaiveDate>,
    lookup::days_off
);

loads_by!(
    /// What a lab gave lately.
    GivenBy(LabId),
    contribution::Contribution,
    given_lately
);

async fn given_lately(
    app: &Arc<App>,
    ids: &[LabId],
) -> Result<HashMap<LabId, contribution::Contribution>, Error> {
    contribution::of_labs(app, ids, chrono::Utc::now()).await
}

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
