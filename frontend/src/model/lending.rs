//! What the labs lend: labs with their leases, in order and in words.
//!
//! Must not know the clock: times are texts, and distances between them come
//! in milliseconds. Must not know how any of it is drawn.

use super::answer::plural;
use super::time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeaseState {
    Planned,
    Acquiring,
    Held,
    Releasing,
    Stuck,
    Released,
    Skipped,
}

#[derive(Clone, Debug)]
pub(crate) struct Lending {
    pub labs: Vec<Lab>,
    /// Leases that are not over; more than are shown when there are very many.
    pub total: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Lab {
    pub name: String,
    pub zone: String,
    /// HH:MM in its own time.
    pub opens: String,
    /// 0: nobody said when it lends.
    pub minutes: i64,
    pub paused: bool,
    pub open_until: Option<String>,
    pub opens_at: Option<String>,
    pub reachable: Option<bool>,
    pub contacted_at: Option<String>,
    pub failing_since: Option<String>,
    pub failure: Option<String>,
    pub driver: Option<String>,
    pub round: Option<Round>,
    pub current: Vec<Lease>,
    pub ended: Vec<Lease>,
}

#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub version: String,
    pub state: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub id: String,
    pub number: i64,
    pub lab: String,
    pub device: String,
    pub device_type: String,
    pub state: LeaseState,
    pub since: String,
    pub reason: String,
    /// As the schema spells it.
    pub saved: Option<String>,
    pub held_seconds: Option<i64>,
    pub ends_at: String,
    pub overdue: bool,
}

/// A lease with what was decided, done and found.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    pub lease: Lease,
    pub entries: Vec<Entry>,
    /// More than there are entries here when the oldest were left out.
    pub total: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub at: String,
    pub kind: String,
    pub action: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub actor: String,
    pub sentence: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub sentence: String,
    pub since: String,
    pub lab: Option<String>,
    /// Its id and its number.
    pub lease: Option<(String, i64)>,
}

impl LeaseState {
    /// `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "PLANNED" => Self::Planned,
            "ACQUIRING" => Self::Acquiring,
            "HELD" => Self::Held,
            "RELEASING" => Self::Releasing,
            "STUCK" => Self::Stuck,
            "RELEASED" => Self::Released,
            "SKIPPED" => Self::Skipped,
            _ => return None,
        })
    }

    /// It is not over yet.
    pub(crate) fn is_open(self) -> bool {
        !matches!(self, Self::Released | Self::Skipped)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Acquiring => "acquiring",
            Self::Held => "held",
            Self::Releasing => "releasing",
            Self::Stuck => "stuck",
            Self::Released => "released",
            Self::Skipped => "skipped",
        }
    }

    /// The loudest first.
    fn rank(self) -> u8 {
        match self {
            Self::Stuck => 1,
            Self::Releasing => 2,
            Self::Held => 3,
            Self::Acquiring => 4,
            Self::Planned => 5,
            Self::Released | Self::Skipped => 6,
        }
    }
}

impl Lease {
    fn rank(&self) -> u8 {
        if self.overdue { 0 } else { self.state.rank() }
    }

    pub(crate) fn held(&self) -> Option<String> {
        #[expect(clippy::cast_precision_loss, reason = "seconds of a night")]
        self.held_seconds
            .map(|seconds| time::span(seconds as f64 * 1_000.0))
    }

    /// LAVA's own spelling.
    pub(crate) fn saved_health(&self) -> Option<String> {
        let word = self.saved.as_deref()?;
        let (first, rest) = word.split_at_checked(1)?;
        Some(first.to_owned() + &rest.to_ascii_lowercase())
    }
}

impl Lending {
    /// Leases and rounds under their labs, the loudest lease first.
    pub(crate) fn of(
        mut labs: Vec<Lab>,
        rounds: Vec<(String, Round)>,
        current: Vec<Lease>,
        ended: Vec<Lease>,
        total: i64,
    ) -> Self {
        for (name, round) in rounds {
            if let Some(lab) = labs.iter_mut().find(|lab| lab.name == name) {
                lab.round = Some(round);
            }
        }
        for lease in current.into_iter().chain(ended) {
            if let Some(lab) = labs.iter_mut().find(|lab| lab.name == lease.lab) {
                let list = if lease.state.rank() < LeaseState::Released.rank() {
                    &mut lab.current
                } else {
                    &mut lab.ended
                };
                list.push(lease);
            }
        }
        for lab in &mut labs {
            lab.current
                .sort_by(|a, b| (a.rank(), &a.device).cmp(&(b.rank(), &b.device)));
        }
        Self { labs, total }
    }

    fn current(&self) -> impl Iterator<Item = &Lease> {
        self.labs.iter().flat_map(|lab| &lab.current)
    }

    /// Nobody said of any lab when it lends, and nothing is or was lent.
    pub(crate) fn is_nothing(&self) -> bool {
        self.labs
            .iter()
            .all(|lab| lab.minutes == 0 && lab.current.is_empty() && lab.ended.is_empty())
    }

    /// What is wrong, and then what is held; the first is empty when nothing is.
    pub(crate) fn sentence(&self) -> (String, String) {
        let count = |is: fn(&Lease) -> bool| {
            let number = self.current().filter(|lease| is(lease)).count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let late = count(|lease| lease.overdue);
        let stuck = count(|lease| lease.state == LeaseState::Stuck && !lease.overdue);
        let held = plural(count(|lease| lease.state == LeaseState::Held), "device");
        let wrong: Vec<String> = [(late, "overdue"), (stuck, "stuck")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{} {word}", plural(count, "device")))
            .collect();
        (wrong.join(", "), format!("{held} held"))
    }

    /// What changed since the last reading, for those who hear the page.
    pub(crate) fn news(&self, before: &Self) -> Option<String> {
        const TOLD: usize = 3;
        let was = |lease: &Lease| {
            let all = before.labs.iter().flat_map(|lab| lab.current.iter());
            let mut all = all.chain(before.labs.iter().flat_map(|lab| lab.ended.iter()));
            all.find(|old| old.id == lease.id)
                .map(|old| (old.state, old.overdue))
        };
        let ended = self.labs.iter().flat_map(|lab| lab.ended.iter());
        let news: Vec<String> = self
            .current()
            .chain(ended)
            .filter(|lease| was(lease) != Some((lease.state, lease.overdue)))
            .map(|lease| {
                let word = if lease.overdue {
                    "overdue"
                } else {
                    lease.state.word()
                };
                format!("{} of {} is {word}", lease.device, lease.lab)
            })
            .collect();
        let more = news.len().saturating_sub(TOLD);
        let told = news.get(..TOLD).unwrap_or(&news).join(", ");
        match (news.is_empty(), more) {
            (true, _) => None,
            (false, 0) => Some(told),
            (false, more) => Some(format!("{told}, and {more} more")),
        }
    }
}

impl Lab {
    /// "lends 20:00–22:00 Europe/Paris".
    pub(crate) fn window(&self) -> String {
        let end = (self.minutes > 0)
            .then(|| later(&self.opens, self.minutes))
            .flatten();
        match end {
            Some(end) => format!("lends {}\u{2013}{end} {}", self.opens, self.zone),
            None => format!("{}, nobody said when it lends", self.zone),
        }
    }

    /// Whether it lends now, and until or from when; `left` is how far off
    /// that is.
    pub(crate) fn standing(&self, left: Option<f64>) -> Option<String> {
        let span = time::span(left.unwrap_or_default());
        if self.paused {
            return Some("paused: lends nothing until it is resumed".to_owned());
        }
        match (&self.open_until, &self.opens_at) {
            (Some(until), _) => Some(format!("open until {}, for {span}", time::utc(until))),
            (None, Some(at)) => Some(format!("opens {}, in {span}", time::utc(at))),
            (None, None) => None,
        }
    }

    /// How it answers, and whether that is bad.
    pub(crate) fn reach(&self) -> (String, bool) {
        let time = |at: &Option<String>| at.as_deref().map(time::utc).unwrap_or_default();
        match self.reachable {
            None => ("not called yet".to_owned(), false),
            Some(true) => (format!("answered {}", time(&self.contacted_at)), false),
            Some(false) => {
                let since = time(&self.failing_since);
                let why = self.failure.as_deref().unwrap_or("it does not answer");
                (format!("out of reach since {since}: {why}"), true)
            }
        }
    }

    pub(crate) fn driven(&self) -> String {
        match &self.driver {
            Some(holder) => format!("driven by {holder}"),
            None => "no server drives it".to_owned(),
        }
    }
}

/// A time of day so many minutes later; `None` for a text that is none.
fn later(clock: &str, minutes: i64) -> Option<String> {
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
    let at = (hour * 60 + minute + minutes).rem_euclid(24 * 60);
    Some(format!("{:02}:{:02}", at / 60, at % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(name: &str) -> Lab {
        Lab {
            name: name.into(),
            zone: "Europe/Paris".into(),
            opens: "20:00".into(),
            minutes: 600,
            ..Lab::default()
        }
    }

    fn lease(id: &str, device: &str, state: LeaseState, overdue: bool) -> Lease {
        Lease {
            id: id.into(),
            number: 1,
            lab: "paris".into(),
            device: device.into(),
            device_type: "bbb".into(),
            state,
            since: "2026-11-21T20:00:00Z".into(),
            reason: "The story says so.".into(),
            saved: Some("GOOD".into()),
            held_seconds: Some(5_400),
            ends_at: "2026-11-22T05:00:00Z".into(),
            overdue,
        }
    }

    fn lending(leases: Vec<Lease>) -> Lending {
        let round = Round {
            version: "2026.10".into(),
            state: "open".into(),
            reason: None,
        };
        let labs = vec![lab("paris"), lab("rennes")];
        Lending::of(labs, vec![("paris".into(), round)], leases, Vec::new(), 0)
    }

    #[test]
    fn the_loudest_lease_is_first_and_all_are_under_their_lab() {
        let of = lending(vec![
            lease("1", "a", LeaseState::Planned, false),
            lease("2", "d", LeaseState::Held, false),
            lease("3", "c", LeaseState::Held, false),
            lease("4", "z", LeaseState::Releasing, true),
            lease("5", "e", LeaseState::Stuck, false),
            lease("6", "f", LeaseState::Released, false),
        ]);
        let ids = |leases: &[Lease]| leases.iter().map(|one| one.id.clone()).collect::<String>();
        let paris = of.labs.first().unwrap();
        assert_eq!(ids(&paris.current), "45321");
        assert_eq!(ids(&paris.ended), "6");
        assert!(paris.round.is_some());
        assert!(of.labs.last().unwrap().round.is_none());
        let (wrong, held) = of.sentence();
        assert_eq!(wrong, "1 device overdue, 1 device stuck");
        assert_eq!(held, "2 devices held");
        assert!(!of.is_nothing());
    }

    #[test]
    fn news_are_states_that_are_not_what_they_were() {
        let before = lending(vec![
            lease("1", "a", LeaseState::Planned, false),
            lease("2", "b", LeaseState::Held, false),
        ]);
        let after = lending(vec![
            lease("1", "a", LeaseState::Held, false),
            lease("2", "b", LeaseState::Held, true),
        ]);
        assert_eq!(
            after.news(&before).as_deref(),
            Some("b of paris is overdue, a of paris is held")
        );
        assert_eq!(after.news(&after), None);
        let many = (0..5)
            .map(|id| lease(&id.to_string(), "x", LeaseState::Planned, false))
            .collect();
        let told = lending(many).news(&lending(Vec::new())).unwrap();
        assert!(told.ends_with(", and 2 more"), "{told}");
    }

    #[test]
    fn a_window_is_told_with_its_end() {
        assert_eq!(lab("x").window(), "lends 20:00\u{2013}06:00 Europe/Paris");
        let silent = Lab {
            minutes: 0,
            ..lab("x")
        };
        assert_eq!(silent.window(), "Europe/Paris, nobody said when it lends");
        assert_eq!(later("soon", 5), None);
        let open = Lab {
            open_until: Some("2026-11-21T21:00:00Z".into()),
            ..lab("x")
        };
        assert_eq!(
            open.standing(Some(7_200_000.0)).as_deref(),
            Some("open until 2026-11-21 21:00 UTC, for 2 h")
        );
        assert_eq!(lab("x").standing(None), None);
        let closed = Lab {
            opens_at: Some("2026-11-21T19:00:00Z".into()),
            ..lab("x")
        };
        assert_eq!(
            closed.standing(Some(60_000.0)).as_deref(),
            Some("opens 2026-11-21 19:00 UTC, in 60 s")
        );
    }

    #[test]
    fn how_a_lab_answers_is_told_in_words() {
        assert_eq!(lab("x").reach(), ("not called yet".into(), false));
        let dark = Lab {
            reachable: Some(false),
            failing_since: Some("2026-11-21T19:00:00Z".into()),
            failure: Some("the connection timed out".into()),
            ..lab("x")
        };
        assert_eq!(
            dark.reach(),
            (
                "out of reach since 2026-11-21 19:00 UTC: the connection timed out".into(),
                true
            )
        );
        assert_eq!(lab("x").driven(), "no server drives it");
    }

    #[test]
    fn a_lease_is_told_as_lava_spells_it() {
        let lease = lease("1", "a", LeaseState::Held, false);
        assert_eq!(lease.saved_health().as_deref(), Some("Good"));
        assert_eq!(lease.held().as_deref(), Some("90 min"));
    }
}
