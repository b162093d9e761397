//! Lists of attempts and of errors, as the panel and the job page have them.
//!
//! Must not know which cell or page they belong to.

use yew::{Html, html};

use super::link::link;
use super::symbol::verdict;
use super::when::when;
use crate::hooks::clock;
use crate::model::cell::{Attempt, JobError};
use crate::model::time;
use crate::model::verdict::Shown;
use crate::route::Route;

/// On a fold it is said on which device-type each ran.
pub(crate) fn attempts(attempts: &[Attempt], fold: bool) -> Html {
    html! {
        <table class="tbl">
            <thead>
                <tr>
                    <th scope="col">{ "Verdict" }</th>
                    <th scope="col">{ "Lab and device" }</th>
                    <th scope="col" class="num">{ "Took" }</th>
                    <th scope="col" class="num">{ "Ended" }</th>
                    <th scope="col" class="num">{ "Job" }</th>
                </tr>
            </thead>
            <tbody>
                { for attempts.iter().map(|attempt| row(attempt, fold)) }
            </tbody>
        </table>
    }
}

fn row(attempt: &Attempt, fold: bool) -> Html {
    let device = if fold {
        attempt
            .device_type
            .clone()
            .or_else(|| attempt.device.clone())
    } else {
        attempt.device.clone()
    };
    html! {
        <tr>
            <td>{ verdict(Shown::Own(attempt.verdict.as_cell())) }</td>
            <td class="wrap">
                { &attempt.place }
                if let Some(device) = device {
                    <span class="muted under">{ device }</span>
                }
            </td>
            <td class="num">{ took(attempt.started_at.as_deref(), attempt.ended_at.as_deref()) }</td>
            <td class="num">
                if let Some(ended) = &attempt.ended_at {
                    { when(ended) }
                } else {
                    { "not yet" }
                }
            </td>
            <td class="num">
                { link(&Route::job(&attempt.job_id), &attempt.external_id) }
            </td>
        </tr>
    }
}

/// "6 min", or a dash where a time is missing.
pub(crate) fn took(from: Option<&str>, to: Option<&str>) -> String {
    match (from.and_then(clock::millis), to.and_then(clock::millis)) {
        (Some(from), Some(to)) => time::span(to - from),
        _ => "\u{2013}".to_owned(),
    }
}

/// What LAVA says went wrong, and in which action.
pub(crate) fn error(error: &JobError, message: Option<&str>) -> Html {
    let said = error.message.as_deref().or(message);
    html! {
        <>
            if let Some(said) = said {
                <pre class="log">
                    if let Some(line) = error.log_line {
                        <span class="ln">{ format!("{line} ") }</span>
                    }
                    <b>{ said }</b>
                </pre>
            }
            if error.kind.is_some() || error.failing_action.is_some() {
                <p class="small muted">
                    { "LAVA says" }
                    if let Some(kind) = &error.kind {
                        { " error type " }<code>{ kind }</code>
                    }
                    if let Some(action) = &error.failing_action {
                        { " in action " }<code>{ action }</code>
                    }
                    { "." }
                </p>
            }
        </>
    }
}
