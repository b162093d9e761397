//! Notifications as they should not be.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::lava::yaml::Limits;

const JSON: NotificationFormat = NotificationFormat::Json;
const FORM: NotificationFormat = NotificationFormat::Urlencoded;

fn good() -> Value {
    json!({
        "id": 7,
        "state": 5,
        "health": 2,
        "submit_time": "2026-11-22 09:38:24.576831+00:00",
        "start_time": "None",
        "end_time": null,
        "description": "a job",
        "actual_device_id": null,
        "definition": "device_type: qemu\n",
        "results": {"lava": "- {name: job, result: fail}\n", "0_a": "[]"},
    })
}

fn with(key: &str, value: Value) -> Vec<u8> {
    let mut body = good();
    body[key] = value;
    body.to_string().into_bytes()
}

fn without(key: &str) -> Vec<u8> {
    let mut body = good();
    body.as_object_mut().expect("an object").remove(key);
    body.to_string().into_bytes()
}

#[test]
fn a_bad_envelope_is_told_by_place() {
    let bad = [
        (b"".to_vec(), "line 1, column 0"),
        (b"{\"id\": 1".to_vec(), "line 1, column 8"),
        (b"\xff\xfe".to_vec(), "line 1, column 1"),
        (b"[1, 5, 2]".to_vec(), "body"),
        (b" 7".to_vec(), "body"),
        (without("id"), "id"),
        (with("id", json!("")), "id"),
        (with("id", json!({})), "id"),
        (with("id", json!("1/../2")), "id"),
        (with("id", json!("9".repeat(65))), "id"),
        (without("state"), "state"),
        (with("state", json!(6)), "state"),
        (with("state", json!("Finished")), "state"),
        (without("health"), "health"),
        (with("health", json!(-1)), "health"),
        (without("submit_time"), "submit_time"),
        (with("submit_time", json!("None")), "submit_time"),
        (with("submit_time", json!("yesterday")), "submit_time"),
    ];
    for (body, place) in bad {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let door = check_envelope(JSON, &body).expect_err(&shown);
        assert_eq!(door.place, place, "{shown}");
        let told = parse(JSON, &body).expect_err(&shown);
        assert_eq!(told.place, place, "{shown}");
    }
    for (body, place) in [
        ("", "id"),
        ("id=7&state=9&health=1", "state"),
        ("id=7&state=5&health=1", "submit_time"),
        ("id=7&state=5&health=1&submit_time=None", "submit_time"),
    ] {
        let told = check_envelope(FORM, body.as_bytes()).expect_err(body);
        assert_eq!(told.place, place, "{body}");
    }
}

#[test]
fn times_come_in_several_forms() {
    for (text, read) in [
        (
            "2026-11-22 09:38:24.576831+00:00",
            "2026-11-22T09:38:24.576831+00:00",
        ),
        ("2026-11-22 09:38:24+00:00", "2026-11-22T09:38:24+00:00"),
        ("2026-11-22T10:38:24+01:00", "2026-11-22T09:38:24+00:00"),
        ("2026-11-22T09:38:24Z", "2026-11-22T09:38:24+00:00"),
        ("2026-11-22 09:38:24.5", "2026-11-22T09:38:24.500+00:00"),
        ("2026-11-22T09:38:24", "2026-11-22T09:38:24+00:00"),
    ] {
        let told = parse(JSON, &with("submit_time", json!(text))).expect(text);
        assert_eq!(told.submitted_at.to_rfc3339(), read);
    }
    let odd = parse(JSON, &with("start_time", json!("soon"))).expect("usable");
    assert_eq!((odd.started_at, odd.ended_at), (None, None));
}

#[test]
fn state_and_health_survive_what_cannot_be_read() {
    for (key, value, place) in [
        (
            "definition",
            json!("a: b: c"),
            "definition, line 1, column 5",
        ),
        ("definition", Value::Null, "definition"),
        (
            "definition",
            json!("[".repeat(1000)),
            "definition, line 1, column 256",
        ),
    ] {
        let told = parse(JSON, &with(key, value)).expect("usable");
        assert_eq!(told.definition.expect_err("unreadable").place, place);
        assert_eq!(told.health, JobHealth::Incomplete);
    }
    for (value, place) in [
        (json!("text"), "results"),
        (json!({"lava": 7}), "results, suite lava"),
        (
            json!({"lava": "- {"}),
            "results, suite lava, line 2, column 1",
        ),
        (
            json!({"0_a": "a: b", "lava": "[]"}),
            "results, suite 0_a, line 1, column 1",
        ),
        (
            json!({"0_a": "- ".repeat(5000)}),
            "results, suite 0_a, line 1, column 129",
        ),
    ] {
        let told = parse(JSON, &with("results", value)).expect("usable");
        assert_eq!(told.failure(), None);
        assert_eq!(told.results.expect_err("unreadable").place, place);
        assert_eq!(told.state, JobState::Finished);
    }
    let minimal = parse(JSON, &without("results")).expect("usable");
    assert_eq!(minimal.results, Ok(None));
}

/// Each case is a map of eleven nodes, the suite a list of them.
#[test]
fn huge_bodies_are_read_no_further_than_the_limit() {
    let case = "- {id: '1', name: x, result: pass, metadata: {a: b}}\n";
    let fit = Limits::RESULTS.nodes / 11;
    let many = parse(JSON, &with("results", json!({"0_a": case.repeat(fit)}))).expect("usable");
    let results = many.results.expect("within limits").expect("some");
    assert_eq!(results.suite("0_a").len(), fit);
    // Who read on would come to what is no YAML.
    let text = format!("{}- {{", case.repeat(fit + 1_000));
    let more = parse(JSON, &with("results", json!({ "0_a": text }))).expect("usable");
    let told = more.results.expect_err("too many");
    assert!(told.reason.contains("nodes"), "{told}");
    let line = format!("results, suite 0_a, line {},", fit + 1);
    assert!(told.place.starts_with(&line), "{told}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in [JSON, FORM] {
            prop_assert_eq!(check_envelope(format, &body).is_ok(), parse(format, &body).is_ok());
        }
    }

    #[test]
    fn any_fields_are_read_or_refused(
        key in "id|state|health|submit_time|start_time|definition|results|log|description|actual_device_id",
        text in "[-a-z0-9:.{}\\[\\]'\" \n]{0,60}",
        number in any::<i64>(),
    ) {
        for value in [json!(text), json!(number), json!({ "lava": text }), json!([text]), Value::Null] {
            let body = with(&key, value);
            prop_assert_eq!(check_envelope(JSON, &body).is_ok(), parse(JSON, &body).is_ok());
        }
    }
}
