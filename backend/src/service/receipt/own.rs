//! What a job's own token may tell: of that job alone, and only how far it is.
//! What it says of features is fetched by those who drive the lab; the fetch wins.

use entity::{receipt::ReceiptState, submission, token::TokenId};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use super::{Fate, Reading};
use crate::error::{Code, Result};

/// The job whose own token it is, if it is one's.
pub(super) async fn job_of(
    db: &impl ConnectionTrait,
    token: TokenId,
) -> Result<Option<submission::Model>> {
    Ok(submission::Entity::find()
        .filter(submission::Column::TokenId.eq(token))
        .one(db)
        .await?)
}

/// Holds a reading to what the own token of `job` may tell. True: it is the
/// word of a job of ours, and worth a look at its server.
pub(super) fn confine(job: &submission::Model, reading: &mut Result<Reading, Fate>) -> bool {
    let Ok(told) = reading else { return false };
    let report = &mut told.report;
    let same = report.description == job.name
        && job
            .external_id
            .as_ref()
            .is_none_or(|id| *id == report.external_id);
    if same {
        report.verdicts = None;
        return true;
    }
    *reading = Err(Fate {
        state: ReceiptState::Refused,
        why: Some((
            Code::Forbidden,
            format!("This token is good for the job {:?} alone.", job.name),
        )),
        job: None,
    });
    false
}
