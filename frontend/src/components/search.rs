//! The search box: words at once, a query when one stops typing, with what
//! could come next, and with what the server could not read.
//!
//! Must not know what is searched.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlInputElement;
use yew::{
    Callback, Html, InputEvent, KeyboardEvent, NodeRef, Properties, TargetCast, component, html,
    use_effect_with, use_state_eq,
};

use crate::api::http::Failure;
use crate::hooks::kept::{bound, use_kept};
use crate::model::search::{self, Names};

/// A query is not sent while it is typed.
const PAUSE_MS: u32 = 400;
const COMPLETIONS: &str = "completions";
const FAULT: &str = "fault";

#[derive(PartialEq, Properties)]
pub(crate) struct SearchBoxProps {
    pub hint: &'static str,
    pub value: String,
    pub names: Rc<Names>,
    /// What the server says of the query.
    pub failure: Option<Failure>,
    pub on_search: Callback<String>,
    /// For the key that leads here.
    pub field: NodeRef,
}

#[component]
pub(crate) fn SearchBox(props: &SearchBoxProps) -> Html {
    let typed = use_state_eq(|| props.value.clone());
    let told = use_kept(|| props.value.clone());
    let timer = use_kept(|| None::<Timeout>);
    // The address changed by something else than typing: Back, or a button.
    use_effect_with(props.value.clone(), {
        let (typed, told) = (typed.setter(), told.clone());
        move |value| {
            if told.replace(value.clone()) != *value {
                typed.set(value.clone());
            }
        }
    });
    let tell = bound(
        (told, props.on_search.clone()),
        |text: String, (told, on_search)| {
            told.replace(text.clone());
            on_search.emit(text);
        },
    );
    let oninput = bound(
        (typed.setter(), timer.clone(), tell.clone()),
        |event: InputEvent, (typed, timer, tell)| {
            let text = event.target_unchecked_into::<HtmlInputElement>().value();
            typed.set(text.clone());
            let later = search::query(&text).map(|_| {
                let (tell, text) = (tell.clone(), text.clone());
                Timeout::new(PAUSE_MS, move || tell.emit(text))
            });
            let now = later.is_none();
            drop(timer.replace(later));
            if now {
                tell.emit(text);
            }
        },
    );
    let onkeydown = bound((timer, tell), |event: KeyboardEvent, (timer, tell)| {
        let field = event.target_unchecked_into::<HtmlInputElement>();
        match event.key().as_str() {
            "Enter" => {
                drop(timer.replace(None));
                tell.emit(field.value());
            }
            "Escape" if field.value().is_empty() => drop(field.blur()),
            _ => {}
        }
    });
    let fault = props
        .failure
        .as_ref()
        .and_then(|failure| Some((failure, failure.place?)))
        .filter(|_| *typed == props.value);
    html! {
        <div class="search">
            <input ref={props.field.clone()} type="search" aria-label={props.hint}
                placeholder={props.hint} autocomplete="off" autocapitalize="off"
                spellcheck="false" aria-keyshortcuts="/" list={COMPLETIONS}
                aria-invalid={fault.map(|_| "true")} aria-describedby={fault.map(|_| FAULT)}
                value={(*typed).clone()} {oninput} {onkeydown} />
            <kbd aria-hidden="true">{ "/" }</kbd>
            <datalist id={COMPLETIONS}>
                { for search::completions(&typed, &props.names).into_iter().map(|text| html! {
                    <option value={text}></option>
                }) }
            </datalist>
            if let Some((failure, (at, length))) = fault {
                { say_fault(&props.value, failure, at, length) }
            }
        </div>
    }
}

fn say_fault(text: &str, failure: &Failure, at: usize, length: usize) -> Html {
    let (before, wrong, after) = search::cut(text, at, length);
    html! {
        <div id={FAULT} class="fault" role="alert">
            <code>
                { before.to_owned() }
                <mark>{ if wrong.is_empty() { "\u{2038}" } else { wrong }.to_owned() }</mark>
                { after.to_owned() }
            </code>
            <p>{ &failure.sentence }</p>
        </div>
    }
}
