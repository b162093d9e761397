//! The small controls above a grid: density, choice.
//!
//! Must not know what they control.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Callback, Event, Html, TargetCast, html};

use crate::model::address::Density;

pub(crate) fn density(chosen: Density, on_choose: &Callback<Density>) -> Html {
    segment(&Segment {
        name: "density",
        label: "Row height in pixels",
        parts: Density::ALL
            .iter()
            .map(|density| (density.pixels(), density.pixels().to_owned()))
            .collect(),
        value: chosen.pixels(),
        on_choose: on_choose.reform(|value: String| {
            let chosen = Density::ALL.into_iter().find(|one| one.pixels() == value);
            chosen.unwrap_or(Density::Roomy)
        }),
    })
}

/// One of a few, side by side.
pub(crate) struct Segment {
    pub name: &'static str,
    pub label: &'static str,
    /// Value and text of each.
    pub parts: Vec<(&'static str, String)>,
    pub value: &'static str,
    pub on_choose: Callback<String>,
}

pub(crate) fn segment(props: &Segment) -> Html {
    let onchange = props
        .on_choose
        .reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <fieldset class="seg">
            <legend class="vh">{ props.label }</legend>
            { for props.parts.iter().map(|(value, text)| html! {
                <label>
                    <input type="radio" name={props.name} value={*value}
                        checked={*value == props.value} onchange={onchange.clone()} />
                    <span>{ text }</span>
                </label>
            }) }
        </fieldset>
    }
}

/// One of several, in a drop-down.
pub(crate) struct Choice {
    pub label: &'static str,
    /// Value and text of each option; the empty value is the default.
    pub options: Vec<(String, String)>,
    pub value: String,
    pub on_choose: Callback<Option<String>>,
}

pub(crate) fn choice(props: &Choice) -> Html {
    let onchange = props.on_choose.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        (!value.is_empty()).then_some(value)
    });
    html! {
        <label class="field">
            { props.label }
            <select {onchange}>
                { for props.options.iter().map(|(value, text)| html! {
                    <option value={value.clone()} selected={*value == props.value}>{ text }</option>
                }) }
            </select>
        </label>
    }
}
