//! Times in words: how long ago, how long it took.
//!
//! Must not know the clock or how a text becomes a time: both are milliseconds
//! since 1970 here.

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// "3 h ago". A time in the future is a clock that is off, and said as "now".
pub(crate) fn ago(now: f64, then: f64) -> String {
    let passed = now - then;
    if passed < 10.0 * SECOND {
        return "just now".to_owned();
    }
    format!("{} ago", span(passed))
}

/// "6 min", "3 h", "41 days": the largest unit that says enough.
pub(crate) fn span(millis: f64) -> String {
    // Whole numbers: the page carries no code that prints fractions.
    let count = |unit: f64| (millis / unit).max(0.0) as i64;
    if millis < 100.0 * SECOND {
        format!("{} s", count(SECOND))
    } else if millis < 100.0 * MINUTE {
        format!("{} min", count(MINUTE))
    } else if millis < 48.0 * HOUR {
        format!("{} h", count(HOUR))
    } else {
        format!("{} days", count(DAY))
    }
}

/// "01:42:10": hours, minutes and seconds.
pub(crate) fn clock(millis: f64) -> String {
    let seconds = (millis / SECOND).max(0.0) as i64;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// "2026-11-21 04:31 UTC" from the text of a time, which is always in UTC.
pub(crate) fn utc(text: &str) -> String {
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => text.to_owned(),
    }
}

/// "21 Nov" from the text of a time.
pub(crate) fn day(text: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let number = |part: Option<&str>| part.and_then(|digits| digits.parse::<usize>().ok());
    let month = number(text.get(5..7)).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (number(text.get(8..10)), month) {
        (Some(day), Some(month)) => format!("{day} {month}"),
        _ => text.to_owned(),
    }
}

/// "2026-11-21", the date where it is the day "Sat 21" now, in whose text a time
/// is in UTC: there, it may be a day earlier or later. UTC's where nothing is known.
pub(crate) fn date_there(now: f64, day: Option<&str>, text: impl Fn(f64) -> String) -> String {
    let date = |days: f64| {
        text(now + days * DAY)
            .get(..10)
            .unwrap_or_default()
            .to_owned()
    };
    let number = day.and_then(|day| day.rsplit(' ').next()?.parse::<u8>().ok());
    let is_it =
        |date: &String| number.is_some_and(|number| date.ends_with(&format!("-{number:02}")));
    [-1.0, 0.0, 1.0]
        .map(date)
        .into_iter()
        .find(is_it)
        .unwrap_or_else(|| date(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(utc("2026-11-21T04:31:05.123Z"), "2026-11-21 04:31 UTC");
        assert_eq!(day("2026-11-01T04:31:05Z"), "1 Nov");
        assert_eq!(day("2026-13-01"), "2026-13-01");
        assert_eq!(utc("soon"), "soon");
    }

    #[test]
    fn a_date_is_that_of_the_place() {
        let text = |at: f64| format!("2026-11-{:02}T23:30:00Z", 1 + (at / DAY) as i64);
        let there = |day| date_there(20.0 * DAY, day, text);
        assert_eq!(there(Some("Sat 21")), "2026-11-21");
        assert_eq!(there(Some("Fri 20")), "2026-11-20");
        assert_eq!(there(Some("Sun 22")), "2026-11-22");
        assert_eq!(there(None), "2026-11-21", "a zone nobody knows");
        assert_eq!(date_there(0.0, Some("Tue 2"), text), "2026-11-02");
    }

    #[test]
    fn a_countdown_shows_its_seconds() {
        assert_eq!(clock(HOUR + 42.0 * MINUTE + 10.9 * SECOND), "01:42:10");
        assert_eq!(clock(100.0 * HOUR), "100:00:00");
        assert_eq!(clock(-5.0), "00:00:00");
    }

    #[test]
    fn the_largest_unit_that_says_enough() {
        let cases = [
            (0.0, "0 s"),
            (59.9 * SECOND, "59 s"),
            (100.0 * SECOND, "1 min"),
            (99.0 * MINUTE, "99 min"),
            (3.5 * HOUR, "3 h"),
            (47.0 * HOUR, "47 h"),
            (41.2 * DAY, "41 days"),
        ];
        for (millis, expected) in cases {
            assert_eq!(span(millis), expected);
        }
        assert_eq!(ago(0.0, 5.0 * HOUR), "just now");
        assert_eq!(ago(5.0 * HOUR, 0.0), "5 h ago");
    }
}
