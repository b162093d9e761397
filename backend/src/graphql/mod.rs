//! The GraphQL schema: types, queries, mutations and subscriptions over the use
//! cases. Knows nothing of HTTP, and reaches the database through `service` only.

mod alert;
mod cell;
mod compare;
mod connection;
mod context;
mod device;
mod device_type;
mod error;
mod feature;
mod grid;
mod job;
mod lab;
mod lease;
mod lending;
mod loader;
pub(crate) mod node;
mod receipt;
mod relay;
mod release;
mod round;
mod scalar;
mod search;
mod server;
mod submission;
mod subscription;
mod token;
mod trail;
mod version;
mod waiver;

use std::sync::Arc;

use async_graphql::{MergedObject, SDLExportOptions, Schema as Built, SchemaBuilder};

use crate::{app::App, auth::Actor};

pub type Schema = Built<Query, Mutation, subscription::Subscriptions>;

/// What came with a request beside the document.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    /// The token as it was presented, to be scrubbed from what is stored.
    pub credential: Option<String>,
}

#[derive(MergedObject, Default)]
pub struct Query(
    relay::RelayQuery,
    server::ServerQuery,
    grid::GridQueries,
    cell::CellQuery,
    search::SearchQuery,
    compare::CompareQuery,
    release::ReleaseQuery,
    waiver::WaiverQuery,
    version::VersionQuery,
    lab::LabQuery,
    device_type::DeviceTypeQuery,
    device::DeviceQuery,
    feature::FeatureQuery,
    job::JobQuery,
    lease::LeaseQuery,
    round::RoundQuery,
    alert::AlertQuery,
    receipt::ReceiptQuery,
    token::TokenQuery,
);

#[derive(MergedObject, Default)]
pub struct Mutation(
    job::JobMutation,
    receipt::ReceiptMutation,
    version::VersionMutation,
    waiver::WaiverMutation,
    lab::LabMutation,
    lending::LendingMutation,
    lease::LeaseMutation,
    device_type::DeviceTypeMutation,
    device::DeviceMutation,
    feature::FeatureMutation,
    token::TokenMutation,
);

fn build() -> SchemaBuilder<Query, Mutation, subscription::Subscriptions> {
    Built::build(
        Query::default(),
        Mutation::default(),
        subscription::Subscriptions,
    )
    .extension(error::Codes)
}

/// The schema over an application. Each request brings a [`Caller`] as data.
#[must_use]
pub fn schema(app: Arc<App>) -> Schema {
    build()
        .data(loader::loader(Arc::clone(&app)))
        .data(app)
        .finish()
}

/// The schema as text, which needs no application.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    build().finish().sdl_with_options(options)
}
