//! What a lab gives, and what became of its devices.
//!
//! Must not know how it is laid out.

use super::answer::plural;
use super::lab::Lab;
use super::lending::Lease;

/// What a lab gave within the last 30 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contribution {
    pub held_seconds: i64,
    pub jobs: i64,
    pub regressions: i64,
}

/// A lab in the list of all.
#[derive(Clone, Debug)]
pub(crate) struct LabCard {
    pub lab: Lab,
    pub given: Contribution,
    pub devices: i64,
    pub held: usize,
}

/// A lab with its devices and what was lent of it.
#[derive(Clone, Debug)]
pub(crate) struct LabDetail {
    pub lab: Lab,
    pub given: Contribution,
    pub url: Option<String>,
    pub door: String,
    pub has_api_token: bool,
    pub days_off: Vec<String>,
    pub devices: Vec<Device>,
    pub devices_total: i64,
    pub leases: Vec<Lease>,
    pub leases_total: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub hostname: String,
    pub device_type: String,
    pub lendable: bool,
    pub docker_device: Option<String>,
    pub federated_name: Option<String>,
    pub lease: Option<Lease>,
}

/// A device with all it was lent for.
#[derive(Clone, Debug)]
pub(crate) struct DeviceDetail {
    pub device: Device,
    /// Whose dictionary the federated server has of it.
    pub dictionary: &'static str,
    pub leases: Vec<Lease>,
    pub total: i64,
}

impl Contribution {
    /// "12 device-hours"; what is less than an hour is told in minutes.
    pub(crate) fn lent(&self) -> String {
        match (self.held_seconds / 3_600, self.held_seconds / 60) {
            (0, 0) => "nothing".to_owned(),
            (0, minutes) => counted(minutes, "device-minute"),
            (hours, _) => counted(hours, "device-hour"),
        }
    }

    pub(crate) fn jobs(&self) -> String {
        counted(self.jobs, "job")
    }

    pub(crate) fn regressions(&self) -> String {
        counted(self.regressions, "regression")
    }

    pub(crate) fn said(&self) -> String {
        format!(
            "{}, {}, {} found",
            self.lent(),
            self.jobs(),
            self.regressions()
        )
    }
}

impl LabDetail {
    /// Days that are still to come; a lab's day and the server's differ by one at most.
    pub(crate) fn days_off_from(&self, day: &str) -> Vec<&str> {
        let days = self.days_off.iter().map(String::as_str);
        days.filter(|off| *off >= day).collect()
    }
}

impl Device {
    /// What keeps it from being lent, if anything does.
    pub(crate) fn standing(&self) -> &'static str {
        match (self.lendable, &self.lease) {
            (_, Some(lease)) => lease.word(),
            (true, None) => "waits for the next window",
            (false, None) => "not lent",
        }
    }
}

/// Whose dictionary the federated server shows of a device.
pub(crate) fn dictionary(own: bool, shared: bool) -> &'static str {
    match (own, shared) {
        (true, _) => "its own, made for the federated server",
        (false, true) => "the lab's",
        (false, false) => "none: without one it cannot be lent",
    }
}

fn counted(number: i64, one: &str) -> String {
    plural(u32::try_from(number).unwrap_or(u32::MAX), one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::tests::lab;
    use crate::model::lending::LeaseState;
    use crate::model::lending::tests::lease;

    #[test]
    fn what_a_lab_gave_is_told_in_words() {
        let given = |held_seconds| Contribution {
            held_seconds,
            jobs: 1,
            regressions: 2,
        };
        assert_eq!(
            given(7_300).said(),
            "2 device-hours, 1 job, 2 regressions found"
        );
        assert_eq!(given(119).lent(), "1 device-minute");
        assert_eq!(given(0).lent(), "nothing");
    }

    #[test]
    fn a_device_says_why_it_is_not_lent() {
        let device = |lendable, lease| Device {
            hostname: "bbb-01".into(),
            device_type: "bbb".into(),
            lendable,
            docker_device: None,
            federated_name: None,
            lease,
        };
        let held = lease("1", "bbb-01", LeaseState::Held, false);
        assert_eq!(device(true, Some(held)).standing(), "held");
        assert_eq!(device(true, None).standing(), "waits for the next window");
        assert_eq!(device(false, None).standing(), "not lent");
        assert!(dictionary(false, false).starts_with("none"));
    }

    #[test]
    fn days_off_that_are_over_are_not_told() {
        let detail = LabDetail {
            lab: lab("paris"),
            given: Contribution::default(),
            url: None,
            door: String::new(),
            has_api_token: true,
            days_off: vec!["2026-11-20".into(), "2026-12-24".into()],
            devices: Vec::new(),
            devices_total: 0,
            leases: Vec::new(),
            leases_total: 0,
        };
        assert_eq!(detail.days_off_from("2026-11-21"), ["2026-12-24"]);
    }
}
