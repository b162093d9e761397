//! Jobs, from submission to results.

use chrono::{DateTime, Utc};
use entity::job::{JobHealth, JobState};
use serde_json::{Value, json};

use super::{
    super::{CallFailure, JobNumber},
    world::{client, recorded},
};
use crate::lava::results::CaseResult;

fn number(text: &str) -> JobNumber {
    JobNumber::parse(text).expect("id")
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

#[tokio::test]
async fn a_job_is_submitted() {
    for lava in recorded() {
        let definition = lava.record("job-submit")["request"]["body"]["definition"].clone();
        let definition = definition.as_str().expect("definition");
        let (client, _script) = client([
            lava.step("job-submit"),
            lava.step("job-submit")
                .answered(json!({"message": "", "job_ids": [8, 9]})),
            lava.step("job-submit-400-no-devicetype")
                .sent(json!({"definition": definition})),
            lava.step("job-submit-400-bad-yaml"),
            lava.step("job-submit-403-no-token")
                .sent(json!({"definition": definition})),
        ]);
        let expected = lava.body("job-submit")["job_ids"][0].to_string();
        assert_eq!(client.submit(definition).await, Ok(number(&expected)));
        let two = client.submit(definition).await.expect_err("two jobs");
        assert_eq!(two.kind, CallFailure::Garbled);
        assert!(two.sentence.contains("2 jobs (8, 9)"), "{two}");
        let refused = client.submit(definition).await.expect_err("400");
        assert_eq!(refused.kind, CallFailure::Refused);
        assert!(
            refused
                .sentence
                .contains("Device type 'nosuch' is unavailable."),
            "{refused}"
        );
        // LAVA quotes the line it stumbles over, which could hold a token
        let broken = client.submit("a: b: c").await.expect_err("400");
        assert!(
            broken.sentence.contains("mapping values are not allowed"),
            "{broken}"
        );
        assert!(broken.sentence.contains("line 1"), "{broken}");
        assert!(!broken.sentence.contains("a: b: c"), "{broken}");
        let denied = client.submit(definition).await.expect_err("403");
        assert_eq!(denied.kind, CallFailure::Denied);
    }
}

#[tokio::test]
async fn a_job_is_read() {
    for lava in recorded() {
        let (client, _script) = client([lava.step("job-get-complete"), lava.step("error-404-job")]);
        let body = lava.body("job-get-complete");
        let id = number(&body["id"].to_string());
        let job = client.job(&id).await.expect("answer").expect("job");
        assert_eq!(job.id, id);
        assert_eq!(
            (job.state, job.health),
            (JobState::Finished, JobHealth::Complete)
        );
        assert_eq!(
            job.submitted_at,
            time(body["submit_time"].as_str().expect("time"))
        );
        assert_eq!(job.started_at, body["start_time"].as_str().map(time));
        assert_eq!(job.ended_at, body["end_time"].as_str().map(time));
        assert_eq!(job.description, "lavafed qemu smoke");
        assert_eq!(job.submitter, "admin");
        assert_eq!(
            job.definition,
            body["definition"].as_str().expect("definition")
        );
        assert_eq!(job.requested_device_type.as_deref(), Some("qemu"));
        assert_eq!(job.actual_device.as_deref(), Some("qemu-fed-1"));
        assert_eq!(job.failure_comment, None);
        assert!(!job.health_check);
        assert!(!format!("{job:?}").contains("actions"), "{job:?}");
        assert_eq!(client.job(&number("99999")).await, Ok(None));
    }
}

/// A job of the recording with another id, time, state or description.
fn like(body: &Value, changes: &Value) -> Value {
    let mut job = body.clone();
    for (key, value) in changes.as_object().expect("changes") {
        job[key] = value.clone();
    }
    job
}

#[tokio::test]
async fn the_job_of_an_unanswered_submission_is_found() {
    for lava in recorded() {
        let body = lava.body("job-get-complete");
        let jobs = [
            json!({"id": 14, "submit_time": "2026-11-22T12:00:04Z", "description": "other"}),
            json!({"id": 13, "submit_time": "2026-11-22T12:00:03Z", "description": "ours"}),
            json!({"id": 12, "submit_time": "2026-11-22T12:00:01Z", "description": "ours"}),
            json!({"id": 11, "submit_time": "2026-11-22T12:00:00Z", "description": "ours"}),
        ];
        let page: Vec<Value> = jobs.iter().map(|changes| like(body, changes)).collect();
        // a next page elsewhere is not asked for: the first reaches back far enough
        let page = json!({"count": 900, "next": "http://elsewhere.example/", "results": page});
        let asked = "/api/v0.2/jobs/?ordering=-id&submit_time__gt=2026-11-22T12%3A00%3A00.000000Z\
                     &description=ours&limit=100";
        let (client, _script) = client([lava.step("jobs-ordering").at(asked).answered(page)]);
        let found = client
            .jobs_since(time("2026-11-22T12:00:00Z"), "ours")
            .await;
        let found: Vec<_> = found.expect("jobs").into_iter().map(|job| job.id).collect();
        assert_eq!(found, [number("13"), number("12")]);
    }
}

#[tokio::test]
async fn what_runs_on_a_device_is_found() {
    for lava in recorded() {
        let body = lava.body("job-get-complete");
        let page = |jobs: Vec<Value>| json!({"count": jobs.len(), "next": null, "results": jobs});
        let asked = |state: &str| {
            format!("/api/v0.2/jobs/?ordering=-id&actual_device=qemu-fed-1&state={state}&limit=100")
        };
        let running = json!({"id": 5, "state": "Running", "health": "Unknown", "end_time": null,
            "health_check": true, "submitter": "lava-health"});
        let elsewhere = json!({"id": 6, "state": "Running", "actual_device": "other"});
        let step = |state: &str, jobs| {
            lava.step("jobs-filter")
                .at(&asked(state))
                .answered(page(jobs))
        };
        let (client, _script) = client([
            step("Scheduling", Vec::new()),
            step("Scheduled", Vec::new()),
            step(
                "Running",
                vec![like(body, &running), like(body, &elsewhere)],
            ),
            // it went on while we asked
            step(
                "Canceling",
                vec![
                    like(body, &json!({"id": 5, "state": "Canceling"})),
                    body.clone(),
                ],
            ),
        ]);
        let found = client.jobs_on("qemu-fed-1").await.expect("jobs");
        let found: Vec<_> = found
            .iter()
            .map(|job| (job.id.as_str(), job.health_check))
            .collect();
        assert_eq!(found, [("5", true)]);
    }
}

#[tokio::test]
async fn the_way_to_cancel_is_found_out_once() {
    for lava in recorded() {
        if lava.release == "2023.01" {
            let by_get = lava.step("job-cancel-finished");
            let (client, _script) = client([
                lava.step("job-cancel-by-post-finished"),
                by_get.clone(),
                lava.step("job-cancel-running"),
                // LAVA was upgraded meanwhile
                by_get.clone(),
                lava.step("job-cancel-404"),
            ]);
            assert_eq!(client.cancel(&number("2")).await, Ok(()));
            assert_eq!(client.clone().cancel(&number("4")).await, Ok(()));
            assert_eq!(client.cancel(&number("2")).await, Ok(()));
            let lost = client.cancel(&number("99999")).await.expect_err("500");
            assert_eq!(lost.kind, CallFailure::Unanswered);
        } else {
            let (client, _script) = client([
                lava.step("job-cancel-by-post-finished"),
                lava.step("job-cancel-running").sent(Value::Null),
                lava.step("job-cancel-404").sent(Value::Null),
            ]);
            assert_eq!(client.cancel(&number("1")).await, Ok(()));
            assert_eq!(client.cancel(&number("10")).await, Ok(()));
            let missing = client.cancel(&number("99999")).await.expect_err("404");
            assert_eq!(missing.kind, CallFailure::Missing);
        }
    }
}

#[tokio::test]
async fn a_server_that_was_upgraded_is_canceled_by_post_again() {
    let [old, new] = <[_; 2]>::try_from(recorded()).ok().expect("two releases");
    let (client, _script) = client([
        old.step("job-cancel-by-post-finished")
            .at("/api/v0.2/jobs/1/cancel/"),
        old.step("job-cancel-finished")
            .at("/api/v0.2/jobs/1/cancel/"),
        new.step("job-cancel-finished"),
        new.step("job-cancel-by-post-finished"),
        new.step("job-cancel-by-post-finished"),
    ]);
    for _ in 0..3 {
        assert_eq!(client.cancel(&number("1")).await, Ok(()));
    }
}

#[tokio::test]
async fn results_are_read_suite_by_suite() {
    for lava in recorded() {
        let (client, _script) = client([
            lava.step("job-yaml"),
            lava.step("job-yaml").answered("[]\n".into()),
            lava.step("job-yaml").answered("a: b: c".into()),
        ]);
        let id = lava.body("job-get-complete")["id"].to_string();
        let results = client.results(&number(&id)).await.expect("results");
        let suites: Vec<_> = results.suites.keys().map(String::as_str).collect();
        assert_eq!(suites, ["0_smoke", "lava"]);
        let smoke: Vec<_> = results
            .suite("0_smoke")
            .iter()
            .map(|case| (case.name.as_str(), case.result))
            .collect();
        assert!(smoke.contains(&("uname", CaseResult::Pass)), "{smoke:?}");
        assert!(smoke.contains(&("bad", CaseResult::Fail)), "{smoke:?}");
        assert!(smoke.contains(&("skipped", CaseResult::Skip)), "{smoke:?}");
        let cases: usize = results.suites.values().map(Vec::len).sum();
        assert_eq!(cases, 17);
        let none = client.results(&number(&id)).await.expect("results");
        assert!(none.suites.is_empty());
        let broken = client.results(&number(&id)).await.expect_err("no YAML");
        assert_eq!(broken.kind, CallFailure::Garbled);
    }
}
