//! Leases: the time devices are ours, and the jobs that ran meanwhile.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::lease::{self, LeaseId};

use super::{
    connection::{List, connection},
    context::{self, Window},
    device::Device,
    error::{UserError, split},
    lab::Lab,
    loader::{JobsOf, present, row},
    node::{self, Kind},
    round::Round,
    scalar::{DeviceHealth, EventNumber, LeaseState},
    submission::Submission,
    trail::{TrailEntry, trail_of},
};
use crate::{
    auth::Actor,
    error::Error,
    service::{
        self,
        lease::{LeaseFilter, Trail, Wanted},
    },
};

/// The time one device of a lab is lent: wanted, taken, driven by the federated
/// server, given back. Its trail says what was done and why.
pub(super) struct Lease(pub(super) lease::Model);

impl From<lease::Model> for Lease {
    fn from(row: lease::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Lease {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Lease, self.0.id.0)
    }

    /// As the log, the alerts and the command line name it.
    async fn number(&self) -> i64 {
        self.0.id.0
    }

    /// How far it is.
    async fn state(&self) -> LeaseState {
        self.0.state.into()
    }

    /// Why it is in its state: a stable code.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Why it is in its state: a sentence.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The health the lab showed before it was taken, to which it is set back.
    async fn saved_health(&self) -> Option<DeviceHealth> {
        self.0.saved_health.map(Into::into)
    }

    /// The lab that lends.
    async fn lab(&self, ctx: &Context<'_>) -> async_graphql::Result<Lab> {
        Ok(Lab(present(row!(ctx, self.0.lab_id)?)?))
    }

    /// What is lent.
    async fn device(&self, ctx: &Context<'_>) -> async_graphql::Result<Device> {
        Ok(Device(present(row!(ctx, self.0.device_id)?)?))
    }

    /// The round it belongs to.
    async fn round(&self, ctx: &Context<'_>) -> async_graphql::Result<Round> {
        Ok(Round(present(row!(ctx, self.0.round_id)?)?))
    }

    /// The end of the lab's window: the device is back by then.
    async fn ends_at(&self) -> DateTime<Utc> {
        self.0.ends_at
    }

    /// When it was wanted.
    async fn planned_at(&self) -> DateTime<Utc> {
        self.0.planned_at
    }

    /// When Maintenance was about to be set in the lab for the first time.
    async fn asked_at(&self) -> Option<DateTime<Utc>> {
        self.0.asked_at
    }

    /// When the lab showed our Maintenance.
    async fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.0.taken_at
    }

    /// When the lab's own job on it was over.
    async fn idle_at(&self) -> Option<DateTime<Utc>> {
        self.0.idle_at
    }

    /// When all was in place at the federated server but the opening.
    async fn prepared_at(&self) -> Option<DateTime<Utc>> {
        self.0.prepared_at
    }

    /// When it was about to be opened at the federated server.
    async fn opened_at(&self) -> Option<DateTime<Utc>> {
        self.0.opened_at
    }

    /// When giving back began.
    async fn releasing_at(&self) -> Option<DateTime<Utc>> {
        self.0.released_from_at
    }

    /// When the federated server showed it closed.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// When the saved health was about to be set again for the first time.
    async fn restored_at(&self) -> Option<DateTime<Utc>> {
        self.0.restored_at
    }

    /// When it was over: given back, or skipped.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// How often it was taken again because LAVA itself had opened it.
    async fn retakes(&self) -> i32 {
        self.0.retakes
    }

    /// Somebody wants it back now.
    async fn release_asked(&self) -> bool {
        self.0.release_asked.is_some()
    }

    /// Who wants it back.
    async fn release_reason(&self) -> Option<&str> {
        self.0.release_reason.as_deref()
    }

    /// It is to be left in Maintenance when it is given back.
    async fn keep_in_maintenance(&self) -> bool {
        self.0.keep_in_maintenance
    }

    /// The window is over and the device is not back.
    async fn overdue(&self) -> bool {
        service::lease::is_overdue(&self.0, Utc::now())
    }

    /// How long it has been ours, from when the lab showed our Maintenance; null
    /// when it never was.
    async fn held_seconds(&self) -> Option<i64> {
        service::lease::held_seconds(&self.0, Utc::now())
    }

    /// The jobs submitted for it, in their order.
    async fn jobs(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Submission>> {
        let rows = row!(ctx, JobsOf(self.0.id))?;
        Ok(rows
            .unwrap_or_default()
            .into_iter()
            .map(Submission)
            .collect())
    }

    /// What was decided, done and found, in its order.
    async fn trail(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<TrailEntry>> {
        let window = Window {
            first,
            after,
            last,
            before,
        };
        trail_of(ctx, Trail::Lease(self.0.id), &window).await
    }

    /// The event that last changed it.
    async fn event(&self) -> EventNumber {
        EventNumber(self.0.event_no)
    }
}

pub(super) async fn leases_of(
    ctx: &Context<'_>,
    filter: &LeaseFilter,
    window: &Window,
) -> async_graphql::Result<List<Lease>> {
    let db = context::app(ctx)?.db.read();
    let total = if context::wants_total(ctx) {
        service::lease::count(db, filter).await?
    } else {
        0
    };
    let page = service::lease::page(db, filter, window).await?;
    Ok(connection(page, total))
}

#[derive(Default)]
pub(super) struct LeaseQuery;

#[Object]
impl LeaseQuery {
    /// By global id; null when there is none.
    async fn lease(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<Lease>> {
        let id = LeaseId(node::parse_as(&id, Kind::Lease)?);
        Ok(service::lease::find(context::app(ctx)?.db.read(), id)
            .await?
            .map(Lease))
    }

    /// Newest first.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn leases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this lab.")] lab: Option<String>,
        #[graphql(desc = "A hostname of the lab.")] device: Option<String>,
        #[graphql(desc = "In one of these states.")] state: Option<Vec<LeaseState>>,
        #[graphql(default = false, desc = "Only those that are not over.")] current: bool,
        #[graphql(desc = "Only those that are not over or ended after this.")] ended_after: Option<
            DateTime<Utc>,
        >,
        #[graphql(desc = "True: only the newest lease of each device. False: only all others.")]
        newest: Option<bool>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Lease>> {
        let db = context::app(ctx)?.db.read();
        let (lab, device) = service::lease::places(db, lab.as_deref(), device.as_deref()).await?;
        let filter = LeaseFilter {
            lab,
            device,
            round: None,
            states: state.into_iter().flatten().map(Into::into).collect(),
            current,
            ended_after,
            newest,
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        leases_of(ctx, &filter, &window).await
    }
}

#[derive(InputObject)]
pub(super) struct AcquireDeviceInput {
    /// The name of a lab.
    lab: String,
    /// A hostname of the lab.
    hostname: String,
}

/// Either the lease, or the device by lab and hostname.
#[derive(InputObject)]
pub(super) struct ReleaseDeviceInput {
    /// Its global id.
    lease: Option<ID>,
    /// With hostname: the open lease of the device, or its last.
    lab: Option<String>,
    /// A hostname of the lab.
    hostname: Option<String>,
    /// Leave it in Maintenance instead of setting it back to the health it had.
    #[graphql(default = false)]
    keep_in_maintenance: bool,
}

#[derive(SimpleObject)]
pub(super) struct AcquireDevicePayload {
    /// The planned lease; null with errors.
    lease: Option<Lease>,
    /// Why there is none.
    errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(super) struct ReleaseDevicePayload {
    /// The lease as it is; null with errors.
    lease: Option<Lease>,
    /// What is wrong with the input.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct LeaseMutation;

#[Object]
impl LeaseMutation {
    /// Wants a device to be lent now, in the round of its lab that is open. What
    /// becomes of the lease is told by deviceLeaseChanged. Scope admin, or lend of
    /// the lab.
    async fn acquire_device(
        &self,
        ctx: &Context<'_>,
        input: AcquireDeviceInput,
    ) -> async_graphql::Result<AcquireDevicePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let acquired =
            service::lease::acquire(app, actor, &input.lab, &input.hostname, Utc::now()).await;
        let (lease, errors) = split(acquired)?;
        Ok(AcquireDevicePayload {
            lease: lease.map(Lease),
            errors,
        })
    }

    /// Wants a device back now; asked again it changes nothing. The lease that is
    /// answered is still open: deviceLeaseChanged tells when it is over. Scope
    /// admin, or lend of the lab.
    async fn release_device(
        &self,
        ctx: &Context<'_>,
        input: ReleaseDeviceInput,
    ) -> async_graphql::Result<ReleaseDevicePayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        let (lease, errors) = split(release(app, actor, input).await)?;
        Ok(ReleaseDevicePayload {
            lease: lease.map(Lease),
            errors,
        })
    }
}

async fn release(
    app: &crate::app::App,
    actor: &Actor,
    input: ReleaseDeviceInput,
) -> crate::error::Result<lease::Model> {
    let wanted = match (input.lease, input.lab, input.hostname) {
        (Some(id), None, None) => {
            let key = node::parse_as(&id, Kind::Lease).map_err(|_| {
                Error::input("lease", "This is no id of a lease that lavafed gave.")
            })?;
            Wanted::Id(LeaseId(key))
        }
        (None, Some(lab), Some(hostname)) => Wanted::Of { lab, hostname },
        (Some(_), _, _) | (None, _, _) => {
            return Err(Error::input(
                "lease",
                "Give either the lease, or lab and hostname.",
            ));
        }
    };
    service::lease::release(app, actor, &wanted, input.keep_in_maintenance, Utc::now()).await
}
