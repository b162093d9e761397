//! Rounds.

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::round;

use super::{
    connection::{List, connection},
    context::{self, Window},
    lab::Lab,
    lease::{Lease, leases_of},
    loader::{present, row},
    node::{self, Kind},
    scalar::RoundState,
    submission::Submission,
    trail::{TrailEntry, trail_of},
    version::Version,
};
use crate::service::{
    self,
    lease::{LeaseFilter, Trail},
    round::RoundFilter,
};

/// One lab's window on one day, for one version of the federated server.
pub(super) struct Round(pub(super) round::Model);

impl From<round::Model> for Round {
    fn from(row: round::Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Round {
    pub(super) async fn id(&self) -> ID {
        node::id(Kind::Round, self.0.id.0)
    }

    /// As the log names it.
    async fn number(&self) -> i64 {
        self.0.id.0
    }

    /// The lab that lends.
    async fn lab(&self, ctx: &Context<'_>) -> async_graphql::Result<Lab> {
        Ok(Lab(present(row!(ctx, self.0.lab_id)?)?))
    }

    /// The federated server's version when it began.
    async fn version(&self, ctx: &Context<'_>) -> async_graphql::Result<Version> {
        Ok(Version(present(row!(ctx, self.0.version_id)?)?))
    }

    /// The beginning of the lab's window.
    async fn opens_at(&self) -> DateTime<Utc> {
        self.0.opens_at
    }

    /// The end of the lab's window.
    async fn ends_at(&self) -> DateTime<Utc> {
        self.0.ends_at
    }

    /// How far it is.
    async fn state(&self) -> RoundState {
        self.0.state.into()
    }

    /// Why it closes: a stable code; null while it is open.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Why it closes: a sentence.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When it began.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// When giving back began.
    async fn closing_at(&self) -> Option<DateTime<Utc>> {
        self.0.closing_at
    }

    /// When all its leases and jobs were over.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// Its leases, newest first; a device that was not taken has one too, which
    /// says why.
    async fn leases(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Lease>> {
        let filter = LeaseFilter {
            round: Some(self.0.id),
            ..LeaseFilter::default()
        };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        leases_of(ctx, &filter, &window).await
    }

    /// Its SLAVE jobs: the dispatchers in the lab that reach the devices.
    async fn dispatchers(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Submission>> {
        let db = context::app(ctx)?.db.read();
        Ok(service::lease::dispatchers(db, self.0.id)
            .await?
            .into_iter()
            .map(Submission)
            .collect())
    }

    /// What was decided, done and found beside its leases, in its order.
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
        trail_of(ctx, Trail::Round(self.0.id), &window).await
    }
}

pub(super) async fn rounds_of(
    ctx: &Context<'_>,
    filter: &RoundFilter,
    window: &Window,
) -> async_graphql::Result<List<Round>> {
    let db = context::app(ctx)?.db.read();
    let total = if context::wants_total(ctx) {
        service::round::count(db, filter).await?
    } else {
        0
    };
    let page = service::round::page(db, filter, window).await?;
    Ok(connection(page, total))
}

#[derive(Default)]
pub(super) struct RoundQuery;

#[Object]
impl RoundQuery {
    /// Newest first.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this lab.")] lab: Option<String>,
        #[graphql(default = false, desc = "Only those that have not ended.")] current: bool,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<Round>> {
        let db = context::app(ctx)?.db.read();
        let lab = match lab {
            Some(name) => Some(service::lab::get(db, &name).await?.id),
            None => None,
        };
        let filter = RoundFilter { lab, current };
        let window = Window {
            first,
            after,
            last,
            before,
        };
        rounds_of(ctx, &filter, &window).await
    }
}
