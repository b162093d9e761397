//! Something is changed: asked for in place, confirmed there, and done once
//! however often it is clicked.
//!
//! Must not know what follows from it but by the sentence it is given.

use web_sys::{FormData, HtmlFormElement, SubmitEvent};
use yew::platform::spawn_local;
use yew::{Callback, Html, Properties, TargetCast, component, html, use_state};

use crate::api::deed::{Deed, act};
use crate::hooks::announce::announce;
use crate::hooks::kept::{bound, use_kept};

#[derive(PartialEq, Properties)]
pub(crate) struct DoProps {
    /// Of the button that opens it.
    pub label: String,
    /// To tell it apart from its like by ear.
    #[prop_or_default]
    pub of: String,
    /// What follows from it.
    pub about: String,
    /// Of the button that does it.
    pub confirm: &'static str,
    /// What is said when it is done.
    pub done: &'static str,
    /// What is to be done, from what was entered; nothing when that is not enough.
    pub deed: Callback<Entered, Option<Deed>>,
    /// The server knows more than before.
    pub changed: Callback<()>,
    /// What has to be entered.
    #[prop_or_default]
    pub children: Html,
}

/// What was entered into a form.
pub(crate) struct Entered(Option<FormData>);

impl Entered {
    pub(crate) fn of(form: &HtmlFormElement) -> Self {
        Self(FormData::new_with_form(form).ok())
    }

    /// A field without the blanks around it; nothing when it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let text = self.0.as_ref()?.get(name).as_string()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

#[component]
pub(crate) fn Do(props: &DoProps) -> Html {
    let told = use_state(|| None::<Result<(), String>>);
    let busy = use_kept(|| false);
    let needs = (
        props.deed.clone(),
        props.changed.clone(),
        props.done,
        busy.clone(),
        told.setter(),
    );
    let onsubmit = bound(
        needs,
        |event: SubmitEvent, (deed, changed, done, busy, told)| {
            event.prevent_default();
            let form: HtmlFormElement = event.target_unchecked_into();
            let Some(deed) = deed.emit(Entered::of(&form)) else {
                return;
            };
            if busy.replace(true) {
                return;
            }
            let (changed, done, busy, told) = (changed.clone(), *done, busy.clone(), told.clone());
            spawn_local(async move {
                let outcome = act(deed).await;
                busy.replace(false);
                if outcome.is_ok() {
                    announce(done);
                    changed.emit(());
                }
                told.set(Some(outcome.map_err(|failure| failure.sentence)));
            });
        },
    );
    let (class, said) = match &*told {
        None => ("", ""),
        Some(Ok(())) => ("muted", props.done),
        Some(Err(sentence)) => ("bad", sentence.as_str()),
    };
    let name = format!("{} {}", props.label, props.of);
    html! {
        <details class="give">
            <summary class="btn" aria-label={name.trim_end().to_owned()}>{ &props.label }</summary>
            <form {onsubmit}>
                <p>{ &props.about }</p>
                { props.children.clone() }
                <button class="btn primary">{ props.confirm }</button>
                if !said.is_empty() {
                    <p {class} role="status">{ said.to_owned() }</p>
                }
            </form>
        </details>
    }
}
