//! A request, read as far as every route needs it. Must not know the routes.

use base64::Engine as _;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::Answer;
use crate::{
    journal::Via,
    world::{By, Rights, User, World},
};

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) raw_query: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
    pub(crate) lava_token: Option<String>,
    pub(crate) forwarded_for: Option<String>,
    pub(crate) is_json: bool,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let header = |name: &str| {
            let value = parts.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let authority = parts.uri.authority().map(ToString::to_string);
        Self {
            query: form_urlencoded::parse(raw_query.as_bytes())
                .into_owned()
                .collect(),
            raw_query,
            method: parts.method.to_string(),
            path: percent_decoded(parts.uri.path()),
            host: header("host")
                .or(authority)
                .unwrap_or_else(|| "localhost".to_owned()),
            authorization: header("authorization"),
            lava_token: header("lava-token"),
            forwarded_for: header("x-forwarded-for"),
            is_json: header("content-type").is_none_or(|kind| kind.starts_with("application/json")),
            body,
        }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().rev().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    fn token(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Token ")
    }

    pub(crate) fn has_bad_token(&self, world: &World) -> bool {
        self.token().is_some() && self.user(world).is_none()
    }

    /// Whose token was presented.
    pub(crate) fn user<'a>(&self, world: &'a World) -> Option<&'a User> {
        let token = self.token()?;
        let own = |user: &&User| user.tokens.iter().any(|(secret, _)| secret == token);
        world.users.iter().find(own)
    }

    /// XML-RPC has the name and token of a user instead.
    pub(crate) fn basic_user<'a>(&self, world: &'a World) -> Result<Option<&'a User>, ()> {
        let Some(header) = &self.authorization else {
            return Ok(None);
        };
        let encoded = header.strip_prefix("Basic ").ok_or(())?;
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded);
        let text = String::from_utf8(decoded.map_err(|_| ())?).map_err(|_| ())?;
        let (name, token) = text.split_once(':').ok_or(())?;
        let user = world.user(name).ok_or(())?;
        let known = user.tokens.iter().any(|(secret, _)| secret == token);
        if known { Ok(Some(user)) } else { Err(()) }
    }

    /// The user if these rights are granted, else what LAVA answers.
    pub(crate) fn need(&self, world: &World, may: fn(&Rights) -> bool) -> Result<By, Answer> {
        let user = self.user(world).ok_or_else(Answer::anonymous)?;
        if user.rights.superuser || may(&user.rights) {
            Ok(self.by(user))
        } else {
            Err(Answer::forbidden())
        }
    }

    pub(crate) fn by(&self, user: &User) -> By {
        By {
            user: user.name.clone(),
            via: Via::Rest {
                method: self.method.clone(),
                path: self.path.clone(),
            },
        }
    }

    /// The fields of a JSON or form body.
    pub(crate) fn fields(&self) -> Result<Map<String, Value>, Answer> {
        if !self.is_json {
            let pairs = form_urlencoded::parse(&self.body).into_owned();
            return Ok(pairs
                .map(|(key, value)| (key, Value::String(value)))
                .collect());
        }
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(Answer::field(
                "non_field_errors",
                "Invalid data. Expected a dictionary, but got another type.",
            )),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let place = format!(
                    "line {line} column {column} (char {})",
                    column.saturating_sub(1)
                );
                let reason = "Expecting property name enclosed in double quotes";
                Err(Answer::detail(
                    400,
                    &format!("JSON parse error - {reason}: {place}"),
                ))
            }
        }
    }
}

fn percent_decoded(path: &str) -> String {
    if !path.contains('%') {
        return path.to_owned();
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let code = (byte == b'%')
            .then(|| {
                let mut ahead = rest.clone();
                let digits = [ahead.next()?, ahead.next()?];
                let text = std::str::from_utf8(&digits).ok()?;
                let code = u8::from_str_radix(text, 16).ok()?;
                Some((code, ahead))
            })
            .flatten();
        match code {
            Some((code, ahead)) => {
                bytes.push(code);
                rest = ahead;
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
