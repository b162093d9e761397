//! An administrator keeps the catalogue: what works, and what is said when it does not.

use anyhow::Result;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, text};
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use serde_json::{Value, json};

on_both_databases!(
    labs_and_their_windows,
    device_types_and_devices,
    features_and_versions,
    everything_needs_an_administrator,
    what_has_results_is_kept,
    a_device_of_the_federated_server_keeps_its_name,
);

/// The user errors of a mutation, as `CODE path`.
async fn errors(app: &TestApp, mutation: &str) -> Result<Vec<String>> {
    let answer = app
        .admin(&format!(
            "mutation {{ m: {mutation} {{ errors {{ code path message }} }} }}"
        ))
        .await?;
    let errors = at(&answer, "/m/errors")
        .as_array()
        .cloned()
        .unwrap_or_default();
    Ok(errors
        .iter()
        .map(|error| {
            let message = text(error, "/message").unwrap_or_default();
            assert!(message.contains(' '), "a sentence: {message:?}");
            let path: Vec<&str> = at(error, "/path")
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            format!(
                "{} {}",
                text(error, "/code").unwrap_or_default(),
                path.join(".")
            )
        })
        .collect())
}

async fn labs_and_their_windows(app: TestApp) -> Result<()> {
    let added = app
        .admin("mutation { addLab(input: { name: \"paris\", url: \"https://lava.example.org/\", timeZone: \"Europe/Paris\",
            windowOpens: \"22:30\", windowMinutes: 480 }) { errors { code } lab { name url timeZone windowOpens windowMinutes paused } } }")
        .await?;
    let lab = json!({ "name": "paris", "url": "https://lava.example.org", "timeZone": "Europe/Paris",
        "windowOpens": "22:30", "windowMinutes": 480, "paused": false });
    assert_eq!(added["addLab"], json!({ "errors": [], "lab": lab }));
    let updated = app
        .admin("mutation { updateLab(input: { name: \"paris\", paused: true, windowOpens: \"00:05\" }) {
            errors { code } lab { paused windowOpens windowMinutes url } } }")
        .await?;
    assert_eq!(
        updated["updateLab"],
        json!({ "errors": [], "lab": { "paused": true, "windowOpens": "00:05", "windowMinutes": 480, "url": "https://lava.example.org" } })
    );
    for (mutation, expected) in [
        ("addLab(input: { name: \"paris\" })", "CONFLICT name"),
        ("addLab(input: { name: \"\" })", "BAD_USER_INPUT name"),
        (
            "addLab(input: { name: \"two words\" })",
            "BAD_USER_INPUT name",
        ),
        (
            "addLab(input: { name: \"a\", url: \"ftp://x\" })",
            "BAD_USER_INPUT url",
        ),
        (
            "addLab(input: { name: \"a\", timeZone: \"Mars/Base\" })",
            "BAD_USER_INPUT timeZone",
        ),
        (
            "addLab(input: { name: \"a\", windowOpens: \"25:00\" })",
            "BAD_USER_INPUT windowOpens",
        ),
        (
            "addLab(input: { name: \"a\", windowMinutes: -1 })",
            "BAD_USER_INPUT windowMinutes",
        ),
        (
            "addLab(input: { name: \"a\", windowMinutes: 1441 })",
            "BAD_USER_INPUT windowMinutes",
        ),
        (
            "updateLab(input: { name: \"none\", paused: true })",
            "NOT_FOUND name",
        ),
        ("removeLab(input: { name: \"none\" })", "NOT_FOUND name"),
    ] {
        assert_eq!(errors(&app, mutation).await?, [expected], "{mutation}");
    }
    let labs = app
        .ask("{ labs { nodes { name } totalCount } lab(name: \"none\") { name } }")
        .await?;
    assert_eq!(
        labs,
        json!({ "labs": { "nodes": [{ "name": "paris" }], "totalCount": 1 }, "lab": null })
    );
    assert_eq!(
        errors(&app, "removeLab(input: { name: \"paris\" })").await?,
        [""; 0]
    );
    assert_eq!(
        app.ask("{ labs { totalCount } }").await?["labs"]["totalCount"],
        0
    );
    Ok(())
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of what can go wrong is part of it"
)]
async fn device_types_and_devices(app: TestApp) -> Result<()> {
    app.device_types("bbb rpi4").await?;
    for lab in ["paris", "rennes"] {
        assert_eq!(
            errors(&app, &format!("addLab(input: {{ name: \"{lab}\" }})")).await?,
            [""; 0]
        );
    }
    let added = app
        .admin("mutation { addDevice(input: { lab: \"paris\", hostname: \"bbb-01\", deviceType: \"bbb\", federatedName: \"paris-bbb-01\", lendable: true }) {
            errors { code } device { hostname federatedName lendable lab { name } deviceType { name } } } }")
        .await?;
    assert_eq!(
        added["addDevice"],
        json!({ "errors": [], "device": { "hostname": "bbb-01", "federatedName": "paris-bbb-01", "lendable": true,
            "lab": { "name": "paris" }, "deviceType": { "name": "bbb" } } })
    );
    // the same hostname in another lab is another device
    assert_eq!(
        errors(
            &app,
            "addDevice(input: { lab: \"rennes\", hostname: \"bbb-01\", deviceType: \"bbb\" })"
        )
        .await?,
        [""; 0]
    );
    let updated = app
        .admin("mutation { updateDevice(input: { lab: \"rennes\", hostname: \"bbb-01\", deviceType: \"rpi4\", lendable: true }) {
            errors { code } device { deviceType { name } lendable federatedName } } }")
        .await?;
    assert_eq!(
        updated["updateDevice"],
        json!({ "errors": [], "device": { "deviceType": { "name": "rpi4" }, "lendable": true, "federatedName": "rennes-bbb-01" } })
    );
    for (mutation, expected) in [
        ("addDeviceType(input: { name: \"bbb\" })", "CONFLICT name"),
        (
            "addDeviceType(input: { name: \"a b\" })",
            "BAD_USER_INPUT name",
        ),
        (
            "removeDeviceType(input: { name: \"bbb\" })",
            "CONFLICT name",
        ),
        (
            "removeDeviceType(input: { name: \"none\" })",
            "NOT_FOUND name",
        ),
        (
            "addDevice(input: { lab: \"paris\", hostname: \"bbb-01\", deviceType: \"bbb\" })",
            "CONFLICT hostname",
        ),
        (
            "addDevice(input: { lab: \"none\", hostname: \"x\", deviceType: \"bbb\" })",
            "NOT_FOUND lab",
        ),
        (
            "addDevice(input: { lab: \"paris\", hostname: \"x\", deviceType: \"none\" })",
            "NOT_FOUND deviceType",
        ),
        (
            "addDevice(input: { lab: \"paris\", hostname: \"x y\", deviceType: \"bbb\" })",
            "BAD_USER_INPUT hostname",
        ),
        (
            "addDevice(input: { lab: \"rennes\", hostname: \"x\", deviceType: \"bbb\", federatedName: \"paris-bbb-01\" })",
            "CONFLICT federatedName",
        ),
        (
            "updateDevice(input: { lab: \"paris\", hostname: \"none\" })",
            "NOT_FOUND hostname",
        ),
        (
            "removeDevice(input: { lab: \"paris\", hostname: \"none\" })",
            "NOT_FOUND hostname",
        ),
    ] {
        assert_eq!(errors(&app, mutation).await?, [expected], "{mutation}");
    }
    let found = app
        .ask("{ device(lab: \"paris\", hostname: \"bbb-01\") { federatedName }
            devices(deviceType: \"bbb\") { totalCount } ofLab: devices(lab: \"rennes\") { nodes { hostname } }
            deviceType(name: \"rpi4\") { devices { nodes { lab { name } } } } lab(name: \"paris\") { devices { totalCount } } }")
        .await?;
    assert_eq!(
        found,
        json!({ "device": { "federatedName": "paris-bbb-01" }, "devices": { "totalCount": 1 },
            "ofLab": { "nodes": [{ "hostname": "bbb-01" }] },
            "deviceType": { "devices": { "nodes": [{ "lab": { "name": "rennes" } }] } },
            "lab": { "devices": { "totalCount": 1 } } })
    );
    assert_eq!(
        errors(
            &app,
            "removeDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })"
        )
        .await?,
        [""; 0]
    );
    assert_eq!(
        errors(&app, "removeDeviceType(input: { name: \"bbb\" })").await?,
        [""; 0]
    );
    assert_eq!(
        errors(&app, "removeLab(input: { name: \"rennes\" })").await?,
        ["CONFLICT name"]
    );
    Ok(())
}

async fn features_and_versions(app: TestApp) -> Result<()> {
    let declared = app
        .admin("mutation { declareFeature(input: { name: \"boot.u-boot\", description: \"Boots by U-Boot.\" }) {
            errors { code } feature { name kind action description } } }")
        .await?;
    let feature = json!({ "name": "boot.u-boot", "kind": "DEVICE", "action": "BOOT", "description": "Boots by U-Boot." });
    assert_eq!(
        declared["declareFeature"],
        json!({ "errors": [], "feature": feature })
    );
    // declared again it keeps its description
    app.declare("boot.u-boot generic.rest-api test.shell deploy.tftp")
        .await?;
    let features = app
        .ask("{ features { nodes { name kind } } feature(name: \"boot.u-boot\") { description }
            of: features(action: TEST) { nodes { name } } generic: features(kind: GENERIC) { totalCount } }")
        .await?;
    assert_eq!(
        features,
        json!({ "features": { "nodes": [
                { "name": "generic.rest-api", "kind": "GENERIC" }, { "name": "deploy.tftp", "kind": "DEVICE" },
                { "name": "boot.u-boot", "kind": "DEVICE" }, { "name": "test.shell", "kind": "DEVICE" }] },
            "feature": { "description": "Boots by U-Boot." },
            "of": { "nodes": [{ "name": "test.shell" }] }, "generic": { "totalCount": 1 } })
    );
    let added = app
        .admin("mutation { addVersion(input: { name: \"2026.05.1\" }) { errors { code } version { name kind } } }")
        .await?;
    assert_eq!(
        added["addVersion"],
        json!({ "errors": [], "version": { "name": "2026.05.1", "kind": "RELEASE" } })
    );
    for name in [
        "2026.05",
        "2026.05.dev0003",
        "2026.10",
        "2026.05.0002.gabc1234",
    ] {
        assert_eq!(
            errors(&app, &format!("addVersion(input: {{ name: \"{name}\" }})")).await?,
            [""; 0]
        );
    }
    let versions = app
        .ask("{ versions { nodes { name } } of: versions(kind: DEVELOPMENT) { totalCount } }")
        .await?;
    assert_eq!(
        versions,
        json!({ "versions": { "nodes": [{ "name": "2026.10" }, { "name": "2026.05.1" }, { "name": "2026.05.dev0003" },
            { "name": "2026.05.0002.gabc1234" }, { "name": "2026.05" }] }, "of": { "totalCount": 2 } })
    );
    for (mutation, expected) in [
        (
            "declareFeature(input: { name: \"flash.uuu\" })",
            "FEATURES_MALFORMED name",
        ),
        (
            "declareFeature(input: { name: \"boot.\" })",
            "FEATURES_MALFORMED name",
        ),
        (
            "removeFeature(input: { name: \"boot.none\" })",
            "NOT_FOUND name",
        ),
        ("addVersion(input: { name: \"2026.05\" })", "CONFLICT name"),
        (
            "addVersion(input: { name: \"newest\" })",
            "VERSION_MALFORMED name",
        ),
        (
            "removeVersion(input: { name: \"2031.01\" })",
            "NOT_FOUND name",
        ),
    ] {
        assert_eq!(errors(&app, mutation).await?, [expected], "{mutation}");
    }
    assert_eq!(
        errors(&app, "removeFeature(input: { name: \"test.shell\" })").await?,
        [""; 0]
    );
    assert_eq!(
        errors(&app, "removeVersion(input: { name: \"2026.05\" })").await?,
        [""; 0]
    );
    let left = app
        .ask("{ feature(name: \"test.shell\") { name } version(name: \"2026.05\") { name } }")
        .await?;
    assert_eq!(left, json!({ "feature": null, "version": null }));
    Ok(())
}

const MUTATIONS: &[&str] = &[
    "addLab(input: { name: \"x\" })",
    "updateLab(input: { name: \"x\" })",
    "removeLab(input: { name: \"x\" })",
    "addDeviceType(input: { name: \"x\" })",
    "removeDeviceType(input: { name: \"x\" })",
    "addDevice(input: { lab: \"x\", hostname: \"x\", deviceType: \"x\" })",
    "updateDevice(input: { hostname: \"x\" })",
    "removeDevice(input: { hostname: \"x\" })",
    "declareFeature(input: { name: \"boot.x\" })",
    "removeFeature(input: { name: \"boot.x\" })",
    "expectFeature(input: { feature: \"boot.x\" })",
    "unexpectFeature(input: { feature: \"boot.x\" })",
    "addVersion(input: { name: \"2026.10\" })",
    "removeVersion(input: { name: \"2026.10\" })",
    "createToken(input: { description: \"x\", scope: READ })",
    "revokeToken(input: { id: \"VG9rZW46MQ\" })",
    "replayReceipts(input: {})",
];

async fn everything_needs_an_administrator(app: TestApp) -> Result<()> {
    use entity::token::Scope;
    let report = app.reporter("ci").await?;
    let read = app.token(Scope::Read, None).await?;
    let event = app.event().await?;
    for mutation in MUTATIONS {
        let query = format!("mutation {{ {mutation} {{ errors {{ code }} }} }}");
        for (token, code) in [
            ("", "UNAUTHENTICATED"),
            (&report, "FORBIDDEN"),
            (&read, "FORBIDDEN"),
        ] {
            let answer = app.graphql(token, &query, json!({})).await?;
            assert_eq!(answer.code(), code, "{mutation}: {answer:?}");
        }
    }
    let reads = "{ tokens { nodes { description } } }";
    assert_eq!(
        app.graphql("", reads, json!({})).await?.code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        app.graphql(&report, reads, json!({})).await?.code(),
        "FORBIDDEN"
    );
    assert_eq!(app.event().await?, event, "nothing changed");
    Ok(())
}

async fn what_has_results_is_kept(app: TestApp) -> Result<()> {
    app.declare("boot.u-boot").await?;
    assert_eq!(
        errors(&app, "addLab(input: { name: \"paris\" })").await?,
        [""; 0]
    );
    let lab = app.reporter("lab:paris").await?;
    let result = PlainResult::of(1, "2026.10")
        .on("bbb")
        .with("device", "bbb-01")
        .says("boot.u-boot=PASS");
    app.report_all(&lab, &[result]).await?;
    for mutation in [
        "removeLab(input: { name: \"paris\" })",
        "removeDeviceType(input: { name: \"bbb\" })",
        "removeFeature(input: { name: \"boot.u-boot\" })",
        "removeVersion(input: { name: \"2026.10\" })",
    ] {
        assert_eq!(
            errors(&app, mutation).await?,
            ["CONFLICT name"],
            "{mutation}"
        );
    }
    assert_eq!(
        errors(
            &app,
            "removeDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })"
        )
        .await?,
        ["CONFLICT hostname"]
    );
    assert_eq!(app.grid("2026.10").await?, ["boot.u-boot P P ."]);
    Ok(())
}

/// Its reports call it by that name: under another one it would appear again.
async fn a_device_of_the_federated_server_keeps_its_name(app: TestApp) -> Result<()> {
    app.declare("boot.qemu").await?;
    let lava = app.reporter("federated").await?;
    let result = |id| {
        PlainResult::of(id, "2026.10")
            .on("qemu")
            .with("device", "qemu-01")
            .says("boot.qemu=PASS")
    };
    app.report_all(&lava, &[result(1)]).await?;
    let renamed = app
        .admin("mutation { updateDevice(input: { hostname: \"qemu-01\", federatedName: \"q1\" }) { errors { code path } } }")
        .await?;
    assert_eq!(
        renamed["updateDevice"]["errors"],
        json!([{ "code": "BAD_USER_INPUT", "path": ["federatedName"] }])
    );
    app.report_all(&lava, &[result(2)]).await?;
    let devices = app.ask("{ devices { totalCount } }").await?;
    assert_eq!(devices["devices"]["totalCount"], 1);
    Ok(())
}
