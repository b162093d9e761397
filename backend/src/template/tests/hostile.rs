//! Values that would like to be more than values, and secrets that would be seen.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::{CALLBACK, built_in, fed_job, library, read, slave_job, text_at};
use crate::template::{
    fed::{self, FedJob},
    library::Library,
    settings::Settings,
    slave::{self, SlaveJob},
};

/// A template that puts a value wherever one can stand.
const EVERYWHERE: &str = "\
# {{ lab }}
device_type: {{ device_type }}
timeouts: {job: {minutes: 10}}
metadata:
  lavafed.features: boot.qemu
  plain: {{ lab }}
  single: '{{ lab }}'
  double: \"{{ lab }}\"
  within: a {{ lab }} b
  {{ lab }}: key
  folded: >-
    {{ lab }}
  literal: |-
    {{ lab }}
  joined: {{ [lab, 'x'] | join(':') }}
  concatenated: {{ 'a' ~ lab }}
  macro: {% macro m(x) %}{{ x }}{% endmacro %}{{ m(lab) }}
  replaced: {{ m('AT') | replace('AT', lab) }}
  formatted: {{ '<%s>' | format(lab) }}
  captured: {% set captured %}[{{ lab }}]{% endset %}{{ '' ~ captured }}
  escaped: {{ lab | e }}
  plainly: '{% autoescape false %}{{ lab }}{% endautoescape %}'
actions:
- boot:
    method: qemu
    list: [{{ lab }}, {{ lab }}]
    values: {{ [lab, {lab: lab}] }}
";

fn with_lab(library: &Library, lab: &str) -> crate::lava::yaml::Node {
    let job = fed::definition(library, "a", &FedJob { lab, ..fed_job() });
    read(&job.expect("a job").text)
}

fn keeps(library: &Library, lab: &str) {
    let root = with_lab(library, lab);
    let innocent = with_lab(library, "innocent");
    let keys = |node: &crate::lava::yaml::Node| {
        node.entries()
            .into_keys()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&root), keys(&innocent), "{lab:?}");
    for (key, text) in [
        ("plain", lab.to_owned()),
        ("single", lab.to_owned()),
        ("double", lab.to_owned()),
        ("within", format!("a {lab} b")),
        ("folded", lab.to_owned()),
        ("literal", lab.to_owned()),
        ("joined", format!("{lab}:x")),
        ("concatenated", format!("a{lab}")),
        ("macro", lab.to_owned()),
        ("replaced", lab.to_owned()),
        ("formatted", format!("<{lab}>")),
        ("escaped", lab.to_owned()),
        ("plainly", lab.to_owned()),
        ("lavafed.lab", lab.to_owned()),
        ("lavafed.type", "FED".to_owned()),
    ] {
        assert_eq!(text_at(&root, &["metadata", key]), text, "{key} of {lab:?}");
    }
    assert_eq!(text_at(&root, &["metadata", lab]), "key");
    for at in ["0", "1"] {
        assert_eq!(text_at(&root, &["actions", "0", "boot", "list", at]), lab);
    }
    assert_eq!(
        text_at(&root, &["actions", "0", "boot", "values", "0"]),
        lab
    );
    assert_eq!(
        text_at(&root, &["notify", "callbacks", "0", "token"]),
        CALLBACK.token
    );
    assert_eq!(text_at(&root, &["tags", "0"]), "lavafed-berlin-qemu-01");
}

#[test]
fn a_value_stays_within_its_scalar() {
    let library = library(&[("a.yaml.jinja2", EVERYWHERE)]);
    for lab in [
        "berlin",
        "it's",
        "a \"b\" c",
        "a\nnotify: {}\ntags: [everything]\n",
        "a\r\n  b",
        "{{ lab }}",
        "{% include 'a.yaml.jinja2' %}",
        "'\nvisibility: public\n'",
        "]}, {",
        ": #",
        "- x",
        "--- \n...",
        "&a *a !!str",
        "2026.10",
        "yes",
        "null",
        "~",
        "0x10",
        " leading and trailing ",
        "\t",
        "\\n \\",
        "a\u{85}b\u{2028}c\u{feff}",
        "Köln 北京 🦀",
        "%",
        "2026-11-22",
        "12:30:45",
        "0b101",
        "=",
    ] {
        keeps(&library, lab);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_value_stays_within_its_scalar(lab in "x[a-z:#'\"{}\\[\\],&*!|>%@`\\\\ \\t\\r\\n-]{1,20}") {
        let library = library(&[("a.yaml.jinja2", EVERYWHERE)]);
        keeps(&library, &lab);
    }
}

/// Our own entries are text to LAVA too, whose reader knows dates, times and
/// numbers of any base, and merges.
#[test]
fn text_that_looks_like_something_else_is_quoted() {
    for lab in [
        "2026-11-22",
        "12:30:45",
        "0b101",
        "017",
        "1_000",
        "<<",
        "=",
        "2026.10",
        "~",
        "yes",
    ] {
        let job = FedJob {
            lab,
            tag: lab,
            name: lab,
            ..fed_job()
        };
        let job = fed::definition(&built_in(), "qemu", &job).expect("a job");
        for place in [
            "job_name:",
            "lavafed.lab:",
            "lavafed.submission:",
            "tags:\n  -",
        ] {
            assert!(
                job.text.contains(&format!("{place} \"{lab}\"\n")),
                "{place} {lab}: {}",
                job.text
            );
        }
    }
}

#[test]
fn hostile_names_stay_names_in_the_lab_too() {
    let evil = "a'; reboot #\n\"{{ x }}$(id)`id`";
    let job = SlaveJob {
        name: evil,
        lab: evil,
        worker: evil,
        url: evil,
        docker_tags: &[evil],
        device_type: evil,
        ..slave_job()
    };
    let job = slave::definition(&built_in(), &job).expect("a job");
    let root = read(&job.text);
    let quoted = evil.replace('\'', r"'\''");
    let test = [
        "actions",
        "2",
        "test",
        "definitions",
        "0",
        "repository",
        "run",
        "steps",
        "4",
    ];
    assert_eq!(
        text_at(&root, &test),
        format!(
            "lava-worker --name '{quoted}' --url '{quoted}/' --token-file /var/lib/lava/dispatcher/worker.token --level INFO --log-file - --exit-on-version-mismatch"
        )
    );
    for place in [
        &["job_name"][..],
        &["device_type"],
        &["tags", "0"],
        &["metadata", "lavafed.worker"],
        &["metadata", "lavafed.lab"],
    ] {
        assert_eq!(text_at(&root, place), evil);
    }
}

#[test]
fn a_version_that_is_none_cannot_become_an_image() {
    let job = SlaveJob {
        version: "2026.10 --privileged",
        ..slave_job()
    };
    let told = slave::definition(&built_in(), &job).expect_err("no image");
    assert_eq!(told.file, "dispatcher_image");
}

#[test]
fn secrets_are_never_shown() {
    let (library, _) = Library::load(Settings {
        vars: [("password".to_owned(), serde_json::Value::from("s3cret-var"))].into(),
        ..Settings::default()
    });
    let fed = fed::definition(&library, "qemu", &fed_job()).expect("a job");
    let slave = slave::definition(&library, &slave_job()).expect("a job");
    assert!(fed.text.contains(CALLBACK.token));
    assert!(slave.text.contains(slave_job().worker_token));
    let shown = format!(
        "{library:?} {:?} {:?} {fed:?} {slave:?} {:#?}",
        fed_job(),
        slave_job(),
        slave_job()
    );
    for secret in [CALLBACK.token, slave_job().worker_token, "s3cret-var"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("https://lavafed.example.org"), "{shown}");
}

/// A template that fails tells of its words, not of the values.
#[test]
fn values_are_not_told_by_an_error() {
    let folder = super::folder(&[
        ("a.yaml.jinja2", "a: {{ password.nothing.at_all }}\n"),
        ("b.yaml.jinja2", "a: {{ password }}: [\n"),
    ]);
    let (_, problems) = Library::load(Settings {
        folder: Some(folder.path().to_owned()),
        vars: [("password".to_owned(), serde_json::Value::from("s3cret-var"))].into(),
        ..Settings::default()
    });
    assert_eq!(problems.len(), 2);
    for problem in problems {
        assert!(!problem.to_string().contains("s3cret"), "{problem}");
    }
}

#[test]
fn a_job_needs_time_however_it_is_told() {
    for left in [
        TimeDelta::zero(),
        TimeDelta::minutes(-5),
        TimeDelta::minutes(1),
    ] {
        let job = FedJob { left, ..fed_job() };
        fed::definition(&built_in(), "qemu", &job).expect_err("no time");
    }
    let job = SlaveJob {
        left: TimeDelta::minutes(-5),
        ..slave_job()
    };
    let job = slave::definition(&built_in(), &job).expect("the grace is left");
    assert_eq!(job.ends_within, TimeDelta::minutes(27));
}
