//! What a lab's own clock shows, by the time zones the browser knows.
//!
//! Must not know what the time is of.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::clock;
use crate::model::time;
use crate::model::timeline::Local;

/// The clock of a zone.
pub(crate) struct Zone {
    format: JsValue,
    to_parts: Function,
}

impl Zone {
    /// `None`: a zone that this browser does not know.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let options = Object::new();
        for (key, value) in [
            ("timeZone", name),
            ("hourCycle", "h23"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("weekday", "short"),
            ("day", "numeric"),
        ] {
            Reflect::set(&options, &key.into(), &value.into()).ok()?;
        }
        // By hand, because the typed constructor cannot fail.
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let class = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?;
        let arguments = Array::of2(&"en-GB".into(), &options);
        let format = Reflect::construct(class.dyn_ref::<Function>()?, &arguments).ok()?;
        let to_parts = Reflect::get(&format, &"formatToParts".into()).ok()?;
        Some(Self {
            format,
            to_parts: to_parts.dyn_into().ok()?,
        })
    }

    pub(crate) fn local(&self, at: f64) -> Option<Local> {
        let parts = self.to_parts.call1(&self.format, &at.into()).ok()?;
        let parts: Array = parts.dyn_into().ok()?;
        let part = |wanted: &str| {
            let is_it = |part: &JsValue| {
                let kind = Reflect::get(part, &"type".into()).ok();
                kind.and_then(|kind| kind.as_string()).as_deref() == Some(wanted)
            };
            let part = parts.iter().find(is_it)?;
            Reflect::get(&part, &"value".into()).ok()?.as_string()
        };
        Some(Local {
            hour: part("hour")?.parse().ok()?,
            minute: part("minute")?.parse().ok()?,
            day: format!("{} {}", part("weekday")?, part("day")?),
        })
    }
}

/// Times as a lab's own clock shows them; of a zone that is not known in UTC.
pub(crate) fn clock_of(zone: &str) -> impl Fn(&str) -> String + use<> {
    let zone = Zone::named(zone);
    let today = zone.as_ref().and_then(|zone| zone.local(clock::now()));
    move |text| {
        let at = clock::millis(text);
        let local = at.and_then(|at| zone.as_ref()?.local(at));
        match (local, &today) {
            (Some(local), Some(today)) => local.said(&today.day),
            (None, _) | (_, None) => time::utc(text),
        }
    }
}
