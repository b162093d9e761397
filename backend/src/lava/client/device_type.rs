//! Device-types and tags, which must be there before a device is. Must not know
//! which of them lavafed needs.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{
    CallError, Client,
    call::{Ask, path},
};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeviceType {
    pub name: String,
    pub description: Option<String>,
    /// Whether LAVA's pages show it.
    pub display: bool,
    pub disable_health_check: bool,
}

/// LAVA's number of a tag; devices name their tags by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TagId(pub i64);

impl Client {
    pub async fn device_type(&self, name: &str) -> Result<Option<DeviceType>, CallError> {
        self.find(Ask::get(path(&["devicetypes", name])?)).await
    }

    pub async fn create_device_type(&self, name: &str) -> Result<(), CallError> {
        let body = NewDeviceType { name, aliases: [] };
        self.write(Ask::json(Method::POST, path(&["devicetypes"])?, &body)?)
            .await
    }

    /// The device-type's template; None when the server has none of that name.
    pub async fn device_type_template(&self, name: &str) -> Result<Option<String>, CallError> {
        let ask = Ask::get(path(&["devicetypes", name, "template"])?);
        self.find_text(ask, "was not found").await
    }

    pub async fn tag(&self, name: &str) -> Result<Option<TagId>, CallError> {
        let tags: Vec<Tag> = self.list("tags", &[("name", name)]).await?;
        let tag = tags.into_iter().find(|tag| tag.name == name);
        Ok(tag.map(|tag| tag.id))
    }

    /// The names of tags that a device shows by their ids.
    pub async fn tag_names(&self, ids: &[TagId]) -> Result<Vec<String>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let tags: Vec<Tag> = self.list("tags", &[]).await?;
        let named = tags.into_iter().filter(|tag| ids.contains(&tag.id));
        Ok(named.map(|tag| tag.name).collect())
    }

    pub async fn create_tag(&self, name: &str, description: &str) -> Result<TagId, CallError> {
        let body = NewTag { name, description };
        let ask = Ask::json(Method::POST, path(&["tags"])?, &body)?;
        let tag: Tag = self.fetch(ask).await?;
        Ok(tag.id)
    }
}

#[derive(Deserialize)]
struct Tag {
    id: TagId,
    name: String,
}

#[derive(Serialize)]
struct NewTag<'a> {
    name: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct NewDeviceType<'a> {
    name: &'a str,
    /// LAVA insists on the field.
    aliases: [&'a str; 0],
}
