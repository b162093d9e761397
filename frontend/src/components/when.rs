//! A time as people read it, with the exact one at hand.
//!
//! Must not know what happened then.

use yew::{Html, Properties, component, html};

use crate::hooks::clock;
use crate::model::time;

#[derive(PartialEq, Properties)]
pub(crate) struct WhenProps {
    /// The text of a time, in UTC.
    pub at: String,
    /// Say the exact time too, not only on hovering.
    #[prop_or_default]
    pub exact: bool,
}

#[component]
pub(crate) fn When(props: &WhenProps) -> Html {
    let now = clock::use_now(30_000);
    let utc = time::utc(&props.at);
    let ago = clock::millis(&props.at).map(|then| time::ago(now, then));
    let said = match ago {
        None => utc.clone(),
        Some(ago) if props.exact => format!("{ago} ({utc})"),
        Some(ago) => ago,
    };
    html! {
        <time datetime={props.at.clone()} title={utc}>{ said }</time>
    }
}
