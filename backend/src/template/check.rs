//! What a template must have, and must not: read from what it renders to. Must
//! not know what lavafed adds.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::feature::FeatureAction;

use super::{
    Problem,
    render::{Lines, Page},
    timeouts,
};
use crate::lava::{
    definition::{self, Definition},
    feature::{self, DeclaredFeature},
    yaml::{Node, ScalarKind},
};

/// What a template says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) device_type: String,
    pub(super) features: Vec<DeclaredFeature>,
    /// The time-out of the whole job.
    pub(super) takes: TimeDelta,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fed,
    Slave,
}

/// What decides who reads a job, who is told, on which device it runs.
const OURS: [&str; 6] = [
    "notify",
    "visibility",
    "tags",
    "secrets",
    "device",
    "worker",
];
const FEATURES: &str = "lavafed.features";

/// Reads what a template is; what is wrong with it otherwise.
pub(super) fn facts(page: &Page<'_>, kind: Kind) -> Result<Facts, Vec<Problem>> {
    let mut check = Check {
        lines: &page.lines,
        problems: Vec::new(),
    };
    let Node::Map(_) = page.root else {
        check.wrong(
            "",
            "a job definition is a map with device_type, timeouts and actions",
        );
        return Err(check.problems);
    };
    check.ours(&page.root);
    check.metadata(&page.root, kind);
    let device_type = check.device_type(&page.root);
    let takes = check.timeouts(&page.root);
    let actions = page
        .root
        .get("actions")
        .map(Node::items)
        .unwrap_or_default();
    if actions.is_empty() {
        check.wrong(
            "actions",
            "actions is missing: a list of deploy, boot and test",
        );
    }
    let features = match (kind, definition::parse(&page.root.to_string())) {
        (Kind::Slave, Ok(_)) => Vec::new(),
        (Kind::Fed, Ok(definition)) => check.features(&page.root, &definition),
        (Kind::Fed | Kind::Slave, Err(error)) => {
            check.wrong("", error.to_string());
            Vec::new()
        }
    };
    match (device_type, takes) {
        (Some(device_type), Some(takes)) if check.problems.is_empty() => Ok(Facts {
            device_type,
            features,
            takes,
        }),
        _ => Err(check.problems),
    }
}

struct Check<'a> {
    lines: &'a Lines<'a>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn wrong(&mut self, words: &str, sentence: impl Into<String>) {
        self.problems.push(self.lines.problem(words, sentence));
    }

    fn ours(&mut self, root: &Node) {
        for key in OURS {
            if root.get(key).is_some() {
                self.wrong(
                    &format!("{key}:"),
                    format!("{key} is set by lavafed: take it out"),
                );
            }
        }
        let protocols = root.get("protocols");
        if protocols.is_some_and(|node| node.get("lava-multinode").is_some()) {
            self.wrong("lava-multinode", "a multinode job cannot be recorded yet");
        }
    }

    fn metadata(&mut self, root: &Node, kind: Kind) {
        let Some(metadata) = root.get("metadata") else {
            return;
        };
        for (key, value) in metadata.entries() {
            if key.starts_with("lavafed.") && (key != FEATURES || kind == Kind::Slave) {
                self.wrong(key, format!("{key} is set by lavafed: take it out"));
                continue;
            }
            if key == FEATURES {
                continue;
            }
            // LAVA 2023.01 takes nothing else
            let plain = match value {
                Node::Scalar(scalar) => match scalar.kind {
                    ScalarKind::Text => true,
                    ScalarKind::Number => scalar.text.parse::<i64>().is_ok(),
                    ScalarKind::Bool | ScalarKind::Null => false,
                },
                Node::List(_) | Node::Map(_) => false,
            };
            if !plain {
                self.wrong(
                    key,
                    format!("the value of {key} in the metadata is neither text nor a whole number: quote it"),
                );
            }
        }
    }

    fn device_type(&mut self, root: &Node) -> Option<String> {
        let device_type = root.get("device_type").and_then(Node::text);
        if device_type.is_none_or(str::is_empty) {
            self.wrong(
                "device_type",
                "device_type is missing: write device_type: {{ device_type }}, or the one the template is for",
            );
        }
        device_type.map(str::to_owned)
    }

    fn timeouts(&mut self, root: &Node) -> Option<TimeDelta> {
        let takes = match timeouts::of_job(root).map(timeouts::read) {
            Some(Ok(takes)) => takes,
            Some(Err(wrong)) => {
                self.wrong("timeouts:", format!("timeouts.job {wrong}"));
                return None;
            }
            None => {
                self.wrong(
                    "timeouts:",
                    "timeouts.job is missing: how long the job may take, as in timeouts: {job: {minutes: 10}}",
                );
                return None;
            }
        };
        for (place, value) in timeouts::all(root) {
            match timeouts::read(value) {
                Ok(time) if time > takes => self.wrong(
                    "timeouts:",
                    format!("{place} is longer than timeouts.job, which LAVA refuses"),
                ),
                Ok(_) => {}
                Err(wrong) => self.wrong("timeouts:", format!("{place} {wrong}")),
            }
        }
        Some(takes)
    }

    fn features(&mut self, root: &Node, definition: &Definition) -> Vec<DeclaredFeature> {
        let told = root.get("metadata").and_then(|node| node.get(FEATURES));
        let features = match told.map(|node| (node, node.text())) {
            Some((Node::Scalar(_), Some(text))) => feature::parse_list(text),
            Some(_) => Err(format!("{FEATURES} is not a text")),
            None => Ok(Vec::new()),
        };
        match features {
            Ok(features) if features.is_empty() => self.wrong(
                FEATURES,
                format!(
                    "{FEATURES} is missing in the metadata: the features the job exercises, as in {FEATURES}: deploy.tftp boot.u-boot test.shell=0_smoke/uname"
                ),
            ),
            Ok(features) => {
                self.reached(&features, definition);
                return features;
            }
            Err(wrong) => self.wrong(FEATURES, wrong),
        }
        Vec::new()
    }

    /// A feature whose action or suite the job does not have would never get a verdict.
    fn reached(&mut self, features: &[DeclaredFeature], definition: &Definition) {
        let stages: BTreeSet<&str> = definition
            .actions
            .iter()
            .filter_map(|action| action.stage.map(word))
            .collect();
        let suites: Vec<&str> = definition
            .actions
            .iter()
            .flat_map(|action| action.suites.iter().map(String::as_str))
            .collect();
        for feature in features {
            if let Some(stage) = feature.action.map(word)
                && !stages.contains(stage)
            {
                self.wrong(
                    FEATURES,
                    format!(
                        "feature {} needs a {stage} action, which the job does not have",
                        feature.name
                    ),
                );
            }
            let suite = feature.mapped_to.as_ref().map(|path| path.suite.as_str());
            // LAVA's own steps are a suite too
            if let Some(suite) = suite.filter(|suite| *suite != "lava" && !suites.contains(suite)) {
                let known = if suites.is_empty() {
                    "it has none".to_owned()
                } else {
                    format!("its suites are {}", suites.join(", "))
                };
                self.wrong(
                    FEATURES,
                    format!("feature {} is mapped to suite {suite}, which the job does not have: {known}", feature.name),
                );
            }
        }
    }
}

const fn word(action: FeatureAction) -> &'static str {
    match action {
        FeatureAction::Deploy => "deploy",
        FeatureAction::Boot => "boot",
        FeatureAction::Test => "test",
    }
}
