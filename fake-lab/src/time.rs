//! Times as LAVA writes them. Must not know which clock they come from.

use chrono::{DateTime, SecondsFormat, Utc};

fn fraction(at: DateTime<Utc>) -> SecondsFormat {
    if at.timestamp_subsec_micros() == 0 {
        SecondsFormat::Secs
    } else {
        SecondsFormat::Micros
    }
}

/// As REST has them: `2026-11-22T09:38:24.576831Z`.
pub(crate) fn rest(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(fraction(at), true)
}

/// As Python's `str` has them: `2026-11-22 09:38:24.576831+00:00`.
pub(crate) fn spaced(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(fraction(at), false)
        .replacen('T', " ", 1)
}

/// As the header `Date` has them.
pub(crate) fn http(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
