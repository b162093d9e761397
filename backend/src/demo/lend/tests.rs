//! What the demo's lending must keep to, so that the picture of the version in
//! test stays the one its script tells.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{device_types::DEVICE_TYPES, script::Script, versions},
    *,
};
use crate::template::{library::Library, settings::Settings};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn settled() -> (tempfile::TempDir, Config) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config {
        data_dir: dir.path().to_owned(),
        federation_url: Some("https://real.example.com".to_owned()),
        webhook_url: Some("https://real.example.com/hook".to_owned()),
        ..Config::default()
    };
    settle(&mut config).unwrap();
    (dir, config)
}

#[test]
fn nothing_real_is_called() {
    let (_dir, config) = settled();
    assert_eq!(
        config.federation_url.as_deref(),
        Some("https://federated-demo.example.org")
    );
    assert_eq!(config.webhook_url, None);
}

#[test]
fn its_templates_run_what_the_script_lets_pass() {
    let (_dir, config) = settled();
    let (library, problems) = Library::load(Settings {
        folder: config.templates.clone(),
        vars: config.template_vars.clone(),
        dispatcher_image: config.dispatcher_image.clone(),
        dispatcher_image_local: config.dispatcher_image_local,
    });
    assert!(problems.is_empty(), "{problems:?}");
    let kind = DEVICE_TYPES
        .iter()
        .find(|kind| kind.name == world::DEVICE_TYPE)
        .unwrap();
    let known: Vec<_> = kind.jobs.iter().flat_map(|job| job.features()).collect();
    let script = Script::new();
    for (template, _) in TEMPLATES {
        for told in library.exercises(template).unwrap() {
            assert!(known.contains(&told.name.as_str()), "{}", told.name);
            let newest = versions::at(12, 0);
            assert!(!script.is_broken(newest, &told.name, kind.name));
        }
        // it fits into the window several times
        let window = TimeDelta::minutes(day::WINDOW.into());
        assert!(library.takes(template).unwrap() * 2 < window);
    }
}

#[test]
fn a_day_is_nine_minutes_and_the_other_lab_lends_meanwhile() {
    let mut now = at("2026-11-21T06:00:00.250Z");
    let end = now + TimeDelta::minutes(18);
    let (mut open, mut dark) = (0, 0);
    while now < end {
        let opening = day::opening(now, 0);
        assert!(opening + TimeDelta::minutes(day::WINDOW.into()) > now);
        assert_eq!(opening.timestamp().rem_euclid(9 * 60), 0);
        assert_eq!(opening.timestamp_subsec_nanos() % 1_000_000, 0);
        open += i32::from(opening <= now);
        dark += i32::from(day::is_dark(now, 4));
        let other = day::opening(now, 4);
        assert!(opening <= now || other <= now, "nobody lends at {now}");
        now += TimeDelta::seconds(1);
    }
    // two windows of six minutes, and one spell of darkness
    assert_eq!(open, 720);
    assert!((300..480).contains(&dark), "{dark}");
}

#[test]
fn an_opening_is_told_in_the_labs_time() {
    let opening = at("2026-11-21T06:03:00Z");
    assert_eq!(day::local(opening, chrono_tz::Europe::Paris), "07:03");
    assert_eq!(day::local(opening, chrono_tz::America::Denver), "23:03");
}
