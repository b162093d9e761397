//! LAVA's health of a device, in LAVA's spelling.

use sea_orm::{Iterable as _, entity::prelude::*};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum DeviceHealth {
    #[sea_orm(string_value = "Good")]
    Good,
    #[sea_orm(string_value = "Unknown")]
    Unknown,
    #[sea_orm(string_value = "Looping")]
    Looping,
    #[sea_orm(string_value = "Bad")]
    Bad,
    #[sea_orm(string_value = "Maintenance")]
    Maintenance,
    #[sea_orm(string_value = "Retired")]
    Retired,
}

impl DeviceHealth {
    /// As REST spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Unknown => "Unknown",
            Self::Looping => "Looping",
            Self::Bad => "Bad",
            Self::Maintenance => "Maintenance",
            Self::Retired => "Retired",
        }
    }

    /// The health of that name in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::iter().find(|health| health.as_str().eq_ignore_ascii_case(name))
    }
}
