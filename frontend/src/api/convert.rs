//! Answers as they arrive, turned into the values of `model`.
//!
//! Must not know how they were asked for.

use super::operations::job_detail;
use crate::model::cell;
use crate::model::job;

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
