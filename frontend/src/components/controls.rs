//! The small controls above a grid: search, density, choice.
//!
//! Must not know what they control.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{
    Callback, Event, Html, InputEvent, KeyboardEvent, NodeRef, Properties, TargetCast, component,
    html,
};

use crate::model::address::Density;

#[derive(PartialEq, Properties)]
pub(crate) struct SearchProps {
    pub hint: &'static str,
    pub value: String,
    pub on_search: Callback<String>,
    /// For the key that leads here.
    pub field: NodeRef,
}

#[component]
pub(crate) fn Search(props: &SearchProps) -> Html {
    let oninput = props
        .on_search
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let onkeydown = Callback::from(|event: KeyboardEvent| {
        if event.key() == "Escape" {
            let field = event.target_unchecked_into::<HtmlInputElement>();
            if field.value().is_empty() {
                drop(field.blur());
            }
        }
    });
    html! {
        <div class="search">
            <input ref={props.field.clone()} type="search" aria-label={props.hint}
                placeholder={props.hint} autocomplete="off" spellcheck="false"
                aria-keyshortcuts="/" value={props.value.clone()} {oninput} {onkeydown} />
            <kbd aria-hidden="true">{ "/" }</kbd>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct DensityChoiceProps {
    pub density: Density,
    pub on_choose: Callback<Density>,
}

#[component]
pub(crate) fn DensityChoice(props: &DensityChoiceProps) -> Html {
    html! {
        <fieldset class="seg">
            <legend class="vh">{ "Row height in pixels" }</legend>
            { for Density::ALL.into_iter().map(|density| html! {
                <label>
                    <input type="radio" name="density" value={density.pixels()}
                        checked={density == props.density}
                        onchange={props.on_choose.reform(move |_: Event| density)} />
                    <span>{ density.pixels() }</span>
                </label>
            }) }
        </fieldset>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ChoiceProps {
    pub label: &'static str,
    /// Value and text of each option; the empty value is the default.
    pub options: Vec<(String, String)>,
    pub value: String,
    pub on_choose: Callback<Option<String>>,
}

#[component]
pub(crate) fn Choice(props: &ChoiceProps) -> Html {
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
