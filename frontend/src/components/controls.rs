//! The small controls above a grid: search, density, choice.
//!
//! Must not know what they control.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Callback, Event, Html, InputEvent, KeyboardEvent, NodeRef, TargetCast, html};

use crate::model::address::Density;

/// The search box.
pub(crate) struct Search {
    pub hint: &'static str,
    pub value: String,
    pub on_search: Callback<String>,
    /// For the key that leads here.
    pub field: NodeRef,
}

pub(crate) fn search(props: &Search) -> Html {
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

pub(crate) fn density(chosen: Density, on_choose: &Callback<Density>) -> Html {
    html! {
        <fieldset class="seg">
            <legend class="vh">{ "Row height in pixels" }</legend>
            { for Density::ALL.into_iter().map(|density| html! {
                <label>
                    <input type="radio" name="density" value={density.pixels()}
                        checked={density == chosen}
                        onchange={on_choose.reform(move |_: Event| density)} />
                    <span>{ density.pixels() }</span>
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
