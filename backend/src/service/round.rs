//! Rounds: one lab's window on one day. Read only; who drives the lab writes them.

use entity::{
    lab::LabId,
    round::{self, RoundId, RoundState},
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, Select,
};

use crate::{
    error::Result,
    service::page::{self, Page, Window},
};

/// Which rounds to list; what is None does not matter.
#[derive(Clone, Debug, Default)]
pub struct RoundFilter {
    pub lab: Option<LabId>,
    /// Only those that have not ended.
    pub current: bool,
}

impl RoundFilter {
    fn select(&self) -> Select<round::Entity> {
        round::Entity::find().filter(
            Condition::all()
                .add_option(self.lab.map(|id| round::Column::LabId.eq(id)))
                .add_option(
                    self.current
                        .then(|| round::Column::State.ne(RoundState::Ended)),
                ),
        )
    }
}

/// Rounds, newest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &RoundFilter,
    window: &Window,
) -> Result<Page<round::Model>> {
    page::by_id(db, filter.select(), round::Column::Id, true, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &RoundFilter) -> Result<u64> {
    page::count(db, filter.select()).await
}

/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, id: RoundId) -> Result<Option<round::Model>> {
    Ok(round::Entity::find_by_id(id).one(db).await?)
}

/// The round of a lab that is on.
///
/// # Errors
/// When the database fails.
pub async fn current(db: &impl ConnectionTrait, lab: LabId) -> Result<Option<round::Model>> {
    let filter = RoundFilter {
        lab: Some(lab),
        current: true,
    };
    Ok(filter.select().one(db).await?)
}
