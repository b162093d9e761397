//! The side panel of one cell: is it the lab, since when, and by which jobs.
//!
//! Must not know where its cell stands in the grid.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::{
    Callback, Html, MouseEvent, Properties, classes, component, html, use_effect_with, use_node_ref,
};

use super::faces::FailedFace;
use super::jobs;
use super::link::link;
use super::name;
use super::symbol::{Glyph, class_of, glyph, glyph_of, mark, swatch};
use super::when::{when, when_exactly};
use crate::hooks::cell::use_cell;
use crate::model::answer::plural;
use crate::model::cell::{CellDetail, CellKey, Part, is_web};
use crate::model::change::ChangeClass;
use crate::model::verdict::{CellVerdict, Shown};
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct PanelProps {
    pub cell: CellKey,
    /// The event of the grid beside it: a newer one reads the cell again.
    pub stamp: i64,
    /// Rises when the panel is opened by the keyboard and takes the focus.
    pub focus: u32,
    pub on_close: Callback<()>,
    /// Another cell of the same feature and version.
    pub on_part: Callback<Option<String>>,
}

#[component]
pub(crate) fn Panel(props: &PanelProps) -> Html {
    let loaded = use_cell(Some(&props.cell), props.stamp);
    let node = use_node_ref();
    use_effect_with((node.clone(), props.focus), |(node, focus)| {
        if let Some(element) = node.cast::<HtmlElement>().filter(|_| *focus > 0) {
            drop(element.focus());
        }
    });
    let detail = loaded.data.as_deref().map(Option::as_ref);
    html! {
        <aside ref={node} class="panel" tabindex="-1" aria-label={format!("Details of {}", title(&props.cell))}>
            <header>
                { head_swatch(detail.flatten()) }
                <div>
                    <h2>{ name::feature(&props.cell.feature) }</h2>
                    <p>{ subtitle(&props.cell) }</p>
                </div>
                <button class="btn icon" type="button" aria-label="Close" title="Close (Esc)"
                    onclick={props.on_close.reform(|_: MouseEvent| ())}>{ glyph(Glyph::Close) }</button>
            </header>
            if let Some(failed) = &loaded.failed {
                <FailedFace what="The cell could not be read." failed={failed.clone()}
                    retry={loaded.retry.clone()} kept={detail.is_some()} />
            }
            { match detail {
                Some(Some(detail)) => body(detail, props),
                Some(None) => html! {
                    <section><p class="answer">{ "This feature is not known for this version and device-type." }</p></section>
                },
                None if loaded.failed.is_some() => Html::default(),
                None => html! { <section class="wait" role="status"><span class="vh">{ "Loading" }</span></section> },
            } }
        </aside>
    }
}

fn title(key: &CellKey) -> String {
    format!("{}, {}", key.feature, subtitle(key))
}

fn subtitle(key: &CellKey) -> String {
    match &key.device_type {
        Some(device_type) => format!("{device_type}, {}", key.version),
        None => key.version.clone(),
    }
}

fn head_swatch(detail: Option<&CellDetail>) -> Html {
    match detail {
        Some(detail) => swatch(Shown::Own(detail.verdict), detail.change),
        None => html! { <span class="sw"></span> },
    }
}

fn body(detail: &CellDetail, props: &PanelProps) -> Html {
    html! {
        <>
            { verdict(detail) }
            if let Some((answer, because)) = detail.blame.as_deref().and_then(|said| said.split_once(':')) {
                <section>
                    <h3>{ "Is it the lab?" }</h3>
                    <p class="answer"><strong>{ answer }</strong>{ ":" }{ because }</p>
                </section>
            }
            if !detail.history.is_empty() {
                { history(detail) }
            }
            if let Some(attempt) = detail.failing_attempt() {
                <section>
                    <h3>{ "Error" }</h3>
                    { jobs::error(&attempt.error, attempt.message.as_deref()) }
                </section>
            }
            if !detail.parts.is_empty() {
                { parts(detail, &props.on_part) }
            } else if props.cell.device_type.is_some() {
                <section>
                    <button class="link" type="button"
                        onclick={props.on_part.reform(|_: MouseEvent| None)}>
                        { "All device-types with this feature" }
                    </button>
                </section>
            }
            if !detail.recent.is_empty() {
                <section>
                    <h3>{ "Attempts" }</h3>
                    { jobs::attempts(&detail.recent, detail.device_type.is_none()) }
                </section>
            }
            { actions(detail) }
        </>
    }
}

fn verdict(detail: &CellDetail) -> Html {
    let result = if detail.total > 1 {
        format!("{} of {} device-types pass", detail.passed, detail.total)
    } else {
        Shown::Own(detail.verdict).meaning().to_owned()
    };
    html! {
        <section>
            <p class="answer">
                <strong>{ sentence(&result) }</strong>
                if let Some(last) = &detail.last_at {
                    { " Last result " }{ when_exactly(last) }{ "." }
                }
            </p>
            if let Some(reason) = &detail.reason_text {
                <p class="answer">{ reason }</p>
            }
            if let Some(carried) = &detail.carried {
                <p class="answer">
                    { format!("The last verdict, {}, is from ", carried.verdict.as_cell().word()) }
                    { link(&Route::version(&carried.version), &carried.version) }
                    { ", " }{ when(&carried.at) }
                    { if carried.stale { "; that is too old to rely on." } else { "." } }
                    { " It is shown, never counted." }
                </p>
            }
            if !detail.feature_description.is_empty() {
                <p class="small muted">{ &detail.feature_description }</p>
            }
        </section>
    }
}

/// "fail" as a sentence of its own.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).chain(['.']).collect())
        .unwrap_or_default()
}

fn history(detail: &CellDetail) -> Html {
    let heading = match (detail.change, &detail.baseline) {
        (Some(change), Some(baseline)) => {
            format!(
                "{} against {baseline}",
                sentence(change.word()).trim_end_matches('.')
            )
        }
        (Some(_), None) | (None, _) => "History".to_owned(),
    };
    let heading = if detail.failing_versions > 0 {
        format!(
            "{heading}, failing for {}",
            plural(detail.failing_versions, "version")
        )
    } else {
        heading
    };
    let (first, last) = (detail.history.first(), detail.history.last());
    html! {
        <section>
            <h3>{ heading }</h3>
            <ol class="strip">
                { for detail.history.iter().map(|point| {
                    let shown = Shown::Own(point.verdict);
                    let now = *point.version == *detail.version;
                    html! {
                        <li class={classes!(class_of(shown, None), now.then_some("now"))}
                            title={format!("{}: {}", point.version, shown.word())}>
                            { glyph(glyph_of(shown)) }
                            <span class="vh">{ format!("{}: {}", point.version, shown.word()) }</span>
                        </li>
                    }
                }) }
            </ol>
            <div class="ends" aria-hidden="true">
                <span>{ first.map(|point| Rc::clone(&point.version)) }</span>
                <span>{ last.map(|point| Rc::clone(&point.version)) }</span>
            </div>
            <p class="small">
                if let Some(since) = &detail.failing_since {
                    { "First failing: " }
                    { link(&Route::version(since), since) }{ ". " }
                }
                if let Some(passing) = &detail.last_passing {
                    { "Last passing: " }
                    { link(&Route::version(passing), passing) }{ "." }
                } else if detail.verdict == CellVerdict::Fail && detail.parts.len() < 2 {
                    { "It has not passed before, as far as 60 versions back." }
                }
            </p>
        </section>
    }
}

fn parts(detail: &CellDetail, on_part: &Callback<Option<String>>) -> Html {
    html! {
        <section>
            <h3>{ format!("On {}", plural(u32::try_from(detail.parts.len()).unwrap_or(0), "device-type")) }</h3>
            <ul class="parts">
                { for detail.parts.iter().map(|part| part_item(part, on_part)) }
            </ul>
        </section>
    }
}

fn part_item(part: &Part, on_part: &Callback<Option<String>>) -> Html {
    let name = part.device_type.clone();
    let loud = part.change.filter(|change| {
        matches!(
            change,
            ChangeClass::Regression | ChangeClass::NewFailure | ChangeClass::Fixed
        )
    });
    html! {
        <li title={part.reason_text.clone()}>
            { swatch(Shown::Own(part.verdict), part.change) }
            <button class="link" type="button"
                onclick={on_part.reform(move |_: MouseEvent| Some(name.clone()))}>
                { &part.device_type }
            </button>
            <span class="vh">{ part.verdict.word() }</span>
            { mark(loud) }
        </li>
    }
}

fn actions(detail: &CellDetail) -> Html {
    let Some(attempt) = detail.failing_attempt().or_else(|| detail.recent.first()) else {
        return Html::default();
    };
    html! {
        <section class="bar">
            if let Some(url) = attempt.url.clone().filter(|url| is_web(url)) {
                <a class="btn" href={url} rel="noreferrer">{ "LAVA job" }</a>
            }
            if let (Some(url), Some(line)) = (attempt.log_url(), attempt.error.log_line) {
                <a class="btn" href={url} rel="noreferrer">{ format!("Log line {line}") }</a>
            }
        </section>
    }
}
