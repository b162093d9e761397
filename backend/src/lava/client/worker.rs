//! Workers: the dispatchers that a LAVA server knows. Must not know where one
//! runs.

use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};

use super::{
    CallError, Client, Secret,
    call::{Ask, path},
};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Fields")]
pub struct Worker {
    pub hostname: String,
    pub health: WorkerHealth,
    pub state: WorkerState,
    pub description: Option<String>,
    /// The dispatcher's release, once it was there.
    pub version: Option<String>,
    /// What the dispatcher logs in with; only superusers are told.
    pub token: Option<Secret>,
    pub last_ping: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WorkerHealth {
    Active,
    Maintenance,
    Retired,
}

/// Online is up to 80 s old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum WorkerState {
    Online,
    Offline,
}

impl Client {
    pub async fn worker(&self, name: &str) -> Result<Option<Worker>, CallError> {
        self.find(Ask::get(path(&["workers", name])?)).await
    }

    /// Some worker's name and whether its token is shown to us, as it is to
    /// superusers only; None when there is no worker.
    ///
    /// # Errors
    /// As every call.
    pub async fn shows_tokens(&self) -> Result<Option<bool>, CallError> {
        let workers: Vec<Worker> = self.list("workers", &[]).await?;
        Ok(workers.first().map(|worker| worker.token.is_some()))
    }

    pub async fn create_worker(&self, name: &str, description: &str) -> Result<Worker, CallError> {
        let body = NewWorker {
            hostname: name,
            description,
        };
        self.fetch(Ask::json(Method::POST, path(&["workers"])?, &body)?)
            .await
    }

    /// Active turns the worker's Good devices to Unknown, Retired retires them.
    pub async fn set_worker_health(
        &self,
        name: &str,
        health: WorkerHealth,
    ) -> Result<(), CallError> {
        let body = WorkerOrder { health };
        let path = path(&["workers", name])?;
        self.write(Ask::json(Method::PATCH, path, &body)?).await
    }
}

#[derive(Deserialize)]
struct Fields {
    hostname: String,
    health: WorkerHealth,
    state: WorkerState,
    description: Option<String>,
    version: Option<String>,
    token: Option<String>,
    last_ping: Option<DateTime<Utc>>,
}

impl From<Fields> for Worker {
    fn from(fields: Fields) -> Self {
        let told = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            hostname: fields.hostname,
            health: fields.health,
            state: fields.state,
            description: fields.description,
            version: told(fields.version),
            token: told(fields.token).map(Secret::new),
            last_ping: fields.last_ping,
        }
    }
}

#[derive(Serialize)]
struct NewWorker<'a> {
    hostname: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct WorkerOrder {
    health: WorkerHealth,
}
