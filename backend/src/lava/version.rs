//! The names of LAVA's versions and their order. Must not know where a name
//! came from.
//!
//! A release is `2026.10`, a point release `2026.05.1`. A development version
//! follows a release by a number of commits: `2026.10.dev0042` as LAVA says it
//! now, `2026.10.0042.gabc1234` as it did before. Debian's packages report the
//! plain release (seen on 2023.01 and 2026.10), so no suffix is known here.

use entity::version::VersionKind;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub name: String,
    /// Year, month, point release and commits as decimal places: development
    /// versions stand after their release and before the next point release.
    pub ordinal: i64,
    pub kind: VersionKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{name}\" is not a LAVA version: {reason}; \
     known are 2026.10, 2026.10.1, 2026.10.dev0042 and 2026.10.0042.gabc1234"
)]
pub struct VersionError {
    name: String,
    reason: &'static str,
}

/// Longer names are no version of LAVA.
const LONGEST: usize = 80;

pub fn parse(name: &str) -> Result<Version, VersionError> {
    read(name).map_err(|reason| VersionError {
        name: name.chars().take(LONGEST).collect(),
        reason,
    })
}

fn read(name: &str) -> Result<Version, &'static str> {
    if name.len() > LONGEST {
        return Err("it is too long");
    }
    let mut parts = name.split('.').peekable();
    let year = parts
        .next()
        .and_then(|part| number(part, 4..=4))
        .filter(|year| (2000..=2999).contains(year))
        .ok_or("it does not begin with a year of four digits")?;
    let month = parts
        .next()
        .and_then(|part| number(part, 2..=2))
        .filter(|month| (1..=12).contains(month))
        .ok_or("the year is not followed by a month of two digits")?;
    let point = match parts.peek().copied().and_then(point) {
        Some(point) => {
            parts.next();
            point
        }
        None => 0,
    };
    let commits = match (parts.next(), parts.next(), parts.next()) {
        (None, _, _) => 0,
        (Some(dev), None, _) => dev
            .strip_prefix("dev")
            .and_then(commits)
            .ok_or("its end is no point release and no development version")?,
        (Some(count), Some(hash), None) if is_hash(hash) => {
            commits(count).ok_or("the number of commits has no four digits")?
        }
        (Some(_), Some(_), _) => return Err("its end is no development version"),
    };
    Ok(Version {
        name: name.to_owned(),
        ordinal: ((year * 100 + month) * 1_000 + point) * 1_000_000 + commits,
        kind: if commits == 0 {
            VersionKind::Release
        } else {
            VersionKind::Development
        },
    })
}

/// Up to three digits, no leading zero: four digits are a number of commits.
fn point(part: &str) -> Option<i64> {
    number(part, 1..=3).filter(|_| !part.starts_with('0'))
}

/// Padded with zeros to four digits, never zero: that is the release itself.
fn commits(part: &str) -> Option<i64> {
    number(part, 4..=6).filter(|count| *count > 0 && (part.len() == 4 || !part.starts_with('0')))
}

fn is_hash(part: &str) -> bool {
    part.strip_prefix('g').is_some_and(|hash| {
        (3..=40).contains(&hash.len())
            && hash
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

fn number(part: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    (digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        .then(|| part.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn orders_as_lava_does() {
        let ordered = [
            "2018.11",
            "2023.01",
            "2023.01.0042.gabcdef1234",
            "2023.02",
            "2023.03.1",
            "2026.05",
            "2026.05.dev0001",
            "2026.05.0002.gabc",
            "2026.05.dev9999",
            "2026.05.dev10000",
            "2026.05.1",
            "2026.05.1.dev0001",
            "2026.05.2",
            "2026.05.10",
            "2026.09",
            "2026.10",
            "2026.10.0042.gabc1234",
            "2026.10.dev0043",
            "2026.11",
            "2027.01",
        ];
        let ordinals: Vec<_> = ordered
            .iter()
            .map(|name| parse(name).expect(name).ordinal)
            .collect();
        assert!(
            ordinals.windows(2).all(|pair| pair[0] < pair[1]),
            "{ordinals:?}"
        );
    }

    #[test]
    fn tells_releases_from_development() {
        for (name, kind) in [
            ("2026.10", VersionKind::Release),
            ("2026.05.1", VersionKind::Release),
            ("2026.10.dev0042", VersionKind::Development),
            ("2023.01.0042.gabcdef1234", VersionKind::Development),
        ] {
            assert_eq!(parse(name).expect(name).kind, kind, "{name}");
        }
    }

    #[test]
    fn refuses_what_is_no_version() {
        for name in [
            "",
            "2026",
            "2026.1",
            "2026.13",
            "2026.00",
            "26.10",
            "1999.10",
            "v2026.10",
            "2026.10 ",
            "2026.10.",
            "2026.10.0",
            "2026.10.01",
            "2026.10.0042",
            "2026.10.0000.gabc1234",
            "2026.10.dev0000",
            "2026.10.dev42",
            "2026.10.dev",
            "2026.10.0042.abc1234",
            "2026.10.0042.gABC1234",
            "2026.10.0042.gxyz",
            "2026.10.0042.gabc.1",
            "2026.10.1.2",
            "2026.10-1",
            "2023.01+dfsg-5",
            "２０２６.10",
            "2026.10.dev99999999999999999999",
        ] {
            assert!(parse(name).is_err(), "{name}");
        }
        let told = parse("2026.1").expect_err("a month has two digits");
        assert!(told.to_string().contains("\"2026.1\""), "{told}");
    }

    proptest! {
        #[test]
        fn never_panics(name in ".{0,100}") {
            let _ = parse(&name);
        }

        #[test]
        fn later_in_any_place_is_later(year in 2000i64..3000, month in 1i64..=12, point in 0i64..1000, count in 0i64..1_000_000) {
            let mut name = format!("{year}.{month:02}");
            if point > 0 { name += &format!(".{point}"); }
            if count > 0 { name += &format!(".dev{count:04}"); }
            let version = parse(&name).expect("built as LAVA builds it");
            prop_assert_eq!(version.ordinal, ((year * 100 + month) * 1_000 + point) * 1_000_000 + count);
        }
    }
}
