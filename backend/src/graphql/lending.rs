//! What concerns a lab as a lender: how it answers, who drives it, when its
//! window opens; and what its owner may say without an administrator.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{lab, lab_driver};

use super::{
    context,
    error::{UserError, split},
    lab::Lab,
};
use crate::{
    error::Result,
    service::lab::{contribution::Contribution, lend},
    window::Window,
};

/// How a lab answers lavafed.
#[derive(SimpleObject)]
pub(super) struct LabContact {
    /// Null: it was not called yet.
    reachable: Option<bool>,
    /// When it last answered as it should.
    contacted_at: Option<DateTime<Utc>>,
    /// Since when it does not.
    failing_since: Option<DateTime<Utc>>,
    /// What is wrong: a stable code.
    failure_code: Option<String>,
    /// What is wrong: a sentence.
    failure: Option<String>,
}

impl LabContact {
    pub(super) fn of(row: Option<&lab_driver::Model>) -> Self {
        let failing = row.and_then(|row| row.failing_since);
        let contacted = row.and_then(|row| row.contacted_at);
        Self {
            reachable: match (failing, contacted) {
                (Some(_), _) => Some(false),
                (None, Some(_)) => Some(true),
                (None, None) => None,
            },
            contacted_at: contacted,
            failing_since: failing,
            failure_code: row.and_then(|row| row.failure_code.clone()),
            failure: row.and_then(|row| row.failure.clone()),
        }
    }
}

/// The server of lavafed that drives a lab; one at a time does.
#[derive(SimpleObject)]
pub(super) struct LabDriver {
    /// Its name; null: nobody does.
    holder: Option<String>,
    /// Rises with each change of the holder.
    fence: i64,
    /// When it last told that it lives.
    heartbeat_at: DateTime<Utc>,
}

impl From<lab_driver::Model> for LabDriver {
    fn from(row: lab_driver::Model) -> Self {
        Self {
            holder: row.holder,
            fence: row.fence,
            heartbeat_at: row.heartbeat_at,
        }
    }
}

/// A lab's window now. Both are null for a lab that never opens one.
#[derive(SimpleObject)]
pub(super) struct LabWindow {
    /// Null: it is closed.
    open_until: Option<DateTime<Utc>>,
    /// When it opens next; null while it is open.
    opens_at: Option<DateTime<Utc>>,
}

impl From<Window> for LabWindow {
    fn from(window: Window) -> Self {
        match window {
            Window::Open { until, .. } => Self {
                open_until: Some(until),
                opens_at: None,
            },
            Window::Closed { opens_at } => Self {
                open_until: None,
                opens_at,
            },
        }
    }
}

/// One of a lab's windows.
#[derive(SimpleObject)]
pub(super) struct LabSpan {
    opens_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
}

impl From<(DateTime<Utc>, DateTime<Utc>)> for LabSpan {
    fn from((opens_at, closes_at): (DateTime<Utc>, DateTime<Utc>)) -> Self {
        Self {
            opens_at,
            closes_at,
        }
    }
}

/// What a lab gave within the last 30 days.
#[derive(SimpleObject)]
pub(super) struct LabContribution {
    /// How long its devices were lent, summed.
    held_seconds: i64,
    /// Jobs that ran on its devices.
    jobs: i64,
    /// Cells its devices tried that are a regression.
    regressions: i64,
}

impl From<Contribution> for LabContribution {
    fn from(given: Contribution) -> Self {
        Self {
            held_seconds: given.held_seconds,
            jobs: given.jobs,
            regressions: given.regressions,
        }
    }
}

#[derive(InputObject)]
pub(super) struct PauseLabInput {
    /// The name of a lab.
    lab: String,
}

#[derive(InputObject)]
pub(super) struct ResumeLabInput {
    /// The name of a lab.
    lab: String,
}

#[derive(InputObject)]
pub(super) struct VetoDayInput {
    /// The name of a lab.
    lab: String,
    /// In the lab's time zone, the day on which the window would open.
    day: NaiveDate,
}

#[derive(InputObject)]
pub(super) struct UnvetoDayInput {
    /// The name of a lab.
    lab: String,
    /// In the lab's time zone.
    day: NaiveDate,
}

macro_rules! payloads {
    ($($name:ident)*) => {
        $(
            #[derive(SimpleObject)]
            pub(super) struct $name {
                /// The lab as it is now; null with errors.
                lab: Option<Lab>,
                /// What is wrong with the input.
                errors: Vec<UserError>,
            }

            impl $name {
                fn of(outcome: Result<lab::Model>) -> async_graphql::Result<Self> {
                    let (lab, errors) = split(outcome)?;
                    Ok(Self {
                        lab: lab.map(Lab),
                        errors,
                    })
                }
            }
        )*
    };
}

payloads!(PauseLabPayload ResumeLabPayload VetoDayPayload UnvetoDayPayload);

#[derive(Default)]
pub(super) struct LendingMutation;

#[Object]
impl LendingMutation {
    /// Lends nothing more, and gives back what is lent. Scope admin, or lend of
    /// the lab.
    async fn pause_lab(
        &self,
        ctx: &Context<'_>,
        input: PauseLabInput,
    ) -> async_graphql::Result<PauseLabPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        PauseLabPayload::of(lend::pause(app, actor, &input.lab, Utc::now()).await)
    }

    /// Lends again, from the lab's next window on. Scope admin, or lend of the lab.
    async fn resume_lab(
        &self,
        ctx: &Context<'_>,
        input: ResumeLabInput,
    ) -> async_graphql::Result<ResumeLabPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        ResumeLabPayload::of(lend::resume(app, actor, &input.lab, Utc::now()).await)
    }

    /// Opens no window on that day. Scope admin, or lend of the lab.
    async fn veto_day(
        &self,
        ctx: &Context<'_>,
        input: VetoDayInput,
    ) -> async_graphql::Result<VetoDayPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        VetoDayPayload::of(lend::veto(app, actor, &input.lab, input.day, Utc::now()).await)
    }

    /// Opens the window on that day after all. Scope admin, or lend of the lab.
    async fn unveto_day(
        &self,
        ctx: &Context<'_>,
        input: UnvetoDayInput,
    ) -> async_graphql::Result<UnvetoDayPayload> {
        let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
        UnvetoDayPayload::of(lend::unveto(app, actor, &input.lab, input.day, Utc::now()).await)
    }
}

/// What only a lab's owner and administrators are shown.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for everybody else.
pub(super) async fn owner_only(
    ctx: &Context<'_>,
    id: Option<entity::lab::LabId>,
) -> async_graphql::Result<()> {
    let (app, actor) = (context::app(ctx)?, context::actor(ctx)?);
    let speaks_for = actor.may_lend()?;
    match id {
        Some(id) => lend::check(app.db.read(), speaks_for, id).await?,
        None => actor.may_administer()?,
    }
    Ok(())
}
