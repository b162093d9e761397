//! Devices as LAVA has them: found, written, and their dictionaries. Must not
//! know why a health is written.

use entity::device_health::DeviceHealth;
use http::Method;
use serde::{Deserialize, Serialize};

use super::{
    CallError, CallFailure, Client, Door,
    call::{Ask, path},
    device_type::TagId,
    list::query,
};

/// So many names still make a short URL.
const NAMES_AT_ONCE: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Fields")]
pub struct Device {
    pub hostname: String,
    pub device_type: String,
    pub health: DeviceHealth,
    pub state: DeviceState,
    pub worker_host: Option<String>,
    pub description: Option<String>,
    pub tags: Vec<TagId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum DeviceState {
    Idle,
    Reserved,
    Running,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    pub hostname: String,
    pub device_type: String,
    pub worker_host: Option<String>,
    pub health: DeviceHealth,
    pub description: Option<String>,
    pub tags: Vec<TagId>,
}

/// What is None stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicePatch {
    pub device_type: Option<String>,
    pub worker_host: Option<String>,
    pub health: Option<DeviceHealth>,
    pub description: Option<String>,
    pub tags: Option<Vec<TagId>>,
}

impl Client {
    /// The device, Retired ones too.
    pub async fn device(&self, hostname: &str) -> Result<Option<Device>, CallError> {
        let path = path(&["devices", hostname])? + "?all=true";
        self.find(Ask::get(path)).await
    }

    /// All devices we may see, but for Retired ones.
    pub async fn devices(&self) -> Result<Vec<Device>, CallError> {
        self.list("devices", &[("ordering", "hostname")]).await
    }

    /// Those of the named devices that exist, Retired ones too.
    pub async fn devices_named(&self, hostnames: &[&str]) -> Result<Vec<Device>, CallError> {
        let mut found: Vec<Device> = Vec::new();
        for names in hostnames.chunks(NAMES_AT_ONCE) {
            let joined = names.join(",");
            let filter = [("hostname__in", joined.as_str()), ("all", "true")];
            let devices: Vec<Device> = self.list("devices", &filter).await?;
            // a release that does not know the filter lists all
            found.extend(
                devices
                    .into_iter()
                    .filter(|device| names.contains(&device.hostname.as_str())),
            );
        }
        Ok(found)
    }

    /// Sets the health of a device that is not Retired: a Retired one is
    /// `Missing`, so that what the owner took out of service stays there.
    /// XML-RPC does not keep the reason.
    pub async fn set_health(
        &self,
        hostname: &str,
        health: DeviceHealth,
        reason: &str,
    ) -> Result<(), CallError> {
        match self.door {
            Door::Rest => {
                let body = HealthOrder {
                    health: health.as_str().to_uppercase(),
                    reason,
                };
                let path = path(&["devices", hostname, "set_health"])?;
                self.write(Ask::json(Method::POST, path, &body)?).await
            }
            Door::XmlRpc => self.set_health_by_xml_rpc(hostname, health).await,
        }
    }

    /// Whether we may set the health of a device. Asks by a health that is none:
    /// LAVA looks at the permission first, and changes nothing.
    ///
    /// # Errors
    /// As every call; `Missing` for a device that is not there.
    pub async fn may_set_health(&self, hostname: &str) -> Result<bool, CallError> {
        let answer = match self.door {
            Door::Rest => {
                let body = HealthOrder {
                    health: "NONE".to_owned(),
                    reason: "",
                };
                let path = path(&["devices", hostname, "set_health"])?;
                self.write(Ask::json(Method::POST, path, &body)?).await
            }
            Door::XmlRpc => self.set_no_health_by_xml_rpc(hostname).await,
        };
        match answer {
            Err(error) if error.kind == CallFailure::Denied => Ok(false),
            Err(error) if error.kind == CallFailure::Refused => Ok(true),
            Ok(()) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// None: there is no such device, or it has no dictionary.
    pub async fn dictionary(&self, hostname: &str) -> Result<Option<String>, CallError> {
        let path = path(&["devices", hostname, "dictionary"])?;
        self.find_text(Ask::get(path), "does not have a configuration")
            .await
    }

    /// LAVA does not look at the text; see `validate_dictionary`.
    pub async fn set_dictionary(&self, hostname: &str, text: &str) -> Result<(), CallError> {
        let path = path(&["devices", hostname, "dictionary"])?;
        let body = DictionaryOrder { dictionary: text };
        self.write(Ask::json(Method::POST, path, &body)?).await
    }

    /// What LAVA has against a dictionary; None when it is well.
    pub async fn validate_dictionary(&self, text: &str) -> Result<Option<String>, CallError> {
        let ask = Ask::text(Method::POST, path(&["devices", "validate"])?, text);
        let told: Told = self.fetch(ask).await?;
        match told.message.strip_prefix("Device dictionary invalid: ") {
            Some(complaint) => Ok(Some(complaint.to_owned())),
            None if told.message.starts_with("Device dictionary valid") => Ok(None),
            None => Ok(Some(told.message)),
        }
    }

    pub async fn create_device(&self, device: &NewDevice) -> Result<(), CallError> {
        let body = DeviceFields {
            hostname: Some(&device.hostname),
            device_type: Some(&device.device_type),
            worker_host: device.worker_host.as_deref(),
            health: Some(device.health.as_str()),
            description: device.description.as_deref(),
            tags: Some(&device.tags),
        };
        self.write(Ask::json(Method::POST, path(&["devices"])?, &body)?)
            .await
    }

    /// Changes a device, a Retired one too.
    pub async fn update_device(
        &self,
        hostname: &str,
        patch: &DevicePatch,
    ) -> Result<(), CallError> {
        let body = DeviceFields {
            hostname: None,
            device_type: patch.device_type.as_deref(),
            worker_host: patch.worker_host.as_deref(),
            health: patch.health.map(DeviceHealth::as_str),
            description: patch.description.as_deref(),
            tags: patch.tags.as_deref(),
        };
        let path = path(&["devices", hostname])? + &query(&[("all", "true")]);
        self.write(Ask::json(Method::PATCH, path, &body)?).await
    }
}

#[derive(Deserialize)]
struct Fields {
    hostname: String,
    device_type: String,
    health: String,
    state: DeviceState,
    worker_host: Option<String>,
    description: Option<String>,
    tags: Vec<TagId>,
}

impl TryFrom<Fields> for Device {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        let health = DeviceHealth::parse(&fields.health)
            .ok_or_else(|| format!("{:?} is no health of a device", fields.health))?;
        Ok(Self {
            hostname: fields.hostname,
            device_type: fields.device_type,
            health,
            state: fields.state,
            worker_host: fields.worker_host,
            description: fields.description,
            tags: fields.tags,
        })
    }
}

#[derive(Serialize)]
struct DeviceFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker_host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a [TagId]>,
}

#[derive(Serialize)]
struct HealthOrder<'a> {
    health: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[derive(Serialize)]
struct DictionaryOrder<'a> {
    dictionary: &'a str,
}

#[derive(Deserialize)]
struct Told {
    message: String,
}
