//! The cells of a version folded over one axis: by feature (all its
//! device-types) or by device-type (all its features). Exactly one of the two
//! is set. Kept by the transaction that changes a cell.

use sea_orm::entity::prelude::*;

use crate::{device_type::DeviceTypeId, feature::FeatureId, version::VersionId};

crate::id!(FoldId);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fold")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: FoldId,
    pub version_id: VersionId,
    pub feature_id: Option<FeatureId>,
    pub device_type_id: Option<DeviceTypeId>,
    /// Cells whose every real verdict is a pass.
    pub passed: i32,
    /// Cells whose every real verdict is a fail.
    pub failed: i32,
    /// Cells with verdicts both ways.
    pub flaky: i32,
    /// Cells without a real verdict whose attempts ended in infrastructure errors.
    pub infra: i32,
    /// Cells without a real verdict that no attempt came to.
    pub not_reached: i32,
    pub last_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
