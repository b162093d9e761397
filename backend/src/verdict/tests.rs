//! Jobs that ended in ways no recording shows, as tables.

use std::collections::BTreeMap;

use super::*;
use crate::lava::{definition, feature};

const JOB: &str = "
actions:
- deploy: {to: tftp}
- boot: {method: u-boot}
- test: {definitions: [{name: smoke}]}
- command: {name: relay}
- deploy: {to: fastboot}
- boot: {method: fastboot}
- test: {definitions: [{name: a}, {name: b}]}
- test: {interactive: [{name: prompt}]}
- test: {monitors: [{name: Zephyr Tests}]}
";

const FEATURES: &str = "deploy.tftp boot.u-boot test.smoke=0_smoke deploy.fastboot \
    boot.fastboot test.a=1_a test.b=2_b/x test.interactive test.monitor=zephyr-tests deploy.other";

fn case(name: &str, result: CaseResult, level: Option<&str>) -> TestResult {
    TestResult {
        name: name.to_owned(),
        result,
        level: level.map(str::to_owned),
        set: None,
        log_start_line: None,
        log_end_line: None,
        error_type: None,
        error_msg: None,
        fail: None,
    }
}

/// `pass`, `fail` … of steps by level; `validate` and a bare name have none.
fn lava(steps: &[&str], error_type: Option<&str>) -> Vec<TestResult> {
    let mut cases: Vec<_> = steps
        .iter()
        .map(|step| {
            let (name, result) = step.split_once(' ').expect("NAME RESULT");
            let level = name.starts_with(|c: char| c.is_ascii_digit()) && !name.contains('_');
            case(name, read(result), level.then_some(name))
        })
        .collect();
    let mut job = case("job", CaseResult::Fail, None);
    job.error_type = error_type.map(str::to_owned);
    job.error_msg = Some("it broke".to_owned());
    cases.push(job);
    cases
}

fn read(result: &str) -> CaseResult {
    match result {
        "pass" => CaseResult::Pass,
        "fail" => CaseResult::Fail,
        "skip" => CaseResult::Skip,
        _ => CaseResult::Unknown,
    }
}

fn letters(
    health: JobHealth,
    lava: Vec<TestResult>,
    suites: &[(&str, &[&str])],
    job: &str,
    features: &str,
) -> String {
    let mut results = Results {
        suites: BTreeMap::from([(LAVA_SUITE.to_owned(), lava)]),
    };
    for (suite, cases) in suites {
        let cases = cases
            .iter()
            .map(|told| {
                let (name, result) = told.split_once(' ').expect("NAME RESULT");
                case(name, read(result), None)
            })
            .collect();
        results.suites.insert((*suite).to_owned(), cases);
    }
    let definition = definition::parse(job).expect("YAML");
    let outcome = Outcome {
        health,
        results: &results,
        actions: &definition.actions,
    };
    verdicts(&outcome, &feature::parse_list(features).expect("features"))
        .iter()
        .map(|told| match told.verdict {
            Verdict::Pass => 'P',
            Verdict::Fail => 'F',
            Verdict::Infra => 'I',
            Verdict::NotReached => 'N',
        })
        .collect()
}

#[test]
fn finds_the_stage_that_failed() {
    let job = Some("Job");
    #[rustfmt::skip]
    let table: &[(&str, &[&str], Option<&str>, &str)] = &[
        ("validate", &["validate fail"], job, "FNNNNNNNNF"),
        ("validate, by LAVA's fault", &["validate fail"], Some("Bug"), "FNNNNNNNNF"),
        ("validate, whatever came after", &["validate fail", "2.1 fail", "2 fail"], job, "FNNNNNNNNF"),
        ("nothing ran", &[], Some("Bug"), "FNNNNNNNNF"),
        ("no word at all", &[], None, "FNNNNNNNNF"),
        // deploy.other stands at both deploys
        ("first deploy", &["validate pass", "1.2 fail", "1 fail"], job, "FNNNNNNNNF"),
        ("first boot", &["1.2 pass", "2.1 fail", "2 fail"], job, "PFNNNNNNNP"),
        ("first boot, of any type", &["2.1 fail", "2 fail"], Some("LAVATimeout"), "PFNNNNNNNP"),
        ("a type of tomorrow", &["2.1 fail", "2 fail"], Some("Weather"), "PFNNNNNNNP"),
        ("command", &["4 fail"], job, "PPPNNNNNNP"),
        ("second deploy", &["5.1 fail", "5 fail"], Some("Test"), "PPPFNNNNNF"),
        ("second boot", &["6.1 fail", "6 fail"], job, "PPPPFNNNNP"),
        ("boot after a retried deploy", &["1.1 fail", "1.1 pass", "2 fail"], job, "PFNNNNNNNP"),
        ("interactive", &["8 fail"], job, "PPPPPPNFNP"),
        ("monitor", &["9.1 fail", "9 fail"], job, "PPPPPPNPFP"),
        ("finalize", &["10 fail"], job, "PPPPPPNPNP"),
        ("killed in the second boot", &["validate pass", "1.2 pass", "6.1 pass"], Some("Bug"), "PPPPFNNNNP"),
        ("infrastructure", &["2.1 fail", "2 fail"], Some("Infrastructure"), "IIIIIIIIII"),
        ("configuration", &["validate fail"], Some("Configuration"), "IIIIIIIIII"),
        ("canceled", &["2.1 fail", "2 fail"], Some("Canceled"), "IIIIIIIIII"),
    ];
    for (what, steps, error_type, expected) in table {
        let suites: &[(&str, &[&str])] = &[("0_smoke", &["uname pass"]), ("1_a", &["x pass"])];
        let told = letters(
            JobHealth::Incomplete,
            lava(steps, *error_type),
            suites,
            JOB,
            FEATURES,
        );
        assert_eq!(told, *expected, "{what}");
    }
}

#[test]
fn keeps_results_reported_before_a_test_broke_off() {
    let steps = &["0_smoke pass", "1_a pass", "2_b fail", "7.1 fail", "7 fail"];
    let suites: &[(&str, &[&str])] = &[
        ("0_smoke", &["uname pass"]),
        ("1_a", &["x pass"]),
        ("2_b", &["x pass", "y fail", "z skip"]),
    ];
    let told = letters(
        JobHealth::Incomplete,
        lava(steps, Some("Test")),
        suites,
        JOB,
        "test.smoke=0_smoke test.a=1_a test.x=2_b/x test.y=2_b/y test.z=2_b/z \
         test.later=2_b/later test.b=2_b test.interactive boot.fastboot=2_b/later",
    );
    assert_eq!(told, "PPPFFFFNN");
}

#[test]
fn generic_features_take_no_blame_from_devices() {
    let steps = &["2.1 fail", "2 fail"];
    let suites: &[(&str, &[&str])] = &[("0_smoke", &["good pass", "bad fail"])];
    let table = [
        ("boot.u-boot generic.a", "FN"),
        ("generic.a generic.b", "FF"),
        (
            "boot.u-boot generic.a=0_smoke/good generic.b=0_smoke/bad generic.c=0_smoke/none",
            "FPFN",
        ),
        ("generic.a=0_smoke/good generic.b=0_smoke/none", "PF"),
    ];
    for (features, expected) in table {
        let told = letters(
            JobHealth::Incomplete,
            lava(steps, Some("Job")),
            suites,
            JOB,
            features,
        );
        assert_eq!(told, expected, "{features}");
    }
}

#[test]
fn first_stage_is_the_first_declared() {
    for (features, expected) in [
        ("test.smoke boot.u-boot", "NF"),
        ("boot.fastboot test.smoke=0_smoke", "NF"),
        ("deploy.nowhere boot.u-boot", "FN"),
        ("test.a=1_a test.b=2_b", "FF"),
        ("", ""),
    ] {
        let told = letters(
            JobHealth::Incomplete,
            lava(&["validate fail"], Some("Job")),
            &[],
            JOB,
            features,
        );
        assert_eq!(told, expected, "{features}");
    }
}

#[test]
fn without_such_an_action_the_stage_decides() {
    let job = "actions: [{boot: {method: qemu}}]";
    let told = letters(
        JobHealth::Incomplete,
        lava(&["1 fail"], Some("Job")),
        &[],
        job,
        "deploy.tftp boot.other test.shell",
    );
    assert_eq!(told, "PFN");
}

#[test]
fn complete_jobs_pass_but_where_mapped_results_did_not() {
    let suites: &[(&str, &[&str])] = &[
        ("0_smoke", &["twice pass", "twice fail", "skipped skip"]),
        ("1_a", &["x pass", "y skip"]),
        ("2_b", &["z skip", "u unknown"]),
        ("3_empty", &[]),
    ];
    let told = letters(
        JobHealth::Complete,
        Vec::new(),
        suites,
        JOB,
        "deploy.tftp test.twice=0_smoke/twice test.skip=0_smoke/skipped test.smoke=0_smoke \
         test.a=1_a test.b=2_b test.empty=3_empty test.none=4_none generic.x generic.y=1_a/x \
         generic.z=2_b/z",
    );
    assert_eq!(told, "PFNFPNNNPPN");
    assert_eq!(
        letters(JobHealth::Unknown, Vec::new(), suites, JOB, FEATURES),
        ""
    );
    assert_eq!(
        letters(JobHealth::Canceled, Vec::new(), suites, JOB, "boot.a"),
        "I"
    );
}
