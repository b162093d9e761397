//! The LAVA servers a driver speaks to: clients made from settings and rows,
//! kept while these stay the same.

use std::{collections::HashMap, sync::Arc};

use entity::lab::{self, LabId};
use sha2::{Digest as _, Sha256};

use crate::{
    app::App,
    config::Config,
    error::Result,
    lava::client::{
        Client, Clock, Credentials, Door, Secret, Transport,
        transport::{self, HttpSettings},
    },
    seal,
};

/// How servers are reached.
#[derive(Clone)]
pub struct Reach {
    pub to_labs: Transport,
    pub to_federated: Transport,
    /// For worlds whose time is not the machine's.
    pub clock: Option<Clock>,
}

impl Reach {
    /// Over the network.
    ///
    /// # Errors
    /// A sentence that says why there is no HTTP client.
    pub fn network(config: &Config) -> Result<Self, String> {
        let settings = |allow_private| HttpSettings {
            allow_private,
            ..HttpSettings::default()
        };
        let open = |allow| transport::http(&settings(allow)).map_err(|error| error.to_string());
        Ok(Self {
            to_labs: open(config.allow_private_labs)?,
            // the operator's own setting
            to_federated: open(true)?,
            clock: None,
        })
    }
}

/// The clients in use.
pub struct Servers {
    reach: Reach,
    labs: HashMap<LabId, (Vec<u8>, Client)>,
    federated: Option<Client>,
}

impl Servers {
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            labs: HashMap::new(),
            federated: None,
        }
    }

    /// The lab's server, or why it cannot be spoken to.
    pub fn lab(&mut self, app: &App, lab: &lab::Model) -> Result<Client, String> {
        let mark = mark(lab);
        if let Some((known, client)) = self.labs.get(&lab.id)
            && *known == mark
        {
            return Ok(client.clone());
        }
        let client = self.settled(lab_client(app, lab, self.reach.to_labs.clone())?);
        self.labs.insert(lab.id, (mark, client.clone()));
        Ok(client)
    }

    /// The federated server, or why it cannot be spoken to.
    pub fn federated(&mut self, app: &App) -> Result<Client, String> {
        if let Some(client) = &self.federated {
            return Ok(client.clone());
        }
        let client = self.settled(federated_client(
            &app.config,
            self.reach.to_federated.clone(),
        )?);
        self.federated = Some(client.clone());
        Ok(client)
    }

    fn settled(&self, client: Client) -> Client {
        match &self.reach.clock {
            Some(clock) => client.with_clock(Arc::clone(clock), 1),
            None => client,
        }
    }
}

/// Tells whether a lab is still spoken to in the same way.
fn mark(lab: &lab::Model) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in [
        lab.url.as_deref().unwrap_or_default().as_bytes(),
        lab.lava_user.as_deref().unwrap_or_default().as_bytes(),
        lab.api_token.as_deref().unwrap_or_default(),
        match lab.door {
            lab::Door::Rest => b"rest",
            lab::Door::XmlRpc => b"xmlrpc",
        },
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().to_vec()
}

/// # Errors
/// A sentence that says what is missing.
pub fn lab_client(app: &App, lab: &lab::Model, transport: Transport) -> Result<Client, String> {
    let url = lab
        .url
        .as_deref()
        .ok_or_else(|| format!("The lab {} has no URL.", lab.name))?;
    let sealed = lab.api_token.as_deref().ok_or_else(|| {
        format!(
            "The lab {} has no API token. Type: lavafed lab token {}",
            lab.name, lab.name
        )
    })?;
    let token = seal::open(&app.key, lab.id, sealed).map_err(|error| error.message)?;
    let credentials = Credentials {
        user: lab.lava_user.clone(),
        token,
    };
    let door = match lab.door {
        lab::Door::Rest => Door::Rest,
        lab::Door::XmlRpc => Door::XmlRpc,
    };
    Client::new(url, Some(credentials), door, transport).map_err(|error| error.to_string())
}

/// # Errors
/// A sentence that says which setting is missing or wrong.
pub fn federated_client(config: &Config, transport: Transport) -> Result<Client, String> {
    let url = config
        .federation_url
        .as_deref()
        .ok_or("No federated server is set: federation_url.")?;
    let file = config
        .federation_token_file
        .as_deref()
        .ok_or("The federated server's API token is not set: federation_token_file.")?;
    let token = std::fs::read_to_string(file)
        .map_err(|error| format!("Cannot read the API token in {}: {error}.", file.display()))?;
    let credentials = Credentials {
        user: None,
        token: Secret::new(token.trim()),
    };
    Client::new(url, Some(credentials), Door::Rest, transport).map_err(|error| error.to_string())
}
