//! What a person has to know of a lab: raised while it is so, cleared after.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::{
    alert::{self, AlertKind},
    event::EventKind,
    lab::LabId,
    lab_driver,
    lease::{self, LeaseId, LeaseState},
};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _};

use super::{known::Changed, seat::Replica, standing::Stand, tick::Tick};
use crate::{
    error::Result,
    event::{self, Subject},
    lease::reason::Code,
    service::alert as alerts,
};

/// A server that fails for less is not worth a person's while.
const UNREACHABLE: TimeDelta = TimeDelta::minutes(5);
/// What the key of the federated server's alert begins with; then comes the replica that raised it.
const FEDERATED: &str = "federated:";

struct Wanted {
    kind: AlertKind,
    /// None: it is of all labs alike.
    lab: Option<LabId>,
    lease: Option<LeaseId>,
    sentence: String,
}

/// By the lab's leases that are not over, and by what is known of how it answers.
pub(super) async fn keep(tick: &mut Tick<'_>, leases: &[lease::Model]) -> Result<()> {
    let mut wanted = wanted(tick, leases, tick.known.driver.as_ref());
    let open = match tick.known.alerts.take() {
        Some(open) => open,
        None => {
            alert::Entity::find()
                .filter(
                    Condition::any()
                        .add(alert::Column::LabId.eq(tick.lab.id))
                        .add(alert::Column::Kind.eq(AlertKind::FederatedUnreachable)),
                )
                .filter(alert::Column::Until.is_null())
                .all(tick.app.db.read())
                .await?
        }
    };
    of_federated(tick, &open, &mut wanted).await?;
    let gone: Vec<_> = open
        .iter()
        .filter(|row| !wanted.contains_key(&row.key))
        .collect();
    let new: Vec<_> = wanted
        .iter()
        .filter(|(key, _)| !open.iter().any(|row| row.key == **key))
        .collect();
    if gone.is_empty() && new.is_empty() {
        tick.known.alerts = Some(open);
        return Ok(());
    }
    let acted = tick.acted;
    let txn = tick.begin().await?;
    // so that an open page asks anew
    let kind = EventKind::CatalogChanged;
    let no = event::append(&txn, kind, tick.now, Subject::default()).await?;
    for row in gone {
        alerts::clear(&txn, &row.key, tick.now).await?;
        tracing::info!(lab.name = %tick.lab.name, alert = row.key, "alert over");
    }
    for (key, alert) in new {
        if alert.lab.is_none() && alerts::lasts(&txn, alert.kind).await? {
            // another replica was quicker
            continue;
        }
        alerts::raise(
            &txn,
            key,
            alert.kind,
            alert.lab,
            alert.lease,
            &alert.sentence,
            tick.now,
        )
        .await?;
        tracing::warn!(lab.name = %tick.lab.name, alert = key, "alert: {}", alert.sentence);
    }
    tick.commit(txn, Changed::Nothing, Some(no)).await?;
    tick.acted = acted;
    Ok(())
}

fn wanted(
    tick: &Tick<'_>,
    leases: &[lease::Model],
    driver: Option<&lab_driver::Model>,
) -> BTreeMap<String, Wanted> {
    let lab = Some(tick.lab.id);
    let mut wanted = BTreeMap::new();
    for row in leases {
        if row.state == LeaseState::Stuck {
            let alert = Wanted {
                kind: AlertKind::Stuck,
                lab,
                lease: Some(row.id),
                sentence: row.reason.clone(),
            };
            wanted.insert(format!("stuck:lease:{}", row.id), alert);
        }
        if row.asked_at.is_some() && tick.now > row.ends_at {
            let alert = Wanted {
                kind: AlertKind::Overdue,
                lab,
                lease: Some(row.id),
                sentence: format!(
                    "Lease {} should have ended at {}; its device is not back yet.",
                    row.id,
                    row.ends_at.format("%H:%M UTC")
                ),
            };
            wanted.insert(format!("overdue:lease:{}", row.id), alert);
        }
    }
    if let Some(row) = driver
        && let Some(since) = row.failing_since
    {
        let refused = row.failure_code.as_deref() == Some(Code::CredentialRefused.as_str());
        let kind = if refused {
            AlertKind::CredentialRefused
        } else {
            AlertKind::LabUnreachable
        };
        if refused || tick.now - since > UNREACHABLE {
            let alert = Wanted {
                kind,
                lab,
                lease: None,
                sentence: format!(
                    "The lab {}: {}",
                    tick.lab.name,
                    row.failure.as_deref().unwrap_or_default()
                ),
            };
            wanted.insert(format!("lab:{}:{kind:?}", tick.lab.id), alert);
        }
    }
    wanted
}

/// The one alert of the federated server, whichever lab's driver sees that it fails: the replica that raised it clears
/// it, or any that is answered once that one is gone or has no lab.
async fn of_federated(
    tick: &Tick<'_>,
    open: &[alert::Model],
    wanted: &mut BTreeMap<String, Wanted>,
) -> Result<()> {
    let stand = tick.replica.federated.at(tick.now, UNREACHABLE);
    let own = format!("{FEDERATED}{}", tick.replica.id);
    let lasting: Vec<_> = open
        .iter()
        .filter(|row| row.kind == AlertKind::FederatedUnreachable)
        .collect();
    let fails = match stand {
        Stand::FailingSince(since) => tick.now - since > UNREACHABLE,
        Stand::Unknown | Stand::Well => false,
    };
    if fails && lasting.is_empty() {
        let sentence = "The federated server does not answer.".to_owned();
        wanted.insert(own, of(None, sentence));
        return Ok(());
    }
    for row in lasting {
        let raiser = row.key.strip_prefix(FEDERATED).unwrap_or_default();
        let over = match stand {
            Stand::FailingSince(_) => false,
            // nobody asks it any more: nothing is known
            Stand::Unknown => row.key == own,
            Stand::Well => {
                row.key == own || !Replica::drives(tick.app.db.read(), raiser, tick.now).await?
            }
        };
        if !over {
            wanted.insert(row.key.clone(), of(row.lab_id, row.sentence.clone()));
        }
    }
    Ok(())
}

fn of(lab: Option<LabId>, sentence: String) -> Wanted {
    Wanted {
        kind: AlertKind::FederatedUnreachable,
        lab,
        lease: None,
        sentence,
    }
}
