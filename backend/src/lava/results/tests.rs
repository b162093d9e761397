//! Results no recording shows.

use super::*;

fn lava(steps: &[(&str, &str, &str)]) -> Results {
    let text: String = steps
        .iter()
        .map(|(name, level, result)| {
            format!("- {{name: {name}, level: '{level}', result: {result}}}\n")
        })
        .collect();
    let suite = parse_suite(&text).expect("YAML");
    Results {
        suites: BTreeMap::from([(LAVA_SUITE.to_owned(), suite)]),
    }
}

#[test]
fn finds_the_innermost_step_of_the_last_attempt() {
    type Steps<'a> = &'a [(&'a str, &'a str, &'a str)];
    let table: [(Steps<'_>, Option<(&str, usize)>); 5] = [
        (&[("validate", "", "fail")], None),
        (&[("a", "1.1", "pass"), ("job", "", "fail")], None),
        (
            &[
                ("login", "2.2.1", "fail"),
                ("auto", "2.2", "fail"),
                ("login", "2.2.1", "fail"),
                ("auto", "2.2", "fail"),
                ("boot", "2", "fail"),
                ("job", "", "fail"),
            ],
            Some(("login", 1)),
        ),
        (
            &[
                ("download", "1.4.1", "fail"),
                ("download", "1.4.1", "pass"),
                ("boot", "10.1", "fail"),
                ("boot-retry", "10", "fail"),
                ("0_smoke", "", "fail"),
            ],
            Some(("boot", 9)),
        ),
        // 10 is not within 1
        (
            &[
                ("a", "1", "fail"),
                ("b", "10.1", "fail"),
                ("c", "1", "fail"),
            ],
            Some(("c", 0)),
        ),
    ];
    for (steps, expected) in table {
        let told = lava(steps).failing_action();
        let told = told.as_ref().map(|step| (step.name.as_str(), step.action));
        assert_eq!(told, expected, "{steps:?}");
    }
}

#[test]
fn reads_odd_lists() {
    let results = parse_suite(
        "- {id: '10', name: b, result: pass}\n- {id: '9', name: a, result: odd}\n\
         - {id: '11', result: pass}\n- text\n- {id: '12', name: c, result: fail, log_start_line: x, \
         metadata: {extra: {fail: why}, error_type: 7}}\n",
    )
    .expect("a list");
    let names: Vec<_> = results
        .iter()
        .map(|r| (r.name.as_str(), r.result))
        .collect();
    assert_eq!(
        names,
        [
            ("a", CaseResult::Unknown),
            ("b", CaseResult::Pass),
            ("c", CaseResult::Fail)
        ]
    );
    let last = &results[2];
    assert_eq!(last.fail.as_deref(), Some("why"));
    assert_eq!(last.error_type.as_deref(), Some("7"));
    assert_eq!(last.log_start_line, None);
    assert_eq!(parse_suite("").expect("nothing"), []);
    assert_eq!(parse_suite("[]").expect("nothing"), []);
    assert!(parse_suite("a: b").is_err());
    assert!(parse_suite("- [").is_err());
}
