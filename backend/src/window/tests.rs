//! Windows across midnight, clock changes and days off.

use proptest::prelude::*;

use super::*;

fn daily(zone: &str, opens: &str, minutes: u32) -> Daily {
    let (hour, minute) = opens.split_once(':').unwrap();
    Daily {
        zone: zone.parse().unwrap(),
        opens: hour.parse::<u32>().unwrap() * 60 + minute.parse::<u32>().unwrap(),
        minutes,
        days_off: Vec::new(),
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    format!("{}Z", text.replace(' ', "T")).parse().unwrap()
}

fn told(window: Window) -> String {
    let short = |time: DateTime<Utc>| time.format("%m-%d %H:%M").to_string();
    match window {
        Window::Open { since, until } => format!("open {} to {}", short(since), short(until)),
        Window::Closed {
            opens_at: Some(time),
        } => format!("opens {}", short(time)),
        Window::Closed { opens_at: None } => "never".to_owned(),
    }
}

#[test]
fn windows_of_a_day_are_those_that_touch_it() {
    let told = |daily: &Daily, from, to| {
        let short = |time: DateTime<Utc>| time.format("%d %H:%M").to_string();
        let windows = daily.between(utc(from), utc(to));
        let windows = windows
            .iter()
            .map(|(since, until)| format!("{} to {}", short(*since), short(*until)));
        windows.collect::<Vec<_>>().join(", ")
    };
    let (noon, next) = ("2026-11-25 02:00:00", "2026-11-26 02:00:00");
    let mut night = daily("Europe/Paris", "23:00", 360);
    assert_eq!(
        told(&night, noon, next),
        "24 22:00 to 25 04:00, 25 22:00 to 26 04:00"
    );
    night.days_off = vec![utc("2026-11-25 00:00:00").date_naive()];
    assert_eq!(told(&night, noon, next), "24 22:00 to 25 04:00");
    // one that never closes is one after the other, and one that never opens is none
    let always = daily("UTC", "00:00", 1_440);
    assert_eq!(
        told(&always, noon, next),
        "25 00:00 to 26 00:00, 26 00:00 to 27 00:00"
    );
    assert_eq!(told(&daily("UTC", "00:00", 0), noon, next), "");
    assert_eq!(told(&always, next, noon), "");
}

#[test]
fn a_window_opens_by_the_labs_clock() {
    let table = [
        // plain, and just at its edges
        (
            "UTC",
            "20:00",
            60,
            "2026-11-25 19:59:59",
            "opens 11-25 20:00",
        ),
        (
            "UTC",
            "20:00",
            60,
            "2026-11-25 20:00:00",
            "open 11-25 20:00 to 11-25 21:00",
        ),
        (
            "UTC",
            "20:00",
            60,
            "2026-11-25 21:00:00",
            "opens 11-26 20:00",
        ),
        // across midnight, local and UTC
        (
            "Asia/Tokyo",
            "23:30",
            120,
            "2026-11-25 15:30:00",
            "open 11-25 14:30 to 11-25 16:30",
        ),
        (
            "America/Los_Angeles",
            "20:00",
            600,
            "2026-11-26 10:00:00",
            "open 11-26 04:00 to 11-26 14:00",
        ),
        // the whole day
        (
            "UTC",
            "00:00",
            1440,
            "2026-11-25 23:59:59",
            "open 11-25 00:00 to 11-26 00:00",
        ),
        ("UTC", "20:00", 0, "2026-11-25 20:30:00", "never"),
        // Berlin skips 02:00 to 03:00 on 2026-03-29: 02:30 begins at 03:00, which is 01:00 UTC
        (
            "Europe/Berlin",
            "02:30",
            60,
            "2026-03-29 00:59:59",
            "opens 03-29 01:00",
        ),
        (
            "Europe/Berlin",
            "02:30",
            60,
            "2026-03-29 01:59:59",
            "open 03-29 01:00 to 03-29 02:00",
        ),
        (
            "Europe/Berlin",
            "02:30",
            60,
            "2026-03-30 00:45:00",
            "open 03-30 00:30 to 03-30 01:30",
        ),
        // and shows 02:00 to 03:00 twice on 2026-10-25: the first time counts
        (
            "Europe/Berlin",
            "02:30",
            60,
            "2026-10-25 00:30:00",
            "open 10-25 00:30 to 10-25 01:30",
        ),
        (
            "Europe/Berlin",
            "02:30",
            60,
            "2026-10-25 01:30:00",
            "opens 10-26 01:30",
        ),
        // a window of a whole day on a day of 23 hours ends where the next begins
        (
            "Europe/Berlin",
            "12:00",
            1440,
            "2026-03-29 09:59:59",
            "open 03-28 11:00 to 03-29 10:00",
        ),
        // Samoa had no 2011-12-30
        (
            "Pacific/Apia",
            "12:00",
            60,
            "2011-12-30 09:00:00",
            "opens 12-30 10:00",
        ),
    ];
    for (zone, opens, minutes, now, expected) in table {
        let window = daily(zone, opens, minutes).at(utc(now));
        assert_eq!(told(window), expected, "{zone} {opens} {minutes} at {now}");
    }
}

#[test]
fn a_day_off_has_no_window() {
    let mut daily = daily("Europe/Berlin", "23:00", 120);
    daily.days_off = vec![NaiveDate::from_ymd_opt(2026, 11, 25).unwrap()];
    // the window of the 24th reaches into the 25th
    assert_eq!(
        told(daily.at(utc("2026-11-24 23:30:00"))),
        "open 11-24 22:00 to 11-25 00:00"
    );
    assert_eq!(
        told(daily.at(utc("2026-11-25 22:30:00"))),
        "opens 11-26 22:00"
    );
}

proptest! {
    /// Whatever the zone and time: an open window contains the instant and is not
    /// longer than it says; a closed one opens later, and is then open.
    #[test]
    fn a_window_is_what_it_says(
        zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        opens in 0_u32..1440,
        minutes in 1_u32..=1440,
        at in 1_000_000_000_i64..2_000_000_000,
    ) {
        let daily = Daily { zone, opens, minutes, days_off: Vec::new() };
        let now = DateTime::from_timestamp(at, 0).unwrap();
        match daily.at(now) {
            Window::Open { since, until } => {
                prop_assert!(since <= now && now < until);
                prop_assert!(until - since <= TimeDelta::minutes(minutes.into()));
                prop_assert_eq!(daily.at(since), Window::Open { since, until });
            }
            Window::Closed { opens_at } => {
                let opens_at = opens_at.unwrap();
                prop_assert!(opens_at > now && opens_at - now <= TimeDelta::hours(50));
                let opened = matches!(daily.at(opens_at), Window::Open { since, .. } if since == opens_at);
                prop_assert!(opened);
            }
        }
    }
}
