//! Is it LAVA, the device-type or the lab? What the counts around a failing
//! place allow one to say, in one sentence. Pure: must not know where the counts
//! come from; it never says more than they do.

mod words;

use entity::verdict::Verdict;

pub use words::sentence;

/// Attempts or jobs by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passes: u32,
    pub fails: u32,
    pub infras: u32,
}

/// A lab's name, and how it went there.
pub type OfLab = (String, Tally);

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Cell {
        device_type: String,
    },
    /// A generic feature.
    Generic,
    /// Several device-types; what is counted as attempts is of those that fail.
    Fold {
        /// By name.
        failing: Vec<String>,
    },
}

/// What the place was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub version: String,
    pub worked: bool,
}

/// The counts behind an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub subject: Subject,
    /// Attempts at the place itself.
    pub attempts: Tally,
    /// The same, by the lab that made them; what no device ran is no lab's.
    pub labs: Vec<OfLab>,
    /// Device-types beside it with a verdict on the feature in the version.
    pub others_failing: u32,
    pub others_passing: u32,
    /// Labs in which the feature fails, on whatever device-type.
    pub labs_failing: u32,
    /// What else the failing labs ran in those hours, of other features.
    pub neighbours: Tally,
    /// The nearest version before with a verdict.
    pub before: Option<Before>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suspect {
    Lava,
    /// LAVA on this device-type alone, or the device-type itself.
    DeviceType,
    Lab,
    /// It passes and fails in the same place.
    Unsteady,
    /// Too little is known.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    Perhaps,
    Probably,
    Surely,
}

impl Tally {
    pub fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passes += 1,
            Verdict::Fail => self.fails += 1,
            Verdict::Infra => self.infras += 1,
            Verdict::NotReached => {}
        }
    }

    #[must_use]
    pub fn all(&self) -> u32 {
        self.passes + self.fails + self.infras
    }

    /// Most of them did not pass, and they are more than an accident.
    fn are_bad(&self) -> bool {
        self.all() > 1 && self.passes * 2 < self.all()
    }

    fn are_good(&self) -> bool {
        self.passes * 2 > self.all()
    }
}

impl Evidence {
    /// Labs in which it fails, and those in which it only passes.
    fn sides(&self) -> (Vec<&OfLab>, Vec<&OfLab>) {
        let failing = self.labs.iter().filter(|(_, of)| of.fails > 0).collect();
        let passing = |of: &Tally| of.fails == 0 && of.passes > 0;
        let passing = self.labs.iter().filter(|(_, of)| passing(of)).collect();
        (failing, passing)
    }

    fn worked_before(&self) -> bool {
        self.before.as_ref().is_some_and(|before| before.worked)
    }
}

/// `None` where the question does not arise: nothing failed.
#[must_use]
pub fn suspect(known: &Evidence) -> Option<(Suspect, Certainty)> {
    use Certainty::{Perhaps, Probably, Surely};
    let attempts = &known.attempts;
    if attempts.fails == 0 {
        return match attempts.infras {
            0 => None,
            // One lab fails at times; where several do at once, LAVA may be behind it.
            _ if known.labs.len() > 1 && known.before.is_some() => Some((Suspect::Lava, Perhaps)),
            _ => Some((Suspect::Lab, Surely)),
        };
    }
    let (failing, passing) = known.sides();
    if !failing.is_empty() && !passing.is_empty() {
        let certainty = if known.neighbours.are_bad() {
            Probably
        } else {
            Perhaps
        };
        return Some((Suspect::Lab, certainty));
    }
    if attempts.passes > 0 {
        return Some((Suspect::Unsteady, Surely));
    }
    Some(of_failures(known, failing.len()))
}

/// All attempts failed, in none lab or some.
fn of_failures(known: &Evidence, labs: usize) -> (Suspect, Certainty) {
    use Certainty::{Perhaps, Probably, Surely};
    let (failing, passing) = (known.others_failing, known.others_passing);
    let (bad, good) = (known.neighbours.are_bad(), known.neighbours.are_good());
    if labs < 2 && known.labs_failing < 2 && bad {
        let certainty = if passing > 0 || known.worked_before() {
            Probably
        } else {
            Perhaps
        };
        return (Suspect::Lab, certainty);
    }
    let alone = passing > failing;
    if alone && (labs > 1 || good) {
        return (Suspect::DeviceType, Probably);
    }
    if !alone && (labs > 1 || known.labs_failing > 1) {
        return (Suspect::Lava, Probably);
    }
    if !alone && good {
        let told = known.worked_before() || failing > 0;
        return (Suspect::Lava, if told { Probably } else { Perhaps });
    }
    if known.worked_before() || failing > 1 && !alone {
        return (Suspect::Lava, Perhaps);
    }
    (Suspect::Unknown, Surely)
}

#[cfg(test)]
mod tests;
