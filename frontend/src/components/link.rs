//! A link to another place of the page.
//!
//! A plain anchor: `hooks::links` follows it.

use yew::{Html, html};

use crate::route::Route;

pub(crate) fn link(to: &Route, text: impl Into<Html>) -> Html {
    html! { <a href={to.to_path()}>{ text.into() }</a> }
}
