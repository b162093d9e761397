//! Answers as they arrive, turned into the values of `model`.
//!
//! Must not know how they were asked for.

use std::rc::Rc;

use super::operations::{cell_detail, grid_page, job_detail, version_facts};
use crate::model::cell;
use crate::model::grid::{Grid, GridRow, Header, unpack, unpack_one};
use crate::model::job;
use crate::model::summary::Summary;

/// The generated types of a fragment differ by operation, their fields do not.
macro_rules! summary {
    ($counts:expr) => {{
        let counts = $counts;
        Summary {
            expected: count(counts.expected),
            tested: count(counts.tested),
            pass: count(counts.pass),
            fail: count(counts.fail),
            flaky: count(counts.flaky),
            infra: count(counts.infra),
            running: count(counts.running),
            planned: count(counts.planned),
            not_reached: count(counts.not_reached),
            regressions: count(counts.regressions),
            new_failures: count(counts.new_failures),
            fixed: count(counts.fixed),
            still_failing: count(counts.still_failing),
            new_passes: count(counts.new_passes),
            appeared: count(counts.appeared),
            gone: count(counts.gone),
            flaky_changes: count(counts.flaky_changes),
            last_at: counts.last_at,
            baseline: counts.baseline,
            ready: counts.ready,
        }
    }};
}

pub(crate) fn grid(answer: grid_page::GridPageGrid) -> Result<Grid, String> {
    let columns: Rc<[Header]> = answer
        .columns
        .into_iter()
        .map(header)
        .collect::<Result<_, String>>()?;
    let rows = answer
        .rows
        .into_iter()
        .map(|row| {
            Ok(GridRow {
                cells: unpack(&row.verdicts, &row.changes, &row.counts, columns.len())?,
                header: header(row.header)?,
            })
        })
        .collect::<Result<Rc<[GridRow]>, String>>()?;
    Ok(Grid {
        event: answer.event,
        columns,
        rows,
        total_rows: usize::try_from(answer.total_rows).unwrap_or_default(),
        end_cursor: answer.end_cursor,
        has_next: answer.has_next_page,
    })
}

fn header(heading: grid_page::Heading) -> Result<Header, String> {
    let number = |count: i64| u16::try_from(count).unwrap_or_default();
    Ok(Header {
        folded: unpack_one(
            &heading.verdict,
            &heading.change,
            number(heading.passed),
            number(heading.total),
        )?,
        name: heading.name.into(),
        action: heading.action,
        kind: heading.kind,
        summary: heading.summary.map(|counts| Rc::new(summary!(counts))),
    })
}

pub(crate) fn version_summary(counts: version_facts::Counts) -> Summary {
    summary!(counts)
}

pub(crate) fn cell(answer: cell_detail::CellDetailCell) -> cell::CellDetail {
    cell::CellDetail {
        event: answer.event,
        version: answer.version.name,
        feature: answer.feature.name,
        feature_description: answer.feature.description,
        device_type: answer.device_type.map(|device_type| device_type.name),
        verdict: answer.verdict,
        change: answer.change,
        baseline: answer.baseline.map(|version| version.name),
        passed: count(answer.passed),
        total: count(answer.total),
        attempts: count(answer.attempts),
        passes: count(answer.passes),
        fails: count(answer.fails),
        infras: count(answer.infras),
        not_reached: count(answer.not_reached),
        last_at: answer.last_at,
        reason: answer.reason,
        reason_text: answer.reason_text,
        carried: answer.carried.map(|carried| cell::Carried {
            version: carried.version.name,
            verdict: carried.verdict,
            at: carried.at,
            stale: carried.stale,
        }),
        failing_since: answer.failing_since.map(|version| version.name),
        failing_versions: count(answer.failing_versions),
        last_passing: answer.last_passing.map(|version| version.name),
        parts: answer
            .parts
            .into_iter()
            .filter_map(|part| {
                Some(cell::Part {
                    device_type: part.device_type?.name,
                    verdict: part.verdict,
                    change: part.change,
                    reason_text: part.reason_text,
                })
            })
            .collect(),
        recent: answer.recent_attempts.into_iter().map(attempt).collect(),
        history: answer
            .history
            .into_iter()
            .map(|point| cell::HistoryPoint {
                version: point.version.into(),
                verdict: point.verdict,
            })
            .collect(),
        labs: answer
            .labs
            .into_iter()
            .map(|lab| cell::LabCount {
                lab: lab.lab.map(|lab| lab.name),
                attempts: count(lab.attempts),
                passes: count(lab.passes),
                fails: count(lab.fails),
                infras: count(lab.infras),
            })
            .collect(),
    }
}

fn attempt(answer: cell_detail::CellDetailCellRecentAttempts) -> cell::Attempt {
    let job = answer.job;
    let (device, lab) = match job.device {
        Some(device) => (Some(device.hostname), device.lab.map(|lab| lab.name)),
        None => (None, None),
    };
    cell::Attempt {
        verdict: answer.verdict,
        message: answer.message,
        job_id: job.id,
        external_id: job.external_id,
        submitted_at: job.submitted_at,
        started_at: job.started_at,
        ended_at: job.ended_at,
        error: cell::JobError {
            kind: job.error_type,
            message: job.error_message,
            failing_action: job.failing_action,
            log_line: job.log_line,
        },
        url: job.url,
        device_type: job.device_type.map(|device_type| device_type.name),
        device,
        place: lab.unwrap_or(job.source.name),
    }
}

pub(crate) fn job(answer: job_detail::JobDetailNodeOnJob) -> job::JobDetail {
    let (device, device_lab) = match answer.device {
        Some(device) => (Some(device.hostname), device.lab.map(|lab| lab.name)),
        None => (None, None),
    };
    job::JobDetail {
        id: answer.id,
        external_id: answer.external_id,
        kind: answer.type_,
        description: answer.description,
        state: answer.state,
        health: answer.health,
        submitted_at: answer.submitted_at,
        started_at: answer.started_at,
        ended_at: answer.ended_at,
        error: cell::JobError {
            kind: answer.error_type,
            message: answer.error_message,
            failing_action: answer.failing_action,
            log_line: answer.log_line,
        },
        url: answer.url,
        event: answer.event,
        lab: device_lab.or(answer.source.lab.map(|lab| lab.name)),
        source: answer.source.name,
        version: answer.version.map(|version| version.name),
        device_type: answer.device_type.map(|device_type| device_type.name),
        device,
        features: answer
            .features
            .into_iter()
            .map(|feature| feature.name)
            .collect(),
        verdicts: answer
            .verdicts
            .into_iter()
            .map(|verdict| job::JobVerdict {
                feature: verdict.feature.name,
                verdict: verdict.verdict,
                message: verdict.message,
            })
            .collect(),
        receipts: answer.receipts.into_iter().map(receipt).collect(),
    }
}

fn receipt(answer: job_detail::JobDetailNodeOnJobReceipts) -> job::Receipt {
    job::Receipt {
        id: answer.id,
        received_at: answer.received_at,
        source: answer.source.name,
        format: answer.format,
        deliveries: answer.deliveries,
        state: answer.state,
        code: answer.code,
        message: answer.message,
        applied_at: answer.applied_at,
        job: None,
    }
}

/// Counts are never negative; the contract's `Int` could be.
fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
