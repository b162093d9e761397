//! What the operator sets about templates. Must not know what they say.

use std::{collections::BTreeMap, fmt, path::PathBuf};

/// What the operator sets.
#[derive(Clone)]
pub struct Settings {
    /// Where the templates are; none: those that come with lavafed.
    pub folder: Option<PathBuf>,
    /// What templates may use beside what lavafed gives them.
    pub vars: BTreeMap<String, serde_json::Value>,
    /// The image of LAVA's dispatcher, in Jinja2 over `version`.
    pub dispatcher_image: String,
    /// Whether a lab has that image already and need not pull it.
    pub dispatcher_image_local: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: None,
            vars: BTreeMap::new(),
            dispatcher_image: "docker.io/lavasoftware/lava-dispatcher:{{ version }}".to_owned(),
            dispatcher_image_local: false,
        }
    }
}

/// The variables may hold passwords.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("folder", &self.folder)
            .field("vars", &self.vars.keys())
            .field("dispatcher_image", &self.dispatcher_image)
            .field("dispatcher_image_local", &self.dispatcher_image_local)
            .finish()
    }
}
