//! A job definition, as far as lavafed needs it: what the job is, what it does
//! in which order, and what its `metadata` declares about it. Must not know
//! how the job ended.

use std::collections::BTreeMap;

use entity::{feature::FeatureAction, job::JobType};

use super::{
    feature::{self, DeclaredFeature},
    version::{self, Version},
    yaml::{self, Limits, Node, ScalarKind, YamlError},
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    pub device_type: Option<String>,
    pub job_name: Option<String>,
    /// In the order in which LAVA numbers them.
    pub actions: Vec<Action>,
    pub multinode: bool,
    pub metadata: BTreeMap<String, MetadataValue>,
}

/// One action of the job; LAVA's results call the first one level 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// None: a `command`, which is no stage of a device.
    pub stage: Option<FeatureAction>,
    /// What kind of it: the `to` of a deploy, the `method` of a boot, the kind of a test.
    pub detail: Option<String>,
    /// The suites a test action reports.
    pub suites: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataValue {
    Text(String),
    /// A number, list or the like, as it is written.
    NotText(String),
}

/// What `lavafed.*` in the metadata says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub job_type: JobType,
    /// None only for a SLAVE job, which may leave it out.
    pub version: Option<Version>,
    /// None only for a job that is not FED.
    pub device_type: Option<String>,
    pub features: Vec<DeclaredFeature>,
}

/// Why a readable definition declares nothing that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeclarationError {
    pub code: DeclarationCode,
    /// A sentence naming the bad thing.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclarationCode {
    JobTypeUnknown,
    MultinodeUnsupported,
    VersionMissing,
    VersionMalformed,
    DeviceTypeMissing,
    FeaturesMalformed,
}

impl DeclarationCode {
    /// The stable code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobTypeUnknown => "JOB_TYPE_UNKNOWN",
            Self::MultinodeUnsupported => "MULTINODE_UNSUPPORTED",
            Self::VersionMissing => "VERSION_MISSING",
            Self::VersionMalformed => "VERSION_MALFORMED",
            Self::DeviceTypeMissing => "DEVICE_TYPE_MISSING",
            Self::FeaturesMalformed => "FEATURES_MALFORMED",
        }
    }
}

pub fn parse(text: &str) -> Result<Definition, YamlError> {
    let root = yaml::parse(text, &Limits::DEFINITION)?;
    let Node::Map(_) = root else {
        return Err(YamlError {
            line: 1,
            column: 1,
            reason: "a job definition is a map with device_type, actions and so on".to_owned(),
        });
    };
    let entries = root.entries();
    let text_of = |key| {
        entries
            .get(key)
            .and_then(|node| node.text())
            .map(str::to_owned)
    };
    Ok(Definition {
        device_type: text_of("device_type").filter(|name| !name.is_empty()),
        job_name: text_of("job_name"),
        actions: entries
            .get("actions")
            .map(|node| actions(node))
            .unwrap_or_default(),
        multinode: entries
            .get("protocols")
            .is_some_and(|node| node.get("lava-multinode").is_some()),
        metadata: entries
            .get("metadata")
            .map(|node| metadata(node))
            .unwrap_or_default(),
    })
}

impl Definition {
    /// Reads what the job declares; the first thing that is wrong is the error.
    pub fn declaration(&self) -> Result<Declaration, DeclarationError> {
        if self.multinode {
            return Err(error(
                DeclarationCode::MultinodeUnsupported,
                "the job is a multinode job (protocols: lava-multinode), which cannot be recorded yet",
            ));
        }
        let job_type = self.job_type()?;
        Ok(Declaration {
            job_type,
            version: self.version(job_type)?,
            device_type: self.declared_device_type(job_type)?,
            features: self.features()?,
        })
    }

    fn job_type(&self) -> Result<JobType, DeclarationError> {
        let told = match self.metadata.get("lavafed.type") {
            Some(MetadataValue::Text(told) | MetadataValue::NotText(told)) => told,
            None => {
                return Err(error(
                    DeclarationCode::JobTypeUnknown,
                    "the metadata has no lavafed.type: it is one of FED, SLAVE, META and PACKAGE",
                ));
            }
        };
        match told.trim() {
            "FED" => Ok(JobType::Fed),
            "SLAVE" => Ok(JobType::Slave),
            "META" => Ok(JobType::Meta),
            "PACKAGE" => Ok(JobType::Package),
            other => Err(error(
                DeclarationCode::JobTypeUnknown,
                format!("lavafed.type \"{other}\" is none of FED, SLAVE, META and PACKAGE"),
            )),
        }
    }

    fn version(&self, job_type: JobType) -> Result<Option<Version>, DeclarationError> {
        match self.metadata.get("lavafed.version") {
            None if job_type == JobType::Slave => Ok(None),
            None => Err(error(
                DeclarationCode::VersionMissing,
                "the metadata has no lavafed.version, such as \"2026.10\"",
            )),
            Some(MetadataValue::NotText(told)) => Err(error(
                DeclarationCode::VersionMalformed,
                format!(
                    "lavafed.version {told} is not a text: quote it, as in lavafed.version: \"2026.10\""
                ),
            )),
            Some(MetadataValue::Text(told)) => match version::parse(told.trim()) {
                Ok(version) => Ok(Some(version)),
                Err(wrong) => Err(error(
                    DeclarationCode::VersionMalformed,
                    format!("lavafed.version {wrong}"),
                )),
            },
        }
    }

    fn declared_device_type(&self, job_type: JobType) -> Result<Option<String>, DeclarationError> {
        match (job_type, &self.device_type) {
            (JobType::Fed, None) => Err(error(
                DeclarationCode::DeviceTypeMissing,
                "the definition has no device_type, which a FED job needs",
            )),
            (JobType::Fed, Some(device_type)) => Ok(Some(device_type.clone())),
            (JobType::Slave | JobType::Meta | JobType::Package, device_type) => {
                Ok(device_type.clone())
            }
        }
    }

    fn features(&self) -> Result<Vec<DeclaredFeature>, DeclarationError> {
        match self.metadata.get("lavafed.features") {
            None => Ok(Vec::new()),
            Some(MetadataValue::Text(told)) => feature::parse_list(told)
                .map_err(|wrong| error(DeclarationCode::FeaturesMalformed, wrong)),
            Some(MetadataValue::NotText(told)) => Err(error(
                DeclarationCode::FeaturesMalformed,
                format!(
                    "lavafed.features {told} is not a text: write one line, as in \
                     lavafed.features: deploy.tftp boot.u-boot test.shell=0_smoke/uname"
                ),
            )),
        }
    }
}

fn error(code: DeclarationCode, message: impl Into<String>) -> DeclarationError {
    DeclarationError {
        code,
        message: message.into(),
    }
}

fn metadata(node: &Node) -> BTreeMap<String, MetadataValue> {
    node.entries()
        .into_iter()
        .map(|(key, value)| {
            let value = match value {
                Node::Scalar(scalar) if scalar.kind == ScalarKind::Text => {
                    MetadataValue::Text(scalar.text.clone())
                }
                Node::Scalar(scalar) => MetadataValue::NotText(scalar.text.clone()),
                Node::List(_) => MetadataValue::NotText("(a list)".to_owned()),
                Node::Map(_) => MetadataValue::NotText("(a map)".to_owned()),
            };
            (key.to_owned(), value)
        })
        .collect()
}

/// The actions in LAVA's order: one for each key of each item of the list.
fn actions(node: &Node) -> Vec<Action> {
    let mut counts = SuiteCounts::default();
    node.items()
        .iter()
        .filter_map(|item| match item {
            Node::Map(pairs) => Some(pairs),
            Node::Scalar(_) | Node::List(_) => None,
        })
        .flatten()
        .map(|(name, parameters)| action(name.text().unwrap_or_default(), parameters, &mut counts))
        .collect()
}

fn action(name: &str, parameters: &Node, counts: &mut SuiteCounts) -> Action {
    let detail = |key| parameters.get(key).and_then(Node::text).map(str::to_owned);
    match name {
        "deploy" => Action {
            stage: Some(FeatureAction::Deploy),
            detail: detail("to"),
            suites: Vec::new(),
        },
        "boot" => Action {
            stage: Some(FeatureAction::Boot),
            detail: detail("method"),
            suites: Vec::new(),
        },
        "test" => test_action(parameters, counts),
        _ => Action {
            stage: None,
            detail: detail("name"),
            suites: Vec::new(),
        },
    }
}

/// How many test definitions and shell test actions each namespace has had.
#[derive(Default)]
struct SuiteCounts {
    definitions: BTreeMap<String, usize>,
    shells: BTreeMap<String, usize>,
}

/// LAVA names the suite of a test definition by its number within the
/// namespace, that of an interactive script by the number of shell test actions
/// before it, and that of a monitor by the monitor alone.
fn test_action(parameters: &Node, counts: &mut SuiteCounts) -> Action {
    let entries = parameters.entries();
    let namespace = entries
        .get("namespace")
        .and_then(|node| node.text())
        .unwrap_or("common")
        .to_owned();
    let names = |key: &str| -> Vec<&str> {
        entries
            .get(key)
            .map(|node| node.items())
            .unwrap_or_default()
            .iter()
            .map(|item| item.get("name").and_then(Node::text).unwrap_or_default())
            .collect()
    };
    let (kind, suites) = if entries.contains_key("monitors") {
        let normalised = |name: &str| name.replace(' ', "-").to_lowercase();
        let suites = names("monitors").into_iter().map(normalised).collect();
        ("monitor", suites)
    } else if entries.contains_key("interactive") {
        let shells = counts.shells.entry(namespace).or_default();
        let numbered = |name: &str| format!("{shells}_{name}");
        let suites = names("interactive").into_iter().map(numbered).collect();
        ("interactive", suites)
    } else {
        let next = counts.definitions.entry(namespace.clone()).or_default();
        let mut suites = Vec::new();
        for name in names("definitions") {
            suites.push(format!("{next}_{name}"));
            *next += 1;
        }
        *counts.shells.entry(namespace).or_default() += 1;
        let kind = if entries.contains_key("docker") {
            "docker"
        } else {
            "shell"
        };
        (kind, suites)
    };
    Action {
        stage: Some(FeatureAction::Test),
        detail: Some(kind.to_owned()),
        suites,
    }
}

#[cfg(test)]
mod tests;
