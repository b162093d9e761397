//! Which job template a held device runs next. Pure; must not know templates
//! beyond their names and the features they exercise.

use chrono::{DateTime, TimeDelta, Utc};

/// A template of the plan for a device-type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub template: String,
    pub features: Vec<FeatureAge>,
    /// How long its job may take.
    pub takes: TimeDelta,
}

/// How well a feature is known on the device-type in the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureAge {
    /// None: no real verdict of this version yet.
    pub last_at: Option<DateTime<Utc>>,
}

/// A job of this lease that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub template: String,
    pub attempt: i32,
    /// It failed, or the lab did: worth one more try.
    pub again: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Run {
        template: String,
        attempt: i32,
    },
    /// What is left does not fit into what is left of the window.
    NoTime,
    /// Everything ran.
    Done,
}

/// Most times a template is run by one lease.
pub const ATTEMPTS: i32 = 2;

/// The next job: untested cells first, then the oldest, each template once,
/// and one that failed once more after the others.
#[must_use]
pub fn choose(candidates: &[Candidate], done: &[Done], left: TimeDelta) -> Choice {
    let mut open: Vec<(i32, u8, Option<DateTime<Utc>>, &Candidate)> = candidates
        .iter()
        .filter_map(|candidate| {
            let attempt = next_attempt(candidate, done)?;
            let untested = candidate
                .features
                .iter()
                .any(|feature| feature.last_at.is_none());
            let oldest = candidate
                .features
                .iter()
                .filter_map(|feature| feature.last_at)
                .min();
            Some((attempt, u8::from(!untested), oldest, candidate))
        })
        .collect();
    if open.is_empty() {
        return Choice::Done;
    }
    open.sort_by(|a, b| (a.0, a.1, a.2, &a.3.template).cmp(&(b.0, b.1, b.2, &b.3.template)));
    open.into_iter()
        .find(|(.., candidate)| candidate.takes <= left)
        .map_or(Choice::NoTime, |(attempt, .., candidate)| Choice::Run {
            template: candidate.template.clone(),
            attempt,
        })
}

/// Which attempt of the template would be next; None when it had its turns.
fn next_attempt(candidate: &Candidate, done: &[Done]) -> Option<i32> {
    let last = done
        .iter()
        .filter(|job| job.template == candidate.template)
        .max_by_key(|job| job.attempt);
    match last {
        None => Some(1),
        Some(job) if job.again && job.attempt < ATTEMPTS => Some(job.attempt + 1),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(template: &str, minutes: i64, ages: &[Option<i64>]) -> Candidate {
        Candidate {
            template: template.to_owned(),
            takes: TimeDelta::minutes(minutes),
            features: ages
                .iter()
                .map(|age| FeatureAge {
                    last_at: age.and_then(|day| DateTime::from_timestamp(day * 86_400, 0)),
                })
                .collect(),
        }
    }

    fn done(template: &str, attempt: i32, again: bool) -> Done {
        Done {
            template: template.to_owned(),
            attempt,
            again,
        }
    }

    fn run(template: &str, attempt: i32) -> Choice {
        Choice::Run {
            template: template.to_owned(),
            attempt,
        }
    }

    #[test]
    fn untested_first_then_the_oldest_each_once_and_failures_once_more() {
        let all = [
            candidate("old", 10, &[Some(1), Some(9)]),
            candidate("new", 10, &[Some(5)]),
            candidate("untested", 10, &[Some(3), None]),
        ];
        let hour = TimeDelta::minutes(60);
        let mut ran = Vec::new();
        for (expected, again) in [
            (run("untested", 1), true),
            (run("old", 1), false),
            (run("new", 1), true),
            (run("untested", 2), true),
            (run("new", 2), false),
        ] {
            let choice = choose(&all, &ran, hour);
            assert_eq!(choice, expected);
            if let Choice::Run { template, attempt } = choice {
                ran.push(done(&template, attempt, again));
            }
        }
        assert_eq!(choose(&all, &ran, hour), Choice::Done);
    }

    #[test]
    fn only_what_fits_is_run() {
        let all = [
            candidate("long", 30, &[None]),
            candidate("short", 5, &[Some(1)]),
        ];
        assert_eq!(choose(&all, &[], TimeDelta::minutes(20)), run("short", 1));
        assert_eq!(choose(&all, &[], TimeDelta::minutes(4)), Choice::NoTime);
        assert_eq!(choose(&[], &[], TimeDelta::minutes(4)), Choice::Done);
    }
}
