//! The parts of which pages are made.
//!
//! Must not know addresses of the server or how data are fetched, beyond the
//! hooks they use.

pub(crate) mod alerts;
pub(crate) mod card;
pub(crate) mod cell;
pub(crate) mod changes;
pub(crate) mod chips;
pub(crate) mod chunk;
pub(crate) mod connection;
pub(crate) mod controls;
pub(crate) mod deed;
pub(crate) mod faces;
pub(crate) mod giving;
pub(crate) mod grid;
pub(crate) mod grid_input;
pub(crate) mod head;
pub(crate) mod help;
pub(crate) mod jobs;
pub(crate) mod lab;
pub(crate) mod lease_row;
pub(crate) mod legend;
pub(crate) mod lending;
pub(crate) mod link;
pub(crate) mod name;
pub(crate) mod name_field;
pub(crate) mod pager;
pub(crate) mod panel;
pub(crate) mod receipt;
pub(crate) mod row;
pub(crate) mod search;
pub(crate) mod search_field;
pub(crate) mod share;
pub(crate) mod symbol;
pub(crate) mod table;
pub(crate) mod timeline;
pub(crate) mod top;
pub(crate) mod when;
