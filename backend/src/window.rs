//! A lab's daily window: local time, time zone and days off in; until when it
//! is open, or when it opens next, out. Pure; must not know what is done in it.
//!
//! A window begins at a local time of day and takes so many minutes of real
//! time. Where the clocks skip its beginning it begins when they have skipped;
//! where they show it twice it begins the first time. A window that begins
//! before midnight belongs to the day on which it begins.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The settings of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daily {
    pub zone: Tz,
    /// Minute of the local day.
    pub opens: u32,
    /// Its length; 0: it never opens.
    pub minutes: u32,
    /// Local days on which it does not open.
    pub days_off: Vec<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Open {
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    },
    /// None: it never opens.
    Closed { opens_at: Option<DateTime<Utc>> },
}

/// How far ahead an opening is looked for.
const HORIZON: u64 = 400;

impl Daily {
    /// The window at an instant.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Window {
        let length = TimeDelta::minutes(self.minutes.into());
        if length.is_zero() {
            return Window::Closed { opens_at: None };
        }
        let today = now.with_timezone(&self.zone).date_naive();
        let Some(first) = today.checked_sub_days(Days::new(2)) else {
            return Window::Closed { opens_at: None };
        };
        let mut opens_at = None;
        for day in first
            .iter_days()
            .take(usize::try_from(HORIZON).unwrap_or(1))
        {
            let Some(since) = self.opening(day) else {
                continue;
            };
            if since > now {
                opens_at = Some(since);
                break;
            }
            // a longer window ends where the next one begins
            let next = day.succ_opt().and_then(|day| self.opening(day));
            let until = next.map_or(since + length, |next| next.min(since + length));
            if now < until {
                return Window::Open { since, until };
            }
        }
        Window::Closed { opens_at }
    }

    /// The windows that are open at some time between two instants, in order.
    #[must_use]
    pub fn between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut found = Vec::new();
        let mut at = from;
        while at < to {
            match self.at(at) {
                Window::Open { since, until } => {
                    found.push((since, until));
                    at = until;
                }
                Window::Closed {
                    opens_at: Some(opens),
                } => at = opens,
                Window::Closed { opens_at: None } => break,
            }
        }
        found
    }

    /// When it opens on a local day.
    fn opening(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        if self.days_off.contains(&day) {
            return None;
        }
        let midnight = day.and_hms_opt(0, 0, 0)?;
        self.instant(midnight + TimeDelta::minutes(self.opens.into()))
    }

    fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        // clocks skip an hour or less nearly everywhere, a day where a country changed sides
        (0..=25).find_map(|hours| {
            match self
                .zone
                .from_local_datetime(&(local + TimeDelta::hours(hours)))
            {
                LocalResult::Single(time) | LocalResult::Ambiguous(time, _) if hours == 0 => {
                    Some(time.to_utc())
                }
                LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => {
                    Some(first_after_gap(self.zone, time.to_utc()))
                }
                LocalResult::None => None,
            }
        })
    }
}

/// The instant at which the clocks skipped, given one within a day after it.
fn first_after_gap(zone: Tz, after: DateTime<Utc>) -> DateTime<Utc> {
    use chrono::Offset as _;
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let (mut before, mut late) = (after - TimeDelta::hours(26), after);
    let new = offset(after);
    while late - before > TimeDelta::seconds(1) {
        let middle = before + (late - before) / 2;
        if offset(middle) == new {
            late = middle;
        } else {
            before = middle;
        }
    }
    DateTime::from_timestamp(late.timestamp(), 0).unwrap_or(late)
}

#[cfg(test)]
mod tests;
