//! Which part of a grid is in sight, and bringing another part there.
//!
//! Measures the scrolled region and places things in it through the CSSOM.
//! Must not know what the rows and columns are.

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::{NodeRef, hook, use_effect, use_effect_with, use_state_eq};

use super::kept::Kept;
use crate::model::layout::{self, Plan, Port, Sight};
use crate::model::moves::Spot;

/// Follows scrolling and resizing; renders anew only when rows or columns
/// come into sight.
#[hook]
pub(crate) fn use_sight(region: &NodeRef, plan: &Rc<Plan>) -> Sight {
    let sight = use_state_eq(Sight::default);
    {
        let setter = sight.setter();
        use_effect_with((region.clone(), Rc::clone(plan)), move |(region, plan)| {
            let look = {
                let (region, plan) = (region.clone(), Rc::clone(plan));
                move || {
                    if let Some(port) = port(&region) {
                        setter.set(layout::sight(&plan, port));
                    }
                }
            };
            look();
            let scrolled = region.cast::<Element>().map(|element| {
                let look = look.clone();
                EventListener::new(&element, "scroll", move |_| look())
            });
            let resized = web_sys::window()
                .map(|window| EventListener::new(&window, "resize", move |_| look()));
            move || drop((scrolled, resized))
        });
    }
    {
        // A panel that opens makes the region smaller without any event.
        let setter = sight.setter();
        let (region, plan) = (region.clone(), Rc::clone(plan));
        use_effect(move || {
            if let Some(port) = port(&region) {
                setter.set(layout::sight(&plan, port));
            }
        });
    }
    {
        use_effect_with(
            (region.clone(), Rc::clone(plan), sight.columns.start),
            |(region, plan, first)| {
                let skipped = plan.columns.get(*first).map_or(0, |place| place.from);
                set(region, "--skip", skipped);
                set(region, "--body-width", layout::length(&plan.columns));
                set(region, "--body-height", layout::length(&plan.rows));
            },
        );
    }
    (*sight).clone()
}

/// Focuses a cell when it is wished for, scrolling it into sight first. The
/// wish stays until the cell is there: a column out of sight is not drawn yet.
#[hook]
pub(crate) fn use_focus(region: &NodeRef, plan: &Rc<Plan>, spot: Spot, wish: &Kept<bool>) {
    let (region, plan, wish) = (region.clone(), Rc::clone(plan), wish.clone());
    use_effect(move || {
        if !wish.with(|wish| *wish) {
            return;
        }
        reveal(&region, &plan, spot);
        if let Some(cell) = find(&region, spot) {
            wish.replace(false);
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
        let narrow = web_sys::window()
            .and_then(|window| window.match_media("(max-width: 640px)").ok().flatten())
            .is_some_and(|query| query.matches());
        if let Some(element) = region.cast::<Element>().filter(|_| narrow) {
            // The sheet covers the lower half of the page.
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
        "[data-row=\"{}\"] [data-column=\"{}\"]",
        spot.row, spot.column
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
    let number = |name: &str| {
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
        column: number("data-column").unwrap_or_default(),
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

fn set(region: &NodeRef, name: &str, value: u32) {
    if let Some(element) = region.cast::<HtmlElement>() {
        drop(element.style().set_property(name, &format!("{value}px")));
    }
}

fn pixels(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
