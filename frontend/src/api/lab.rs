//! Labs and their devices, as the server tells them: asked for and read.
//!
//! Must not know how they are shown.

use super::http::{self, About, Failure};
use super::json::Facts;
use super::lending::{lab, lease, name_of, nodes, read};
use super::operations::{device_detail, lab_detail, lab_list};
use crate::model::contribution::{
    Contribution, Device, DeviceDetail, LabCard, LabDetail, dictionary,
};

pub(crate) async fn labs() -> Result<Vec<LabCard>, Failure> {
    let (query, name) = (lab_list::QUERY, lab_list::OPERATION_NAME);
    let data = http::ask_facts(query, name, About::default()).await?;
    read(data, |facts| {
        let held: Vec<String> = nodes(facts, "leases")
            .iter()
            .filter(|lease| lease.text("state") == "HELD")
            .map(|lease| name_of(lease, "lab"))
            .collect();
        let card = |node: &Facts| {
            let lab = lab(node);
            LabCard {
                held: held.iter().filter(|name| **name == lab.name).count(),
                devices: node.of("devices").number("totalCount"),
                given: given(node),
                lab,
            }
        };
        nodes(facts, "labs").iter().map(card).collect()
    })
}

/// `None`: no such lab.
pub(crate) async fn detail(name: String) -> Result<Option<LabDetail>, Failure> {
    let (query, operation) = (lab_detail::QUERY, lab_detail::OPERATION_NAME);
    let about = About::default().text("lab", name);
    let data = http::ask_facts(query, operation, about).await?;
    read(data, |facts| {
        let node = facts.of_if("lab")?;
        Some(LabDetail {
            lab: lab(&node),
            given: given(&node),
            url: node.text_if("url"),
            door: node.text("door"),
            has_api_token: node.is("hasApiToken"),
            days_off: node.texts("vetoDays"),
            devices_total: node.of("devices").number("totalCount"),
            devices: nodes(&node, "devices").iter().map(device).collect(),
            leases_total: node.of("leases").number("totalCount"),
            leases: nodes(&node, "leases").iter().map(lease).collect(),
        })
    })
}

/// `None`: no such device.
pub(crate) async fn of_device(
    lab: String,
    hostname: String,
) -> Result<Option<DeviceDetail>, Failure> {
    let (query, operation) = (device_detail::QUERY, device_detail::OPERATION_NAME);
    let about = About::default().text("lab", lab).text("device", hostname);
    let data = match http::ask_facts(query, operation, about).await {
        Ok(data) => data,
        Err(failure) if failure.code.as_deref() == Some("NOT_FOUND") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    read(data, |facts| {
        let node = facts.of_if("device")?;
        Some(DeviceDetail {
            device: device(&node),
            dictionary: dictionary(node.is("hasDictionary"), node.is("shareDictionary")),
            total: facts.of("leases").number("totalCount"),
            leases: nodes(facts, "leases").iter().map(lease).collect(),
        })
    })
}

fn given(lab: &Facts) -> Contribution {
    let given = lab.of("contribution");
    Contribution {
        held_seconds: given.number("heldSeconds"),
        jobs: given.number("jobs"),
        regressions: given.number("regressions"),
    }
}

fn device(device: &Facts) -> Device {
    Device {
        hostname: device.text("hostname"),
        device_type: name_of(device, "deviceType"),
        lendable: device.is("lendable"),
        docker_device: device.text_if("dockerDevice"),
        federated_name: device.text_if("federatedName"),
        lease: device.of_if("lease").map(|found| lease(&found)),
    }
}
