//! What the pages know and decide, without a browser: values in, values out.
//!
//! Must not know Yew, the DOM, the network or the clock; a test on the host
//! covers all of it.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod backoff;
pub(crate) mod blame;
pub(crate) mod cell;
pub(crate) mod change;
pub(crate) mod diff;
pub(crate) mod grid;
pub(crate) mod job;
pub(crate) mod label;
pub(crate) mod layout;
pub(crate) mod moves;
pub(crate) mod names;
pub(crate) mod question;
pub(crate) mod summary;
pub(crate) mod time;
pub(crate) mod verdict;
pub(crate) mod view;
