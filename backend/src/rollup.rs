//! Attempts at one cell become its numbers. Pure: must not know the database or
//! the clock, nor in which order the attempts were told.

use chrono::{DateTime, Utc};
use entity::{cell::RealVerdict, job::JobId, source::SourceId, verdict::Verdict};

/// The verdict of one job on the feature of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub verdict: Verdict,
    /// With source and external id: the order of attempts.
    pub submitted_at: DateTime<Utc>,
    pub source: SourceId,
    pub external_id: String,
    pub job: JobId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    /// The latest real verdict.
    pub latest: Option<RealVerdict>,
    pub passes: i32,
    pub fails: i32,
    pub infras: i32,
    pub not_reached: i32,
    /// The latest attempt, whatever its verdict.
    pub last: Option<Last>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    pub job: JobId,
    pub at: DateTime<Utc>,
}

/// What a cell with attempts shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellStatus {
    Fail,
    /// Passed and failed within one version.
    Flaky,
    Pass,
    /// No real verdict, and an attempt ended in an infrastructure error.
    Infra,
    NotReached,
}

/// Counts the attempts at one cell. Gives the latest of them, too.
#[must_use]
pub fn roll_up<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> (Rollup, Option<&'a Attempt>) {
    let mut rollup = Rollup::default();
    let mut last: Option<&Attempt> = None;
    let mut latest: Option<&Attempt> = None;
    let later = |a: &Attempt, b: Option<&Attempt>| b.is_none_or(|b| order(a) > order(b));
    for attempt in attempts {
        rollup.count(attempt.verdict);
        if later(attempt, last) {
            last = Some(attempt);
        }
        if real(attempt.verdict).is_some() && later(attempt, latest) {
            latest = Some(attempt);
        }
    }
    rollup.last = last.map(Last::of);
    rollup.latest = latest.and_then(|attempt| real(attempt.verdict));
    (rollup, last)
}

impl Last {
    fn of(attempt: &Attempt) -> Self {
        Self {
            job: attempt.job,
            at: attempt.submitted_at,
        }
    }
}

impl Rollup {
    /// Counts the attempt of one more job, where `last` is the latest before it.
    /// None when the numbers do not tell which real verdict is then the latest:
    /// all attempts do.
    #[must_use]
    pub fn add(mut self, last: Option<&Attempt>, attempt: &Attempt) -> Option<Self> {
        let newest = last.is_none_or(|last| order(attempt) > order(last));
        let real_last = last.is_some_and(|last| real(last.verdict).is_some());
        self.count(attempt.verdict);
        if newest {
            self.last = Some(Last::of(attempt));
        }
        match real(attempt.verdict) {
            Some(verdict) if newest || self.latest.is_none() => self.latest = Some(verdict),
            Some(_) if !real_last => return None,
            Some(_) | None => {}
        }
        Some(self)
    }

    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passes += 1,
            Verdict::Fail => self.fails += 1,
            Verdict::Infra => self.infras += 1,
            Verdict::NotReached => self.not_reached += 1,
        }
    }

    /// None when there was no attempt.
    #[must_use]
    pub fn status(&self) -> Option<CellStatus> {
        self.last
            .map(|_| status(self.passes, self.fails, self.infras))
    }
}

/// The status of a cell with attempts, from its numbers.
#[must_use]
pub fn status(passes: i32, fails: i32, infras: i32) -> CellStatus {
    match (passes > 0, fails > 0, infras > 0) {
        (true, true, _) => CellStatus::Flaky,
        (true, false, _) => CellStatus::Pass,
        (false, true, _) => CellStatus::Fail,
        (false, false, true) => CellStatus::Infra,
        (false, false, false) => CellStatus::NotReached,
    }
}

fn real(verdict: Verdict) -> Option<RealVerdict> {
    match verdict {
        Verdict::Pass => Some(RealVerdict::Pass),
        Verdict::Fail => Some(RealVerdict::Fail),
        Verdict::Infra | Verdict::NotReached => None,
    }
}

/// The job only parts attempts that are otherwise equal.
fn order(attempt: &Attempt) -> (DateTime<Utc>, SourceId, &str, JobId) {
    (
        attempt.submitted_at,
        attempt.source,
        &attempt.external_id,
        attempt.job,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempt(verdict: Verdict, second: i64, job: i64) -> Attempt {
        Attempt {
            verdict,
            submitted_at: DateTime::from_timestamp(1_700_000_000 + second, 0).expect("in range"),
            source: SourceId(1),
            external_id: job.to_string(),
            job: JobId(job),
        }
    }

    #[test]
    fn counts_and_takes_the_latest() {
        use Verdict::{Fail, Infra, NotReached, Pass};
        let (passed, failed) = (Some(RealVerdict::Pass), Some(RealVerdict::Fail));
        let table: [(&[Verdict], _, _); 9] = [
            (&[], None, None),
            (&[Pass], passed, Some(CellStatus::Pass)),
            (&[Fail], failed, Some(CellStatus::Fail)),
            (&[Fail, Pass], passed, Some(CellStatus::Flaky)),
            (&[Pass, Fail], failed, Some(CellStatus::Flaky)),
            (&[Pass, Infra], passed, Some(CellStatus::Pass)),
            (&[Fail, NotReached, Infra], failed, Some(CellStatus::Fail)),
            (&[NotReached, Infra], None, Some(CellStatus::Infra)),
            (&[NotReached], None, Some(CellStatus::NotReached)),
        ];
        for (verdicts, latest, status) in table {
            let attempts: Vec<_> = (0..)
                .zip(verdicts)
                .map(|(n, verdict)| attempt(*verdict, n, n))
                .collect();
            let (rollup, _) = roll_up(attempts.iter());
            assert_eq!(rollup.latest, latest, "{verdicts:?}");
            assert_eq!(rollup.status(), status, "{verdicts:?}");
            assert_eq!(
                rollup.last.map(|last| last.job),
                attempts.last().map(|attempt| attempt.job)
            );
            let counted = rollup.passes + rollup.fails + rollup.infras + rollup.not_reached;
            assert_eq!(usize::try_from(counted), Ok(verdicts.len()));
        }
    }

    fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
        let verdict = prop::sample::select(vec![
            Verdict::Pass,
            Verdict::Fail,
            Verdict::Infra,
            Verdict::NotReached,
        ]);
        prop::collection::vec((verdict, 0i64..4), 0..12).prop_map(|drawn| {
            (0..)
                .zip(drawn)
                .map(|(job, (verdict, second))| attempt(verdict, second, job))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same((told, shuffled) in attempts()
            .prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())))
        {
            prop_assert_eq!(roll_up(told.iter()), roll_up(shuffled.iter()));
        }

        #[test]
        fn one_more_counts_as_all_anew(told in attempts()) {
            let (mut counted, mut anew) = (0, 0);
            for n in 0..told.len() {
                let (before, last) = roll_up(told[..n].iter());
                let (after, _) = roll_up(told[..=n].iter());
                match before.add(last, &told[n]) {
                    Some(added) => prop_assert_eq!(added, after),
                    None => {
                        // an older real verdict, among those that are not real
                        prop_assert!(last.is_some_and(|last| real(last.verdict).is_none()));
                        anew += 1;
                    }
                }
                counted += 1;
            }
            prop_assert!(anew < counted || counted == 0);
        }
    }
}
