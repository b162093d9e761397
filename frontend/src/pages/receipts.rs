//! `/receipts`: every notification that came, and its fate.
//!
//! Must not know HTTP; what a fate looks like is known where jobs show it too.

use std::rc::Rc;

use yew::{Callback, Html, component, html, use_effect_with};

use crate::api::deed::Deed;
use crate::api::list;
use crate::components::controls::{Choice, choice};
use crate::components::deed::{Do, Entered};
use crate::components::faces::{face, faced};
use crate::components::link::link;
use crate::components::pager::{pager, total};
use crate::components::receipt::{because, fate};
use crate::components::table::{keyed, text};
use crate::components::when::when;
use crate::hooks::changes::use_changes;
use crate::hooks::clock::use_now;
use crate::hooks::listing::{Lister, use_listing};
use crate::hooks::live::{use_live, use_stamp};
use crate::hooks::load::use_load;
use crate::model::job::{Receipt, ReceiptState};
use crate::model::listing::Page;
use crate::route::Route;

#[component]
pub(crate) fn ReceiptsPage() -> Html {
    use_effect_with((), |()| super::title("Receipts"));
    let lister = use_listing(Route::Receipts, &["state", "source"]);
    let asked = Rc::clone(&lister.asked);
    let key = Some(vec![Some(asked.to_query())]);
    let (changes, changed) = use_changes();
    let stamp = use_stamp() + changes;
    let viewer = use_live().server.and_then(|server| server.viewer.clone());
    let changed = Some(changed).filter(|_| viewer.is_some_and(|viewer| viewer.is_admin));
    let loaded = use_load(key, stamp, move || {
        let asked = Rc::clone(&asked);
        async move { list::receipts(&asked).await }
    });
    let labs = use_load(Some(Vec::new()), 0, list::job_names).data;
    let labs = labs
        .as_deref()
        .map_or_else(Vec::new, |names| names.labs.clone());
    // The times of the page are told anew.
    use_now(30_000);
    html! {
        <div class="page">
            <h1 class="vh">{ "Receipts" }</h1>
            { filters(&lister, &labs) }
            { faced(&loaded, "The receipts could not be loaded", |page| shown(page, &lister, changed.as_ref())) }
        </div>
    }
}

fn filters(lister: &Lister, labs: &[String]) -> Html {
    let any = || std::iter::once((String::new(), "any".to_owned()));
    let states = ReceiptState::ALL.map(|state| {
        let word = state.word().to_owned();
        (word.to_ascii_uppercase(), word)
    });
    let labs = labs.iter().map(|lab| format!("lab:{lab}"));
    let sources = ["federated".to_owned(), "ci".to_owned()].into_iter();
    let sources = sources.chain(labs).map(|name| (name.clone(), name));
    html! {
        <div class="bar filters" role="search">
            { choice(&Choice {
                label: "Fate",
                options: any().chain(states).collect(),
                value: lister.asked.get("state").to_owned(),
                on_choose: lister.choose("state"),
            }) }
            { choice(&Choice {
                label: "From",
                options: any().chain(sources).collect(),
                value: lister.asked.get("source").to_owned(),
                on_choose: lister.choose("source"),
            }) }
            if !lister.asked.is_whole() {
                <a class="btn" href={Route::Receipts.to_path()}>{ "Show all" }</a>
            }
        </div>
    }
}

/// `changed`: for who may let one be read again.
fn shown(page: &Page<Receipt>, lister: &Lister, changed: Option<&Callback<()>>) -> Html {
    if page.wrong.is_some() || page.rows.is_empty() {
        return html! { <div class="box">{ nothing(page, lister) }</div> };
    }
    html! {
        <>
        <p class="muted">{ total(page.total, "notification", "notifications") }{ ", newest first" }</p>
        { keyed(
            &["Received", "Fate", "Because", "Job", "From", "Times"],
            page.rows.iter().map(|one| (one.id.clone(), row(one, changed))).collect(),
        ) }
        { pager(page, lister) }
        </>
    }
}

fn nothing(page: &Page<Receipt>, lister: &Lister) -> Html {
    if lister.asked.is_whole() && page.wrong.is_none() {
        return face(
            "No notification has come yet",
            html! { <p>
                { "LAVA sends them to " }<code>{ "/api/lava/callback" }</code>
                { " with a token that reports: " }
                <code>{ "lavafed token create --description lava --scope report --for federated" }</code>
            </p> },
        );
    }
    face(
        "No notification matches",
        html! { <>
            if let Some(wrong) = &page.wrong {
                <p>{ wrong }</p>
            }
            <div class="bar"><a class="btn" href={Route::Receipts.to_path()}>{ "Show all notifications" }</a></div>
        </> },
    )
}

fn row(receipt: &Receipt, changed: Option<&Callback<()>>) -> Vec<Html> {
    let times = match receipt.deliveries {
        1 => "once".to_owned(),
        times => format!(
            "{times} times: {}",
            total(times - 1, "duplicate", "duplicates")
        ),
    };
    vec![
        when(&receipt.received_at),
        fate(receipt),
        html! { <>{ because(receipt) }{ changed.map(|changed| replaying(receipt, changed)) }</> },
        match &receipt.job {
            Some((id, number)) => link(&Route::job(id), number),
            None => text("\u{2013}"),
        },
        html! {
            <>
            <bdi>{ &receipt.source }</bdi>
            <span class="under small dim">{ receipt.format.channel() }</span>
            </>
        },
        text(&times),
    ]
}

/// What does not count in full may be read again, when what it lacked is there.
fn replaying(receipt: &Receipt, changed: &Callback<()>) -> Html {
    if !receipt.state.may_be_replayed() {
        return Html::default();
    }
    let id = receipt.id.clone();
    let of = receipt
        .job
        .as_ref()
        .map_or_else(String::new, |(_, number)| format!("of job {number}"));
    let deed = Callback::from(move |_: Entered| Some(Deed::Replay(id.clone())));
    html! {
        <Do key={receipt.id.clone()} label="Replay" {of} {deed} changed={changed.clone()}
            about="It is read again as it came: worth it once what it lacked is there, such as a feature that was not declared."
            confirm="Replay it" done="It has met its fate anew." />
    }
}
