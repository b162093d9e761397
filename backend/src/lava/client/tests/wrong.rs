//! Servers that fail, in each way that decides what the caller does next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use entity::device_health::DeviceHealth;
use futures_util::future::join_all;
use http::{Response, StatusCode};
use tower::service_fn;

use super::{
    super::{
        CallError, CallFailure, CircuitState, Client, Door, Transport, TransportError,
        transport::LARGEST_BODY,
    },
    world::{client_over, credentials, recorded},
};

fn response(status: u16, kind: &str, body: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("retry-after", "7")
        .header("location", "https://sso.example/login?next=secret")
        .body(Bytes::from(body.to_owned()))
        .expect("response")
}

fn always(status: u16, kind: &'static str, body: &'static str) -> Client {
    client_over(move |_| Ok(response(status, kind, body)))
}

async fn written(client: &Client) -> CallError {
    let written = client.set_health("b", DeviceHealth::Good, "x").await;
    written.expect_err("a failure")
}

const JSON: &str = "application/json";
const PAGE: &str = "text/html; charset=utf-8";

type Row = (u16, &'static str, &'static str, CallFailure, &'static str);

async fn told_apart<const N: usize>(table: [Row; N]) {
    for (status, kind, body, expected, words) in table {
        let failed = written(&always(status, kind, body)).await;
        assert_eq!(failed.kind, expected, "{status} {body}: {failed}");
        assert!(failed.sentence.contains(words), "{status} {body}: {failed}");
        let place = "POST http://lava.example/api/v0.2/devices/b/set_health/";
        assert!(failed.sentence.starts_with(place), "{failed}");
        assert!(!failed.sentence.contains("secret"), "{failed}");
    }
}

#[tokio::test]
async fn refusals_say_why() {
    told_apart([
        (
            400,
            JSON,
            r#"{"detail": "no"}"#,
            CallFailure::Refused,
            "400 Bad Request: no",
        ),
        (
            400,
            JSON,
            r#"{"message": "no"}"#,
            CallFailure::Refused,
            ": no",
        ),
        (
            400,
            JSON,
            r#"{"a": ["x", "y"], "b": ["z"]}"#,
            CallFailure::Refused,
            ": a: x y; b: z",
        ),
        (
            400,
            JSON,
            r#"{"non_field_errors": ["unique"]}"#,
            CallFailure::Refused,
            ": unique",
        ),
        (
            400,
            JSON,
            r#"["Select a valid choice."]"#,
            CallFailure::Refused,
            ": Select a valid",
        ),
        (
            400,
            PAGE,
            "<h1>Bad Request (400)</h1>",
            CallFailure::Refused,
            "with a page",
        ),
        (
            400,
            JSON,
            "no JSON",
            CallFailure::Refused,
            "400 Bad Request",
        ),
        (
            409,
            JSON,
            r#"{"error": "Version mismatch"}"#,
            CallFailure::Refused,
            ": Version",
        ),
        (
            405,
            JSON,
            r#"{"detail": "Method"}"#,
            CallFailure::Refused,
            "405",
        ),
    ])
    .await;
}

#[tokio::test]
async fn each_other_failure_is_told_apart() {
    let busy = CallFailure::Busy {
        retry_after: Some(Duration::from_secs(7)),
    };
    told_apart([
        (
            401,
            JSON,
            r#"{"detail": "who?"}"#,
            CallFailure::Denied,
            "check the API token",
        ),
        (
            403,
            JSON,
            r#"{"detail": "Invalid token."}"#,
            CallFailure::Denied,
            "Invalid token.",
        ),
        (
            403,
            PAGE,
            "<html>",
            CallFailure::Denied,
            "check the API token",
        ),
        (
            404,
            JSON,
            r#"{"detail": "Not found."}"#,
            CallFailure::Missing,
            "Not found.",
        ),
        (
            404,
            PAGE,
            "<html>",
            CallFailure::Garbled,
            "of a LAVA server?",
        ),
        (408, PAGE, "", CallFailure::Unanswered, "408"),
        (429, JSON, "{}", busy, "429"),
        (500, PAGE, "<html>", CallFailure::Unanswered, "with a page"),
        (
            500,
            JSON,
            r#"{"exception_type": "KeyError", "exception_value": "'x'"}"#,
            CallFailure::Unanswered,
            "KeyError: 'x'",
        ),
        (502, PAGE, "<html>", CallFailure::Unanswered, "502"),
        (503, PAGE, "<html>", CallFailure::Unanswered, "503"),
        (
            301,
            PAGE,
            "",
            CallFailure::Garbled,
            "to https://sso.example/login;",
        ),
        (
            200,
            PAGE,
            "<html>Welcome to the hotel</html>",
            CallFailure::Garbled,
            "a web page",
        ),
        (
            200,
            "text/plain",
            "OK",
            CallFailure::Garbled,
            "something else",
        ),
    ])
    .await;
}

#[tokio::test]
async fn reading_fails_alike() {
    for (status, kind, body, expected) in [
        (200, "text/html", "<html>", CallFailure::Garbled),
        (200, JSON, "[1, 2", CallFailure::Garbled),
        (200, JSON, "[]", CallFailure::Garbled),
        (
            200,
            JSON,
            r#"{"hostname": "b", "health": "Fine"}"#,
            CallFailure::Garbled,
        ),
        (404, "text/html", "<html>", CallFailure::Garbled),
        (403, JSON, "{}", CallFailure::Denied),
        (500, "text/html", "", CallFailure::Unanswered),
    ] {
        let failed = always(status, kind, body)
            .device("b")
            .await
            .expect_err(body);
        assert_eq!(failed.kind, expected, "{status} {body}: {failed}");
    }
}

#[tokio::test]
async fn an_unknown_health_is_named() {
    let [lava, _] = <[_; 2]>::try_from(recorded()).ok().expect("two releases");
    let mut device = lava.body("device-get").clone();
    device["health"] = "Fine".into();
    let text = device.to_string();
    let client = client_over(move |_| Ok(response(200, "application/json", &text)));
    let failed = client.device("qemu-fed-1").await.expect_err("no health");
    assert!(
        failed
            .sentence
            .contains("\"Fine\" is no health of a device"),
        "{failed}"
    );
}

#[tokio::test]
async fn our_token_does_not_come_back_in_a_sentence() {
    let body = r#"{"detail": "bad token recorded-token\nline two\nline three"}"#;
    let failed = written(&always(403, "application/json", body)).await;
    assert!(
        failed.sentence.contains("bad token (secret) line two"),
        "{failed}"
    );
    assert!(!failed.sentence.contains("recorded-token"), "{failed}");
    assert!(!failed.sentence.contains("three"), "{failed}");
    let long: &'static str = Box::leak(format!(r#"{{"detail": "{}"}}"#, "é".repeat(9000)).into());
    let failed = written(&always(400, "application/json", long)).await;
    assert!(
        failed.sentence.chars().count() < 500,
        "{}",
        failed.sentence.len()
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_no_answer() {
    let client = client_over(|_| {
        let body = Bytes::from(vec![b' '; LARGEST_BODY + 1]);
        Ok(Response::builder()
            .header("content-type", "application/json")
            .body(body)
            .expect("response"))
    });
    let failed = client.version().await.expect_err("too large");
    assert_eq!(failed.kind, CallFailure::Garbled);
    assert!(failed.sentence.contains("32 MiB"), "{failed}");
}

#[tokio::test]
async fn names_stay_names() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let client = client_over(move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        assert_eq!(
            request.uri().path(),
            "/api/v0.2/devices/..%2Fjobs%3Fa%3D1%23%C3%A9%20b/set_health/"
        );
        Ok(response(202, "application/json", "{}"))
    });
    let odd = client
        .set_health("../jobs?a=1#é b", DeviceHealth::Good, "")
        .await;
    assert_eq!(odd, Ok(()));
    for name in ["", ".", ".."] {
        let refused = client.device(name).await.expect_err(name);
        assert_eq!(refused.kind, CallFailure::NotSent, "{refused}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_list_that_never_ends_is_given_up() {
    let [lava, _] = <[_; 2]>::try_from(recorded()).ok().expect("two releases");
    let mut page = lava.body("devices-list").clone();
    page["next"] = "http://elsewhere.example/".into();
    let text = page.to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let client = client_over(move |request| {
        let before = count.fetch_add(1, Ordering::Relaxed);
        assert_eq!(request.uri().host(), Some("lava.example"));
        let query = request.uri().query().unwrap_or_default();
        assert_eq!(
            query.contains(&format!("offset={before}")),
            before > 0,
            "{query}"
        );
        Ok(response(200, "application/json", &text))
    });
    let failed = client.devices().await.expect_err("endless");
    assert_eq!(failed.kind, CallFailure::Garbled);
    assert_eq!(asked.load(Ordering::Relaxed), 100);
}

#[tokio::test]
async fn a_dead_server_is_left_alone_for_a_while() {
    let seconds = Arc::new(AtomicI64::new(0));
    let asked = Arc::new(AtomicUsize::new(0));
    let (now, count) = (seconds.clone(), asked.clone());
    let client = client_over(move |_| {
        // down for the first six calls
        match count.fetch_add(1, Ordering::Relaxed) {
            0..3 => Err(TransportError::NotSent("refused".to_owned())),
            3 => Err(TransportError::Unanswered("reset".to_owned())),
            4 | 5 => Ok(response(503, "text/html", "")),
            _ => Ok(response(202, "application/json", "{}")),
        }
    })
    .with_clock(
        Arc::new(move || DateTime::from_timestamp(now.load(Ordering::Relaxed), 0).expect("time")),
        1,
    );
    let unsure = CallFailure::Unanswered;
    for expected in [
        &CallFailure::NotSent,
        &CallFailure::NotSent,
        &CallFailure::NotSent,
        &unsure,
        &unsure,
    ] {
        assert_eq!(client.circuit(), CircuitState::Closed);
        assert_eq!(&written(&client).await.kind, expected);
    }
    assert!(matches!(client.circuit(), CircuitState::Open { .. }));
    let failed = written(&client.clone()).await;
    assert_eq!(failed.kind, CallFailure::NotSent);
    // to the second: nobody waits for a fraction of one
    let (said, when) = failed
        .sentence
        .split_once("; it is tried again at ")
        .unwrap();
    assert!(said.ends_with("did not answer lately"), "{failed}");
    assert_eq!(when.len(), "08:48:07 UTC".len(), "{failed}");
    assert_eq!(asked.load(Ordering::Relaxed), 5);
    // the first pause is a second at most
    seconds.store(1, Ordering::Relaxed);
    assert_eq!(client.circuit(), CircuitState::HalfOpen);
    assert_eq!(written(&client).await.kind, unsure);
    seconds.store(4, Ordering::Relaxed);
    assert_eq!(client.set_health("b", DeviceHealth::Good, "").await, Ok(()));
    assert_eq!(client.circuit(), CircuitState::Closed);
    assert_eq!(asked.load(Ordering::Relaxed), 7);
}

#[tokio::test]
async fn refusals_do_not_open_the_circuit() {
    let client = always(500, "text/html", "");
    for _ in 0..20 {
        assert_eq!(written(&client).await.kind, CallFailure::Unanswered);
    }
    assert_eq!(client.circuit(), CircuitState::Closed);
    let barred = client_over(|_| Err(TransportError::Barred("private".to_owned())));
    for _ in 0..20 {
        assert_eq!(written(&barred).await.kind, CallFailure::NotSent);
    }
    assert_eq!(barred.circuit(), CircuitState::Closed);
}

#[tokio::test]
async fn four_calls_at_once_are_enough() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside, peak) = (under_way.clone(), most.clone());
    let transport = Transport::new(service_fn(move |_| {
        let (inside, peak) = (inside.clone(), peak.clone());
        async move {
            peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            inside.fetch_sub(1, Ordering::SeqCst);
            Ok(response(
                StatusCode::ACCEPTED.as_u16(),
                "application/json",
                "{}",
            ))
        }
    }));
    let client = Client::new(
        "http://lava.example",
        Some(credentials()),
        Door::Rest,
        transport,
    )
    .expect("client");
    let calls = (0..20).map(|_| {
        let client = client.clone();
        async move { client.set_health("b", DeviceHealth::Good, "").await }
    });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 4);
}
