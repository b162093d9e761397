//! What assistive tools are told, politely and one thing after the other.
//!
//! Must not know what there is to tell.

use yew::{
    Callback, Html, Properties, component, hook, html, use_callback, use_context, use_state,
};
use yew::{Children, ContextProvider};

/// Tells a sentence.
#[derive(Clone, PartialEq)]
pub(crate) struct Announce(Callback<String>);

impl Announce {
    pub(crate) fn tell(&self, sentence: String) {
        self.0.emit(sentence);
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct AnnouncerProps {
    pub children: Children,
}

/// Holds the live region and gives its children the means to speak.
#[component]
pub(crate) fn Announcer(props: &AnnouncerProps) -> Html {
    let said = use_state(String::new);
    let tell = use_callback(said.setter(), |sentence: String, setter| {
        setter.set(sentence);
    });
    html! {
        <ContextProvider<Announce> context={Announce(tell)}>
            { props.children.clone() }
            <p class="vh" role="status" aria-live="polite">{ (*said).clone() }</p>
        </ContextProvider<Announce>>
    }
}

#[hook]
pub(crate) fn use_announce() -> Announce {
    use_context::<Announce>().unwrap_or_else(|| Announce(Callback::noop()))
}
