//! What a driver knows of its rows from the tick before. Who else changes one of
//! them appends an event in the same transaction: as long as the newest event is
//! the one known here, what is known is so. Must not know what the rows mean.

use chrono::TimeDelta;
use entity::{
    alert, device,
    lab::{self, LabId},
    lab_driver, lease as lease_row, round as round_row, submission, version,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::tick::Tick;
use crate::{
    app::App,
    error::{Error, Result},
    event,
    service::lab as labs,
    window::Daily,
};

/// What a server showed no longer ago is taken for what it shows, where nothing hangs on the difference.
pub(super) const LATELY: TimeDelta = TimeDelta::seconds(5);

/// What is on in a lab.
#[derive(Debug)]
pub(super) struct OnNow {
    pub(super) round: round_row::Model,
    /// The federated server's version that the round is for.
    pub(super) version: String,
    pub(super) leases: Vec<lease_row::Model>,
    /// All of the round, over or not.
    pub(super) submissions: Vec<submission::Model>,
    /// Those of leases that are not over.
    pub(super) devices: Vec<device::Model>,
}

/// Which rows a commit of ours changed, beside the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    Nothing,
    Leases,
    Submissions,
}

/// None of a part: it is to be read.
#[derive(Debug)]
pub(super) struct Known {
    /// The newest event when it was read, and ours since then.
    as_of: i64,
    pub(super) lab: lab::Model,
    pub(super) daily: Daily,
    /// The lab's round that is not over, if there is one.
    pub(super) on: Option<Option<OnNow>>,
    pub(super) driver: Option<lab_driver::Model>,
    /// Those of the lab that last.
    pub(super) alerts: Option<Vec<alert::Model>>,
    leases_changed: bool,
    submissions_changed: bool,
}

impl Known {
    /// What was known, if it is still so; otherwise read anew. None: there is no such lab.
    pub(super) async fn now(app: &App, kept: Option<Self>, lab: LabId) -> Result<Option<Self>> {
        let db = app.db.read();
        // before the rows, so that these are never older than it says
        let (newest, _) = event::bounds(db).await?;
        if let Some(known) = kept.filter(|known| known.as_of == newest) {
            return Ok(Some(known));
        }
        let Some(lab) = lab::Entity::find_by_id(lab).one(db).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            as_of: newest,
            daily: labs::window(db, &lab).await?,
            lab,
            on: None,
            driver: None,
            alerts: None,
            leases_changed: false,
            submissions_changed: false,
        }))
    }

    /// Notes a commit of ours, and the event that told of it.
    pub(super) fn committed(&mut self, changed: Changed, event: Option<i64>) {
        match changed {
            Changed::Nothing => {}
            Changed::Leases => self.leases_changed = true,
            Changed::Submissions => self.submissions_changed = true,
        }
        self.as_of = after(self.as_of, event);
    }
}

/// What is known as of an event is known as of ours too, if that is the next one. With another's in between it is left
/// behind, and so read again.
fn after(as_of: i64, ours: Option<i64>) -> i64 {
    match ours {
        Some(no) if no == as_of + 1 => no,
        Some(_) | None => as_of,
    }
}

/// The round that is on, as it is now.
pub(super) async fn on(tick: &mut Tick<'_>) -> Result<Option<OnNow>> {
    match tick.known.on.take() {
        Some(Some(on)) => Ok(Some(refresh(tick, on).await?)),
        Some(None) => Ok(None),
        None => {
            let Some(round) = open_round(tick).await? else {
                return Ok(None);
            };
            let version = version_name(tick, &round).await?;
            Ok(Some(read(tick, round, version).await?))
        }
    }
}

async fn open_round(tick: &Tick<'_>) -> Result<Option<round_row::Model>> {
    Ok(round_row::Entity::open()
        .filter(round_row::Column::LabId.eq(tick.lab.id))
        .one(tick.app.db.read())
        .await?)
}

async fn version_name(tick: &Tick<'_>, round: &round_row::Model) -> Result<String> {
    version::Entity::find_by_id(round.version_id)
        .one(tick.app.db.read())
        .await?
        .map(|row| row.name)
        .ok_or_else(|| Error::internal("a round has no version"))
}

/// The round with its leases and submissions.
pub(super) async fn read(
    tick: &mut Tick<'_>,
    round: round_row::Model,
    version: String,
) -> Result<OnNow> {
    tick.known.leases_changed = false;
    tick.known.submissions_changed = false;
    let leases = leases_of(tick, &round).await?;
    let open = leases.iter().filter(|lease| !lease.state.is_final());
    let devices: Vec<_> = open.map(|lease| lease.device_id).collect();
    let devices = if devices.is_empty() {
        Vec::new()
    } else {
        device::Entity::find()
            .filter(device::Column::Id.is_in(devices))
            .all(tick.app.db.read())
            .await?
    };
    let submissions = submissions_of(tick, &round).await?;
    Ok(OnNow {
        round,
        version,
        leases,
        submissions,
        devices,
    })
}

/// The rows that we changed since they were read: nobody else moves them while
/// we have the seat.
pub(super) async fn refresh(tick: &mut Tick<'_>, mut on: OnNow) -> Result<OnNow> {
    if std::mem::take(&mut tick.known.leases_changed) {
        on.leases = leases_of(tick, &on.round).await?;
        let leases = &on.leases;
        on.devices.retain(|device| {
            let mut its = leases.iter().filter(|lease| lease.device_id == device.id);
            its.any(|lease| !lease.state.is_final())
        });
    }
    if std::mem::take(&mut tick.known.submissions_changed) {
        on.submissions = submissions_of(tick, &on.round).await?;
    }
    Ok(on)
}

/// As `refresh`; and all of it, if people asked something while servers took their time.
pub(super) async fn look_again(tick: &mut Tick<'_>, on: OnNow) -> Result<OnNow> {
    let (newest, _) = event::bounds(tick.app.db.read()).await?;
    if newest == tick.known.as_of {
        return refresh(tick, on).await;
    }
    read(tick, on.round, on.version).await
}

async fn leases_of(tick: &Tick<'_>, round: &round_row::Model) -> Result<Vec<lease_row::Model>> {
    Ok(lease_row::Entity::find()
        .filter(lease_row::Column::RoundId.eq(round.id))
        .order_by_asc(lease_row::Column::Id)
        .all(tick.app.db.read())
        .await?)
}

async fn submissions_of(
    tick: &Tick<'_>,
    round: &round_row::Model,
) -> Result<Vec<submission::Model>> {
    Ok(submission::Entity::find()
        .filter(submission::Column::RoundId.eq(round.id))
        .order_by_asc(submission::Column::Id)
        .all(tick.app.db.read())
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anothers_event_before_ours_is_not_skipped() {
        assert_eq!(after(7, Some(8)), 8);
        assert_eq!(after(7, Some(9)), 7);
        assert_eq!(after(7, None), 7);
    }
}
