//! What a server says of itself and of us. Must not know what a doctor makes of
//! it.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    CallError, Client,
    call::{Ask, path},
};

impl Client {
    /// The release, such as `2026.10`.
    pub async fn version(&self) -> Result<String, CallError> {
        let told: Version = self.fetch(Ask::get(path(&["system", "version"])?)).await?;
        Ok(told.version)
    }

    /// The user whose token we hold; None when the server takes us for nobody.
    pub async fn whoami(&self) -> Result<Option<String>, CallError> {
        let told: Whoami = self.fetch(Ask::get(path(&["system", "whoami"])?)).await?;
        Ok(Some(told.user).filter(|user| !user.is_empty()))
    }

    /// The server's clock, to the second, as its answers carry it; None when
    /// they carry none.
    pub async fn server_time(&self) -> Result<Option<DateTime<Utc>>, CallError> {
        let ask = Ask::get(path(&["system", "version"])?);
        Ok(self.call(&ask).await?.accepted()?.date)
    }
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Whoami {
    user: String,
}
