//! The grid, a cell and a version as the server tells them.
//!
//! Must not know how they were asked for. Read member by member, see
//! `json::Facts`.

use std::rc::Rc;

use super::json::Facts;
use super::read::{NamedVersion, VersionHead, Versions};
use crate::model::cell;
use crate::model::change::ChangeClass;
use crate::model::grid::{
    FeatureAction, Grid, GridCell, GridRow, Header, VersionKind, unpack, unpack_one,
};
use crate::model::summary::Summary;
use crate::model::verdict::{CellVerdict, Shown, Verdict};

pub(super) fn grid(grid: &Facts) -> Grid {
    let columns: Rc<[Header]> = grid.list("columns").iter().map(header).collect();
    let rows = grid
        .list("rows")
        .iter()
        .map(|row| {
            let cells = unpack(
                &row.text("verdicts"),
                &row.text("changes"),
                &row.text("counts"),
                columns.len(),
            );
            GridRow {
                cells: cells.unwrap_or_else(|_| {
                    row.miss("verdicts");
                    Rc::new([])
                }),
                header: header(&row.of("header")),
            }
        })
        .collect();
    Grid {
        event: grid.number("event"),
        sentence: grid.text_if("sentence"),
        columns,
        rows,
        total_rows: usize::try_from(grid.number("totalRows")).unwrap_or_default(),
        end_cursor: grid.text_if("endCursor"),
        has_next: grid.is("hasNextPage"),
    }
}

fn header(heading: &Facts) -> Header {
    let number = |name| u16::try_from(heading.number(name)).unwrap_or_default();
    let folded = unpack_one(
        &heading.text("verdict"),
        &heading.text("change"),
        number("passed"),
        number("total"),
    );
    Header {
        folded: folded.unwrap_or_else(|_| {
            heading.miss("verdict");
            GridCell {
                shown: Shown::Own(CellVerdict::NotApplicable),
                change: None,
                counts: None,
            }
        }),
        name: heading.text("name").into(),
        action: word_if(heading, "action", FeatureAction::read),
        kind: word_if(heading, "kind", VersionKind::read),
        summary: heading
            .of_if("summary")
            .map(|counts| Rc::new(summary(&counts))),
    }
}

fn summary(counts: &Facts) -> Summary {
    let count = |name| count(counts, name);
    Summary {
        expected: count("expected"),
        tested: count("tested"),
        pass: count("pass"),
        fail: count("fail"),
        flaky: count("flaky"),
        infra: count("infra"),
        running: count("running"),
        planned: count("planned"),
        not_reached: count("notReached"),
        regressions: count("regressions"),
        new_failures: count("newFailures"),
        fixed: count("fixed"),
        waived: count("waived"),
        last_at: counts.text_if("lastAt"),
        baseline: counts.text_if("baseline"),
        sentence: counts.text("sentence"),
    }
}

pub(super) fn version(version: &Facts) -> VersionHead {
    VersionHead {
        name: version.text("name"),
        summary: summary(&version.of("summary")),
    }
}

pub(super) fn versions(facts: &Facts) -> Versions {
    let named = |list| {
        let nodes = facts.of(list).list("nodes");
        nodes
            .iter()
            .map(|node| NamedVersion {
                name: node.text("name"),
                kind: word(node, "kind", VersionKind::read, VersionKind::Development),
            })
            .collect()
    };
    Versions {
        newest: named("newest"),
        releases: named("releases"),
    }
}

pub(super) fn cell(cell: &Facts) -> cell::CellDetail {
    let name_if = |of| cell.of_if(of).map(|row| row.text("name"));
    cell::CellDetail {
        event: cell.number("event"),
        version: cell.of("version").text("name"),
        feature: cell.of("feature").text("name"),
        feature_description: cell.of("feature").text("description"),
        device_type: name_if("deviceType"),
        verdict: shown(cell, "verdict"),
        change: word_if(cell, "change", ChangeClass::read),
        baseline: name_if("baseline"),
        passed: count(cell, "passed"),
        total: count(cell, "total"),
        attempts: count(cell, "attempts"),
        passes: count(cell, "passes"),
        fails: count(cell, "fails"),
        infras: count(cell, "infras"),
        not_reached: count(cell, "notReached"),
        last_at: cell.text_if("lastAt"),
        reason: word_if(cell, "reason", cell::HoleReason::read),
        reason_text: cell.text_if("reasonText"),
        blame: cell.of_if("blame").map(|blame| blame.text("sentence")),
        carried: cell.of_if("carried").map(|carried| cell::Carried {
            version: carried.of("version").text("name"),
            verdict: verdict(&carried),
            at: carried.text("at"),
            stale: carried.is("stale"),
        }),
        failing_since: name_if("failingSince"),
        failing_versions: count(cell, "failingVersions"),
        last_passing: name_if("lastPassing"),
        parts: cell.list("parts").iter().filter_map(part).collect(),
        recent: cell.list("recentAttempts").iter().map(attempt).collect(),
        history: cell
            .list("history")
            .iter()
            .map(|point| cell::HistoryPoint {
                version: point.text("version").into(),
                verdict: shown(point, "verdict"),
            })
            .collect(),
        labs: cell
            .list("labs")
            .iter()
            .map(|lab| cell::LabCount {
                lab: lab.of_if("lab").map(|lab| lab.text("name")),
                attempts: count(lab, "attempts"),
                passes: count(lab, "passes"),
                fails: count(lab, "fails"),
                infras: count(lab, "infras"),
            })
            .collect(),
    }
}

fn part(part: &Facts) -> Option<cell::Part> {
    Some(cell::Part {
        device_type: part.of_if("deviceType")?.text("name"),
        verdict: shown(part, "verdict"),
        change: word_if(part, "change", ChangeClass::read),
        reason_text: part.text_if("reasonText"),
    })
}

fn attempt(attempt: &Facts) -> cell::Attempt {
    let job = attempt.of("job");
    let device = job.of_if("device");
    let lab = device.as_ref().and_then(|device| device.of_if("lab"));
    cell::Attempt {
        verdict: verdict(attempt),
        message: attempt.text_if("message"),
        job_id: job.text("id"),
        external_id: job.text("externalId"),
        submitted_at: job.text("submittedAt"),
        started_at: job.text_if("startedAt"),
        ended_at: job.text_if("endedAt"),
        error: cell::JobError {
            kind: job.text_if("errorType"),
            message: job.text_if("errorMessage"),
            failing_action: job.text_if("failingAction"),
            log_line: job.number_if("logLine"),
        },
        url: job.text_if("url"),
        device_type: job.of_if("deviceType").map(|row| row.text("name")),
        device: device.map(|device| device.text("hostname")),
        place: lab.unwrap_or_else(|| job.of("source")).text("name"),
    }
}

pub(super) fn shown(of: &Facts, name: &'static str) -> CellVerdict {
    word(of, name, CellVerdict::read, CellVerdict::NotApplicable)
}

fn verdict(of: &Facts) -> Verdict {
    word(of, "verdict", Verdict::read, Verdict::NotReached)
}

/// A word of a closed set; one that is not known refuses the answer.
pub(super) fn word<T>(of: &Facts, name: &'static str, read: fn(&str) -> Option<T>, other: T) -> T {
    read(&of.text(name)).unwrap_or_else(|| {
        of.miss(name);
        other
    })
}

pub(super) fn word_if<T>(of: &Facts, name: &'static str, read: fn(&str) -> Option<T>) -> Option<T> {
    let known = read(&of.text_if(name)?);
    if known.is_none() {
        of.miss(name);
    }
    known
}

/// Counts are never negative; the contract's `Int` could be.
pub(super) fn count(of: &Facts, name: &'static str) -> u32 {
    u32::try_from(of.number(name)).unwrap_or_default()
}
