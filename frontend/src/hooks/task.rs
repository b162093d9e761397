//! A question that is kept answered: asked for as long as somebody shows it,
//! and again when there is a reason.
//!
//! Must not know what is asked.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use yew::{Callback, hook, use_effect_with};

use super::clock;
use super::kept::{bound, use_kept};
use crate::api::http::Failure;
use crate::model::backoff;

/// Nothing is read more often than this, however much there is to tell.
const PACE_MS: f64 = 1_000.0;

/// A failure, and when the question is asked again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failed {
    pub failure: Failure,
    pub retry_at: f64,
    count: u32,
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
}

/// A reason to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The server has come this far, in this epoch of the page.
    Fresh(u32, i64),
    /// More of the same answer.
    More,
    Retry,
}

pub(crate) struct Wishes {
    receiver: UnboundedReceiver<Wish>,
    alive: Rc<Cell<bool>>,
}

impl Wishes {
    /// Nobody asks any more: what was answered meanwhile is of no use.
    pub(crate) fn are_over(&self) -> bool {
        !self.alive.get()
    }

    /// `None` when nobody asks any more. What failed is tried again in time,
    /// unless it would fail for good.
    pub(crate) async fn next(&mut self, failed: Option<&Failed>) -> Option<Wish> {
        match failed.filter(|failed| !failed.failure.is_final()) {
            None => self.receiver.next().await,
            Some(failed) => {
                let time = pause(failed.retry_at - clock::now());
                match select(self.receiver.next(), time).await {
                    Either::Left((wish, _)) => wish,
                    Either::Right(_) => Some(Wish::Retry),
                }
            }
        }
    }

    /// What was wished meanwhile.
    pub(crate) fn now(&mut self) -> Option<Wish> {
        self.receiver.try_recv().ok()
    }

    /// Until something that was read at a time may be read again; `false` when
    /// nobody asks any more.
    pub(crate) async fn rest(&self, started: f64) -> bool {
        let rest = started + PACE_MS - clock::now();
        if rest > 0.0 {
            pause(rest).await;
        }
        !self.are_over()
    }
}

fn pause(ms: f64) -> TimeoutFuture {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a range that fits"
    )]
    TimeoutFuture::new(ms.clamp(0.0, 60_000.0) as u32)
}

/// Starts a task for each question, and tells it how far the server has come.
/// It ends when its wishes do.
#[hook]
pub(crate) fn use_task<Q: Clone + PartialEq + 'static>(
    question: Q,
    fresh: (u32, i64),
    start: impl FnOnce(&Q, Wishes) + 'static,
) -> Callback<Wish> {
    let sender = use_kept(|| None::<UnboundedSender<Wish>>);
    {
        let sender = sender.clone();
        use_effect_with(question.clone(), move |question| {
            let (wishes, receiver) = unbounded();
            let alive = Rc::new(Cell::new(true));
            drop(sender.replace(Some(wishes)));
            let heard = Wishes {
                receiver,
                alive: Rc::clone(&alive),
            };
            start(question, heard);
            // Dropping the sender ends the task.
            move || {
                alive.set(false);
                drop(sender.replace(None));
            }
        });
    }
    let wish = bound(sender, |wish: Wish, sender| {
        sender.with(|sender| {
            if let Some(sender) = sender {
                drop(sender.unbounded_send(wish));
            }
        });
    });
    {
        let wish = wish.clone();
        use_effect_with((question, fresh), move |(_, (epoch, latest))| {
            wish.emit(Wish::Fresh(*epoch, *latest));
        });
    }
    wish
}
