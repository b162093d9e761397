//! Is it the lab or LAVA? What the labs' counts allow one to say.
//!
//! Must not know anything but a cell's own attempts: it never guesses from
//! other cells.

use super::cell::{CellDetail, LabCount};

/// An answer in two words, and the sentence that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blame {
    pub answer: &'static str,
    pub because: String,
}

/// `None` where the question does not arise: nothing failed, or several
/// device-types are folded, each with labs of its own.
pub(crate) fn blame(cell: &CellDetail) -> Option<Blame> {
    if cell.parts.len() > 1 {
        return None;
    }
    if cell.fails == 0 && cell.infras == 0 {
        return None;
    }
    if cell.fails == 0 {
        let answer = if cell.passes > 0 {
            "The lab, at times."
        } else {
            "The lab."
        };
        return Some(Blame {
            answer,
            because: format!(
                "{} ended with an infrastructure error, which says nothing about LAVA.",
                share(cell.infras, cell.attempts, "attempt")
            ),
        });
    }
    let failing: Vec<&LabCount> = cell.labs.iter().filter(|lab| lab.fails > 0).collect();
    let passing: Vec<&LabCount> = cell
        .labs
        .iter()
        .filter(|lab| lab.fails == 0 && lab.passes > 0)
        .collect();
    Some(weigh(cell, &failing, &passing))
}

fn weigh(cell: &CellDetail, failing: &[&LabCount], passing: &[&LabCount]) -> Blame {
    let infra = match cell.infras {
        0 => "no attempt ended with an infrastructure error".to_owned(),
        some => format!(
            "{} ended with an infrastructure error",
            share(some, cell.attempts, "attempt")
        ),
    };
    if cell.passes > 0 && passing.is_empty() {
        return Blame {
            answer: "Unsteady.",
            because: format!(
                "The same labs saw it pass {} and fail {}; {infra}.",
                times(cell.passes),
                times(cell.fails)
            ),
        };
    }
    if !passing.is_empty() {
        return Blame {
            answer: "Perhaps the lab.",
            because: format!(
                "It fails in {} and passes in {}; {infra}.",
                names(failing),
                names(passing)
            ),
        };
    }
    if failing.len() > 1 {
        let all = if failing.len() == 2 {
            "both labs".to_owned()
        } else {
            format!("all {} labs", failing.len())
        };
        return Blame {
            answer: "Probably LAVA.",
            because: format!("It fails in {all} that ran it; {infra}."),
        };
    }
    Blame {
        answer: "Cannot tell.",
        because: format!("Only {} ran it; {infra}.", names(failing)),
    }
}

fn names(labs: &[&LabCount]) -> String {
    let names: Vec<&str> = labs
        .iter()
        .map(|count| count.lab.as_deref().unwrap_or("the federated server"))
        .collect();
    match names.as_slice() {
        [] => "one place".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

fn share(part: u32, whole: u32, noun: &str) -> String {
    match (part, whole) {
        (1, 1) => format!("The only {noun}"),
        (part, whole) if part == whole => format!("All {whole} {noun}s"),
        (part, whole) => format!("{part} of {whole} {noun}s"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::{cell::Part, verdict::CellVerdict};
    use super::*;

    pub(crate) fn cell(labs: &[(&str, u32, u32, u32)]) -> CellDetail {
        let sum = |part: fn(&(&str, u32, u32, u32)) -> u32| labs.iter().map(part).sum();
        CellDetail {
            event: 1,
            version: "2026.11".into(),
            feature: "boot.fastboot".into(),
            feature_description: String::new(),
            device_type: Some("x15".into()),
            verdict: CellVerdict::Fail,
            change: None,
            baseline: None,
            passed: 0,
            total: 1,
            attempts: sum(|lab| lab.1 + lab.2 + lab.3),
            passes: sum(|lab| lab.1),
            fails: sum(|lab| lab.2),
            infras: sum(|lab| lab.3),
            not_reached: 0,
            last_at: None,
            reason: None,
            reason_text: None,
            carried: None,
            failing_since: None,
            failing_versions: 0,
            last_passing: None,
            parts: Vec::new(),
            recent: Vec::new(),
            history: Vec::new(),
            labs: labs
                .iter()
                .map(|(name, passes, fails, infras)| LabCount {
                    lab: Some((*name).to_owned()),
                    attempts: passes + fails + infras,
                    passes: *passes,
                    fails: *fails,
                    infras: *infras,
                })
                .collect(),
        }
    }

    #[test]
    fn the_labs_counts_decide() {
        type Labs<'a> = &'a [(&'a str, u32, u32, u32)];
        let cases: [(Labs<'_>, Option<&str>); 7] = [
            (&[("lyon", 3, 0, 0)], None),
            (&[("lyon", 0, 0, 2)], Some("The lab.")),
            (&[("lyon", 1, 0, 2)], Some("The lab, at times.")),
            (
                &[("lyon", 0, 1, 0), ("cambridge", 0, 2, 0)],
                Some("Probably LAVA."),
            ),
            (
                &[("lyon", 0, 1, 0), ("cambridge", 2, 0, 0)],
                Some("Perhaps the lab."),
            ),
            (&[("lyon", 0, 1, 1)], Some("Cannot tell.")),
            (&[("lyon", 1, 1, 0)], Some("Unsteady.")),
        ];
        for (labs, expected) in cases {
            assert_eq!(
                blame(&cell(labs)).map(|blame| blame.answer),
                expected,
                "{labs:?}"
            );
        }
    }

    #[test]
    fn several_device_types_folded_have_no_one_answer() {
        let part = |device_type: &str, verdict| Part {
            device_type: device_type.to_owned(),
            verdict,
            change: None,
            reason_text: None,
        };
        let mut fold = cell(&[("lyon", 1, 1, 0)]);
        assert!(blame(&fold).is_some());
        fold.parts = vec![
            part("x15", CellVerdict::Fail),
            part("qemu", CellVerdict::Pass),
        ];
        assert_eq!(blame(&fold), None);
    }

    #[test]
    fn the_reason_names_the_labs() {
        let said = blame(&cell(&[("lyon", 0, 1, 0), ("cambridge", 2, 0, 1)])).unwrap();
        assert_eq!(
            said.because,
            "It fails in lyon and passes in cambridge; \
             1 of 4 attempts ended with an infrastructure error."
        );
    }
}
