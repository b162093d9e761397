//! The card of the cell under the hand or the focus.
//!
//! Knows at once what the grid knows, and soon what the server adds. Must not
//! hold the focus: Enter leads to the panel.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::{
    Callback, Html, MouseEvent, NodeRef, Properties, component, html, use_effect, use_node_ref,
};

use super::link::link;
use super::name;
use super::symbol::{mark, swatch};
use super::when::{when, when_exactly};
use crate::hooks::cell::use_cell;
use crate::hooks::sight;
use crate::model::answer::plural;
use crate::model::cell::{CellDetail, CellKey};
use crate::model::grid::{Grid, GridCell};
use crate::model::moves::Spot;
use crate::model::question::{Of, Question};
use crate::model::view::View;
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct CardProps {
    pub region: NodeRef,
    pub question: Question,
    pub grid: Rc<Grid>,
    pub view: Rc<View>,
    pub spot: Spot,
    pub on_enter: Callback<()>,
    pub on_leave: Callback<()>,
}

#[component]
pub(crate) fn Card(props: &CardProps) -> Html {
    let found = cell_at(props);
    let key = found.as_ref().map(|(key, _)| key.clone());
    let loaded = use_cell(key.as_ref(), props.grid.event);
    let node = use_node_ref();
    {
        let (node, region, spot) = (node.clone(), props.region.clone(), props.spot);
        // After each rendering: what the server adds makes the card taller.
        use_effect(move || place(&node, &region, spot));
    }
    let Some((key, cell)) = found else {
        return Html::default();
    };
    let detail = loaded.data.as_deref().and_then(Option::as_ref);
    html! {
        <aside ref={node} class="card" aria-hidden="true"
            onmouseenter={props.on_enter.reform(|_: MouseEvent| ())}
            onmouseleave={props.on_leave.reform(|_: MouseEvent| ())}>
            <header>
                { swatch(cell.shown, cell.change) }
                <b>{ name::feature(&key.feature) }</b>
                <span class="muted">{ subject(&key, &props.question) }</span>
                { mark(cell.change) }
            </header>
            <dl class="kv">
                { facts(cell, detail) }
            </dl>
            <footer class="acts">
                { links(detail) }
                <span class="keys"><kbd>{ "Enter" }</kbd>{ "details" }</span>
            </footer>
        </aside>
    }
}

fn cell_at(props: &CardProps) -> Option<(CellKey, GridCell)> {
    let row = props.view.rows.get(props.spot.row)?.index;
    let column = props
        .view
        .columns
        .get(props.spot.column.checked_sub(1)?)?
        .index;
    let key = props.question.key(
        &props.grid.rows.get(row)?.header.name,
        &props.grid.columns.get(column)?.name,
    );
    Some((key, props.grid.cell(row, column)?))
}

/// What the cell is about beside its feature.
fn subject(key: &CellKey, question: &Question) -> String {
    match (&question.of, &key.device_type) {
        (Of::Version { .. }, Some(device_type)) => device_type.clone(),
        (_, Some(device_type)) => format!("{}, {device_type}", key.version),
        (_, None) => key.version.clone(),
    }
}

fn facts(cell: GridCell, detail: Option<&CellDetail>) -> Html {
    let result = match cell.counts.filter(|counts| counts.total > 1) {
        Some(counts) => format!("{} of {} device-types pass", counts.passed, counts.total),
        None => cell.shown.word().to_owned(),
    };
    let change = cell
        .change
        .map(|change| match detail.and_then(|d| d.baseline.as_ref()) {
            Some(baseline) => format!("{} against {baseline}", change.word()),
            None => change.word().to_owned(),
        });
    html! {
        <>
            { fact("Result", html! { result }) }
            if let Some(change) = change {
                { fact("Change", html! { change }) }
            }
            { detail.map(details).unwrap_or_default() }
        </>
    }
}

fn details(detail: &CellDetail) -> Html {
    let failing = detail.failing_parts();
    let labs: Vec<&str> = detail
        .labs
        .iter()
        .map(|count| count.lab.as_deref().unwrap_or("federated server"))
        .collect();
    let tries = format!(
        "{}: {}, {}",
        labs.join(", "),
        plural(detail.attempts, "attempt"),
        plural(detail.fails, "failure")
    );
    html! {
        <>
            if !failing.is_empty() {
                { fact("Failing", html! { some_of(&failing) }) }
            }
            if let Some(since) = &detail.failing_since {
                { fact("Since", html! {
                    format!("{since}, for {}", plural(detail.failing_versions, "version"))
                }) }
            }
            if let Some(reason) = &detail.reason_text {
                { fact("Why", html! { reason }) }
            }
            if let Some(carried) = &detail.carried {
                { fact("Carried", html! {
                    <>{ format!("from {}, ", carried.version) }{ when(&carried.at) }</>
                }) }
            }
            if !labs.is_empty() {
                { fact("Labs", html! { tries }) }
            }
            if let Some(last) = &detail.last_at {
                { fact("Last", html! { { when_exactly(last) } }) }
            }
        </>
    }
}

fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    match names.get(SHOWN..) {
        Some(rest) if !rest.is_empty() => format!(
            "{} and {} more",
            names.get(..SHOWN).unwrap_or_default().join(", "),
            rest.len()
        ),
        _ => names.join(", "),
    }
}

fn links(detail: Option<&CellDetail>) -> Html {
    let Some(attempt) =
        detail.and_then(|detail| detail.failing_attempt().or_else(|| detail.recent.first()))
    else {
        return Html::default();
    };
    html! {
        <>
            { link(&Route::job(&attempt.job_id), format!("Job {}", attempt.external_id)) }
            if let Some(log) = attempt.log_url() {
                <a href={log} rel="noreferrer">{ "Log" }</a>
            }
        </>
    }
}

fn fact(name: &'static str, value: Html) -> Html {
    html! { <><dt>{ name }</dt><dd>{ value }</dd></> }
}

/// Below its cell, or above where there is no room; never off the window.
fn place(node: &NodeRef, region: &NodeRef, spot: Spot) {
    let (Some(card), Some(cell), Some(window)) = (
        node.cast::<HtmlElement>(),
        sight::find(region, spot),
        web_sys::window(),
    ) else {
        return;
    };
    let extent = |value: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0)
    };
    let (width, height) = (extent(window.inner_width()), extent(window.inner_height()));
    let at = cell.get_bounding_client_rect();
    let (card_width, card_height) = (
        f64::from(card.offset_width()),
        f64::from(card.offset_height()),
    );
    let left = (at.left() - 12.0).min(width - card_width - 8.0).max(8.0);
    let below = at.bottom() + 6.0;
    let top = if below + card_height > height - 8.0 && at.top() - card_height - 6.0 > 8.0 {
        at.top() - card_height - 6.0
    } else {
        below
    };
    let style = card.style();
    drop(style.set_property("left", &format!("{}px", left as i32)));
    drop(style.set_property("top", &format!("{}px", top as i32)));
}
