//! The page of lavafed: a Yew application that knows the server only by
//! `schema.graphql`.
//!
//! It comes in two bundles, so that a reader of one does not wait for the
//! other: `grid`, what is tested and how it stands, and `farm`, what it is
//! tested on. Each has a program in `bin`; which of the two a page is of,
//! `route` says.
//!
//! Reading order: `route`, `app`, `pages`, `components`, `hooks`, `api`,
//! `model`. What is decided is decided in `model`.

mod api;
mod app;
mod components;
mod hooks;
mod model;
mod pages;
mod route;

pub fn grid() {
    start(|| drop(yew::Renderer::<app::Grid>::new().render()));
}

pub fn farm() {
    start(|| drop(yew::Renderer::<app::Farm>::new().render()));
}

/// In a task of its own, so that the browser can answer its reader between the
/// making of the program and the first drawing.
fn start(render: impl FnOnce() + 'static) {
    hooks::first::keep();
    gloo_timers::callback::Timeout::new(0, render).forget();
}
