//! The results of a job as LAVA reports them, suite by suite. Must not know
//! which features they are for.

use std::collections::BTreeMap;

use super::yaml::{self, Limits, Node, YamlError};

/// The suite of LAVA's own steps; its case `job` tells how the job ended.
pub const LAVA_SUITE: &str = "lava";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    pub suites: BTreeMap<String, Vec<TestResult>>,
}

/// One result. Names repeat within a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    pub name: String,
    pub result: CaseResult,
    /// The place of a step among the job's actions, such as `2.2.1`; only in the suite `lava`.
    pub level: Option<String>,
    pub set: Option<String>,
    pub log_start_line: Option<i32>,
    pub log_end_line: Option<i32>,
    pub error_type: Option<String>,
    pub error_msg: Option<String>,
    /// What a failed step of LAVA says of its failure.
    pub fail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseResult {
    Pass,
    Fail,
    Skip,
    Unknown,
}

/// Type and message of the error that ended a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobError {
    pub error_type: Option<String>,
    pub message: Option<String>,
}

/// The innermost step that failed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingAction {
    pub name: String,
    pub level: String,
    /// Its place among the job's actions, the first is 0.
    pub action: usize,
    pub message: Option<String>,
}

impl Results {
    #[must_use]
    pub fn suite(&self, name: &str) -> &[TestResult] {
        self.suites.get(name).map_or(&[], Vec::as_slice)
    }

    /// What LAVA's case `job` says; nothing when the job did well or LAVA
    /// left no word.
    #[must_use]
    pub fn job_error(&self) -> JobError {
        self.suite(LAVA_SUITE)
            .iter()
            .rev()
            .find(|case| case.name == "job" && case.level.is_none())
            .map(|case| JobError {
                error_type: case.error_type.clone(),
                message: case.error_msg.clone().map(|text| text.trim().to_owned()),
            })
            .unwrap_or_default()
    }

    #[must_use]
    pub fn validate_failed(&self) -> bool {
        self.suite(LAVA_SUITE).iter().any(|case| {
            case.name == "validate" && case.level.is_none() && case.result == CaseResult::Fail
        })
    }

    /// The step at which the job broke off. Failures of earlier attempts are
    /// reported too, so the last failure counts; LAVA reports a failed step
    /// before the steps that contain it, so from there the way goes back as
    /// long as it leads further inside.
    #[must_use]
    pub fn failing_action(&self) -> Option<FailingAction> {
        let mut innermost: Option<(&TestResult, &str)> = None;
        for case in self.suite(LAVA_SUITE).iter().rev() {
            let Some(level) = case.level.as_deref() else {
                continue;
            };
            match innermost {
                None if case.result == CaseResult::Fail => innermost = Some((case, level)),
                None => {}
                Some((_, outer)) if case.result == CaseResult::Fail && within(level, outer) => {
                    innermost = Some((case, level));
                }
                Some(_) => break,
            }
        }
        innermost.and_then(|(case, level)| {
            Some(FailingAction {
                name: case.name.clone(),
                level: level.to_owned(),
                action: top(level)?,
                message: case.fail.clone(),
            })
        })
    }

    /// The last of the job's actions that left a trace, failed or not.
    #[must_use]
    pub fn last_action(&self) -> Option<usize> {
        self.suite(LAVA_SUITE)
            .iter()
            .filter_map(|case| top(case.level.as_deref()?))
            .max()
    }
}

fn within(level: &str, outer: &str) -> bool {
    level
        .strip_prefix(outer)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn top(level: &str) -> Option<usize> {
    let number = level.split('.').next()?.parse::<usize>().ok()?;
    number.checked_sub(1)
}

/// Reads the YAML text of one suite: a list of results.
pub fn parse_suite(text: &str) -> Result<Vec<TestResult>, YamlError> {
    let root = yaml::parse(text, &Limits::RESULTS)?;
    Ok(in_order(items(&root)?))
}

/// Reads the YAML text of all results of a job: a list, each with its suite.
pub fn parse_all(text: &str) -> Result<Results, YamlError> {
    let root = yaml::parse(text, &Limits::ALL_RESULTS)?;
    let mut suites: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for item in items(&root)? {
        // nothing could refer to a result of no suite
        if let Some(suite) = item.get("suite").and_then(Node::text) {
            suites.entry(suite.to_owned()).or_default().push(item);
        }
    }
    let suites = suites.into_iter();
    Ok(Results {
        suites: suites
            .map(|(suite, items)| (suite, in_order(items)))
            .collect(),
    })
}

fn items(root: &Node) -> Result<&[Node], YamlError> {
    match root {
        Node::List(items) => Ok(items),
        Node::Scalar(scalar) if scalar.text.is_empty() => Ok(&[]),
        Node::Scalar(_) | Node::Map(_) => Err(YamlError {
            line: 1,
            column: 1,
            reason: "results are a list".to_owned(),
        }),
    }
}

fn in_order<'a>(items: impl IntoIterator<Item = &'a Node>) -> Vec<TestResult> {
    let mut results: Vec<(Option<u64>, TestResult)> =
        items.into_iter().filter_map(result).collect();
    // LAVA lists them by id, but promises no order
    if results.iter().all(|(id, _)| id.is_some()) {
        results.sort_by_key(|(id, _)| *id);
    }
    results.into_iter().map(|(_, result)| result).collect()
}

/// None for an item without a name: nothing could refer to it.
fn result(item: &Node) -> Option<(Option<u64>, TestResult)> {
    let entries = item.entries();
    let text = |key| {
        entries
            .get(key)
            .and_then(|node| node.text())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let metadata = entries
        .get("metadata")
        .map(|node| node.entries())
        .unwrap_or_default();
    let detail = |key| {
        metadata
            .get(key)
            .and_then(|node| node.text())
            .map(str::to_owned)
    };
    let line = |key| text(key).and_then(|text| text.parse().ok());
    Some((
        text("id").and_then(|id| id.parse().ok()),
        TestResult {
            name: text("name")?,
            result: match text("result").as_deref() {
                Some("pass") => CaseResult::Pass,
                Some("fail") => CaseResult::Fail,
                Some("skip") => CaseResult::Skip,
                Some(_) | None => CaseResult::Unknown,
            },
            level: text("level").or_else(|| detail("level")),
            set: detail("set"),
            log_start_line: line("log_start_line"),
            log_end_line: line("log_end_line"),
            error_type: detail("error_type"),
            error_msg: detail("error_msg"),
            fail: metadata.get("extra").and_then(|extra| failure(extra)),
        },
    ))
}

/// `extra` is a list of maps with one key each, or one map.
fn failure(extra: &Node) -> Option<String> {
    extra
        .items()
        .iter()
        .find_map(|item| item.get("fail"))
        .or_else(|| extra.get("fail"))
        .and_then(Node::text)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
