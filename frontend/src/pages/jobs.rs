//! `/jobs`: all jobs, newest first, narrowed by what the address says.
//!
//! Must not know HTTP; one job has a page of its own.

use std::rc::Rc;

use yew::{Html, component, html, use_effect_with};

use crate::api::list;
use crate::components::controls::{Choice, choice};
use crate::components::faces::{face, faced};
use crate::components::jobs::took;
use crate::components::link::link;
use crate::components::name;
use crate::components::name_field::NameField;
use crate::components::pager::{pager, total};
use crate::components::table::{table, text};
use crate::components::when::when;
use crate::hooks::clock::use_now;
use crate::hooks::listing::{Lister, use_listing};
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::job::{JobHealth, JobNames, JobRow, JobState, JobType, outcome};
use crate::model::listing::Page;
use crate::route::Route;

const KNOWN: &[&str] = &[
    "version",
    "feature",
    "device-type",
    "lab",
    "type",
    "state",
    "health",
];

#[component]
pub(crate) fn JobsPage() -> Html {
    use_effect_with((), |()| super::title("Jobs"));
    let lister = use_listing(Route::Jobs, KNOWN);
    let asked = Rc::clone(&lister.asked);
    let key = Some(vec![Some(asked.to_query())]);
    let stamp = use_stamp();
    let loaded = use_load(key, stamp, move || {
        let asked = Rc::clone(&asked);
        async move { list::jobs(&asked).await }
    });
    let names = use_load(Some(Vec::new()), 0, list::job_names).data;
    let names = names.as_deref().cloned().unwrap_or_default();
    // The times of the page are told anew.
    use_now(30_000);
    html! {
        <div class="page">
            <h1 class="vh">{ "Jobs" }</h1>
            { filters(&lister, &names) }
            { faced(&loaded, "The jobs could not be loaded", |page| shown(page, &lister)) }
        </div>
    }
}

fn filters(lister: &Lister, names: &JobNames) -> Html {
    let typed = |label: &'static str, key: &'static str, names: &[String]| {
        html! {
            <NameField {label} list={format!("known-{key}")} value={lister.asked.get(key).to_owned()}
                names={names.to_vec()} on_choose={lister.choose(key)} />
        }
    };
    html! {
        <div class="bar filters" role="search">
            { typed("Version", "version", &names.versions) }
            { typed("Feature", "feature", &names.features) }
            { typed("Device-type", "device-type", &names.device_types) }
            { typed("Lab", "lab", &names.labs) }
            { chosen(lister, "Type", "type", JobType::ALL.map(JobType::word).as_slice()) }
            { chosen(lister, "State", "state", JobState::ALL.map(JobState::word).as_slice()) }
            { chosen(lister, "Health", "health", JobHealth::ALL.map(JobHealth::word).as_slice()) }
            if !lister.asked.is_whole() {
                <a class="btn" href={Route::Jobs.to_path()}>{ "Show all" }</a>
            }
        </div>
    }
}

fn chosen(lister: &Lister, label: &'static str, key: &'static str, words: &[&str]) -> Html {
    let any = std::iter::once((String::new(), "any".to_owned()));
    let words = words
        .iter()
        .map(|word| (word.to_ascii_uppercase(), (*word).to_owned()));
    choice(&Choice {
        label,
        options: any.chain(words).collect(),
        value: lister.asked.get(key).to_owned(),
        on_choose: lister.choose(key),
    })
}

fn shown(page: &Page<JobRow>, lister: &Lister) -> Html {
    if let Some(wrong) = &page.wrong {
        return html! {
            <div class="box">{ face("There are no such jobs", html! { <>
                <p>{ wrong }</p>
                <div class="bar"><a class="btn" href={Route::Jobs.to_path()}>{ "Show all jobs" }</a></div>
            </> }) }</div>
        };
    }
    if page.rows.is_empty() {
        return html! { <div class="box">{ nothing(lister) }</div> };
    }
    html! {
        <>
        <p class="muted">{ total(page.total, "job", "jobs") }{ ", newest first" }</p>
        { table(
            &["Job", "Outcome", "Version", "Device-type", "Device", "Submitted", "Took"],
            page.rows.iter().map(row).collect(),
        ) }
        { pager(page, lister) }
        </>
    }
}

fn nothing(lister: &Lister) -> Html {
    if lister.asked.is_whole() {
        return face(
            "No job is known yet",
            html! { <p>
                { "Jobs come from LAVA's notifications, from labs that lend, or by the mutation " }
                <code>{ "reportJob" }</code>{ ". A token that reports is made by " }
                <code>{ "lavafed token create --description ci --scope report --for federated" }</code>
            </p> },
        );
    }
    face(
        "No job matches",
        html! {
            <div class="bar"><a class="btn" href={Route::Jobs.to_path()}>{ "Show all jobs" }</a></div>
        },
    )
}

/// `2026.10.0042.gabc1234` and a little more.
const LONG: usize = 24;

fn row(job: &JobRow) -> Vec<Html> {
    let class = match job.health {
        JobHealth::Incomplete => Some("bad"),
        JobHealth::Unknown | JobHealth::Complete | JobHealth::Canceled => None,
    };
    vec![
        html! {
            <>
            { link(&Route::job(&job.id), &job.external_id) }
            <bdi class="under small dim">{ format!("{}, {}", job.kind.word(), job.source) }</bdi>
            </>
        },
        html! {
            <>
            <span {class}>{ outcome(job.state, job.health) }</span>
            if let Some(error) = &job.error {
                <bdi class="under small dim">{ format!("{error} error") }</bdi>
            }
            </>
        },
        match &job.version {
            Some(version) => {
                // A name as long as names are is not broken; a longer one has to be.
                let class = (version.len() <= LONG).then_some("nowrap");
                let name = html! { <span {class}>{ name::version(version) }</span> };
                link(&Route::version(version), name)
            }
            None => text("\u{2013}"),
        },
        html! { <bdi>{ job.device_type.as_deref().unwrap_or("\u{2013}") }</bdi> },
        match (&job.device, &job.lab) {
            (Some(device), Some(lab)) => html! {
                <>
                { link(&Route::device(lab, device), html! { <bdi>{ device }</bdi> }) }
                <bdi class="under small dim">{ lab }</bdi>
                </>
            },
            (Some(device), None) => html! { <bdi>{ device }</bdi> },
            (None, _) => text("\u{2013}"),
        },
        when(&job.submitted_at),
        text(&took(job.started_at.as_deref(), job.ended_at.as_deref())),
    ]
}
