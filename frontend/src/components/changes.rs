//! Lists of cells: what changed, what is missing, what is waived.
//!
//! Must not know where the lists come from.

use yew::{Html, html};

use super::faces::face;
use super::link::link;
use super::name;
use super::symbol::{mark_class, swatch};
use super::when::when;
use crate::model::address::{Asked, AskedCell};
use crate::model::cell::{HoleReason, is_web};
use crate::model::change::ChangeClass;
use crate::model::release::{self, Changed, Listed, Missing, Place, Terms, Waiver};
use crate::model::time;
use crate::model::verdict::Shown;
use crate::route::Route;

/// The version whose cells are listed, and what its page shows of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Of {
    pub version: String,
    pub baseline: Option<String>,
    pub at: Option<i64>,
}

pub(crate) fn changes(of: &Of, changes: &[Changed], total: u32) -> Html {
    if changes.is_empty() {
        return quiet(
            "Nothing changed",
            "Every cell shows what it showed in the baseline.",
        );
    }
    table(
        "Changed cells",
        &["Change", "Feature", "Device-type", "Before", "Now", "Failing", "Waived"],
        changes.iter().map(|change| {
            html! {
                <tr>
                    <td>{ class(change.class) }</td>
                    { place(of, &change.place) }
                    <td>{ swatch(Shown::Own(change.base), None) }<span class="vh">{ change.base.word() }</span></td>
                    <td>{ swatch(Shown::Own(change.head), Some(change.class)) }<span class="vh">{ change.head.word() }</span></td>
                    <td class="small">
                        if let Some((since, versions)) = release::failing(change) {
                            { format!("{versions}, since ") }
                            { link(&Route::version(since), since.to_owned()) }
                        }
                    </td>
                    <td class="small">
                        if let Some(waiver) = &change.waiver {
                            { terms(waiver) }
                        }
                    </td>
                </tr>
            }
        }),
        more(changes.len(), total),
    )
}

pub(crate) fn missing(of: &Of, missing: &Listed<Missing>) -> Html {
    if missing.read.is_empty() {
        return quiet("Nothing is missing", "Every expected cell has a verdict.");
    }
    table(
        "Expected cells without a verdict",
        &["Why", "Feature", "Device-type"],
        missing.read.iter().map(|cell| {
            html! {
                <tr>
                    <td>
                        <span class="verdict">
                            { swatch(Shown::Own(cell.verdict), None) }
                            { cell.reason.map_or("running", HoleReason::words) }
                        </span>
                    </td>
                    { place(of, &cell.place) }
                </tr>
            }
        }),
        more(missing.read.len(), missing.total),
    )
}

pub(crate) fn waivers(of: &Of, waivers: &[Waiver]) -> Html {
    let more = html! {
        <p>{ link(&Route::waivers(&of.version), "Waive, take back, and what was waived") }</p>
    };
    if waivers.is_empty() {
        return html! { <div class="box">{ face("Nothing is waived", more) }</div> };
    }
    table(
        "Waivers in force",
        &["Feature", "Device-type", "Why", "Waived"],
        waivers.iter().map(|waiver| {
            html! {
                <tr>
                    { place(of, &waiver.place) }
                    <td class="small">{ terms(&waiver.terms) }</td>
                    <td class="small">{ when(&waiver.at) }{ format!(" by {}", waiver.by) }</td>
                </tr>
            }
        }),
        more,
    )
}

pub(crate) fn class(class: ChangeClass) -> Html {
    html! {
        <span class="verdict">
            if let Some(letter) = class.mark() {
                <span class="sw mk"><span class={mark_class(class)} aria-hidden="true">{ letter }</span></span>
            } else {
                <span class="sw"></span>
            }
            { class.word() }
        </span>
    }
}

fn terms(terms: &Terms) -> Html {
    html! {
        <span class="wrap">
            if is_web(&terms.url) {
                <a href={terms.url.clone()} rel="noreferrer">{ &terms.reason }</a>
            } else {
                { &terms.reason }
            }
            { format!(" until {}", time::day(&terms.until)) }
        </span>
    }
}

fn place(of: &Of, place: &Place) -> Html {
    let asked = Asked {
        baseline: of.baseline.clone(),
        at: of.at,
        cell: Some(AskedCell {
            version: None,
            feature: place.feature.clone(),
            device_type: place.device_type.clone(),
        }),
        ..Asked::default()
    };
    let href = format!(
        "{}?{}",
        Route::version(&of.version).to_path(),
        asked.to_query()
    );
    html! {
        <>
            <td class="nowrap"><a {href}>{ name::feature(&place.feature) }</a></td>
            <td class="nowrap">{ place.device_type.clone().unwrap_or_default() }</td>
        </>
    }
}

fn table(
    label: &str,
    heads: &[&'static str],
    rows: impl Iterator<Item = Html>,
    more: Html,
) -> Html {
    html! {
        <div class="box list scroll" tabindex="0" role="region" aria-label={label.to_owned()}>
            <table class="tbl">
                <thead><tr>{ for heads.iter().map(|head| html! { <th scope="col">{ *head }</th> }) }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
            { more }
        </div>
    }
}

fn more(read: usize, total: u32) -> Html {
    if usize::try_from(total).is_ok_and(|total| total > read) {
        return html! { <p class="small muted">{ format!("The first {read} of {total}; the files under Share have all.") }</p> };
    }
    Html::default()
}

fn quiet(title: &str, sentence: &str) -> Html {
    html! { <div class="box">{ face(title, html! { <p>{ sentence.to_owned() }</p> }) }</div> }
}
