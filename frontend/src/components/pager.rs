//! Where one is in a list of pages, and the way on.
//!
//! Must not know what is listed.

use yew::{Html, html};

use crate::hooks::listing::Lister;
use crate::model::listing::Page;

pub(crate) fn pager<T>(page: &Page<T>, lister: &Lister) -> Html {
    let begin = lister.asked.after().is_some();
    let next = page.next.as_deref();
    if !begin && next.is_none() {
        return Html::default();
    }
    html! {
        <nav class="bar" aria-label="Pages of the list">
            if begin {
                <a class="btn" href={lister.href(&lister.asked.begin())}>{ "Newest" }</a>
            }
            if let Some(next) = next {
                <a class="btn" href={lister.href(&lister.asked.behind(next))}>{ "Older" }</a>
            }
        </nav>
    }
}

/// "120 jobs", "1 job".
pub(crate) fn total(total: i64, one: &str, many: &str) -> String {
    format!("{total} {}", if total == 1 { one } else { many })
}
