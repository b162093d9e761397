//! A field for a name, with those that are known to choose from.
//!
//! What is typed is kept here until it is chosen: the page is drawn anew
//! whenever something happens. Must not know what the name is of.

use web_sys::HtmlInputElement;
use yew::{
    Callback, Event, Html, InputEvent, Properties, TargetCast, component, html, use_effect_with,
    use_state,
};

use crate::hooks::kept::bound;

#[derive(PartialEq, Properties)]
pub(crate) struct NameFieldProps {
    pub label: &'static str,
    /// The id of its list.
    pub list: String,
    pub value: String,
    pub names: Vec<String>,
    pub on_choose: Callback<Option<String>>,
}

#[component]
pub(crate) fn NameField(props: &NameFieldProps) -> Html {
    let typed = use_state(|| props.value.clone());
    {
        let typed = typed.setter();
        use_effect_with(props.value.clone(), move |value| typed.set(value.clone()));
    }
    let oninput = bound(typed.setter(), |event: InputEvent, typed| {
        let field: HtmlInputElement = event.target_unchecked_into();
        typed.set(field.value());
    });
    let onchange = bound(props.on_choose.clone(), |event: Event, choose| {
        let field: HtmlInputElement = event.target_unchecked_into();
        choose.emit(Some(field.value().trim().to_owned()));
    });
    html! {
        <label class="field">
            { props.label }
            <input type="search" list={props.list.clone()} value={(*typed).clone()}
                autocomplete="off" spellcheck="false" dir="auto" {oninput} {onchange} />
            <datalist id={props.list.clone()}>
                { for props.names.iter().map(|name| html! { <option value={name.clone()} /> }) }
            </datalist>
        </label>
    }
}
