//! Lists of attempts and of errors, as the panel and the job page have them.
//!
//! Must not know which cell or page they belong to.

use yew::{Html, Properties, component, html};
use yew_router::components::Link;

use super::symbol::verdict;
use super::when::When;
use crate::hooks::clock;
use crate::model::cell::{Attempt, JobError};
use crate::model::time;
use crate::model::verdict::Shown;
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct AttemptsProps {
    pub attempts: Vec<Attempt>,
    /// The cell is a fold: say on which device-type each ran.
    pub fold: bool,
}

#[component]
pub(crate) fn Attempts(props: &AttemptsProps) -> Html {
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
                { for props.attempts.iter().map(|attempt| row(attempt, props.fold)) }
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
                    <When at={ended.clone()} />
                } else {
                    { "not yet" }
                }
            </td>
            <td class="num">
                <Link<Route> to={Route::job(&attempt.job_id)}>{ &attempt.external_id }</Link<Route>>
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
