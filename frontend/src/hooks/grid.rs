//! A grid that stays fresh: read page by page, read again when the server has
//! news, and compared so that the page can show what changed.
//!
//! Must not know which grid it is or how it is shown.

use std::rc::Rc;

use yew::platform::spawn_local;
use yew::{Callback, hook, use_state};

use super::clock;
use super::kept::use_kept;
use super::live::{hurry, use_live};
use super::task::{Failed, Wish, Wishes, use_task};
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
    let kept = use_kept(|| None::<(Question, GridState)>);
    let setter = state.setter();
    let fresh = (live.epoch, live.latest);
    let wish = use_task(question.clone(), fresh, move |question, wishes| {
        let question = question.clone();
        let asked = question.clone();
        spawn_local(keep(asked, wishes, move |state| {
            setter.set((question.clone(), state));
        }));
    });
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

async fn keep(question: Question, mut wishes: Wishes, tell: impl Fn(GridState)) {
    let mut state = blank();
    let mut told = (0, 0);
    loop {
        let rows = state
            .grid
            .as_ref()
            .map_or(FIRST_ROWS, |grid| grid.rows.len());
        let started = clock::now();
        let answer = read::grid(&question, rows).await;
        if wishes.are_over() {
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
        if !wait(&question, &mut state, &mut wishes, &mut told, &tell).await
            || !wishes.rest(started).await
        {
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
    wishes: &mut Wishes,
    told: &mut (u32, i64),
    tell: &impl Fn(GridState),
) -> bool {
    loop {
        match wishes.next(state.failed.as_ref()).await {
            None => return false,
            Some(Wish::Retry) => return true,
            Some(Wish::More) => read_more(question, state, wishes, tell).await,
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
    wishes: &Wishes,
    tell: &impl Fn(GridState),
) {
    let Some(grid) = state.grid.clone().filter(|grid| grid.has_next) else {
        return;
    };
    state.reading_more = true;
    tell(state.clone());
    let longer = read::more(question, &grid).await;
    if wishes.are_over() {
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
