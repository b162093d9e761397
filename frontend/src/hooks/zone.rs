//! What a lab's own clock shows, by the time zones the browser knows.
//!
//! Must not know what the time is of.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use yew::platform::spawn_local;
use yew::{hook, use_effect_with};

use super::clock;
use crate::api::json::member;
use crate::model::time;
use crate::model::timeline::Local;

/// The clock of a zone.
pub(crate) struct Zone {
    format: JsValue,
    to_parts: Function,
    /// Where among the parts those of `PARTS` are: in the same order each time.
    places: [u32; 4],
}

const PARTS: [&str; 4] = ["hour", "minute", "weekday", "day"];

thread_local! {
    /// To make one takes a phone longer than to draw all lines of its lab.
    static MADE: RefCell<Vec<(String, Option<Rc<Zone>>)>> = const { RefCell::new(Vec::new()) };
}

impl Zone {
    /// `None`: a zone that this browser does not know.
    pub(crate) fn named(name: &str) -> Option<Rc<Self>> {
        MADE.with_borrow_mut(|made| {
            if let Some((_, zone)) = made.iter().find(|(known, _)| known == name) {
                return zone.clone();
            }
            let zone = Self::make(name).map(Rc::new);
            made.push((name.to_owned(), zone.clone()));
            zone
        })
    }

    fn make(name: &str) -> Option<Self> {
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
        let class = member(&member(&js_sys::global(), "Intl")?, "DateTimeFormat")?;
        let arguments = Array::of2(&"en-GB".into(), &options);
        let format = Reflect::construct(class.dyn_ref::<Function>()?, &arguments).ok()?;
        let to_parts: Function = member(&format, "formatToParts")?.dyn_into().ok()?;
        let parts = parts(&format, &to_parts, 0.0)?;
        let kinds: Vec<Option<String>> = parts
            .iter()
            .map(|part| member(&part, "type")?.as_string())
            .collect();
        let mut places = [0; 4];
        for (place, wanted) in places.iter_mut().zip(PARTS) {
            let is_it = |kind: &Option<String>| kind.as_deref() == Some(wanted);
            *place = u32::try_from(kinds.iter().position(is_it)?).ok()?;
        }
        Some(Self {
            format,
            to_parts,
            places,
        })
    }

    pub(crate) fn local(&self, at: f64) -> Option<Local> {
        let parts = parts(&self.format, &self.to_parts, at)?;
        let value = |place: u32| member(&parts.get(place), "value")?.as_string();
        let [hour, minute, weekday, day] = self.places.map(value);
        Some(Local {
            hour: hour?.parse().ok()?,
            minute: minute?.parse().ok()?,
            day: format!("{} {}", weekday?, day?),
        })
    }
}

fn parts(format: &JsValue, to_parts: &Function, at: f64) -> Option<Array> {
    to_parts.call1(format, &at.into()).ok()?.dyn_into().ok()
}

/// The browser reads all it knows of zones when the first is made: before one is
/// needed, while the page waits for the server.
#[hook]
pub(crate) fn use_zones() {
    use_effect_with((), |()| {
        spawn_local(async {
            TimeoutFuture::new(0).await;
            drop(Zone::named("UTC"));
        });
    });
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
