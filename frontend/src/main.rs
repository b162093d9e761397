//! The page of lavafed: a Yew application that knows the server only by
//! `schema.graphql`.
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

fn main() {
    yew::Renderer::<app::App>::new().render();
}
