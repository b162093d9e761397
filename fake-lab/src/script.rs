//! What becomes of a job: how it ends, when, and with which results. Must not
//! know the scheduler.

use chrono::TimeDelta;
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::{
    definition::{ActionKind, Definition},
    words::{CaseResult, ErrorType},
};

/// How a job will end and how long it runs before it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub outcome: Outcome,
    pub duration: TimeDelta,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With these results, or with what the inline test definitions say when there are none.
    Complete { results: Vec<Case> },
    /// Complete, and the named case of the first suite failed.
    Fail { case: String },
    /// Broken off in a stage by an error.
    Incomplete {
        error_type: ErrorType,
        stage: Stage,
        message: String,
    },
    /// Broken off by an infrastructure error while deploying: the device turns Unknown.
    Infrastructure,
    /// Never ends by itself: the job times out.
    Hang,
    /// Somebody with a finger on the button cancels it.
    Canceled,
}

/// The part of a job in which it breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Validate,
    Deploy,
    Boot,
    Test,
}

/// A result of a test definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// None: the first test definition of the job.
    pub suite: Option<String>,
    pub name: String,
    pub result: CaseResult,
    pub measurement: Option<(f64, String)>,
    pub set: Option<String>,
}

impl Case {
    #[must_use]
    pub fn new(name: &str, result: CaseResult) -> Self {
        Self {
            suite: None,
            name: name.to_owned(),
            result,
            measurement: None,
            set: None,
        }
    }

    /// Of another suite than the first, by its whole name such as `1_network`.
    #[must_use]
    pub fn in_suite(mut self, suite: &str) -> Self {
        self.suite = Some(suite.to_owned());
        self
    }
}

/// What a script may look at: the job that starts.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    pub id: u32,
    pub device: &'a str,
    pub health_check: bool,
    pub definition: &'a Definition,
}

/// Without a script a job does what its inline definitions say, in ten seconds
/// to a minute; a dispatcher job runs until it is canceled.
pub(crate) fn default(start: &Start<'_>, rng: &mut ChaCha8Rng) -> Script {
    let docker = |action: &crate::definition::Action| {
        action.kind == ActionKind::Deploy && action.detail == "docker"
    };
    if start.definition.actions.iter().any(docker) {
        return Script {
            outcome: Outcome::Hang,
            duration: TimeDelta::zero(),
        };
    }
    Script {
        outcome: Outcome::Complete {
            results: Vec::new(),
        },
        duration: TimeDelta::seconds(rng.random_range(10..=60)),
    }
}

/// The results the inline test definitions of a job report by themselves.
pub(crate) fn inline_cases(definition: &Definition) -> Vec<Case> {
    let tests = definition.actions.iter().flat_map(|action| &action.tests);
    let mut cases = Vec::new();
    for (nth, test) in tests.enumerate() {
        let mut set = None;
        for step in &test.steps {
            let mut words = step.split_whitespace();
            match (words.next(), words.next()) {
                (Some("lava-test-set"), Some("start")) => set = words.next().map(str::to_owned),
                (Some("lava-test-set"), _) => set = None,
                (Some("lava-test-case"), Some(name)) => {
                    let mut case = inline_case(name, words);
                    case.suite = Some(format!("{nth}_{}", test.name));
                    case.set.clone_from(&set);
                    cases.push(case);
                }
                _ => {}
            }
        }
    }
    cases
}

fn inline_case<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> Case {
    let words: Vec<&str> = words.collect();
    let after = |flag: &str| {
        let at = words.iter().position(|word| *word == flag)?;
        words.get(at + 1).copied()
    };
    let measurement = after("--measurement").and_then(|text| text.parse().ok());
    let mut case = Case::new(
        name,
        match after("--result") {
            Some("fail") => CaseResult::Fail,
            Some("skip") => CaseResult::Skip,
            Some("pass") | None => CaseResult::Pass,
            Some(_) => CaseResult::Unknown,
        },
    );
    let unit = after("--units").unwrap_or_default().to_owned();
    case.measurement = measurement.map(|value| (value, unit));
    case
}
