//! One question to the server with its three faces: loading, failed, known.
//!
//! What is known stays while it is asked again or cannot be asked. Must not
//! know the question.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use yew::platform::spawn_local;
use yew::{Callback, hook, use_callback, use_effect_with, use_state};

use super::clock;
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

#[derive(Clone, PartialEq)]
pub(crate) struct Loaded<T: PartialEq> {
    pub data: Option<Rc<T>>,
    pub failed: Option<Failed>,
    pub retry: Callback<()>,
}

struct Known<K, T> {
    key: Option<K>,
    data: Option<Rc<T>>,
    failed: Option<Failed>,
}

/// Asks whenever the key or the stamp changes; a new stamp (an event number)
/// means that the answer may be another one.
#[hook]
pub(crate) fn use_load<K, T, F>(
    key: Option<K>,
    stamp: i64,
    fetch: impl Fn(K) -> F + 'static,
) -> Loaded<T>
where
    K: Clone + PartialEq + 'static,
    T: PartialEq + 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let known = use_state(|| {
        Rc::new(Known {
            key: None,
            data: None,
            failed: None,
        })
    });
    let tries = use_state(|| 0_u32);
    let retry = use_callback((*tries, tries.setter()), |(), (tries, setter)| {
        setter.set(tries.wrapping_add(1));
    });
    let same = known.key == key;
    {
        let known = known.clone();
        let retry = retry.clone();
        use_effect_with((key.clone(), stamp, *tries), move |(key, _, _)| {
            let alive = Rc::new(Cell::new(true));
            if let Some(key) = key.clone() {
                let alive = Rc::clone(&alive);
                spawn_local(async move {
                    let before = (known.key.as_ref() == Some(&key)).then(|| Rc::clone(&known));
                    let answer = fetch(key.clone()).await;
                    if !alive.get() {
                        return;
                    }
                    let (data, failed) = match answer {
                        Ok(data) => (Some(Rc::new(data)), None),
                        Err(failure) => {
                            let last = before.as_ref().and_then(|known| known.failed.as_ref());
                            (
                                before.as_ref().and_then(|known| known.data.clone()),
                                Some(Failed::again(last, failure)),
                            )
                        }
                    };
                    let wait = failed.as_ref().map(Failed::wait_ms);
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
                });
            }
            move || alive.set(false)
        });
    }
    Loaded {
        data: known.data.clone().filter(|_| same),
        failed: known.failed.clone().filter(|_| same),
        retry,
    }
}
