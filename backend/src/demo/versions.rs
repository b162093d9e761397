//! The versions of the demo's year: a release each month and development
//! versions between. Their names are fixed; their times count back from the end
//! of the history. Must not know what is tested on them.

use chrono::{DateTime, Duration, Utc};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Months of the releases, the last one is in test.
const RELEASES: [&str; 13] = [
    "2025.11", "2025.12", "2026.01", "2026.02", "2026.03", "2026.04", "2026.05", "2026.06",
    "2026.07", "2026.08", "2026.09", "2026.10", "2026.11",
];
/// Development versions after each release but the last.
const DEVELOPMENTS: [usize; 12] = [4, 4, 3, 4, 4, 4, 4, 3, 4, 4, 4, 5];
/// From this release on LAVA names development versions without a commit.
const FIRST_DEV: &str = "2026.06";
/// Hours between releases, and how long the newest version is tested by now.
const MONTH: i64 = 726;
const NEWEST: i64 = 48;

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) name: String,
    pub(super) begins: DateTime<Utc>,
    /// When the next version took its place.
    pub(super) ends: DateTime<Utc>,
}

/// Oldest first.
pub(super) fn all(end: DateTime<Utc>) -> Vec<Version> {
    let mut rng = ChaCha8Rng::seed_from_u64(0x1a7a);
    let newest = end - Duration::hours(NEWEST);
    let mut versions = Vec::new();
    for (place, release) in (0i64..).zip(RELEASES) {
        let begins = newest - Duration::hours(MONTH * (12 - place));
        push(&mut versions, release.to_owned(), begins);
        let developments = usize::try_from(place)
            .ok()
            .and_then(|place| DEVELOPMENTS.get(place))
            .copied()
            .unwrap_or_default();
        let mut commits = 0;
        for nth in 1..=developments {
            commits += rng.random_range(5..13);
            let hash: u32 = rng.random_range(0..0x1000_0000);
            let name = if release < FIRST_DEV {
                format!("{release}.{commits:04}.g{hash:07x}")
            } else {
                format!("{release}.dev{commits:04}")
            };
            let parts = i64::try_from(developments + 1).unwrap_or(1);
            let nth = i64::try_from(nth).unwrap_or(0);
            let begins = begins + Duration::hours(MONTH * nth / parts);
            push(&mut versions, name, begins);
        }
    }
    let begins: Vec<_> = versions.iter().map(|version| version.begins).collect();
    for (version, next) in versions.iter_mut().zip(begins.into_iter().skip(1)) {
        version.ends = next;
    }
    if let Some(newest) = versions.last_mut() {
        newest.ends = end;
    }
    versions
}

fn push(versions: &mut Vec<Version>, name: String, begins: DateTime<Utc>) {
    versions.push(Version {
        name,
        begins,
        ends: begins,
    });
}

/// The place of a release (the first is 0), or of a development version after it.
pub(super) fn at(release: usize, development: usize) -> usize {
    release + DEVELOPMENTS.iter().take(release).sum::<usize>() + development
}

/// The name of the version in test.
pub(super) fn newest_name() -> &'static str {
    RELEASES.last().copied().unwrap_or_default()
}
