//! The definition of a FED job.

use chrono::TimeDelta;
use insta::assert_snapshot;

use super::{LEAST, built_in, fed_job, library, read, text_at};
use crate::{
    lava::definition,
    template::{
        fed::{self, FedJob},
        library::Library,
        settings::Settings,
    },
};

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

#[test]
fn a_job_under_qemu_as_it_is_submitted() {
    let job = fed::definition(&built_in(), "qemu", &fed_job()).expect("a job");
    // LAVA may be two minutes late
    assert_eq!(job.ends_within, minutes(47));
    assert_snapshot!(job.text, @r#"
        device_type: qemu
        context:
          arch: amd64
        timeouts:
          job:
            minutes: 20
          action:
            minutes: 15
          connection:
            minutes: 5
          queue:
            minutes: 25
        actions:
          - deploy:
              to: tmpfs
              os: oe
              timeout:
                minutes: 10
              images:
                kernel:
                  image_arg: "-kernel {kernel} -append 'console=ttyS0,115200 no_timer_check rdinit=/bin/sh -- -c \"mount -t devtmpfs dev /dev; exec sh </dev/console >/dev/console 2>&1\"'"
                  url: http://deb.debian.org/debian/dists/bookworm/main/installer-amd64/current/images/netboot/debian-installer/amd64/linux
                initrd:
                  image_arg: "-initrd {initrd}"
                  url: http://deb.debian.org/debian/dists/bookworm/main/installer-amd64/current/images/netboot/debian-installer/amd64/initrd.gz
                  compression: gz
                  format: cpio.newc
                  overlays:
                    lava: true
          - boot:
              method: qemu
              media: tmpfs
              timeout:
                minutes: 10
              prompts:
                - "~ # "
                - "/ # "
          - test:
              timeout:
                minutes: 5
              definitions:
                - from: inline
                  name: smoke
                  path: inline/smoke.yaml
                  repository:
                    metadata:
                      format: Lava-Test Test Definition 1.0
                      name: smoke
                      description: a kernel and a shell
                    run:
                      steps:
                        - lava-test-case uname --shell uname -a
        job_name: lavafed fed 17
        visibility: public
        priority: high
        tags:
          - lavafed-berlin-qemu-01
        metadata:
          lavafed.type: FED
          lavafed.version: "2026.10"
          lavafed.features: deploy.tmpfs boot.qemu test.shell=0_smoke/uname
          lavafed.submission: lavafed fed 17
          lavafed.lab: berlin
          lavafed.lease: "7"
        notify:
          criteria:
            status: finished
          callbacks:
            - url: https://lavafed.example.org/api/lava/callback
              method: POST
              dataset: results
              content-type: json
              token: jwt.of.the-job
              header: Authorization
        "#);
}

#[test]
fn a_job_on_a_board_as_it_is_submitted() {
    let job = FedJob {
        device_type: "beaglebone-black",
        version: "2026.10.0042.gabc1234",
        left: minutes(15) + TimeDelta::seconds(59),
        ..fed_job()
    };
    let job = fed::definition(&built_in(), "beaglebone-black", &job).expect("a job");
    assert_eq!(job.ends_within, minutes(17));
    assert_snapshot!(job.text, @r#"
        device_type: beaglebone-black
        context:
          extra_kernel_args: rdinit=/bin/sh -- -c \"mount -t devtmpfs dev /dev; exec sh </dev/console >/dev/console 2>&1\"
        timeouts:
          job:
            minutes: 14
          action:
            minutes: 10
          connection:
            minutes: 2
          queue:
            minutes: 1
        actions:
          - deploy:
              to: tftp
              os: oe
              timeout:
                minutes: 8
              kernel:
                url: http://deb.debian.org/debian/dists/bookworm/main/installer-armhf/current/images/netboot/vmlinuz
                type: zimage
              ramdisk:
                url: http://deb.debian.org/debian/dists/bookworm/main/installer-armhf/current/images/netboot/initrd.gz
                compression: gz
              dtb:
                url: http://deb.debian.org/debian/dists/bookworm/main/installer-armhf/current/images/device-tree/am335x-boneblack.dtb
          - boot:
              method: u-boot
              commands: ramdisk
              timeout:
                minutes: 6
              prompts:
                - "~ # "
                - "/ # "
          - test:
              timeout:
                minutes: 4
              definitions:
                - from: inline
                  name: smoke
                  path: inline/smoke.yaml
                  repository:
                    metadata:
                      format: Lava-Test Test Definition 1.0
                      name: smoke
                      description: a kernel and a shell
                    run:
                      steps:
                        - lava-test-case uname --shell uname -a
        job_name: lavafed fed 17
        visibility: public
        priority: high
        tags:
          - lavafed-berlin-qemu-01
        metadata:
          lavafed.type: FED
          lavafed.version: 2026.10.0042.gabc1234
          lavafed.features: deploy.tftp boot.u-boot test.shell=0_smoke/uname
          lavafed.submission: lavafed fed 17
          lavafed.lab: berlin
          lavafed.lease: "7"
        notify:
          criteria:
            status: finished
          callbacks:
            - url: https://lavafed.example.org/api/lava/callback
              method: POST
              dataset: results
              content-type: json
              token: jwt.of.the-job
              header: Authorization
        "#);
}

#[test]
fn what_is_submitted_declares_what_the_template_exercises() {
    let library = built_in();
    let job = fed::definition(&library, "qemu", &fed_job()).expect("a job");
    let definition = definition::parse(&job.text).expect("readable");
    let declaration = definition.declaration().expect("well declared");
    assert_eq!(
        Some(declaration.features.as_slice()),
        library.exercises("qemu")
    );
    assert_eq!(declaration.device_type.as_deref(), Some("qemu"));
    assert_eq!(
        declaration.version.map(|version| version.name).as_deref(),
        Some("2026.10")
    );
}

const LONG: &str = "\
device_type: {{ device_type }}
timeouts:
  job: {hours: 2}
  action: {minutes: 90}
  actions: {lava-test-shell: {minutes: 3}, download: {hours: 2, skip: true}}
  connection: {seconds: 100}
  queue: {days: 9}
metadata: {lavafed.features: deploy.tftp boot.u-boot}
actions:
- deploy:
    to: tftp
    <<: &slow
      timeout: {minutes: 30}
      timeouts: {http-download: {minutes: 30}}
- boot:
    <<: *slow
    method: u-boot
";

/// Waiting and running fit into what is left, whatever the template asks for.
#[test]
fn a_job_fits_into_what_is_left() {
    let library = library(&[("long.yaml.jinja2", LONG)]);
    assert_eq!(library.takes("long"), Some(minutes(121)));
    for (left, job, queue) in [
        (minutes(500), ("hours", "2"), "380"),
        (minutes(121), ("hours", "2"), "1"),
        (minutes(120), ("minutes", "119"), "1"),
        (minutes(10), ("minutes", "9"), "1"),
        (TimeDelta::seconds(179), ("minutes", "1"), "1"),
    ] {
        let told = FedJob { left, ..fed_job() };
        let told = fed::definition(&library, "long", &told).expect("fits");
        assert!(told.ends_within <= left + minutes(2), "{left}");
        let root = read(&told.text);
        assert_eq!(text_at(&root, &["timeouts", "job", job.0]), job.1, "{left}");
        assert_eq!(
            text_at(&root, &["timeouts", "queue", "minutes"]),
            queue,
            "{left}"
        );
    }
    let few = FedJob {
        left: TimeDelta::seconds(119),
        ..fed_job()
    };
    let told = fed::definition(&library, "long", &few).expect_err("too few");
    assert!(told.sentence.contains("119 seconds"), "{told}");
}

/// LAVA refuses a time-out that is longer than the job's.
#[test]
fn time_outs_are_shortened_with_the_job() {
    let library = library(&[("long.yaml.jinja2", LONG)]);
    let job = FedJob {
        left: minutes(10),
        ..fed_job()
    };
    let job = fed::definition(&library, "long", &job).expect("fits");
    let shortened = job.text.split("job_name:").next().expect("the beginning");
    assert_snapshot!(shortened, @r"
        device_type: qemu
        timeouts:
          job:
            minutes: 9
          action:
            minutes: 9
          actions:
            lava-test-shell:
              minutes: 3
            download:
              minutes: 9
              skip: true
          connection:
            seconds: 100
          queue:
            minutes: 1
        actions:
          - deploy:
              to: tftp
              <<:
                timeout:
                  minutes: 30
                timeouts:
                  http-download:
                    minutes: 30
              timeout:
                minutes: 9
              timeouts:
                http-download:
                  minutes: 9
          - boot:
              <<:
                timeout:
                  minutes: 30
                timeouts:
                  http-download:
                    minutes: 30
              method: u-boot
              timeout:
                minutes: 9
              timeouts:
                http-download:
                  minutes: 9
        ");
}

/// What decides who sees the job and where it runs is replaced even where the
/// template brings it in by a merge, and what it may say itself stays.
#[test]
fn what_the_template_says_besides_stays() {
    let library = library(&[(
        "own.yaml.jinja2",
        "\
base: &base
  metadata: {lavafed.features: boot.qemu, build: 7, build-url: 'http://example.org/?a=1&b: 2'}
  priority: low
<<: *base
job_name: mine
device_type: {{ device_type }}
timeouts: {job: {minutes: 10}}
context: {arch: amd64, extra_options: ['-smp 2']}
actions:
- boot: {method: qemu}
",
    )]);
    let job = fed::definition(&library, "own", &fed_job()).expect("a job");
    let root = read(&job.text);
    for (place, text) in [
        (&["job_name"][..], "lavafed fed 17"),
        (&["priority"], "high"),
        (&["visibility"], "public"),
        (&["tags", "0"], "lavafed-berlin-qemu-01"),
        (&["metadata", "build"], "7"),
        (&["metadata", "build-url"], "http://example.org/?a=1&b: 2"),
        (&["metadata", "lavafed.lease"], "7"),
        (&["context", "extra_options", "0"], "-smp 2"),
    ] {
        assert_eq!(text_at(&root, place), text);
    }
}

#[test]
fn variables_of_the_operator_reach_the_template() {
    let folder = super::folder(&[
        (
            "a.yaml.jinja2",
            "{% extends 'parts/base.jinja2' %}\n{% block test %}\n    prompts: {{ prompts }}\n    options: {{ options }}\n{% endblock %}\n",
        ),
        (
            "parts/base.jinja2",
            &format!("{LEAST}{{% block test %}}{{% endblock %}}"),
        ),
    ]);
    let vars = serde_json::json!({
        "prompts": ["root@x:~#", "- [ ]", 5, true, null, {"a: b": "c # d"}],
        "options": {"n": 1.5, "yes": "no", "empty": ""},
    });
    let vars = vars.as_object().expect("a map").clone();
    let (library, problems) = Library::load(Settings {
        folder: Some(folder.path().to_owned()),
        vars: vars.into_iter().collect(),
        ..Settings::default()
    });
    assert_eq!(problems, []);
    let job = fed::definition(&library, "a", &fed_job()).expect("a job");
    let boot = job.text.split("metadata:").next().expect("the beginning");
    assert_snapshot!(boot, @r#"
        device_type: qemu
        timeouts:
          job:
            minutes: 10
          queue:
            minutes: 35
        actions:
          - boot:
              method: qemu
              prompts:
                - root@x:~#
                - "- [ ]"
                - 5
                - true
                - null
                - "a: b": "c # d"
              options:
                empty: ""
                n: 1.5
                "yes": "no"
        job_name: lavafed fed 17
        visibility: public
        priority: high
        tags:
          - lavafed-berlin-qemu-01
        "#);
}
