//! What stands at an address that leads nowhere.
//!
//! Must not know which address it was.

use yew::{Html, html};

use crate::components::faces::face;

pub(crate) fn not_found(title: &str, because: &str) -> Html {
    html! { <div class="page">{ unknown(title, because) }</div> }
}

/// The same within a page.
pub(crate) fn unknown(title: &str, because: &str) -> Html {
    html! {
        <div class="box">
            { face(title, html! {
                <>
                    <p>{ because.to_owned() }</p>
                    <div class="bar"><a class="btn" href="/">{ "Show the grid" }</a></div>
                </>
            }) }
        </div>
    }
}
