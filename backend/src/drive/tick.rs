//! One tick of one lab, and what all its parts work with. Must not know how
//! often it comes.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    lab::{self, LabId},
    source,
    trail::TrailKind,
};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};

use super::{
    Memory, alerts, contact, dispatchers, jobs,
    known::{self, Changed, Known},
    leases, recover, rounds,
    seat::{Replica, Seat},
    servers::Servers,
};
use crate::{
    app::App,
    config::Config,
    error::{Code, Error, Result},
    lava::client::{CallError, CallFailure, Client},
    lease::{Timing, reason},
    service::transition::{self, By, Entry},
    window::Window,
};

/// When a lab's next tick is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Something was done: its effect is to be seen.
    Now,
    /// A round is on.
    Soon,
    /// Nothing is on; the window opens then, if it does.
    Idle(Option<DateTime<Utc>>),
}

/// What a tick works with.
pub(super) struct Tick<'a> {
    pub(super) app: &'a App,
    pub(super) replica: &'a Replica,
    pub(super) seat: &'a Seat,
    pub(super) memory: &'a mut Memory,
    pub(super) timing: Timing,
    pub(super) now: DateTime<Utc>,
    pub(super) lab: lab::Model,
    pub(super) lab_source: source::Model,
    pub(super) federated_source: source::Model,
    /// The lab's server, or why it cannot be spoken to.
    pub(super) remote: Result<Client, String>,
    pub(super) federated: Result<Client, String>,
    /// Something was written to a server or to our rows.
    pub(super) acted: bool,
    pub(super) known: Known,
    /// The first failure of the lab in this tick.
    pub(super) failure: Option<CallError>,
    /// The lab answered as it should.
    pub(super) contacted: bool,
}

/// Does what is due in a lab. After a failure the next begins as a new driver
/// does: with what the rows say alone, and looking for a call without an outcome.
///
/// # Errors
/// `CONFLICT` when somebody else drives it by now; when the database fails.
pub async fn tick(
    app: &App,
    servers: &mut Servers,
    memory: &mut Memory,
    replica: &Replica,
    seat: &Seat,
) -> Result<Pace> {
    let done = do_due(app, servers, memory, replica, seat).await;
    if done.is_err() {
        *memory = Memory::default();
    }
    done
}

async fn do_due(
    app: &App,
    servers: &mut Servers,
    memory: &mut Memory,
    replica: &Replica,
    seat: &Seat,
) -> Result<Pace> {
    let now = app.db.now().await?;
    let Some(known) = Known::now(app, memory.known.take(), seat.lab).await? else {
        return Ok(Pace::Idle(None));
    };
    let lab = known.lab.clone();
    let sources = sources(app, memory, lab.id).await?;
    let mut tick = Tick {
        remote: servers.lab(app, &lab),
        federated: servers.federated(app),
        lab_source: sources.0,
        federated_source: sources.1,
        timing: timing(&app.config),
        app,
        replica,
        seat,
        memory,
        now,
        lab,
        acted: false,
        known,
        failure: None,
        contacted: false,
    };
    if tick.memory.recovered != Some(seat.fence) {
        recover::recover(&mut tick).await?;
        tick.memory.recovered = Some(seat.fence);
    }
    let window = tick.known.daily.at(now);
    let on = rounds::keep(&mut tick, window).await?;
    let is_on = on.is_some();
    let mut open = Vec::new();
    if let Some(mut on) = on {
        dispatchers::step_all(&mut tick, &on).await?;
        on = known::look_again(&mut tick, on).await?;
        let turns = leases::step_all(&mut tick, &on).await?;
        on = known::refresh(&mut tick, on).await?;
        jobs::step_all(&mut tick, &on, &turns).await?;
        on = known::refresh(&mut tick, on).await?;
        open.extend(
            on.leases
                .iter()
                .filter(|lease| !lease.state.is_final())
                .cloned(),
        );
        let ended = rounds::end(&mut tick, &on).await?;
        if ended {
            tick.memory.forget_round();
        }
        tick.known.on = (!ended).then_some(Some(on));
    } else {
        contact::probe(&mut tick).await?;
        tick.known.on = Some(None);
    }
    contact::keep(&mut tick).await?;
    alerts::keep(&mut tick, &open).await?;
    let pace = pace(&tick, is_on, window);
    let Tick { memory, known, .. } = tick;
    memory.known = Some(known);
    Ok(pace)
}

fn timing(config: &Config) -> Timing {
    let seconds = |seconds: u32| TimeDelta::seconds(seconds.into());
    Timing {
        closing: seconds(config.closing_seconds),
        worthwhile: seconds(config.worthwhile_seconds),
        ..Timing::default()
    }
}

fn pace(tick: &Tick<'_>, is_on: bool, window: Window) -> Pace {
    match window {
        _ if tick.acted => Pace::Now,
        // its end would have been an act
        _ if is_on => Pace::Soon,
        Window::Open { .. } => Pace::Soon,
        Window::Closed { opens_at } => Pace::Idle(opens_at),
    }
}

/// The sources of the lab's and of the federated server's jobs, which stay what they are.
async fn sources(
    app: &App,
    memory: &mut Memory,
    lab: LabId,
) -> Result<(source::Model, source::Model)> {
    if let Some(known) = &memory.sources {
        return Ok(known.clone());
    }
    let found = (
        source_of(app, Some(lab)).await?,
        source_of(app, None).await?,
    );
    memory.sources = Some(found.clone());
    Ok(found)
}

async fn source_of(app: &App, lab: Option<LabId>) -> Result<source::Model> {
    let select = source::Entity::find();
    let select = match lab {
        Some(id) => select.filter(source::Column::LabId.eq(id)),
        None => select.filter(source::Column::Name.eq("federated")),
    };
    let row = select.one(app.db.read()).await?;
    row.ok_or_else(|| Error::internal("a server has no source"))
}

impl Tick<'_> {
    pub(super) fn by(&self) -> By<'static> {
        By {
            actor: transition::LAVAFED,
            fence: Some(self.seat.fence),
        }
    }

    /// A transaction that only this lab's driver can commit.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction> {
        let txn = self.app.db.begin().await?;
        self.seat.hold(&txn).await?;
        Ok(txn)
    }

    /// Commits what changed, and tells the readers.
    pub(super) async fn commit(
        &mut self,
        txn: DatabaseTransaction,
        changed: Changed,
        event: Option<i64>,
    ) -> Result<()> {
        txn.commit().await?;
        if let Some(no) = event {
            self.app.head.advance(no);
        }
        self.known.committed(changed, event);
        self.acted = true;
        Ok(())
    }

    /// Notes how a call to the lab went.
    pub(super) fn heard<T>(&mut self, answer: &Result<T, CallError>) {
        match answer {
            Ok(_) => self.contacted = true,
            Err(error) => match error.kind {
                // the lab is well; it is the call that it does not like
                CallFailure::Refused | CallFailure::Missing => self.contacted = true,
                CallFailure::NotSent
                | CallFailure::Unanswered
                | CallFailure::Busy { .. }
                | CallFailure::Denied
                | CallFailure::Garbled => {
                    if self.failure.is_none() {
                        self.failure = Some(error.clone());
                    }
                }
            },
        }
    }

    /// Notes how a call to the federated server went.
    pub(super) fn heard_federated<T>(&mut self, answer: &Result<T, CallError>) {
        let well = match answer {
            Ok(_) => true,
            Err(error) => match error.kind {
                CallFailure::Refused | CallFailure::Missing => true,
                CallFailure::NotSent
                | CallFailure::Unanswered
                | CallFailure::Busy { .. }
                | CallFailure::Denied
                | CallFailure::Garbled => false,
            },
        };
        self.replica.federated.heard(well, self.now);
    }

    /// Makes sure that a call sent now ends before anybody can take the lab over.
    ///
    /// # Errors
    /// `CONFLICT` when that cannot be said: then nothing is sent.
    pub(super) fn may_send(&self) -> Result<()> {
        if self.replica.may_send() {
            return Ok(());
        }
        Err(Error::new(
            Code::Conflict,
            "The last heartbeat is too old to send anything.",
        ))
    }

    /// Writes to a server on behalf of a round: commits the intent, calls, commits
    /// the outcome.
    ///
    /// # Errors
    /// When the database fails, or the seat is lost; the answer of the call is
    /// within.
    pub(super) async fn write<T>(
        &mut self,
        what: &Entry<'_>,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<Result<T, CallError>> {
        let txn = self.begin().await?;
        transition::append_trail(&txn, what, self.by(), self.now).await?;
        self.commit(txn, Changed::Nothing, None).await?;
        self.may_send()?;
        let answer = call.await;
        self.now = self.app.db.now().await?;
        let why = outcome(&answer);
        let txn = self.begin().await?;
        let entry = Entry {
            kind: TrailKind::Outcome,
            why: &why,
            ..*what
        };
        transition::append_trail(&txn, &entry, self.by(), self.now).await?;
        self.commit(txn, Changed::Nothing, None).await?;
        Ok(answer)
    }
}

/// The outcome of a call as the trail has it.
pub(super) fn outcome<T>(answer: &Result<T, CallError>) -> reason::Reason {
    match answer {
        Ok(_) => reason::Reason::new(reason::Code::Done, "Done."),
        Err(error) => {
            let code = match error.kind {
                CallFailure::NotSent => reason::Code::NotSent,
                CallFailure::Unanswered | CallFailure::Busy { .. } | CallFailure::Garbled => {
                    reason::Code::Unanswered
                }
                CallFailure::Denied => reason::Code::CredentialRefused,
                CallFailure::Refused | CallFailure::Missing => reason::Code::Refused,
            };
            reason::Reason::new(code, error.sentence.clone())
        }
    }
}

/// The reason of an intent.
pub(super) fn sending(sentence: impl Into<String>) -> reason::Reason {
    reason::Reason::new(reason::Code::Sending, sentence)
}

/// How long strays are not looked for again.
pub(super) const SWEEP: TimeDelta = TimeDelta::seconds(60);
