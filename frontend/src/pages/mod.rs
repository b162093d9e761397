//! One file per page: asks, decides by `model`, and puts parts together.
//!
//! Must not know HTTP or JSON.

pub(crate) mod compare;
pub(crate) mod device;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod lab;
pub(crate) mod labs;
pub(crate) mod lease;
pub(crate) mod leases;
pub(crate) mod not_found;
pub(crate) mod receipts;
pub(crate) mod sign_in;
pub(crate) mod tokens;
pub(crate) mod version;
pub(crate) mod versions;
pub(crate) mod waivers;
pub(crate) mod workbench;

/// The title of the window.
fn title(page: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(&format!("{page} \u{2013} lavafed"));
    }
}
