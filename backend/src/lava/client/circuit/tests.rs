//! The circuit over time that a test moves by hand.

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
}

fn fail(circuit: &Circuit, now: DateTime<Utc>) {
    circuit.enter(now).expect("leave").failed(now);
}

/// When the open circuit lets the next call try.
fn until(circuit: &Circuit, now: DateTime<Utc>) -> DateTime<Utc> {
    match circuit.state(now) {
        CircuitState::Open { until } => until,
        // the pause was drawn as nothing at all
        CircuitState::HalfOpen => now,
        CircuitState::Closed => panic!("closed"),
    }
}

fn opened(seed: u64) -> Circuit {
    let circuit = Circuit::seeded(seed);
    for _ in 0..OPENS_AFTER {
        assert_eq!(circuit.state(at(0)), CircuitState::Closed);
        fail(&circuit, at(0));
    }
    circuit
}

#[test]
fn an_answer_between_failures_keeps_it_closed() {
    let circuit = Circuit::seeded(1);
    for _ in 0..10 {
        for _ in 1..OPENS_AFTER {
            fail(&circuit, at(0));
        }
        circuit.enter(at(0)).expect("leave").answered();
    }
    assert_eq!(circuit.state(at(0)), CircuitState::Closed);
}

#[test]
fn one_call_tries_after_the_pause() {
    let circuit = opened(2);
    let back = until(&circuit, at(0));
    assert!(back > at(0) && back <= at(1), "{back}");
    assert!(matches!(
        circuit.enter(at(0)),
        Err(CircuitState::Open { .. })
    ));
    let trial = circuit.enter(back).expect("the trial");
    assert_eq!(circuit.enter(back).err(), Some(CircuitState::HalfOpen));
    trial.answered();
    assert_eq!(circuit.state(back), CircuitState::Closed);
    assert!(circuit.enter(back).is_ok());
}

#[test]
fn pauses_grow_to_thirty_seconds_and_no_longer() {
    let mut longest = TimeDelta::zero();
    for seed in 0..50 {
        let circuit = opened(seed);
        let mut now = until(&circuit, at(0));
        for (tried, most) in [2, 4, 8, 16, 30, 30, 30].into_iter().enumerate() {
            fail(&circuit, now);
            let pause = until(&circuit, now) - now;
            assert!(pause <= TimeDelta::seconds(most), "{tried}: {pause}");
            longest = longest.max(pause);
            now += pause;
        }
    }
    assert!(longest > TimeDelta::seconds(25), "{longest}");
}

#[test]
fn a_trial_that_is_dropped_makes_room_for_the_next() {
    let circuit = opened(3);
    let back = until(&circuit, at(0));
    drop(circuit.enter(back));
    assert_eq!(circuit.state(back), CircuitState::HalfOpen);
    assert!(circuit.enter(back).is_ok());
}

#[test]
fn a_late_failure_does_not_lengthen_the_pause() {
    let circuit = Circuit::seeded(4);
    let late = circuit.enter(at(0)).expect("leave");
    for _ in 0..OPENS_AFTER {
        fail(&circuit, at(0));
    }
    let back = until(&circuit, at(0));
    late.failed(at(0));
    assert_eq!(until(&circuit, at(0)), back);
}

#[test]
fn a_clock_set_back_does_not_hold_it_open() {
    let circuit = opened(5);
    assert!(circuit.enter(at(-3600)).is_ok());
}

#[test]
fn the_same_seed_draws_the_same_pauses() {
    let pause = |seed| until(&opened(seed), at(0));
    assert_eq!(pause(7), pause(7));
    assert_ne!(pause(7), pause(8));
}
