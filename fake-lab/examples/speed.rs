//! How fast the fake is: calls one by one, and a day of one hour with three
//! boards. Run it with `--release`.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(clippy::unwrap_used, reason = "a figure of something broken is none")]

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use fake_lab::{DeviceHealth, Door, FakeLava, Federation, Release, Rights};
use http::Request;

const JOB: &str = include_str!("../tests/support/smoke.yaml");
const DISPATCHER: &str = "
device_type: docker
job_name: dispatcher
visibility: personal
timeouts: {job: {hours: 1}}
metadata: {lavafed.worker: lab1}
secrets: {WORKER_TOKEN: TOKEN}
actions:
- deploy: {to: docker, image: 'lava-dispatcher:2026.10'}
- boot: {method: docker}
- test: {timeout: {hours: 1}}
";

fn main() {
    let lab = furnished(Release::V2023_01);
    let door = lab.service();
    time("GET device", 20_000, || {
        call(&door, "GET", "/api/v0.2/devices/board-1/", "")
    });
    time("GET devices/ (4)", 20_000, || {
        call(&door, "GET", "/api/v0.2/devices/", "")
    });
    let mut flip = ["GOOD", "MAINTENANCE"].iter().cycle();
    time("POST set_health", 20_000, || {
        let body = format!("{{\"health\": \"{}\"}}", flip.next().unwrap());
        call(
            &door,
            "POST",
            "/api/v0.2/devices/board-1/set_health/",
            &body,
        );
    });
    let submit = serde_json::json!({"definition": JOB}).to_string();
    time("POST jobs/", 2_000, || {
        call(&door, "POST", "/api/v0.2/jobs/", &submit)
    });
    time("GET job", 20_000, || {
        call(&door, "GET", "/api/v0.2/jobs/7/", "")
    });
    time("GET jobs/?limit=10 of 2000", 200, || {
        call(
            &door,
            "GET",
            "/api/v0.2/jobs/?limit=10&ordering=-id&state=Submitted",
            "",
        );
    });
    let (mut calls, mut jobs) = (0, 0);
    time("one-hour day, 3 boards", 200, || (calls, jobs) = day());
    println!("  of it {calls} calls and {jobs} jobs");
}

fn time(what: &str, times: u32, mut run: impl FnMut()) {
    let start = worked();
    for _ in 0..times {
        run();
    }
    let each = (worked() - start) / times;
    println!("{what:<30} {:>9.1} µs", each.as_secs_f64() * 1e6);
}

/// The time this thread had a processor: a busy machine does not count.
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = text.split_whitespace().next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

fn call(door: &Door, method: &str, path: &str, body: &str) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Host", "lab.example")
        .header("Authorization", "Token secret")
        .header("Content-Type", "application/json")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    let answer = door.send(request).unwrap();
    assert!(
        answer.status().as_u16() < 300,
        "{method} {path}: {:?}",
        answer.body()
    );
}

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, 9, 0, 0).unwrap()
}

fn furnished(release: Release) -> FakeLava {
    let lava = FakeLava::new(release, start());
    lava.add_user("admin", "secret", Rights::superuser());
    lava.add_device_type("qemu");
    lava.add_device_type("docker");
    lava.add_online_worker("host");
    for name in ["board-1", "board-2", "board-3"] {
        lava.add_device(name, "qemu", "host", DeviceHealth::Good);
    }
    lava.add_device("docker-1", "docker", "host", DeviceHealth::Good);
    lava
}

/// Borrow three boards, keep them busy, look every ten seconds, give them back.
fn day() -> (usize, usize) {
    let federated = FakeLava::new(Release::V2026_10, start());
    federated.add_user("admin", "secret", Rights::superuser());
    federated.add_device_type("qemu");
    let token = federated.add_worker("lab1");
    let lab = furnished(Release::V2023_01);
    let (near, far) = (lab.service(), federated.service());
    let mut both = Federation::new(federated.clone(), vec![lab.clone()]);
    let json = |text: String| serde_json::json!({ "definition": text }).to_string();
    call(
        &near,
        "POST",
        "/api/v0.2/jobs/",
        &json(DISPATCHER.replace("TOKEN", &token)),
    );
    for board in ["board-1", "board-2", "board-3"] {
        let path = format!("/api/v0.2/devices/{board}/set_health/");
        call(
            &near,
            "POST",
            &path,
            r#"{"health": "MAINTENANCE", "reason": "lease"}"#,
        );
        federated.add_device(board, "qemu", "lab1", DeviceHealth::Good);
    }
    for _ in 0..30 {
        call(&far, "POST", "/api/v0.2/jobs/", &json(JOB.to_owned()));
    }
    let mut now = start();
    while now < start() + TimeDelta::minutes(55) {
        now += TimeDelta::seconds(10);
        both.advance(now);
        for board in ["board-1", "board-2", "board-3"] {
            call(&near, "GET", &format!("/api/v0.2/devices/{board}/"), "");
        }
        call(&near, "GET", "/api/v0.2/jobs/1/", "");
        call(&far, "GET", "/api/v0.2/workers/lab1/", "");
    }
    call(&near, "GET", "/api/v0.2/jobs/1/cancel/", "");
    both.advance(start() + TimeDelta::hours(1));
    for board in ["board-1", "board-2", "board-3"] {
        let path = format!("/api/v0.2/devices/{board}/set_health/");
        call(&near, "POST", &path, r#"{"health": "GOOD"}"#);
    }
    let calls = lab.calls().len() + federated.calls().len();
    (calls, federated.jobs().len())
}
