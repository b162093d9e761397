//! How a job ended becomes a verdict for each feature it declares. Pure: must
//! not know the database, the clock, or which features are declared to us.
//!
//! - Complete: a feature passes, except where the suite or case it is mapped
//!   to did not: a failure fails it; missing, skipped or unknown, it was not
//!   reached.
//! - Canceled, or Incomplete by an error of type Infrastructure or
//!   Configuration: infra for every feature, whatever had passed by then.
//! - Incomplete by any other error, LAVA's own Bug and a missing type
//!   included: the job's actions before the one that broke off count as in a
//!   complete job, that one fails its features, later ones were not reached.
//!   A failure before any action ran, as in `validate`, fails the features
//!   that come first.
//!
//! Where a feature stands: `deploy.X` at the deploys to X, `boot.X` at the
//! boots by method X, `test.X` at the test action whose suite it is mapped to
//! or at the tests of kind X; if there are none such, at all deploys, boots or
//! tests. A test feature mapped to a result that was reported before its
//! action broke off keeps that result.
//!
//! A generic feature belongs to no action. When a job breaks off it has the
//! verdict of its mapped result; without one it fails only if the job declares
//! nothing but generic features, else it was not reached: the device's
//! features take the blame.

use entity::{
    feature::FeatureAction,
    job::{JobHealth, JobState},
    verdict::Verdict,
};

use crate::lava::{
    definition::Action,
    feature::{CasePath, DeclaredFeature},
    notification::Notification,
    results::{CaseResult, JobError, LAVA_SUITE, Results, TestResult},
};

/// How a finished job ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    pub health: JobHealth,
    pub results: &'a Results,
    pub actions: &'a [Action],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureVerdict {
    pub feature: String,
    pub verdict: Verdict,
    /// Why; None for a pass.
    pub message: Option<String>,
}

impl<'a> Outcome<'a> {
    /// None: the notification sets state and health only, because the job has
    /// not finished, or results or definition are missing or unreadable.
    #[must_use]
    pub fn of(notification: &'a Notification) -> Option<Self> {
        let results = notification.results.as_ref().ok()?.as_ref()?;
        let definition = notification.definition.as_ref().ok()?;
        match notification.state {
            JobState::Finished => Some(Self {
                health: notification.health,
                results,
                actions: &definition.actions,
            }),
            JobState::Submitted
            | JobState::Scheduling
            | JobState::Scheduled
            | JobState::Running
            | JobState::Canceling => None,
        }
    }
}

/// One verdict for each feature, in their order; none when the health is Unknown.
#[must_use]
pub fn verdicts(outcome: &Outcome<'_>, features: &[DeclaredFeature]) -> Vec<FeatureVerdict> {
    let results = outcome.results;
    let tell = |judge: &dyn Fn(&DeclaredFeature) -> Judgement| {
        features
            .iter()
            .map(|feature| judge(feature).of(feature))
            .collect()
    };
    match outcome.health {
        JobHealth::Unknown => Vec::new(),
        JobHealth::Complete => tell(&|feature| reached(results, feature)),
        JobHealth::Canceled => tell(&|_| infra("the job was canceled")),
        JobHealth::Incomplete => {
            let error = results.job_error();
            if is_infrastructure(&error) {
                let why = sentence(&error);
                tell(&|_| infra(&why))
            } else {
                let broken = Broken::find(outcome, features, &error);
                tell(&|feature| broken.judge(feature))
            }
        }
    }
}

/// A verdict and why.
struct Judgement(Verdict, Option<String>);

impl Judgement {
    fn of(self, feature: &DeclaredFeature) -> FeatureVerdict {
        const LONGEST: usize = 500;
        FeatureVerdict {
            feature: feature.name.clone(),
            verdict: self.0,
            message: self.1.map(|text| text.chars().take(LONGEST).collect()),
        }
    }
}

fn infra(why: &str) -> Judgement {
    Judgement(Verdict::Infra, Some(why.to_owned()))
}

fn is_infrastructure(error: &JobError) -> bool {
    matches!(
        error.error_type.as_deref(),
        Some("Infrastructure" | "Configuration" | "Canceled")
    )
}

fn sentence(error: &JobError) -> String {
    let kind = error.error_type.as_deref();
    match (kind, error.message.as_deref()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(kind), None) => kind.to_owned(),
        (None, Some(message)) => message.to_owned(),
        (None, None) => "the job is incomplete and LAVA gave no reason".to_owned(),
    }
}

/// The verdict of a feature whose place in the job was passed.
fn reached(results: &Results, feature: &DeclaredFeature) -> Judgement {
    feature
        .mapped_to
        .as_ref()
        .map_or(Judgement(Verdict::Pass, None), |path| mapped(results, path))
}

/// What a mapped suite or case tells. Names repeat: one failure fails.
fn mapped(results: &Results, path: &CasePath) -> Judgement {
    let cases: Vec<_> = results
        .suite(&path.suite)
        .iter()
        .filter(|case| path.case.as_deref().is_none_or(|name| is_named(case, name)))
        .collect();
    let of = |result| cases.iter().find(move |case| case.result == result);
    if let Some(failed) = of(CaseResult::Fail) {
        let why = format!("{}/{}: fail", path.suite, failed.name);
        return Judgement(Verdict::Fail, Some(why));
    }
    if of(CaseResult::Pass).is_some() {
        return Judgement(Verdict::Pass, None);
    }
    let why = match cases.first().map(|case| case.result) {
        None => "is not among the results",
        Some(CaseResult::Skip) => "was skipped",
        Some(CaseResult::Unknown | CaseResult::Pass | CaseResult::Fail) => "has no known result",
    };
    Judgement(Verdict::NotReached, Some(format!("{path} {why}")))
}

/// A case is named by its name, or by its test set and name.
fn is_named(case: &TestResult, name: &str) -> bool {
    case.name == name
        || case.set.as_deref().is_some_and(|set| {
            name.strip_prefix(set)
                .and_then(|rest| rest.strip_prefix('/'))
                == Some(&case.name)
        })
}

/// A job that broke off, and where.
struct Broken<'a> {
    outcome: &'a Outcome<'a>,
    at: Place,
    why: String,
    only_generic: bool,
}

enum Place {
    /// Before any action ran; what stands there takes the blame.
    Start { first: Rank },
    /// Within this action, the first is 0; one past the last is LAVA's `finalize`.
    Action(usize),
}

/// The order of features in a job: the first action of theirs, then the stage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(usize, FeatureAction);

enum Position {
    Before,
    Within,
    After,
}

impl<'a> Broken<'a> {
    fn find(outcome: &'a Outcome<'a>, features: &[DeclaredFeature], error: &JobError) -> Self {
        let results = outcome.results;
        let failing = results.failing_action();
        // lava-run may die without a word: then its last trace is the best guess
        let action = failing
            .as_ref()
            .map(|failing| failing.action)
            .or_else(|| results.last_action())
            .filter(|_| !results.validate_failed());
        let first = features
            .iter()
            .filter_map(|feature| rank(outcome.actions, feature))
            .min();
        let step = match (&failing, action) {
            (Some(failing), Some(_)) => format!("{} {}: ", failing.level, failing.name),
            (None, Some(_)) => String::new(),
            (_, None) if results.validate_failed() => "validate: ".to_owned(),
            (_, None) => String::new(),
        };
        Self {
            outcome,
            at: match (action, first) {
                (Some(action), _) => Place::Action(action),
                (None, Some(first)) => Place::Start { first },
                (None, None) => Place::Action(0),
            },
            why: format!("{step}{}", sentence(error)),
            only_generic: first.is_none(),
        }
    }

    fn judge(&self, feature: &DeclaredFeature) -> Judgement {
        let results = self.outcome.results;
        let Some(stage) = feature.action else {
            return self.judge_generic(feature);
        };
        match self.position(stage, feature) {
            Position::Before => reached(results, feature),
            Position::Within => match (stage, &feature.mapped_to) {
                (FeatureAction::Test, Some(path)) => self.judge_broken_test(path),
                (FeatureAction::Deploy | FeatureAction::Boot, _) | (FeatureAction::Test, None) => {
                    self.failed()
                }
            },
            Position::After => self.not_reached(),
        }
    }

    fn judge_generic(&self, feature: &DeclaredFeature) -> Judgement {
        let told = feature
            .mapped_to
            .as_ref()
            .map(|path| mapped(self.outcome.results, path));
        match told {
            Some(told) if matches!(told.0, Verdict::Pass | Verdict::Fail) => told,
            Some(_) | None if self.only_generic => self.failed(),
            Some(_) | None => self.not_reached(),
        }
    }

    /// A case that was reported counts; a suite only when LAVA says it ended well.
    fn judge_broken_test(&self, path: &CasePath) -> Judgement {
        let results = self.outcome.results;
        let told = mapped(results, path);
        let ended_well = results
            .suite(LAVA_SUITE)
            .iter()
            .any(|case| case.name == path.suite && case.result == CaseResult::Pass);
        match told.0 {
            Verdict::Fail => told,
            Verdict::Pass if path.case.is_some() || ended_well => told,
            Verdict::Pass | Verdict::NotReached | Verdict::Infra => self.failed(),
        }
    }

    fn position(&self, stage: FeatureAction, feature: &DeclaredFeature) -> Position {
        let actions = self.outcome.actions;
        let broken = match &self.at {
            Place::Action(action) => *action,
            Place::Start { first } if rank(actions, feature) == Some(*first) => {
                return Position::Within;
            }
            Place::Start { .. } => return Position::After,
        };
        let places = places(actions, stage, feature);
        if places.contains(&broken) {
            Position::Within
        } else if places.iter().any(|place| *place < broken) {
            Position::Before
        } else if !places.is_empty() {
            Position::After
        } else {
            // the job has no such action: only the order of stages can tell
            match actions.get(broken).map(|action| action.stage) {
                None => Position::Before,
                Some(Some(broken)) if stage < broken => Position::Before,
                Some(_) => Position::After,
            }
        }
    }

    fn failed(&self) -> Judgement {
        Judgement(Verdict::Fail, Some(self.why.clone()))
    }

    fn not_reached(&self) -> Judgement {
        let why = format!("the job ended before: {}", self.why);
        Judgement(Verdict::NotReached, Some(why))
    }
}

fn rank(actions: &[Action], feature: &DeclaredFeature) -> Option<Rank> {
    let stage = feature.action?;
    let first = places(actions, stage, feature).first().copied();
    Some(Rank(first.unwrap_or(usize::MAX), stage))
}

/// Where a feature stands among the job's actions, in order.
fn places(actions: &[Action], stage: FeatureAction, feature: &DeclaredFeature) -> Vec<usize> {
    let of_stage = |wanted: &dyn Fn(&Action) -> bool| -> Vec<usize> {
        actions
            .iter()
            .enumerate()
            .filter(|(_, action)| action.stage == Some(stage) && wanted(action))
            .map(|(place, _)| place)
            .collect()
    };
    let detail = feature.name.split_once('.').map(|(_, detail)| detail);
    let by_suite = match (stage, &feature.mapped_to) {
        (FeatureAction::Test, Some(path)) => {
            of_stage(&|action| action.suites.contains(&path.suite))
        }
        (FeatureAction::Deploy | FeatureAction::Boot, _) | (FeatureAction::Test, None) => {
            Vec::new()
        }
    };
    let by_detail = of_stage(&|action| action.detail.as_deref() == detail);
    [by_suite, by_detail]
        .into_iter()
        .find(|places| !places.is_empty())
        .unwrap_or_else(|| of_stage(&|_| true))
}

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
