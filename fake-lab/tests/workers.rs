//! Workers, dispatchers and cancels, and the link between a lab's dispatcher
//! job and the federated worker.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use fake_lab::{
    DeviceHealth, FakeLava, Federation, JobHealth, JobState, Outcome, Release, Rights, Script,
    WorkerState,
};
use serde_json::{Value, json};
use support::{SMOKE, at, call, get, lab, seconds};

fn running(lava: &FakeLava) -> u32 {
    lava.set_script(|_| {
        Some(Script {
            outcome: Outcome::Complete {
                results: Vec::new(),
            },
            duration: seconds(120),
        })
    });
    let id = lava.submit("plain", SMOKE).unwrap();
    lava.advance(lava.now() + seconds(45));
    assert_eq!(lava.job(id).unwrap().state, JobState::Running);
    id
}

fn worker_state(lava: &FakeLava, name: &str) -> WorkerState {
    lava.worker(name).unwrap().state
}

#[test]
fn a_worker_goes_offline_a_minute_after_its_last_ping() {
    let lava = lab(Release::V2026_10);
    lava.advance(at(9, 10));
    lava.stop_dispatcher("worker1");
    lava.advance(at(9, 10) + seconds(59));
    assert_eq!(worker_state(&lava, "worker1"), WorkerState::Online);
    lava.advance(at(9, 11));
    assert_eq!(worker_state(&lava, "worker1"), WorkerState::Offline);
    assert_eq!(lava.worker("worker1").unwrap().last_ping, at(9, 10));
}

#[test]
fn a_dispatcher_of_another_version_or_with_a_wrong_token_stays_offline() {
    let lava = lab(Release::V2026_10);
    let token = lava.add_worker("w2");
    lava.start_dispatcher("w2", "2026.09", &token);
    lava.advance(at(9, 5));
    let worker = lava.worker("w2").unwrap();
    assert_eq!(
        (worker.state, worker.version.as_deref()),
        (WorkerState::Offline, Some("2026.09"))
    );
    lava.start_dispatcher("w2", "2026.10", "wrong");
    lava.advance(at(9, 10));
    assert_eq!(worker_state(&lava, "w2"), WorkerState::Offline);
    lava.start_dispatcher("w2", "2026.10", &token);
    lava.advance(at(9, 11));
    assert_eq!(worker_state(&lava, "w2"), WorkerState::Online);
}

#[test]
fn an_upgrade_in_the_middle_takes_workers_offline_at_their_next_ping() {
    let lava = lab(Release::V2026_10);
    lava.advance(at(9, 5) + seconds(5));
    lava.upgrade("2026.11");
    assert_eq!(
        get(&lava, "/api/v0.2/system/version/").1,
        json!({"version": "2026.11"})
    );
    assert_eq!(worker_state(&lava, "worker1"), WorkerState::Online);
    lava.advance(at(9, 5) + seconds(20));
    assert_eq!(worker_state(&lava, "worker1"), WorkerState::Offline);
}

#[test]
fn a_job_on_a_dead_worker_runs_for_ever_and_a_cancel_waits_for_the_worker() {
    let lava = lab(Release::V2026_10);
    let id = running(&lava);
    lava.stop_dispatcher("worker1");
    lava.advance(at(18, 0));
    assert_eq!(lava.job(id).unwrap().state, JobState::Running);
    assert_eq!(lava.next_event(), None);
    lava.cancel_job("plain", id);
    lava.advance(at(19, 0));
    assert_eq!(lava.job(id).unwrap().state, JobState::Canceling);
    let worker = lava.worker("worker1").unwrap();
    lava.start_dispatcher("worker1", "2026.10", &worker.token);
    lava.advance(at(19, 1));
    let job = lava.job(id).unwrap();
    assert_eq!(
        (job.state, job.health),
        (JobState::Finished, JobHealth::Canceled)
    );
}

#[test]
fn a_device_moved_to_a_living_worker_gets_rid_of_its_canceled_job() {
    let lava = lab(Release::V2023_01);
    let id = running(&lava);
    lava.stop_dispatcher("worker1");
    lava.cancel_job("plain", id);
    lava.advance(at(12, 0));
    assert_eq!(lava.job(id).unwrap().state, JobState::Canceling);
    lava.add_online_worker("w2");
    let body = json!({"worker_host": "w2"});
    assert_eq!(
        call(&lava, "PATCH", "/api/v0.2/devices/board-1/", &body).0,
        200
    );
    lava.advance(at(12, 1));
    assert_eq!(lava.job(id).unwrap().state, JobState::Finished);
    assert_eq!(
        lava.device("board-1").unwrap().health,
        DeviceHealth::Unknown
    );
}

#[test]
fn a_cancel_takes_3_to_25_seconds_and_none_for_a_submitted_job() {
    let lava = lab(Release::V2023_01);
    let id = running(&lava);
    let waiting = lava.submit("plain", SMOKE).unwrap();
    let (old, new) = (Value::Null, json!({}));
    let path = |id: u32| format!("/api/v0.2/jobs/{id}/cancel/");
    assert_eq!(call(&lava, "POST", &path(id), &new).0, 405);
    assert_eq!(call(&lava, "GET", &path(waiting), &old).0, 200);
    assert_eq!(lava.job(waiting).unwrap().state, JobState::Finished);
    let asked = lava.now();
    assert_eq!(call(&lava, "GET", &path(id), &old).0, 200);
    assert_eq!(lava.job(id).unwrap().state, JobState::Canceling);
    lava.advance(asked + seconds(25));
    let took = lava.job(id).unwrap().end_time.unwrap() - asked;
    assert!((seconds(3)..=seconds(25)).contains(&took), "{took}");
}

const DISPATCHER: &str = r#"
device_type: docker
job_name: dispatcher
visibility: personal
priority: high
timeouts: {job: {hours: 2}}
metadata: {lavafed.role: dispatcher, lavafed.worker: lab1-docker-1}
secrets: {WORKER_TOKEN: "@TOKEN@"}
actions:
- deploy: {to: docker, os: debian, image: "lavasoftware/lava-dispatcher:@VERSION@"}
- boot: {method: docker, command: bash, prompts: ['root@lava:']}
- test: {timeout: {hours: 2}}
"#;

fn federation() -> (Federation, String) {
    let federated = FakeLava::new(Release::V2026_10, at(9, 0));
    federated.add_user("admin", "admin-token", Rights::superuser());
    let token = federated.add_worker("lab1-docker-1");
    let lab = lab(Release::V2023_01);
    (Federation::new(federated, vec![lab]), token)
}

fn dispatcher(token: &str, version: &str) -> String {
    DISPATCHER
        .replace("@TOKEN@", token)
        .replace("@VERSION@", version)
}

#[test]
fn a_dispatcher_job_of_a_lab_is_a_worker_of_the_federated_server() {
    let (mut both, token) = federation();
    let (lab, federated) = (both.labs()[0].clone(), both.federated().clone());
    let id = lab.submit("admin", &dispatcher(&token, "2026.10")).unwrap();
    assert_eq!(
        worker_state(&federated, "lab1-docker-1"),
        WorkerState::Offline
    );
    both.advance(at(9, 2));
    assert_eq!(lab.job(id).unwrap().state, JobState::Running);
    let worker = federated.worker("lab1-docker-1").unwrap();
    assert_eq!(
        (worker.state, worker.version.as_deref()),
        (WorkerState::Online, Some("2026.10"))
    );
    // a job on it, and the board comes back before the dispatcher goes
    federated.add_device_type("qemu");
    federated.add_device("board", "qemu", "lab1-docker-1", DeviceHealth::Good);
    let fed = federated.submit("admin", SMOKE).unwrap();
    both.advance(at(9, 10));
    assert_eq!(federated.job(fed).unwrap().health, JobHealth::Complete);
    lab.cancel_job("admin", id);
    both.advance(at(9, 12));
    assert_eq!(lab.job(id).unwrap().state, JobState::Finished);
    assert_eq!(
        worker_state(&federated, "lab1-docker-1"),
        WorkerState::Offline
    );
}

#[test]
fn a_dispatcher_image_of_another_version_never_comes_online() {
    let (mut both, token) = federation();
    let id = both.labs()[0]
        .submit("admin", &dispatcher(&token, "2026.09"))
        .unwrap();
    both.advance(at(10, 0));
    assert_eq!(both.labs()[0].job(id).unwrap().state, JobState::Running);
    assert_eq!(
        worker_state(both.federated(), "lab1-docker-1"),
        WorkerState::Offline
    );
}

#[test]
fn a_dispatcher_job_that_nobody_cancels_times_out_by_itself() {
    let (mut both, token) = federation();
    let id = both.labs()[0]
        .submit("admin", &dispatcher(&token, "2026.10"))
        .unwrap();
    both.advance(at(12, 0));
    let job = both.labs()[0].job(id).unwrap();
    assert_eq!(
        (job.state, job.health),
        (JobState::Finished, JobHealth::Incomplete)
    );
    assert_eq!(
        worker_state(both.federated(), "lab1-docker-1"),
        WorkerState::Offline
    );
    assert_eq!(both.next_event(), None);
}

/// The same seed, the same day.
#[test]
fn a_seed_decides_a_day() {
    let day = |seed: u64| {
        let (mut both, token) = federation();
        both.labs()[0].seed(seed);
        for _ in 0..5 {
            both.labs()[0].submit("plain", SMOKE);
        }
        both.labs()[0].submit("admin", &dispatcher(&token, "2026.10"));
        both.advance(at(18, 0));
        both.labs()[0].journal()
    };
    assert_eq!(day(7), day(7));
    assert_ne!(day(7), day(8));
}
