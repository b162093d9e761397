//! What a library tells, and a plan that does not fit it.

use chrono::TimeDelta;

use super::{LEAST, built_in, fed_job, folder, loaded, within};
use crate::template::{
    fed::{self, FedJob},
    library::{Library, PlanRow},
    settings::Settings,
};

fn row<'a>(template: &'a str, feature: &'a str, device_type: Option<&'a str>) -> PlanRow<'a> {
    PlanRow {
        template,
        feature,
        device_type,
    }
}

#[test]
fn what_comes_with_lavafed() {
    let library = built_in();
    let told: Vec<_> = library
        .names()
        .map(|name| {
            let features = library.exercises(name).unwrap_or_default();
            let features: Vec<_> = features.iter().map(|f| f.name.as_str()).collect();
            let takes = library.takes(name).map(|time| time.num_minutes());
            (name, features.join(" "), takes)
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "beaglebone-black",
                "deploy.tftp boot.u-boot test.shell".to_owned(),
                Some(21)
            ),
            (
                "qemu",
                "deploy.tmpfs boot.qemu test.shell".to_owned(),
                Some(21)
            ),
        ]
    );
    assert_eq!(library.exercises("dispatcher"), None);
    assert_eq!(library.takes("nothing"), None);
    let plan = [
        row("qemu", "deploy.tmpfs", Some("qemu")),
        row("qemu", "test.shell", Some("qemu-docker")),
        row("beaglebone-black", "boot.u-boot", Some("beaglebone-black")),
        row("qemu", "boot.qemu", None),
    ];
    assert_eq!(library.check_plan(&plan), []);
}

#[test]
fn a_plan_that_does_not_fit_is_told_with_the_file() {
    let by_type = "\
{% set dtbs = {'bbb': 'bbb.dtb', 'x15': 'x15.dtb'} %}
device_type: {{ device_type }}
timeouts: {job: {minutes: 10}}
metadata:
  lavafed.features: boot.qemu
actions:
- boot:
    method: qemu
{% if device_type != 'qemu' %}
    dtb: {{ dtbs[device_type] }}
{% endif %}
";
    let moody = LEAST.replace(
        "boot.qemu",
        "boot.qemu{{ ' boot.x' if device_type != 'qemu' else '' }}",
    );
    let files = [
        ("boards/any.yaml.jinja2", LEAST),
        ("by-type.yaml.jinja2", by_type),
        (
            "one.yaml.jinja2",
            &LEAST.replace("{{ device_type }}", "x15"),
        ),
        ("moody.yaml.jinja2", &moody),
        ("broken.yaml.jinja2", "a: {% if %}"),
        ("part.jinja2", "a part"),
    ];
    let folder = folder(&files);
    let (library, _) = Library::load(Settings {
        folder: Some(folder.path().to_owned()),
        ..Settings::default()
    });
    let plan = [
        row("boards/any", "boot.qemu", Some("anything")),
        row("by-type", "boot.qemu", Some("x15")),
        row("any", "boot.qemu", Some("x15")),
        row("any", "boot.qemu", Some("bbb")),
        row("boards/any", "boot.u-boot", None),
        row("by-type", "boot.qemu", Some("panda")),
        row("one", "boot.qemu", Some("bbb")),
        row("moody", "boot.qemu", Some("bbb")),
        row("broken", "boot.qemu", Some("bbb")),
        row("part", "boot.qemu", Some("bbb")),
        row("dispatcher", "boot.qemu", Some("bbb")),
    ];
    let told = library.check_plan(&plan);
    let told: Vec<_> = told
        .iter()
        .map(|problem| within(&folder, problem))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
        any.yaml.jinja2: the plan runs template any, of which there is no file; there are boards/any, by-type, moody, one
        boards/any.yaml.jinja2: the plan runs it for feature boot.u-boot, which is not among its lavafed.features
        by-type.yaml.jinja2:10: on device-type panda, `dtbs[...]` is undefined: define it in template_vars
        one.yaml.jinja2:1: the plan runs it on device-type bbb, and it is for x15
        moody.yaml.jinja2:4: lavafed.features must be the same whatever the values are
        broken.yaml.jinja2:1: this is no Jinja2: unexpected end of block
        part.yaml.jinja2: the plan runs template part, of which there is no file; there are boards/any, by-type, moody, one
        (built in) dispatcher.yaml.jinja2: the plan runs template dispatcher, which is for SLAVE jobs
        ");

    // and nothing that does not fit is submitted
    for (template, device_type) in [
        ("one", "bbb"),
        ("by-type", "panda"),
        ("moody", "bbb"),
        ("broken", "bbb"),
        ("dispatcher", "docker"),
    ] {
        let job = FedJob {
            device_type,
            ..fed_job()
        };
        fed::definition(&library, template, &job).expect_err(template);
    }
}

#[test]
fn hidden_files_and_other_files_are_left_alone() {
    let (library, problems) = loaded(&[
        ("a.yaml.jinja2", LEAST),
        (".hidden.yaml.jinja2", "{% broken"),
        ("..data/b.yaml.jinja2", "{% broken"),
        ("README.md", "{% broken"),
        ("c.yaml", "{% broken"),
        ("deep/er/d.yaml.jinja2", LEAST),
    ]);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(library.names().collect::<Vec<_>>(), ["a", "deep/er/d"]);
    assert_eq!(library.takes("a"), Some(TimeDelta::minutes(11)));
}

/// What docs/templates.md shows is a template, and what it says of an error is so.
#[test]
fn the_template_of_the_manual() {
    let manual = include_str!("../../../../docs/templates.md");
    let mut blocks = manual.split("```").skip(1).step_by(2);
    let template = blocks.next().and_then(|block| block.strip_prefix("yaml\n"));
    let folder = folder(&[("boards/rock-5b.yaml.jinja2", template.expect("a template"))]);
    let load = |vars: &[(&str, &str)]| {
        Library::load(Settings {
            folder: Some(folder.path().to_owned()),
            vars: vars
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into()))
                .collect(),
            ..Settings::default()
        })
    };
    let (library, problems) = load(&[("mirror", "http://example.org")]);
    assert_eq!(problems, []);
    assert_eq!(library.names().collect::<Vec<_>>(), ["boards/rock-5b"]);
    let (_, problems) = load(&[]);
    let told: Vec<_> = problems
        .iter()
        .map(|problem| within(&folder, problem))
        .collect();
    assert_eq!(blocks.next().map(str::trim), Some(told.join("\n").as_str()));
}
