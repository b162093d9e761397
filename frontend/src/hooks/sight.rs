//! Which part of a grid is in sight, and bringing another part there.
//!
//! Measures the scrolled region.
//! Must not know what the rows and columns are.

use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::{NodeRef, hook, use_effect, use_effect_with, use_state_eq};

use super::focus;
use crate::model::layout::{self, Plan, Port, Sight};
use crate::model::moves::Spot;

/// Windows in which the page itself scrolls, as the style sheet has it.
const SCROLLS: &str = "(max-width: 640px), (max-height: 699px)";

/// Follows scrolling and resizing; renders anew only when rows or columns
/// come into sight. What is drawn first is measured by the window, so that the
/// first picture has rows, and drawing more moves none of them.
#[hook]
pub(crate) fn use_sight(region: &NodeRef, plan: &Rc<Plan>) -> Sight {
    let sight = use_state_eq(|| layout::sight(plan, guess(), &Sight::default()));
    let next = {
        let (region, plan, drawn) = (region.clone(), Rc::clone(plan), (*sight).clone());
        move || port(&region).map(|port| layout::sight(&plan, port, &drawn))
    };
    {
        let (setter, next) = (sight.setter(), next.clone());
        let region = region.clone();
        use_effect_with(
            (region, Rc::clone(plan), (*sight).clone()),
            |(region, ..)| {
                let look = move || {
                    if let Some(next) = next() {
                        setter.set(next);
                    }
                };
                let scrolled = region.cast::<Element>().map(|element| {
                    let look = look.clone();
                    EventListener::new(&element, "scroll", move |_| look())
                });
                let resized = web_sys::window()
                    .map(|window| EventListener::new(&window, "resize", move |_| look()));
                move || drop((scrolled, resized))
            },
        );
    }
    {
        // After each drawing: more is drawn ahead, and a panel that opens makes
        // the region smaller without any event.
        let (setter, drawn) = (sight.setter(), (*sight).clone());
        use_effect(move || {
            let next = next().filter(|next| *next != drawn);
            let later = next.map(|next| Timeout::new(0, move || setter.set(next)));
            move || drop(later)
        });
    }
    {
        // On paper there is nothing to scroll.
        let setter = sight.setter();
        use_effect_with(Rc::clone(plan), move |plan| {
            let plan = Rc::clone(plan);
            let printing = web_sys::window().map(|window| {
                EventListener::new(&window, "beforeprint", move |_| {
                    setter.set(layout::whole(&plan));
                })
            });
            move || drop(printing)
        });
    }
    (*sight).clone()
}

/// Focuses a cell when it is wished for, scrolling it into sight first. The
/// wish stays until the cell is there: a column out of sight is not drawn yet.
#[hook]
pub(crate) fn use_focus(region: &NodeRef, plan: &Rc<Plan>, spot: Spot) {
    let (region, plan) = (region.clone(), Rc::clone(plan));
    use_effect(move || {
        if !focus::is_wished_for_grid() {
            return;
        }
        reveal(&region, &plan, spot);
        if let Some(cell) = find(&region, spot) {
            focus::wish_for_grid(false);
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            drop(cell.focus_with_options(&options));
        }
    });
}

/// Keeps the cell whose panel is open in sight when the panel opens.
#[hook]
pub(crate) fn use_keep_in_sight(region: &NodeRef, plan: &Rc<Plan>, selected: Option<Spot>) {
    let (region, plan) = (region.clone(), Rc::clone(plan));
    use_effect_with(selected, move |selected| {
        let Some(spot) = *selected else {
            return;
        };
        let scrolls = web_sys::window()
            .and_then(|window| window.match_media(SCROLLS).ok().flatten())
            .is_some_and(|query| query.matches());
        if let Some(element) = region.cast::<Element>().filter(|_| scrolls) {
            // And a sheet may cover the lower half of the page.
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Start);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
        reveal(&region, &plan, spot);
    });
}

/// The drawn cell (or row header) at a spot.
pub(crate) fn find(region: &NodeRef, spot: Spot) -> Option<HtmlElement> {
    let selector = format!(
        "[data-row=\"{}\"] [aria-colindex=\"{}\"]",
        spot.row,
        spot.column + 1
    );
    region
        .cast::<Element>()?
        .query_selector(&selector)
        .ok()
        .flatten()?
        .dyn_into()
        .ok()
}

/// The spot an event's target belongs to.
pub(crate) fn spot_of(target: &Element) -> Option<Spot> {
    let number = |name: &str| -> Option<usize> {
        target
            .closest(&format!("[{name}]"))
            .ok()
            .flatten()?
            .get_attribute(name)?
            .parse()
            .ok()
    };
    Some(Spot {
        row: number("data-row")?,
        column: number("aria-colindex").map_or(0, |index| index.saturating_sub(1)),
    })
}

/// What is covered by the sticky headers: from the left and from the top.
fn covered(region: &Element) -> (u32, u32) {
    let size = |selector: &str, read: fn(&HtmlElement) -> i32| {
        region
            .query_selector(selector)
            .ok()
            .flatten()
            .and_then(|element| element.dyn_into::<HtmlElement>().ok())
            .map_or(0, |element| pixels(read(&element)))
    };
    (
        size(".head .side", HtmlElement::offset_width),
        size(".head", HtmlElement::offset_height),
    )
}

fn port(region: &NodeRef) -> Option<Port> {
    let element = region.cast::<Element>()?;
    let (left, top) = covered(&element);
    Some(Port {
        left: pixels(element.scroll_left()),
        top: pixels(element.scroll_top()),
        width: pixels(element.client_width()).saturating_sub(left),
        height: pixels(element.client_height()).saturating_sub(top),
    })
}

/// A part of the window, for want of a region to measure.
fn guess() -> Port {
    let size = |length: Option<Result<JsValue, JsValue>>| {
        let length = length
            .and_then(Result::ok)
            .and_then(|length| length.as_f64());
        pixels(length.unwrap_or_default() as i32)
    };
    let window = web_sys::window();
    Port {
        width: size(window.as_ref().map(web_sys::Window::inner_width)) * 3 / 4,
        height: size(window.as_ref().map(web_sys::Window::inner_height)) / 2,
        ..Port::default()
    }
}

fn reveal(region: &NodeRef, plan: &Plan, spot: Spot) {
    let (Some(element), Some(port)) = (region.cast::<Element>(), port(region)) else {
        return;
    };
    let signed = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    if let Some(place) = plan.rows.get(spot.row) {
        let top = layout::reveal(*place, port.top, port.height);
        if top != port.top {
            element.set_scroll_top(signed(top));
        }
    }
    let column = spot.column.checked_sub(1);
    if let Some(place) = column.and_then(|column| plan.columns.get(column)) {
        let left = layout::reveal(*place, port.left, port.width);
        if left != port.left {
            element.set_scroll_left(signed(left));
        }
    }
}

fn pixels(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
