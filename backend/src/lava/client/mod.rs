//! The client of one LAVA server, remote lab or federated: one function per
//! call, each answered by a typed value or a [`CallError`].
//!
//! Speaks to 2023.01 to 2026.10 and tells them apart by what they do. A call is
//! sent once: who called decides whether to call again. Must not know our
//! tables, nor what a lease is.
//!
//! ```text
//!  device · worker · job · device_type · xml_rpc      what is asked
//!                     call                            bytes to value or CallError
//!        circuit · at most 4 calls at once            over any transport
//!         transport::http   or a test's own           the seam
//! ```

pub mod address;
mod answer;
mod call;
mod circuit;
mod device;
mod device_type;
mod failure;
mod job;
mod list;
mod secret;
mod server;
pub mod transport;
mod worker;
mod xml_rpc;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base64::Engine as _;
use chrono::{DateTime, Utc};
use http::HeaderValue;
use tower::limit::ConcurrencyLimit;

use self::circuit::Circuit;
pub use self::{
    circuit::CircuitState,
    device::{Device, DevicePatch, DeviceState, NewDevice},
    device_type::{DeviceType, TagId},
    failure::{CallError, CallFailure},
    job::{Job, JobNumber},
    secret::Secret,
    transport::{Transport, TransportError},
    worker::{Worker, WorkerHealth, WorkerState},
};

/// More would keep a small lab's server busy with us alone.
const CALLS_AT_ONCE: usize = 4;

/// What time it is, by whoever keeps it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Cheap to clone; all clones share the circuit and the limit on calls at once.
#[derive(Clone)]
pub struct Client {
    /// Scheme, host and perhaps a path, without a slash at the end.
    base: Arc<str>,
    rest_login: Option<HeaderValue>,
    basic_login: Option<HeaderValue>,
    credentials: Option<Arc<Credentials>>,
    door: Door,
    transport: Transport,
    circuit: Circuit,
    clock: Clock,
    /// Releases until 2026.07 cancel by GET; found out by the first 405.
    cancels_by_get: Arc<AtomicBool>,
}

/// Who we are at the server.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Only XML-RPC asks for it.
    pub user: Option<String>,
    pub token: Secret,
}

/// How the health of a device is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Needs the global permissions to add and to change devices.
    Rest,
    /// A permission on the device suffices; the reason is not written.
    XmlRpc,
}

/// A setting of the server that no call could work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(crate) String);

impl Client {
    pub fn new(
        base_url: &str,
        credentials: Option<Credentials>,
        door: Door,
        transport: Transport,
    ) -> Result<Self, Unusable> {
        let base = address::base(base_url)?;
        let login = |text: String| {
            let mut value = HeaderValue::try_from(text).map_err(|_| {
                Unusable(format!(
                    "the API token for {base} holds a character that no token has; copy it again \
                     from the server's page of API tokens"
                ))
            })?;
            value.set_sensitive(true);
            Ok(value)
        };
        let rest_login = credentials
            .as_ref()
            .map(|who| login(format!("Token {}", who.token.reveal())))
            .transpose()?;
        let basic_login = credentials
            .as_ref()
            .and_then(|who| Some((who.user.as_ref()?, &who.token)))
            .map(|(user, token)| {
                let pair = format!("{user}:{}", token.reveal());
                let coded = base64::engine::general_purpose::STANDARD.encode(pair);
                login(format!("Basic {coded}"))
            })
            .transpose()?;
        if door == Door::XmlRpc && basic_login.is_none() {
            return Err(Unusable(format!(
                "XML-RPC at {base} needs the user's name beside the API token; name the user, or \
                 let health be written by REST"
            )));
        }
        Ok(Self {
            base: base.into(),
            rest_login,
            basic_login,
            credentials: credentials.map(Arc::new),
            door,
            transport: Transport::new(ConcurrencyLimit::new(transport, CALLS_AT_ONCE)),
            circuit: Circuit::seeded(rand::random()),
            clock: Arc::new(Utc::now),
            cancels_by_get: Arc::new(AtomicBool::new(false)),
        })
    }

    /// For worlds whose time and chance are not the machine's: the circuit
    /// starts anew, goes by this clock, and draws its pauses from this seed.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock, seed: u64) -> Self {
        self.circuit = Circuit::seeded(seed);
        self.clock = clock;
        self
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.circuit.state((self.clock)())
    }

    fn cancels_by_get(&self) -> bool {
        self.cancels_by_get.load(Ordering::Relaxed)
    }

    fn remember_cancel_by_get(&self, by_get: bool) {
        self.cancels_by_get.store(by_get, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .field("door", &self.door)
            .field("circuit", &self.circuit())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
