//! Health and running jobs: what LAVA does by itself, one story for each fact.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use fake_lab::{
    CaseResult, Change, DeviceHealth, DeviceState, FakeLava, JobHealth, JobState, Outcome, Release,
    Script, Via, WorkerHealth,
};
use serde_json::{Value, json};
use support::{SMOKE, at, call, get, lab, seconds};

const BOTH: [Release; 2] = [Release::V2023_01, Release::V2026_10];

fn scripted(release: Release, outcome: Outcome) -> FakeLava {
    let lava = lab(release);
    lava.set_script(move |_| {
        Some(Script {
            outcome: outcome.clone(),
            duration: seconds(120),
        })
    });
    lava
}

fn health(lava: &FakeLava) -> DeviceHealth {
    lava.device("board-1").unwrap().health
}

fn state(lava: &FakeLava, job: u32) -> JobState {
    lava.job(job).unwrap().state
}

/// Steps from event to event until a job is in a state.
fn until(lava: &FakeLava, job: u32, wanted: JobState) {
    while state(lava, job) != wanted {
        let next = lava.next_event().expect("the job would never get there");
        lava.advance(next);
    }
}

fn set_health(lava: &FakeLava, word: &str) {
    let body = json!({"health": word, "reason": "story"});
    let (status, _) = call(lava, "POST", "/api/v0.2/devices/board-1/set_health/", &body);
    assert_eq!(status, 202);
}

#[test]
fn a_job_goes_through_its_states_and_its_device_with_it() {
    for release in BOTH {
        let lava = scripted(
            release,
            Outcome::Complete {
                results: Vec::new(),
            },
        );
        let id = lava.submit("plain", SMOKE).unwrap();
        assert_eq!(state(&lava, id), JobState::Submitted);
        until(&lava, id, JobState::Scheduled);
        assert_eq!(lava.device("board-1").unwrap().state, DeviceState::Reserved);
        until(&lava, id, JobState::Running);
        assert_eq!(lava.device("board-1").unwrap().state, DeviceState::Running);
        until(&lava, id, JobState::Finished);
        assert_eq!(lava.device("board-1").unwrap().state, DeviceState::Idle);
        let job = lava.job(id).unwrap();
        assert_eq!(job.health, JobHealth::Complete);
        let ran = job.end_time.unwrap() - job.start_time.unwrap();
        assert!((seconds(120)..=seconds(125)).contains(&ran), "{ran}");
    }
}

#[test]
fn fact_1_maintenance_does_not_stop_a_running_job() {
    for release in BOTH {
        let lava = scripted(
            release,
            Outcome::Complete {
                results: Vec::new(),
            },
        );
        let id = lava.submit("plain", SMOKE).unwrap();
        until(&lava, id, JobState::Scheduled);
        set_health(&lava, "MAINTENANCE");
        until(&lava, id, JobState::Running);
        assert_eq!(lava.device("board-1").unwrap().state, DeviceState::Running);
        until(&lava, id, JobState::Finished);
        assert_eq!(lava.job(id).unwrap().health, JobHealth::Complete);
        assert_eq!(health(&lava), DeviceHealth::Maintenance);
    }
}

#[test]
fn fact_2_an_infrastructure_error_opens_a_device_even_from_maintenance() {
    for release in BOTH {
        let lava = scripted(release, Outcome::Infrastructure);
        let id = lava.submit("plain", SMOKE).unwrap();
        until(&lava, id, JobState::Running);
        set_health(&lava, "maintenance");
        until(&lava, id, JobState::Finished);
        assert_eq!(health(&lava), DeviceHealth::Unknown);
        let last = lava.health_changes("board-1").pop().unwrap();
        assert_eq!((last.user.as_str(), last.via), ("lava-health", Via::Lava));
    }
}

#[test]
fn fact_3_a_worker_set_active_turns_its_good_devices_unknown() {
    let lava = lab(Release::V2026_10);
    lava.set_health("owner", "docker-1", DeviceHealth::Maintenance, "");
    let path = "/api/v0.2/workers/worker1/";
    for word in ["Maintenance", "Active"] {
        assert_eq!(call(&lava, "PATCH", path, &json!({"health": word})).0, 200);
    }
    assert_eq!(health(&lava), DeviceHealth::Unknown);
    let other = lava.device("docker-1").unwrap();
    assert_eq!(other.health, DeviceHealth::Maintenance);
    lava.set_worker_health("owner", "worker1", WorkerHealth::Retired);
    assert_eq!(health(&lava), DeviceHealth::Retired);
}

#[test]
fn fact_4_retiring_cancels_the_running_job_only_in_2026_10() {
    for (release, wanted) in [
        (Release::V2023_01, JobHealth::Complete),
        (Release::V2026_10, JobHealth::Canceled),
    ] {
        let lava = scripted(
            release,
            Outcome::Complete {
                results: Vec::new(),
            },
        );
        let id = lava.submit("plain", SMOKE).unwrap();
        until(&lava, id, JobState::Running);
        set_health(&lava, "RETIRED");
        until(&lava, id, JobState::Finished);
        assert_eq!(lava.job(id).unwrap().health, wanted);
    }
}

#[test]
fn fact_5_an_unknown_device_gets_its_health_check() {
    let lava = scripted(
        Release::V2026_10,
        Outcome::Complete {
            results: Vec::new(),
        },
    );
    lava.set_health("owner", "board-1", DeviceHealth::Unknown, "");
    lava.set_health_check("qemu", SMOKE, 24);
    let mine = lava.submit("plain", SMOKE).unwrap();
    until(&lava, mine, JobState::Finished);
    let check = lava.job(mine + 1).unwrap();
    assert_eq!(
        (check.submitter.as_str(), check.health_check),
        ("lava-health", true)
    );
    // it came first, and made the device Good
    assert!(check.end_time.unwrap() <= lava.job(mine).unwrap().start_time.unwrap());
    assert_eq!(health(&lava), DeviceHealth::Good);
    // the next one is due a day later, without anybody asking
    lava.advance(lava.now() + support::hours(25));
    assert!(lava.job(mine + 2).unwrap().health_check);
}

#[test]
fn fact_5_a_failed_health_check_makes_a_device_bad() {
    let lava = scripted(Release::V2023_01, Outcome::Infrastructure);
    lava.set_health_check("qemu", SMOKE, 24);
    lava.set_health("owner", "board-1", DeviceHealth::Unknown, "");
    lava.advance(lava.now() + support::hours(1));
    assert_eq!(health(&lava), DeviceHealth::Bad);
}

#[test]
fn fact_6_an_invalid_dictionary_makes_a_device_bad_at_the_next_round() {
    let lava = lab(Release::V2026_10);
    let body = json!({"dictionary": "{% extends 'nosuch.jinja2' %}"});
    let path = "/api/v0.2/devices/board-1/dictionary/";
    assert_eq!(call(&lava, "POST", path, &body).0, 200);
    assert_eq!(health(&lava), DeviceHealth::Good);
    lava.advance(lava.now() + seconds(20));
    assert_eq!(health(&lava), DeviceHealth::Bad);
}

#[test]
fn fact_7_a_job_waits_for_maintenance_and_is_refused_when_all_are_retired() {
    let lava = lab(Release::V2023_01);
    set_health(&lava, "MAINTENANCE");
    let id = lava.submit("plain", SMOKE).unwrap();
    lava.advance(lava.now() + support::hours(2));
    assert_eq!(state(&lava, id), JobState::Submitted);
    set_health(&lava, "GOOD");
    until(&lava, id, JobState::Running);
    lava.set_health("owner", "board-1", DeviceHealth::Retired, "");
    let (status, answer) = call(
        &lava,
        "POST",
        "/api/v0.2/jobs/",
        &json!({"definition": SMOKE}),
    );
    let text = "Devices unavailable: No devices of type qemu are available.";
    assert_eq!((status, answer), (400, json!({"message": text})));
}

#[test]
fn facts_8_and_9_the_reason_is_journaled_and_the_shown_name_can_be_sent_back() {
    let lava = lab(Release::V2023_01);
    set_health(&lava, "Maintenance");
    let (_, device) = get(&lava, "/api/v0.2/devices/board-1/");
    assert_eq!(device["health"], "Maintenance");
    assert!(!device.to_string().contains("story"));
    lava.set_health("owner", "board-1", DeviceHealth::Good, "back");
    set_health(&lava, device["health"].as_str().unwrap());
    let changes = lava.health_changes("board-1");
    let reason = Change::DeviceHealth {
        device: "board-1".to_owned(),
        before: DeviceHealth::Good,
        after: DeviceHealth::Maintenance,
        reason: Some("story".to_owned()),
    };
    assert_eq!(changes[0].change, reason);
    assert_eq!(changes[0].user, "admin");
    assert_eq!(changes[0].at, at(9, 0));
    assert_eq!(changes[1].via, Via::Owner);
    assert_eq!(changes.len(), 3);
}

#[test]
fn a_write_that_changes_nothing_is_not_in_the_journal() {
    let lava = lab(Release::V2026_10);
    set_health(&lava, "MAINTENANCE");
    let before = lava.journal().len();
    set_health(&lava, "MAINTENANCE");
    get(&lava, "/api/v0.2/devices/");
    assert_eq!(lava.journal().len(), before);
    assert_eq!(lava.calls().len(), 3);
}

#[test]
fn only_good_and_unknown_devices_get_jobs_and_priority_goes_first() {
    let lava = scripted(
        Release::V2026_10,
        Outcome::Complete {
            results: Vec::new(),
        },
    );
    lava.set_health("owner", "board-1", DeviceHealth::Bad, "");
    let low = SMOKE.replace("priority: medium", "priority: low");
    let high = SMOKE.replace("priority: medium", "priority: high");
    let (late, first) = (
        lava.submit("plain", &low).unwrap(),
        lava.submit("plain", &high).unwrap(),
    );
    lava.advance(lava.now() + seconds(60));
    assert_eq!(state(&lava, first), JobState::Submitted);
    lava.set_health("owner", "board-1", DeviceHealth::Unknown, "");
    until(&lava, first, JobState::Running);
    assert_eq!(state(&lava, late), JobState::Submitted);
}

#[test]
fn a_job_runs_only_on_a_device_with_all_its_tags() {
    let lava = lab(Release::V2026_10);
    lava.add_device("board-2", "qemu", "worker1", DeviceHealth::Good);
    lava.tag_device("board-2", "lease-7");
    let tagged = format!("{SMOKE}tags: [lease-7]\n");
    let id = lava.submit("plain", &tagged).unwrap();
    until(&lava, id, JobState::Running);
    assert_eq!(lava.job(id).unwrap().device.as_deref(), Some("board-2"));
    assert!(
        lava.submit("plain", &format!("{SMOKE}tags: [nosuch]\n"))
            .is_none()
    );
}

#[test]
fn a_job_that_hangs_times_out_by_its_definition() {
    let lava = scripted(Release::V2023_01, Outcome::Hang);
    let id = lava.submit("plain", SMOKE).unwrap();
    until(&lava, id, JobState::Finished);
    let job = lava.job(id).unwrap();
    assert_eq!(job.health, JobHealth::Incomplete);
    assert_eq!(
        job.end_time.unwrap() - job.start_time.unwrap(),
        seconds(300)
    );
}

#[test]
fn outcomes_tell_their_story_in_the_results() {
    let error = |outcome: Outcome| -> Value {
        let lava = scripted(Release::V2026_10, outcome);
        let id = lava.submit("plain", SMOKE).unwrap();
        until(&lava, id, JobState::Finished);
        let (_, tests) = get(&lava, &format!("/api/v0.2/jobs/{id}/tests/"));
        tests["results"].clone()
    };
    let boot = error(Outcome::Incomplete {
        error_type: fake_lab::ErrorType::Job,
        stage: fake_lab::Stage::Boot,
        message: "login-action timed out".to_owned(),
    });
    let last = support::find(&boot, "name", "job");
    assert_eq!(last["result"], CaseResult::Fail.as_str());
    assert!(
        last["metadata"]
            .as_str()
            .unwrap()
            .contains("error_type: Job\n")
    );
    let step = support::find(&boot, "name", "login-action");
    assert!(
        step["metadata"]
            .as_str()
            .unwrap()
            .contains("level: 2.2.1\n")
    );
    let invalid = error(Outcome::Incomplete {
        error_type: fake_lab::ErrorType::Configuration,
        stage: fake_lab::Stage::Validate,
        message: "no such thing".to_owned(),
    });
    assert_eq!(
        support::find(&invalid, "name", "validate")["result"],
        "fail"
    );
    assert_eq!(invalid.as_array().unwrap().len(), 2);
    let failed = error(Outcome::Fail {
        case: "uname".to_owned(),
    });
    assert_eq!(support::find(&failed, "name", "uname")["result"], "fail");
    assert_eq!(support::find(&failed, "name", "job")["result"], "pass");
}
