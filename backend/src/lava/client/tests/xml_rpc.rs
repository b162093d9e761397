//! Health by XML-RPC, as recorded calls and Python's spelling of answers.

use base64::Engine as _;
use bytes::Bytes;
use entity::device_health::DeviceHealth;
use http::{Response, StatusCode, header};
use serde_json::Value;
use tower::service_fn;

use super::{
    super::{CallError, CallFailure, Client, Credentials, Door, Secret, Transport, transport},
    world::{credentials, recorded},
};

/// A client of a server that answers every call the same.
fn answering(
    status: StatusCode,
    kind: &'static str,
    body: String,
    called: Option<Vec<Value>>,
) -> Client {
    let transport = Transport::new(service_fn(move |request: http::Request<Bytes>| {
        let text = String::from_utf8(request.body().to_vec()).expect("text");
        let call = dxr::MethodCall::from_xml(&text).expect("XML-RPC");
        assert_eq!(call.name, "scheduler.devices.update");
        if let Some(called) = &called {
            let args: Vec<Value> = call.params.iter().map(json).collect();
            assert_eq!(&args, called);
        }
        assert_eq!(request.uri().path(), "/RPC2");
        let login = request.headers().get(header::AUTHORIZATION).expect("login");
        let coded = base64::engine::general_purpose::STANDARD.encode("lender:recorded-token");
        assert_eq!(login, &format!("Basic {coded}"));
        let response = Response::builder()
            .status(status)
            .header("content-type", kind);
        let response = response.body(Bytes::from(body.clone())).expect("response");
        async { Ok::<_, transport::TransportError>(response) }
    }));
    Client::new(
        "http://lava.example",
        Some(credentials()),
        Door::XmlRpc,
        transport,
    )
    .expect("client")
}

fn json(value: &dxr::Value) -> Value {
    match value {
        dxr::Value::String(text) => text.clone().into(),
        dxr::Value::Nil => Value::Null,
        other => panic!("{other:?}"),
    }
}

/// As Python writes them.
fn done() -> String {
    "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><nil/></value></param>\n\
     </params>\n</methodResponse>\n"
        .to_owned()
}

fn fault(code: &str, words: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n\
         <name>faultCode</name>\n<value><int>{code}</int></value>\n</member>\n<member>\n\
         <name>faultString</name>\n<value><string>{words}</string></value>\n</member>\n\
         </struct></value>\n</fault>\n</methodResponse>\n"
    )
}

#[tokio::test]
async fn health_is_set_as_recorded() {
    for lava in recorded() {
        let calls = lava.record("xmlrpc-calls").as_array().expect("calls");
        let updates = calls
            .iter()
            .filter(|call| call["method"] == "scheduler.devices.update");
        let mut outcomes = Vec::new();
        for call in updates {
            let args = call["args"].as_array().expect("args").clone();
            let result = call["result"].as_str().expect("result");
            let refused = result
                .strip_prefix("Fault ")
                .and_then(|rest| rest.split_once(": "));
            let body = refused.map_or_else(done, |(code, words)| fault(code, words));
            let board = args[0].as_str().expect("board").to_owned();
            let health = match args[5].as_str() {
                Some("MAINTENANCE") => DeviceHealth::Maintenance,
                Some("GOOD") => DeviceHealth::Good,
                other => panic!("{other:?}"),
            };
            let client = answering(StatusCode::OK, "text/xml", body, Some(args));
            let outcome = client.set_health(&board, health, "lent").await;
            if let (Err(error), Some((_, words))) = (&outcome, refused) {
                assert!(error.sentence.contains(words), "{error}");
            }
            outcomes.push(outcome.map_err(|error| error.kind));
        }
        assert_eq!(
            outcomes,
            [Ok(()), Err(CallFailure::Denied), Err(CallFailure::Denied)]
        );
    }
}

#[tokio::test]
async fn faults_mean_what_the_codes_of_http_mean() {
    let ok = StatusCode::OK;
    let table = [
        (
            ok,
            "text/xml",
            fault("404", "Device 'b' was not found."),
            CallFailure::Missing,
        ),
        (
            ok,
            "application/xml",
            fault("400", "Invalid health"),
            CallFailure::Refused,
        ),
        (ok, "text/xml", fault("1", "boom"), CallFailure::Unanswered),
        (
            ok,
            "text/xml",
            fault("-32601", "no such method"),
            CallFailure::Refused,
        ),
        (
            ok,
            "text/xml",
            "<methodResponse>".to_owned(),
            CallFailure::Garbled,
        ),
        (
            ok,
            "text/html",
            "<html></html>".to_owned(),
            CallFailure::Garbled,
        ),
        (
            StatusCode::UNAUTHORIZED,
            "text/html",
            "Invalid token".to_owned(),
            CallFailure::Denied,
        ),
        (
            StatusCode::BAD_GATEWAY,
            "text/html",
            String::new(),
            CallFailure::Unanswered,
        ),
    ];
    for (status, kind, body, expected) in table {
        let client = answering(status, kind, body.clone(), None);
        let failed: CallError = client
            .set_health("b", DeviceHealth::Good, "")
            .await
            .expect_err(&body);
        assert_eq!(failed.kind, expected, "{failed}");
        assert!(!failed.sentence.contains("recorded-token"), "{failed}");
    }
}

#[test]
fn xml_rpc_needs_a_user() {
    let nowhere = Transport::new(service_fn(|_| async {
        Err(transport::TransportError::NotSent(String::new()))
    }));
    let nobody = Credentials {
        user: None,
        token: Secret::new("t0ken"),
    };
    let refused = Client::new("http://lava.example", Some(nobody), Door::XmlRpc, nowhere);
    let refused = refused.expect_err("no user").to_string();
    assert!(refused.contains("name the user"), "{refused}");
    assert!(!refused.contains("t0ken"), "{refused}");
}
