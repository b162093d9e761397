//! Hand and keyboard of the grid: what a key, a click and a glance at a cell
//! do.
//!
//! Must not know how the grid is drawn.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::{Callback, FocusEvent, KeyboardEvent, MouseEvent, UseStateSetter, hook};

use crate::hooks::kept::{Kept, bound, use_kept};
use crate::hooks::keys::use_keys;
use crate::hooks::sight::spot_of;
use crate::model::address::Density;
use crate::model::grid::Grid;
use crate::model::moves::{self, Spot};
use crate::model::view::View;

/// Before a card appears, and before it goes: a hand on its way elsewhere does
/// not make cards flicker, and can reach one.
const APPEAR_MS: u32 = 140;
const STAY_MS: u32 = 220;

/// What the hand does, as callbacks for the grid's element.
#[derive(Clone, PartialEq)]
pub(crate) struct Pointer {
    pub over: Callback<MouseEvent>,
    pub leave: Callback<MouseEvent>,
    pub click: Callback<MouseEvent>,
    pub focus: Callback<FocusEvent>,
    /// The hand is on the card: it stays.
    pub stay: Callback<()>,
    pub dismiss: Callback<()>,
}

/// What opening and folding mean is the page's business.
#[derive(Clone, PartialEq)]
pub(crate) struct Doors {
    pub density: Density,
    /// A spot, and whether it was opened by a key.
    pub open: Callback<(Spot, bool)>,
    pub fold: Callback<usize>,
}

#[hook]
pub(crate) fn use_pointer(
    doors: &Doors,
    active: &UseStateSetter<Spot>,
    card: &UseStateSetter<Option<Spot>>,
) -> Pointer {
    let timer = use_kept(|| None::<Timeout>);
    let show = bound(
        (card.clone(), timer.clone()),
        |(spot, wait): (Option<Spot>, u32), (card, timer)| {
            let card = card.clone();
            drop(timer.replace(Some(Timeout::new(wait, move || card.set(spot)))));
        },
    );
    let over = bound(
        (show.clone(), doors.density),
        |event: MouseEvent, (show, density)| {
            let spot = target(&event).as_ref().and_then(spot_of);
            match spot.filter(|spot| spot.column > 0 && *density != Density::Strip) {
                Some(spot) => show.emit((Some(spot), APPEAR_MS)),
                None => show.emit((None, STAY_MS)),
            }
        },
    );
    let click = bound(
        (doors.clone(), active.clone(), card.clone(), timer.clone()),
        |event: MouseEvent, (doors, active, card, timer)| {
            cancel(timer);
            card.set(None);
            if let Some(target) = target(&event) {
                clicked(&target, doors, active);
            }
        },
    );
    let focus = bound(active.clone(), |event: FocusEvent, active| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(spot) = target.as_ref().and_then(spot_of) {
            active.set(spot);
        }
    });
    let stay = bound(timer.clone(), |(), timer| cancel(timer));
    Pointer {
        over,
        leave: show.reform(|_| (None, STAY_MS)),
        click,
        focus,
        stay,
        dismiss: show.reform(|()| (None, STAY_MS)),
    }
}

fn clicked(target: &Element, doors: &Doors, active: &UseStateSetter<Spot>) {
    let inside = |selector: &str| target.closest(selector).ok().flatten().is_some();
    let Some(spot) = spot_of(target) else {
        return;
    };
    if inside("[data-fold]") {
        doors.fold.emit(spot.row);
    } else if doors.density == Density::Strip {
        // Cells of 12 px are no targets (WCAG 2.5.8): the row is one.
        active.set(Spot { column: 0, ..spot });
        doors.open.emit((Spot { column: 0, ..spot }, false));
    } else if inside("[aria-colindex]") && !inside("a") {
        active.set(spot);
        doors.open.emit((spot, false));
    }
}

/// Keys while the grid has the focus; those it does not know bubble on.
pub(crate) fn grid_keys(
    doors: &Doors,
    view: &Rc<View>,
    spot: Spot,
    go: &Callback<Spot>,
    card: (bool, UseStateSetter<Option<Spot>>),
) -> Callback<KeyboardEvent> {
    bound(
        (doors.clone(), Rc::clone(view), spot, go.clone(), card),
        |event: KeyboardEvent, (doors, view, spot, go, (has_card, card))| {
            let key = event.key();
            if event.alt_key() || event.meta_key() {
                return;
            }
            if let Some(step) = moves::step(&key, event.ctrl_key()) {
                event.prevent_default();
                go.emit(moves::moved(view, *spot, step));
                return;
            }
            match key.as_str() {
                "Enter" => {
                    event.prevent_default();
                    card.set(None);
                    doors.open.emit((*spot, true));
                }
                " " => {
                    event.prevent_default();
                    doors.fold.emit(spot.row);
                }
                "Escape" if *has_card => {
                    event.prevent_default();
                    card.set(None);
                }
                _ => {}
            }
        },
    )
}

/// Keys that reach the grid from anywhere on the page.
#[hook]
pub(crate) fn use_page_keys(grid: &Rc<Grid>, view: &Rc<View>, spot: Spot, go: &Callback<Spot>) {
    let on_key = bound(
        (Rc::clone(grid), Rc::clone(view), spot, go.clone()),
        |event: KeyboardEvent, (grid, view, spot, go)| {
            if event.default_prevented() || event.ctrl_key() {
                return;
            }
            let key = event.key();
            let to = match key.as_str() {
                "n" => moves::regression(grid, view, *spot, true),
                "p" => moves::regression(grid, view, *spot, false),
                "h" | "j" | "k" | "l" => Some(*spot),
                _ => None,
            };
            if let Some(to) = to {
                event.prevent_default();
                go.emit(to);
            }
        },
    );
    use_keys(on_key);
}

fn target(event: &MouseEvent) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn cancel(timer: &Kept<Option<Timeout>>) {
    drop(timer.replace(None));
}
