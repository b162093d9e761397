//! The results of a job in LAVA's form: suites, test cases, and the YAML they
//! are exported as. Must not know when the job ended or why.

use chrono::{DateTime, Utc};

use crate::{
    definition::{Action, ActionKind, Definition},
    script::Case,
    words::{CaseResult, ErrorType, Release},
    yaml::Value,
};

/// LAVA's own suite.
pub(crate) const LAVA_SUITE: &str = "lava";

#[derive(Clone, Debug)]
pub(crate) struct Suite {
    pub(crate) id: u32,
    pub(crate) name: String,
}

#[derive(Clone, Debug)]
pub(crate) struct TestCase {
    pub(crate) id: u32,
    pub(crate) suite: String,
    pub(crate) suite_id: u32,
    pub(crate) name: String,
    pub(crate) result: CaseResult,
    pub(crate) measurement: Option<f64>,
    pub(crate) unit: String,
    pub(crate) level: String,
    pub(crate) set: Option<String>,
    pub(crate) lines: Option<(u32, u32)>,
    pub(crate) logged: DateTime<Utc>,
    pub(crate) metadata: Value,
}

/// What happened to a job, as its results have to tell it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    /// None: the job was not even validated before it ended.
    pub(crate) validated: Option<bool>,
    /// The action that broke off; None when all were done.
    pub(crate) broken: Option<usize>,
    pub(crate) error: Option<(ErrorType, String)>,
    pub(crate) cases: Vec<Case>,
}

/// Numbers that a server counts for all its jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) suite: u32,
    pub(crate) case: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    pub(crate) suites: Vec<Suite>,
    pub(crate) cases: Vec<TestCase>,
}

struct Writer<'a> {
    job: u32,
    at: DateTime<Utc>,
    counters: &'a mut Counters,
    results: Results,
}

/// Writes down what happened.
pub(crate) fn record(
    job: u32,
    definition: &Definition,
    story: &Story,
    at: DateTime<Utc>,
    counters: &mut Counters,
) -> Results {
    let mut writer = Writer {
        job,
        at,
        counters,
        results: Results::default(),
    };
    let Some(valid) = story.validated else {
        return writer.results;
    };
    writer.lava("validate", valid, None, None);
    if valid {
        for (nth, action) in definition.actions.iter().enumerate() {
            let broken = story.broken == Some(nth);
            if story.broken.is_some_and(|broken| nth > broken) {
                break;
            }
            writer.action(nth + 1, action, broken, story, definition);
        }
    }
    let error = story.error.as_ref();
    writer.job(error.map(|(kind, message)| (*kind, message.as_str())));
    writer.results
}

impl Writer<'_> {
    fn suite(&mut self, name: &str) -> u32 {
        if let Some(suite) = self.results.suites.iter().find(|suite| suite.name == name) {
            return suite.id;
        }
        self.counters.suite += 1;
        self.results.suites.push(Suite {
            id: self.counters.suite,
            name: name.to_owned(),
        });
        self.counters.suite
    }

    fn push(&mut self, suite: &str, name: &str, result: CaseResult) -> &mut TestCase {
        let suite_id = self.suite(suite);
        self.counters.case += 1;
        self.results.cases.push_mut(TestCase {
            id: self.counters.case,
            suite: suite.to_owned(),
            suite_id,
            name: name.to_owned(),
            result,
            measurement: None,
            unit: String::new(),
            level: String::new(),
            set: None,
            lines: None,
            logged: self.at,
            metadata: Value::Map(vec![
                ("definition".to_owned(), suite.into()),
                ("case".to_owned(), name.into()),
                ("result".to_owned(), result.as_str().into()),
            ]),
        })
    }

    /// A step of LAVA, at its level among the actions.
    fn lava(&mut self, name: &str, passed: bool, level: Option<&str>, fail: Option<&str>) {
        let result = if passed {
            CaseResult::Pass
        } else {
            CaseResult::Fail
        };
        let case = self.push(LAVA_SUITE, name, result);
        let Some(level) = level else {
            return;
        };
        case.level = level.to_owned();
        case.measurement = Some(0.01);
        case.unit = "seconds".to_owned();
        let mut metadata = vec![
            ("definition".to_owned(), Value::from(LAVA_SUITE)),
            ("namespace".to_owned(), "common".into()),
            ("case".to_owned(), name.into()),
            ("level".to_owned(), level.into()),
            ("duration".to_owned(), "0.01".into()),
            ("result".to_owned(), result.as_str().into()),
        ];
        if let Some(fail) = fail {
            let reason = Value::Map(vec![("fail".to_owned(), fail.into())]);
            metadata.push(("extra".to_owned(), Value::List(vec![reason])));
        }
        case.metadata = Value::Map(metadata);
    }

    /// What one action leaves behind; a failed step is reported before the steps that contain it.
    fn action(
        &mut self,
        number: usize,
        action: &Action,
        broken: bool,
        story: &Story,
        definition: &Definition,
    ) {
        let (step, within, outer) = match action.kind {
            ActionKind::Deploy => ("http-download", None, "deploy-retry"),
            ActionKind::Boot => ("login-action", Some("auto-login-action"), "boot-retry"),
            ActionKind::Test => ("lava-test-shell", None, "lava-test-retry"),
            ActionKind::Command => ("user-command", None, "command"),
        };
        if action.kind == ActionKind::Test {
            self.tests(action, broken, story, definition);
        }
        if !broken {
            if action.kind != ActionKind::Test {
                self.lava(step, true, Some(&format!("{number}.1.1")), None);
            }
            return;
        }
        let fail = story.error.as_ref().map(|(_, message)| message.as_str());
        match within {
            Some(middle) => {
                self.lava(step, false, Some(&format!("{number}.2.1")), fail);
                self.lava(middle, false, Some(&format!("{number}.2")), fail);
            }
            None => self.lava(step, false, Some(&format!("{number}.1")), fail),
        }
        self.lava(outer, false, Some(&number.to_string()), fail);
    }

    fn tests(&mut self, action: &Action, broken: bool, story: &Story, definition: &Definition) {
        let before = definition
            .actions
            .iter()
            .take_while(|other| !std::ptr::eq(*other, action))
            .map(|other| other.tests.len())
            .sum::<usize>();
        for (nth, test) in action.tests.iter().enumerate() {
            let suite = format!("{}_{}", before + nth, test.name);
            let first = before + nth == 0;
            let own = |case: &&Case| match &case.suite {
                Some(name) => *name == suite,
                None => first,
            };
            for (line, case) in (500_u32..).step_by(4).zip(story.cases.iter().filter(own)) {
                self.case(&suite, case, line);
            }
            if !broken {
                let job = self.job;
                let case = self.push(LAVA_SUITE, &suite, CaseResult::Pass);
                case.measurement = Some(0.1);
                case.unit = "seconds".to_owned();
                case.metadata = Value::Map(vec![
                    ("definition".to_owned(), LAVA_SUITE.into()),
                    ("case".to_owned(), suite.as_str().into()),
                    ("uuid".to_owned(), format!("{job}_1.1.2.1").into()),
                    ("repository".to_owned(), test.repository.clone()),
                    ("path".to_owned(), test.path.as_str().into()),
                    ("duration".to_owned(), "0.10".into()),
                    ("result".to_owned(), "pass".into()),
                    ("revision".to_owned(), "unspecified".into()),
                    ("namespace".to_owned(), "common".into()),
                ]);
            }
        }
    }

    fn case(&mut self, suite: &str, from: &Case, line: u32) {
        let case = self.push(suite, &from.name, from.result);
        case.lines = Some((line, line + 2));
        case.set.clone_from(&from.set);
        let Value::Map(metadata) = &mut case.metadata else {
            return;
        };
        if let Some((value, unit)) = &from.measurement {
            case.measurement = Some(*value);
            case.unit.clone_from(unit);
            metadata.push(("measurement".to_owned(), Value::Float(*value)));
            metadata.push(("units".to_owned(), unit.as_str().into()));
        }
        if let Some(set) = &from.set {
            metadata.push(("set".to_owned(), set.as_str().into()));
        }
    }

    /// LAVA's last word on a job.
    fn job(&mut self, error: Option<(ErrorType, &str)>) {
        let result = match error {
            None => CaseResult::Pass,
            Some(_) => CaseResult::Fail,
        };
        let case = self.push(LAVA_SUITE, "job", result);
        let (Some((kind, message)), Value::Map(metadata)) = (error, &mut case.metadata) else {
            return;
        };
        metadata.push(("error_msg".to_owned(), message.into()));
        metadata.push(("error_type".to_owned(), kind.as_str().into()));
    }
}

impl Results {
    /// The suites in the order in which a release lists them.
    pub(crate) fn suites(&self, release: Release) -> Vec<&Suite> {
        let mut suites: Vec<&Suite> = self.suites.iter().collect();
        match release {
            Release::V2023_01 => suites.sort_by_key(|suite| suite.id),
            Release::V2026_10 => suites.sort_by(|a, b| a.name.cmp(&b.name)),
        }
        suites
    }

    /// The cases of a whole job in the order of its export.
    pub(crate) fn cases(&self, release: Release) -> Vec<&TestCase> {
        let mut cases: Vec<&TestCase> = self.cases.iter().collect();
        match release {
            Release::V2023_01 => cases.sort_by_key(|case| (case.suite_id, case.id)),
            Release::V2026_10 => cases.sort_by_key(|case| case.id),
        }
        cases
    }

    pub(crate) fn of_suite(&self, id: u32) -> Vec<&TestCase> {
        self.cases
            .iter()
            .filter(|case| case.suite_id == id)
            .collect()
    }
}

/// Cases as `yaml/` exports them.
pub(crate) fn export(cases: &[&TestCase], job: u32, release: Release) -> String {
    let items = cases.iter().map(|case| case.to_value(job, release));
    Value::List(items.collect()).write(release == Release::V2023_01)
}

impl TestCase {
    pub(crate) fn metadata_text(&self, release: Release) -> String {
        self.metadata.write(release == Release::V2023_01)
    }

    /// As text: 2026.10 shows ten decimals, and a nought as `0E-10`.
    pub(crate) fn measurement_text(&self, release: Release) -> Option<String> {
        self.measurement.map(|value| match release {
            Release::V2023_01 => format!("{value}"),
            Release::V2026_10 if value == 0.0 => "0E-10".to_owned(),
            Release::V2026_10 => format!("{value:.10}"),
        })
    }

    fn to_value(&self, job: u32, release: Release) -> Value {
        let line = |pick: fn((u32, u32)) -> u32| {
            let text = self.lines.map(|lines| pick(lines).to_string());
            Value::Text(text.unwrap_or_default())
        };
        let measurement = self.measurement_text(release);
        let measurement = measurement.unwrap_or_else(|| "None".to_owned());
        let pairs = [
            ("name", Value::from(self.name.as_str())),
            ("job", job.to_string().into()),
            ("suite", self.suite.as_str().into()),
            ("result", self.result.as_str().into()),
            ("measurement", measurement.into()),
            ("unit", self.unit.as_str().into()),
            ("level", self.level.as_str().into()),
            ("url", format!("/results/testcase/{}", self.id).into()),
            ("id", self.id.to_string().into()),
            ("logged", crate::time::spaced(self.logged).into()),
            ("log_start_line", line(|lines| lines.0)),
            ("log_end_line", line(|lines| lines.1)),
            ("metadata", self.metadata.clone()),
        ];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value));
        Value::Map(pairs.into())
    }
}
