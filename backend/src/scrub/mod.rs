//! Takes secrets out of what is stored: notifications and plain results. Must
//! not know what the content means beyond where secrets stand in it.
//!
//! What is a secret: the credential the caller presented; whatever stands
//! under `token`, `secrets` or `submitter_email`; and in a job definition,
//! which is YAML text within the body, everything under `secrets` and every
//! `token` and `email` under `notify`. Each is taken out where it stands and,
//! from six characters on, wherever else it appears as text: in the log, in
//! results, in other parts of the definition, and in names; also as JSON,
//! YAML and percent-encoding spell it, and each line of it by itself.
//!
//! A definition is written anew from what was read, so its comments are lost:
//! nobody can tell what they hold. If it cannot be read, its secrets cannot be
//! known either: then a sentence replaces it, and of the rest only what LAVA
//! itself says of the job is kept.

mod definition;
mod words;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::lava::notification::{NotificationFormat, Unreadable, not_json};
use words::{Secrets, Words};

/// What stands where a secret stood.
pub const MARK: &str = "[scrubbed]";

/// The body of a notification as it may be stored.
pub fn notification(
    format: NotificationFormat,
    body: &[u8],
    credential: &str,
) -> Result<Vec<u8>, Unreadable> {
    match format {
        NotificationFormat::Json => {
            let mut body = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
            value(&mut body, credential);
            Ok(body.to_string().into_bytes())
        }
        NotificationFormat::Urlencoded => Ok(urlencoded(body, credential)),
    }
}

/// Any JSON, such as a plain result.
pub fn value(value: &mut Value, credential: &str) {
    let mut secrets = Secrets::new(credential);
    collect(value, &mut secrets);
    let cleaner = Cleaner::new(secrets);
    if let (Value::Object(fields), true) = (&mut *value, cleaner.keeps_the_known()) {
        fields.retain(|name, _| is_known(name));
    }
    cleaner.clean(None, value);
}

fn urlencoded(body: &[u8], credential: &str) -> Vec<u8> {
    let mut secrets = Secrets::new(credential);
    let mut pairs: Vec<(String, Value)> = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    for (name, value) in &mut pairs {
        collect_field(name, value, &mut secrets);
    }
    let cleaner = Cleaner::new(secrets);
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, mut value) in pairs {
        if cleaner.keeps_the_known() && !is_known(&name) {
            continue;
        }
        cleaner.clean(Some(&name), &mut value);
        let text = value.as_str().unwrap_or_default();
        form.append_pair(&cleaner.words.clean(&name), text);
    }
    form.finish().into_bytes()
}

fn is_definition(name: &str) -> bool {
    matches!(
        name,
        "definition" | "original_definition" | "multinode_definition"
    )
}

/// What LAVA itself says of a job: nobody can put a secret there.
fn is_known(name: &str) -> bool {
    is_definition(name)
        || is_secret(name)
        || matches!(
            name,
            "id" | "status"
                | "status_string"
                | "state"
                | "state_string"
                | "health"
                | "health_string"
                | "submit_time"
                | "start_time"
                | "end_time"
                | "priority"
                | "actual_device_id"
                | "health_check"
        )
}

fn is_secret(name: &str) -> bool {
    ["token", "secrets", "submitter_email"]
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Finds the secrets; those that have a place of their own are marked at once.
fn collect(value: &mut Value, secrets: &mut Secrets) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, secrets)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(name, value)| collect_field(name, value, secrets)),
    }
}

fn collect_field(name: &str, value: &mut Value, secrets: &mut Secrets) {
    if is_secret(name) {
        hide(value, secrets);
    } else if let (true, Value::String(text)) = (is_definition(name), &*value) {
        definition::collect(text, secrets);
    } else {
        collect(value, secrets);
    }
}

fn hide(value: &mut Value, secrets: &mut Secrets) {
    match value {
        Value::Null => {}
        Value::Bool(_) => *value = MARK.into(),
        Value::Number(number) => {
            secrets.add(&number.to_string());
            *value = MARK.into();
        }
        Value::String(text) => {
            secrets.add(text);
            *value = MARK.into();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secrets)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(_, value)| hide(value, secrets)),
    }
}

/// Takes the secrets that were found out of everything.
struct Cleaner {
    words: Words,
    /// Why not all secrets are known; then what may hold them is not kept.
    unknown: Option<String>,
}

impl Cleaner {
    fn new(secrets: Secrets) -> Self {
        let (words, unknown) = secrets.into_words();
        Self { words, unknown }
    }

    fn keeps_the_known(&self) -> bool {
        self.unknown.is_some()
    }

    /// The name is that of the field the value stands in.
    fn clean(&self, name: Option<&str>, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) if name.is_some_and(is_definition) => {
                *text = match &self.unknown {
                    None => definition::clean(text, &self.words),
                    Some(why) => format!("The definition is not kept: {why}."),
                };
            }
            Value::String(text) => *text = self.words.clean(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean(None, item)),
            Value::Object(fields) => {
                let suites = name == Some("results");
                for (name, value) in std::mem::take(fields) {
                    let value = self.clean_field(suites, &name, value);
                    fields.insert(self.words.clean(&name), value);
                }
            }
        }
    }

    fn clean_field(&self, of_results: bool, name: &str, mut value: Value) -> Value {
        match value {
            Value::String(suite) if of_results => {
                definition::clean_results(&suite, &self.words).into()
            }
            _ => {
                self.clean(Some(name), &mut value);
                value
            }
        }
    }
}
