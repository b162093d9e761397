//! Every fault at both doors: what the client sees, and whether the call was
//! applied.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use chrono::TimeDelta;
use fake_lab::{Applied, Delay, DeviceHealth, DoorErrorKind, FakeLava, Fault, Release};
use serde_json::{Value, json};
use support::{lab, request, seconds};
use tokio::net::TcpListener;

const PATH: &str = "/api/v0.2/devices/board-1/set_health/";

fn faulty(fault: Fault) -> FakeLava {
    let lava = lab(Release::V2026_10);
    lava.queue_faults([fault]);
    lava
}

fn closed(lava: &FakeLava) -> bool {
    lava.device("board-1").unwrap().health == DeviceHealth::Maintenance
}

fn order() -> http::Request<bytes::Bytes> {
    request(
        "admin-token",
        "POST",
        PATH,
        &json!({"health": "MAINTENANCE"}),
    )
}

/// What the client sees of a set_health that meets a fault.
fn seen(lava: &FakeLava) -> Result<(u16, String), DoorErrorKind> {
    let answer = lava.service().send(order()).map_err(|error| error.kind)?;
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    Ok((answer.status().as_u16(), kind))
}

#[test]
fn a_call_may_be_lost_before_or_after_it_is_applied() {
    for (fault, kind, applied) in [
        (Fault::Refused, DoorErrorKind::Refused, false),
        (Fault::ResetBefore, DoorErrorKind::Reset, false),
        (Fault::ResetAfter, DoorErrorKind::Reset, true),
        (Fault::HalfBody, DoorErrorKind::HalfBody, true),
        (Fault::late(11), DoorErrorKind::TimedOut, true),
        (Fault::Drip, DoorErrorKind::TimedOut, true),
    ] {
        let lava = faulty(fault);
        assert_eq!(seen(&lava), Err(kind), "{fault:?}");
        assert_eq!(closed(&lava), applied, "{fault:?}");
        assert_eq!(lava.calls()[0].fault, fault);
    }
}

#[test]
fn a_proxy_answers_instead_and_nothing_is_applied() {
    let html = "text/html; charset=utf-8";
    for (fault, status, kind) in [
        (Fault::Status(500), 500, html),
        (Fault::Status(502), 502, html),
        (Fault::Status(503), 503, html),
        (Fault::Status(429), 429, html),
        (Fault::Html, 200, html),
        (Fault::Moved, 301, html),
        (Fault::Forbidden, 403, "application/json"),
        (Fault::NotFound, 404, "application/json"),
    ] {
        let lava = faulty(fault);
        assert_eq!(seen(&lava), Ok((status, kind.to_owned())), "{fault:?}");
        assert!(!closed(&lava), "{fault:?}");
    }
    let lava = faulty(Fault::WrongJson);
    assert_eq!(seen(&lava), Ok((200, "application/json".to_owned())));
    assert!(closed(&lava));
}

#[test]
fn a_late_answer_says_how_late() {
    let lava = faulty(Fault::late(9));
    let answer = lava.service().send(order()).unwrap();
    assert_eq!(answer.extensions().get(), Some(&Delay(seconds(9))));
    assert!(closed(&lava));
    let error = faulty(Fault::late(60)).service().send(order()).unwrap_err();
    assert_eq!(
        (error.kind, error.after),
        (DoorErrorKind::TimedOut, seconds(10))
    );
}

#[test]
fn a_call_may_be_applied_long_after_the_client_gave_up() {
    let at_end = Fault::Late {
        by: seconds(60),
        applied: Applied::AtEnd,
    };
    for fault in [at_end, Fault::AppliedLate { by: seconds(60) }] {
        let lava = faulty(fault);
        assert_eq!(seen(&lava), Err(DoorErrorKind::TimedOut));
        let due = lava.now() + seconds(60);
        assert_eq!(lava.next_event().map(|at| at.max(due)), Some(due));
        lava.advance(due - seconds(1));
        assert!(!closed(&lava), "{fault:?}");
        lava.advance(due);
        assert!(closed(&lava), "{fault:?}");
        assert_eq!(lava.health_changes("board-1")[0].at, due);
    }
    let never = Fault::Late {
        by: seconds(60),
        applied: Applied::Never,
    };
    let lava = faulty(never);
    assert_eq!(seen(&lava), Err(DoorErrorKind::TimedOut));
    lava.advance(lava.now() + support::hours(1));
    assert!(!closed(&lava));
}

#[test]
fn a_call_applied_twice_submits_two_jobs() {
    let lava = faulty(Fault::Twice);
    let body = json!({"definition": support::SMOKE});
    let (status, answer) = support::call(&lava, "POST", "/api/v0.2/jobs/", &body);
    assert_eq!((status, &answer["job_ids"]), (201, &json!([2])));
    assert_eq!(lava.jobs().len(), 2);
}

#[test]
fn a_gigabyte_is_announced_and_more_than_enough_of_it_sent() {
    let answer = faulty(Fault::Gigabyte).service().send(order()).unwrap();
    assert_eq!(answer.headers()["content-length"], "1073741824");
    assert!(answer.body().len() > 32 << 20);
}

#[test]
fn a_server_whose_clock_is_off_says_other_times_and_acts_at_the_same() {
    let lava = lab(Release::V2026_10);
    lava.set_clock_error(support::hours(1));
    let id = lava.submit("admin", support::SMOKE).unwrap();
    let (_, job) = support::get(&lava, &format!("/api/v0.2/jobs/{id}/"));
    assert_eq!(job["submit_time"], "2026-11-22T10:00:00Z");
    assert_eq!(lava.job(id).unwrap().submit_time, support::at(9, 0));
    let answer = lava.service().send(order()).unwrap();
    assert_eq!(answer.headers()["date"], "Sun, 22 Nov 2026 10:00:00 GMT");
}

#[test]
fn a_plan_sees_the_call_it_decides_on() {
    let lava = lab(Release::V2026_10);
    lava.set_faults(|call| {
        if call.method == "POST" && call.path.ends_with("/set_health/") {
            assert_eq!(call.user.as_deref(), Some("admin"));
            Fault::Refused
        } else {
            Fault::None
        }
    });
    assert_eq!(support::get(&lava, "/api/v0.2/devices/").0, 200);
    assert_eq!(seen(&lava), Err(DoorErrorKind::Refused));
    lava.clear_faults();
    assert_eq!(seen(&lava).unwrap().0, 202);
}

#[test]
fn a_call_that_no_route_knows_is_remembered() {
    let lava = lab(Release::V2023_01);
    assert_eq!(support::get(&lava, "/api/v0.2/nonsense/").0, 404);
    assert_eq!(support::get(&lava, "/api/v0.2/devices/nosuch/").0, 404);
    let paths: Vec<String> = lava
        .unexpected_calls()
        .into_iter()
        .map(|call| call.path)
        .collect();
    assert_eq!(paths, ["/api/v0.2/nonsense/"]);
}

async fn served(fault: Fault) -> (FakeLava, String) {
    let lava = faulty(fault);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(lava.clone().serve(listener));
    (lava, url)
}

async fn send(url: &str) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    client
        .post(format!("{url}{PATH}"))
        .header("Authorization", "Token admin-token")
        .json(&json!({"health": "MAINTENANCE"}))
        .send()
        .await
}

#[tokio::test]
async fn a_socket_leads_to_the_same_world() {
    let (lava, url) = served(Fault::None).await;
    let answer = send(&url).await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"message": "OK"})
    );
    assert!(closed(&lava));
}

#[tokio::test]
async fn a_socket_is_closed_before_or_after_the_call_is_applied() {
    for (fault, applied) in [
        (Fault::Refused, false),
        (Fault::ResetBefore, false),
        (Fault::ResetAfter, true),
    ] {
        let (lava, url) = served(fault).await;
        assert!(send(&url).await.unwrap_err().is_request(), "{fault:?}");
        assert_eq!(closed(&lava), applied, "{fault:?}");
    }
    let (lava, url) = served(Fault::HalfBody).await;
    let answer = send(&url).await.unwrap();
    assert!(answer.bytes().await.is_err());
    assert!(closed(&lava));
}

#[tokio::test]
async fn a_socket_carries_the_answers_of_a_proxy() {
    for (fault, status) in [
        (Fault::Status(502), 502),
        (Fault::Html, 200),
        (Fault::Moved, 301),
        (Fault::Forbidden, 403),
        (Fault::NotFound, 404),
        (Fault::WrongJson, 200),
        (Fault::Twice, 202),
    ] {
        let (_, url) = served(fault).await;
        assert_eq!(
            send(&url).await.unwrap().status().as_u16(),
            status,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_socket_streams_a_gigabyte() {
    let (_, url) = served(Fault::Gigabyte).await;
    let mut answer = send(&url).await.unwrap();
    assert_eq!(answer.content_length(), Some(1 << 30));
    let mut read = 0;
    while read < 40 << 20 {
        read += answer.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_sends_a_byte_a_second() {
    let (_, url) = served(Fault::Drip).await;
    let start = tokio::time::Instant::now();
    let body = send(&url).await.unwrap().bytes().await.unwrap();
    assert_eq!(body, r#"{"message":"OK"}"#);
    assert!(start.elapsed().as_secs() >= 16, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_late_and_the_call_is_applied_though_the_client_left() {
    let at_end = Fault::Late {
        by: TimeDelta::seconds(11),
        applied: Applied::AtEnd,
    };
    let (lava, url) = served(at_end).await;
    let start = tokio::time::Instant::now();
    assert_eq!(send(&url).await.unwrap().status(), 202);
    assert!(start.elapsed().as_secs() >= 11);
    assert!(closed(&lava));

    let (lava, url) = served(at_end).await;
    let client = tokio::spawn(async move { send(&url).await.map(|_| ()) });
    while lava.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    client.abort();
    assert!(!closed(&lava));
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    assert!(closed(&lava));
}
