//! `/leases`: what each lab lends now, why, and what is not back.
//!
//! Must not know HTTP; the trail of one lease is a page of its own.

use std::rc::Rc;

use yew::{Html, component, html, use_effect_with};

use crate::api::lending;
use crate::components::faces::{FailedFace, face};
use crate::components::lending::{el, section, text};
use crate::hooks::announce::announce;
use crate::hooks::kept::use_kept;
use crate::hooks::live::use_stamp;
use crate::hooks::load::{Loaded, use_load};
use crate::model::lending::Lending;

#[component]
pub(crate) fn LeasesPage() -> Html {
    let stamp = use_stamp();
    let loaded = use_load(Some(Vec::new()), stamp, lending::lending);
    use_effect_with((), |()| super::title("Leases"));
    let before = use_kept(|| None::<Rc<Lending>>);
    {
        let data = loaded.data.clone();
        // What was read before is kept, so its place cannot be another's.
        let place = data.as_ref().map(|data| Rc::as_ptr(data) as usize);
        use_effect_with(place, move |_| {
            if let Some(now) = data
                && let Some(before) = before.replace(Some(Rc::clone(&now)))
                && let Some(news) = now.news(&before)
            {
                announce(&news);
            }
        });
    }
    faced(&loaded, "The leases could not be loaded", page)
}

/// The three faces of a page that is one answer.
pub(super) fn faced<T>(loaded: &Loaded<T>, what: &str, show: fn(&T) -> Html) -> Html {
    let shown = loaded.data.as_deref().map(show);
    framed(shown, loaded.failed.as_ref(), &loaded.retry, what)
}

fn framed(
    shown: Option<Html>,
    failed: Option<&crate::hooks::load::Failed>,
    retry: &yew::Callback<()>,
    what: &str,
) -> Html {
    let kept = shown.is_some();
    let failed = failed.cloned().map(|failed| {
        html! { <FailedFace what={what.to_owned()} {failed} retry={retry.clone()} {kept} /> }
    });
    let waiting = failed.is_none() && !kept;
    html! {
        <div class="page">
            { failed }
            { shown }
            if waiting {
                <div role="status"><span class="vh">{ "Loading" }</span><div class="wait tall"></div></div>
            }
        </div>
    }
}

fn page(lending: &Lending) -> Html {
    if lending.is_nothing() {
        return html! {
            <div class="box">{ face("No lab lends anything yet", html! { <p>
                { "Say which lab lends, and when: " }
                <code>{ "lavafed lab add paris --url https://lava.example.org --time-zone Europe/Paris --opens 20:00 --minutes 480" }</code>
            </p> }) }</div>
        };
    }
    let (wrong, held) = lending.sentence();
    let mut lead = Vec::new();
    if !wrong.is_empty() {
        lead.push(el("span", "bad", vec![text(&wrong)]));
        lead.push(text(", "));
    }
    lead.push(text(&held));
    let mut parts = vec![el("h1", "", lead)];
    let shown: usize = lending.labs.iter().map(|lab| lab.current.len()).sum();
    if usize::try_from(lending.total).is_ok_and(|total| total > shown) {
        let said = format!("The newest {shown} of {} leases are shown.", lending.total);
        parts.push(el("p", "muted", vec![text(&said)]));
    }
    parts.extend(lending.labs.iter().map(section));
    el("div", "labs", parts)
}
