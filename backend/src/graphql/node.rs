//! Relay's global ids: a type and its key, opaque to others.

use async_graphql::ID;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::{Error, Result};

/// The types that have global ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Version,
    Lab,
    DeviceType,
    Device,
    Feature,
    PlanEntry,
    Job,
    Receipt,
    Token,
    Lease,
    Round,
    Waiver,
}

const KINDS: [(Kind, &str); 12] = [
    (Kind::Version, "Version"),
    (Kind::Lab, "Lab"),
    (Kind::DeviceType, "DeviceType"),
    (Kind::Device, "Device"),
    (Kind::Feature, "Feature"),
    (Kind::PlanEntry, "PlanEntry"),
    (Kind::Job, "Job"),
    (Kind::Receipt, "Receipt"),
    (Kind::Token, "Token"),
    (Kind::Lease, "Lease"),
    (Kind::Round, "Round"),
    (Kind::Waiver, "Waiver"),
];

pub(crate) fn id(kind: Kind, key: i64) -> ID {
    let name = KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("", |(_, name)| name);
    ID(URL_SAFE_NO_PAD.encode(format!("{name}:{key}")))
}

/// # Errors
/// `BAD_USER_INPUT` for what is no id of ours.
pub(super) fn parse(id: &ID) -> Result<(Kind, i64)> {
    let wrong = || Error::input("id", "This is no id that lavafed gave.");
    let bytes = URL_SAFE_NO_PAD.decode(id.as_bytes()).map_err(|_| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let (name, key) = text.split_once(':').ok_or_else(wrong)?;
    let kind = KINDS
        .iter()
        .find(|(_, known)| *known == name)
        .ok_or_else(wrong)?
        .0;
    Ok((kind, key.parse().map_err(|_| wrong())?))
}

/// # Errors
/// `BAD_USER_INPUT` for what is no id of this kind.
pub(crate) fn parse_as(id: &ID, kind: Kind) -> Result<i64> {
    match parse(id)? {
        (found, key) if found == kind => Ok(key),
        _ => Err(Error::input("id", "The id is that of something else.")),
    }
}
