//! A day as a line: where on it a window, a lease and its jobs lie.
//!
//! All labs show the same 24 hours, so that now is one line through all of
//! them; each reads it by its own clock. Must not know how a text becomes a
//! time or what a zone is: both are given.

use super::lending::{Lease, LeaseJob, LeaseState};

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const BEFORE: f64 = 14.0 * HOUR;
const AFTER: f64 = 10.0 * HOUR;
/// In hundredths of a percent: less would not be seen.
const LEAST: i64 = 35;

/// The hours that are shown, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Day {
    pub from: f64,
    pub now: f64,
    pub to: f64,
}

/// A part of the line, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub x: i64,
    pub width: i64,
}

/// What a lab's own clock shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    pub hour: u8,
    pub minute: u8,
    /// "Sat 21".
    pub day: String,
}

impl Local {
    /// "21:30", with the day when that is another one.
    pub(crate) fn said(&self, today: &str) -> String {
        let day = if self.day == today {
            String::new()
        } else {
            format!("{} ", self.day)
        };
        format!("{day}{:02}:{:02}", self.hour, self.minute)
    }
}

/// A line through all rows of a lab, with what is written above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// In hundredths of a percent.
    pub x: i64,
    /// Empty where the time of now is written.
    pub text: String,
    pub is_midnight: bool,
    /// Also written where there is little room.
    pub is_major: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Planned or being taken; of one that is held: what is left.
    Waiting,
    Held,
    Overdue,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum JobLook {
    Complete,
    Failed,
    Infra,
    Canceled,
    #[default]
    Running,
}

/// Reads the text of a time.
pub(crate) type Read = fn(&str) -> Option<f64>;

impl Day {
    pub(crate) fn around(now: f64) -> Self {
        Self {
            from: now - BEFORE,
            now,
            to: now + AFTER,
        }
    }

    /// Hundredths of a percent from the left.
    pub(crate) fn share(&self, at: f64) -> i64 {
        let share = (at - self.from) / (self.to - self.from);
        (share.clamp(0.0, 1.0) * 10_000.0) as i64
    }

    /// `None`: not within the hours that are shown.
    pub(crate) fn span(&self, from: f64, to: f64) -> Option<Span> {
        if to <= self.from || from >= self.to || to < from {
            return None;
        }
        let (from, to) = (self.share(from), self.share(to));
        Some(Span {
            x: from,
            width: (to - from).max(LEAST),
        })
    }

    /// Every full hour by a clock, written every other one.
    pub(crate) fn ticks(&self, clock: impl Fn(f64) -> Option<Local>) -> Vec<Tick> {
        let Some(first) = clock(self.from) else {
            return Vec::new();
        };
        let mut at = self.from + f64::from(60 - first.minute) * MINUTE;
        at -= at % MINUTE;
        let mut ticks = Vec::new();
        while at < self.to {
            if let Some(local) = clock(at).filter(|local| local.hour % 2 == 0) {
                let is_midnight = local.hour == 0;
                let is_crowded = (at - self.now).abs() < 2.0 * HOUR
                    || at - self.from < 0.75 * HOUR
                    || self.to - at < 0.75 * HOUR;
                ticks.push(Tick {
                    x: self.share(at),
                    text: match (is_crowded, is_midnight) {
                        (true, _) => String::new(),
                        (false, true) => local.day,
                        (false, false) => format!("{:02}:00", local.hour),
                    },
                    is_midnight,
                    is_major: local.hour.is_multiple_of(6) && (at - self.now).abs() > 4.0 * HOUR,
                });
            }
            at += HOUR;
        }
        ticks
    }

    /// What a lease is from when to when.
    pub(crate) fn phases(&self, lease: &Lease, read: Read) -> Vec<(Phase, Span)> {
        let time = |text: &Option<String>| text.as_deref().and_then(read);
        let end = time(&lease.ended_at);
        let due = read(&lease.ends_at).unwrap_or(self.now);
        let begin = time(&lease.asked_at)
            .or_else(|| read(&lease.planned_at))
            .unwrap_or(self.now);
        let held = time(&lease.opened_at).or(time(&lease.taken_at));
        let until = end.unwrap_or(self.now);
        let mut phases = Vec::new();
        let mut add = |phase, from: f64, to: f64| {
            if to > from
                && let Some(span) = self.span(from, to)
            {
                phases.push((phase, span));
            }
        };
        match held {
            Some(held) => {
                add(Phase::Waiting, begin, held);
                add(Phase::Held, held, until.min(due).max(held));
            }
            None => add(Phase::Waiting, begin, until.min(due).max(begin)),
        }
        if end.is_none() {
            add(Phase::Waiting, self.now.max(begin), due);
        }
        let was_taken = lease.asked_at.is_some();
        if was_taken && lease.state != LeaseState::Skipped {
            add(Phase::Overdue, due, until);
        }
        phases
    }

    pub(crate) fn job(&self, job: &LeaseJob, read: Read) -> Option<Span> {
        let from = read(job.from.as_deref()?)?;
        let to = job.to.as_deref().and_then(read).unwrap_or(self.now);
        self.span(from, to)
    }
}

impl JobLook {
    /// As LAVA tells of a job: its state, its health and the type of its error.
    pub(crate) fn of(state: &str, health: &str, error: Option<&str>) -> Self {
        match (state, health, error) {
            ("FINISHED", "COMPLETE", _) => Self::Complete,
            ("FINISHED", "CANCELED", _) => Self::Canceled,
            ("FINISHED", _, Some("Infrastructure" | "Configuration")) => Self::Infra,
            ("FINISHED", _, _) => Self::Failed,
            _ => Self::Running,
        }
    }

    pub(crate) const ALL: [Self; 5] = [
        Self::Complete,
        Self::Failed,
        Self::Infra,
        Self::Canceled,
        Self::Running,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Infra => "infrastructure failed",
            Self::Canceled => "canceled",
            Self::Running => "running",
        }
    }
}

/// "12 jobs: 10 complete, 2 failed" for those who hear the line.
pub(crate) fn told(jobs: &[LeaseJob]) -> String {
    let counts: Vec<String> = JobLook::ALL
        .into_iter()
        .map(|look| (look, jobs.iter().filter(|job| job.look == look).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(look, count)| format!("{count} {}", look.word()))
        .collect();
    match jobs.len() {
        0 => "no jobs".to_owned(),
        1 => format!("1 job: {}", counts.join(", ")),
        many => format!("{many} jobs: {}", counts.join(", ")),
    }
}

/// A place as SVG wants it.
pub(crate) fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Boxes of one look as one path, as wide as the line has hundredths of a
/// percent: a node for each would make a farm's day slow to draw.
pub(crate) fn boxes<'a>(
    spans: impl IntoIterator<Item = &'a Span>,
    top: i64,
    height: i64,
) -> String {
    let drawn = spans
        .into_iter()
        .map(|Span { x, width }| format!("M{x} {top}h{width}v{height}h-{width}z"));
    drawn.collect()
}

/// Lines from top to bottom as one path.
pub(crate) fn lines(places: impl IntoIterator<Item = i64>) -> String {
    let drawn = places.into_iter().map(|x| format!("M{x} 0v1"));
    drawn.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lending::tests::lease;

    /// Hours since 1970 as a text.
    fn read(text: &str) -> Option<f64> {
        text.parse::<f64>().ok().map(|hours| hours * HOUR)
    }

    /// A zone half an hour before UTC.
    fn clock(at: f64) -> Option<Local> {
        let minutes = ((at / MINUTE) as i64 + 30).rem_euclid(24 * 60);
        Some(Local {
            hour: u8::try_from(minutes / 60).ok()?,
            minute: u8::try_from(minutes % 60).ok()?,
            day: "Sat 21".to_owned(),
        })
    }

    fn day() -> Day {
        Day::around(100.0 * HOUR)
    }

    #[test]
    fn the_day_is_told_when_it_is_another_one() {
        let at = clock(21.0 * HOUR).unwrap();
        assert_eq!(at.said("Sat 21"), "21:30");
        assert_eq!(at.said("Fri 20"), "Sat 21 21:30");
    }

    #[test]
    fn a_span_is_cut_where_the_day_ends() {
        let span = |from, to| {
            day()
                .span(from * HOUR, to * HOUR)
                .map(|span| (span.x, span.width))
        };
        assert_eq!(span(98.0, 104.0), Some((5_000, 2_500)));
        assert_eq!(span(10.0, 98.0), Some((0, 5_000)));
        assert_eq!(span(98.0, 98.0), Some((5_000, 35)));
        assert_eq!(span(10.0, 80.0), None);
        assert_eq!(span(120.0, 130.0), None);
    }

    #[test]
    fn what_looks_alike_is_one_path() {
        let spans = [(0, 35), (5_000, 833)].map(|(x, width)| Span { x, width });
        assert_eq!(boxes(&spans, -3, 6), "M0 -3h35v6h-35zM5000 -3h833v6h-833z");
        assert_eq!(lines([625, 5_000]), "M625 0v1M5000 0v1");
        assert_eq!(boxes(&[], 0, 1), "");
    }

    #[test]
    fn hours_are_those_of_the_labs_clock() {
        let ticks = day().ticks(clock);
        let said: Vec<&str> = ticks.iter().map(|tick| tick.text.as_str()).collect();
        assert_eq!(
            said,
            [
                "16:00", "18:00", "20:00", "22:00", "Sat 21", "02:00", "", "", "08:00", "10:00",
                "12:00", ""
            ]
        );
        let first = ticks.first().unwrap();
        assert_eq!(percent(first.x), "6.25%", "15:30 UTC");
        let majors = ticks.iter().filter(|tick| tick.is_major).count();
        assert_eq!(majors, 3, "18, 0 and 12; 6 is too near to now");
        assert!(day().ticks(|_| None).is_empty(), "a zone nobody knows");
    }

    #[test]
    fn a_lease_waits_is_held_and_is_overdue() {
        let of = |lease: &Lease| -> Vec<(Phase, i64, i64)> {
            let phases = day().phases(lease, read).into_iter();
            phases
                .map(|(phase, span)| (phase, span.x, span.width))
                .collect()
        };
        let planned = Lease {
            planned_at: "98".into(),
            ends_at: "104".into(),
            ..lease("1", "a", LeaseState::Planned, false)
        };
        assert_eq!(
            of(&planned),
            [(Phase::Waiting, 5_000, 833), (Phase::Waiting, 5_833, 1_667)]
        );
        let held = Lease {
            asked_at: Some("92".into()),
            opened_at: Some("94".into()),
            state: LeaseState::Held,
            ..planned.clone()
        };
        assert_eq!(
            of(&held),
            [
                (Phase::Waiting, 2_500, 833),
                (Phase::Held, 3_333, 2_500),
                (Phase::Waiting, 5_833, 1_667)
            ]
        );
        let late = Lease {
            ends_at: "98".into(),
            overdue: true,
            ..held.clone()
        };
        assert_eq!(
            of(&late).get(1..),
            Some(&[(Phase::Held, 3_333, 1_667), (Phase::Overdue, 5_000, 833)][..])
        );
        let over = Lease {
            ended_at: Some("97".into()),
            state: LeaseState::Released,
            ..held
        };
        assert_eq!(of(&over).len(), 2, "nothing is left of it");
    }

    #[test]
    fn jobs_are_counted_by_how_they_ended() {
        let job = |look| LeaseJob {
            look,
            ..LeaseJob::default()
        };
        assert_eq!(told(&[]), "no jobs");
        assert_eq!(told(&[job(JobLook::Running)]), "1 job: 1 running");
        let some = [JobLook::Failed, JobLook::Complete, JobLook::Complete].map(job);
        assert_eq!(told(&some), "3 jobs: 2 complete, 1 failed");
        let at = LeaseJob {
            from: Some("98".into()),
            ..job(JobLook::Running)
        };
        assert_eq!(day().job(&at, read).unwrap().width, 833);
        assert_eq!(day().job(&job(JobLook::Running), read), None);
    }
}
