//! Leases in order, in words, and narrowed.

use super::*;
use crate::model::lab::tests::lab;

pub(crate) fn lease(id: &str, device: &str, state: LeaseState, overdue: bool) -> Lease {
    Lease {
        id: id.into(),
        number: id.parse().unwrap_or(1),
        lab: "paris".into(),
        device: device.into(),
        device_type: "bbb".into(),
        state,
        reason: "The story says so.".into(),
        saved: Some("GOOD".into()),
        held_seconds: Some(5_400),
        ends_at: "2026-11-22T05:00:00Z".into(),
        overdue,
        planned_at: "2026-11-21T19:59:00Z".into(),
        asked_at: None,
        taken_at: None,
        opened_at: None,
        ended_at: None,
        restored: false,
        kept: false,
        jobs: Vec::new(),
    }
}

fn lending(leases: Vec<Lease>) -> Lending {
    let round = Round {
        version: "2026.10".into(),
        state: "open".into(),
        reason: None,
    };
    let labs = vec![lab("paris"), lab("rennes")];
    Lending::of(labs, vec![("paris".into(), round)], leases, None)
}

fn ids(leases: &[Rc<Lease>]) -> String {
    leases.iter().map(|one| one.id.as_str()).collect()
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
fn what_is_over_is_kept_and_not_read_again() {
    let over = |id: &str, at: &str| {
        let mut over = lease(id, "a", LeaseState::Released, false);
        over.ended_at = Some(format!("2026-11-21T{at}:00Z"));
        over
    };
    let open = |id: &str, state| lease(id, "b", state, false);
    let paris = |of: &Lending| {
        let paris = of.labs.first().unwrap();
        (ids(&paris.current), ids(&paris.ended))
    };
    let of = |leases, known| Lending::of(vec![lab("paris")], Vec::new(), leases, known);

    let newest = of(vec![open("9", LeaseState::Held), over("8", "20:00")], None);
    assert!(!newest.is_whole);
    let older = vec![over("9", "20:30"), over("7", "19:00"), over("6", "18:00")];
    let whole = newest.with(older);
    assert!(whole.is_whole);
    let known = (String::new(), "9876".to_owned());
    assert_eq!(paris(&whole), known, "it ended between the two readings");
    let end = whole.newest_end.as_deref();
    assert_eq!(end, Some("2026-11-21T20:00:00Z"), "others may have, too");

    let news = vec![open("10", LeaseState::Planned), over("9", "21:00")];
    let whole = of(news, Some(&whole));
    assert!(whole.is_whole);
    assert_eq!(paris(&whole), ("10".into(), "9876".into()));
    assert_eq!(whole.count(), 5);
    assert_eq!(paris(&whole.since("2026-11-21T18:30:00Z")).1, "987");

    let gone = of(vec![over("9", "21:00")], Some(&whole));
    assert_eq!(paris(&gone).0, "", "no longer told of as one that is open");
}

#[test]
fn no_more_than_a_page_can_show_is_read() {
    let leases = |count: u32| {
        let leases = (0..count).rev();
        let lease = |id: u32| lease(&id.to_string(), "a", LeaseState::Released, false);
        leases.map(lease).collect()
    };
    assert!(!lending(leases(999)).is_cut);
    assert!(lending(leases(1_000)).is_cut);
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
fn a_device_is_one_row_with_what_was_before() {
    let mut yesterday = lease("1", "a", LeaseState::Released, false);
    yesterday.ended_at = Some("2026-11-20T08:00:00Z".into());
    let mut today = lease("2", "a", LeaseState::Released, false);
    today.ended_at = Some("2026-11-21T08:00:00Z".into());
    let mut other = lease("3", "b", LeaseState::Skipped, false);
    other.ended_at = today.ended_at.clone();
    let held = lease("4", "a", LeaseState::Held, true);
    let of = lending(vec![held, other, today, yesterday]);
    let begins = "2026-11-21T00:00:00Z";
    let rows = rows(of.labs.first().unwrap(), begins);
    let told: Vec<(&str, usize)> = rows
        .iter()
        .map(|row| (row.shown.id.as_str(), row.older.len()))
        .collect();
    assert_eq!(told, [("4", 1), ("3", 0)]);
    assert_eq!(of.counts(begins, &[]), [("overdue", 1), ("skipped", 1)]);
    let asked = ["held".to_owned()];
    assert_eq!(of.counts(begins, &asked).get(1), Some(&("held", 0)));
}

#[test]
fn leases_are_narrowed_by_name_and_state() {
    let held = lease("1", "bbb-01", LeaseState::Held, false);
    let late = lease("2", "x15-01", LeaseState::Held, true);
    let narrowed = |search: &str, states: &[&str]| Narrowed {
        search: search.into(),
        states: states.iter().map(|word| (*word).to_owned()).collect(),
    };
    assert!(narrowed(" BBB-", &[]).shows(&held));
    assert!(narrowed("paris", &["held"]).shows(&held));
    assert!(!narrowed("", &["held"]).shows(&late), "overdue is louder");
    assert!(!narrowed("rennes", &[]).shows(&held));
    assert_eq!(narrowed("", &["held"]).toggled("overdue"), "held,overdue");
    assert_eq!(narrowed("", &["held"]).toggled("held"), "");
}

#[test]
fn what_a_device_was_left_with() {
    let mut over = lease("1", "a", LeaseState::Released, false);
    assert_eq!(over.left_health(), None, "its owner changed it");
    over.restored = true;
    assert_eq!(over.left_health().as_deref(), Some("Good"));
    over.kept = true;
    assert_eq!(over.left_health().as_deref(), Some("Maintenance"));
    let held = lease("1", "a", LeaseState::Held, false);
    assert_eq!(held.left_health(), None);
}

#[test]
fn a_lease_is_told_as_lava_spells_it() {
    let lease = lease("1", "a", LeaseState::Held, false);
    assert_eq!(lease.saved_health().as_deref(), Some("Good"));
    assert_eq!(lease.held().as_deref(), Some("90 min"));
}
