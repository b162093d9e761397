//! A lab's docker device, on which a dispatcher runs. Must not know what for.

use entity::submission;

use super::tick::Tick;
use crate::{
    lava::{
        self,
        client::{CallFailure, Client},
    },
    template::slave,
};

/// The lab's docker device, as a job asks for it.
pub(super) struct Docker {
    pub(super) hostname: String,
    pub(super) device_type: String,
    /// All it has, where a job may not name its device: others may have them too.
    pub(super) tags: Vec<String>,
    pub(super) may_be_named: bool,
}

/// None: the lab did not tell, or has no such device, which is then remembered.
pub(super) async fn device(
    tick: &mut Tick<'_>,
    row: &submission::Model,
    client: &Client,
) -> Option<Docker> {
    let hostname = row.docker_device.clone()?;
    let version = client.version().await;
    tick.heard(&version);
    let found = client.device(&hostname).await;
    tick.heard(&found);
    let may_be_named =
        lava::version::parse(&version.ok()?).is_ok_and(|version| slave::names_a_device(&version));
    if let Some(device) = found.ok()? {
        let tags = if may_be_named {
            Vec::new()
        } else {
            // a lab that keeps its tags to itself gets any device of that type
            match client.tag_names(&device.tags).await {
                Err(error) if error.kind == CallFailure::Denied => Vec::new(),
                names => {
                    tick.heard(&names);
                    names.ok()?
                }
            }
        };
        return Some(Docker {
            hostname,
            device_type: device.device_type,
            tags,
            may_be_named,
        });
    }
    let sentence =
        format!("The lab has no device {hostname}, which was named as its docker device.");
    tick.memory.refused.insert(row.id, sentence);
    tick.acted = true;
    None
}
