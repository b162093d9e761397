//! A lab that lends: when, how it answers, who drives it.
//!
//! Must not know the clock: times are texts, and distances between them come
//! in milliseconds.

use std::rc::Rc;

use super::lending::{Lease, Round};
use super::time;

#[derive(Clone, Debug, Default)]
pub(crate) struct Lab {
    pub name: String,
    pub zone: String,
    /// HH:MM in its own time.
    pub opens: String,
    /// 0: nobody said when it lends.
    pub minutes: i64,
    pub paused: bool,
    pub open_until: Option<String>,
    pub opens_at: Option<String>,
    pub reachable: Option<bool>,
    pub contacted_at: Option<String>,
    pub failing_since: Option<String>,
    pub failure: Option<String>,
    pub driver: Option<String>,
    /// When its windows open and close within the day that is shown.
    pub windows: Vec<(String, String)>,
    pub round: Option<Round>,
    pub current: Vec<Rc<Lease>>,
    /// The newest first.
    pub ended: Vec<Rc<Lease>>,
}

impl Lab {
    /// "lends 20:00–22:00 Europe/Paris".
    pub(crate) fn window(&self) -> String {
        let end = (self.minutes > 0)
            .then(|| later(&self.opens, self.minutes))
            .flatten();
        match end {
            Some(end) => format!("lends {}\u{2013}{end} {}", self.opens, self.zone),
            None => format!("{}, nobody said when it lends", self.zone),
        }
    }

    /// Whether it lends now, and until or from when by `clock`, which is the
    /// lab's own; `left` is how far off that is.
    pub(crate) fn standing(
        &self,
        left: Option<f64>,
        clock: &dyn Fn(&str) -> String,
    ) -> Option<String> {
        let span = time::span(left.unwrap_or_default());
        if self.paused {
            return Some("paused: lends nothing until it is resumed".to_owned());
        }
        match (&self.open_until, &self.opens_at) {
            (Some(until), _) => Some(format!("open until {}, for {span}", clock(until))),
            (None, Some(at)) => Some(format!("opens {}, in {span}", clock(at))),
            (None, None) => None,
        }
    }

    /// How it answers, and whether that is bad.
    pub(crate) fn reach(&self, clock: &dyn Fn(&str) -> String) -> (String, bool) {
        let time = |at: &Option<String>| at.as_deref().map(clock).unwrap_or_default();
        match self.reachable {
            None => ("not called yet".to_owned(), false),
            Some(true) => (format!("answered {}", time(&self.contacted_at)), false),
            Some(false) => {
                let since = time(&self.failing_since);
                let why = self.failure.as_deref().unwrap_or("it does not answer");
                (format!("out of reach since {since}: {why}"), true)
            }
        }
    }

    pub(crate) fn driven(&self) -> String {
        match &self.driver {
            Some(holder) => format!("driven by {holder}"),
            None => "no server drives it".to_owned(),
        }
    }
}

/// A time of day so many minutes later; `None` for a text that is none.
fn later(clock: &str, minutes: i64) -> Option<String> {
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
    let at = (hour * 60 + minute + minutes).rem_euclid(24 * 60);
    Some(format!("{:02}:{:02}", at / 60, at % 60))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn lab(name: &str) -> Lab {
        Lab {
            name: name.into(),
            zone: "Europe/Paris".into(),
            opens: "20:00".into(),
            minutes: 600,
            ..Lab::default()
        }
    }

    #[test]
    fn a_window_is_told_with_its_end() {
        assert_eq!(lab("x").window(), "lends 20:00\u{2013}06:00 Europe/Paris");
        let silent = Lab {
            minutes: 0,
            ..lab("x")
        };
        assert_eq!(silent.window(), "Europe/Paris, nobody said when it lends");
        assert_eq!(later("soon", 5), None);
        let open = Lab {
            open_until: Some("2026-11-21T21:00:00Z".into()),
            ..lab("x")
        };
        assert_eq!(
            open.standing(Some(7_200_000.0), &time::utc).as_deref(),
            Some("open until 2026-11-21 21:00 UTC, for 2 h")
        );
        assert_eq!(lab("x").standing(None, &time::utc), None);
        let closed = Lab {
            opens_at: Some("2026-11-21T19:00:00Z".into()),
            ..lab("x")
        };
        assert_eq!(
            closed
                .standing(Some(60_000.0), &|_| "Sat 21 20:00".into())
                .as_deref(),
            Some("opens Sat 21 20:00, in 60 s")
        );
    }

    #[test]
    fn how_a_lab_answers_is_told_in_words() {
        assert_eq!(lab("x").reach(&time::utc), ("not called yet".into(), false));
        let dark = Lab {
            reachable: Some(false),
            failing_since: Some("2026-11-21T19:00:00Z".into()),
            failure: Some("the connection timed out".into()),
            ..lab("x")
        };
        assert_eq!(
            dark.reach(&time::utc),
            (
                "out of reach since 2026-11-21 19:00 UTC: the connection timed out".into(),
                true
            )
        );
        assert_eq!(lab("x").driven(), "no server drives it");
    }
}
