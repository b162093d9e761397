//! Elements and tables, made by one function each: written out, they would
//! weigh more than all they say.
//!
//! Must not know what stands in them.

use yew::{Html, html};

/// The heading of sentences, which need room.
const BECAUSE: &str = "Because";

/// An element with a class and what is in it.
#[inline(never)]
pub(crate) fn el(tag: &'static str, class: &'static str, parts: Vec<Html>) -> Html {
    html! { <@{tag} {class}>{ for parts }</@> }
}

#[inline(never)]
pub(crate) fn text(said: &str) -> Html {
    html! { { said } }
}

/// A table whose rows become blocks on a phone, each cell under its heading.
pub(crate) fn table(headings: &[&'static str], rows: Vec<Vec<Html>>) -> Html {
    let numbered = rows.into_iter().enumerate();
    keyed(
        headings,
        numbered.map(|(at, row)| (at.to_string(), row)).collect(),
    )
}

/// The same, of rows that stay what they are when others come: a form that is
/// open in one stays open.
#[inline(never)]
pub(crate) fn keyed(headings: &[&'static str], rows: Vec<(String, Vec<Html>)>) -> Html {
    let cell = |(heading, cell): (&&'static str, Html)| {
        html! { <td data-h={*heading}><div>{ cell }</div></td> }
    };
    html! {
        <table class="tbl lends">
            <thead><tr>
                { for headings.iter().map(|heading| {
                    let class = (*heading == BECAUSE).then_some("wide");
                    html! { <th scope="col" {class}>{ *heading }</th> }
                }) }
            </tr></thead>
            <tbody>
                { for rows.into_iter().map(|(key, row)| html! {
                    <tr {key}>{ for headings.iter().zip(row).map(cell) }</tr>
                }) }
            </tbody>
        </table>
    }
}

pub(crate) fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "\u{2013}".to_owned())
}
