//! The one connection by which the page hears that something changed.
//!
//! It resumes behind the last event it heard, so that nothing is missed, and
//! tells pages only how far the server has come; they read what they show.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use yew::platform::spawn_local;
use yew::{
    Children, ContextProvider, Html, Properties, component, hook, html, use_context,
    use_effect_with, use_state,
};

use super::announce::announce;
use super::{clock, first};
use crate::api::read::{self, Server};
use crate::api::socket::{self, End, News};
use crate::model::backoff;

/// How fresh the page is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    Connecting,
    Live,
    /// Lost, and tried again at a time.
    Reconnecting {
        since: f64,
        retry_at: f64,
    },
    /// Lost for good as far as one can tell; still tried, seldom.
    Offline {
        since: f64,
        retry_at: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Live {
    pub standing: Standing,
    /// The newest event the server told of; 0 before it told of any.
    pub latest: i64,
    /// Rises when everything has to be read anew whatever its event.
    pub epoch: u32,
    pub server: Option<Rc<Server>>,
}

impl Live {
    /// What is read before the connection stands is no older than the page: only
    /// what came after it is news.
    fn first() -> Self {
        Self {
            standing: Standing::Connecting,
            latest: first::event(),
            epoch: 0,
            server: None,
        }
    }
}

thread_local! {
    /// Coming online or back to the page, or an answer to a question, is a reason not to wait any longer.
    static HURRY: Cell<bool> = const { Cell::new(false) };
    static LOST: Cell<bool> = const { Cell::new(false) };
}

/// Whether the connection is lost, and nothing was heard of the server since.
pub(crate) fn is_lost() -> bool {
    LOST.get()
}

/// The server answered: it can be reached.
pub(crate) fn hurry() {
    HURRY.set(true);
    LOST.set(false);
}

/// Failures in a row after which "reconnecting" would be a lie.
const GIVE_UP: u32 = 5;
/// Events within this time are told as one.
const GATHER_MS: u32 = 200;
const LOOK_MS: u32 = 500;
const REFRESH_MS: u32 = 15_000;

#[derive(PartialEq, Properties)]
pub(crate) struct LiveProps {
    pub children: Children,
}

/// Keeps the connection for as long as the page lives.
#[component]
pub(crate) fn LiveConnection(props: &LiveProps) -> Html {
    let live = use_state(Live::first);
    let setter = live.setter();
    use_effect_with((), move |()| {
        let alive = Rc::new(Cell::new(true));
        let listeners: Vec<EventListener> = web_sys::window()
            .map(|window| {
                ["online", "focus"]
                    .into_iter()
                    .map(|name| EventListener::new(&window, name, |_| hurry()))
                    .collect()
            })
            .unwrap_or_default();
        let told = Rc::clone(&alive);
        spawn_local(async move {
            keep(&told, move |live| setter.set(live)).await;
        });
        move || {
            alive.set(false);
            drop(listeners);
        }
    });
    html! {
        <ContextProvider<Live> context={(*live).clone()}>
            { props.children.clone() }
        </ContextProvider<Live>>
    }
}

#[hook]
pub(crate) fn use_live() -> Live {
    use_context::<Live>().unwrap_or_else(Live::first)
}

/// Rises when the server has news, and now and then for what no event tells
/// of: how a lab answers, who drives it, that a window is over.
#[hook]
pub(crate) fn use_stamp() -> i64 {
    let live = use_live();
    let looks = clock::use_now(REFRESH_MS) / f64::from(REFRESH_MS);
    live.latest + i64::from(live.epoch) + looks as i64
}

async fn keep(alive: &Rc<Cell<bool>>, tell: impl Fn(Live) + 'static) {
    let tell = Rc::new(tell);
    let mut live = Live::first();
    let mut failures = 0_u32;
    let mut since = clock::now();
    while alive.get() {
        // Without an event to resume behind, begin where the server stands.
        if (live.latest == 0 || live.server.is_none())
            && let Ok(server) = read::server().await
        {
            live.latest = live.latest.max(server.event);
            live.server = Some(Rc::new(server));
        }
        if live.server.is_some() {
            let (end, was_live, latest) = connection(&live, alive, failures > 0, &tell).await;
            live.latest = latest;
            if was_live {
                failures = 0;
                since = clock::now();
            }
            if end == End::Resync {
                live.latest = 0;
                live.epoch = live.epoch.wrapping_add(1);
                continue;
            }
            LOST.set(was_live || is_lost());
        }
        failures = failures.saturating_add(1);
        let wait = backoff::delay(failures, js_sys::Math::random());
        let retry_at = clock::now() + wait;
        HURRY.set(false);
        if failures == 1 {
            announce("The connection to the server is lost. What is shown stays.");
        }
        while alive.get() && clock::now() < retry_at && !HURRY.get() {
            live.standing = if failures > GIVE_UP || !is_online() {
                Standing::Offline { since, retry_at }
            } else {
                Standing::Reconnecting { since, retry_at }
            };
            tell(live.clone());
            TimeoutFuture::new(LOOK_MS).await;
        }
    }
}

/// One connection, from its opening to its end. Events are gathered for a
/// moment, since a server that catches up sends them by the hundred.
async fn connection(
    live: &Live,
    alive: &Rc<Cell<bool>>,
    was_lost: bool,
    tell: &Rc<impl Fn(Live) + 'static>,
) -> (End, bool, i64) {
    let latest = Rc::new(Cell::new(live.latest));
    let was_live = Rc::new(Cell::new(false));
    let gathering = Rc::new(Cell::new(false));
    let open = Rc::new(Cell::new(true));
    let end = socket::listen(&url(), Some(live.latest), |news| {
        match news {
            News::Connected => {
                was_live.set(true);
                LOST.set(false);
                if was_lost {
                    announce("The server is there again.");
                }
            }
            News::Event(event) => latest.set(latest.get().max(event)),
        }
        if gathering.replace(true) {
            return;
        }
        let (live, latest, gathering) = (live.clone(), Rc::clone(&latest), Rc::clone(&gathering));
        let (open, alive, tell) = (Rc::clone(&open), Rc::clone(alive), Rc::clone(tell));
        spawn_local(async move {
            TimeoutFuture::new(GATHER_MS).await;
            gathering.set(false);
            if open.get() && alive.get() {
                tell(Live {
                    standing: Standing::Live,
                    latest: latest.get(),
                    ..live
                });
            }
        });
    })
    .await;
    open.set(false);
    (end, was_live.get(), latest.get())
}

fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

fn url() -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = |read: fn(&web_sys::Location) -> Result<String, wasm_bindgen::JsValue>| {
        location
            .as_ref()
            .and_then(|location| read(location).ok())
            .unwrap_or_default()
    };
    let scheme = if part(web_sys::Location::protocol) == "https:" {
        "wss"
    } else {
        "ws"
    };
    format!("{scheme}://{}/graphql", part(web_sys::Location::host))
}
