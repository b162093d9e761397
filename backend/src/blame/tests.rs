//! The counts that decide, and the sentences they make, by tables.

use super::*;

const NONE: Tally = tally(0, 0, 0);

const fn tally(passes: u32, fails: u32, infras: u32) -> Tally {
    Tally {
        passes,
        fails,
        infras,
    }
}

fn before(worked: bool) -> Option<Before> {
    Some(Before {
        version: "2026.09".to_owned(),
        worked,
    })
}

/// A cell that these labs tried.
fn cell(labs: &[(&str, Tally)]) -> Evidence {
    let mut attempts = Tally::default();
    for (_, of) in labs {
        attempts.passes += of.passes;
        attempts.fails += of.fails;
        attempts.infras += of.infras;
    }
    let failing = labs.iter().filter(|(_, of)| of.fails > 0).count();
    Evidence {
        subject: Subject::Cell {
            device_type: "x15".to_owned(),
        },
        attempts,
        labs: labs
            .iter()
            .map(|(name, of)| ((*name).to_owned(), *of))
            .collect(),
        others_failing: 0,
        others_passing: 0,
        labs_failing: u32::try_from(failing).unwrap(),
        neighbours: NONE,
        before: None,
    }
}

const LYON: &[(&str, Tally)] = &[("lyon", tally(0, 2, 0))];
const BOTH: &[(&str, Tally)] = &[("lyon", tally(0, 1, 0)), ("paris", tally(0, 2, 0))];

fn others(of: Evidence, failing: u32, passing: u32) -> Evidence {
    Evidence {
        others_failing: failing,
        others_passing: passing,
        ..of
    }
}

fn beside(of: Evidence, neighbours: Tally) -> Evidence {
    Evidence { neighbours, ..of }
}

fn after(of: Evidence, worked: bool) -> Evidence {
    Evidence {
        before: before(worked),
        ..of
    }
}

#[test]
fn the_counts_decide() {
    use Certainty::{Perhaps, Probably, Surely};
    use Suspect::{DeviceType, Lab, Lava, Unknown, Unsteady};
    let good = tally(5, 1, 0);
    let bad = tally(1, 0, 5);
    let split: &[_] = &[("lyon", tally(0, 1, 0)), ("paris", tally(2, 0, 0))];
    let infra: &[_] = &[("lyon", tally(0, 0, 2))];
    let infra_in_both: &[_] = &[("lyon", tally(0, 0, 2)), ("paris", tally(0, 0, 1))];
    for (known, expected) in [
        // nothing failed
        (cell(&[("lyon", tally(3, 0, 0))]), None),
        // infra is the lab's, unless several labs meet it where there was a verdict before
        (cell(infra), Some((Lab, Surely))),
        (after(cell(infra), true), Some((Lab, Surely))),
        (cell(infra_in_both), Some((Lab, Surely))),
        (after(cell(infra_in_both), true), Some((Lava, Perhaps))),
        // the same device-type passes in another lab
        (cell(split), Some((Lab, Perhaps))),
        (beside(cell(split), good), Some((Lab, Perhaps))),
        (beside(cell(split), bad), Some((Lab, Probably))),
        // both ways in one place
        (cell(&[("lyon", tally(1, 1, 0))]), Some((Unsteady, Surely))),
        // everywhere
        (others(cell(BOTH), 3, 0), Some((Lava, Probably))),
        (others(cell(BOTH), 3, 1), Some((Lava, Probably))),
        (
            beside(others(cell(LYON), 3, 0), good),
            Some((Lava, Probably)),
        ),
        (others(cell(LYON), 3, 0), Some((Lava, Perhaps))),
        (beside(others(cell(LYON), 3, 0), bad), Some((Lab, Perhaps))),
        (
            beside(
                Evidence {
                    labs_failing: 2,
                    ..others(cell(LYON), 3, 0)
                },
                bad,
            ),
            Some((Lava, Probably)),
        ),
        // there alone
        (others(cell(BOTH), 0, 3), Some((DeviceType, Probably))),
        (others(cell(BOTH), 1, 3), Some((DeviceType, Probably))),
        (
            beside(others(cell(LYON), 0, 3), good),
            Some((DeviceType, Probably)),
        ),
        (beside(others(cell(LYON), 0, 3), bad), Some((Lab, Probably))),
        (others(cell(LYON), 0, 3), Some((Unknown, Surely))),
        (after(others(cell(LYON), 0, 3), true), Some((Lava, Perhaps))),
        (
            after(others(cell(LYON), 0, 3), false),
            Some((Unknown, Surely)),
        ),
        // nobody else tried it
        (cell(BOTH), Some((Lava, Probably))),
        (cell(LYON), Some((Unknown, Surely))),
        (after(cell(LYON), true), Some((Lava, Perhaps))),
        (
            after(beside(cell(LYON), good), true),
            Some((Lava, Probably)),
        ),
        (beside(cell(LYON), good), Some((Lava, Perhaps))),
        (beside(cell(LYON), bad), Some((Lab, Perhaps))),
        (after(beside(cell(LYON), bad), true), Some((Lab, Probably))),
        // one other job that did not pass is an accident
        (beside(cell(LYON), tally(0, 0, 1)), Some((Unknown, Surely))),
    ] {
        assert_eq!(suspect(&known), expected, "{known:?}");
    }
}

#[test]
fn the_sentence_has_the_counts() {
    let split = cell(&[("lyon", tally(0, 1, 0)), ("paris", tally(2, 0, 1))]);
    let fold = Evidence {
        subject: Subject::Fold {
            failing: vec!["bbb".to_owned(), "x15".to_owned()],
        },
        ..after(others(cell(BOTH), 0, 7), true)
    };
    let generic = Evidence {
        subject: Subject::Generic,
        labs: vec![],
        ..after(cell(LYON), true)
    };
    for (known, said) in [
        (
            beside(after(others(cell(BOTH), 3, 1), true), tally(5, 1, 0)),
            "Probably LAVA: it fails on x15 in lyon and paris (all 3 attempts); \
             fails on 3 of 4 other device-types; 5 of 6 other jobs of lyon and paris at the time passed; \
             it worked there in 2026.09.",
        ),
        (
            beside(split, tally(0, 1, 1)),
            "Probably the lab: it fails on x15 in lyon and passes in paris, \
             1 more ended in an infrastructure error; no other device-type has a verdict; \
             0 of 2 other jobs of lyon and paris at the time passed; no version before has a verdict.",
        ),
        (
            fold,
            "Probably these device-types, not the lab: it fails on bbb and x15 in lyon and paris \
             (all 3 attempts); passes on all 7 other device-types; \
             no other job of lyon and paris at the time says more; it worked there in 2026.09.",
        ),
        (
            generic,
            "Perhaps LAVA: it fails (both attempts); it worked in 2026.09.",
        ),
        (
            after(cell(&[("lyon", tally(0, 0, 1))]), false),
            "The lab: the only attempt on x15 ended in an infrastructure error in lyon; \
             no other device-type has a verdict; no other job of lyon at the time says more; \
             it did not work there in 2026.09 either.",
        ),
        (
            others(cell(&[("lyon", tally(2, 1, 0))]), 1, 0),
            "Unsteady: it failed 1 of 3 times on x15 in lyon; fails on the one other device-type; \
             no other job of lyon at the time says more; no version before has a verdict.",
        ),
    ] {
        assert_eq!(sentence(&known).as_deref(), Some(said));
    }
    assert_eq!(sentence(&cell(&[("lyon", tally(1, 0, 0))])), None);
}
