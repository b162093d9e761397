//! The server, as the page sees it: typed questions in, values of `model` out.
//!
//! Must not know components; past this folder nobody sees JSON or a status.

pub(crate) mod cells;
mod convert;
pub(crate) mod deed;
pub(crate) mod http;
pub(crate) mod json;
pub(crate) mod lab;
pub(crate) mod lending;
pub(crate) mod list;
pub(crate) mod operations;
pub(crate) mod read;
pub(crate) mod release;
pub(crate) mod session;
pub(crate) mod socket;
