//! The bar on top of every page.
//!
//! Must not know what the page shows.

use yew::platform::spawn_local;
use yew::{Callback, Event, Html, KeyboardEvent, MouseEvent, component, hook, html};

use super::connection::connection;
use super::help::Help;
use super::link::link;
use crate::api::session;
use crate::hooks::clock::use_now;
use crate::hooks::kept::{bound, use_kept};
use crate::hooks::keys::use_keys;
use crate::hooks::links::use_links;
use crate::hooks::live::{Live, use_live};
use crate::hooks::place::{self, use_place};
use crate::hooks::theme::{Theme, use_theme};
use crate::route::Route;

#[component]
pub(crate) fn Top() -> Html {
    use_links();
    let (theme, choose) = use_theme();
    let live = use_live();
    let now = use_now(1_000);
    let route = use_place().route;
    use_ways();
    let demo = live.server.as_ref().is_some_and(|server| server.demo);
    html! {
        <header class="top">
            <span class="brand">{ link(&Route::Versions, "lavafed") }</span>
            <nav aria-label="Pages">
                <ul>
                    { for MAIN.iter().map(|(page, name)| html! {
                        <li class={is_below(&route, page).then_some("here")}>{ link(page, *name) }</li>
                    }) }
                    <li><a href="/graphql">{ "API" }</a></li>
                </ul>
            </nav>
            if demo {
                <span class="badge demo" title="Every version, lab and result here is invented.">
                    { "Demo data" }
                </span>
            }
            <div class="right">
                { connection(&live, now) }
                { who(&live) }
                <Help />
                <fieldset class="seg">
                    <legend class="vh">{ "Theme" }</legend>
                    { for Theme::ALL.into_iter().map(|one| html! {
                        <label>
                            <input type="radio" name="theme" value={one.word()}
                                checked={one == theme}
                                onchange={choose.reform(move |_: Event| one)} />
                            <span>{ one.label() }</span>
                        </label>
                    }) }
                </fieldset>
            </div>
        </header>
    }
}

/// The pages with a name of their own, from any other one.
const MAIN: [(Route, &str); 6] = [
    (Route::Versions, "Grid"),
    (Route::Leases, "Leases"),
    (Route::Jobs, "Jobs"),
    (Route::Labs, "Labs"),
    (Route::Receipts, "Receipts"),
    (Route::Tokens, "Tokens"),
];

fn is_below(route: &Route, main: &Route) -> bool {
    let above = match route {
        Route::Version { .. }
        | Route::Feature { .. }
        | Route::DeviceType { .. }
        | Route::Compare { .. } => &Route::Versions,
        Route::Lease { .. } => &Route::Leases,
        Route::Job { .. } => &Route::Jobs,
        Route::Lab { .. } | Route::Device { .. } => &Route::Labs,
        route => route,
    };
    above == main
}

/// Who signed in and the way out, or the way in.
fn who(live: &Live) -> Html {
    let Some(server) = &live.server else {
        return Html::default();
    };
    let Some(viewer) = &server.viewer else {
        return link(&Route::SignIn, "Sign in");
    };
    let out = |_: MouseEvent| {
        spawn_local(async {
            if session::sign_out().await.is_ok() {
                session::go("/");
            }
        });
    };
    html! {
        <button class="btn" type="button" title={format!("Signed in as {}", viewer.name)}
            onclick={Callback::from(out)}>{ "Sign out" }</button>
    }
}

/// `g`, then where to: `v` versions, `l` leases, `j` jobs, `d` devices.
#[hook]
fn use_ways() {
    let armed = use_kept(|| false);
    use_keys(bound(armed, |event: KeyboardEvent, armed| {
        let key = event.key();
        let was_armed = armed.replace(key == "g" && !event.ctrl_key());
        let route = match key.as_str() {
            "l" => Route::Leases,
            "j" => Route::Jobs,
            "d" => Route::Labs,
            "v" => Route::Versions,
            _ => return,
        };
        if was_armed {
            event.prevent_default();
            place::push(&route, "");
        }
    }));
}
