//! The time a device is ours. `lease` in the backend says what may happen when.

use sea_orm::{ExprTrait as _, QueryFilter as _, entity::prelude::*};

use crate::{device::DeviceId, device_health::DeviceHealth, lab::LabId, round::RoundId};

crate::id!(LeaseId);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum LeaseState {
    /// Wanted; the lab has not been touched.
    #[sea_orm(string_value = "planned")]
    Planned,
    /// The health found is saved; the device is being taken.
    #[sea_orm(string_value = "acquiring")]
    Acquiring,
    /// Ours, and open at the federated server.
    #[sea_orm(string_value = "held")]
    Held,
    /// Being given back.
    #[sea_orm(string_value = "releasing")]
    Releasing,
    /// Cannot be given back until a person acts; tried again all the same.
    #[sea_orm(string_value = "stuck")]
    Stuck,
    /// Given back.
    #[sea_orm(string_value = "released")]
    Released,
    /// Never taken.
    #[sea_orm(string_value = "skipped")]
    Skipped,
}

impl LeaseState {
    /// Nothing happens to the lease any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Released | Self::Skipped => true,
            Self::Planned | Self::Acquiring | Self::Held | Self::Releasing | Self::Stuck => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LeaseId,
    pub round_id: RoundId,
    pub lab_id: LabId,
    pub device_id: DeviceId,
    pub state: LeaseState,
    /// Why it is in its state: a stable code and a sentence.
    pub code: String,
    pub reason: String,
    /// The health found in the lab; durable before we change it, never changed after.
    pub saved_health: Option<DeviceHealth>,
    /// The end of the lab's window: the device is back by then.
    pub ends_at: DateTimeUtc,
    pub planned_at: DateTimeUtc,
    /// When Maintenance was first about to be set: from here on it may be ours.
    pub asked_at: Option<DateTimeUtc>,
    /// When the lab last showed our Maintenance for the first time.
    pub taken_at: Option<DateTimeUtc>,
    /// When the lab showed Maintenance and Idle: its own job is over.
    pub idle_at: Option<DateTimeUtc>,
    /// When all was in place at the federated server but the opening.
    pub prepared_at: Option<DateTimeUtc>,
    /// When it was about to be opened at the federated server.
    pub opened_at: Option<DateTimeUtc>,
    /// When giving back began.
    pub released_from_at: Option<DateTimeUtc>,
    /// When the federated server showed it closed.
    pub closed_at: Option<DateTimeUtc>,
    /// When the saved health was first about to be set again.
    pub restored_at: Option<DateTimeUtc>,
    /// Until when a call without an answer may still take effect, in the lab or at the federated server.
    pub unsettled_until: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    /// How often it was taken again because LAVA itself had opened it.
    pub retakes: i32,
    /// Code of the reason for which somebody wants it back now.
    pub release_asked: Option<String>,
    pub release_reason: Option<String>,
    /// Whoever wants it back wants it left in Maintenance.
    pub keep_in_maintenance: bool,
    /// The fence of the driver that last changed it.
    pub fence: i64,
    /// The event that last changed it.
    pub event_no: i64,
}

impl Entity {
    /// The leases that are not over.
    #[must_use]
    pub fn open() -> Select<Self> {
        let over = [LeaseState::Released, LeaseState::Skipped];
        let over = over.map(|state| crate::written(&state));
        Self::find().filter(Expr::col((Entity, Column::State)).is_not_in(over))
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
