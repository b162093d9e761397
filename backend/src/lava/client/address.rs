//! Which addresses lavafed calls: a lab's address is written by its owner, and
//! must not lead into the network of the operator. Must not know who asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::Unusable;

/// Whether a lab may have this address, as far as the text tells. Names are
/// checked again when they are resolved.
pub fn allowed(address: &str, allow_private: bool) -> Result<(), Unusable> {
    let url = parse(address)?;
    let barred = match url.host() {
        Some(Host::Ipv4(ip)) => !may_connect(IpAddr::V4(ip), allow_private),
        Some(Host::Ipv6(ip)) => !may_connect(IpAddr::V6(ip), allow_private),
        Some(Host::Domain(name)) => !allow_private && is_local_name(name),
        None => true,
    };
    if barred {
        return Err(Unusable(refusal(&url)));
    }
    Ok(())
}

/// Whether a connection to this address may be made.
#[must_use]
pub fn may_connect(ip: IpAddr, allow_private: bool) -> bool {
    if allow_private {
        return !ip.is_multicast() && !ip.is_unspecified() && ip != IpAddr::V4(Ipv4Addr::BROADCAST);
    }
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// The address as the client keeps it: http or https, no slash at the end.
pub(super) fn base(address: &str) -> Result<String, Unusable> {
    Ok(parse(address)?.as_str().trim_end_matches('/').to_owned())
}

fn parse(address: &str) -> Result<Url, Unusable> {
    let example = "write it like https://lava.example.org";
    let url = Url::parse(address.trim()).map_err(|error| {
        Unusable(format!(
            "the server's address is no URL: {error}; {example}"
        ))
    })?;
    let fault = if !matches!(url.scheme(), "http" | "https") {
        "is neither http nor https"
    } else if url.host().is_none() {
        "names no host"
    } else if !url.username().is_empty() || url.password().is_some() {
        "holds a user or password, which belong into the credentials"
    } else if url.query().is_some() || url.fragment().is_some() {
        "holds a query or fragment"
    } else {
        return Ok(url);
    };
    // the address itself may hold a password, so it is not repeated
    Err(Unusable(format!("the server's address {fault}; {example}")))
}

fn refusal(url: &Url) -> String {
    format!(
        "{} is not an address on the public internet; labs at loopback, link-local or private \
         addresses must be allowed in the configuration",
        url.host_str().unwrap_or_default()
    )
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost")
        || name
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.eq_ignore_ascii_case("localhost"))
}

/// All but the special ranges of the IANA registry.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    !matches!(
        ip.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Global unicast without its special ranges, and public addresses behind NAT64.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        // Teredo and other protocol assignments, documentation, 6to4
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => {
            false
        }
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests;
