//! The address of a list as state.
//!
//! Must not know what the list shows.

use std::rc::Rc;

use yew::{Callback, hook, use_memo};

use super::place::{self, use_place};
use crate::model::listing::Listing;
use crate::route::Route;

/// What is asked for, and how to ask for something else.
#[derive(Clone, PartialEq)]
pub(crate) struct Lister {
    route: Route,
    pub asked: Rc<Listing>,
}

#[hook]
pub(crate) fn use_listing(route: Route, known: &'static [&'static str]) -> Lister {
    let place = use_place();
    let asked = use_memo(place.query, move |query| Listing::of(query, known));
    Lister { route, asked }
}

impl Lister {
    /// A step that Back undoes.
    pub(crate) fn push(&self, asked: &Listing) {
        place::push(&self.route, &asked.to_query());
    }

    /// Narrows by what is chosen.
    pub(crate) fn choose(&self, key: &'static str) -> Callback<Option<String>> {
        let lister = self.clone();
        Callback::from(move |chosen: Option<String>| {
            lister.push(&lister.asked.narrowed(key, chosen.unwrap_or_default()));
        })
    }

    /// Narrows by what is typed, which is not worth a step.
    pub(crate) fn typed(&self, key: &'static str) -> Callback<String> {
        let lister = self.clone();
        Callback::from(move |typed: String| {
            let asked = lister.asked.narrowed(key, typed);
            place::replace(&lister.route, &asked.to_query());
        })
    }

    /// The address of a page of the list.
    pub(crate) fn href(&self, asked: &Listing) -> String {
        match asked.to_query() {
            query if query.is_empty() => self.route.to_path(),
            query => format!("{}?{query}", self.route.to_path()),
        }
    }
}
