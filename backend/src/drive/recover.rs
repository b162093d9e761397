//! What a predecessor left behind: an intent without an outcome is a call that
//! may have been sent, and may still arrive.

use entity::{
    lease,
    trail::{self, TrailKind},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::{known::Changed, leases::hands_over, tick::Tick};
use crate::{
    error::Result,
    lease::{
        reason::{Code, Reason},
        state::SETTLE,
    },
    service::transition::{self, Entry},
};

/// Gives the last intent of the lab its outcome, if it has none: calls are made
/// one after the other, so no earlier one can lack it.
pub(super) async fn recover(tick: &mut Tick<'_>) -> Result<()> {
    let last = trail::Entity::find()
        .filter(trail::Column::LabId.eq(tick.lab.id))
        .filter(trail::Column::Kind.is_in([TrailKind::Intent, TrailKind::Outcome]))
        .order_by_desc(trail::Column::Id)
        .one(tick.app.db.read())
        .await?;
    let Some(intent) = last.filter(|row| row.kind == TrailKind::Intent) else {
        return Ok(());
    };
    let why = Reason::new(
        Code::Unanswered,
        "Whoever sent it has ended; whether it arrived is not known.",
    );
    let entry = Entry {
        lab: intent.lab_id,
        round: intent.round_id,
        lease: intent.lease_id,
        submission: intent.submission_id,
        kind: TrailKind::Outcome,
        action: &intent.action,
        before: intent.before.as_deref(),
        after: intent.after.as_deref(),
        why: &why,
        event: None,
    };
    let found = match intent.lease_id.filter(|_| hands_over(&intent.action)) {
        Some(id) => {
            lease::Entity::find_by_id(id)
                .one(tick.app.db.read())
                .await?
        }
        None => None,
    };
    let txn = tick.begin().await?;
    let event = match found.filter(|lease| !lease.state.is_final()) {
        Some(lease) => {
            let facts = lease::ActiveModel {
                unsettled_until: Set(Some(tick.now + SETTLE)),
                ..Default::default()
            };
            let by = tick.by();
            Some(transition::note_lease(&txn, &lease, facts, &entry, by, tick.now).await?)
        }
        None => {
            transition::append_trail(&txn, &entry, tick.by(), tick.now).await?;
            None
        }
    };
    tick.commit(txn, Changed::Leases, event).await?;
    tracing::info!(lab.name = %tick.lab.name, action = intent.action, "a call of a predecessor has no answer");
    Ok(())
}
