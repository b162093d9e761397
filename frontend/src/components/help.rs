//! The keys of the page, in a dialog that `?` opens.
//!
//! Must not know what the keys do.

use web_sys::HtmlDialogElement;
use yew::{Html, KeyboardEvent, MouseEvent, component, html, use_node_ref};

use super::symbol::{Glyph, glyph};
use crate::hooks::kept::bound;
use crate::hooks::keys::use_keys;

const KEYS: [(&str, &[(&str, &str)]); 3] = [
    (
        "Everywhere",
        &[
            ("?", "these keys"),
            ("g v", "go to the versions"),
            ("g l", "go to the leases"),
            ("g d", "go to the labs and their devices"),
            ("Esc", "close what is open"),
        ],
    ),
    (
        "In a grid",
        &[
            ("\u{2190} \u{2191} \u{2193} \u{2192}  h j k l", "move"),
            (
                "Home End",
                "begin and end of the row; with Ctrl of the grid",
            ),
            ("PgUp PgDn", "ten rows up and down"),
            ("Enter", "details of the cell"),
            ("Space", "fold a release, or unfold it"),
        ],
    ),
    (
        "On a page with a grid",
        &[
            ("/", "search"),
            ("n p", "next and previous regression"),
            (".", "row height"),
            ("c", "copy the link"),
            ("[ ]", "the version before and after, from a version"),
        ],
    ),
];

#[component]
pub(crate) fn Help() -> Html {
    let dialog = use_node_ref();
    use_keys(bound(dialog.clone(), |event: KeyboardEvent, dialog| {
        if event.key() == "?"
            && let Some(dialog) = dialog.cast::<HtmlDialogElement>()
            && !dialog.open()
        {
            event.prevent_default();
            // It only fails for one that is open.
            let _shown = dialog.show_modal();
        }
    }));
    let close = bound(dialog.clone(), |_: MouseEvent, dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            dialog.close();
        }
    });
    html! {
        <dialog ref={dialog} class="help" aria-labelledby="keys">
            <header>
                <h2 id="keys">{ "Keys" }</h2>
                <button class="btn icon" type="button" aria-label="Close" title="Close (Esc)"
                    onclick={close}>{ glyph(Glyph::Close) }</button>
            </header>
            <div class="help-parts">
                { for KEYS.iter().map(|(title, keys)| html! {
                    <section>
                        <h3>{ *title }</h3>
                        <dl>
                            { for keys.iter().map(|(keys, what)| html! {
                                <>
                                    <dt>{ for keys.split_whitespace().map(|key| html! { <kbd>{ key.to_owned() }</kbd> }) }</dt>
                                    <dd>{ *what }</dd>
                                </>
                            }) }
                        </dl>
                    </section>
                }) }
            </div>
        </dialog>
    }
}
