//! What stands at an address that leads nowhere.
//!
//! Must not know which address it was.

use yew::{Html, html};

pub(crate) fn not_found(title: &str, because: &str) -> Html {
    html! { <div class="page">{ unknown(title, because) }</div> }
}

/// The same within a page.
pub(crate) fn unknown(title: &str, because: &str) -> Html {
    html! {
        <div class="box">
            <section class="face">
                <h1>{ title.to_owned() }</h1>
                <p>{ because.to_owned() }</p>
                <div class="bar"><a class="btn" href="/">{ "Show the grid" }</a></div>
            </section>
        </div>
    }
}
