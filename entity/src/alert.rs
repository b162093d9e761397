//! What a person has to know: raised and cleared by those who see it.

use sea_orm::entity::prelude::*;

use crate::{lab::LabId, lease::LeaseId};

crate::id!(AlertId);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum AlertKind {
    /// A device is not back although its window is over.
    #[sea_orm(string_value = "overdue")]
    Overdue,
    /// A device cannot be given back until a person acts.
    #[sea_orm(string_value = "stuck")]
    Stuck,
    #[sea_orm(string_value = "lab_unreachable")]
    LabUnreachable,
    #[sea_orm(string_value = "credential_refused")]
    CredentialRefused,
    #[sea_orm(string_value = "federated_unreachable")]
    FederatedUnreachable,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AlertId,
    /// One alert of a key is open at a time.
    pub key: String,
    pub kind: AlertKind,
    pub lab_id: Option<LabId>,
    pub lease_id: Option<LeaseId>,
    pub sentence: String,
    pub since: DateTimeUtc,
    /// None while it lasts.
    pub until: Option<DateTimeUtc>,
    /// When the webhook took it, and its end.
    pub told_at: Option<DateTimeUtc>,
    pub told_end_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
