//! LAVA's health of a device, in LAVA's spelling. A column keeps the text, so
//! that what was saved is sent back unchanged.

use sea_orm::entity::prelude::*;

/// Health Good and Unknown let jobs run, Looping only health checks.
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
    /// As LAVA spells it.
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

    /// None for a word that is no health of a device.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        <Self as sea_orm::Iterable>::iter().find(|health| health.as_str() == word)
    }
}

impl std::fmt::Display for DeviceHealth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable as _;

    use super::*;

    #[test]
    fn the_column_keeps_what_lava_says() {
        let words: Vec<_> = DeviceHealth::iter().map(DeviceHealth::as_str).collect();
        assert_eq!(
            words,
            [
                "Good",
                "Unknown",
                "Looping",
                "Bad",
                "Maintenance",
                "Retired"
            ]
        );
        for health in DeviceHealth::iter() {
            assert_eq!(health.to_value(), health.as_str());
            assert_eq!(DeviceHealth::parse(health.as_str()), Some(health));
        }
        assert_eq!(DeviceHealth::parse("GOOD"), None);
    }
}
