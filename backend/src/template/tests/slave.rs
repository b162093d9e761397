//! The definition of a SLAVE job.

use chrono::TimeDelta;
use insta::assert_snapshot;

use super::{built_in, folder, loaded, read, slave_job, text_at};
use crate::{
    lava::{definition, version},
    template::{
        library::Library,
        settings::Settings,
        slave::{self, SlaveJob},
    },
};

#[test]
fn a_dispatcher_as_it_is_submitted() {
    let job = slave::definition(&built_in(), &slave_job()).expect("a job");
    // 15 minutes to begin, then the window and its grace, and LAVA may be late
    assert_eq!(job.ends_within, TimeDelta::minutes(15 + 120 + 10 + 2));
    assert_snapshot!(job.text, @r#"
        device_type: docker
        timeouts:
          job:
            minutes: 130
          action:
            minutes: 130
          actions:
            docker-run:
              minutes: 10
          connection:
            minutes: 130
          queue:
            minutes: 15
        actions:
          - deploy:
              to: docker
              os: debian
              image: docker.io/lavasoftware/lava-dispatcher:2026.10
              timeout:
                minutes: 10
          - boot:
              method: docker
              command: bash
              prompts:
                - "root@lava:"
              timeout:
                minutes: 10
          - test:
              timeout:
                minutes: 130
              definitions:
                - from: inline
                  name: dispatcher
                  path: inline/dispatcher.yaml
                  repository:
                    metadata:
                      format: Lava-Test Test Definition 1.0
                      name: dispatcher
                      description: run a LAVA dispatcher for the federated server
                    run:
                      steps:
                        - set +x
                        - ". /lava-*/secrets"
                        - mkdir -p /var/lib/lava/dispatcher/worker/tmp
                        - "(umask 077; printf %s \"$WORKER_TOKEN\" >/var/lib/lava/dispatcher/worker.token)"
                        - lava-worker --name 'lavafed-berlin-docker-01' --url 'https://lava.example.org/' --token-file /var/lib/lava/dispatcher/worker.token --level INFO --log-file - --exit-on-version-mismatch
        secrets:
          WORKER_TOKEN: aB3tokenOfTheWorker
        job_name: lavafed slave 18
        visibility: personal
        priority: high
        metadata:
          lavafed.type: SLAVE
          lavafed.version: "2026.10"
          lavafed.submission: lavafed slave 18
          lavafed.worker: lavafed-berlin-docker-01
          lavafed.lab: berlin
        notify:
          criteria:
            status: finished
          callbacks:
            - url: https://lavafed.example.org/api/lava/callback
              method: POST
              dataset: minimal
              content-type: json
              token: jwt.of.the-job
              header: Authorization
        "#);
    let declaration = definition::parse(&job.text)
        .expect("readable")
        .declaration()
        .expect("well declared");
    assert_eq!(declaration.job_type, entity::job::JobType::Slave);
}

#[test]
fn the_wanted_docker_device_by_tag_and_by_name() {
    let job = SlaveJob {
        docker_tags: &["rack-2", "privileged"],
        docker_device: Some("docker-02"),
        left: TimeDelta::seconds(61),
        ..slave_job()
    };
    let job = slave::definition(&built_in(), &job).expect("a job");
    let root = read(&job.text);
    assert_eq!(text_at(&root, &["tags", "0"]), "rack-2");
    assert_eq!(text_at(&root, &["tags", "1"]), "privileged");
    assert_eq!(text_at(&root, &["device"]), "docker-02");
    // what is left of a minute is a minute
    assert_eq!(text_at(&root, &["timeouts", "job", "minutes"]), "12");
    for (version, names) in [
        ("2023.01", false),
        ("2026.09.1", false),
        ("2026.10", true),
        ("2026.10.dev0001", true),
        ("2027.01", true),
    ] {
        let version = version::parse(version).expect("a version");
        assert_eq!(slave::names_a_device(&version), names, "{}", version.name);
    }
}

#[test]
fn the_image_is_of_the_servers_version() {
    let table = [
        (
            "docker.io/lavasoftware/lava-dispatcher:{{ version }}",
            false,
            "docker.io/lavasoftware/lava-dispatcher:2026.10",
        ),
        (
            "localhost:5000/lava/{{ version }}/dispatcher",
            false,
            "localhost:5000/lava/2026.10/dispatcher",
        ),
        (
            "lava-{{ version }}",
            true,
            "{name: lava-2026.10, local: true}",
        ),
        (
            "{{ registry }}/lava:{{ version | replace('.', '_') }}",
            false,
            "registry.example.org/lava:2026_10",
        ),
    ];
    for (pattern, local, told) in table {
        let registry = serde_json::Value::from("registry.example.org");
        let (library, problems) = Library::load(Settings {
            vars: [("registry".to_owned(), registry)].into(),
            dispatcher_image: pattern.to_owned(),
            dispatcher_image_local: local,
            ..Settings::default()
        });
        assert_eq!(problems, [], "{pattern}");
        let job = slave::definition(&library, &slave_job()).expect("a job");
        let root = read(&job.text);
        let image = root.get("actions").expect("actions").items()[0]
            .get("deploy")
            .and_then(|deploy| deploy.get("image"))
            .expect("an image");
        match image.text() {
            Some(name) => assert_eq!(name, told),
            None => assert_eq!(
                format!(
                    "{{name: {}, local: {}}}",
                    text_at(image, &["name"]),
                    text_at(image, &["local"])
                ),
                told
            ),
        }
    }
}

#[test]
fn an_image_that_lava_would_not_take_is_told_at_load() {
    for (pattern, told) in [
        (
            "{{ versoin }}",
            "dispatcher_image: `versoin` is undefined: define it in template_vars",
        ),
        ("{{ version", "dispatcher_image: this is no Jinja2: "),
        (
            "lava; rm -rf /",
            "dispatcher_image: \"lava; rm -rf /\" is no name of a container image",
        ),
        (
            "Docker.io/lava:{{ version }}",
            "dispatcher_image: \"Docker.io/lava:2026.10\" is no name",
        ),
        ("lava:", "is no name"),
        ("lava:{{ version }}+x", "is no name"),
        ("", "is no name"),
        ("-lava", "is no name"),
    ] {
        let (library, problems) = Library::load(Settings {
            dispatcher_image: pattern.to_owned(),
            ..Settings::default()
        });
        let [problem] = problems.as_slice() else {
            panic!("{pattern}: {problems:?}");
        };
        assert!(problem.to_string().contains(told), "{pattern}: {problem}");
        let refused = slave::definition(&library, &slave_job()).expect_err("refused");
        assert_eq!(&refused, problem, "{pattern}");
    }
}

#[test]
fn the_operators_dispatcher_takes_the_place_of_ours() {
    let own = "\
device_type: {{ device_type }}
timeouts: {job: {minutes: {{ minutes }}}}
actions:
- deploy: {to: docker, image: '{{ image }}'}
- boot: {method: docker, command: 'run {{ worker | quote }} {{ url | quote }} {{ lab }}', prompts: ['#']}
";
    let (library, problems) = loaded(&[("dispatcher.yaml.jinja2", own)]);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(library.names().count(), 0);
    let job = SlaveJob {
        worker: "it's",
        ..slave_job()
    };
    let job = slave::definition(&library, &job).expect("a job");
    let root = read(&job.text);
    assert_eq!(
        text_at(&root, &["actions", "1", "boot", "command"]),
        r"run 'it'\''s' 'https://lava.example.org/' berlin"
    );

    // whatever it says of some workers only
    let moody = format!("{own}{{% if worker != 'sample-worker' %}}\ntags: [x]\n{{% endif %}}\n");
    let (library, problems) = loaded(&[("dispatcher.yaml.jinja2", &moody)]);
    assert_eq!(problems, Vec::<String>::new());
    let refused = slave::definition(&library, &slave_job()).expect_err("tags");
    assert!(
        refused.sentence.starts_with("tags is set by lavafed"),
        "{refused}"
    );

    let secret = own.replace(
        "actions:",
        "secrets: {A: b}\nmetadata: {lavafed.features: boot.docker}\nactions:",
    );
    let (library, problems) = loaded(&[("dispatcher.yaml.jinja2", &secret)]);
    assert_eq!(
        problems,
        [
            "dispatcher.yaml.jinja2:3: secrets is set by lavafed: take it out",
            "dispatcher.yaml.jinja2:4: lavafed.features is set by lavafed: take it out",
        ]
    );
    let refused = slave::definition(&library, &slave_job()).expect_err("broken");
    assert!(refused.to_string().ends_with(&problems[0]), "{refused}");
}

/// A shell reads the file that LAVA writes the token into.
#[test]
fn a_token_that_a_shell_would_read_is_refused_untold() {
    for token in ["", "a b", "a;reboot", "$(reboot)", "a\nb", "a'b", "é"] {
        let job = SlaveJob {
            worker_token: token,
            ..slave_job()
        };
        let told = slave::definition(&built_in(), &job).expect_err("refused");
        assert!(told.sentence.contains("token"), "{told}");
        assert!(
            token.is_empty() || !told.to_string().contains(token),
            "{told}"
        );
    }
}

#[test]
fn a_folder_without_a_dispatcher_uses_ours() {
    let folder = folder(&[]);
    let (library, problems) = Library::load(Settings {
        folder: Some(folder.path().to_owned()),
        ..Settings::default()
    });
    assert_eq!(problems, []);
    assert_eq!(
        slave::definition(&library, &slave_job()),
        slave::definition(&built_in(), &slave_job())
    );
}
