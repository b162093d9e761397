//! What the labs lend: their leases, in order and in words.
//!
//! Must not know the clock: times are texts, and distances between them come
//! in milliseconds. Must not know how any of it is drawn.

use std::rc::Rc;

use super::answer::plural;
use super::lab::Lab;
use super::time;
use super::timeline::JobLook;

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
    /// Of each device more than its newest lease is known.
    pub is_whole: bool,
    /// There are more leases than are read.
    pub is_cut: bool,
    /// When the last lease ended that was over when it was read how the devices
    /// stand, by the server's clock; what was not over then ended later.
    pub newest_end: Option<String>,
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
    pub reason: String,
    /// As the schema spells it.
    pub saved: Option<String>,
    pub held_seconds: Option<i64>,
    pub ends_at: String,
    pub overdue: bool,
    pub planned_at: String,
    pub asked_at: Option<String>,
    pub taken_at: Option<String>,
    pub opened_at: Option<String>,
    pub ended_at: Option<String>,
    /// The saved health was set again.
    pub restored: bool,
    pub kept: bool,
    /// In their order; those that LAVA does not have yet are left out.
    pub jobs: Vec<LeaseJob>,
}

/// A job that ran within a lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeaseJob {
    /// `None`: nothing is known of it yet.
    pub id: Option<String>,
    pub number: String,
    pub name: String,
    pub look: JobLook,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// All leases of a device that a day shows, the one that counts first.
#[derive(Clone, Debug)]
pub(crate) struct DeviceRow<'a> {
    pub shown: &'a Lease,
    pub older: Vec<&'a Lease>,
}

/// By what a reader narrows the leases.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Narrowed {
    pub search: String,
    /// Words of states, and "overdue".
    pub states: Vec<String>,
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

/// More leases of one day than these are not read.
pub(crate) const MOST: usize = 1_000;

/// The word of a lease that is not back in time.
pub(crate) const OVERDUE: &str = "overdue";

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

    pub(crate) const ALL: [Self; 7] = [
        Self::Stuck,
        Self::Held,
        Self::Releasing,
        Self::Acquiring,
        Self::Planned,
        Self::Released,
        Self::Skipped,
    ];

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

    /// Or is not over.
    fn ended_after(&self, time: &str) -> bool {
        self.ended_at.as_deref().is_none_or(|at| at > time)
    }

    /// "overdue" stands above every state.
    pub(crate) fn word(&self) -> &'static str {
        if self.overdue {
            OVERDUE
        } else {
            self.state.word()
        }
    }

    /// The job that runs in it now.
    pub(crate) fn running(&self) -> Option<&LeaseJob> {
        let mut jobs = self.jobs.iter().rev();
        let running = jobs.find(|job| job.look == JobLook::Running);
        running.filter(|_| self.state.is_open())
    }

    /// The health it was left with.
    pub(crate) fn left_health(&self) -> Option<String> {
        match (self.state, self.kept, self.restored) {
            (LeaseState::Released, true, _) => Some("Maintenance".to_owned()),
            (LeaseState::Released, false, true) => self.saved_health(),
            _ => None,
        }
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
    /// Leases and rounds under their labs, the loudest lease first. Of those that
    /// are known and not read again, the ones that are over stay so.
    pub(crate) fn of(
        mut labs: Vec<Lab>,
        rounds: Vec<(String, Round)>,
        leases: Vec<Lease>,
        known: Option<&Self>,
    ) -> Self {
        for (name, round) in rounds {
            if let Some(lab) = labs.iter_mut().find(|lab| lab.name == name) {
                lab.round = Some(round);
            }
        }
        let known = known.filter(|known| known.is_whole);
        let is_whole = known.is_some();
        let is_read = |number| leases.iter().any(|read| read.number == number);
        let known = known.into_iter().flat_map(Self::leases);
        let kept: Vec<Rc<Lease>> = known
            .filter(|lease| !lease.state.is_open() && !is_read(lease.number))
            .map(Rc::clone)
            .collect();
        let mut lending = Self {
            labs,
            is_whole,
            is_cut: false,
            newest_end: None,
        };
        lending.add(leases.into_iter().map(Rc::new).chain(kept));
        let ended = lending.labs.iter().flat_map(|lab| &lab.ended);
        let newest = ended.filter_map(|lease| lease.ended_at.as_ref()).max();
        lending.newest_end = newest.cloned();
        lending
    }

    /// With the leases that are not the newest of their devices. One that was, when
    /// the others were read, is told of anew.
    pub(crate) fn with(&self, older: Vec<Lease>) -> Self {
        let mut lending = self.clone();
        lending.is_whole = true;
        let is_read = |lease: &Rc<Lease>| older.iter().any(|read| read.number == lease.number);
        for lab in &mut lending.labs {
            lab.current.retain(|lease| !is_read(lease));
            lab.ended.retain(|lease| !is_read(lease));
        }
        lending.add(older.into_iter().map(Rc::new));
        lending
    }

    fn add(&mut self, leases: impl Iterator<Item = Rc<Lease>>) {
        for lease in leases {
            if let Some(lab) = self.labs.iter_mut().find(|lab| lab.name == lease.lab) {
                let list = if lease.state.is_open() {
                    &mut lab.current
                } else {
                    &mut lab.ended
                };
                list.push(lease);
            }
        }
        for lab in &mut self.labs {
            lab.current
                .sort_by(|a, b| (a.rank(), &a.device).cmp(&(b.rank(), &b.device)));
            lab.ended.sort_by_key(|lease| -lease.number);
        }
        self.is_cut = self.count() >= MOST;
    }

    /// Without what ended before a time.
    pub(crate) fn since(&self, time: &str) -> Self {
        let mut later = self.clone();
        for lab in &mut later.labs {
            lab.ended.retain(|lease| lease.ended_after(time));
        }
        later
    }

    fn leases(&self) -> impl Iterator<Item = &Rc<Lease>> {
        let labs = self.labs.iter();
        labs.flat_map(|lab| lab.current.iter().chain(&lab.ended))
    }

    pub(crate) fn count(&self) -> usize {
        self.leases().count()
    }

    fn current(&self) -> impl Iterator<Item = &Rc<Lease>> {
        self.labs.iter().flat_map(|lab| &lab.current)
    }

    /// Nobody said of any lab when it lends, and nothing is or was lent.
    pub(crate) fn is_nothing(&self) -> bool {
        self.labs
            .iter()
            .all(|lab| lab.minutes == 0 && lab.current.is_empty() && lab.ended.is_empty())
    }

    /// How many devices are shown in each state, the loudest first; zeros are
    /// left out, unless they are asked for.
    pub(crate) fn counts(&self, day_begins: &str, asked: &[String]) -> Vec<(&'static str, u32)> {
        let all = self.labs.iter().flat_map(|lab| rows(lab, day_begins));
        let words: Vec<&str> = all.map(|row| row.shown.word()).collect();
        std::iter::once(OVERDUE)
            .chain(LeaseState::ALL.map(LeaseState::word))
            .map(|word| {
                let count = words.iter().filter(|found| **found == word).count();
                (word, u32::try_from(count).unwrap_or(u32::MAX))
            })
            .filter(|(word, count)| *count > 0 || asked.iter().any(|asked| asked == word))
            .collect()
    }

    /// What is wrong, and then what is held; the first is empty when nothing is.
    pub(crate) fn sentence(&self) -> (String, String) {
        let count = |is: fn(&Lease) -> bool| {
            let number = self.current().filter(|lease| is(lease)).count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let late = count(|lease| lease.overdue);
        let stuck = count(|lease| lease.state == LeaseState::Stuck && !lease.overdue);
        let held = plural(
            count(|lease| lease.state == LeaseState::Held && !lease.overdue),
            "device",
        );
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
            let mut all = before.leases();
            all.find(|old| old.id == lease.id)
                .map(|old| (old.state, old.overdue))
        };
        let ended = self.labs.iter().flat_map(|lab| &lab.ended);
        let news: Vec<String> = self
            .current()
            .chain(ended)
            .filter(|lease| was(lease) != Some((lease.state, lease.overdue)))
            .map(|lease| format!("{} of {} is {}", lease.device, lease.lab, lease.word()))
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

/// The devices of a lab that were lent since the day begins, the loudest first.
pub(crate) fn rows<'a>(lab: &'a Lab, day_begins: &str) -> Vec<DeviceRow<'a>> {
    let late = |lease: &&Rc<Lease>| lease.ended_after(day_begins);
    let mut rows: Vec<DeviceRow<'_>> = Vec::new();
    // Those that are not over come first, then the newest.
    for lease in lab.current.iter().chain(lab.ended.iter().filter(late)) {
        let known = rows.iter_mut().find(|row| row.shown.device == lease.device);
        match known {
            Some(row) => row.older.push(lease),
            None => rows.push(DeviceRow {
                shown: lease,
                older: Vec::new(),
            }),
        }
    }
    rows
}

impl Narrowed {
    pub(crate) fn is_nothing(&self) -> bool {
        self.search.trim().is_empty() && self.states.is_empty()
    }

    pub(crate) fn shows(&self, lease: &Lease) -> bool {
        let search = self.search.trim().to_lowercase();
        let names = [&lease.lab, &lease.device, &lease.device_type];
        let is_found = names
            .iter()
            .any(|name| name.to_lowercase().contains(&search));
        is_found && (self.states.is_empty() || self.states.iter().any(|word| word == lease.word()))
    }

    /// The states that are asked for when one is pressed, or let go.
    pub(crate) fn toggled(&self, word: &str) -> String {
        let mut states = self.states.clone();
        if states.iter().any(|state| state == word) {
            states.retain(|state| state != word);
        } else {
            states.push(word.to_owned());
        }
        states.join(",")
    }
}

#[cfg(test)]
pub(crate) mod tests;
