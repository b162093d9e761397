//! Which jobs ran for a version, where, when and how they ended: each job of
//! each lent device-type once, once more when it did not end well, and some a
//! second time. Pure; must not know the database.

use std::collections::HashMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use entity::job::{JobHealth, JobState, JobType};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{
    device_types::{DEVICE_TYPES, DeviceType, Template},
    labs::{self, LABS, Lab},
    outcome::{self, Ending, Exercise, Luck},
    plan::{self, CI_JOBS, META_JOBS},
    script::{self, Hole, Script},
    versions::Version,
};

/// In how many of a hundred jobs the lab fails.
const INFRA: u32 = 2;
/// In how many of a hundred jobs that ended well another is run, and in how
/// many of the version in test, which has all attention.
const AGAIN: u32 = 25;
const AGAIN_NEWEST: u32 = 70;

/// Where a job comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum From {
    Federated,
    Ci,
    Lab(&'static str),
}

/// One job of the history.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) from: From,
    pub(super) job_type: JobType,
    pub(super) description: String,
    pub(super) device_type: Option<&'static str>,
    pub(super) device: Option<String>,
    pub(super) submitted_at: DateTime<Utc>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) state: JobState,
    pub(super) health: JobHealth,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) features: Vec<&'static str>,
    pub(super) ending: Option<Ending>,
}

impl Job {
    /// When the newest thing that is told of it happened.
    pub(super) fn told_at(&self) -> DateTime<Utc> {
        self.ended_at.unwrap_or(self.started_at)
    }
}

/// What one version's jobs are drawn from.
struct Round<'a> {
    script: &'a Script,
    place: usize,
    version: &'a Version,
    is_newest: bool,
    rng: ChaCha8Rng,
    /// Minutes each device is taken, by night.
    taken: HashMap<(String, i64), i64>,
    jobs: Vec<Job>,
}

/// All jobs of a version, in the order in which they are told.
pub(super) fn jobs_of(script: &Script, versions: &[Version], place: usize) -> Vec<Job> {
    let Some(version) = versions.get(place) else {
        return Vec::new();
    };
    let mut round = Round {
        script,
        place,
        version,
        is_newest: place + 1 == versions.len(),
        rng: ChaCha8Rng::seed_from_u64(0x5eed_0000 + u64::try_from(place).unwrap_or(0)),
        taken: HashMap::new(),
        jobs: Vec::new(),
    };
    for device_type in &DEVICE_TYPES {
        for (job, template) in device_type.jobs.iter().enumerate() {
            round.fed(device_type, job, template);
        }
    }
    round.ci();
    round.dispatchers();
    let mut jobs = round.jobs;
    jobs.sort_by(|a, b| {
        (a.told_at(), &a.description, &a.device).cmp(&(b.told_at(), &b.description, &b.device))
    });
    jobs
}

/// What a job of this version exercises; None when it has no place in the plan.
pub(super) fn exercise(
    place: usize,
    device_type: &'static DeviceType,
    template: &Template,
) -> Option<Exercise> {
    let mut dropped = false;
    let features: Vec<_> = template
        .features()
        .filter(|feature| {
            let expected = plan::is_expected(place, feature, device_type.name);
            // a job without its deploy or boot is none
            dropped |= !expected && !feature.starts_with("test.");
            expected
        })
        .collect();
    let tests = features.iter().any(|feature| feature.starts_with("test."));
    let had_tests = template
        .features()
        .any(|feature| feature.starts_with("test."));
    (!dropped && (tests || !had_tests)).then_some(Exercise {
        version: place,
        device_type: device_type.name,
        features,
    })
}

impl Round<'_> {
    fn fed(&mut self, device_type: &'static DeviceType, job: usize, template: &Template) {
        if self.place >= plan::withdrawn(device_type.name) {
            return;
        }
        let Some(exercise) = exercise(self.place, device_type, template) else {
            return;
        };
        let stands = labs::with(device_type.name);
        let Some((lab, count)) = pick(&stands, self.place + job) else {
            return;
        };
        let hole = if self.is_newest {
            script::hole(device_type.name, job)
        } else {
            None
        };
        let down = script::is_down(self.place, lab.name) || hole == Some(Hole::Infra);
        let luck = match (down, self.is_newest) {
            (true, _) => Luck::Down,
            (false, true) => Luck::Open { infra_percent: 0 },
            (false, false) => Luck::Open {
                infra_percent: INFRA,
            },
        };
        match hole {
            Some(Hole::Planned) => return,
            Some(Hole::Running) => {
                return self.unfinished(lab, count, &exercise, Duration::minutes(4));
            }
            Some(Hole::Lost) => return self.unfinished(lab, count, &exercise, Duration::hours(31)),
            Some(Hole::Infra) | None => {}
        }
        let good = self.finished((lab, count), 0, template, &exercise, luck);
        if !good {
            let again = if down {
                (lab, count)
            } else {
                pick(&stands, self.place + job + 1).unwrap_or((lab, count))
            };
            let luck = if down { Luck::Down } else { Luck::Fair };
            self.finished(again, 0, template, &exercise, luck);
        } else if self.rng.random_range(0..100) < self.again() {
            let other = pick(&stands, self.place + job + 1).unwrap_or((lab, count));
            self.finished(other, 1, template, &exercise, luck);
        }
    }

    fn again(&self) -> u32 {
        if self.is_newest { AGAIN_NEWEST } else { AGAIN }
    }

    /// Tells whether it ended well.
    fn finished(
        &mut self,
        (lab, count): (&'static Lab, u32),
        night: i64,
        template: &Template,
        exercise: &Exercise,
        luck: Luck,
    ) -> bool {
        let ending = outcome::end(self.script, exercise, luck, &mut self.rng);
        let good = ending.is_good();
        let number = self.rng.random_range(1..=count);
        let device = labs::federated_name(lab.name, exercise.device_type, number);
        let seconds = i64::from(template.minutes) * 60 * ending.share_of_time() / 100
            + self.rng.random_range(0..70);
        let taken = self.taken.entry((device.clone(), night)).or_insert(3);
        let started_at = night_of(self.version, self.is_newest, lab, night)
            + Duration::minutes(*taken)
            + Duration::seconds(self.rng.random_range(0..40));
        *taken += seconds / 60 + 2;
        self.jobs.push(Job {
            from: From::Federated,
            job_type: JobType::Fed,
            description: describe(exercise),
            device_type: Some(exercise.device_type),
            device: Some(device),
            submitted_at: started_at - Duration::seconds(self.rng.random_range(4..90)),
            started_at,
            state: JobState::Finished,
            health: ending.health,
            ended_at: Some(started_at + Duration::seconds(seconds)),
            features: exercise.features.clone(),
            ending: Some(ending),
        });
        good
    }

    /// A job that was submitted so long before the end and did not end.
    fn unfinished(&mut self, lab: &Lab, count: u32, exercise: &Exercise, ago: Duration) {
        let number = self.rng.random_range(1..=count);
        let submitted_at =
            self.version.ends - ago - Duration::seconds(self.rng.random_range(0..240));
        self.jobs.push(Job {
            from: From::Federated,
            job_type: JobType::Fed,
            description: describe(exercise),
            device_type: Some(exercise.device_type),
            device: Some(labs::federated_name(lab.name, exercise.device_type, number)),
            submitted_at,
            started_at: submitted_at + Duration::seconds(8),
            state: JobState::Running,
            health: JobHealth::Unknown,
            ended_at: None,
            features: exercise.features.clone(),
            ending: None,
        });
    }

    /// META and PACKAGE jobs, right after the version came out.
    fn ci(&mut self) {
        for (nth, (name, minutes, features)) in CI_JOBS.into_iter().enumerate() {
            let features: Vec<_> = features
                .split(' ')
                .filter(|feature| plan::is_expected(self.place, feature, ""))
                .collect();
            let exercise = Exercise {
                version: self.place,
                device_type: "",
                features,
            };
            let mut submitted_at = self.version.begins + Duration::minutes(i64::from(minutes) + 2);
            let mut luck = Luck::Open { infra_percent: 0 };
            loop {
                let ending = outcome::end(self.script, &exercise, luck, &mut self.rng);
                let good = ending.is_good();
                let started_at = submitted_at + Duration::seconds(self.rng.random_range(5..50));
                let seconds = i64::from(minutes) * 60 + self.rng.random_range(0..200);
                let ended_at = started_at + Duration::seconds(seconds);
                self.jobs.push(Job {
                    from: From::Ci,
                    job_type: if nth < META_JOBS {
                        JobType::Meta
                    } else {
                        JobType::Package
                    },
                    description: name.to_owned(),
                    device_type: None,
                    device: None,
                    submitted_at,
                    started_at,
                    state: JobState::Finished,
                    health: ending.health,
                    ended_at: Some(ended_at),
                    features: exercise.features.clone(),
                    ending: Some(ending),
                });
                if good || luck == Luck::Fair {
                    break;
                }
                luck = Luck::Fair;
                submitted_at = ended_at + Duration::minutes(5);
            }
        }
    }

    /// The dispatchers that the labs ran for the jobs of each night.
    fn dispatchers(&mut self) {
        for lab in &LABS {
            for night in [0, 1] {
                let of_lab = self
                    .taken
                    .keys()
                    .any(|(device, of)| *of == night && device.starts_with(lab.name));
                if !of_lab {
                    continue;
                }
                let opens = night_of(self.version, self.is_newest, lab, night);
                let closes = opens + Duration::minutes(i64::from(lab.minutes));
                let over = closes < self.version.ends;
                self.jobs.push(Job {
                    from: From::Lab(lab.name),
                    job_type: JobType::Slave,
                    description: format!("lavafed dispatcher for {}", self.version.name),
                    device_type: None,
                    device: None,
                    submitted_at: opens,
                    started_at: opens + Duration::seconds(20),
                    state: if over {
                        JobState::Finished
                    } else {
                        JobState::Running
                    },
                    // it is canceled when the window ends
                    health: if over {
                        JobHealth::Canceled
                    } else {
                        JobHealth::Unknown
                    },
                    ended_at: over.then_some(closes),
                    features: Vec::new(),
                    ending: None,
                });
            }
        }
    }
}

/// What the job is called; no two of a device-type are called the same.
pub(super) fn describe(exercise: &Exercise) -> String {
    let named = |test: bool| {
        let mut names: Vec<_> = exercise
            .features
            .iter()
            .filter_map(|feature| feature.split_once('.'))
            .filter(|(stage, _)| (*stage == "test") == test)
            .map(|(_, name)| name)
            .collect();
        names.dedup();
        names.join(", ")
    };
    format!(
        "{}: {}; {}",
        exercise.device_type,
        named(false),
        named(true)
    )
    .trim_end_matches([';', ' '])
    .to_owned()
}

fn pick(stands: &[(&'static Lab, u32)], nth: usize) -> Option<(&'static Lab, u32)> {
    stands.get(nth.checked_rem(stands.len())?).copied()
}

/// When a lab's window opens in the nth night of a version. Of the version in
/// test the nights count back from now, so that there is always one to see.
fn night_of(version: &Version, is_newest: bool, lab: &Lab, night: i64) -> DateTime<Utc> {
    if is_newest {
        let nth = LABS.iter().position(|other| other.name == lab.name);
        let nth = i64::try_from(nth.unwrap_or(0)).unwrap_or(0);
        return version.ends - Duration::minutes(34 * 60 - nth * 75 - night * 24 * 60);
    }
    let first = version.begins.date_naive();
    let opening = |day: i64| opens(lab, first + Duration::days(day));
    (0..4)
        .filter_map(|day| opening(day + night))
        .find(|at| *at > version.begins + Duration::days(night))
        .unwrap_or(version.begins)
}

fn opens(lab: &Lab, day: NaiveDate) -> Option<DateTime<Utc>> {
    let zone: Tz = lab.time_zone.parse().ok()?;
    let time = NaiveTime::parse_from_str(lab.opens, "%H:%M").ok()?;
    let local = zone.from_local_datetime(&day.and_time(time)).earliest()?;
    Some(local.with_timezone(&Utc))
}
