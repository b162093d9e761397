//! When the demo's labs lend: each day of theirs takes nine minutes, and the
//! second lab is half a day behind the first. Pure.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;

/// From one opening of a lab to its next, in minutes.
const DAY: i64 = 9;
/// How long it lends, in minutes.
pub(super) const WINDOW: i32 = 6;
/// On every second day, so many seconds after the opening, the unlucky lab does
/// not answer, until so many.
const DARK: (i64, i64) = (75, 8 * 60);

/// The opening of the day that is on, or of the next when its window is over.
pub(super) fn opening(now: DateTime<Utc>, behind: i64) -> DateTime<Utc> {
    let today = today(now, behind);
    if now < today + TimeDelta::minutes(WINDOW.into()) {
        today
    } else {
        today + TimeDelta::minutes(DAY)
    }
}

/// As the setting of a window has it.
pub(super) fn local(opening: DateTime<Utc>, zone: Tz) -> String {
    let local = opening.with_timezone(&zone);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// Whether the unlucky lab is out of reach.
pub(super) fn is_dark(now: DateTime<Utc>, behind: i64) -> bool {
    let today = today(now, behind);
    let passed = (now - today).num_seconds();
    let second = today.timestamp().div_euclid(DAY * 60) % 2 == 0;
    second && (DARK.0..DARK.1).contains(&passed)
}

fn today(now: DateTime<Utc>, behind: i64) -> DateTime<Utc> {
    let passed = (now.timestamp() - behind * 60).rem_euclid(DAY * 60);
    now.with_nanosecond(0).unwrap_or(now) - TimeDelta::seconds(passed)
}
