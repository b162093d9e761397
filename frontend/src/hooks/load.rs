//! One question to the server with its three faces: loading, failed, known.
//!
//! What is known stays while it is asked again or cannot be asked. Must not
//! know the question.

use std::any::Any;
use std::future::Future;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use yew::platform::spawn_local;
use yew::{Callback, hook, use_state};

use super::task::{Failed, Wish, Wishes, use_task};
use super::{clock, live};
use crate::api::http::Failure;

pub(crate) struct Loaded<T> {
    pub data: Option<Rc<T>>,
    pub failed: Option<Failed>,
    pub retry: Callback<()>,
}

type Anything = Rc<dyn Any>;
/// With whether it is all there is to know.
type Answer = LocalBoxFuture<'static, Result<(Anything, bool), Failure>>;
type Key = Vec<Option<String>>;
/// Given what is known of it.
type Ask = Rc<dyn Fn(Option<Anything>) -> Answer>;

#[derive(Default)]
struct Known {
    key: Option<Key>,
    data: Option<Anything>,
    failed: Option<Failed>,
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
    let ask: Ask = Rc::new(move |_| {
        let answer = fetch();
        async move { answer.await.map(|known| (Rc::new(known) as Anything, true)) }.boxed_local()
    });
    loaded(use_anything(key, stamp, ask))
}

/// As `use_load`, of an answer that comes in parts: what is read gets what is
/// known before, and says with its answer whether that is all. The first part is
/// shown while the others are read.
#[hook]
pub(crate) fn use_parts<T, F>(
    key: Option<Key>,
    stamp: i64,
    fetch: impl Fn(Option<Rc<T>>) -> F + 'static,
) -> Loaded<T>
where
    T: 'static,
    F: Future<Output = Result<(T, bool), Failure>> + 'static,
{
    let ask: Ask = Rc::new(move |known| {
        let answer = fetch(known.and_then(|known| known.downcast().ok()));
        async move {
            let (known, is_all) = answer.await?;
            Ok((Rc::new(known) as Anything, is_all))
        }
        .boxed_local()
    });
    loaded(use_anything(key, stamp, ask))
}

fn loaded<T: 'static>(
    (data, failed, retry): (Option<Anything>, Option<Failed>, Callback<()>),
) -> Loaded<T> {
    Loaded {
        data: data.and_then(|data| data.downcast().ok()),
        failed,
        retry,
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
    let same = known.key == key;
    let setter = known.setter();
    let wish = use_task(key, (0, stamp), move |key, wishes| {
        let Some(key) = key.clone() else {
            return;
        };
        spawn_local(keep(ask, stamp, wishes, move |data, failed| {
            let key = Some(key.clone());
            setter.set(Rc::new(Known { key, data, failed }));
        }));
    });
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
    mut wishes: Wishes,
    tell: impl Fn(Option<Anything>, Option<Failed>),
) {
    let (mut data, mut failed, mut is_all) = (None, None, true);
    loop {
        let started = clock::now();
        // What failed between two parts begins anew: the first may be old by now.
        let mut known = data.clone().filter(|_| is_all);
        let mut is_first = true;
        loop {
            let answer = ask(known).await;
            if wishes.are_over() {
                return;
            }
            match answer {
                Ok((part, is_last)) => {
                    live::hurry();
                    (data, failed, is_all) = (Some(part), None, is_last);
                }
                Err(failure) => failed = Some(Failed::again(failed.as_ref(), failure)),
            }
            let is_over = is_all || failed.is_some();
            if is_first || is_over {
                tell(data.clone(), failed.clone());
            }
            if is_over {
                break;
            }
            known = data.clone();
            is_first = false;
        }
        loop {
            match wishes.next(failed.as_ref()).await {
                None => return,
                Some(Wish::Retry) => break,
                Some(Wish::More) => {}
                Some(Wish::Fresh(_, newest)) => {
                    let is_new = newest != stamp;
                    stamp = newest;
                    if is_new && !failed.as_ref().is_some_and(Failed::waits) {
                        break;
                    }
                }
            }
        }
        if !wishes.rest(started).await {
            return;
        }
        // What was wished meanwhile is answered by the same reading.
        while let Some(wish) = wishes.now() {
            if let Wish::Fresh(_, newest) = wish {
                stamp = newest;
            }
        }
    }
}
