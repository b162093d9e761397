//! The fake against what real servers answered: for each recorded request the
//! same world is arranged, and status, content type, the names, order and types
//! of all fields and every error text have to be the same.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use bytes::Bytes;
use fake_lab::{CaseResult, DeviceHealth, FakeLava, Outcome, Release, Rights};
use http::Request;
use serde_json::Value;
use support::{Shape, at, hours};

/// What the fake does not speak, because nobody who uses it asks for it.
const NOT_SPOKEN: &[&str] = &["job-csv", "job-junit", "job-tap13", "job-suite-csv"];

const USERS: &[&str] = &[
    "plain", "chg", "add", "addchg", "objchg", "addobj", "wrk", "all",
];

#[test]
fn release_2023_01_answers_as_recorded() {
    replay(Release::V2023_01, support::RECORDED_2023_01);
}

#[test]
fn release_2026_10_answers_as_recorded() {
    replay(Release::V2026_10, support::RECORDED_2026_10);
}

fn replay(release: Release, file: &str) {
    let file: Value = serde_json::from_str(file).unwrap();
    let records = file["records"].as_object().unwrap();
    let mut broken = Vec::new();
    let mut replayed = 0;
    for (name, record) in records {
        if NOT_SPOKEN.contains(&name.as_str()) || name == "xmlrpc-calls" {
            continue;
        }
        replayed += 1;
        let lava = arrange(release, name, record);
        if let Err(difference) = compare(&lava, name, record) {
            broken.push(format!("{name}: {difference}"));
        }
        assert!(
            lava.unexpected_calls().is_empty() || name.starts_with("v03-"),
            "{name}: no route"
        );
    }
    assert!(
        broken.is_empty(),
        "{} of {replayed}:\n{}",
        broken.len(),
        broken.join("\n")
    );
    assert!(replayed > 150, "{replayed}");
}

fn definition(record: &Value) -> String {
    record["request"]["body"]["definition"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The world in which a request was recorded.
fn arrange(release: Release, name: &str, record: &Value) -> FakeLava {
    let lava = FakeLava::new(release, at(9, 0));
    lava.add_user("admin", "admin-token", Rights::superuser());
    let rights = |user: &str| match user {
        "chg" => Rights {
            change_device: true,
            ..Rights::plain()
        },
        "add" => Rights {
            add_device: true,
            ..Rights::plain()
        },
        "addchg" => Rights::add_and_change_device(),
        "objchg" => Rights::of_devices(&["board-1"]),
        "addobj" => Rights {
            add_device: true,
            ..Rights::of_devices(&["board-1"])
        },
        "wrk" => Rights {
            add_worker: true,
            change_worker: true,
            ..Rights::plain()
        },
        "all" => Rights::every_model(),
        _ => Rights::plain(),
    };
    let granted = record["response"]["status"] == 201 && name == "permission-device-add";
    for user in USERS {
        if !(granted && *user == "addobj") {
            lava.add_user(user, &format!("tok-{user}"), rights(user));
        }
    }
    if name == "permission-device-add" && !granted {
        // the group of the recording has a name of its own
        lava.add_user("g-addobj", "group", Rights::of_devices(&["board-1"]));
    }
    let token = record["request"]["headers"]["Authorization"]
        .as_str()
        .unwrap_or_default();
    let token = token.trim_start_matches("Token ");
    if token.len() == 40 {
        lava.add_token("admin", token, "");
    }
    let body = record["response"]["body"].clone();
    if body["results"].as_array().is_some_and(Vec::is_empty) {
        return lava;
    }
    furnish(&lava, name, record);
    lava
}

fn furnish(lava: &FakeLava, name: &str, record: &Value) {
    let created = record["response"]["status"] == 201;
    lava.add_device_type("docker");
    lava.add_device_type("host-shell");
    if name != "devicetype-create" {
        lava.add_device_type("qemu");
    }
    lava.add_online_worker("worker1");
    lava.add_worker("lab-worker");
    if name != "worker-create" {
        let token = lava.add_worker("remote-worker");
        lava.add_token("admin", &token, "");
    }
    if name == "perm-all-POST_workers_" && !created {
        lava.add_worker("nw-all");
    }
    if name == "perm-wrk-POST_workers_" && !created {
        lava.add_worker("nw-wrk");
    }
    if name != "device-create" {
        lava.add_device("qemu-fed-1", "qemu", "worker1", DeviceHealth::Good);
        lava.tag_device("qemu-fed-1", "federated");
    }
    if name == "perm-all-POST_tags_" && !created {
        lava.tag_device("qemu-fed-1", "n");
    }
    lava.add_device("board-1", "qemu", "lab-worker", DeviceHealth::Good);
    lava.add_device("board-2", "qemu", "lab-worker", DeviceHealth::Good);
    lava.add_device("docker-1", "docker", "worker1", DeviceHealth::Good);
    if name == "device-delete" {
        lava.add_device("tmp-1", "qemu", "worker1", DeviceHealth::Good);
    }
    if name == "device-dictionary-missing" {
        lava.set_dictionary("qemu-fed-1", None);
    }
    let retired = [
        "device-get-retired",
        "device-get-retired-all",
        "device-set-health-retired-404",
        "device-set-health-retired-all",
        "device-patch-unretire",
        "job-submit-device-retired",
    ];
    let submitter = if name.starts_with("perm-") {
        "plain"
    } else {
        "admin"
    };
    if name.starts_with("job") || name.starts_with("perm-") {
        lava.set_script(|start| {
            let outcome = if start.id == 1 {
                Outcome::Fail {
                    case: "bad".to_owned(),
                }
            } else {
                Outcome::Complete {
                    results: Vec::new(),
                }
            };
            Some(fake_lab::Script {
                outcome,
                duration: chrono::TimeDelta::seconds(10),
            })
        });
        if name.starts_with("perm-") {
            // nobody was there to run them
            lava.stop_dispatcher("worker1");
            lava.advance(lava.now() + hours(1));
        }
        let path = record["request"]["path"].as_str().unwrap();
        let named = path
            .split("/jobs/")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let needed = named.and_then(|id| id.parse().ok()).filter(|id| *id < 100);
        for _ in 0..needed.unwrap_or(2) {
            lava.submit(submitter, support::SMOKE).unwrap();
        }
        lava.advance(lava.now() + hours(1));
        assert!(lava.open_jobs().is_empty() || name.starts_with("perm-"));
    }
    for device in ["qemu-fed-1", "board-1", "board-2"] {
        if retired.contains(&name) {
            lava.set_health("owner", device, DeviceHealth::Retired, "");
        }
    }
}

fn compare(lava: &FakeLava, name: &str, record: &Value) -> Result<(), String> {
    let (wanted, asked) = (&record["response"], &record["request"]);
    let mut path = asked["path"].as_str().unwrap().to_owned();
    if name.starts_with("job-suite-") || name == "job-test-one" {
        path = own_ids(lava, &path);
    }
    if name == "job-tests-page" {
        path = path.replace("offset=14", "offset=4");
    }
    let mut request = Request::builder()
        .method(asked["method"].as_str().unwrap())
        .uri(&path)
        .header("Host", "127.0.0.1:8000");
    for (key, value) in asked["headers"].as_object().unwrap() {
        let mut value = value.as_str().unwrap().to_owned();
        if key == "LAVA-Token" && value != "bad" {
            value = lava.worker("remote-worker").unwrap().token;
        }
        request = request.header(key, value);
    }
    let body = match &asked["body"] {
        Value::Null => Bytes::new(),
        Value::String(text) => text.clone().into(),
        body => serde_json::to_vec(body).unwrap().into(),
    };
    let answer = lava.service().send(request.body(body).unwrap()).unwrap();
    let status = u64::from(answer.status().as_u16());
    if wanted["status"].as_u64() != Some(status) {
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        return Err(format!(
            "status {status} instead of {}: {text}",
            wanted["status"]
        ));
    }
    let kind = answer
        .headers()
        .get("Content-Type")
        .map(|kind| kind.to_str().unwrap());
    if wanted["headers"]["Content-Type"].as_str() != kind {
        return Err(format!(
            "{kind:?} instead of {}",
            wanted["headers"]["Content-Type"]
        ));
    }
    for header in ["Allow", "Location", "Content-Disposition"] {
        let own = answer
            .headers()
            .get(header)
            .map(|value| value.to_str().unwrap());
        if wanted["headers"][header].as_str() != own {
            return Err(format!(
                "{header}: {own:?} instead of {}",
                wanted["headers"][header]
            ));
        }
    }
    match kind {
        Some("application/json") if !answer.body().is_empty() => {
            let own: Value = serde_json::from_slice(answer.body()).map_err(|e| e.to_string())?;
            if status >= 400
                || own
                    .get("message")
                    .is_some_and(|_| own.get("job_ids").is_none())
            {
                let same = own == wanted["body"];
                return same
                    .then_some(())
                    .ok_or(format!("{own} instead of {}", wanted["body"]));
            }
            let order = support::recorded_order(name, lava_release(lava));
            let own: Shape = serde_json::from_slice(answer.body()).unwrap();
            support::same_shape(&own, &order, name)
        }
        Some("application/yaml") if path.ends_with("/yaml/") => {
            let own = String::from_utf8(answer.body().to_vec()).unwrap();
            let keys = support::first_item_keys(&own);
            let wanted = support::first_item_keys(wanted["body"].as_str().unwrap());
            (keys == wanted)
                .then_some(())
                .ok_or(format!("{keys:?} instead of {wanted:?}"))
        }
        _ => Ok(()),
    }
}

fn lava_release(lava: &FakeLava) -> Release {
    match lava.version().as_str() {
        "2023.01" => Release::V2023_01,
        _ => Release::V2026_10,
    }
}

/// The recorded path with the ids of this world.
fn own_ids(lava: &FakeLava, path: &str) -> String {
    let job = path.split('/').nth(4).unwrap();
    let (_, suites) = support::get(lava, &format!("/api/v0.2/jobs/{job}/suites/"));
    let suite = support::find(&suites["results"], "name", "0_smoke")["id"].clone();
    let (_, tests) = support::get(lava, &format!("/api/v0.2/jobs/{job}/suites/{suite}/tests/"));
    let test = support::find(&tests["results"], "name", "bad")["id"].clone();
    let words = path.split('/').enumerate().map(|(nth, word)| match nth {
        6 if !word.is_empty() => suite.to_string(),
        8 if !word.is_empty() => test.to_string(),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join("/")
}

#[test]
fn results_of_a_job_are_those_of_its_inline_tests() {
    for release in [Release::V2023_01, Release::V2026_10] {
        let lava = support::lab(release);
        let id = lava.submit("admin", support::SMOKE).unwrap();
        lava.advance(lava.now() + hours(1));
        let (_, tests) = support::get(&lava, &format!("/api/v0.2/jobs/{id}/tests/"));
        let result = |name: &str| support::find(&tests["results"], "name", name)["result"].clone();
        let wanted = [
            ("uname", CaseResult::Pass),
            ("bad", CaseResult::Fail),
            ("skipped", CaseResult::Skip),
            ("unk", CaseResult::Unknown),
            ("job", CaseResult::Pass),
        ];
        for (name, wanted) in wanted {
            assert_eq!(result(name), wanted.as_str(), "{name}");
        }
        let measured = support::find(&tests["results"], "name", "measure");
        assert_eq!(measured["measurement"], "42.5000000000");
        assert_eq!(measured["unit"], "MB/s");
    }
}

/// The definition LAVA keeps is the recorded one, byte for byte.
#[test]
fn definitions_are_written_as_lava_writes_them() {
    let files = [
        (Release::V2023_01, support::RECORDED_2023_01),
        (Release::V2026_10, support::RECORDED_2026_10),
    ];
    for (release, file) in files {
        let file: Value = serde_json::from_str(file).unwrap();
        let lava = support::lab(release);
        let id = lava
            .submit("admin", &definition(&file["records"]["job-submit"]))
            .unwrap();
        let wanted = &file["records"]["job-get-complete"]["response"]["body"]["definition"];
        assert_eq!(
            lava.job(id).unwrap().text.as_ref(),
            wanted.as_str().unwrap()
        );
    }
}
