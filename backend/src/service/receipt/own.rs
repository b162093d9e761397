//! What a job's own token may tell: of that job alone, and only how far it is.
//! What it says of features is fetched by those who drive the lab; the fetch wins.

use entity::{receipt::ReceiptState, submission, token::TokenId};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use super::{Fate, Reading};
use crate::error::{Code, Result};

/// Holds a reading to what the token that brought it may tell. True: it is the
/// word of a job of ours, and worth a look at its server.
pub(super) async fn confine(
    db: &impl ConnectionTrait,
    token: TokenId,
    reading: &mut Result<Reading, Fate>,
) -> Result<bool> {
    let Ok(told) = reading else { return Ok(false) };
    let row = submission::Entity::find()
        .filter(submission::Column::TokenId.eq(token))
        .one(db)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let report = &mut told.report;
    let same = report.description == row.name
        && row
            .external_id
            .as_ref()
            .is_none_or(|id| *id == report.external_id);
    if same {
        report.verdicts = None;
        return Ok(true);
    }
    *reading = Err(Fate {
        state: ReceiptState::Refused,
        why: Some((
            Code::Forbidden,
            format!("This token is good for the job {:?} alone.", row.name),
        )),
        job: None,
    });
    Ok(false)
}
