//! `/tokens`: who may do what; one is made, shown once, and revoked.
//!
//! Must not know HTTP. Only an administrator is told; the server decides.

use std::rc::Rc;

use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlFormElement, SubmitEvent};
use yew::platform::spawn_local;
use yew::{
    Callback, Event, Html, MouseEvent, Properties, TargetCast, component, html, use_effect_with,
    use_state,
};

use crate::api::deed::Deed;
use crate::api::list::{self, NewToken};
use crate::components::deed::{Do, Entered};
use crate::components::faces::{face, faced};
use crate::components::link::link;
use crate::components::pager::{pager, total};
use crate::components::table::{keyed, or_dash, text};
use crate::components::when::when;
use crate::hooks::announce::announce;
use crate::hooks::changes::use_changes;
use crate::hooks::clock;
use crate::hooks::kept::{bound, use_kept};
use crate::hooks::listing::{Lister, use_listing};
use crate::hooks::live::use_live;
use crate::hooks::load::use_load;
use crate::model::listing::Page;
use crate::model::time;
use crate::model::token::{Scope, Standing, Token};
use crate::model::waiver::end_of_day;
use crate::route::Route;

#[component]
pub(crate) fn TokensPage() -> Html {
    use_effect_with((), |()| super::title("Tokens"));
    let lister = use_listing(Route::Tokens, &[]);
    let live = use_live();
    let may = live.server.as_ref().map(|server| {
        let viewer = server.viewer.as_ref();
        viewer.is_some_and(|viewer| viewer.is_admin)
    });
    // Nobody is told of a token by an event.
    let (changes, changed) = use_changes();
    let asked = Rc::clone(&lister.asked);
    let key = (may == Some(true)).then(|| vec![Some(asked.to_query())]);
    let loaded = use_load(key, changes, move || {
        let asked = Rc::clone(&asked);
        async move { list::tokens(&asked).await }
    });
    if may == Some(false) {
        return html! {
            <div class="page"><h1 class="vh">{ "Tokens" }</h1><div class="box">{ face("Only an administrator sees tokens", html! { <>
                <p>{ "Sign in with a token of scope admin. Where lavafed runs, one is made by " }
                    <code>{ "lavafed token create --description admin --scope admin" }</code></p>
                <div class="bar">{ link(&Route::SignIn, "Sign in as administrator") }</div>
            </> }) }</div></div>
        };
    }
    html! {
        <div class="page">
            <h1 class="vh">{ "Tokens" }</h1>
            if may == Some(true) {
                <Making changed={changed.clone()} />
            }
            { faced(&loaded, "The tokens could not be loaded", |page| shown(page, &lister, &changed)) }
        </div>
    }
}

fn shown(page: &Page<Token>, lister: &Lister, changed: &Callback<()>) -> Html {
    let now = clock::text(clock::now());
    let row = |token: &Token| {
        let standing = token.standing(&now);
        let time = |at: &Option<String>| at.as_deref().map_or_else(|| text("\u{2013}"), when);
        let (class, since) = match standing {
            Standing::Valid => ("badge", None),
            Standing::Expired => ("badge soft", token.expires_at.as_deref()),
            Standing::Revoked => ("badge soft", token.revoked_at.as_deref()),
        };
        vec![
            html! { <bdi>{ &token.description }</bdi> },
            text(&token.scope.word().to_ascii_lowercase()),
            html! { <bdi>{ or_dash(token.speaks_for.clone()) }</bdi> },
            html! { <><span {class}>{ standing.word() }</span>{ " " }{ since.map(when) }</> },
            when(&token.created_at),
            time(&token.last_used_at),
            text(
                &token
                    .expires_at
                    .as_deref()
                    .map_or("never".to_owned(), time::utc),
            ),
            if standing == Standing::Valid {
                revoking(token, changed)
            } else {
                Html::default()
            },
        ]
    };
    html! {
        <>
        <p class="muted">{ total(page.total, "token", "tokens") }{ ", newest first" }</p>
        { keyed(
            &["For what", "Scope", "Speaks for", "Standing", "Made", "Last used", "Ends", "Revoke"],
            page.rows.iter().map(|token| (token.id.clone(), row(token))).collect(),
        ) }
        { pager(page, lister) }
        </>
    }
}

fn revoking(token: &Token, changed: &Callback<()>) -> Html {
    let id = token.id.clone();
    let deed = Callback::from(move |_: Entered| Some(Deed::Revoke(id.clone())));
    html! {
        <Do key={token.id.clone()} label="Revoke" of={token.description.clone()} {deed}
            about="Whoever uses it is refused at once; it cannot be undone."
            confirm="Revoke it" done="It is revoked." changed={changed.clone()} />
    }
}

#[derive(PartialEq, Properties)]
struct MakingProps {
    changed: Callback<()>,
}

/// The form of a new token, and the token while it can be seen.
#[component]
fn Making(props: &MakingProps) -> Html {
    let made = use_state(|| None::<Result<String, String>>);
    let scope = use_state(|| Scope::Read);
    let busy = use_kept(|| false);
    let needs = (made.setter(), scope.setter(), props.changed.clone(), busy);
    let onsubmit = bound(needs, |event: SubmitEvent, (made, scope, changed, busy)| {
        event.prevent_default();
        let form: HtmlFormElement = event.target_unchecked_into();
        let (made, scope, changed) = (made.clone(), scope.clone(), changed.clone());
        let Some(new) = read(&form) else {
            return;
        };
        // A second click makes no second token.
        if busy.replace(true) {
            return;
        }
        let busy = busy.clone();
        spawn_local(async move {
            let told = list::make_token(new).await;
            busy.replace(false);
            if told.is_ok() {
                form.reset();
                scope.set(Scope::Read);
                changed.emit(());
                announce("The token is made. It is shown this once.");
            }
            made.set(Some(told.map_err(|failure| failure.sentence)));
        });
    });
    let choose = bound(scope.setter(), |event: Event, scope| {
        let field: web_sys::HtmlSelectElement = event.target_unchecked_into();
        scope.set(Scope::read(&field.value()).unwrap_or(Scope::Read));
    });
    html! {
        <details class="box making">
            <summary>{ "Make a token" }</summary>
            <form {onsubmit}>
                <label class="field">{ "For what" }
                    <input type="text" name="description" required=true maxlength="200" autocomplete="off" dir="auto" />
                </label>
                <label class="field">{ "Scope" }
                    <select name="scope" onchange={choose}>
                        { for Scope::ALL.map(|one| html! {
                            <option value={one.word()} selected={one == *scope}>
                                { format!("{}: {}", one.word().to_ascii_lowercase(), one.meaning()) }
                            </option>
                        }) }
                    </select>
                </label>
                if scope.speaks() {
                    <label class="field">{ "Speaks for" }
                        <input type="text" name="for" required=true placeholder="federated, ci or lab:NAME" autocomplete="off" />
                    </label>
                }
                <label class="field">{ "Good until the end of" }
                    <input type="date" name="ends" />
                    <span class="muted">{ "in UTC; a year, if nothing is said" }</span>
                </label>
                <div class="bar"><button class="btn primary">{ "Make it" }</button></div>
            </form>
            { match &*made {
                None => Html::default(),
                Some(Err(sentence)) => html! { <p class="bad" role="alert">{ sentence }</p> },
                Some(Ok(secret)) => html! { <Secret key={secret.clone()} secret={secret.clone()} /> },
            } }
        </details>
    }
}

fn read(form: &HtmlFormElement) -> Option<NewToken> {
    let entered = Entered::of(form);
    Some(NewToken {
        description: entered.get("description")?,
        scope: entered.get("scope")?,
        speaks_for: entered.get("for"),
        expires_at: entered.get("ends").map(|day| end_of_day(&day)),
    })
}

#[derive(PartialEq, Properties)]
struct SecretProps {
    secret: String,
}

#[component]
fn Secret(props: &SecretProps) -> Html {
    let said = use_state(|| "Copy");
    let needs = (props.secret.clone(), said.setter());
    let copy = bound(needs, |_: MouseEvent, (secret, said)| {
        let (secret, said) = (secret.clone(), said.clone());
        spawn_local(async move {
            let clipboard = web_sys::window().map(|window| window.navigator().clipboard());
            let copied = match clipboard {
                Some(clipboard) => JsFuture::from(clipboard.write_text(&secret)).await.is_ok(),
                None => false,
            };
            said.set(if copied {
                "Copied"
            } else {
                "Select it and copy"
            });
        });
    });
    html! {
        <div class="secret" role="status">
            <p><b>{ "This is the token. It is not kept and cannot be shown again." }</b></p>
            <code>{ &props.secret }</code>
            <button class="btn" type="button" onclick={copy}>{ *said }</button>
        </div>
    }
}
