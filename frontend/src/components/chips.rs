//! The counts of a version, which filter when they are pressed.
//!
//! Must not know what a filter hides.

use yew::{Callback, Html, html};

use super::symbol::{mark_class, swatch};
use crate::model::address::Filter;
use crate::model::change::ChangeClass;
use crate::model::summary::Summary;
use crate::model::verdict::{CellVerdict, Shown};

pub(crate) struct Counted {
    pub label: String,
    pub summary: Summary,
    pub pressed: Vec<Filter>,
    pub on_press: Callback<Filter>,
}

/// Changes first, then verdicts; a count of zero is shown only while pressed,
/// or where it is itself the news.
pub(crate) fn chips(props: &Counted) -> Html {
    let counts = &props.summary;
    let changes = [
        (
            ChangeClass::Regression,
            counts.regressions,
            ["regression", "regressions"],
        ),
        (
            ChangeClass::NewFailure,
            counts.new_failures,
            ["new failure", "new failures"],
        ),
        (ChangeClass::Fixed, counts.fixed, ["fixed", "fixed"]),
    ]
    .map(|(class, count, words)| (Filter::Change(class), count, words));
    let verdicts = [
        (CellVerdict::Fail, counts.fail),
        (CellVerdict::Flaky, counts.flaky),
        (CellVerdict::Infra, counts.infra),
        (CellVerdict::Running, counts.running),
        (CellVerdict::Planned, counts.planned),
        (CellVerdict::NotReached, counts.not_reached),
        (CellVerdict::Pass, counts.pass),
    ]
    .map(|(verdict, count)| (Filter::Verdict(verdict), count, [verdict.word(); 2]));
    let is_shown = |filter: Filter, count: u32| count > 0 || props.pressed.contains(&filter);
    html! {
        <div class="chips" role="group" aria-label={props.label.clone()}>
            { for changes.into_iter()
                .filter(|(filter, count, _)| {
                    is_shown(*filter, *count) || *filter == Filter::Change(ChangeClass::Regression)
                })
                .map(|(filter, count, words)| chip(props, filter, count, words)) }
            <span class="cut" aria-hidden="true"></span>
            { for verdicts.into_iter()
                .filter(|(filter, count, _)| is_shown(*filter, *count))
                .map(|(filter, count, words)| chip(props, filter, count, words)) }
        </div>
    }
}

fn chip(props: &Counted, filter: Filter, count: u32, [one, many]: [&'static str; 2]) -> Html {
    let pressed = props.pressed.contains(&filter);
    let onclick = props.on_press.reform(move |_| filter);
    let sign = match filter {
        Filter::Change(change) => html! {
            <span class="sw mk">
                <span class={mark_class(change)} aria-hidden="true">{ change.mark() }</span>
            </span>
        },
        Filter::Verdict(verdict) => swatch(Shown::Own(verdict), None),
    };
    html! {
        <button class="chip" type="button" aria-pressed={pressed.to_string()} {onclick}>
            { sign }<b>{ count }</b>{ if count == 1 { one } else { many } }
        </button>
    }
}
