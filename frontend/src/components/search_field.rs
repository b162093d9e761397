//! A box that narrows what is on the page by words in it.
//!
//! Must not know what it narrows; a grid has `search` instead.

use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, KeyboardEvent, NodeRef, TargetCast, html};

pub(crate) struct SearchField {
    pub hint: &'static str,
    pub value: String,
    pub on_search: Callback<String>,
    /// For the key that leads here.
    pub field: NodeRef,
}

pub(crate) fn search_field(props: &SearchField) -> Html {
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
