//! No secret survives, and what is no secret does.

use std::fs;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::lava::{
    notification,
    yaml::{self, Limits, Node},
};

const CREDENTIAL: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJsYXZhIn0.c2lnbmF0dXJl";

fn scrubbed(body: &Value) -> Value {
    let body = notification(
        NotificationFormat::Json,
        body.to_string().as_bytes(),
        CREDENTIAL,
    );
    serde_json::from_slice(&body.expect("JSON")).expect("JSON")
}

fn scrubbed_definition(definition: &str) -> String {
    let body = scrubbed(&json!({ "definition": definition }));
    body["definition"].as_str().expect("a text").to_owned()
}

#[test]
fn every_form_of_a_token_is_taken_out() {
    for definition in [
        "notify:\n  callback:\n    token: SECRET-1\n",
        "notify:\n  callbacks:\n  - url: http://x\n    token: SECRET-1\n  - token: 'SECRET-2' # SECRET-3\n",
        "notify: {callback: {token: SECRET-1}}",
        "{\"notify\": {\"callbacks\": [{\"token\": \"SECRET\\u002D1\"}]}}",
        "notify:\n  callback:\n    token: |\n      SECRET-1\n      SECRET-2\n    url: x\n",
        "notify:\n  callback:\n    token: >-\n      SECRET-1\n      SECRET-2\n",
        "notify:\n  callback:\n    token: \"SECRET-1\\\n      SECRET-2\"\n",
        "notify:\n  callback:\n    ? token\n    : !!str SECRET-1\n",
        "notify:\n  callback:\n    token: [SECRET-1, {SECRET-2: SECRET-3}]\n",
        "notify:\n  callback: {token: &t SECRET-1}\njob_name: *t\n",
        "x: &t SECRET-1\nnotify:\n  callback: {token: *t}\n",
        "x: &n {callback: {token: SECRET-1}}\nnotify: *n\n",
        "x: &n {token: SECRET-1}\nnotify:\n  callback:\n    <<: *n\n    url: http://x\n",
        "x: &all\n  secrets: {A: SECRET-1}\n<<: *all\n",
        "notify:\n  recipients:\n  - to: {method: email, email: SECRET-1@example.org}\n",
        "secrets:\n  API: SECRET-1\n  # OLD: SECRET-2\n  PIN: 1234\n",
        "secrets: [SECRET-1, [SECRET-2]]",
        "secrets: SECRET-1",
        "secrets: {SECRET-1}",
        "secrets: {? [SECRET-1] : SECRET-2}",
        "secrets: {A: SECRET-1}\nsecrets: {B: SECRET-2}\n",
        "# SECRET-1\nsecrets: {A: b} # SECRET-2\n",
        "\"secrets\": {A: SECRET-1}\njob_name: the SECRET-1 job\nSECRET-1: x\n",
        "secrets: {A: SECRET-1}\nactions:\n- test:\n    steps:\n    - |\n      echo SECRET-1\n      true\n",
        "secrets: {A: 123456789}\njob_name: x123456789x\n",
    ] {
        let clean = scrubbed_definition(definition);
        assert!(!clean.contains("SECRET"), "{definition}\n->\n{clean}");
        assert!(!clean.contains("1234"), "{definition}\n->\n{clean}");
        let again = yaml::parse(&clean, &Limits::DEFINITION);
        assert!(again.is_ok(), "{clean}: {again:?}");
        assert!(!clean.contains("not kept"), "{clean}");
    }
}

#[test]
fn the_rest_stays_as_it_reads() {
    let definition = "device_type: qemu # a comment\nmetadata:\n  lavafed.version: '2026.10'\n  \
        other: 2026.10\n  lavafed.features: deploy.tftp test.shell=0_smoke/uname\nactions:\n\
        - boot:\n    prompts: ['root@x:~#', \"a\\tb\"]\n    commands: |\n      one\n      two\n\
        notify: {criteria: {status: finished}, callback: {url: 'http://x/{ID}', token: abc}}\n";
    let clean = scrubbed_definition(definition);
    assert_eq!(
        clean,
        "device_type: qemu\nmetadata:\n  lavafed.version: \"2026.10\"\n  other: 2026.10\n  \
         lavafed.features: deploy.tftp test.shell=0_smoke/uname\nactions:\n  - boot:\n      \
         prompts:\n        - root@x:~#\n        - \"a\\tb\"\n      commands: |\n        one\n        \
         two\nnotify:\n  criteria:\n    status: finished\n  callback:\n    url: http://x/{ID}\n    \
         token: \"[scrubbed]\"\n"
    );
    assert_eq!(scrubbed_definition(&clean), clean);
}

#[test]
fn the_credential_is_taken_out_everywhere() {
    let body = scrubbed(&json!({
        "id": 7,
        "token": CREDENTIAL,
        "definition": format!("job_name: x {CREDENTIAL}\n"),
        "log": format!("- {{\"msg\": \"export T={CREDENTIAL}\"}}\n"),
        "results": {"0_a": format!("- {{name: 'is {CREDENTIAL}', result: pass}}\n")},
        "metadata": [{ "k": format!("-{CREDENTIAL}-") }],
        format!("{CREDENTIAL}x"): 1,
    }));
    assert_eq!(
        body,
        json!({
            "id": 7,
            "token": MARK,
            "definition": "job_name: \"x [scrubbed]\"\n".replace('"', ""),
            "log": "- {\"msg\": \"export T=[scrubbed]\"}\n",
            "results": {"0_a": "- name: is [scrubbed]\n  result: pass\n"},
            "metadata": [{"k": "-[scrubbed]-"}],
            "[scrubbed]x": 1,
        })
    );
}

#[test]
fn short_secrets_are_taken_out_only_where_they_stand() {
    let body = scrubbed(&json!({
        "definition": "secrets: {PIN: pass}\nactions: [{test: {name: pass}}]\n",
        "log": "pass",
        "submitter_email": "a@b.c",
    }));
    assert_eq!(body["log"], "pass");
    assert_eq!(body["submitter_email"], MARK);
    let definition = body["definition"].as_str().expect("a text");
    assert!(definition.contains("name: pass") && definition.contains("PIN: \"[scrubbed]\""));
}

#[test]
fn unreadable_definitions_take_with_them_what_may_hold_their_secrets() {
    let deep = format!("secrets: {{A: SECRET-1}}\nx: {}", "[".repeat(1000));
    let many: String = (0..1100).map(|n| format!("  K{n}: SECRET-{n}\n")).collect();
    for definition in [
        "secrets: {A: SECRET-1".to_owned(),
        deep,
        format!("secrets:\n{many}"),
    ] {
        let body = scrubbed(&json!({
            "id": 1,
            "state": 5,
            "definition": definition,
            "log": "SECRET-1",
            "results": {"lava": "- SECRET-1"},
            "description": format!("job {CREDENTIAL} SECRET-1"),
            "failure_comment": "SECRET-1",
            "metadata": [{"pin": "SECRET-1"}],
        }));
        let clean = body.to_string();
        assert!(!clean.contains("SECRET"), "{clean}");
        assert!(!clean.contains(CREDENTIAL), "{clean}");
        assert_eq!((&body["id"], &body["state"]), (&json!(1), &json!(5)));
        assert_eq!((body.get("log"), body.get("results")), (None, None));
        let told = body["definition"].as_str().expect("a text");
        assert!(told.starts_with("The definition is not kept: "), "{told}");
    }
}

#[test]
fn plain_results_are_scrubbed_too() {
    let mut result = json!({
        "externalId": "7",
        "url": format!("http://ci/?t={CREDENTIAL}"),
        "verdicts": [{"feature": "generic.x", "message": "failed with SECRET-1"}],
        "secrets": {"KEY": "SECRET-1"},
    });
    value(&mut result, CREDENTIAL);
    assert_eq!(
        result,
        json!({
            "externalId": "7",
            "url": "http://ci/?t=[scrubbed]",
            "verdicts": [{"feature": "generic.x", "message": "failed with [scrubbed]"}],
            "secrets": {"KEY": MARK},
        })
    );
}

#[test]
fn what_is_not_json_is_told() {
    let told = notification(NotificationFormat::Json, b"{\"id\": }", CREDENTIAL);
    assert_eq!(told.expect_err("no JSON").place, "line 1, column 8");
}

/// Every recorded notification, and what its sender would not want to see stored.
#[test]
fn recordings_read_the_same_without_their_secrets() {
    const SECRETS: &[&str] = &[
        "lavafed-secret",
        "admin@example.com",
        "admin%40example.com",
        "admin token",
        "admin+token",
        "7iTdIdOn7E8znlQU4DJlh4Umhq8yrugb2HjfWhDJ",
    ];
    let mut seen = 0;
    for version in ["2023.01", "2026.10"] {
        let folder = format!(
            "{}/../tests/fixtures/lava/{version}",
            env!("CARGO_MANIFEST_DIR")
        );
        for entry in fs::read_dir(folder).expect("fixtures") {
            let path = entry.expect("a file").path();
            let recorded = fs::read_to_string(&path).expect("readable");
            let recorded: Value = serde_json::from_str(&recorded).expect("JSON");
            let request = &recorded["request"];
            let Some(body) = request["body"].as_str().filter(|body| !body.is_empty()) else {
                continue;
            };
            let headers = &request["headers"];
            let credential = headers["Authorization"].as_str();
            let format = match headers["Content-Type"].as_str() {
                Some("application/json") => NotificationFormat::Json,
                _ => NotificationFormat::Urlencoded,
            };
            let clean = notification(format, body.as_bytes(), credential.unwrap_or_default())
                .expect("a notification");
            let text = String::from_utf8(clean.clone()).expect("UTF-8");
            for secret in SECRETS {
                assert!(!text.contains(secret), "{path:?}: {secret}");
            }
            let before = notification::parse(format, body.as_bytes()).expect("readable");
            let after = notification::parse(format, &clean).expect("readable");
            assert_eq!(before.definition, after.definition, "{path:?}");
            assert_eq!(before.results, after.results, "{path:?}");
            assert_eq!(before.failure(), after.failure(), "{path:?}");
            assert_eq!(before.submitted_at, after.submitted_at);
            let twice = notification(format, &clean, "").expect("a notification");
            assert_eq!(twice, clean, "{path:?}: scrubbing is done after one time");
            seen += 1;
        }
    }
    assert_eq!(seen, 28);
}

/// Begins and ends as nothing else in these documents does.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_.+/'\"\\\\ äé€𝄞:#&%,{}-]{4,20}".prop_map(|middle| format!("s3{middle}x9"))
}

/// A secret as a scalar of YAML, in a style of many.
fn styled(secret: &str, style: usize, indent: usize) -> String {
    let space = " ".repeat(indent);
    match style {
        0 => serde_json::to_string(secret).expect("a text"),
        1 => format!("'{}'", secret.replace('\'', "''")),
        2 => format!("|\n{space}{secret}\n{space}more"),
        3 => format!(">-\n{space}{secret}"),
        4 => format!("!!str '{}' # {secret}", secret.replace('\'', "''")),
        _ => format!("&anchor\n{space}'{}'", secret.replace('\'', "''")),
    }
}

fn definition(token: &str, hidden: &str, styles: (usize, usize), shape: usize) -> String {
    let block = |secret: &str, style| styled(secret, style, 8);
    let quoted = |secret: &str| styled(secret, 0, 0);
    match shape {
        0 => format!(
            "notify:\n  callbacks:\n  - url: x\n    token: {}\nsecrets:\n  KEY: {}\njob_name: {}\n",
            block(token, styles.0),
            block(hidden, styles.1),
            quoted(&format!("a {token} b")),
        ),
        1 => json!({"notify": {"callback": {"token": token}}, "secrets": [hidden]}).to_string(),
        2 => format!(
            "base: &base {{token: {}}}\nnotify:\n  callback:\n    <<: *base\nsecrets: {{A: {{B: {}}}}}\n",
            quoted(token),
            quoted(hidden)
        ),
        _ => format!(
            "run:\n- {}\n- {}\nnotify: {{callback: {{token: {}}}}}\nsecrets: {}\n",
            block(&format!("echo {hidden}"), styles.0),
            block(token, styles.1).replace('&', "&b"),
            quoted(token),
            quoted(hidden),
        ),
    }
}

fn scalars(node: &Node, told: &mut Vec<String>) {
    match node {
        Node::Scalar(scalar) => told.push(scalar.text.clone()),
        Node::List(items) => items.iter().for_each(|item| scalars(item, told)),
        Node::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            scalars(key, told);
            scalars(value, told);
        }),
    }
}

/// Everything a reader could see: names, texts, and the scalars of YAML texts.
fn visible(value: &Value, told: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => {
            if let Ok(node) = yaml::parse(text, &Limits::DEFINITION) {
                scalars(&node, told);
            }
            told.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| visible(item, told)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            told.push(name.clone());
            visible(value, told);
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_secret_survives(
        token in secret(),
        hidden in secret(),
        styles in (0usize..6, 0usize..6),
        shape in 0usize..4,
    ) {
        let definition = definition(&token, &hidden, styles, shape);
        // a credential holding # or : may break the document it was put in
        let readable = yaml::parse(&definition, &Limits::DEFINITION).is_ok();
        let escaped = serde_json::to_string(&hidden).expect("a text");
        let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let python: String = escaped.trim_matches('"').chars().map(|c| {
            if c.is_ascii() { return c.to_string(); }
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }).collect();
        let spaced = encoded.replace('+', "%20");
        let results = json!([{"name": format!("case {hidden}"), "result": "pass"}]).to_string();
        let body = json!({
            "id": 1,
            "definition": definition,
            "log": format!("- {{\"msg\": {escaped}}}\n- {token}\n- GET /?t={encoded}\n\
                - {}\n- \"{python}\"\n", spaced),
            "results": {"0_a": results, format!("1_{token}"): "[]"},
            "description": format!("{CREDENTIAL} {token}"),
            "submitter_email": hidden,
        });
        let clean = scrubbed(&body);
        let mut told = Vec::new();
        visible(&clean, &mut told);
        for secret in [&token, &hidden, &CREDENTIAL.to_owned()] {
            // what YAML folds away at the edges is not part of what it says
            let secret = secret.trim();
            for text in &told {
                prop_assert!(!text.contains(secret) || !readable, "{secret:?} in {text:?} of {body}");
            }
        }
        for spelling in [&encoded, &spaced, &python, escaped.trim_matches('"')] {
            for text in &told {
                prop_assert!(!text.contains(spelling) || !readable, "{spelling:?} in {text:?}");
            }
        }

        let pairs = [
            ("id", "1"),
            ("definition", body["definition"].as_str().unwrap_or_default()),
            ("log", body["log"].as_str().unwrap_or_default()),
            ("description", &token),
        ];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let clean = notification(NotificationFormat::Urlencoded, form.as_bytes(), CREDENTIAL).expect("a form");
        for (name, value) in form_urlencoded::parse(&clean) {
            for secret in [token.trim(), hidden.trim()] {
                prop_assert!(!value.contains(secret) || !readable, "{secret:?} in {name}: {value}");
            }
        }
    }

    #[test]
    fn garbage_is_scrubbed_or_refused(body in prop::collection::vec(any::<u8>(), 0..200), credential in any::<String>()) {
        let _ = notification(NotificationFormat::Json, &body, &credential);
        let _ = notification(NotificationFormat::Urlencoded, &body, &credential);
    }
}
