//! Devices, their dictionaries, device-types, tags.

use entity::device_health::DeviceHealth;
use serde_json::{Value, json};

use super::{
    super::{CallFailure, Device, DevicePatch, DeviceState, NewDevice, TagId},
    world::{client, recorded},
};

fn board(health: DeviceHealth, state: DeviceState, description: &str) -> Device {
    Device {
        hostname: "qemu-fed-1".to_owned(),
        device_type: "qemu".to_owned(),
        health,
        state,
        worker_host: Some("worker1".to_owned()),
        description: Some(description.to_owned()),
        tags: Vec::new(),
    }
}

#[tokio::test]
async fn a_device_is_found_though_it_is_retired() {
    for lava in recorded() {
        let there = "/api/v0.2/devices/qemu-fed-1/?all=true";
        let (client, _script) = client([
            lava.step("device-get").at(there),
            lava.step("device-get-retired-all"),
            lava.step("error-404-device")
                .at("/api/v0.2/devices/nosuch/?all=true"),
        ]);
        assert_eq!(
            client.device("qemu-fed-1").await,
            Ok(Some(board(
                DeviceHealth::Maintenance,
                DeviceState::Idle,
                "federated"
            )))
        );
        assert_eq!(
            client.device("qemu-fed-1").await,
            Ok(Some(board(
                DeviceHealth::Retired,
                DeviceState::Running,
                "put"
            )))
        );
        assert_eq!(client.device("nosuch").await, Ok(None));
    }
}

#[tokio::test]
async fn devices_are_listed() {
    for lava in recorded() {
        let (client, _script) = client([
            lava.step("devices-list")
                .at("/api/v0.2/devices/?ordering=hostname&limit=100"),
            lava.step("devices-list")
                .at("/api/v0.2/devices/?hostname__in=qemu-fed-1%2Cb%2Fc&all=true&limit=100"),
            lava.step("devices-list")
                .at("/api/v0.2/devices/?hostname__in=other&all=true&limit=100"),
            lava.step("devices-anonymous")
                .at("/api/v0.2/devices/?ordering=hostname&limit=100"),
        ]);
        let good = board(DeviceHealth::Good, DeviceState::Idle, "put");
        assert_eq!(client.devices().await, Ok(vec![good.clone()]));
        assert_eq!(
            client.devices_named(&["qemu-fed-1", "b/c"]).await,
            Ok(vec![good])
        );
        // as a release answers that does not know the filter
        assert_eq!(client.devices_named(&["other"]).await, Ok(Vec::new()));
        assert_eq!(client.devices().await, Ok(Vec::new()));
        assert_eq!(client.devices_named(&[]).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn health_is_set_but_for_retired_devices() {
    for lava in recorded() {
        let (client, _script) = client([
            lava.step("device-set-health"),
            lava.step("device-set-health-while-running"),
            lava.step("device-set-health-noreason")
                .sent(json!({"health": "MAINTENANCE"})),
            lava.step("device-set-health-retired-404"),
            lava.step("perm-plain-POST_devices_board-1_set_health_"),
        ]);
        let board = "qemu-fed-1";
        let set = |health, reason: &'static str| {
            let client = client.clone();
            async move { client.set_health(board, health, reason).await }
        };
        assert_eq!(set(DeviceHealth::Good, "acquired").await, Ok(()));
        assert_eq!(
            set(DeviceHealth::Maintenance, "while running").await,
            Ok(())
        );
        assert_eq!(set(DeviceHealth::Maintenance, "").await, Ok(()));
        let retired = set(DeviceHealth::Good, "").await.expect_err("404");
        assert_eq!(retired.kind, CallFailure::Missing);
        let denied = client
            .set_health("board-1", DeviceHealth::Maintenance, "r")
            .await;
        let denied = denied.expect_err("403");
        assert_eq!(denied.kind, CallFailure::Denied);
        assert!(
            denied.sentence.contains("You do not have permission"),
            "{denied}"
        );
    }
}

#[tokio::test]
async fn dictionaries_are_read_written_and_checked() {
    for lava in recorded() {
        let text = lava.body("device-dictionary-get").as_str().expect("text");
        let (client, _script) = client([
            lava.step("device-dictionary-get"),
            lava.step("device-dictionary-missing"),
            lava.step("error-404-device")
                .at("/api/v0.2/devices/nosuch/dictionary/"),
            lava.step("device-dictionary-set"),
            lava.step("device-dictionary-validate"),
            lava.step("device-dictionary-validate-bad"),
        ]);
        assert_eq!(
            client.dictionary("qemu-fed-1").await,
            Ok(Some(text.to_owned()))
        );
        assert_eq!(client.dictionary("qemu-fed-1").await, Ok(None));
        assert_eq!(client.dictionary("nosuch").await, Ok(None));
        assert_eq!(client.set_dictionary("qemu-fed-1", text).await, Ok(()));
        assert_eq!(client.validate_dictionary(text).await, Ok(None));
        let complaint = client
            .validate_dictionary("{% extends 'nosuch.jinja2' %}")
            .await;
        let complaint = complaint.expect("an answer").expect("a complaint");
        assert!(complaint.contains("nosuch.jinja2"), "{complaint}");
        assert!(!complaint.contains("Device dictionary"), "{complaint}");
    }
}

#[tokio::test]
async fn a_device_is_created_and_changed() {
    for lava in recorded() {
        let made = &lava.record("device-create")["request"]["body"];
        let with_tags = |mut body: Value| {
            body["tags"] = json!([7]);
            body
        };
        let (client, _script) = client([
            lava.step("device-create").sent(with_tags(made.clone())),
            lava.step("device-create-duplicate")
                .sent(with_tags(made.clone())),
            lava.step("device-patch-health")
                .at("/api/v0.2/devices/qemu-fed-1/?all=true"),
            lava.step("device-patch-health-400-upper")
                .at("/api/v0.2/devices/qemu-fed-1/?all=true")
                .sent(json!({"worker_host": "w", "tags": []})),
        ]);
        let device = NewDevice {
            hostname: "qemu-fed-1".to_owned(),
            device_type: "qemu".to_owned(),
            worker_host: Some("worker1".to_owned()),
            health: DeviceHealth::Maintenance,
            description: made["description"].as_str().map(str::to_owned),
            tags: vec![TagId(7)],
        };
        assert_eq!(client.create_device(&device).await, Ok(()));
        let twice = client.create_device(&device).await.expect_err("400");
        assert_eq!(twice.kind, CallFailure::Refused);
        assert!(
            twice
                .sentence
                .contains("hostname: device with this Hostname already exists."),
            "{twice}"
        );
        let opened = DevicePatch {
            health: Some(DeviceHealth::Good),
            ..DevicePatch::default()
        };
        assert_eq!(client.update_device("qemu-fed-1", &opened).await, Ok(()));
        let moved = DevicePatch {
            worker_host: Some("w".to_owned()),
            tags: Some(Vec::new()),
            ..DevicePatch::default()
        };
        let refused = client
            .update_device("qemu-fed-1", &moved)
            .await
            .expect_err("400");
        assert!(
            refused
                .sentence
                .contains("health: \"GOOD\" is not a valid choice."),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn device_types_and_tags_are_made_once() {
    for lava in recorded() {
        let no_template = json!({"detail": "Template for device-type 'qemu' was not found."});
        let (client, _script) = client([
            lava.step("devicetype-get"),
            lava.step("error-404-device")
                .at("/api/v0.2/devicetypes/nosuch/"),
            lava.step("devicetype-create-duplicate"),
            lava.step("devicetype-template-get"),
            lava.step("devicetype-health-check-missing")
                .at("/api/v0.2/devicetypes/qemu/template/")
                .answered(no_template),
            lava.step("devices-anonymous")
                .at("/api/v0.2/tags/?name=federated&limit=100"),
            lava.step("devices-anonymous")
                .at("/api/v0.2/tags/?name=federated&limit=100")
                .answered(json!({"count": 2, "next": null, "results": [
                    {"id": 3, "name": "federated-2", "description": null},
                    {"id": 4, "name": "federated", "description": "x"},
                ]})),
            lava.step("tag-create"),
        ]);
        let qemu = client
            .device_type("qemu")
            .await
            .expect("answer")
            .expect("qemu");
        assert_eq!(
            (
                qemu.name.as_str(),
                qemu.description.as_deref(),
                qemu.display
            ),
            ("qemu", Some("QEMU x86"), true)
        );
        assert_eq!(client.device_type("nosuch").await, Ok(None));
        let twice = client.create_device_type("qemu").await.expect_err("400");
        assert_eq!(twice.kind, CallFailure::Refused);
        let template = client.device_type_template("qemu").await.expect("answer");
        assert!(
            template
                .expect("text")
                .starts_with("{# device_type: qemu #}")
        );
        assert_eq!(client.device_type_template("qemu").await, Ok(None));
        assert_eq!(client.tag("federated").await, Ok(None));
        assert_eq!(client.tag("federated").await, Ok(Some(TagId(4))));
        let twice = client.create_tag("federated", "x").await.expect_err("400");
        assert!(
            twice
                .sentence
                .contains("name: tag with this name already exists."),
            "{twice}"
        );
    }
}
