//! One question to the server with its three faces: loading, failed, known.
//!
//! What is known stays while it is asked again or cannot be asked. Must not
//! know the question.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::{FutureExt, StreamExt};
use gloo_timers::future::TimeoutFuture;
use yew::platform::spawn_local;
use yew::{Callback, hook, use_effect_with, use_state};

use super::kept::{bound, use_kept};
use super::{clock, live};
use crate::api::http::Failure;
use crate::model::backoff;

/// A failure, and when the question is asked again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failed {
    pub failure: Failure,
    pub retry_at: f64,
    pub count: u32,
}

impl Failed {
    /// The next failure in a row.
    pub(crate) fn again(before: Option<&Self>, failure: Failure) -> Self {
        let count = before.map_or(0, |before| before.count).saturating_add(1);
        Self {
            failure,
            retry_at: clock::now() + backoff::delay(count + 2, js_sys::Math::random()),
            count,
        }
    }

    /// Whether the server has to be given its time, whatever news there are: it
    /// answered, and would answer the same.
    pub(crate) fn waits(&self) -> bool {
        self.failure.code.is_some() && !self.failure.is_final()
    }

    pub(crate) fn wait_ms(&self) -> u32 {
        let wait = (self.retry_at - clock::now()).clamp(0.0, 60_000.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a range that fits"
        )]
        let wait = wait as u32;
        wait
    }
}

pub(crate) struct Loaded<T> {
    pub data: Option<Rc<T>>,
    pub failed: Option<Failed>,
    pub retry: Callback<()>,
}

type Anything = Rc<dyn Any>;
type Answer = LocalBoxFuture<'static, Result<Anything, Failure>>;
type Key = Vec<Option<String>>;
type Ask = Rc<dyn Fn() -> Answer>;

/// Nothing is read more often than this, however much there is to tell.
const PACE_MS: f64 = 1_000.0;

#[derive(Default)]
struct Known {
    key: Option<Key>,
    data: Option<Anything>,
    failed: Option<Failed>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Fresh(i64),
    Retry,
}

/// Asks whenever the key changes, and again when the stamp does: a new stamp
/// (an event number) means that the answer may be another one. The key is the
/// question in texts.
#[hook]
pub(crate) fn use_load<T, F>(
    key: Option<Key>,
    stamp: i64,
    fetch: impl Fn() -> F + 'static,
) -> Loaded<T>
where
    T: 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let ask: Ask = Rc::new(move || {
        let answer = fetch();
        async move { answer.await.map(|known| Rc::new(known) as Anything) }.boxed_local()
    });
    let known = use_anything(key, stamp, ask);
    Loaded {
        data: known.0.and_then(|data| data.downcast().ok()),
        failed: known.1,
        retry: known.2,
    }
}

/// Not generic, so that there is one of it in the page.
#[hook]
fn use_anything(
    key: Option<Key>,
    stamp: i64,
    ask: Ask,
) -> (Option<Anything>, Option<Failed>, Callback<()>) {
    let known = use_state(|| Rc::new(Known::default()));
    let wishes = use_kept(|| None::<UnboundedSender<Wish>>);
    let same = known.key == key;
    {
        let (setter, wishes) = (known.setter(), wishes.clone());
        use_effect_with(key, move |key| {
            let alive = Rc::new(Cell::new(true));
            if let Some(key) = key.clone() {
                let (sender, receiver) = unbounded();
                drop(wishes.replace(Some(sender)));
                spawn_local(keep(
                    ask,
                    stamp,
                    receiver,
                    Rc::clone(&alive),
                    move |known| {
                        let key = Some(key.clone());
                        setter.set(Rc::new(Known { key, ..known }));
                    },
                ));
            }
            // Dropping the sender ends the task.
            move || {
                alive.set(false);
                drop(wishes.replace(None));
            }
        });
    }
    let wish = bound(wishes, |wish: Wish, wishes| {
        wishes.with(|sender| {
            if let Some(sender) = sender {
                drop(sender.unbounded_send(wish));
            }
        });
    });
    {
        let wish = wish.clone();
        use_effect_with(stamp, move |stamp| wish.emit(Wish::Fresh(*stamp)));
    }
    let retry = wish.reform(|()| Wish::Retry);
    if same {
        (known.data.clone(), known.failed.clone(), retry)
    } else {
        (None, None, retry)
    }
}

async fn keep(
    ask: Ask,
    mut stamp: i64,
    mut wishes: UnboundedReceiver<Wish>,
    alive: Rc<Cell<bool>>,
    tell: impl Fn(Known),
) {
    let (mut data, mut failed) = (None, None);
    loop {
        let started = clock::now();
        let answer = ask().await;
        // It may be an answer to what nobody asks any more.
        if !alive.get() {
            return;
        }
        match answer {
            Ok(known) => {
                live::hurry();
                (data, failed) = (Some(known), None);
            }
            Err(failure) => failed = Some(Failed::again(failed.as_ref(), failure)),
        }
        tell(Known {
            key: None,
            data: data.clone(),
            failed: failed.clone(),
        });
        loop {
            let wish = match failed.as_ref().filter(|failed| !failed.failure.is_final()) {
                None => wishes.next().await,
                Some(failed) => {
                    match select(wishes.next(), TimeoutFuture::new(failed.wait_ms())).await {
                        Either::Left((wish, _)) => wish,
                        Either::Right(_) => Some(Wish::Retry),
                    }
                }
            };
            match wish {
                None => return,
                Some(Wish::Retry) => break,
                Some(Wish::Fresh(newest)) => {
                    let is_new = newest != stamp;
                    stamp = newest;
                    if is_new && !failed.as_ref().is_some_and(Failed::waits) {
                        break;
                    }
                }
            }
        }
        rest(started).await;
        if !alive.get() {
            return;
        }
        // What was wished meanwhile is answered by the same reading.
        while let Ok(wish) = wishes.try_recv() {
            if let Wish::Fresh(newest) = wish {
                stamp = newest;
            }
        }
    }
}

/// Until something that was read at a time may be read again.
pub(crate) async fn rest(started: f64) {
    let rest = (started + PACE_MS - clock::now()).clamp(0.0, PACE_MS);
    if rest > 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and PACE_MS"
        )]
        TimeoutFuture::new(rest as u32).await;
    }
}
