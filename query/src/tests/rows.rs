//! What queries find among a handful of cells.

use crate::{Action, Change, OfVersion, Query, Row, Verdict};

struct Cell {
    version: &'static str,
    feature: &'static str,
    device_type: Option<&'static str>,
    labs: &'static [&'static str],
    verdict: Verdict,
    change: Change,
    days: Option<i64>,
}

impl Row for Cell {
    fn version(&self) -> OfVersion<'_> {
        OfVersion {
            name: self.version,
            ordinal: super::ordinal(self.version).unwrap_or_default(),
            is_release: self.version != "2026.11",
        }
    }

    fn feature(&self) -> &str {
        self.feature
    }

    fn device_type(&self) -> Option<&str> {
        self.device_type
    }

    fn labs(&self) -> impl Iterator<Item = &str> {
        self.labs.iter().copied()
    }

    fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn change(&self) -> Change {
        self.change
    }

    fn age(&self) -> Option<i64> {
        self.days.map(|days| days * 86_400)
    }

    fn action(&self) -> Option<Action> {
        match self.feature.split('.').next() {
            Some("deploy") => Some(Action::Deploy),
            Some("boot") => Some(Action::Boot),
            Some("test") => Some(Action::Test),
            Some(_) | None => None,
        }
    }
}

/// Each is named by its letter.
const CELLS: [(char, Cell); 6] = [
    (
        'a',
        Cell {
            version: "2026.11",
            feature: "boot.u-boot",
            device_type: Some("x15"),
            labs: &["lkft", "collabora"],
            verdict: Verdict::Fail,
            change: Change::Regression,
            days: Some(1),
        },
    ),
    (
        'b',
        Cell {
            version: "2026.11",
            feature: "deploy.tftp",
            device_type: Some("x15"),
            labs: &["lkft"],
            verdict: Verdict::Pass,
            change: Change::None,
            days: Some(2),
        },
    ),
    (
        'c',
        Cell {
            version: "2026.11",
            feature: "generic.notifications",
            device_type: None,
            labs: &[],
            verdict: Verdict::Planned,
            change: Change::Gone,
            days: None,
        },
    ),
    (
        'd',
        Cell {
            version: "2026.10",
            feature: "boot.u-boot",
            device_type: Some("x15"),
            labs: &["collabora"],
            verdict: Verdict::Pass,
            change: Change::Fixed,
            days: Some(30),
        },
    ),
    (
        'e',
        Cell {
            version: "2025.12",
            feature: "test.shell",
            device_type: Some("juno r2, or not"),
            labs: &["lkft"],
            verdict: Verdict::Flaky,
            change: Change::Flaky,
            days: Some(365),
        },
    ),
    (
        'f',
        Cell {
            version: "2025.12",
            feature: "boot.*",
            device_type: Some("-x15"),
            labs: &["LKFT"],
            verdict: Verdict::NotReached,
            change: Change::NewFailure,
            days: Some(366),
        },
    ),
];

#[test]
fn a_query_finds_what_it_says() {
    for (text, expected) in [
        ("", "abcdef"),
        (" \t\n", "abcdef"),
        ("verdict:fail version>=2026.01 device-type:x15", "a"),
        ("feature:\"boot.u-boot\" or action:deploy", "abd"),
        ("not verdict:pass", "acef"),
        ("-verdict:pass", "acef"),
        ("verdict!=pass", "acef"),
        ("--verdict:pass", "bd"),
        ("(verdict:fail or verdict:pass) and not action:deploy", "ad"),
        ("verdict:fail or verdict:pass action:deploy", "ab"),
        ("change:regression", "a"),
        ("change:NEW_FAILURE", "f"),
        ("change:new-failure,Gone", "cf"),
        ("change:none", "b"),
        ("age>30d", "ef"),
        ("age>=30d", "def"),
        ("age<48h", "a"),
        ("not age>30d", "abcd"),
        ("age>52w age<=527040m", "ef"),
        ("kind:generic", "c"),
        ("kind:device kind:development", "ab"),
        ("kind:release,generic", "cdef"),
        ("verdict:fail,flaky", "ae"),
        ("verdict = fail , flaky", "ae"),
        ("version >= 2026.11", "abc"),
        ("version>2025.12 version<2026.11", "d"),
        ("version:2026.*", "abcd"),
        ("VERSION:2026.1*", "abcd"),
        ("version:2026", ""),
        ("2026", "abcd"),
        ("u-boot", "ad"),
        ("X15", "abdf"),
        ("u-boot,tftp", "abd"),
        ("boot*t", "ad"),
        ("device-type:*", "abdef"),
        ("device_type:x15", "abd"),
        ("-device-type:*", "c"),
        ("lab:lkft", "abef"),
        ("lab:coll*,lk", "ad"),
        ("feature:boot.*", "adf"),
        ("feature:\"boot.*\"", "f"),
        ("\"or not\"", "e"),
        ("\"or\"", "e"),
        ("\"juno r2, or not\"", "e"),
        ("device-type:\"-x15\"", "f"),
        ("NOT(u-boot OR action:deploy)AND(version:2025.12)", "ef"),
        ("\"\"", "abcdef"),
    ] {
        let query = Query::parse(text, super::ordinal).unwrap_or_else(|fault| {
            panic!("{text}: {fault:?}");
        });
        let found: String = CELLS
            .iter()
            .filter(|(_, cell)| query.matches(cell))
            .map(|(letter, _)| *letter)
            .collect();
        assert_eq!(found, expected, "{text}");
        for (letter, cell) in &CELLS {
            // A version whose cells are not read has none that is found.
            assert!(
                !query.matches(cell) || query.may_find_in(&cell.version()),
                "{text}: {letter}"
            );
        }
        let again = Query::parse(&query.to_string(), super::ordinal);
        assert_eq!(again, Ok(query), "{text}");
    }
}

#[test]
fn a_version_may_be_passed_over_unread() {
    for (text, may) in [
        ("", "2025.12 2026.10 2026.11"),
        ("verdict:fail", "2025.12 2026.10 2026.11"),
        ("version>2025.12 verdict:fail", "2026.10 2026.11"),
        ("version>2025.12 or verdict:fail", "2025.12 2026.10 2026.11"),
        ("-version:2026.*", "2025.12"),
        ("-(version:2026.10 or verdict:fail)", "2025.12 2026.11"),
        ("-(version:2026.10 verdict:fail)", "2025.12 2026.10 2026.11"),
        ("kind:release", "2025.12 2026.10"),
        ("kind:release,generic", "2025.12 2026.10 2026.11"),
        ("kind:development kind:generic", "2026.11"),
        ("2026", "2025.12 2026.10 2026.11"),
        ("-2026", "2025.12"),
    ] {
        let query = Query::parse(text, super::ordinal).expect(text);
        let versions = [&CELLS[5].1, &CELLS[3].1, &CELLS[0].1];
        let read: Vec<_> = versions
            .iter()
            .filter(|cell| query.may_find_in(&cell.version()))
            .map(|cell| cell.version)
            .collect();
        assert_eq!(read.join(" "), may, "{text}");
    }
}
