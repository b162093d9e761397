//! One lab's window on one day, for one version: its SLAVE jobs and its leases.

use sea_orm::{ExprTrait as _, QueryFilter as _, entity::prelude::*};

use crate::{lab::LabId, version::VersionId};

crate::id!(RoundId);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum RoundState {
    /// Devices are acquired and tested.
    #[sea_orm(string_value = "open")]
    Open,
    /// Everything is given back.
    #[sea_orm(string_value = "closing")]
    Closing,
    /// All leases and jobs are over.
    #[sea_orm(string_value = "ended")]
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "round")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RoundId,
    pub lab_id: LabId,
    /// The federated server's version when the round started.
    pub version_id: VersionId,
    /// The lab's window of that day.
    pub opens_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub state: RoundState,
    /// Why it closes: a stable code and a sentence.
    pub code: Option<String>,
    pub reason: Option<String>,
    pub started_at: DateTimeUtc,
    pub closing_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
}

impl Entity {
    /// The rounds that are not over.
    #[must_use]
    pub fn open() -> Select<Self> {
        let ended = crate::written(&RoundState::Ended);
        Self::find().filter(Expr::col((Entity, Column::State)).ne(ended))
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
