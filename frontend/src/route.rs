//! The addresses of the page.
//!
//! Must not know what a page shows; the query part is `model::address`.

use yew_router::Routable;

#[derive(Clone, Debug, PartialEq, Routable)]
pub(crate) enum Route {
    #[at("/")]
    Versions,
    #[at("/versions/:name")]
    Version { name: String },
    #[at("/jobs/:id")]
    Job { id: String },
    #[not_found]
    #[at("/404")]
    NotFound,
}

impl Route {
    pub(crate) fn version(name: &str) -> Self {
        Self::Version {
            name: name.to_owned(),
        }
    }

    pub(crate) fn job(id: &str) -> Self {
        Self::Job { id: id.to_owned() }
    }
}
