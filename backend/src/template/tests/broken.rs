//! Templates with an error: each is told with its file and line, and harms no
//! other.

use super::{LEAST, loaded};
use crate::template::{library::Library, settings::Settings};

/// What is told of one template in a folder.
fn told(text: &str) -> String {
    let (library, problems) = loaded(&[("a.yaml.jinja2", text), ("good.yaml.jinja2", LEAST)]);
    let names: Vec<_> = library.names().collect();
    assert_eq!(names, ["good"], "{text}: {problems:?}");
    problems.join("\n")
}

#[test]
fn errors_of_jinja_have_file_and_line() {
    let table = [
        "a: 1\n{% if %}\n",
        "a: 1\n\n{{ device_typo }}\n",
        "a: {{ device_type.name.first }}\n",
        "\n\na: {{ lab | nofilter }}\n",
        "a: {{ lab | safe }}\n",
        "a: {{ lab | tojson }}\n",
        "a: 1\nb: {{ open('file') }}\n",
        "a: 1\n{% include '../secret.jinja2' %}\n",
        "a: 1\n{% include '/etc/passwd' %}\n",
        "a: 1\n{% extends 'a.yaml.jinja2' %}\n",
        "a: 1\n{% include 'a.yaml.jinja2' %}\n",
    ];
    let all: Vec<_> = table.into_iter().map(told).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
        a.yaml.jinja2:2: this is no Jinja2: unexpected end of block
        a.yaml.jinja2:3: `device_typo` is undefined: define it in template_vars
        a.yaml.jinja2:1: `device_type.name` is undefined: define it in template_vars
        a.yaml.jinja2:3: unknown filter: filter nofilter is unknown
        a.yaml.jinja2:1: unknown filter: filter safe is unknown
        a.yaml.jinja2:1: unknown filter: filter tojson is unknown
        a.yaml.jinja2:2: unknown function: open is unknown
        a.yaml.jinja2:2: tried to include non-existing template '../secret.jinja2': there are only those of the folder
        a.yaml.jinja2:2: tried to include non-existing template '/etc/passwd': there are only those of the folder
        a.yaml.jinja2:2: invalid operation: cycle in template inheritance. "a.yaml.jinja2" was referenced more than once
        a.yaml.jinja2:2: invalid operation: recursion limit exceeded
        "#);
}

#[test]
fn errors_of_yaml_have_the_line_of_the_template() {
    let table = [
        // after lines that render to nothing, and to several
        "{# one\ntwo #}\n{% for n in range(5) %}\n# {{ n }}\n{% endfor %}\nactions: [\n",
        "{% set x = 1 %}\na: b: c\n",
        "a: {{ minutes }}: b\n",
        "a: 1\nb: {{ '[' }}\nc: d: e",
        "a: {{ {'x': [1, 2]} }}}\n",
        "a: &x [*x]\n",
        "--- 1\n--- 2\n",
    ];
    let all: Vec<_> = table.into_iter().map(told).collect();
    insta::assert_snapshot!(all.join("\n"), @r"
        a.yaml.jinja2:6: what it renders to is no YAML (while parsing a node, did not find expected node content; line 7 of the rendered text)
        a.yaml.jinja2:2: what it renders to is no YAML (mapping values are not allowed in this context; line 1 of the rendered text)
        a.yaml.jinja2:1: what it renders to is no YAML (mapping values are not allowed in this context; line 1 of the rendered text)
        a.yaml.jinja2:3: what it renders to is no YAML (mapping values are not allowed in this context; line 3 of the rendered text)
        a.yaml.jinja2:1: what it renders to is no YAML (misplaced bracket; line 1 of the rendered text)
        a.yaml.jinja2:1: what it renders to is no YAML (an alias within what it names; line 1 of the rendered text)
        a.yaml.jinja2:2: what it renders to is no YAML (a second document begins, one is expected; line 2 of the rendered text)
        ");
}

#[test]
fn errors_of_a_part_are_told_of_the_part() {
    let (library, problems) = loaded(&[
        ("a.yaml.jinja2", "{% include 'parts/one.jinja2' %}\nb: 1\n"),
        (
            "b.yaml.jinja2",
            "{% extends 'parts/two.jinja2' %}\n{% block x %}\na: {{ nothing }}\n{% endblock %}\n",
        ),
        (
            "c.yaml.jinja2",
            "{% import 'parts/three.jinja2' as three %}\n\na: {{ three.f(1) }}\n",
        ),
        ("d.yaml.jinja2", "{% include 'parts/four.jinja2' %}\n"),
        ("parts/one.jinja2", "a: 1\nb: {{ nothing }}\n"),
        ("parts/two.jinja2", "# two\n{% block x %}{% endblock %}\n"),
        (
            "parts/three.jinja2",
            "{% macro f(x) %}\n{{ x.y.z }}\n{% endmacro %}\n",
        ),
        ("parts/four.jinja2", "a: 1\nb: c: d\n"),
        ("parts/five.jinja2", "{% if %}\n"),
    ]);
    assert_eq!(library.names().count(), 0);
    insta::assert_snapshot!(problems.join("\n"), @r"
        parts/one.jinja2:2: `nothing` is undefined: define it in template_vars
        b.yaml.jinja2:3: `nothing` is undefined: define it in template_vars
        parts/three.jinja2:2: `x.y` is undefined: define it in template_vars
        parts/four.jinja2:2: what it renders to is no YAML (mapping values are not allowed in this context; line 2 of the rendered text)
        parts/five.jinja2:1: this is no Jinja2: unexpected end of block
        ");
}

#[test]
fn what_a_template_lacks_or_must_not_say() {
    let without = |words: &str| LEAST.replace(words, "");
    let with = |line: &str| format!("{LEAST}{line}\n");
    let table = [
        String::new(),
        "- a list\n".to_owned(),
        without("device_type: {{ device_type }}\n"),
        without("timeouts: {job: {minutes: 10}}\n"),
        without("metadata:\n  lavafed.features: boot.qemu\n"),
        without("actions:\n- boot:\n    method: qemu\n"),
        LEAST.replace("{minutes: 10}", "{minutes: soon}"),
        LEAST.replace("{minutes: 10}", "{minutes: 0}"),
        LEAST.replace("{minutes: 10}", "{hours: 1, minutes: 30}"),
        LEAST.replace("{minutes: 10}", "{days: 99999999999}"),
        LEAST.replace("method: qemu", "timeout: {minutes: 11}"),
        LEAST.replace("method: qemu", "timeout: ten minutes"),
        with("notify: {criteria: {status: all}}"),
        with("visibility: public"),
        with("tags: [fast]"),
        with("secrets: {KEY: value}"),
        with("device: mine"),
        with("<<: {notify: {}, secrets: {}}"),
        with("protocols:\n  lava-multinode: {}"),
        LEAST.replace(
            "metadata:",
            "metadata:\n  lavafed.type: FED\n  lavafed.lab: mine",
        ),
        LEAST.replace(
            "metadata:",
            "metadata:\n  version: 2026.10\n  list: [1]\n  yes: on",
        ),
        LEAST.replace("boot.qemu", "qemu"),
        LEAST.replace("boot.qemu", "[boot.qemu]"),
        LEAST.replace("boot.qemu", "boot.qemu deploy.tmpfs"),
        LEAST.replace("boot.qemu", "boot.qemu=0_smoke/uname"),
        LEAST.replace("boot.qemu", "boot.qemu=0_smoke")
            + "- test:\n    definitions: [{name: other, from: inline}]\n",
    ];
    let all: Vec<_> = table.iter().map(|text| told(text)).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
        a.yaml.jinja2: a job definition is a map with device_type, timeouts and actions
        a.yaml.jinja2:1: a job definition is a map with device_type, timeouts and actions
        a.yaml.jinja2: device_type is missing: write device_type: {{ device_type }}, or the one the template is for
        a.yaml.jinja2: timeouts.job is missing: how long the job may take, as in timeouts: {job: {minutes: 10}}
        a.yaml.jinja2: lavafed.features is missing in the metadata: the features the job exercises, as in lavafed.features: deploy.tftp boot.u-boot test.shell=0_smoke/uname
        a.yaml.jinja2: actions is missing: a list of deploy, boot and test
        a.yaml.jinja2:4: feature boot.qemu needs a boot action, which the job does not have
        a.yaml.jinja2:2: timeouts.job is no time-out: write one of days, hours, minutes and seconds with a whole number, as in {minutes: 10}
        a.yaml.jinja2:2: timeouts.job is no time-out: write one of days, hours, minutes and seconds with a whole number, as in {minutes: 10}
        a.yaml.jinja2:2: timeouts.job is no time-out: write one of days, hours, minutes and seconds with a whole number, as in {minutes: 10}
        a.yaml.jinja2:2: timeouts.job is no time-out: write one of days, hours, minutes and seconds with a whole number, as in {minutes: 10}
        a.yaml.jinja2:2: actions[0].boot.timeout is longer than timeouts.job, which LAVA refuses
        a.yaml.jinja2:2: actions[0].boot.timeout is no time-out: write one of days, hours, minutes and seconds with a whole number, as in {minutes: 10}
        a.yaml.jinja2:8: notify is set by lavafed: take it out
        a.yaml.jinja2:8: visibility is set by lavafed: take it out
        a.yaml.jinja2:8: tags is set by lavafed: take it out
        a.yaml.jinja2:8: secrets is set by lavafed: take it out
        a.yaml.jinja2:8: device is set by lavafed: take it out
        a.yaml.jinja2:8: notify is set by lavafed: take it out
        a.yaml.jinja2:8: secrets is set by lavafed: take it out
        a.yaml.jinja2:9: a multinode job cannot be recorded yet
        a.yaml.jinja2:5: lavafed.lab is set by lavafed: take it out
        a.yaml.jinja2:4: lavafed.type is set by lavafed: take it out
        a.yaml.jinja2:5: the value of list in the metadata is neither text nor a whole number: quote it
        a.yaml.jinja2:4: the value of version in the metadata is neither text nor a whole number: quote it
        a.yaml.jinja2:6: the value of yes in the metadata is neither text nor a whole number: quote it
        a.yaml.jinja2:4: feature "qemu" has no prefix: a name begins with deploy., boot., test. or generic.
        a.yaml.jinja2:4: lavafed.features is not a text
        a.yaml.jinja2:4: feature deploy.tmpfs needs a deploy action, which the job does not have
        a.yaml.jinja2:4: feature boot.qemu is mapped to suite 0_smoke, which the job does not have: it has none
        a.yaml.jinja2:4: feature boot.qemu is mapped to suite 0_smoke, which the job does not have: its suites are 0_other
        "#);
}

#[test]
fn a_template_that_does_not_end_is_ended() {
    let many = "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}";
    let double = "{% set ns = namespace(x='xxxxxxxxxxxxxxxx') %}{% for a in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
    let deep = "{% set ns = namespace(x=[]) %}{% for a in range(9000) %}{% set ns.x = [ns.x] %}{% endfor %}a: {{ ns.x }}";
    let itself = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}";
    let long = "{% for a in range(9000) %}{{ '          ' * 40 }}{% endfor %}";
    for text in [many, double, deep, itself, long] {
        let told = told(&format!("a: 1\n{text}\n"));
        assert!(told.starts_with("a.yaml.jinja2:2: "), "{text}: {told}");
    }
}

#[test]
fn files_that_cannot_be_templates() {
    let folder = super::folder(&[("good.yaml.jinja2", LEAST)]);
    std::fs::write(folder.path().join("bytes.yaml.jinja2"), b"a: \xff").expect("written");
    std::fs::write(folder.path().join("huge.yaml.jinja2"), vec![b'#'; 600_000]).expect("written");
    std::os::unix::fs::symlink("nowhere", folder.path().join("link.yaml.jinja2")).expect("linked");
    std::fs::create_dir(folder.path().join("folder.yaml.jinja2")).expect("made");
    let (library, problems) = Library::load(Settings {
        folder: Some(folder.path().to_owned()),
        ..Settings::default()
    });
    assert_eq!(library.names().collect::<Vec<_>>(), ["good"]);
    let told: Vec<_> = problems
        .iter()
        .map(|problem| super::within(&folder, problem))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
        bytes.yaml.jinja2: the file is not UTF-8
        huge.yaml.jinja2: the file has 600000 bytes, more than the 524288 a template may have
        link.yaml.jinja2: the file cannot be read (No such file or directory (os error 2))
        ");

    let (library, problems) = Library::load(Settings {
        folder: Some(folder.path().join("nothing")),
        ..Settings::default()
    });
    assert_eq!(library.names().count(), 0);
    assert!(
        problems[0]
            .to_string()
            .contains("nothing: the folder of templates cannot be read"),
        "{problems:?}"
    );
}

#[test]
fn a_variable_cannot_take_a_name_of_ours() {
    let vars = ["device_type", "worker", "mine"]
        .map(|name| (name.to_owned(), serde_json::Value::from("x")));
    let (_, problems) = Library::load(Settings {
        vars: vars.into(),
        ..Settings::default()
    });
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "template_vars: device_type is told by lavafed: give the variable another name",
            "template_vars: worker is told by lavafed: give the variable another name",
        ]
    );
}
