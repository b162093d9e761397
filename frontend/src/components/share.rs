//! Showing a page to others: its link, its table, its files.
//!
//! Must not know what the page shows beyond its grid.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::{
    Callback, Html, KeyboardEvent, MouseEvent, NodeRef, Properties, component, html, use_node_ref,
    use_state_eq,
};

use crate::hooks::address::Address;
use crate::hooks::announce::announce;
use crate::hooks::copy::copy;
use crate::hooks::kept::{bound, use_kept};
use crate::hooks::keys::use_keys;
use crate::model::address::Asked;
use crate::model::grid::Grid;
use crate::model::markdown;
use crate::model::view::View;

#[derive(PartialEq, Properties)]
pub(crate) struct ShareProps {
    pub title: String,
    /// What stands above the first column.
    pub corner: &'static str,
    pub asked: Rc<Asked>,
    pub address: Address,
    /// The query that finds what is shown.
    pub query: String,
    pub grid: Option<Rc<Grid>>,
    pub view: Rc<View>,
}

/// How long it says that something was copied.
const SAID_MS: u32 = 2_000;

#[component]
pub(crate) fn Share(props: &ShareProps) -> Html {
    let copied = use_state_eq(|| false);
    let timer = use_kept(|| None::<Timeout>);
    let menu = use_node_ref();
    let take = bound(
        (copied.setter(), timer, menu.clone()),
        |(text, what): (String, &'static str), (copied, timer, menu)| {
            let (copied, timer) = (copied.clone(), timer.clone());
            close(menu);
            copy(&text, move || {
                announce(what);
                copied.set(true);
                let back = copied.clone();
                drop(timer.replace(Some(Timeout::new(SAID_MS, move || back.set(false)))));
            });
        },
    );
    let (asked, address) = (Rc::clone(&props.asked), props.address.clone());
    let link = take.reform(move |()| (address.absolute(&asked), "The link is copied."));
    use_keys(bound(link.clone(), |event: KeyboardEvent, link| {
        if event.key() == "c" && !event.ctrl_key() && !event.default_prevented() {
            link.emit(());
        }
    }));
    let onkeydown = bound(menu.clone(), |event: KeyboardEvent, menu| {
        if event.key() == "Escape" {
            event.stop_propagation();
            close(menu);
        }
    });
    html! {
        <details class="menu" ref={menu} {onkeydown}>
            <summary class="btn">{ if *copied { "Copied" } else { "Share" } }</summary>
            <div class="menu-items">
                <button type="button" onclick={link.reform(|_: MouseEvent| ())}>
                    { "Copy link" }<kbd aria-hidden="true">{ "c" }</kbd>
                </button>
                if let Some(grid) = &props.grid {
                    { of_grid(props, grid, &take) }
                }
                <a href={file("csv", props)} download="">{ "CSV" }</a>
                <a href={file("json", props)} download="">{ "JSON" }</a>
            </div>
        </details>
    }
}

fn of_grid(props: &ShareProps, grid: &Rc<Grid>, take: &Callback<(String, &'static str)>) -> Html {
    let then = Asked {
        at: Some(grid.event),
        ..(*props.asked).clone()
    };
    let address = props.address.clone();
    let as_of_now = take.reform(move |_: MouseEvent| {
        let link = address.absolute(&then);
        (
            link,
            "The link is copied. It shows the results known now, for ever.",
        )
    });
    let (title, corner) = (props.title.clone(), props.corner);
    let (asked, address) = (Rc::clone(&props.asked), props.address.clone());
    let (grid, view) = (Rc::clone(grid), Rc::clone(&props.view));
    let table = take.reform(move |_: MouseEvent| {
        let link = address.absolute(&asked);
        let table = markdown::table(&title, &link, corner, &grid, &view);
        (table, "The table is copied as Markdown.")
    });
    html! {
        <>
            <button type="button" onclick={as_of_now}>{ "Copy link as of now" }</button>
            <button type="button" onclick={table}>{ "Copy as Markdown" }</button>
        </>
    }
}

fn file(ending: &str, props: &ShareProps) -> String {
    let query = urlencoding::encode(&props.query);
    let at = props.asked.at;
    let as_of = at.map_or(String::new(), |event| format!("&asOf={event}"));
    format!("/export/cells.{ending}?query={query}{as_of}")
}

/// Closed, the focus is where the menu was opened.
fn close(menu: &NodeRef) {
    if let Some(menu) = menu.cast::<Element>()
        && menu.has_attribute("open")
        && menu.remove_attribute("open").is_ok()
        && let Some(summary) = menu.query_selector("summary").ok().flatten()
        && let Some(summary) = summary.dyn_ref::<HtmlElement>()
    {
        drop(summary.focus());
    }
}
