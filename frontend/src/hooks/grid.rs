//! A grid that stays fresh: read page by page, read again when the server has
//! news, and compared so that the page can show what changed.
//!
//! Must not know which grid it is or how it is shown.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use yew::platform::spawn_local;
use yew::{Callback, hook, use_effect_with, use_state};

use super::clock;
use super::kept::{bound, use_kept};
use super::live::{hurry, use_live};
use super::load::{Failed, rest};
use crate::api::read;
use crate::model::diff::{self, Updated};
use crate::model::grid::Grid;
use crate::model::question::Question;

#[derive(Clone, PartialEq)]
pub(crate) struct GridState {
    pub grid: Option<Rc<Grid>>,
    pub failed: Option<Failed>,
    pub reading_more: bool,
    /// What the last reading changed, and the number of that reading.
    pub updates: Rc<[Updated]>,
    pub reading: u32,
    /// When the grid was known to be fresh.
    pub read_at: f64,
}

#[derive(Clone, PartialEq)]
pub(crate) struct LiveGrid {
    pub state: GridState,
    pub more: Callback<()>,
    pub retry: Callback<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// The server has come this far, in this epoch.
    Fresh(u32, i64),
    More,
    Retry,
}

const FIRST_ROWS: usize = 1;

fn blank() -> GridState {
    GridState {
        grid: None,
        failed: None,
        reading_more: false,
        updates: Rc::new([]),
        reading: 0,
        read_at: 0.0,
    }
}

#[hook]
pub(crate) fn use_grid(question: &Question) -> LiveGrid {
    let live = use_live();
    let state = use_state(|| (question.clone(), blank()));
    let wishes = use_kept(|| None::<UnboundedSender<Wish>>);
    let kept = use_kept(|| None::<(Question, GridState)>);
    {
        let setter = state.setter();
        let wishes = wishes.clone();
        use_effect_with(question.clone(), move |question| {
            let (sender, receiver) = unbounded();
            drop(wishes.replace(Some(sender)));
            let question = question.clone();
            let alive = Rc::new(Cell::new(true));
            let asked = question.clone();
            spawn_local(keep(asked, receiver, Rc::clone(&alive), move |state| {
                setter.set((question.clone(), state));
            }));
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
        use_effect_with(
            (question.clone(), live.epoch, live.latest),
            move |(_, epoch, latest)| wish.emit(Wish::Fresh(*epoch, *latest)),
        );
    }
    let (asked, known) = &*state;
    // An answer to another question is not shown, not even for a moment.
    let mut current = if asked == question {
        known.clone()
    } else {
        blank()
    };
    // But while a query is typed, what the last one found stays.
    if current.grid.is_some() {
        kept.replace(Some((question.clone(), current.clone())));
    } else {
        kept.with(|kept| {
            if let Some((before, known)) = kept
                && before.is_of_same_grid(question)
            {
                current.grid.clone_from(&known.grid);
            }
        });
    }
    LiveGrid {
        state: current,
        more: wish.reform(|()| Wish::More),
        retry: wish.reform(|()| Wish::Retry),
    }
}

async fn keep(
    question: Question,
    mut wishes: UnboundedReceiver<Wish>,
    alive: Rc<Cell<bool>>,
    tell: impl Fn(GridState),
) {
    let mut state = blank();
    let mut told = (0, 0);
    loop {
        let rows = state
            .grid
            .as_ref()
            .map_or(FIRST_ROWS, |grid| grid.rows.len());
        let started = clock::now();
        let answer = read::grid(&question, rows).await;
        if !alive.get() {
            return;
        }
        match answer {
            Ok(grid) => {
                hurry();
                accept(&mut state, grid);
            }
            Err(failure) => state.failed = Some(Failed::again(state.failed.as_ref(), failure)),
        }
        tell(state.clone());
        if !wait(&question, &mut state, &mut wishes, &mut told, &alive, &tell).await {
            return;
        }
        rest(started).await;
        if !alive.get() {
            return;
        }
    }
}

fn accept(state: &mut GridState, grid: Grid) {
    state.updates = match &state.grid {
        Some(before) => diff::updates(before, &grid).into(),
        None => Rc::new([]),
    };
    state.grid = Some(Rc::new(grid));
    state.failed = None;
    state.reading = state.reading.wrapping_add(1);
    state.read_at = clock::now();
}

/// Waits for a reason to read again; `false` when nobody listens any more.
async fn wait(
    question: &Question,
    state: &mut GridState,
    wishes: &mut UnboundedReceiver<Wish>,
    told: &mut (u32, i64),
    alive: &Cell<bool>,
    tell: &impl Fn(GridState),
) -> bool {
    loop {
        let wish = match &state.failed {
            None => wishes.next().await,
            Some(failed) if failed.failure.is_final() => wishes.next().await,
            Some(failed) => {
                match select(wishes.next(), TimeoutFuture::new(failed.wait_ms())).await {
                    Either::Left((wish, _)) => wish,
                    Either::Right(_) => Some(Wish::Retry),
                }
            }
        };
        match wish {
            None => return false,
            Some(Wish::Retry) => return true,
            Some(Wish::More) => read_more(question, state, alive, tell).await,
            Some(Wish::Fresh(epoch, latest)) => {
                let newest = (epoch, latest);
                let known = state.grid.as_ref().map_or(0, |grid| grid.event);
                let is_new = newest.0 != told.0 || (newest.1 > told.1 && newest.1 > known);
                *told = newest;
                let waits = state.failed.as_ref().is_some_and(Failed::waits);
                if is_new && !waits {
                    return true;
                }
            }
        }
    }
}

async fn read_more(
    question: &Question,
    state: &mut GridState,
    alive: &Cell<bool>,
    tell: &impl Fn(GridState),
) {
    let Some(grid) = state.grid.clone().filter(|grid| grid.has_next) else {
        return;
    };
    state.reading_more = true;
    tell(state.clone());
    let longer = read::more(question, &grid).await;
    if !alive.get() {
        return;
    }
    match longer {
        Ok(longer) => {
            state.grid = Some(Rc::new(longer));
            state.updates = Rc::new([]);
            state.failed = None;
        }
        Err(failure) => state.failed = Some(Failed::again(state.failed.as_ref(), failure)),
    }
    state.reading_more = false;
    tell(state.clone());
}
