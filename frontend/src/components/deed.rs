//! Something is changed: asked for in place, confirmed there, and done once
//! however often it is clicked.
//!
//! Must not know what follows from it but by the sentence it is given.

use web_sys::{Event, FormData, HtmlDetailsElement, HtmlFormElement, SubmitEvent};
use yew::platform::spawn_local;
use yew::{Callback, Html, Properties, TargetCast, component, html, use_node_ref, use_state};

use crate::api::deed::{Deed, act};
use crate::hooks::announce::announce;
use crate::hooks::focus::{self, use_place};
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
    /// The server knows more than before, and no event tells of it.
    #[prop_or_default]
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
    let told = use_state(|| None::<Result<&'static str, String>>);
    let busy = use_kept(|| false);
    let part = use_node_ref();
    use_place(&part);
    let needs = (
        props.deed.clone(),
        props.changed.clone(),
        props.done,
        busy.clone(),
        told.setter(),
        part.clone(),
    );
    let onsubmit = bound(
        needs,
        |event: SubmitEvent, (deed, changed, done, busy, told, part)| {
            event.prevent_default();
            let form: HtmlFormElement = event.target_unchecked_into();
            let Some(deed) = deed.emit(Entered::of(&form)) else {
                // Blanks are enough for the browser, and for nobody else.
                told.set(Some(Err("Something is still missing.".to_owned())));
                return;
            };
            if busy.replace(true) {
                return;
            }
            let (changed, done, busy) = (changed.clone(), *done, busy.clone());
            let (told, part) = (told.clone(), part.clone());
            spawn_local(async move {
                let outcome = act(deed).await;
                busy.replace(false);
                if outcome.is_ok() {
                    // Its form goes away, and with it whatever had the focus.
                    focus::first(&part, "summary");
                    announce(done);
                    changed.emit(());
                }
                // What is said is of this deed: done, it may stand beside another.
                told.set(Some(match outcome {
                    Ok(()) => Ok(done),
                    Err(failure) => Err(failure.sentence),
                }));
            });
        },
    );
    // Closed and opened again it is a form again.
    let ontoggle = bound(told.setter(), |event: Event, told| {
        let details: HtmlDetailsElement = event.target_unchecked_into();
        if !details.open() {
            told.set(None);
        }
    });
    let name = format!("{} {}", props.label, props.of);
    html! {
        <details class="give" ref={part} {ontoggle}>
            <summary class="btn" aria-label={name.trim_end().to_owned()}>{ &props.label }</summary>
            if let Some(Ok(done)) = &*told {
                <p class="muted" role="status">{ *done }</p>
            } else {
                <form {onsubmit}>
                    <p>{ &props.about }</p>
                    { props.children.clone() }
                    <button class="btn primary">{ props.confirm }</button>
                    if let Some(Err(sentence)) = &*told {
                        <p class="bad" role="alert">{ sentence }</p>
                    }
                </form>
            }
        </details>
    }
}
