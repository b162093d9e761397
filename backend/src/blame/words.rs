//! The answer and the counts behind it as one sentence. Must not decide anything.

use super::{Certainty, Evidence, OfLab, Subject, Suspect, Tally, suspect};

/// More names than these are a number.
const NAMES: usize = 2;

/// `None` where the question does not arise.
#[must_use]
pub fn sentence(known: &Evidence) -> Option<String> {
    let (suspect, certainty) = suspect(known)?;
    let said = [
        Some(here(known)),
        elsewhere(known),
        at_the_time(known),
        before(known),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    Some(format!(
        "{}: {}.",
        answer(suspect, certainty, &known.subject),
        said.join("; ")
    ))
}

fn answer(suspect: Suspect, certainty: Certainty, subject: &Subject) -> String {
    let several = matches!(subject, Subject::Fold { failing } if failing.len() > 1);
    let who = match suspect {
        Suspect::Lava => "LAVA",
        Suspect::DeviceType if several => "these device-types, not the lab",
        Suspect::DeviceType => "this device-type, not the lab",
        Suspect::Lab => "the lab",
        Suspect::Unsteady => return "Unsteady".to_owned(),
        Suspect::Unknown => return "Cannot tell yet".to_owned(),
    };
    match certainty {
        Certainty::Perhaps => format!("Perhaps {who}"),
        Certainty::Probably => format!("Probably {who}"),
        Certainty::Surely => {
            let mut letters = who.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect()
        }
    }
}

/// How it went at the place itself.
fn here(known: &Evidence) -> String {
    let place = match &known.subject {
        Subject::Cell { device_type } => format!(" on {device_type}"),
        Subject::Generic => String::new(),
        Subject::Fold { failing } => format!(" on {}", names(failing, "device-types")),
    };
    let all = &known.attempts;
    if all.fails == 0 {
        let ended = share(all.infras, all.all(), "attempt");
        return format!(
            "{ended}{place} ended in an infrastructure error{}",
            within(known)
        );
    }
    let (failing, passing) = known.sides();
    let list = |labs: &[&OfLab]| {
        let names: Vec<String> = labs.iter().map(|(name, _)| name.clone()).collect();
        self::names(&names, "labs")
    };
    let infra = match all.infras {
        0 => String::new(),
        some => format!(", {some} more ended in an infrastructure error"),
    };
    if !failing.is_empty() && !passing.is_empty() {
        return format!(
            "it fails{place} in {} and passes in {}{infra}",
            list(&failing),
            list(&passing)
        );
    }
    let labs = if failing.is_empty() {
        String::new()
    } else {
        format!(" in {}", list(&failing))
    };
    let real = all.passes + all.fails;
    if all.passes > 0 {
        return format!(
            "it failed {} of {real} times{place}{labs}{infra}",
            all.fails
        );
    }
    format!(
        "it fails{place}{labs} ({}{infra})",
        share(all.fails, real, "attempt")
    )
}

fn within(known: &Evidence) -> String {
    if known.labs.is_empty() {
        return String::new();
    }
    let names: Vec<String> = known.labs.iter().map(|(name, _)| name.clone()).collect();
    format!(" in {}", self::names(&names, "labs"))
}

/// The same feature of the same version on other device-types.
fn elsewhere(known: &Evidence) -> Option<String> {
    if known.subject == Subject::Generic {
        return None;
    }
    let (failing, passing) = (known.others_failing, known.others_passing);
    let others = |count: u32| match count {
        1 => "the one other device-type".to_owned(),
        2 => "both other device-types".to_owned(),
        more => format!("all {more} other device-types"),
    };
    Some(match (failing, passing) {
        (0, 0) => "no other device-type has a verdict".to_owned(),
        (0, some) => format!("passes on {}", others(some)),
        (some, 0) => format!("fails on {}", others(some)),
        (some, rest) => format!("fails on {some} of {} other device-types", some + rest),
    })
}

/// What else the labs in which it did not pass ran in those hours.
fn at_the_time(known: &Evidence) -> Option<String> {
    let in_trouble = |of: &Tally| of.fails > 0 || of.infras > 0;
    let labs = known.labs.iter().filter(|(_, of)| in_trouble(of));
    let labs: Vec<String> = labs.map(|(name, _)| name.clone()).collect();
    if labs.is_empty() {
        return None;
    }
    let of = &known.neighbours;
    let names = names(&labs, "labs");
    Some(match of.all() {
        0 => format!("no other job of {names} at the time says more"),
        all => format!(
            "{} of {all} other jobs of {names} at the time passed",
            of.passes
        ),
    })
}

fn before(known: &Evidence) -> Option<String> {
    let place = match &known.subject {
        Subject::Cell { .. } | Subject::Fold { .. } => "there ",
        Subject::Generic => "",
    };
    Some(match &known.before {
        Some(before) if before.worked => format!("it worked {place}in {}", before.version),
        Some(before) => format!("it did not work {place}in {} either", before.version),
        None => "no version before has a verdict".to_owned(),
    })
}

fn names(names: &[String], many: &str) -> String {
    match names {
        [one] => one.clone(),
        [one, other] if names.len() <= NAMES => format!("{one} and {other}"),
        more => format!("{} {many}", more.len()),
    }
}

fn share(part: u32, whole: u32, noun: &str) -> String {
    match (part, whole) {
        (1, 1) => format!("the only {noun}"),
        (2, 2) => format!("both {noun}s"),
        (part, whole) if part == whole => format!("all {whole} {noun}s"),
        (part, whole) => format!("{part} of {whole} {noun}s"),
    }
}
