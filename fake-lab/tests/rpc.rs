//! XML-RPC as recorded, and callbacks against the recorded ones.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use base64::Engine as _;
use bytes::Bytes;
use dxr::{FaultResponse, MethodCall, MethodResponse, Value as Rpc};
use fake_lab::{Callback, DeviceHealth, FakeLava, JobState, Outcome, Release, Rights, Script, Via};
use http::Request;
use serde_json::Value;
use support::{Shape, at, hours, seconds};

fn permissions() -> FakeLava {
    let lava = FakeLava::new(Release::V2023_01, at(9, 0));
    lava.add_user("admin", "admin", Rights::superuser());
    lava.add_user("plain", "plain", Rights::plain());
    lava.add_user("objchg", "objchg", Rights::of_devices(&["board-1"]));
    lava.add_device_type("qemu");
    lava.add_worker("lab-worker");
    for board in ["board-1", "board-2"] {
        lava.add_device(board, "qemu", "lab-worker", DeviceHealth::Good);
    }
    lava
}

/// The result, or the fault as the recording writes it.
fn rpc(lava: &FakeLava, user: &str, method: &str, args: Vec<Rpc>) -> Result<Rpc, String> {
    let call = MethodCall {
        name: method.into(),
        params: args,
    };
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{user}"));
    let request = Request::builder()
        .method("POST")
        .uri("/RPC2")
        .header("Authorization", format!("Basic {basic}"))
        .header("Content-Type", "text/xml")
        .body(Bytes::from(call.to_xml().unwrap()))
        .unwrap();
    let answer = lava.service().send(request).unwrap();
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    match MethodResponse::from_xml(&text) {
        Ok(response) => Ok(response.value),
        Err(_) => {
            let fault = FaultResponse::from_xml(&text).unwrap().fault;
            Err(format!("Fault {}: {}", fault.code(), fault.string()))
        }
    }
}

fn value(json: &Value) -> Rpc {
    match json {
        Value::Null => Rpc::Nil,
        Value::Bool(flag) => Rpc::Boolean(*flag),
        Value::Number(number) => Rpc::Integer(i32::try_from(number.as_i64().unwrap()).unwrap()),
        Value::String(text) => Rpc::String(text.clone()),
        other => panic!("{other}"),
    }
}

#[test]
fn faults_and_changes_are_those_of_the_recording() {
    let file: Value = serde_json::from_str(support::RECORDED_2023_01).unwrap();
    let lava = permissions();
    let mut compared = 0;
    for call in file["records"]["xmlrpc-calls"].as_array().unwrap() {
        let (user, method) = (
            call["user"].as_str().unwrap(),
            call["method"].as_str().unwrap(),
        );
        let (wanted, args) = (
            call["result"].as_str().unwrap(),
            call["args"].as_array().unwrap(),
        );
        let plain = matches!(
            method,
            "system.version"
                | "system.api_version"
                | "scheduler.devices.update"
                | "scheduler.put_into_maintenance_mode"
                | "scheduler.put_into_online_mode"
                | "scheduler.devices.get_dictionary"
        );
        if !plain {
            continue;
        }
        let own = match rpc(&lava, user, method, args.iter().map(value).collect()) {
            Ok(Rpc::Nil) => "None".to_owned(),
            Ok(Rpc::String(text)) if text.contains("extends") => wanted.to_owned(),
            Ok(Rpc::String(text)) => text,
            Ok(Rpc::Integer(number)) => number.to_string(),
            Ok(other) => panic!("{other:?}"),
            Err(fault) => fault,
        };
        assert_eq!(own, wanted, "{user} {method} {args:?}");
        compared += 1;
    }
    assert_eq!(compared, 8);
    assert_eq!(
        lava.device("board-1").unwrap().health,
        DeviceHealth::Unknown
    );
    let changes = lava.health_changes("board-1");
    let method = "scheduler.devices.update".to_owned();
    assert_eq!(changes[0].via, Via::XmlRpc { method });
    assert_eq!(changes[0].user, "objchg");
    assert!(lava.unexpected_calls().is_empty());
}

#[test]
fn what_is_shown_of_a_device_has_the_recorded_fields() {
    let lava = permissions();
    let shown = rpc(
        &lava,
        "objchg",
        "scheduler.devices.show",
        vec![Rpc::String("board-1".to_owned())],
    );
    let Ok(Rpc::Struct(fields)) = shown else {
        panic!("{shown:?}")
    };
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    let wanted = [
        "current_job",
        "description",
        "device_type",
        "has_device_dict",
        "health",
        "health_job",
        "hostname",
        "pipeline",
        "state",
        "tags",
        "worker",
    ];
    assert_eq!(names, wanted);
    let unknown = rpc(
        &lava,
        "objchg",
        "scheduler.devices.show",
        vec![Rpc::String("x".to_owned())],
    );
    assert!(unknown.unwrap_err().starts_with("Fault 404: "));
    let wrong = rpc(&lava, "objchg", "scheduler.nonsense", vec![]);
    assert!(wrong.is_err());
    assert_eq!(lava.unexpected_calls().len(), 1);
}

/// The callbacks of the recorded job, run as it was then.
fn callbacks(release: Release, outcome: Outcome) -> Vec<Callback> {
    let lava = support::lab(release);
    lava.add_token("admin", "the-secret", "admin token");
    lava.set_script(move |_| {
        Some(Script {
            outcome: outcome.clone(),
            duration: seconds(30),
        })
    });
    lava.submit("admin", support::SMOKE).unwrap();
    lava.advance(lava.now() + hours(1));
    lava.take_callbacks()
}

fn recorded(version: &str, name: &str) -> Value {
    let path = format!(
        "{}/../tests/fixtures/lava/{version}/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn callbacks_have_the_recorded_form() {
    for (release, version) in [
        (Release::V2023_01, "2023.01"),
        (Release::V2026_10, "2026.10"),
    ] {
        let sent = callbacks(
            release,
            Outcome::Complete {
                results: Vec::new(),
            },
        );
        assert_eq!(sent.len(), 11);
        for name in [
            "complete-minimal-json",
            "complete-results-json",
            "complete-all-json",
        ] {
            let wanted = recorded(version, name);
            let path = wanted["request"]["path"].as_str().unwrap();
            let first = path.split('/').nth(1).unwrap();
            let own = sent
                .iter()
                .find(|own| own.url.contains(&format!("/{first}/")))
                .unwrap();
            assert_eq!((own.method, own.state), ("POST", JobState::Finished));
            let own_shape: Shape = serde_json::from_slice(&own.body).unwrap();
            let body = wanted["request"]["body"].as_str().unwrap();
            let shape: Shape = serde_json::from_str(body).unwrap();
            support::same_shape(&own_shape, &shape, name).unwrap();
            for header in [
                "User-Agent",
                "Content-Type",
                "Authorization",
                "X-Lavafed-Token",
            ] {
                let value = own.headers.iter().find(|(key, _)| key == header);
                let value = value.map(|(_, value)| value.as_str());
                assert_eq!(
                    value,
                    wanted["request"]["headers"][header].as_str(),
                    "{name} {header}"
                );
            }
            let (own, wanted): (Value, Value) = (
                serde_json::from_slice(&own.body).unwrap(),
                serde_json::from_str(body).unwrap(),
            );
            for field in [
                "status",
                "status_string",
                "state",
                "health",
                "end_time",
                "description",
            ] {
                if own[field] != "None" && field == "end_time" {
                    continue;
                }
                assert_eq!(own[field], wanted[field], "{version} {name} {field}");
            }
        }
    }
}

#[test]
fn a_callback_in_urlencoded_form_has_the_recorded_keys() {
    for (release, version) in [
        (Release::V2023_01, "2023.01"),
        (Release::V2026_10, "2026.10"),
    ] {
        let sent = callbacks(
            release,
            Outcome::Complete {
                results: Vec::new(),
            },
        );
        let own = sent
            .iter()
            .find(|own| own.url.contains("/all-urlencoded/"))
            .unwrap();
        assert!(
            own.url.ends_with("/all-urlencoded/1/complete"),
            "{}",
            own.url
        );
        let wanted = recorded(version, "complete-all-urlencoded");
        let keys = |text: &[u8]| -> Vec<String> {
            form_urlencoded::parse(text)
                .map(|(key, _)| key.into_owned())
                .collect()
        };
        let wanted = wanted["request"]["body"].as_str().unwrap().as_bytes();
        assert_eq!(keys(&own.body), keys(wanted), "{version}");
    }
}

#[test]
fn the_description_of_a_token_stands_for_its_secret_and_get_has_no_body() {
    let sent = callbacks(Release::V2023_01, Outcome::Infrastructure);
    let by_description = sent
        .iter()
        .find(|own| own.url.contains("/min-default-type/"))
        .unwrap();
    let header = ("Authorization".to_owned(), "the-secret".to_owned());
    assert!(by_description.headers.contains(&header));
    let get = sent.iter().find(|own| own.method == "GET").unwrap();
    assert_eq!(
        (get.url.as_str(), get.body.len()),
        ("http://127.0.0.1:8030/get/1/3", 0)
    );
}

#[test]
fn a_url_is_filled_once_and_a_running_job_has_no_start_in_2023_01() {
    for (release, started) in [(Release::V2023_01, false), (Release::V2026_10, true)] {
        let lava = support::lab(release);
        let text = support::SMOKE
            .replace("status: finished", "status: all")
            .replace("/min-json/{ID}", "/min-json/{ID}/{STATE}");
        lava.submit("admin", &text).unwrap();
        lava.advance(lava.now() + hours(1));
        let sent = lava.take_callbacks();
        let own: Vec<&Callback> = sent
            .iter()
            .filter(|own| own.url.contains("/min-json/"))
            .collect();
        assert_eq!(own.len(), 2);
        assert!(own.iter().all(|own| own.url.ends_with("/min-json/1/3")));
        let running: Value = serde_json::from_slice(&own[0].body).unwrap();
        assert_eq!(running["start_time"] != "None", started);
        assert!(lava.take_callbacks().is_empty());
    }
}
