//! What stands at an address that leads nowhere.
//!
//! Must not know which address it was.

use yew::{Html, Properties, component, html, use_effect_with};

use crate::components::faces::face;

#[derive(PartialEq, Properties)]
pub(crate) struct NotFoundProps {
    #[prop_or("This page does not exist".to_owned())]
    pub title: String,
    #[prop_or("The link may be old or cut short.".to_owned())]
    pub because: String,
}

#[component]
pub(crate) fn NotFound(props: &NotFoundProps) -> Html {
    use_effect_with((), |()| super::title("Not found"));
    html! {
        <div class="page">
            <div class="box">
                { face(&props.title, html! { <>
                    <p>{ &props.because }</p>
                    <div class="bar">
                        <a class="btn" href="/">{ "Show the grid" }</a>
                    </div>
                </> }) }
            </div>
        </div>
    }
}
