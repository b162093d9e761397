//! `/sign-in`: a token becomes this browser's, out of reach of any script.
//!
//! Must not know what a token allows; the server says that to the page.

use web_sys::{HtmlInputElement, SubmitEvent};
use yew::platform::spawn_local;
use yew::{Html, component, html, use_effect_with, use_node_ref, use_state};

use crate::api::session;
use crate::hooks::kept::bound;
use crate::hooks::live::use_live;

#[component]
pub(crate) fn SignInPage() -> Html {
    let field = use_node_ref();
    let said = use_state(String::new);
    use_effect_with((), |()| super::title("Sign in"));
    let server = use_live().server;
    let viewer = server.as_ref().and_then(|server| server.viewer.as_ref());
    let onsubmit = bound(
        (field.clone(), said.setter()),
        |event: SubmitEvent, (field, said)| {
            event.prevent_default();
            let field = field.cast::<HtmlInputElement>();
            let token = field.map(|field| field.value()).unwrap_or_default();
            let said = said.clone();
            spawn_local(async move {
                match session::sign_in(token.trim()).await {
                    // All is asked anew, as who signed in.
                    Ok(()) => session::go("/leases"),
                    Err(failure) => said.set(failure.sentence),
                }
            });
        },
    );
    html! {
        <div class="page">
            <form class="box face" {onsubmit}>
                <h1>{ "Sign in" }</h1>
                <p>{ "For who may do more than read. A lab's owner has a token of the lab's own: " }
                    <code>{ "lavafed token create --description paris --scope lend --for lab:paris" }</code>
                </p>
                if let Some(viewer) = viewer {
                    <p>{ format!("Signed in as {}.", viewer.name) }</p>
                }
                <label>{ "Token " }
                    <input ref={field} type="password" required=true autocomplete="off" spellcheck="false" />
                </label>
                <p>{ "This browser keeps it where no script can read it, for 30 days at most." }</p>
                <div class="bar"><button class="btn primary">{ "Sign in" }</button></div>
                <p class="bad" role="alert">{ (*said).clone() }</p>
            </form>
        </div>
    }
}
