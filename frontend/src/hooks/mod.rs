//! What the pages share that has to do with the browser: its address, clock,
//! keyboard, storage and network.
//!
//! Must not know what is shown.

pub(crate) mod address;
pub(crate) mod announce;
pub(crate) mod cell;
pub(crate) mod changes;
pub(crate) mod clock;
pub(crate) mod copy;
pub(crate) mod first;
pub(crate) mod focus;
pub(crate) mod grid;
pub(crate) mod kept;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod listing;
pub(crate) mod live;
pub(crate) mod load;
pub(crate) mod place;
pub(crate) mod sight;
pub(crate) mod task;
pub(crate) mod theme;
pub(crate) mod zone;
