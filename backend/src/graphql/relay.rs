//! Relay's look-up by global id.

use async_graphql::{Context, ID, Interface, Object};
use entity::{
    device::DeviceId, device_type::DeviceTypeId, feature::FeatureId, job::JobId, lab::LabId,
    lease::LeaseId, plan::PlanId, receipt::ReceiptId, round::RoundId, token::TokenId,
    version::VersionId, waiver::WaiverId,
};

use super::{
    context,
    device::Device,
    device_type::DeviceType,
    feature::{Feature, PlanEntry},
    job::Job,
    lab::Lab,
    lease::Lease,
    node::{self, Kind},
    receipt::Receipt,
    round::Round,
    token::Token,
    version::Version,
    waiver::Waiver,
};
use crate::{app::App, error::Error, service::lookup};

/// Most ids of one `nodes`.
const MOST: usize = 100;

/// Something with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID"))]
pub(super) enum Node {
    Version(Version),
    Lab(Lab),
    DeviceType(DeviceType),
    Device(Device),
    Feature(Feature),
    PlanEntry(PlanEntry),
    Job(Job),
    Receipt(Receipt),
    Token(Token),
    Lease(Lease),
    Round(Round),
    Waiver(Waiver),
}

#[derive(Default)]
pub(super) struct RelayQuery;

#[Object]
impl RelayQuery {
    /// What has this global id; null when there is nothing.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<Node>> {
        find(ctx, &id).await
    }

    /// At most 100 at once.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        ids: Vec<ID>,
    ) -> async_graphql::Result<Vec<Option<Node>>> {
        if ids.len() > MOST {
            return Err(Error::input("ids", format!("At most {MOST} ids at once.")).into());
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(find(ctx, id).await?);
        }
        Ok(found)
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<Option<Node>> {
    let (kind, key) = node::parse(id)?;
    if kind == Kind::Token {
        context::actor(ctx)?.may_administer()?;
    }
    Ok(by_key(context::app(ctx)?, kind, key).await?)
}

async fn by_key(app: &App, kind: Kind, key: i64) -> crate::error::Result<Option<Node>> {
    macro_rules! one {
        ($lookup:ident, $id:ident, $node:ident) => {
            lookup::$lookup(app, &[$id(key)])
                .await?
                .remove(&$id(key))
                .map(|row| Node::$node($node(row)))
        };
    }
    Ok(match kind {
        Kind::Version => one!(versions, VersionId, Version),
        Kind::Lab => one!(labs, LabId, Lab),
        Kind::DeviceType => one!(device_types, DeviceTypeId, DeviceType),
        Kind::Device => one!(devices, DeviceId, Device),
        Kind::Feature => one!(features, FeatureId, Feature),
        Kind::PlanEntry => one!(plan_entries, PlanId, PlanEntry),
        Kind::Job => one!(jobs, JobId, Job),
        Kind::Receipt => one!(receipts, ReceiptId, Receipt),
        Kind::Token => one!(tokens, TokenId, Token),
        Kind::Lease => one!(leases, LeaseId, Lease),
        Kind::Round => one!(rounds, RoundId, Round),
        Kind::Waiver => one!(waivers, WaiverId, Waiver),
    })
}
