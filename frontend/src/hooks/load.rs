//! One question to the server with its three faces: loading, failed, known.
//!
//! What is known stays while it is asked again or cannot be asked. Must not
//! know the question.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use gloo_timers::future::TimeoutFuture;
use yew::platform::spawn_local;
use yew::{Callback, UseStateHandle, hook, use_effect_with, use_state};

use super::clock;
use super::kept::bound;
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

struct Known {
    key: Option<Key>,
    data: Option<Anything>,
    failed: Option<Failed>,
}

/// Asks whenever the key or the stamp changes; a new stamp (an event number)
/// means that the answer may be another one. The key is the question in texts.
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
    let ask: Rc<dyn Fn() -> Answer> = Rc::new(move || {
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
    ask: Rc<dyn Fn() -> Answer>,
) -> (Option<Anything>, Option<Failed>, Callback<()>) {
    let known = use_state(|| {
        Rc::new(Known {
            key: None,
            data: None,
            failed: None,
        })
    });
    let tries = use_state(|| 0_u32);
    let retry = bound((*tries, tries.setter()), |(), (tries, setter)| {
        setter.set(tries.wrapping_add(1));
    });
    let same = known.key == key;
    {
        let known = known.clone();
        let retry = retry.clone();
        use_effect_with((key, stamp, *tries), move |(key, _, _)| {
            let alive = Rc::new(Cell::new(true));
            if let Some(key) = key.clone() {
                spawn_local(answer(key, ask, known, retry, Rc::clone(&alive)));
            }
            move || alive.set(false)
        });
    }
    if same {
        (known.data.clone(), known.failed.clone(), retry)
    } else {
        (None, None, retry)
    }
}

async fn answer(
    key: Key,
    ask: Rc<dyn Fn() -> Answer>,
    known: UseStateHandle<Rc<Known>>,
    retry: Callback<()>,
    alive: Rc<Cell<bool>>,
) {
    let answer = ask().await;
    if !alive.get() {
        return;
    }
    let before = (known.key.as_ref() == Some(&key)).then(|| Rc::clone(&known));
    let (data, failed) = match answer {
        Ok(data) => (Some(data), None),
        Err(failure) => {
            let last = before.as_ref().and_then(|known| known.failed.as_ref());
            (
                before.as_ref().and_then(|known| known.data.clone()),
                Some(Failed::again(last, failure)),
            )
        }
    };
    // A new stamp asks anew.
    let wait = failed
        .as_ref()
        .filter(|failed| !failed.failure.is_final())
        .map(Failed::wait_ms);
    known.set(Rc::new(Known {
        key: Some(key),
        data,
        failed,
    }));
    if let Some(wait) = wait {
        TimeoutFuture::new(wait).await;
        if alive.get() {
            retry.emit(());
        }
    }
}
