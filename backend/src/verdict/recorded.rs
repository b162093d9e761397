//! Every notification recorded from a real LAVA server, with lavafed's
//! metadata put into its definition, and the verdicts it has to give.

use std::{collections::BTreeMap, fs, path::PathBuf};

use entity::job::{JobHealth, JobState, JobType};
use serde_json::Value;

use super::*;
use crate::lava::notification::{self, Failure, NotificationFormat};

const DECLARED: &str = "  lavafed.type: FED\n  lavafed.version: '2026.10'\n  lavafed.features: \
    deploy.tmpfs boot.qemu test.shell=0_smoke/uname test.bad=0_smoke/bad \
    test.skip=0_smoke/skipped test.unk=0_smoke/unk test.set=0_smoke/set1/in-set \
    test.none=0_smoke/missing test.suite=0_smoke test.lava=lava \
    generic.notifications generic.measure=0_smoke/measure\n";

/// The verdicts in the order of `DECLARED`: `P`ass, `F`ail, `I`nfra, `N`ot reached.
const COMPLETE: &str = "PPPFNNPNFPPP";
const BOOT_FAILED: &str = "PFNNNNNNNNNN";
const VALIDATE_FAILED: &str = "FNNNNNNNNNNN";
const INFRA: &str = "IIIIIIIIIIII";
/// State and health only.
const NOTHING: &str = "";

type Row = (&'static str, JobState, JobHealth, &'static str);

const FINISHED: JobState = JobState::Finished;
const RUNNING: JobState = JobState::Running;

#[rustfmt::skip]
const RECORDED: &[Row] = &[
    ("2023.01/canceled-while-running-all-json", FINISHED, JobHealth::Canceled, INFRA),
    ("2023.01/canceled-while-submitted-all-json", FINISHED, JobHealth::Canceled, INFRA),
    ("2023.01/complete-all-json", FINISHED, JobHealth::Complete, COMPLETE),
    ("2023.01/complete-all-urlencoded", FINISHED, JobHealth::Complete, NOTHING),
    ("2023.01/complete-logs-json", FINISHED, JobHealth::Complete, NOTHING),
    ("2023.01/complete-minimal-defaults-token-by-description", FINISHED, JobHealth::Complete, NOTHING),
    ("2023.01/complete-minimal-json", FINISHED, JobHealth::Complete, NOTHING),
    ("2023.01/complete-minimal-json-answered-500", FINISHED, JobHealth::Complete, NOTHING),
    ("2023.01/complete-minimal-json-api-called-back", FINISHED, JobHealth::Complete, NOTHING),
    ("2023.01/complete-results-json", FINISHED, JobHealth::Complete, COMPLETE),
    ("2023.01/dispatcher-job-canceled-minimal-json", FINISHED, JobHealth::Canceled, NOTHING),
    ("2023.01/dispatcher-job-running-minimal-json", RUNNING, JobHealth::Unknown, NOTHING),
    ("2023.01/incomplete-boot-timeout-all-json", FINISHED, JobHealth::Incomplete, BOOT_FAILED),
    // error type Bug: LAVA is what is tested, so a failure
    ("2023.01/incomplete-infrastructure-all-json", FINISHED, JobHealth::Incomplete, VALIDATE_FAILED),
    ("2023.01/incomplete-validation-minimal-json", FINISHED, JobHealth::Incomplete, NOTHING),
    ("2023.01/incomplete-validation-results-json", FINISHED, JobHealth::Incomplete, VALIDATE_FAILED),
    ("2023.01/running-all-json", RUNNING, JobHealth::Unknown, NOTHING),
    ("2026.10/canceled-while-running-all-json", FINISHED, JobHealth::Canceled, INFRA),
    ("2026.10/canceled-while-submitted-all-json", FINISHED, JobHealth::Canceled, INFRA),
    ("2026.10/complete-all-json", FINISHED, JobHealth::Complete, COMPLETE),
    ("2026.10/complete-all-urlencoded", FINISHED, JobHealth::Complete, NOTHING),
    ("2026.10/complete-minimal-json", FINISHED, JobHealth::Complete, NOTHING),
    ("2026.10/complete-minimal-json-api-called-back", FINISHED, JobHealth::Complete, NOTHING),
    ("2026.10/complete-minimal-json-api-called-back-answered", FINISHED, JobHealth::Complete, NOTHING),
    ("2026.10/complete-results-json", FINISHED, JobHealth::Complete, COMPLETE),
    ("2026.10/incomplete-boot-timeout-all-json", FINISHED, JobHealth::Incomplete, BOOT_FAILED),
    ("2026.10/incomplete-infrastructure-all-json", FINISHED, JobHealth::Incomplete, VALIDATE_FAILED),
    ("2026.10/running-all-json", RUNNING, JobHealth::Unknown, NOTHING),
];

/// Sent by GET, so without a body.
const WITHOUT_BODY: &[&str] = &[
    "2023.01/complete-get",
    "2023.01/redirect-302-followed-by-get",
];

struct Recording {
    format: NotificationFormat,
    body: String,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixtures/lava"
    ))
}

fn recordings() -> BTreeMap<String, Recording> {
    let mut found = BTreeMap::new();
    for version in ["2023.01", "2026.10"] {
        for entry in fs::read_dir(folder().join(version)).expect("fixtures") {
            let path = entry.expect("a file").path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            if name.starts_with("rest-") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("readable");
            let recorded: Value = serde_json::from_str(&text).expect("JSON");
            let request = &recorded["request"];
            let format = match request["headers"]["Content-Type"].as_str() {
                Some("application/json") => NotificationFormat::Json,
                _ => NotificationFormat::Urlencoded,
            };
            let body = request["body"].as_str().expect("a body").to_owned();
            found.insert(format!("{version}/{name}"), Recording { format, body });
        }
    }
    found
}

fn declare(definition: &str) -> String {
    let (before, after) = definition
        .split_once("\nmetadata:\n")
        .expect("recorded jobs have metadata");
    format!("{before}\nmetadata:\n{DECLARED}{after}")
}

/// The recorded body, its definition declaring features.
fn declared(recording: &Recording) -> Vec<u8> {
    match recording.format {
        NotificationFormat::Json => {
            let mut body: Value = serde_json::from_str(&recording.body).expect("JSON");
            body["definition"] = declare(body["definition"].as_str().expect("a text")).into();
            serde_json::to_vec(&body).expect("JSON again")
        }
        NotificationFormat::Urlencoded => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (key, value) in form_urlencoded::parse(recording.body.as_bytes()) {
                if key == "definition" {
                    form.append_pair(&key, &declare(&value));
                } else {
                    form.append_pair(&key, &value);
                }
            }
            form.finish().into_bytes()
        }
    }
}

fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => 'P',
        Verdict::Fail => 'F',
        Verdict::Infra => 'I',
        Verdict::NotReached => 'N',
    }
}

#[test]
fn every_recording_is_in_the_table() {
    let listed: Vec<&str> = RECORDED
        .iter()
        .map(|row| row.0)
        .chain(WITHOUT_BODY.iter().copied())
        .collect();
    for (name, recording) in recordings() {
        assert!(listed.contains(&name.as_str()), "{name}");
        assert_eq!(
            recording.body.is_empty(),
            WITHOUT_BODY.contains(&name.as_str()),
            "{name}"
        );
    }
    assert_eq!(recordings().len(), listed.len());
}

#[test]
fn gives_the_expected_verdicts() {
    let recordings = recordings();
    for (name, state, health, expected) in RECORDED {
        let recording = &recordings[*name];
        let body = declared(recording);
        notification::check_envelope(recording.format, &body).expect(name);
        let told = notification::parse(recording.format, &body).expect(name);
        assert_eq!((told.state, told.health), (*state, *health), "{name}");

        let definition = told.definition.as_ref().expect(name);
        let declaration = definition.declaration().expect(name);
        assert_eq!(declaration.job_type, JobType::Fed);
        assert_eq!(declaration.version.expect(name).name, "2026.10");

        let verdicts = Outcome::of(&told)
            .map(|outcome| verdicts(&outcome, &declaration.features))
            .unwrap_or_default();
        let letters: String = verdicts.iter().map(|one| letter(one.verdict)).collect();
        assert_eq!(letters, *expected, "{name}: {verdicts:#?}");
        for one in &verdicts {
            assert_eq!(
                one.message.is_none(),
                one.verdict == Verdict::Pass,
                "{name}: {one:?}"
            );
        }
    }
}

#[test]
fn reads_what_the_job_row_wants() {
    let recordings = recordings();
    let told = |name: &str| {
        let recording = &recordings[name];
        notification::parse(recording.format, recording.body.as_bytes()).expect(name)
    };
    let boot = told("2026.10/incomplete-boot-timeout-all-json");
    assert_eq!(boot.external_id, "6");
    assert_eq!(boot.description, "lavafed qemu smoke");
    assert_eq!(boot.actual_device.as_deref(), Some("qemu-fed-1"));
    assert_eq!(
        boot.submitted_at.to_rfc3339(),
        "2026-11-22T10:04:22.756564+00:00"
    );
    assert!(boot.started_at < boot.ended_at && boot.started_at.is_some());
    let definition = boot.definition.as_ref().expect("YAML");
    assert_eq!(definition.device_type.as_deref(), Some("qemu"));
    assert_eq!(
        boot.failure(),
        Some(Failure {
            error_type: Some("Job".into()),
            error_message: Some("login-action timed out after 6 seconds".into()),
            failing_action: Some("login-action".into()),
            log_line: Some(501),
        })
    );

    let old = told("2023.01/incomplete-boot-timeout-all-json");
    assert_eq!(old.ended_at, None, "2023.01 says None");
    assert_eq!(old.failure().and_then(|f| f.log_line), Some(503));

    let invalid = told("2023.01/incomplete-validation-results-json");
    let failure = invalid.failure().expect("incomplete");
    assert_eq!(failure.failing_action.as_deref(), Some("validate"));
    assert_eq!(
        failure.error_message.as_deref(),
        Some("Invalid job data: [\"2.1.1 execute-qemu: Missing 'arch' in job context\"]")
    );

    let unscheduled = told("2023.01/canceled-while-submitted-all-json");
    assert_eq!(unscheduled.actual_device, None);
    assert_eq!(unscheduled.started_at, None);

    let urlencoded = told("2023.01/complete-all-urlencoded");
    assert_eq!(urlencoded.external_id, "2");
    assert_eq!(urlencoded.results, Ok(None));
    assert!(urlencoded.definition.is_ok());
    assert_eq!(urlencoded.failure(), None);

    let complete = told("2026.10/complete-all-json");
    assert_eq!(complete.failure(), None);
    let results = complete.results.expect("YAML").expect("dataset all");
    let uname = &results.suite("0_smoke")[0];
    assert_eq!(
        (uname.log_start_line, uname.log_end_line),
        (Some(519), Some(521))
    );
}
