//! `/jobs/:id`: one job, what it says of its features, and how that came here.
//!
//! Must not know the grid.

use yew::{Html, Properties, component, html, use_effect_with};

use super::not_found::not_found;

use crate::api::read;
use crate::components::faces::FailedFace;
use crate::components::jobs::{error, took};
use crate::components::link::link;
use crate::components::name;
use crate::components::receipt::{because, fate};
use crate::components::symbol::verdict;
use crate::components::when::when_exactly;
use crate::hooks::clock::use_now;
use crate::hooks::live::use_live;
use crate::hooks::load::use_load;
use crate::model::address::{Asked, AskedCell};
use crate::model::cell::{is_web, log_url};
use crate::model::job::{JobDetail, JobHealth, Receipt, outcome};
use crate::model::verdict::Shown;
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct JobProps {
    pub id: String,
}

#[component]
pub(crate) fn JobPage(props: &JobProps) -> Html {
    let live = use_live();
    let id = props.id.clone();
    let loaded = use_load(Some(vec![Some(id.clone())]), live.latest, move || {
        read::job(id.clone())
    });
    // The times of the page are told anew.
    use_now(30_000);
    let number = loaded.data.as_deref().and_then(Option::as_ref);
    let number = number.map(|job| job.external_id.clone());
    use_effect_with(number.unwrap_or_default(), |number| {
        super::title(&format!("Job {number}"));
    });
    match (loaded.data.as_deref(), &loaded.failed) {
        (Some(Some(job)), failed) => html! {
            <div class="page narrow">
                if let Some(failed) = failed {
                    <FailedFace what="The job could not be read anew." failed={failed.clone()}
                        retry={loaded.retry.clone()} kept=true />
                }
                { head(job) }
                <div class="columns">
                    { verdicts(job) }
                    { times(job) }
                </div>
                if !job.error.is_empty() {
                    <section>
                        <h2>{ "Error" }</h2>
                        { error(&job.error, None) }
                    </section>
                }
                { provenance(job) }
            </div>
        },
        (Some(None), _) => not_found(
            "This job is not known",
            "It may have been removed, or the link was cut short.",
        ),
        (None, Some(failed)) => html! {
            <div class="page">
                <div class="box">
                    <FailedFace what="The job could not be loaded" failed={failed.clone()}
                        retry={loaded.retry.clone()} />
                </div>
            </div>
        },
        (None, None) => html! {
            <div class="page narrow" role="status">
                <span class="vh">{ "Loading" }</span>
                <div class="wait tall"></div>
            </div>
        },
    }
}

fn head(job: &JobDetail) -> Html {
    let ended = outcome(job.state, job.health);
    html! {
        <div class="lead">
            <h1>
                { format!("Job {} of {}: ", job.external_id, job.source) }
                <span class={(job.health == JobHealth::Incomplete).then_some("bad")}>{ ended }</span>
            </h1>
            <span class="tag">{ job.kind.word() }</span>
            <div class="tools">
                if let Some(url) = job.url.clone().filter(|url| is_web(url)) {
                    <a class="btn" href={url} rel="noreferrer">{ "Open in LAVA" }</a>
                }
                if let Some((url, line)) = log_link(job) {
                    <a class="btn" href={url} rel="noreferrer">{ format!("Log line {line}") }</a>
                }
            </div>
            if !job.description.is_empty() {
                <p class="sub">{ &job.description }</p>
            }
        </div>
    }
}

fn log_link(job: &JobDetail) -> Option<(String, i64)> {
    let line = job.error.log_line?;
    Some((log_url(job.url.as_deref()?, line)?, line))
}

fn verdicts(job: &JobDetail) -> Html {
    let silent: Vec<&str> = job
        .features
        .iter()
        .filter(|feature| {
            !job.verdicts
                .iter()
                .any(|verdict| verdict.feature == **feature)
        })
        .map(String::as_str)
        .collect();
    html! {
        <section>
            <h2>{ "Verdicts" }</h2>
            if job.verdicts.is_empty() {
                <p class="muted">{ "This job has said nothing of any feature." }</p>
            } else {
                <table class="tbl">
                    <thead><tr>
                        <th scope="col">{ "Verdict" }</th>
                        <th scope="col">{ "Feature" }</th>
                        <th scope="col">{ "Because" }</th>
                    </tr></thead>
                    <tbody>
                        { for job.verdicts.iter().map(|one| html! {
                            <tr>
                                <td>{ verdict(Shown::Own(one.verdict.as_cell())) }</td>
                                <td>{ feature_link(job, &one.feature) }</td>
                                <td class="wrap muted">{ one.message.clone() }</td>
                            </tr>
                        }) }
                    </tbody>
                </table>
            }
            if !silent.is_empty() {
                <p class="small muted">{ format!("Without a verdict: {}.", silent.join(", ")) }</p>
            }
        </section>
    }
}

/// To the cell this verdict went into.
fn feature_link(job: &JobDetail, feature: &str) -> Html {
    let Some(version) = &job.version else {
        return name::feature(feature);
    };
    let asked = Asked {
        cell: Some(AskedCell {
            version: None,
            feature: feature.to_owned(),
            device_type: job.device_type.clone(),
        }),
        ..Asked::default()
    };
    let href = format!("{}?{}", Route::version(version).to_path(), asked.to_query());
    html! { <a {href}>{ feature.to_owned() }</a> }
}

fn times(job: &JobDetail) -> Html {
    let missing = || html! { { "\u{2013}" } };
    let time = |at: &Option<String>| match at {
        Some(at) => html! { { when_exactly(at) } },
        None => missing(),
    };
    let text =
        |value: &Option<String>| html! { { value.clone().unwrap_or("\u{2013}".to_owned()) } };
    html! {
        <section>
            <h2>{ "What ran" }</h2>
            <dl class="kv">
                <dt>{ "Version" }</dt>
                <dd>{ match &job.version {
                    Some(version) => html! {
                        { link(&Route::version(version), version) }
                    },
                    None => missing(),
                } }</dd>
                <dt>{ "Device-type" }</dt><dd>{ text(&job.device_type) }</dd>
                <dt>{ "Device" }</dt><dd>{ text(&job.device) }</dd>
                <dt>{ "Lab" }</dt><dd>{ text(&job.lab) }</dd>
                <dt>{ "State" }</dt><dd>{ job.state.word() }</dd>
                <dt>{ "Health" }</dt><dd>{ job.health.word() }</dd>
                <dt>{ "Submitted" }</dt><dd>{ time(&Some(job.submitted_at.clone())) }</dd>
                <dt>{ "Started" }</dt><dd>{ time(&job.started_at) }</dd>
                <dt>{ "Ended" }</dt><dd>{ time(&job.ended_at) }</dd>
                <dt>{ "Waited" }</dt>
                <dd>{ took(Some(&job.submitted_at), job.started_at.as_deref()) }</dd>
                <dt>{ "Took" }</dt>
                <dd>{ took(job.started_at.as_deref(), job.ended_at.as_deref()) }</dd>
            </dl>
        </section>
    }
}

fn provenance(job: &JobDetail) -> Html {
    html! {
        <section>
            <h2>{ "How it came here" }</h2>
            if job.receipts.is_empty() {
                <p class="muted">{ "No notification of this job is kept." }</p>
            } else {
                <div class="scroll" tabindex="0">
                <table class="tbl">
                    <thead><tr>
                        <th scope="col">{ "Received" }</th>
                        <th scope="col">{ "Channel" }</th>
                        <th scope="col">{ "From" }</th>
                        <th scope="col" class="num">{ "Times" }</th>
                        <th scope="col">{ "Fate" }</th>
                        <th scope="col">{ "Because" }</th>
                    </tr></thead>
                    <tbody>{ for job.receipts.iter().map(receipt) }</tbody>
                </table>
                </div>
            }
        </section>
    }
}

fn receipt(receipt: &Receipt) -> Html {
    html! {
        <tr key={receipt.id.clone()}>
            <td class="nowrap">{ when_exactly(&receipt.received_at) }</td>
            <td>{ receipt.format.channel() }</td>
            <td>{ &receipt.source }</td>
            <td class="num">{ receipt.deliveries }</td>
            <td>{ fate(receipt) }</td>
            <td class="wrap">{ because(receipt) }</td>
        </tr>
    }
}
