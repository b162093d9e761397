//! The address as state: reading it, and changing it with or without a step
//! in the history.
//!
//! Must not know what the query means.

use yew::{hook, use_memo};

use super::copy;
use super::place::{self, use_place};
use crate::model::address::Asked;
use crate::route::Route;

/// Changes the query of one page.
#[derive(Clone, PartialEq)]
pub(crate) struct Address {
    route: Route,
}

/// What the reader asks for on this page, and how to ask for something else.
#[hook]
pub(crate) fn use_asked(route: &Route) -> (std::rc::Rc<Asked>, Address) {
    let place = use_place();
    let asked = use_memo(place.query, |query| Asked::from_query(query));
    let address = Address {
        route: route.clone(),
    };
    (asked, address)
}

impl Address {
    /// The whole address of what is asked for.
    pub(crate) fn absolute(&self, asked: &Asked) -> String {
        copy::absolute(&self.route.to_path(), &asked.to_query())
    }

    /// A step that Back undoes.
    pub(crate) fn push(&self, asked: &Asked) {
        place::push(&self.route, &asked.to_query());
    }

    /// A change that is not worth a step: typing, density.
    pub(crate) fn replace(&self, asked: &Asked) {
        place::replace(&self.route, &asked.to_query());
    }
}
