//! What stands where data are not: loading, failed, empty, nothing matches.
//!
//! Must not know what was asked.

use std::rc::Rc;

use yew::{Callback, Html, Properties, component, html};

use super::link::link;
use crate::hooks::clock;
use crate::hooks::load::Loaded;
use crate::hooks::task::Failed;
use crate::route::Route;

/// A title, what it means, and what to do.
pub(crate) fn face(title: &str, content: Html) -> Html {
    html! {
        <section class="face"><h2>{ title.to_owned() }</h2>{ content }</section>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct FailedFaceProps {
    pub what: String,
    pub failed: Failed,
    pub retry: Callback<()>,
    /// Data from before are still shown: then this is a line, not a face.
    #[prop_or_default]
    pub kept: bool,
}

#[component]
pub(crate) fn FailedFace(props: &FailedFaceProps) -> Html {
    let now = clock::use_now(1_000);
    let left = ((props.failed.retry_at - now) / 1_000.0).ceil().max(0.0) as i32;
    let again = if props.failed.failure.is_final() {
        String::new()
    } else if left > 0 {
        format!("Trying again in {left} s.")
    } else {
        "Trying again now.".to_owned()
    };
    let retry = props.retry.reform(|_| ());
    let code = props.failed.failure.code.clone();
    let sentence = &props.failed.failure.sentence;
    let what = props.what.trim_end_matches('.');
    let is_nobody = code.as_deref() == Some("UNAUTHENTICATED");
    let sign_in = is_nobody.then(|| link(&Route::SignIn, "Sign in"));
    if props.kept {
        return html! {
            <div class="banner">
                <span>
                    <span role="alert">{ format!("{what}. {sentence} What was read before is still shown. ") }</span>
                    { again }
                </span>
                <button class="btn" type="button" onclick={retry}>{ "Try again" }</button>
                { sign_in }
            </div>
        };
    }
    html! {
        <section class="face">
            <div role="alert"><h2>{ what }</h2><p>{ sentence }</p></div>
            <p>{ again }</p>
            <div class="bar">
                <button class="btn primary" type="button" onclick={retry}>{ "Try again" }</button>
                { sign_in }
                if let Some(code) = code {
                    <code>{ code }</code>
                }
            </div>
        </section>
    }
}

/// The three faces of a page that is one answer.
pub(crate) fn faced<T>(loaded: &Loaded<T>, what: &str, show: impl FnOnce(&Rc<T>) -> Html) -> Html {
    let shown = loaded.data.as_ref().map(show);
    framed(shown, loaded.failed.as_ref(), &loaded.retry, what)
}

fn framed(shown: Option<Html>, failed: Option<&Failed>, retry: &Callback<()>, what: &str) -> Html {
    let kept = shown.is_some();
    let failed = failed.cloned().map(|failed| {
        html! { <FailedFace what={what.to_owned()} {failed} retry={retry.clone()} {kept} /> }
    });
    let waiting = failed.is_none() && !kept;
    html! {
        <>
        { failed }
        { shown }
        if waiting {
            <div role="status"><span class="vh">{ "Loading" }</span><div class="wait tall"></div></div>
        }
        </>
    }
}

/// A grid of about the right size without anything in it. By its key it is
/// nothing that moves to another place when there is more.
pub(crate) fn skeleton() -> Html {
    html! { <div key="sk" class="sk" role="status"><span class="vh">{ "Loading" }</span></div> }
}
