//! What became of a notification, in a word and in a sentence.
//!
//! Must not know where it is listed.

use yew::{Html, html};

use crate::model::job::{Receipt, ReceiptState};

pub(crate) fn fate(receipt: &Receipt) -> Html {
    let class = match receipt.state {
        ReceiptState::Accepted => "badge v-pass",
        ReceiptState::Partial | ReceiptState::Late => "badge v-flaky",
        ReceiptState::Refused | ReceiptState::Invalid => "badge v-fail",
        ReceiptState::Pending => "badge",
    };
    html! { <span {class} title={receipt.state.meaning()}>{ receipt.state.word() }</span> }
}

pub(crate) fn because(receipt: &Receipt) -> Html {
    let said = receipt.message.clone();
    let said = said.unwrap_or_else(|| receipt.state.meaning().to_owned());
    html! {
        <>
        <bdi>{ said }</bdi>
        if let Some(code) = &receipt.code {
            { " " }<code>{ code }</code>
        }
        </>
    }
}
