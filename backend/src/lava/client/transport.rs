//! How a request travels: over the network by `reqwest`, or in tests and in the
//! simulation into a server of the same process. Must not know LAVA.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower::{service_fn, util::BoxCloneSyncService};

use super::{Unusable, address};

pub type Transport = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, TransportError>;

/// A larger body is cut off, and is no answer.
pub const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// Why there is no answer, each with a reason for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No byte of the request reached the server.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The server may have got the request.
    #[error("not answered: {0}")]
    Unanswered(String),
    /// The address is none that may be called.
    #[error("{0}")]
    Barred(String),
    #[error("the answer is too large")]
    TooLarge,
}

#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Also loopback and private networks.
    pub allow_private: bool,
    /// Whether the proxy that the environment names is used. It resolves names
    /// itself, so only addresses written as such are checked then.
    pub proxy_from_environment: bool,
    pub connect_timeout: Duration,
    /// From the first byte sent to the last received.
    pub total_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            allow_private: false,
            proxy_from_environment: false,
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(10),
        }
    }
}

/// The transport over the network; one serves any number of clients.
pub fn http(settings: &HttpSettings) -> Result<Transport, Unusable> {
    let allow_private = settings.allow_private;
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.total_timeout)
        .pool_idle_timeout(Duration::from_secs(30))
        .dns_resolver(Arc::new(Checked { allow_private }));
    if !settings.proxy_from_environment {
        builder = builder.no_proxy();
    }
    let network = builder.build().map_err(|error| {
        Unusable(format!(
            "no HTTP client could be made: {}; are the system's certificates installed \
             (Debian: ca-certificates)?",
            chain(&error)
        ))
    })?;
    Ok(Transport::new(service_fn(move |request| {
        send(network.clone(), request, allow_private)
    })))
}

async fn send(
    network: reqwest::Client,
    request: Request<Bytes>,
    allow_private: bool,
) -> Result<Response<Bytes>, TransportError> {
    // an address written as such is connected to without asking the resolver
    let host = request.uri().authority().map_or("", |host| host.as_str());
    let scheme = request.uri().scheme_str().unwrap_or("http");
    address::allowed(&format!("{scheme}://{host}"), allow_private)
        .map_err(|error| TransportError::Barred(error.to_string()))?;
    let request = reqwest::Request::try_from(request)
        .map_err(|error| TransportError::NotSent(chain(&error)))?;
    let mut answer = network.execute(request).await.map_err(|error| {
        let why = chain(&error);
        if barred(&error) {
            TransportError::Barred(why)
        } else if error.is_connect() || error.is_builder() {
            TransportError::NotSent(why)
        } else {
            TransportError::Unanswered(why)
        }
    })?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| TransportError::Unanswered(chain(&error)))?
    {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(TransportError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = body.freeze();
    Ok(response)
}

/// The system's resolver, without the addresses that may not be called.
struct Checked {
    allow_private: bool,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "{0} has no address on the public internet; labs at loopback, link-local or private addresses \
     must be allowed in the configuration"
)]
struct NothingPublic(String);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| address::may_connect(address.ip(), allow_private))
                .collect();
            if allowed.is_empty() {
                return Err(NothingPublic(name).into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

fn barred(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<NothingPublic>())
}

/// The causes of an error in one line, without the URL that `reqwest` puts
/// before them: the caller says where.
fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    if error.is_timeout() || texts.is_empty() {
        texts.insert(0, "it took too long".to_owned());
    }
    texts.join(": ")
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |cause| cause.source())
}

#[cfg(test)]
mod tests;
