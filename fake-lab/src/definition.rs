//! A job definition, as far as a LAVA server looks into it. Must not know what
//! becomes of the job.

use chrono::TimeDelta;

use crate::{
    words::Release,
    yaml::{Value, YamlError},
};

/// What the scheduler, the notifications and the fake dispatchers read.
#[derive(Clone, Debug)]
pub struct Definition {
    pub device_type: String,
    /// The only device that will do; 2023.01 knows no such wish.
    pub device: Option<String>,
    pub job_name: String,
    pub personal: bool,
    pub priority: u8,
    pub tags: Vec<String>,
    /// In the order in which they are written.
    pub metadata: Vec<(String, String)>,
    pub secrets: Vec<(String, String)>,
    pub timeout: TimeDelta,
    pub actions: Vec<Action>,
    pub(crate) notify: Option<Notify>,
    pub(crate) document: Value,
}

/// One action; LAVA's results call the first one level 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    pub kind: ActionKind,
    /// The `to` of a deploy, the `method` of a boot.
    pub detail: String,
    /// Of a deploy to docker.
    pub image: Option<String>,
    pub tests: Vec<InlineTest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    Deploy,
    Boot,
    Test,
    Command,
}

/// A test definition, with the commands of an inline one.
#[derive(Clone, Debug, PartialEq)]
pub struct InlineTest {
    pub name: String,
    pub steps: Vec<String>,
    pub(crate) path: String,
    pub(crate) repository: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notify {
    pub(crate) criteria: String,
    pub(crate) callbacks: Vec<Wanted>,
}

/// A callback as it is asked for; what is left out has LAVA's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) url: String,
    pub(crate) post: bool,
    pub(crate) dataset: String,
    pub(crate) json: bool,
    pub(crate) token: Option<String>,
    pub(crate) header: String,
}

impl Definition {
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        find(&self.metadata, key)
    }

    #[must_use]
    pub fn secret(&self, key: &str) -> Option<&str> {
        find(&self.secrets, key)
    }

    /// The text LAVA keeps: 2023.01 sorts the keys.
    pub(crate) fn text(&self, release: Release) -> String {
        match release {
            Release::V2023_01 => self.document.write(true),
            Release::V2026_10 => self.document.write(false),
        }
    }

    /// Reads a definition; the error is the text of LAVA's answer, without its first words.
    pub(crate) fn read(text: &str, release: Release) -> Result<Self, Refused> {
        let document =
            Value::read(text).map_err(|error| Refused::Unreadable(unreadable(&error)))?;
        let required: &[&str] = match release {
            Release::V2023_01 => &["actions", "timeouts", "job_name", "visibility"],
            Release::V2026_10 => &["visibility", "timeouts", "job_name", "actions"],
        };
        if document.pairs().is_empty() {
            return Err(Refused::NoMap);
        }
        if let Some(missing) = required.iter().find(|key| document.get(key).is_none()) {
            return Err(Refused::Missing((*missing).to_owned()));
        }
        let metadata = document.get("metadata").map(Value::pairs).unwrap_or(&[]);
        let nested = metadata
            .iter()
            .find(|(_, value)| matches!(value, Value::List(_) | Value::Map(_)));
        if let (Release::V2023_01, Some((key, _))) = (release, nested) {
            return Err(Refused::NotText(key.clone()));
        }
        let text_of = |key: &str| document.get(key).map(Value::to_text).unwrap_or_default();
        let timeouts = document.get("timeouts");
        Ok(Self {
            device_type: text_of("device_type"),
            device: match release {
                Release::V2023_01 => None,
                Release::V2026_10 => document.get("device").map(Value::to_text),
            },
            job_name: text_of("job_name"),
            personal: document.get("visibility").and_then(Value::text) == Some("personal"),
            priority: priority(document.get("priority")),
            tags: texts(document.get("tags")),
            metadata: pairs(document.get("metadata")),
            secrets: pairs(document.get("secrets")),
            timeout: timeouts
                .and_then(|timeouts| timeouts.get("job"))
                .map_or_else(|| TimeDelta::hours(24), duration),
            actions: document
                .get("actions")
                .map(|list| list.items().iter().map(action).collect())
                .unwrap_or_default(),
            notify: document.get("notify").map(notify),
            document,
        })
    }
}

/// Why a definition is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Unreadable(String),
    NoMap,
    Missing(String),
    NotText(String),
}

impl Refused {
    /// What follows "Problem with submitted job data: ".
    pub(crate) fn of_submission(&self) -> String {
        match self {
            Self::Unreadable(reason) => format!("Loading job submission failed: {reason}"),
            Self::NoMap => "expected a dictionary".to_owned(),
            Self::Missing(key) => format!("required key not provided @ data['{key}']"),
            Self::NotText(key) => {
                format!("expected str for dictionary value @ data['metadata']['{key}']")
            }
        }
    }

    /// What follows "Job invalid: ".
    pub(crate) fn of_validation(&self, release: Release) -> String {
        match (self, release) {
            (Self::Missing(_), Release::V2023_01) => "required key not provided".to_owned(),
            (Self::Missing(key), Release::V2026_10) => {
                format!("required key not provided @ ['{key}']")
            }
            (Self::Unreadable(_) | Self::NoMap | Self::NotText(_), _) => self.of_submission(),
        }
    }
}

fn unreadable(error: &YamlError) -> String {
    format!(
        "{}\n  in \"<unicode string>\", line {}, column {}.",
        error.reason, error.line, error.column
    )
}

fn find<'a>(pairs: &'a [(String, String)], key: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.as_str())
}

fn texts(value: Option<&Value>) -> Vec<String> {
    value
        .map(|list| list.items().iter().map(Value::to_text).collect())
        .unwrap_or_default()
}

fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    value
        .map(Value::pairs)
        .unwrap_or(&[])
        .iter()
        .map(|(key, value)| (key.clone(), value.to_text()))
        .collect()
}

fn priority(value: Option<&Value>) -> u8 {
    match value {
        Some(Value::Text(word)) if word == "low" => 0,
        Some(Value::Text(word)) if word == "high" => 100,
        Some(Value::Int(number)) => u8::try_from(*number).unwrap_or(50).min(100),
        _ => 50,
    }
}

fn duration(value: &Value) -> TimeDelta {
    let part = |key: &str| match value.get(key) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    };
    TimeDelta::days(part("days"))
        + TimeDelta::hours(part("hours"))
        + TimeDelta::minutes(part("minutes"))
        + TimeDelta::seconds(part("seconds"))
}

fn action(value: &Value) -> Action {
    let kinds = [
        ("deploy", ActionKind::Deploy),
        ("boot", ActionKind::Boot),
        ("test", ActionKind::Test),
    ];
    let found = kinds
        .iter()
        .find_map(|(key, kind)| value.get(key).map(|body| (*kind, body)));
    let Some((kind, body)) = found else {
        return Action {
            kind: ActionKind::Command,
            detail: String::new(),
            image: None,
            tests: Vec::new(),
        };
    };
    let image = body.get("image").map(|image| match image.get("name") {
        Some(name) => name.to_text(),
        None => image.to_text(),
    });
    let detail = match kind {
        ActionKind::Deploy => body.get("to"),
        ActionKind::Boot => body.get("method"),
        ActionKind::Test | ActionKind::Command => None,
    };
    Action {
        kind,
        detail: detail.map(Value::to_text).unwrap_or_default(),
        image,
        tests: body
            .get("definitions")
            .map(|list| list.items().iter().map(inline).collect())
            .unwrap_or_default(),
    }
}

fn inline(value: &Value) -> InlineTest {
    let repository = value.get("repository").cloned().unwrap_or(Value::Null);
    let run = repository.get("run");
    InlineTest {
        name: value.get("name").map(Value::to_text).unwrap_or_default(),
        steps: texts(run.and_then(|run| run.get("steps"))),
        path: value.get("path").map(Value::to_text).unwrap_or_default(),
        repository,
    }
}

fn notify(value: &Value) -> Notify {
    let criteria = value
        .get("criteria")
        .and_then(|criteria| criteria.get("status"))
        .map(Value::to_text)
        .unwrap_or_default();
    let several = value.get("callbacks").map(Value::items).unwrap_or(&[]);
    let one = value.get("callback");
    Notify {
        criteria,
        callbacks: several.iter().chain(one).map(wanted).collect(),
    }
}

fn wanted(value: &Value) -> Wanted {
    let text_of = |key: &str| value.get(key).map(Value::to_text);
    Wanted {
        url: text_of("url").unwrap_or_default(),
        post: text_of("method").is_some_and(|method| method == "POST"),
        dataset: text_of("dataset").unwrap_or_else(|| "minimal".to_owned()),
        json: text_of("content-type").is_some_and(|kind| kind == "json"),
        token: text_of("token"),
        header: text_of("header").unwrap_or_else(|| "Authorization".to_owned()),
    }
}
