//! Notifications as real LAVA servers sent them, with what a lavafed job says of itself put in.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::client::{at, text};

/// The token in the recordings, which stands wherever LAVA repeats it.
const RECORDED_TOKEN: &str = "lavafed-secret";

#[derive(Clone, Debug)]
pub struct Notification {
    pub content_type: String,
    /// As they were sent.
    pub headers: Value,
    fields: Vec<(String, Value)>,
}

/// The names of all recordings of notifications that have a body: `2023.01/complete-all-json`.
///
/// # Errors
/// When the fixtures cannot be read.
pub fn recordings() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for release in ["2023.01", "2026.10"] {
        for entry in fs::read_dir(folder().join(release))? {
            let path = entry?.path();
            let name = path.file_stem().context("a name")?.to_string_lossy();
            let name = format!("{release}/{name}");
            if name.contains("/rest-") || Notification::recorded(&name).is_err() {
                continue;
            }
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lava"))
}

impl Notification {
    /// # Errors
    /// When there is no such recording, or it has no body.
    pub fn recorded(name: &str) -> Result<Self> {
        let path = folder().join(format!("{name}.json"));
        let recorded = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let recorded: Value = serde_json::from_str(&recorded)?;
        let headers = at(&recorded, "/request/headers").clone();
        let body = text(&recorded, "/request/body").context("a body")?;
        let content_type = text(&headers, "/Content-Type").unwrap_or_default();
        let fields = match content_type {
            "application/json" => match serde_json::from_str(body)? {
                Value::Object(fields) => fields.into_iter().collect(),
                other => bail!("no object: {other}"),
            },
            "application/x-www-form-urlencoded" => form_urlencoded::parse(body.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect(),
            other => bail!("{name} has no body: {other:?}"),
        };
        Ok(Self {
            content_type: content_type.to_owned(),
            headers,
            fields,
        })
    }

    /// A complete job with results of LAVA's current release.
    ///
    /// # Errors
    /// As `recorded`.
    pub fn complete() -> Result<Self> {
        Self::recorded("2026.10/complete-results-json")
    }

    /// Puts into the job's metadata what lavafed wants to know.
    #[must_use]
    pub fn declares(self, job_type: &str, version: &str, features: &str) -> Self {
        self.metadata(&format!(
            "lavafed.type: {job_type}\nlavafed.version: '{version}'\nlavafed.features: {features}"
        ))
    }

    /// Puts lines of YAML into the job's metadata.
    #[must_use]
    pub fn metadata(self, lines: &str) -> Self {
        let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
        self.definition(|text| text.replacen("\nmetadata:\n", &format!("\nmetadata:\n{lines}"), 1))
    }

    /// Changes the definition.
    #[must_use]
    pub fn definition(mut self, change: impl FnOnce(&str) -> String) -> Self {
        let changed = change(self.text("definition"));
        self.set("definition", changed.into());
        self
    }

    /// For a device-type of another name.
    #[must_use]
    pub fn definition_with_device_type(&self, name: &str) -> Self {
        let line = format!("device_type: {}", json!(name));
        self.clone()
            .definition(|text| text.replacen("device_type: qemu", &line, 1))
    }

    /// With another value in a field; with null the field is missing.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.set(field, value.into());
        self
    }

    /// As another job: its id, and the minute at which it was submitted.
    #[must_use]
    pub fn job(self, id: u32) -> Self {
        let (hour, minute) = (id / 60 % 24, id % 60);
        self.with("id", id).with(
            "submit_time",
            format!("2026-11-20 {hour:02}:{minute:02}:00.000001+00:00"),
        )
    }

    /// As LAVA tells it at the event Running.
    #[must_use]
    pub fn running(self) -> Self {
        self.with("state", 3)
            .with("state_string", "Running")
            .with("health", 0)
            .with("health_string", "Unknown")
            .with("end_time", "None")
            .with("results", Value::Null)
    }

    fn set(&mut self, field: &str, value: Value) {
        self.fields.retain(|(name, _)| name != field);
        if !value.is_null() {
            self.fields.push((field.to_owned(), value));
        }
    }

    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.fields
            .iter()
            .find(|(name, _)| name == field)
            .and_then(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// The body as LAVA sends it to who is called with this token.
    #[must_use]
    pub fn body(&self, token: &str) -> String {
        let fields = self.fields.iter();
        let body = if self.content_type == "application/json" {
            Value::Object(fields.cloned().collect()).to_string()
        } else {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                match value {
                    Value::String(text) => form.append_pair(name, text),
                    other => form.append_pair(name, &other.to_string()),
                };
            }
            form.finish()
        };
        body.replace(RECORDED_TOKEN, token)
    }
}

/// One suite of results, as LAVA's YAML has it.
#[must_use]
pub fn suite(name: &str, cases: &[(&str, &str)]) -> Value {
    let cases: String = cases
        .iter()
        .map(|(case, result)| {
            format!("- name: {case}\n  suite: {name}\n  result: {result}\n  metadata: {{case: {case}, result: {result}}}\n")
        })
        .collect();
    json!(cases)
}
