//! The browser's clock.
//!
//! The only place that reads it; `model` gets milliseconds.

use gloo_timers::callback::Interval;
use yew::{hook, use_effect_with, use_state};

pub(crate) fn now() -> f64 {
    js_sys::Date::now()
}

/// Milliseconds since 1970; `None` for a text that is no time.
pub(crate) fn millis(text: &str) -> Option<f64> {
    let millis = js_sys::Date::parse(text);
    millis.is_finite().then_some(millis)
}

/// As the server writes a time.
pub(crate) fn text(millis: f64) -> String {
    js_sys::Date::new(&millis.into()).to_iso_string().into()
}

/// The present time, told again after each interval.
#[hook]
pub(crate) fn use_now(every_ms: u32) -> f64 {
    let shown = use_state(now);
    let setter = shown.setter();
    use_effect_with(every_ms, move |every_ms| {
        let interval = Interval::new(*every_ms, move || setter.set(now()));
        move || drop(interval)
    });
    *shown
}
