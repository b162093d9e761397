//! What a job declares, as tables.

use entity::version::VersionKind;
use proptest::prelude::*;

use super::*;

fn with_metadata(metadata: &str) -> Definition {
    let text = format!("device_type: qemu\nmetadata:\n{metadata}\n");
    parse(&text).expect("YAML")
}

#[test]
fn reads_a_declaration() {
    let declaration = with_metadata(
        "  lavafed.type: FED\n  lavafed.version: \"2026.10\"\n  \
         lavafed.features: deploy.tftp test.shell=0_smoke/uname",
    )
    .declaration()
    .expect("well formed");
    assert_eq!(declaration.job_type, JobType::Fed);
    assert_eq!(declaration.device_type.as_deref(), Some("qemu"));
    let version = declaration.version.expect("said");
    assert_eq!(
        (version.name.as_str(), version.kind),
        ("2026.10", VersionKind::Release)
    );
    let names: Vec<_> = declaration.features.iter().map(|f| &f.name).collect();
    assert_eq!(names, ["deploy.tftp", "test.shell"]);
}

#[test]
fn slave_jobs_need_no_version_and_no_feature() {
    let declaration = with_metadata("  lavafed.type: SLAVE")
        .declaration()
        .expect("enough");
    assert_eq!(declaration.job_type, JobType::Slave);
    assert_eq!((declaration.version, declaration.features), (None, vec![]));
}

#[test]
fn names_the_bad_thing() {
    use DeclarationCode::{
        DeviceTypeMissing, FeaturesMalformed, JobTypeUnknown, VersionMalformed, VersionMissing,
    };
    let fed = "  lavafed.type: FED\n";
    let version = "  lavafed.version: '2026.10'\n";
    let table = [
        ("  other: x".to_owned(), JobTypeUnknown, "lavafed.type"),
        ("  lavafed.type: fed".into(), JobTypeUnknown, "\"fed\""),
        ("  lavafed.type: 7".into(), JobTypeUnknown, "\"7\""),
        ("  lavafed.type: [FED]".into(), JobTypeUnknown, "a list"),
        (fed.into(), VersionMissing, "lavafed.version"),
        (
            format!("{fed}  lavafed.version: 2026.10"),
            VersionMalformed,
            "2026.10 is not a text: quote it",
        ),
        (
            format!("{fed}  lavafed.version: [2026]"),
            VersionMalformed,
            "quote it",
        ),
        (
            format!("{fed}  lavafed.version: ''"),
            VersionMalformed,
            "\"\"",
        ),
        (
            format!("{fed}  lavafed.version: next"),
            VersionMalformed,
            "\"next\"",
        ),
        (
            format!("{fed}{version}  lavafed.features: tftp"),
            FeaturesMalformed,
            "\"tftp\"",
        ),
        (
            format!("{fed}{version}  lavafed.features: [boot.x]"),
            FeaturesMalformed,
            "one line",
        ),
    ];
    for (metadata, code, named) in table {
        let told = with_metadata(&metadata).declaration().expect_err(&metadata);
        assert_eq!(told.code, code, "{metadata}");
        assert!(told.message.contains(named), "{metadata}: {}", told.message);
    }
    let text = format!("metadata:\n{fed}{version}");
    let told = parse(&text).expect("YAML").declaration();
    assert_eq!(told.expect_err("no type").code, DeviceTypeMissing);
}

#[test]
fn multinode_is_refused() {
    let text = "protocols:\n  lava-multinode:\n    roles: {a: {count: 2}}\n\
        metadata: {lavafed.type: FED}\n";
    let told = parse(text).expect("YAML").declaration();
    let told = told.expect_err("multinode");
    assert_eq!(told.code.as_str(), "MULTINODE_UNSUPPORTED");
    let single = parse("protocols: {lava-xnbd: {port: auto}}").expect("YAML");
    assert!(!single.multinode);
}

#[test]
fn reads_actions_in_lavas_order() {
    let definition = parse(
        "actions:\n\
         - deploy: {to: tftp}\n\
         - boot: {method: u-boot}\n\
         - test: {definitions: [{name: a}, {name: b}]}\n\
         - test: {namespace: lxc, definitions: [{name: c}]}\n\
         - test: {docker: {image: x}, definitions: [{name: d}]}\n\
         - test: {interactive: [{name: e}, {name: f}]}\n\
         - test: {monitors: [{name: Some Tests}]}\n\
         - command: {name: relay}\n\
         - deploy: {to: fastboot}\n  boot: {method: fastboot}\n\
         - nonsense\n",
    )
    .expect("YAML");
    let told: Vec<_> = definition
        .actions
        .iter()
        .map(|action| {
            (
                action.stage,
                action.detail.as_deref().unwrap_or_default(),
                action.suites.join(" "),
            )
        })
        .collect();
    let (deploy, boot, test) = (
        Some(FeatureAction::Deploy),
        Some(FeatureAction::Boot),
        Some(FeatureAction::Test),
    );
    let expected = [
        (deploy, "tftp", ""),
        (boot, "u-boot", ""),
        (test, "shell", "0_a 1_b"),
        (test, "shell", "0_c"),
        (test, "docker", "2_d"),
        (test, "interactive", "2_e 2_f"),
        (test, "monitor", "some-tests"),
        (None, "relay", ""),
        (deploy, "fastboot", ""),
        (boot, "fastboot", ""),
    ]
    .map(|(stage, detail, suites)| (stage, detail, suites.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn odd_documents_are_refused_or_empty() {
    for text in ["", "- a", "text", "{a: ["] {
        assert!(parse(text).is_err(), "{text}");
    }
    for text in [
        "actions: x\nmetadata: [1]\nprotocols: 7\ndevice_type: {a: b}",
        "actions: [1, [2], {test: 3}, {}]\ndevice_type: ''",
    ] {
        let definition = parse(text).expect("a map");
        assert_eq!(definition.device_type, None, "{text}");
        assert_eq!(definition.metadata, BTreeMap::new(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[-a-z:.\\[\\]{}'0-9 \n]{0,200}") {
        if let Ok(definition) = parse(&format!("metadata: {{lavafed.type: FED}}\nactions:\n{text}")) {
            let _ = definition.declaration();
        }
    }
}
