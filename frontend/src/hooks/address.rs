//! The address as state: reading it, and changing it with or without a step
//! in the history.
//!
//! Must not know what the query means.

use yew::{hook, use_memo};
use yew_router::history::Location;
use yew_router::hooks::{use_location, use_navigator};
use yew_router::navigator::Navigator;
use yew_router::query::Raw;

use crate::model::address::Asked;
use crate::route::Route;

/// Changes the query of one page.
#[derive(Clone, PartialEq)]
pub(crate) struct Address {
    navigator: Option<Navigator>,
    route: Route,
}

/// What the reader asks for on this page, and how to ask for something else.
#[hook]
pub(crate) fn use_asked(route: &Route) -> (std::rc::Rc<Asked>, Address) {
    let location: Option<Location> = use_location();
    let query = location
        .map(|location| location.query_str().to_owned())
        .unwrap_or_default();
    let asked = use_memo(query, |query| Asked::from_query(query));
    let address = Address {
        navigator: use_navigator(),
        route: route.clone(),
    };
    (asked, address)
}

impl Address {
    /// A step that Back undoes.
    pub(crate) fn push(&self, asked: &Asked) {
        if let Some(navigator) = &self.navigator {
            let query = asked.to_query();
            if query.is_empty() {
                navigator.push(&self.route);
            } else {
                let Ok(()) = navigator.push_with_query(&self.route, Raw(query));
            }
        }
    }

    /// A change that is not worth a step: typing, density.
    pub(crate) fn replace(&self, asked: &Asked) {
        if let Some(navigator) = &self.navigator {
            let query = asked.to_query();
            if query.is_empty() {
                navigator.replace(&self.route);
            } else {
                let Ok(()) = navigator.replace_with_query(&self.route, Raw(query));
            }
        }
    }

    pub(crate) fn back(&self) {
        if let Some(navigator) = &self.navigator {
            navigator.back();
        }
    }

    /// Another page, with nothing asked for.
    pub(crate) fn go(&self, route: &Route) {
        if let Some(navigator) = &self.navigator {
            navigator.push(route);
        }
    }
}
