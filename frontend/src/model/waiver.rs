//! What broke in a version, and who takes responsibility for it.
//!
//! Must not know how it is shown.

use super::change::ChangeClass;
use super::release::{Place, Terms};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waivers {
    /// Whether the version is ready.
    pub sentence: String,
    pub broken: Vec<Broken>,
    /// How many there are of these.
    pub breaks: i64,
    /// Waivers there are and were, the newest first.
    pub past: Vec<Past>,
    pub total: i64,
}

/// A regression or new failure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Broken {
    pub class: ChangeClass,
    pub place: Place,
    pub since: Option<String>,
    pub waiver: Option<Terms>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Past {
    pub place: Place,
    pub terms: Terms,
    pub at: String,
    pub by: String,
    /// When it ended and who ended it.
    pub ended: Option<(String, String)>,
}

impl Place {
    /// "boot.u-boot on x15".
    pub(crate) fn said(&self) -> String {
        match &self.device_type {
            Some(device_type) => format!("{} on {device_type}", self.feature),
            None => self.feature.clone(),
        }
    }
}

/// The last second of a day, in UTC as all times of the page are.
pub(crate) fn end_of_day(day: &str) -> String {
    format!("{day}T23:59:59Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_meant_with_all_its_hours() {
        let ends = end_of_day("2026-11-30");
        assert!(ends.as_str() > "2026-11-30T23:59:00Z" && ends.as_str() < "2026-12-01");
    }

    #[test]
    fn a_generic_feature_is_on_no_device_type() {
        let place = |device_type: Option<&str>| Place {
            feature: "boot.u-boot".into(),
            device_type: device_type.map(str::to_owned),
        };
        assert_eq!(place(Some("x15")).said(), "boot.u-boot on x15");
        assert_eq!(place(None).said(), "boot.u-boot");
    }
}
