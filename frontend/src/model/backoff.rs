//! How long to wait before trying the server again.
//!
//! Must not know the clock or chance: the caller brings a number in 0..1.

const FIRST: f64 = 1_000.0;
const LONGEST: f64 = 30_000.0;

/// Milliseconds before try number `failures` + 1: doubling, capped, and spread
/// over its upper half so that a restarted server is not met by all at once.
pub(crate) fn delay(failures: u32, chance: f64) -> f64 {
    let doublings = i32::try_from(failures.saturating_sub(1).min(10)).unwrap_or(10);
    let full = (FIRST * 2.0_f64.powi(doublings)).min(LONGEST);
    full * (0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_cap_and_are_spread() {
        let cases = [
            (1, 1.0, 1_000.0),
            (1, 0.0, 500.0),
            (3, 1.0, 4_000.0),
            (9, 1.0, 30_000.0),
            (900, 0.0, 15_000.0),
        ];
        for (failures, chance, expected) in cases {
            assert!((delay(failures, chance) - expected).abs() < 0.001);
        }
    }
}
