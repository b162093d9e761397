//! Names as they are read: what repeats on every row is dimmed.
//!
//! Must not know which page shows the name.

/// A name cut into a dim, a strong and another dim part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub before: &'a str,
    pub strong: &'a str,
    pub after: &'a str,
}

/// `2026.10.0042.gabc` has its number strong; a release is strong as a whole.
pub(crate) fn version_parts(name: &str) -> Parts<'_> {
    let mut dots = name.match_indices('.').map(|(at, _)| at);
    let (Some(_), Some(second)) = (dots.next(), dots.next()) else {
        return whole(name);
    };
    let end = dots.next().unwrap_or(name.len());
    match (
        name.get(..=second),
        name.get(second + 1..end),
        name.get(end..),
    ) {
        (Some(before), Some(strong), Some(after)) => Parts {
            before,
            strong,
            after,
        },
        _ => whole(name),
    }
}

/// `deploy.nbd` has its action dim.
pub(crate) fn feature_parts(name: &str) -> Parts<'_> {
    match name.split_once('.') {
        Some((action, strong)) => Parts {
            before: name.get(..=action.len()).unwrap_or_default(),
            strong,
            after: "",
        },
        None => whole(name),
    }
}

/// `boot.fastboot` under the heading "boot" is only `fastboot`.
pub(crate) fn short_feature(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, rest)| rest)
}

/// A feature of LAVA itself, which has no device-type.
pub(crate) fn is_generic(feature: &str) -> bool {
    feature.starts_with("generic.")
}

/// Whether a development version belongs to a release's series.
pub(crate) fn is_of_series(version: &str, release: &str) -> bool {
    version
        .strip_prefix(release)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn whole(name: &str) -> Parts<'_> {
    Parts {
        before: "",
        strong: name,
        after: "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_dim() {
        let parts = version_parts("2026.10.0042.gabc1234");
        assert_eq!(
            (parts.before, parts.strong, parts.after),
            ("2026.10.", "0042", ".gabc1234")
        );
        assert_eq!(version_parts("2026.10").strong, "2026.10");
        assert_eq!(version_parts("2026.10.1").strong, "1");
        let parts = feature_parts("test.shell=0_smoke.x");
        assert_eq!((parts.before, parts.strong), ("test.", "shell=0_smoke.x"));
        assert_eq!(feature_parts("odd").strong, "odd");
        assert_eq!(short_feature("boot.u-boot"), "u-boot");
    }

    #[test]
    fn a_series_is_told_by_its_dot() {
        assert!(is_of_series("2026.10.0042.g1", "2026.10"));
        assert!(!is_of_series("2026.10", "2026.10"));
        assert!(!is_of_series("2026.101.0001", "2026.10"));
    }
}
